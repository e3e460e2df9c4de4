"""A unified diff of two texts, in time that grows with their lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from archcalc.reports.alignment import in_order

AROUND = 3
"""Equal lines that stand above and below what has changed."""
Row = tuple[str, str]
"""A sign, `-`, `+` or a space, and a line."""


def unified(old: Sequence[str], new: Sequence[str], name: str) -> Iterator[str]:
    """Yield the lines of a diff as `diff -u` writes them, none where nothing changed.

    difflib takes time that grows with the square of the lines, or worse.
    """
    rows = list(_rows(old, new))
    changed = [at for at, (sign, _) in enumerate(rows) if sign != " "]
    if not changed:
        return
    yield f"--- {name}"
    yield f"+++ {name}"
    before = {
        side: [0, *accumulate(sign in (" ", side) for sign, _ in rows)] for side in "-+"
    }
    for first, last in _hunks(changed):
        begin, end = max(0, first - AROUND), min(len(rows), last + 1 + AROUND)
        ranges = (_range(side, begin, end, before[side]) for side in "-+")
        yield f"@@ {' '.join(ranges)} @@"
        yield from (f"{sign}{line}" for sign, line in rows[begin:end])


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    """Yield each line of both once, with its sign."""
    a = b = 0
    for at, other in [*in_order(old, new), (len(old), len(new))]:
        yield from (("-", line) for line in old[a:at])
        yield from (("+", line) for line in new[b:other])
        if at < len(old):
            yield " ", old[at]
        a, b = at + 1, other + 1


def _hunks(changed: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last changed row of what stands together."""
    first = last = changed[0]
    for at in changed[1:]:
        if at - last > 2 * AROUND + 1:
            yield first, last
            first = at
        last = at
    yield first, last


def _range(side: str, begin: int, end: int, before: Sequence[int]) -> str:
    """Return where rows stand in a text: its first line, and how many if not one."""
    start, count = before[begin], before[end] - before[begin]
    return f"{side}{start + bool(count)}" + (f",{count}" if count != 1 else "")
