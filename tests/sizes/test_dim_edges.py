"""Sizes that stay names, at the edges: what one step further would get wrong.

Found by mutation testing (docs/generated/mutation.md). The answers are arithmetic by hand.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product as product_of
from math import floor
from typing import Any

import pytest
from random_sizes import C, G, H

from archcalc.errors import LimitError, ShapeError, UsageError
from archcalc.sizes.atoms import DEEPEST
from archcalc.sizes.dims import (
    assuming,
    at_least,
    divides,
    largest,
    least,
    product,
    ratio,
    same,
    square_root,
    symbol,
    total,
)
from archcalc.sizes.polynomials import quotient

YES, NO = True, False


@pytest.mark.parametrize(
    ("answer", "expected", "assumed"),
    [
        (lambda: same(C + 1, 1), NO, []),  # C is at least 1
        (lambda: same(1, C + 1), NO, []),
        (lambda: same(C, 1), YES, ["assumes C = 1"]),
        (lambda: same(2 * C, 2 * H), YES, ["assumes C = H"]),
        (lambda: divides(C, C + 3), YES, ["assumes C divides C + 3"]),
        (lambda: divides(4, 3 * C), YES, ["assumes 4 divides C"]),
        (lambda: divides(5, 3 * C + 1), YES, ["assumes 5 divides 3C + 1"]),
        # an odd H has 2⌊H/2⌋ = H − 1
        (lambda: at_least(H // 2 * 2, H), YES, ["assumes 2⌊H/2⌋ ≥ H"]),
        (lambda: at_least(H // 2 * 2 + 1, H), YES, []),
        (lambda: at_least(H // C, 0), YES, []),
        (lambda: at_least((H - 1) // C, 0), YES, []),
        (lambda: at_least(H // (C - 9), 0), YES, ["assumes ⌊H/(C−9)⌋ ≥ 0"]),
        # 2H + 1 ≥ 2C for whole numbers exactly where H ≥ C
        (lambda: at_least(2 * H + 1, 2 * C), YES, ["assumes H ≥ C"]),
    ],
)
def test_questions(answer: Any, expected: bool, assumed: list[str]) -> None:
    with assuming() as collected:
        assert answer() is expected
    assert list(collected) == assumed


@pytest.mark.parametrize(
    ("ask", "claim"),
    [(lambda: same(C, H), "C = H"), (lambda: at_least(H, 3), "H ≥ 3")],
)
def test_an_open_question_says_what_is_open_and_what_to_do(
    ask: Any, claim: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        ask()
    (problem,) = caught.value.problems
    assert (problem.code, problem.message, problem.help) == (
        "AC290",
        f"cannot be decided while sizes are symbols: whether {claim}",
        "give the symbols numbers, or collect with `archcalc.sizes.dims.assuming()`",
    )


class Rooted:
    """A recorded size whose root is 7."""

    def __square_root__(self) -> int:
        return 7


@pytest.mark.parametrize(
    ("size", "root"),
    [(0, 0), (1, 1), (9, 3), (8, None), (10, None), (C, None), (Rooted(), 7)],
)
def test_square_roots(size: Any, root: int | None) -> None:
    assert square_root(size) == root


class Chooser:
    """A recorded size that remembers what it was asked to choose."""

    def __extreme__(self, kind: str, sizes: Any) -> Any:
        return kind, tuple(sizes)


def test_recorded_sizes_choose_for_themselves() -> None:
    one: Any = Chooser()
    assert least(3, one) == ("min", (3, one))
    assert largest(one, 3, C) == ("max", (one, 3, C))


def test_questions_of_fractions() -> None:
    half, two_thirds = Fraction(1, 2), Fraction(2, 3)
    questions: Any = (same, at_least)
    assert [ask(half, half) for ask in questions] == [True, True]
    assert [ask(half, two_thirds) for ask in questions] == [False, False]
    choices: Any = (least, largest)
    assert [choose(half, two_thirds, 2) for choose in choices] == [half, 2]


def test_a_product_of_nothing_is_1() -> None:
    assert product([]) == 1


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 8, 31])
def test_a_total_is_the_sum_in_any_order(count: int) -> None:
    numbers = [3 * i + 1 for i in range(count)]
    assert total(numbers) == sum(numbers)
    named = [n * (C, H, 1)[i % 3] for i, n in enumerate(numbers)]
    summed: Any = total(named)
    assert summed == sum(named)
    values = {"C": 5, "H": 7}
    wanted = sum(n * (5, 7, 1)[i % 3] for i, n in enumerate(numbers))
    assert (summed if isinstance(summed, int) else summed.at(**values)) == wanted


@pytest.mark.parametrize(
    ("top", "bottom", "whole"),
    [
        (C * C + C, C + 1, C),
        (C * C - 1, C + 1, C - 1),
        (C * C + C + 1, C + 1, None),
        (C, G, None),
        (3 * C, 2 * C, Fraction(3, 2)),
    ],
)
def test_ratios(top: Any, bottom: Any, whole: Any) -> None:
    assert ratio(top, bottom) == whole


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: ratio(2 * C, 0), "2*C / 0"),
        (lambda: 2 * C // 0, "2*C // 0"),
        # a floor may be 0, so that it cannot be cancelled
        (lambda: (H // 2 * C // (H // 2 * 2)).at(H=1, C=4), "0 // 0"),
    ],
)
def test_a_division_by_zero_shows_itself(ask: Any, message: str) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        ask()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("top", "bottom"), [(-7, 2), (7, 2), (Fraction(-7, 2), 1), (10**17 + 1, 1)]
)
def test_quotients_of_numbers_round_down(top: Any, bottom: int) -> None:
    assert quotient(top, bottom) == floor(Fraction(top) / bottom)


@pytest.mark.parametrize(("h", "c"), list(product_of(range(1, 13), (3, 7, 8, 10, 11))))
def test_a_floor_in_a_floor_over_what_may_be_negative(h: int, c: int) -> None:
    assert ((H // 3) // (C - 9)).at(H=h, C=c) == h // 3 // (c - 9)


def test_floors_lie_forty_deep_at_most() -> None:
    nested: Any = H
    for _ in range(DEEPEST):
        nested = (2 * nested + 1) // 3
    number = 50
    for _ in range(DEEPEST):
        number = (2 * number + 1) // 3
    assert nested.at(H=50) == number
    with pytest.raises(LimitError) as caught:
        _ = (2 * nested + 1) // 3
    (problem,) = caught.value.problems
    assert (problem.code, problem.message, problem.help) == (
        "AC191",
        "a formula has floors inside floors, more than 40 deep",
        "give some of the symbols numbers",
    )


def test_the_smallest_of_fractions() -> None:
    assert 6 * least(ratio(C, 2), ratio(H, 3)) == least(3 * C, 2 * H)


def test_floors_stand_before_minima() -> None:
    assert str(least(C, 64) * (symbol("n") // 2)) == "⌊n/2⌋·min(C, 64)"


W = symbol("W")


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        (lambda: least(2 * C, 128), "2·min(C, 64)"),
        (lambda: least(6 * C, 4 * H), "2·min(2H, 3C)"),
        (lambda: largest(5, H + 1, C), "max(C, H + 1, 5)"),  # numbers last
        (lambda: largest(-5, -C), "max(−C, −5)"),
        (lambda: least(symbol("Z"), symbol("X5")), "min(X5, Z)"),
    ],
)
def test_extremes_are_written_in_one_way(choice: Any, text: str) -> None:
    assert str(choice()) == text


@pytest.mark.parametrize(
    ("choice", "same_as"),
    [
        (lambda: least(least(C, H), W), lambda: least(W, C, H)),
        (lambda: largest(H // 2, (H + 1) // 2), lambda: (H + 1) // 2),
        (lambda: least(H // 2, (H + 1) // 2), lambda: H // 2),
        (lambda: largest(H // 2, (H + C - 1) // 2), lambda: (H + C - 1) // 2),
        # ⌊H/2⌋ + 1 = ⌊(H + 2)/2⌋
        (lambda: largest((H + 1) // 2, H // 2 + 1), lambda: H // 2 + 1),
        (lambda: least((H + 1) // 2, H // 2 + 1), lambda: (H + 1) // 2),
    ],
)
def test_extremes_that_names_decide(choice: Any, same_as: Any) -> None:
    assert choice() == same_as()


@pytest.mark.parametrize(
    ("choice", "number"),
    [
        (lambda c, h, w: largest(c - h, h - c), lambda c, h, w: abs(c - h)),
        (lambda c, h, w: largest(least(c, h), w), lambda c, h, w: max(min(c, h), w)),
        (lambda c, h, w: least(largest(c, h), w), lambda c, h, w: min(max(c, h), w)),
        (
            lambda c, h, w: least(2 * least(c, h), w),
            lambda c, h, w: min(2 * min(c, h), w),
        ),
        (lambda c, h, w: largest(h // 2, c // 2), lambda c, h, w: max(h // 2, c // 2)),
        (lambda c, h, w: least(h // 2, c // 3), lambda c, h, w: min(h // 2, c // 3)),
        (
            lambda c, h, w: largest(2 * (h // 2), h // 2 + c),
            lambda c, h, w: max(2 * (h // 2), h // 2 + c),
        ),
    ],
)
def test_extremes_that_names_leave_open(choice: Any, number: Any) -> None:
    kept = choice(C, H, W)
    for c, h, w in product_of(range(1, 10), repeat=3):
        found = kept if isinstance(kept, int) else kept.at(C=c, H=h, W=w)
        assert found == number(c, h, w), (c, h, w)


def test_powers() -> None:
    assert C**0 == 1
    assert C**1 == C
    with pytest.raises(TypeError, match="unsupported"):
        _ = C**-1


def test_coefficients_come_from_the_highest_power_down() -> None:
    found = (5 + C * H + 27 * C * C).coefficients("C")
    assert list(found.items()) == [(2, 27), (1, H), (0, 5)]


def test_a_name_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match=r"^whether C is zero is a question for "):
        bool(C)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: (H // 2).coefficients("H"), "⌊H/2⌋ is not a polynomial in H"),
        (lambda: C.at(C=Fraction(1, 2)), "C = 1/2 is not a whole number"),
        (lambda: (H // 2).at(H=Fraction(1, 2)), "H = 1/2 is not a whole number"),
        (lambda: C.at(C=True), "C = True is not a whole number"),
        (lambda: C.at(C=0), "C = 0: a size is at least 1"),
        (lambda: symbol("ä"), "'ä' cannot name a size"),
    ],
)
def test_refusals(ask: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask()
    assert [(p.code, p.message) for p in caught.value.problems] == [("AC590", message)]
