"""Sizes that stay names: the questions that rules ask."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_sizes import SIZES, SYMBOLS, TREES, C, G, H, at, read_back, run

from archcalc.errors import ArchcalcError, ShapeError
from archcalc.sizes.dims import (
    Dim,
    assuming,
    at_least,
    ceil_div,
    divides,
    largest,
    least,
    positive,
    product,
    same,
)

YES, NO = True, False


@pytest.mark.parametrize(
    ("answer", "expected", "assumed"),
    [
        (lambda: same(3, 3), YES, []),
        (lambda: same(3, 4), NO, []),
        (lambda: same(C + 1, 1 + C), YES, []),
        (lambda: same(C, C + 1), NO, []),
        (lambda: same(C, 2 * C), NO, []),
        (lambda: same(2 * C, 2 * H + 1), NO, []),
        (lambda: same(C, H), YES, ["assumes C = H"]),
        (lambda: same(64, C), YES, ["assumes C = 64"]),
        (lambda: same(2 * C, 4 * H - 6), YES, ["assumes C = 2H − 3"]),
        (lambda: same(C - H, 2), YES, ["assumes C = H + 2"]),
        (lambda: divides(4, 8), YES, []),
        (lambda: divides(4, 9), NO, []),
        (lambda: divides(0, 0), YES, []),
        (lambda: divides(0, 3), NO, []),
        (lambda: divides(4, C), YES, ["assumes 4 divides C"]),
        (lambda: divides(4, 6 * C), YES, ["assumes 2 divides C"]),
        (lambda: divides(4, 8 * C + 4 * H), YES, []),
        (lambda: divides(4, 4 * C + 2), NO, []),
        (lambda: divides(4, 2 * C + 1), NO, []),
        (lambda: divides(4, C + 6), YES, ["assumes 4 divides C + 2"]),
        (lambda: divides(G, C), YES, ["assumes growth divides C"]),
        (lambda: divides(G, 3 * G * C), YES, []),
        (lambda: divides(C, 0), YES, []),
        (lambda: positive(0), NO, []),
        (lambda: positive(1), YES, []),
        (lambda: positive(C), YES, []),
        (lambda: positive(C - H), YES, ["assumes C ≥ H + 1"]),
        (lambda: positive(-C), NO, []),
        (lambda: positive(H // 2), YES, ["assumes H ≥ 2"]),
        (lambda: positive((H - 1) // 2 + 1), YES, []),
        (lambda: at_least(3, 3), YES, []),
        (lambda: at_least(2, 3), NO, []),
        (lambda: at_least(C - 1, 0), YES, []),
        (lambda: at_least(C * C, C), YES, []),
        (lambda: at_least(H, H // 2), YES, []),
        (lambda: at_least((H + 1) // 2 * 2, H), YES, []),
        (lambda: at_least(H // 2 * 2, H + 1), NO, []),
        (lambda: at_least(H, 3), YES, ["assumes H ≥ 3"]),
        (lambda: at_least(2 * H, 5), YES, ["assumes H ≥ 3"]),
        (lambda: at_least((H - 7) // 4, 3), YES, ["assumes H ≥ 19"]),
        (lambda: at_least(64, C), YES, ["assumes C ≤ 64"]),
        (lambda: at_least(2 * C, 3 * H), YES, ["assumes 2C ≥ 3H"]),
        (lambda: at_least(least(C, H), 1), YES, []),
        (lambda: at_least(largest(C, 9), 9), YES, []),
    ],
)
def test_questions(answer: Any, expected: bool, assumed: list[str]) -> None:
    with assuming() as collected:
        assert answer() is expected
    assert list(collected) == assumed


@given(TREES, TREES, SIZES, st.sampled_from([same, divides, at_least]))
@settings(deadline=None, max_examples=300)
def test_an_answer_holds_or_its_assumption_says_when(
    one: Any, two: Any, values: dict[str, int], ask: Any
) -> None:
    try:
        a, b = run(one, SYMBOLS), run(two, SYMBOLS)
        with assuming() as collected:
            answer = ask(a, b)
        truth = ask(at(a, values), at(b, values))
    except ZeroDivisionError:
        assume(False)
    if not collected:
        assert answer is truth
        return
    assert answer is True
    (claim,) = collected
    assert _holds(claim.removeprefix("assumes "), values) is truth


def _holds(claim: str, values: dict[str, int]) -> bool:
    left, sign, right = re.split(r" (≥|≤|=|divides) ", claim)
    a, b = read_back(left, values), read_back(right, values)
    plain = {"≥": a >= b, "≤": a <= b, "=": a == b}
    return plain[sign] if sign in plain else divides(int(a), int(b))


def test_assumptions_are_unique_ordered_and_keep_the_highest_bound() -> None:
    with assuming() as collected:
        at_least(H, 3)
        divides(4, C)
        at_least(H, 11)
        at_least(H, 5)
        divides(4, C)
        with assuming() as inner:
            same(C, H)
    assert list(collected) == ["assumes H ≥ 11", "assumes 4 divides C"]
    assert (len(collected), collected[1]) == (2, "assumes 4 divides C")
    assert list(inner) == ["assumes C = H"]


def test_an_open_question_is_an_error_where_nobody_collects() -> None:
    for ask in (lambda: divides(4, C), lambda: at_least(H, 3), lambda: same(C, H)):
        with pytest.raises(ShapeError, match="AC290") as caught:
            ask()
        assert isinstance(caught.value, ArchcalcError)
    assert "whether C = H" in str(caught.value)


class Recorded:
    """A number that remembers how it came about, as formula recording uses it."""

    def __init__(self, value: Dim, text: str) -> None:
        self.value, self.text = value, text

    def __dim__(self) -> Dim:
        return self.value

    def __add__(self, other: Any) -> Recorded:
        return Recorded(self.value + other, f"({self.text} + {other})")

    def __sub__(self, other: Any) -> Recorded:
        return Recorded(self.value - other, f"({self.text} - {other})")

    def __floordiv__(self, other: Any) -> Recorded:
        return Recorded(self.value // other, f"({self.text} // {other})")

    def __mul__(self, other: Recorded) -> Recorded:
        return Recorded(self.value * other.value, f"{self.text}*{other.text}")

    def __rmul__(self, other: Any) -> Recorded:
        return Recorded(other * self.value, f"{other}*{self.text}")


def test_recorded_sizes_pass_through_questions_and_products() -> None:
    three, size = Recorded(3, "k"), Recorded(224, "h")
    questions: list[Any] = [
        same(three, 3),
        divides(7, size),
        at_least(size, three),
        positive(size),
    ]
    assert questions == [True] * 4
    assert same(Recorded(5, "k"), 3) is False
    recorded: Any = product([three, size])
    assert recorded.text == "k*h"
    rounded: Any = ceil_div(size, 2)
    assert (rounded.value, rounded.text) == (112, "(((h + 2) - 1) // 2)")
    assert (C * size).text == "C*h"
    assert least(size, 3) == 3
