"""Arithmetic of specs at its edges: whole messages with their help, levels counted.

Found by mutation testing (docs/generated/mutation.md).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from archcalc.limits import DEFAULT
from archcalc.sizes.arithmetic import MeaninglessError
from archcalc.sizes.dims import symbol
from archcalc.sizes.expressions import ExpressionError, parse, whole

ROUNDING = "`//` divides and rounds down; floor, ceil and round say which way"


@pytest.mark.parametrize(
    ("value", "text", "message", "help"),
    [
        (Fraction(64, 3), "cin/3", "cin/3 = 64/3 is not a whole number", ROUNDING),
        (Fraction(1, 2), "", "1/2 is not a whole number", ROUNDING),
        (
            True,
            "a == b",
            "a == b = a condition is used as a number",
            "write `1 if … else 0`",
        ),
        ("zero", "", "'zero' is a word, not a number", None),
    ],
)
def test_what_is_no_size(value: Any, text: str, message: str, help: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        whole(value, text) if text else whole(value)
    error = caught.value
    assert (error.message, error.column, error.help) == (message, 0, help)


@pytest.mark.parametrize(
    ("text", "message", "column", "help"),
    [
        (
            "1 + (2 == 2)",
            "a condition is used as a number",
            0,
            "write `1 if … else 0`",
        ),
        (
            "2 * (1 and 1 == 1)",
            "1 is not a condition",
            5,
            "compare it: `… != 0`",
        ),
        ("1 + max(2)", "max takes at least 2 values, not 1", 4, None),
        ("64 / 0", "division by zero", 0, None),
        ("3 + 'a'", "the word 'a' can only be compared with == or !=", 4, None),
    ],
)
def test_refusals_with_their_help(
    text: str, message: str, column: int, help: str | None
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    error = caught.value
    assert (error.message, error.column, error.help) == (message, column, help)


def test_a_quotient_of_names_that_is_no_polynomial() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("2 * (1 / cin)").evaluate({"cin": symbol("C")})
    error = caught.value
    assert error.message == ("(1) / (C) is not a polynomial, so it cannot be a formula")
    assert (error.column, error.help) == (5, "`//` divides and rounds down")


@pytest.mark.parametrize("divisor", range(1, 9))
def test_a_rounded_name_rounds_as_python_does(divisor: int) -> None:
    rounded: Any = parse(f"round(cin/{divisor})").evaluate({"cin": symbol("C")})
    for number in range(1, 25):
        expected = round(Fraction(number, divisor))
        assert rounded.at(C=number) == expected, (number, divisor)


@pytest.mark.parametrize("text", ["1 @ 2", "cin.real", "lambda: 0", "2 * cin[0:1]"])
def test_what_is_no_arithmetic_is_shown(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archcalc.sizes.expressions.scan", lambda *_: {})
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    shown = text.removeprefix("2 * ")
    assert caught.value.message == f"{shown} is not arithmetic"
    assert caught.value.column == len(text) - len(shown)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("7", 0),
        ("a", 0),
        ("-1", 1),
        ("-max(1, 2)", 2),
        ("1 + 2", 1),
        ("1 + 2 + 3", 1),  # a chain of operators of one rank is one level
        ("1 + 2 * 3", 2),
        ("1 == 2", 1),
        ("1 < 2 < 3 + 4", 2),
        ("not 1 == 2", 2),
        ("1 == 1 and 2 == 2", 2),
        ("1 == 1 or 2 == 2 and 3 == 3", 3),
        ("1 if 2 == 2 else 3", 2),
        ("1 + 1 if flag else 0", 2),
        ("0 if flag else 1 + 1", 2),
        ("max(1, 2)", 1),
        ("max(1, 2 + 3)", 2),
    ],
)
def test_levels_are_counted(text: str, levels: int) -> None:
    """A number or name is level 0; what an operation has on its right adds one."""
    assert parse(text, replace(DEFAULT, expression_depth=levels)).text == text
    if levels:
        with pytest.raises(ExpressionError, match=f"more than {levels - 1} level"):
            parse(text, replace(DEFAULT, expression_depth=levels - 1))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 == 1 != 2 < 3 <= 3 > 2 >= 2", True),
        ("1 < 2 == 'zero'", False),  # 2 is not the word
        ("'one' == op < 3", False),  # ends before 3 is looked at
        ("op == 'zero' != 'one'", True),
        ("1 < 2 < 2", False),
    ],
)
def test_chains_of_comparisons_are_as_in_python(text: str, value: bool) -> None:
    assert parse(text).evaluate({"op": "zero"}) is value
    assert eval(text, {"op": "zero"}) is value


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("255", None),
        ("256", 0),
        ("1 + 256", 4),
        ("200 + 55", None),
        ("200 + 56", 0),
        ("1 / 255", None),
        ("1 / 128 / 2", 0),
        ("255 / 254", None),
    ],
)
def test_numbers_of_eight_bits(text: str, column: int | None) -> None:
    """255 has eight bits, 256 nine; numerator and denominator count alone."""
    limits = replace(DEFAULT, number_bits=8)
    if column is None:
        assert parse(text, limits).constant == Fraction(eval(text)).limit_denominator(
            255
        )
        return
    with pytest.raises(ExpressionError, match="fit in 8 bits") as caught:
        parse(text, limits)
    assert caught.value.column == column


def test_signs_too_deep_for_python_are_too_deep() -> None:
    endless = replace(DEFAULT, expression_chars=10**6, expression_depth=10**6)
    with pytest.raises(ExpressionError, match="levels deep") as caught:
        parse("1 + " + "-" * 3000 + "1", endless)
    assert caught.value.column == 0


def test_a_tree_too_deep_for_python_is_too_deep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("archcalc.sizes.expressions.ast.parse", full)
        with pytest.raises(ExpressionError) as caught:
            parse("1")
    error = caught.value
    assert (error.message, error.column, error.help) == (
        "the arithmetic nests more than 32 levels deep",
        0,
        "give a part of it a name in `params`, or raise it with"
        " `--limit expression_depth=64`",
    )


def test_twelve_names_are_all_shown() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("q").evaluate({f"name{n:02}": n for n in range(12)})
    listed = ", ".join(f"name{n:02}" for n in range(12))
    assert caught.value.help == f"known here: {listed}"


def test_an_operation_without_a_meaning_says_so_as_any_error_does() -> None:
    error = MeaninglessError("no", "yes")
    assert (str(error), error.message, error.help) == ("no", "no", "yes")
