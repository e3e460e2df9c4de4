"""Arithmetic that is drawn at random, beside what Python computes."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc.errors import ShapeError
from archcalc.limits import DEFAULT
from archcalc.sizes.dims import Poly, symbol
from archcalc.sizes.expressions import ExpressionError, parse

TERMS = st.recursive(
    st.sampled_from(["a", "b", "2", "7", "0.5", "1.25"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(
            "({0[0]} {0[1]} {0[2]})".format
        ),
        st.tuples(inner, st.sampled_from(["/", "//", "%"]), st.integers(1, 9)).map(
            "({0[0]} {0[1]} {0[2]})".format
        ),
        inner.map("-{}".format),
        st.tuples(st.sampled_from(["floor", "ceil", "round"]), inner).map(
            "{0[0]}({0[1]})".format
        ),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(
            "{0[0]}({0[1]}, {0[2]})".format
        ),
    ),
    max_leaves=8,
)
QUESTIONS = st.tuples(
    TERMS, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), TERMS
).map(" ".join)
CONDITIONS = st.recursive(
    QUESTIONS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            "({0[0]} {0[1]} {0[2]})".format
        ),
        inner.map("(not ({}))".format),
    ),
    max_leaves=3,
)
CHOICES = st.tuples(TERMS, CONDITIONS, TERMS).map("{0[0]} if {0[1]} else {0[2]}".format)
ROOMY = replace(DEFAULT, expression_chars=4000, number_bits=4000)


def by_python(text: str, a: int, b: int) -> Any:
    """Return what Python says, with every literal an exact fraction."""
    spaced = text.replace("(", " ( ").replace(")", " ) ").replace(",", " , ")
    words = spaced.replace("-", " - ").split()
    exact = [f"Fraction('{w}')" if w[0].isdigit() else w for w in words]
    names = {"a": Fraction(a), "b": Fraction(b), "Fraction": Fraction}
    return eval(" ".join(exact), {**names, "floor": math.floor, "ceil": math.ceil})


@given(TERMS | CONDITIONS | CHOICES, st.integers(1, 50), st.integers(1, 50))
@settings(deadline=None, max_examples=400)
def test_python_computes_the_same(text: str, a: int, b: int) -> None:
    value = parse(text, ROOMY).evaluate({"a": a, "b": b})
    expected = by_python(text, a, b)
    assert value == expected
    assert isinstance(value, bool) == isinstance(expected, bool)
    assert not (isinstance(value, Fraction) and value.denominator == 1)


@given(TERMS, st.integers(1, 50), st.integers(1, 50))
@settings(deadline=None, max_examples=300)
def test_symbols_then_numbers_is_numbers_then_symbols(
    text: str, a: int, b: int
) -> None:
    expression = parse(f"{text} * 1", ROOMY)
    formula = expression.evaluate({"a": symbol("A"), "b": symbol("B")})
    value = expression.evaluate({"a": a, "b": b})
    assume(isinstance(value, int))
    assert isinstance(formula, int | Fraction | Poly)
    put = formula.at(A=a, B=b) if isinstance(formula, Poly) else formula
    assert put == value


@given(st.integers(1, 400), st.sampled_from([1, 2, 4, 8]), st.integers(1, 5))
@settings(deadline=None)
def test_round8_of_a_symbol(size: int, divisor: int, share: int) -> None:
    expression = parse(f"round8(x/{share}, {divisor})")
    formula = expression.evaluate({"x": symbol("X")})
    put = formula.at(X=size) if isinstance(formula, Poly) else formula
    assert put == expression.evaluate({"x": size})


def test_round8_of_a_multiple_of_eight_is_plain() -> None:
    c = symbol("C")
    assert parse("round8(32*c)").evaluate({"c": c}) == 32 * c
    assert parse("ceil(c/3)").evaluate({"c": c}) == (c + 2) // 3
    assert parse("c*c/c").evaluate({"c": c}) == c


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=500)
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ExpressionError):
        parse(text).evaluate({})


@given(st.text(alphabet="ab01.()+-*/%<>=!'\" ,infotlser", max_size=30))
@settings(deadline=None, max_examples=1000)
def test_any_arithmetic_text_is_read_or_refused(text: str) -> None:
    with suppress(ExpressionError, ShapeError):
        parse(text).evaluate({"a": 1, "b": symbol("B")})
