"""Sizes that stay names: arithmetic and printing."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from random_sizes import LEAVES, SIZES, SYMBOLS, TREES, C, G, H, W, at, read_back, run

from archcalc.errors import LimitError, UsageError
from archcalc.sizes.dims import Dim, Poly, ceil_div, largest, least, product, symbol
from archcalc.sizes.polynomials import lower_bound, ratio

POLYNOMIALS = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.sampled_from("+-*"), inner, inner),
    max_leaves=12,
)


@given(TREES, SIZES)
@settings(deadline=None, max_examples=400)
@example(("//", ("+", ("//", "H", 2), ("//", "W", 2)), 3), {"C": 1, "H": 3, "W": 5})
@example(("//", ("*", "H", "W"), ("*", "C", "W")), {"C": 3, "H": 5, "W": 7})
def test_symbols_then_numbers_is_numbers_then_symbols(
    tree: Any, values: dict[str, int]
) -> None:
    try:
        expected = run(tree, values)
        formula = run(tree, SYMBOLS)
    except ZeroDivisionError:
        assume(False)
    assert at(formula, values) == expected
    assert type(at(formula, values)) is int
    if isinstance(formula, Poly):
        partial = at(formula, {"H": values["H"]})
        assert at(partial, values) == expected
        assert eval(formula.python(), {"Fraction": Fraction, **values}) == expected
        assert read_back(str(formula), values) == expected
        assert read_back(formula.markdown(), values) == expected
        assert formula.symbols <= SYMBOLS.keys()


@given(TREES, SIZES)
@settings(deadline=None)
def test_a_bound_is_never_above_a_value(tree: Any, values: dict[str, int]) -> None:
    try:
        formula = run(tree, SYMBOLS)
        low = lower_bound(formula)
        assume(low is not None)
        assert low <= at(formula, values)
    except ZeroDivisionError:
        assume(False)


@given(TREES, TREES, TREES)
@settings(deadline=None)
def test_ring_laws_hold_as_written(one: Any, two: Any, three: Any) -> None:
    try:
        a, b, c = (run(tree, SYMBOLS) for tree in (one, two, three))
    except ZeroDivisionError:
        assume(False)
    assert a + b == b + a
    assert a * b == b * a
    assert (a + b) + c == a + (b + c)
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c
    assert a - a == 0
    assert a - b == -(b - a)
    assert hash(a + b) == hash(b + a)
    assert (a + b) ** 2 == a * a + 2 * a * b + b * b


@given(TREES, TREES, st.integers(1, 30), st.integers(1, 30))
@settings(deadline=None)
def test_whole_parts_leave_a_floor(one: Any, two: Any, d: int, e: int) -> None:
    try:
        a, b = run(one, SYMBOLS), run(two, SYMBOLS)
    except ZeroDivisionError:
        assume(False)
    assert (a + d * b) // d == a // d + b
    assert (a * e) // (d * e) == a // d
    assert (a * d) // d == a


@given(POLYNOMIALS, POLYNOMIALS, st.integers(1, 30), st.integers(1, 30))
@settings(deadline=None)
def test_a_floor_in_a_floor_is_one_floor(one: Any, two: Any, d: int, e: int) -> None:
    a, b = run(one, SYMBOLS), run(two, SYMBOLS)
    assert (a // d + b) // e == (a + b * d) // (d * e)


@given(POLYNOMIALS)
@settings(deadline=None)
def test_sympy_expands_to_the_same_terms(tree: Any) -> None:
    theirs = sympy.expand(run(tree, {n: sympy.Symbol(n) for n in SYMBOLS}))
    ours = run(tree, SYMBOLS)
    text = ours.python() if isinstance(ours, Poly) else str(ours)
    assert sympy.simplify(sympy.sympify(text) - theirs) == 0
    monomials = len(sympy.Add.make_args(theirs))
    assert len(ours.terms() if isinstance(ours, Poly) else [ours]) == monomials


UNICODE = {
    27 * C**2: "27C²",
    4 * C * H: "4·C·H",
    12 * G**2: "12·growth²",
    (H + 1) // 2: "⌊(H+1)/2⌋",
    (H - 1) // 2 + 1: "⌊(H+1)/2⌋",
    (H - 3) // 2 + 1: "⌊(H−1)/2⌋",
    H // 2 + 1: "⌊H/2⌋ + 1",
    ((H - 1) // 2 + 1 - 1) // 2 + 1: "⌊(H+3)/4⌋",
    ((H - 11) // 4 + 1 - 3) // 2 + 1: "⌊(H−11)/8⌋",
    C**2 - 3 * C + 1: "C² − 3C + 1",
    -C: "−C",
    1 + C + C * H + H + C**2: "C² + C·H + C + H + 1",
    C**12 * 5: "5C¹²",
    C // G: "⌊C/growth⌋",
    (C + 1) // (G * H): "⌊(C+1)/(H·growth)⌋",
    3 * (H // 2): "3⌊H/2⌋",
    least(2 * C, 128): "2·min(C, 64)",
    largest(C, H + 1, 5): "max(C, H + 1, 5)",
    ratio(2 * C, 3) + 1: "2C/3 + 1",
    (H // 2) ** 2: "⌊H/2⌋²",
}


@pytest.mark.parametrize(("size", "text"), UNICODE.items(), ids=UNICODE.values())
def test_unicode(size: Dim, text: str) -> None:
    assert str(size) == text


@pytest.mark.parametrize(
    ("size", "latex", "markdown"),
    [
        (27 * C**2, "27C^{2}", "27·C²"),
        (4 * C * H, "4\\,C\\,H", "4·C·H"),
        (12 * G**2, "12\\,\\mathit{growth}^{2}", "12·growth²"),
        (symbol("c_in") * 2, "2\\,\\mathit{c\\_in}", "2·c\\_in"),
        (
            (H + 1) // 2,
            "\\left\\lfloor \\frac{H+1}{2} \\right\\rfloor",
            "⌊(H+1)/2⌋",
        ),
        (least(C, 64), "\\min\\left(C, 64\\right)", "min(C, 64)"),
        (C - H, "C - H", "C − H"),
        (ratio(C, 3), "\\frac{C}{3}", "C/3"),
    ],
)
def test_latex_and_markdown(size: Poly, latex: str, markdown: str) -> None:
    assert size.latex() == latex
    assert size.markdown() == markdown


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ((4 * C) // 2, 2 * C),
        ((2 * C + 3) // 2, C + 1),
        ((C * C - 1) // (C + 1), C - 1),
        ((6 * C * H) // (2 * H), 3 * C),
        ((C + 4) // 2, C // 2 + 2),
        ((2 * C + 1) // 4, C // 2),
        (C // C, 1),
        (C - C, 0),
        (C * 0, 0),
        (0 // C, 0),
        (ratio(0, C), 0),
        (ratio(6 * C * H, 3 * H), 2 * C),
        (ratio(C, H), None),
        (5 - C + C, 5),
        (ceil_div(H, 2), (H + 1) // 2),
        (C // -2, (-C) // 2),
        (largest(8, 8 * C), 8 * C),
        (least(C, C + 1), C),
        (least(C, C), C),
        (least(least(C, H), W), least(W, C, H)),
        (largest(H, H // 2), H),
        (sum([C, H, C]), 2 * C + H),
        (product([]), 1),
        (product([C, 3, C]), 3 * C**2),
        (+C, C),
        (C**0, 1),
    ],
)
def test_simplified(made: Dim, expected: Dim) -> None:
    assert made == expected
    assert type(made) is type(expected)


def test_the_lectures_comparison() -> None:
    stacked, single = 3 * (3 * 3 * C * C), 7 * 7 * C * C
    assert (str(stacked), str(single)) == ("27C²", "49C²")
    assert Fraction(single.at(C=64), stacked.at(C=64)) == Fraction(49, 27)


def test_at_takes_some_names_fractions_and_formulas() -> None:
    size = 32 * W * C + H
    assert size.at(C=3) == 96 * W + H
    assert size.at(W=Fraction(1, 4), C=1, H=2, other=9) == 10
    assert (C**2).at(C=2 * H) == 4 * H**2
    assert (H // 2).at(H=2 * C + 1) == C


@pytest.mark.parametrize(
    ("size", "values"),
    [
        (C, {"C": 0}),
        (C, {"C": -3}),
        (C, {"C": True}),
        (C, {"C": 0.5}),
        (C, {"C": "7"}),
        (C, {"C": Fraction(1, 2)}),
        (H // 2, {"H": Fraction(5, 2)}),
        (ratio(C, 3), {"C": 4}),
    ],
)
def test_at_refuses_what_is_no_size(size: Poly, values: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="AC590"):
        size.at(**values)


def test_degree_and_coefficients() -> None:
    size = 3 * G**2 * C + 5 * G + H // 2 + 7
    assert (size.degree(), size.degree("growth"), size.degree("W")) == (3, 2, 0)
    assert size.coefficients("growth") == {2: 3 * C, 1: 5, 0: H // 2 + 7}
    with pytest.raises(UsageError, match="not a polynomial in H"):
        size.coefficients("H")


@pytest.mark.parametrize(
    "name", ["", "2C", "a b", "c-in", "Å", "C²", "a.b", "\u200bC", "if x"]
)
def test_names_are_identifiers(name: str) -> None:
    with pytest.raises(UsageError, match="AC590"):
        symbol(name)


def test_a_polynomial_has_no_order_no_truth_and_no_remainder() -> None:
    for question in (
        "C < H",
        "C >= 1",
        "C % 4",
        "not C",
        "C / 2",
        "C + 0.5",
        "C - 0.5",
        "C // 0.5",
        "C ** -1",
    ):
        with pytest.raises(TypeError):
            eval(question, {"C": C, "H": H})
    assert C != 3
    assert (C == "C") is False


def test_division_by_zero_is_an_error() -> None:
    for top, bottom in ((C, 0), (3, C - C), (C, H - H)):
        with pytest.raises(ZeroDivisionError):
            top // bottom
        with pytest.raises(ZeroDivisionError):
            ratio(top, bottom)


def test_repr_is_python() -> None:
    assert repr((H + 1) // 2 * C + ratio(C, 3)) == (
        "Poly(C*((H+1)//2) + C*Fraction(1, 3))"
    )


def test_pickled_polynomials_are_equal() -> None:
    size = (H + 1) // 2 * C + least(C, 5)
    again = pickle.loads(pickle.dumps(size))
    assert (again, hash(again), hash(size)) == (size, hash(size), hash(size))


def test_formulas_that_explode_are_refused() -> None:
    wide = sum((symbol(f"s{i}") for i in range(500)), 0)
    with pytest.raises(LimitError, match="too many terms"):
        wide * wide
    with pytest.raises(LimitError, match="power"):
        C**1001
    with pytest.raises(LimitError, match="deep"):
        _deepened(H, times=200)


def _deepened(size: Dim, times: int) -> Dim:
    for _ in range(times):
        size = (2 * (size // 3) + W) // 5
    return size
