"""Arithmetic in numeric fields: what it computes, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from archcalc.errors import ShapeError
from archcalc.limits import DEFAULT
from archcalc.sizes.dims import Poly, assuming, symbol
from archcalc.sizes.expressions import ExpressionError, parse, whole

NAMES: dict[str, Any] = {
    "cin": 64,
    "k": 3,
    "width": Fraction(1, 4),
    "op": "zero",
    "flag": True,
    "i": 0,
    "list": (8, 16),
    "rows": ((3, 4), (5, 6)),
    "h of l4": 7,
    "w of enc.2.conv": 9,
    "w of res-4": 6,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7),
        ("-7", -7),
        ("+7", 7),
        ("- -7", 7),
        ("0.25", Fraction(1, 4)),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("0.50", Fraction(1, 2)),
        ("2.0", 2),
        ("4*cin", 256),
        ("cin - 2*k + 1", 59),
        ("cin / 3", Fraction(64, 3)),
        ("cin / 2", 32),
        ("cin // 3", 21),
        ("-cin // 3", -22),
        ("7.5 // 2", 3),
        ("cin % 10", 4),
        ("-1 % 8", 7),
        ("7.5 % 2", Fraction(3, 2)),
        ("(1 + 2) * 3", 9),
        (" \t1 +\n 2 ", 3),
        ("floor(0.5*cin + 0.9)", 32),
        ("floor(-0.5)", -1),
        ("ceil(cin/3)", 22),
        ("ceil(-0.5)", 0),
        ("round(0.5)", 0),
        ("round(1.5)", 2),
        ("round(2.5)", 2),
        ("round(-2.5)", -2),
        ("round(2.51)", 3),
        ("min(3, 1, 2)", 1),
        ("max(1, cin//4)", 16),
        ("width * 1280", 320),
        ("cin == 64", True),
        ("cin != 64", False),
        ("1 < k < 4", True),
        ("1 < k > 4", False),
        ("k <= 3 and cin >= 64", True),
        ("k > 3 or cin < 64", False),
        ("not k == 3", False),
        ("not not flag", True),
        ("flag == flag", True),
        ("flag and k == 3", True),
        ("k == 5 and 1 // 0 == 1", False),
        ("k == 3 or 1 // 0 == 1", True),
        ("1 if k == 3 else 1 // 0", 1),
        ("cin if flag else 2*cin", 64),
        ("8 if k > 5 else 4 if k > 2 else 2", 4),
        ("op == 'zero'", True),
        ('op != "zero"', False),
        ("'zero' == op", True),
        ("op == 'zéro ☃'", False),
        ("k == 'zero'", False),
        ("op", "zero"),
        ("op if flag else 1", "zero"),
        ("op == 'é' or cin == 64", True),
        ("9223372036854775807 + 0", 2**63 - 1),
        ("2**(k - 1)", 4),
        ("-2**2", -4),
        ("2**3**2", 512),
        ("2**-1", Fraction(1, 2)),
        ("width**2", Fraction(1, 16)),
        ("i**0", 1),
        ("1**(10**15)", 1),
        ("(-1)**(10**15 + 1)", -1),
        ("2**62", 2**62),
        ("list[1]", 8),
        ("2*list[k - 1] + 1", 33),
        ("rows[2][1]", 5),
        ("len(rows) + len(rows[1])", 4),
        ("h of l4", 7),
        ("2*h of l4 + 1", 15),
        ("2*h  of\tl4", 14),
        ("w of enc.2.conv - 1", 8),
        ("w of 'res-4' // 2", 3),
        ("h of l4 if h of l4 > w of 'res-4' else 0", 7),
        ("99999999999 * 99999999999 // 99999999999", 99999999999),
    ],
)
def test_value(text: str, expected: Any) -> None:
    value = parse(text).evaluate(NAMES)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("size", "divisor", "expected"),
    [
        (32 * Fraction(1, 4), 8, 8),
        (16 * Fraction(7, 20), 8, 8),
        (3, 8, 8),
        (11, 8, 16),
        (12, 8, 16),
        (19, 8, 24),
        (20, 8, 24),
        (24 * Fraction(11, 10), 8, 24),
        (40 * Fraction(7, 5), 8, 56),
        (1280 * Fraction(14, 10), 8, 1792),
        (33, 4, 32),
        (1, 1, 1),
    ],
)
def test_round8_is_make_divisible(size: Any, divisor: int, expected: int) -> None:
    assert parse("round8(x, d)").evaluate({"x": size, "d": divisor}) == expected
    if divisor == 8:
        assert parse("round8(x)").evaluate({"x": size}) == expected


def make_divisible(value: float, divisor: int = 8) -> int:
    """Return what tensorflow/models' slim.nets.mobilenet.conv_blocks computes."""
    new = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return new + divisor if new < 0.9 * value else new


@pytest.mark.parametrize("divisor", [4, 8])
def test_round8_agrees_with_the_published_code(divisor: int) -> None:
    expression = parse("round8(x, d)")
    for eighths in range(1, 6000):
        exact = expression.evaluate({"x": Fraction(eighths, 8), "d": divisor})
        assert exact == make_divisible(eighths / 8, divisor)


@pytest.mark.parametrize("text", ["(a + b)**8", "a**64 + 1", "(2*a)**3"])
def test_a_power_of_a_name_is_the_product(text: str) -> None:
    names: dict[str, Any] = {"a": symbol("A"), "b": symbol("B")}
    found: Any = parse(text).evaluate(names)
    for a, b in ((1, 2), (3, 5)):
        assert found.at(A=a, B=b) == eval(text, {"a": a, "b": b})


@pytest.mark.parametrize("text", ["a**65", "(a + b)**20", "((a + b)**9)**9"])
def test_a_power_of_a_name_is_bounded(text: str) -> None:
    names: dict[str, Any] = {"a": symbol("A"), "b": symbol("B")}
    with pytest.raises(ExpressionError, match="too many terms"):
        parse(text).evaluate(names)


def test_names_and_constant() -> None:
    mixed = parse("max(a, 2*b) if op == 'a' else c")
    assert mixed.names == {"a", "b", "op", "c"}
    assert mixed.constant is None
    assert mixed.text == "max(a, 2*b) if op == 'a' else c"
    assert parse("2*3 + 1").constant == 7
    assert parse("1 == 2").constant is False
    assert parse("0").constant == parse("0").evaluate({}) == 0


REFUSED = [
    ("", 0, "empty"),
    ("  \t ", 0, "empty"),
    ("9**9**9", 0, "the power does not fit in 64 bits"),
    ("2**(1/2)", 0, "the exponent 1/2 is not a whole number"),
    ("h of 3", 2, "cannot be read"),
    ("h of", 2, "cannot be read"),
    ("2 ^ 3", 2, "'^' is not allowed"),
    ("1 << 10", 2, "'<<' is not allowed"),
    ("1 >> 1", 2, "'>>' is not allowed"),
    ("().__class__.__base__", 2, "'.' is not allowed"),
    ("cin.real", 3, "'.' is not allowed"),
    ("'{0.__class__}'.format(1)", 15, "'.' is not allowed"),
    ("open('/etc/passwd')", 0, "unknown function open"),
    ("__import__('os')", 0, "unknown function __import__"),
    ("eval('1')", 0, "unknown function eval"),
    ("sum(1 for _ in range(9))", 6, "for is not allowed"),
    ("[0] * 9", 0, "[0] is not arithmetic"),
    ("cin[0, 1]", 0, "cin[0, 1] is not arithmetic"),
    ("3[1]", 0, "only a list has items"),
    ("{1}", 0, "'{' is not allowed"),
    ("(lambda: 0)()", 1, "lambda is not allowed"),
    ("(x := 5)", 3, "':=' is not allowed"),
    ("f'{1}'", 0, "f stands against a quote"),
    ("b'x' == op", 0, "b stands against a quote"),
    ("rb'x' == op", 0, "rb stands against a quote"),
    ("(1, 2)", 0, "not arithmetic"),
    ("1, 2", 0, "not arithmetic"),
    ("max(*cin, 1)", 4, "not arithmetic"),
    ("max(1, 2)(3)", 0, "not arithmetic"),
    ("(1)(2)", 0, "not arithmetic"),
    ("True + True", 0, "True is not allowed"),
    ("None", 0, "None is not allowed"),
    ("1 is 1", 2, "is is not allowed"),
    ("1 in cin", 2, "in is not allowed"),
    ("await cin", 0, "await is not allowed"),
    ("yield", 0, "yield is not allowed"),
    ("~1", 0, "'~' is not allowed"),
    ("1 & 2", 2, "'&' is not allowed"),
    ("1 @ 2", 2, "'@' is not allowed"),
    ("a = 1", 2, "'=' is not allowed"),
    ("a && b", 2, "'&&' is not allowed"),
    ("!flag", 0, "'!' is not allowed"),
    ("1 <> 2", 2, "'<>' is not allowed"),
    ("1; 2", 1, "';' is not allowed"),
    ("1 # one", 2, "'#' is not allowed"),
    ("1 \\\n+ 1", 2, "'\\\\' is not allowed"),
    ("Åx + 1", 0, "'Å' is not allowed"),
    ("4 × cin", 2, "'×' is not allowed"),
    ("３", 0, "'３' is not allowed"),  # full width
    ("ﬁ", 0, "is not allowed"),
    ("1 +\x00 2", 3, "is not allowed"),
    ("1\x0c+ 1", 1, "is not allowed"),
    ("1 +\u00a01", 3, "is not allowed"),
    ("\ud800", 0, "is not allowed"),
    ("op == '\ud800'", 6, "cannot be shown"),
    ("op == '\u202e'", 6, "cannot be shown"),
    ("op == 'a\nb'", 6, "cannot be shown"),
    ("op == 'a", 6, "the quotes do not close"),
    ("op == 'a\\n'", 6, "the quotes do not close"),
    ("op == 'a' 'b'", 10, "there is no operator between two words"),
    ("op == '''a'''", 8, "there is no operator between two words"),
    ("op < 'zero'", 5, "can only be compared with == or !="),
    ("'zero'", 0, "can only be compared with == or !="),
    ("2 * 'zero'", 4, "can only be compared with == or !="),
    ("op == 'a' < 1", 6, "can only be compared with == or !="),
    ("max('a', 'b')", 4, "can only be compared with == or !="),
    ("1_000", 0, "1_000 is not a number"),
    ("1e6", 0, "1e6 is not a number"),
    ("1j", 0, "1j is not a number"),
    ("0x10", 0, "0x10 is not a number"),
    ("5.", 0, "5. is not a number"),
    ("1.2.3", 0, "1.2.3 is not a number"),
    ("1if k else 2", 0, "1if is not a number"),
    (".5", 0, "'.' is not allowed"),
    ("012", 0, "leading zero"),
    ("00.5", 0, "leading zero"),
    ("18446744073709551616", 0, "does not fit in 64 bits"),
    ("0.00000000000000000001", 0, "does not fit in 64 bits"),
    ("9" * 150, 0, "does not fit in 64 bits"),
    ("4294967296 * 4294967296", 0, "result does not fit in 64 bits"),
    ("1/4294967296/4294967296", 0, "result does not fit in 64 bits"),
    ("1 +", 3, "cannot be read"),
    ("(1", 0, "cannot be read"),
    ("1)", 1, "cannot be read"),
    ("1 2", 2, "cannot be read"),
    ("  1 2", 4, "cannot be read"),
    ("a if b", 0, "cannot be read"),
    ("max(1, key=2)", 10, "'=' is not allowed"),
    ("max(1)", 0, "max takes at least 2 values, not 1"),
    ("min()", 0, "min takes at least 2 values, not 0"),
    ("floor(1, 2)", 0, "floor takes 1 values, not 2"),
    ("round8()", 0, "round8 takes 1 or 2 values, not 0"),
    ("round8(7, 0)", 0, "positive whole divisor, not 0"),
    ("round8(7, 0.5)", 0, "positive whole divisor, not 1/2"),
    ("64 // 0", 0, "division by zero"),
    ("64 / 0", 0, "division by zero"),
    ("1 + 64 % (2 - 2)", 4, "division by zero"),
    ("(1 == 1) + 1", 0, "condition is used as a number"),
    ("-(1 == 1)", 0, "condition is used as a number"),
    ("max(1 == 1, 2)", 0, "condition is used as a number"),
    ("(1 == 1) == 1", 0, "condition is used as a number"),
    ("(1 == 1) < 2", 0, "condition is used as a number"),
    ("1 and 2", 0, "1 is not a condition"),
    ("not 0", 4, "0 is not a condition"),
    ("1 if 3 else 2", 5, "3 is not a condition"),
    ("(" * 5000 + "1" + ")" * 5000, 200, "10,001 characters"),
    ("-" * 5000 + "1", 200, "5,001 characters"),
    ("1+" * 200 + "1", 200, "401 characters"),
    ("(" * 33 + "1" + ")" * 33, 32, "more than 32 levels"),
    ("-" * 33 + "1", 32, "more than 32 levels"),
    ("not " * 33 + "flag", 128, "more than 32 levels"),
]


@pytest.mark.parametrize(
    ("text", "column", "message"), REFUSED, ids=[ascii(r[0])[:30] for r in REFUSED]
)
def test_refused_when_read(text: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert message in caught.value.message
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("2 * op", 0, "'zero' is a word, not a number"),
        ("1 + max(op, 2)", 4, "'zero' is a word, not a number"),
        ("cin + flag", 0, "condition is used as a number"),
        ("cin == flag", 0, "condition is used as a number"),
        ("op < 3", 0, "'zero' is a word, not a number"),
        ("op and flag", 0, "zero is not a condition"),
        ("1 + cin // (k - 3)", 4, "division by zero"),
        ("cin * half", 0, "0.5 is not a number that arithmetic can use"),
        ("op == 'é' or cin // i == 1", 13, "division by zero"),
        ("big * big", 0, "result does not fit in 64 bits"),
        ("k + 2**big", 4, "power does not fit in 64 bits"),
        ("((k**9)**9)**9", 1, "power does not fit in 64 bits"),
        ("2**op", 0, "'zero' is a word, not a number"),
        ("0**(i - 1)", 0, "division by zero"),
        ("1 + list[i]", 4, "there is no item 0: the list has 2"),
        ("list[k]", 0, "there is no item 3: the list has 2"),
        ("list[width]", 0, "there is no item 1/4: the list has 2"),
        ("cin[1]", 0, "only a list has items"),
        ("list + 1", 0, "a list of 2 is given where a number is needed"),
        ("len(cin)", 0, "len counts the items of a list"),
    ],
)
def test_refused_when_evaluated(text: str, column: int, message: str) -> None:
    expression = parse(text)
    with pytest.raises(ExpressionError) as caught:
        expression.evaluate({**NAMES, "half": 0.5, "big": 2**40})
    assert message in caught.value.message
    assert caught.value.column == column


@pytest.mark.parametrize(
    "text",
    [
        "1 << 2",
        "1 | 2",
        "1 @ 2",
        "~1",
        "1 is 1",
        "1 in cin",
        "1 not in cin",
        "cin.real",
        "cin[0:1]",
        "[1]",
        "(1, 2)",
        "{1}",
        "{1: 2}",
        "[c for c in cin]",
        "lambda: 0",
        "(x := 5)",
        "f'{cin}'",
        "True",
        "None",
        "...",
        "1j",
        "b'a' == op",
        "max(*cin, 1)",
        "max(1, 2, key=cin)",
        "cin.bit_length()",
        "open('x')",
    ],
)
def test_the_tree_is_a_whitelist_without_the_scan(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archcalc.sizes.expressions.scan", lambda *_: {})
    with pytest.raises(ExpressionError):
        parse(text)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("2 * widht").evaluate({"width": 1, "cin": 2})
    assert caught.value.message == "unknown name widht"
    assert caught.value.column == 4
    assert caught.value.help == "did you mean width?; known here: cin, width"
    with pytest.raises(ExpressionError) as caught:
        parse("cell(3)")
    assert caught.value.help is not None
    assert caught.value.help.startswith("did you mean ceil?; known here: ceil, floor")
    with pytest.raises(ExpressionError) as caught:
        parse("x").evaluate({})
    assert caught.value.help is None
    with pytest.raises(ExpressionError) as caught:
        parse("q").evaluate({f"name{n:02}": n for n in range(50)})
    assert caught.value.help is not None
    assert caught.value.help.endswith("name11, …")


def test_limits_can_be_raised() -> None:
    tall = "-" * 40 + "1"
    assert parse(tall, replace(DEFAULT, expression_depth=50)).constant == 1
    choices = "1 if 1 == 2 else " * 33 + "1"
    with pytest.raises(ExpressionError, match="32 levels"):
        parse(choices, replace(DEFAULT, expression_chars=1000))
    long = "1" + "+1" * 150
    assert parse(long, replace(DEFAULT, expression_chars=400)).constant == 151
    wide = replace(DEFAULT, number_bits=128)
    assert parse("4294967296 * 4294967296", wide).constant == 2**64
    with pytest.raises(ExpressionError, match="32 levels"):
        parse("1" + "+1" * 100_000, replace(DEFAULT, expression_chars=10**6))
    endless = replace(DEFAULT, expression_chars=10**6, expression_depth=10**6)
    for text in ("-" * 3000 + "1", "-" * 100_000 + "1", "(" * 250 + "1" + ")" * 250):
        with pytest.raises(ExpressionError, match=r"levels|too many nested"):
            parse(text, endless)


@pytest.mark.parametrize(
    ("text", "answer", "assumed"),
    [
        ("c == 8", True, "assumes C = 8"),
        ("c != 8", False, "assumes C = 8"),
        ("c/2 == 8", True, "assumes C = 16"),
        ("c > 8", True, "assumes C ≥ 9"),
        ("c >= 8", True, "assumes C ≥ 8"),
        ("c/3 > 1", True, "assumes C ≥ 4"),
        ("c < 8", True, "assumes C ≤ 7"),
        ("c <= 8", True, "assumes C ≤ 8"),
        ("c >= 1", True, None),
        ("c < 1", False, None),
        ("c == c", True, None),
        ("2*c == c", False, None),
        ("c == 'zero'", False, None),
    ],
)
def test_a_condition_on_names_may_assume(
    text: str, answer: bool, assumed: str | None
) -> None:
    with assuming() as collected:
        assert parse(text).evaluate({"c": symbol("C")}) is answer
    assert list(collected) == ([assumed] if assumed else [])


def test_a_condition_on_names_is_an_error_where_nobody_collects() -> None:
    with pytest.raises(ShapeError, match="AC290"):
        parse("c > 8").evaluate({"c": symbol("C")})


def test_a_quotient_of_names_is_no_formula() -> None:
    with pytest.raises(ExpressionError, match=r"\(C\) / \(G\) is not a polynomial"):
        parse("c / g").evaluate({"c": symbol("C"), "g": symbol("G")})


def test_whole() -> None:
    c = symbol("C")
    assert whole(3) == 3
    assert whole(2 * c) == 2 * c
    third = parse("c/3").evaluate({"c": c})
    with assuming() as collected:
        size = whole(third)
    assert list(collected) == ["assumes 3 divides C"]
    assert isinstance(size, Poly)
    assert size.at(C=6) == 2


@pytest.mark.parametrize(
    ("value", "text", "message"),
    [
        (Fraction(64, 3), "cin/3", "cin/3 = 64/3 is not a whole number"),
        (Fraction(1, 2), "", "1/2 is not a whole number"),
        (True, "k == 3", "k == 3 = a condition is used as a number"),
        ("zero", "op", "op = 'zero' is a word, not a number"),
    ],
)
def test_what_is_not_whole(value: Any, text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        whole(value, text)
    assert caught.value.message == message


def test_never_whole_is_refused_for_names_too() -> None:
    never = parse("c + 1/2").evaluate({"c": symbol("C")})
    with pytest.raises(ExpressionError, match="C \\+ 1/2 is not a whole number"):
        whole(never)
