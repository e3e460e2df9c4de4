"""Which rows of a sweep are wanted: fronts, the best, the first, constraints."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc import sweep
from archcalc.sweeps.choice import Choice, Chosen
from archcalc.sweeps.packed import FIGURES, LANE, MASK, reader
from archcalc.sweeps.pareto import LARGER_IS_BETTER, Front
from archcalc.sweeps.sweep import Sweep
from archcalc.sweeps.values import condition
from archcalc.sweeps.where import where_test


def some(**more: Any) -> Sweep:
    return sweep(
        "efficientnet",
        {"width": (Fraction(1, 2), 1), "variant": ("b1", "b2")},
        figures=("params", "macs", "top1"),
        **more,
    )


# -- choices -------------------------------------------------------------------------

ROWS = st.lists(st.tuples(*[st.integers(0, 9) | st.none()] * 3), max_size=60)
CUTS = st.integers(1, 7)


@given(ROWS, CUTS, st.booleans(), st.none() | st.integers(1, 9))
def test_a_choice_of_pieces_is_that_of_the_whole(
    rows: list[Any], cut: int, down: bool, top: int | None
) -> None:
    """However rows come, and chosen from beforehand or not."""
    columns = ("a", "b", "top1")
    known = [row for row in rows if row[1] is not None]
    ordered = sorted(known, key=lambda row: row[1], reverse=down)[:top]
    choices = {
        Choice(top=top): rows[:top],
        Choice(sort="b", down=down, top=top): ordered,
        Choice(pareto=("a", "top1"), top=top): front_of(rows)[:top],
    }
    for choice, wanted in choices.items():
        chosen = Chosen(choice, columns)
        for start in range(0, len(rows), cut):
            piece = Chosen(choice, columns)
            piece.add(rows[start : start + cut])
            chosen.add(piece.kept())
        assert chosen.rows() == wanted


def front_of(rows: list[Any]) -> list[Any]:
    """Return the front by its definition; less of `a` and more of `top1` is better."""
    known = [row for row in rows if row[0] is not None and row[2] is not None]
    return [
        row
        for row in known
        if not any(
            o[0] <= row[0] and o[2] >= row[2] and (o[0], o[2]) != (row[0], row[2])
            for o in known
        )
    ]


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 4), max_size=60))
def test_a_front_of_three_figures(rows: list[Any]) -> None:
    front = Front(("w", "x", "y", "z"), ("x", "y", "z"))
    front.add(rows)
    assert front.rows() == [
        row
        for row in rows
        if not any(
            o[1:] != row[1:]
            and all(a <= b for a, b in zip(o[1:], row[1:], strict=True))
            for o in rows
        )
    ]
    assert "z" not in LARGER_IS_BETTER


EACH = st.integers(0, MASK)
COUNT = len(FIGURES)


@given(st.lists(EACH, min_size=COUNT, max_size=COUNT), st.permutations(FIGURES))
def test_figures_are_read_out_of_a_sum(values: list[int], names: list[str]) -> None:
    sums = sum(value << place * LANE for place, value in enumerate(values))
    small = sum((value >> 33) << place * LANE for place, value in enumerate(values))
    for some_names in (names, names[:3], names[:1], (*names[:2], names[0])):
        places = [FIGURES.index(name) for name in some_names]
        assert reader(some_names)(sums) == tuple(values[place] for place in places)
        assert reader(some_names)(small) == tuple(values[p] >> 33 for p in places)


# -- constraints ---------------------------------------------------------------------

NUMBERS = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "3",
        "2.5",
        "a + b",
        "2*a - c",
        "a*b",
        "a/2",
        "min(a, c)",
        "-a",
        "a//2",
    ]
)
COMPARED = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
ASKED = st.builds(lambda a, op, b: f"{a} {op} {b}", NUMBERS, COMPARED, NUMBERS)
JOINED = st.builds(
    lambda a, word, b, no: f"{no}({a}) {word} {b}",
    ASKED,
    st.sampled_from(["and", "or"]),
    ASKED,
    st.sampled_from(["", "not "]),
)
VALUES = st.integers(-9, 9) | st.fractions(-9, 9, max_denominator=4)


@given(ASKED | JOINED, st.tuples(VALUES, st.integers(0, 9), st.integers(0, 9)))
def test_a_quick_constraint_says_what_the_expression_says(
    text: str, row: tuple[Any, ...]
) -> None:
    columns = ("a", "b", "c")
    whole = condition(text, columns).evaluate(dict(zip(columns, row, strict=True)))
    assert where_test(text, columns, {"a": [row[0]]})(row) is whole


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("macs", "not a condition"),
        ("macs and params", "is not a condition"),
        ("macs/0 > 1", "division by zero"),
        ("variant > 3", "is a word"),
        ("macs >", "cannot be read"),
        ("", "empty"),
    ],
)
def test_a_constraint_that_is_none(text: str, message: str) -> None:
    with pytest.raises(archcalc.UsageError, match="AC581") as refused:
        list(some(where=text))
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("flops <= 1G", "it is not listed: add flops to the figures"),
        ("flop <= 1G", "known: width, variant, params, macs, top1"),
        ("macs < 600 M", "such as: macs <= 600M"),
        ("macs < 600,000,000", "such as: macs <= 600M"),
    ],
)
def test_a_constraint_that_is_none_has_help(text: str, help: str) -> None:
    with pytest.raises(archcalc.UsageError, match="AC581") as refused:
        some(where=text)
    assert help in str(refused.value)


def test_a_row_without_the_figure_does_not_meet_a_constraint() -> None:
    net = archcalc.load("efficientnet")
    found = sweep(net, {"variant": "b1,b2"}, figures=("top1",), where="top1 >= 80")
    assert [row[0] for row in found] == ["b2"]
    assert not list(some(where="top1 >= 0"))
