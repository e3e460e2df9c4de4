"""Random operations on sizes, and a reader of printed formulas, for the tests."""

from __future__ import annotations

import re
from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import strategies as st

from archcalc.sizes.dims import Dim, Poly, ceil_div, largest, least, symbol

C, H, W, G = symbol("C"), symbol("H"), symbol("W"), symbol("growth")
SYMBOLS = {"C": C, "H": H, "W": W}

SIZES = st.fixed_dictionaries({name: st.integers(1, 40) for name in SYMBOLS})
LEAVES = st.sampled_from(sorted(SYMBOLS)) | st.integers(-6, 12)
OPERATIONS = st.sampled_from(["+", "-", "*", "//", "min", "max", "ceil"])


def _branches(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    divided = st.tuples(st.just("//"), inner, st.integers(1, 9))
    return st.tuples(OPERATIONS, inner, inner) | divided


TREES = st.recursive(LEAVES, _branches, max_leaves=9)


def run(tree: Any, names: dict[str, Any]) -> Any:
    """Return what a random tree of operations gives for numbers or symbols."""
    if not isinstance(tree, tuple):
        return names[tree] if isinstance(tree, str) else tree
    operation, left, right = tree[0], run(tree[1], names), run(tree[2], names)
    actions = {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "//": lambda: left // right,
        "ceil": lambda: ceil_div(left, right),
        "min": lambda: least(left, right),
        "max": lambda: largest(left, right),
    }
    return actions[operation]()


def at(size: Dim, values: dict[str, int]) -> Dim:
    """Return the size with numbers in place of names."""
    return size.at(**values) if isinstance(size, Poly) else size


def read_back(text: str, values: dict[str, int]) -> Fraction:
    """Return the value of a printed polynomial, by a reader of its own."""
    text = re.sub(r"([\d⁰¹²³⁴-⁹])(?=[A-Za-z⌊])", r"\1*", text)
    text = re.sub("[⁰¹²³⁴-⁹]+", lambda m: f"**{_digits(m.group())}", text)
    for sign, python in {"−": "-", "·": "*", "⌊": "floor(", "⌋": ")"}.items():
        text = text.replace(sign, python)
    text = re.sub(r"(?<!\*\*)\b(\d+)\b", r"Fraction(\1)", text)
    names: dict[str, Any] = {n: Fraction(v) for n, v in values.items()}
    names |= {"floor": floor, "Fraction": Fraction, "min": min, "max": max}
    return Fraction(eval(text, names))


def _digits(raised: str) -> str:
    return raised.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
