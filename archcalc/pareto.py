"""Rows that no other row beats in every figure: a Pareto front."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

LARGER_IS_BETTER = frozenset({"top1"})
Row = tuple[Any, ...]


def pareto(
    rows: Iterable[Row], columns: Sequence[str], figures: Sequence[str]
) -> list[Row]:
    """Return the rows that no other beats in all `figures`, in their order.

    Less is better, but for an accuracy. A row without one of the figures is left out;
    of rows that are equal in all of them, every one stays. Only the front is held.
    """
    places = [columns.index(name) for name in figures]
    signs = [-1 if name in LARGER_IS_BETTER else 1 for name in figures]
    front: list[tuple[tuple[Any, ...], Row]] = []
    for row in rows:
        if any(row[place] is None for place in places):
            continue
        costs = tuple(s * row[p] for s, p in zip(signs, places, strict=True))
        if not any(beats(known, costs) for known, _ in front):
            front = [kept for kept in front if not beats(costs, kept[0])]
            front.append((costs, row))
    return [row for _, row in front]


def beats(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Say whether costs `a` are nowhere above `b`, and somewhere below."""
    return a != b and all(x <= y for x, y in zip(a, b, strict=True))
