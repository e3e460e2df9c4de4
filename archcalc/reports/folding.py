"""Repeated blocks of a network as one row each: `2–6`, `5 × bottleneck`.

The first of equal blocks in a row stays written out. A block that differs from the
first, as those behind a projection do, is folded whole: the first shows what it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from archcalc.graph.graph import Group
from archcalc.network.analysis import Analysis
from archcalc.network.rows import Level, Row

LEAST_FOLDED = 2
"""Blocks that share a row, at least. A repeated layer has one row and keeps it."""
FOLDABLE: tuple[Level, ...] = ("ops", "layers")
"""Levels at which a block has rows of its own."""


def folded(analysis: Analysis, level: Level) -> tuple[Row, ...]:
    """Return a network's outline in which equal blocks in a row share one row."""
    rows = tuple(analysis.outline(level))
    if level not in FOLDABLE:
        return rows
    repeats = {g.name: g for g in analysis.graph.groups if g.kind == "repeat"}
    return tuple(_folded(analysis, rows, repeats)) if repeats else rows


def _folded(
    analysis: Analysis, rows: Sequence[Row], repeats: dict[str, Group]
) -> Iterator[Row]:
    at = 0
    while at < len(rows):
        yield rows[at]
        group = repeats.get(rows[at].name)
        at += 1
        if group is None:
            continue
        end = at
        while end < len(rows) and rows[end].name.startswith(f"{group.name}."):
            end += 1
        yield from _repetitions(analysis, group, rows[at:end], repeats)
        at = end


def _repetitions(
    analysis: Analysis, group: Group, rows: Sequence[Row], repeats: dict[str, Group]
) -> Iterator[Row]:
    """Yield the rows of a repeat, equal repetitions that follow each other folded."""
    written = False
    for _, equal in groupby(_parts(group, rows), key=_content):
        run = list(equal)
        first = 0 if written else 1
        fold = len(run[0]) > 1 and len(run) - first >= LEAST_FOLDED
        for part in run[:first] if fold else run:
            yield from _folded(analysis, part, repeats)
        if fold:
            yield _one(analysis, run[first:])
        written = True


def _parts(group: Group, rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield the rows of each repetition, its own head first."""
    start = len(group.name) + 1
    for _, members in groupby(rows, key=lambda r: r.name[start:].partition(".")[0]):
        yield list(members)


def _content(part: Sequence[Row]) -> tuple[object, ...]:
    """Return what a repetition is: what each row says it is, sizes apart."""
    whole = len(part[0].name)
    return tuple((row.name[whole:], row.label, row.kind, row.aux) for row in part)


def _one(analysis: Analysis, parts: Sequence[Sequence[Row]]) -> Row:
    """Return one row for repetitions that follow each other."""
    first, last = parts[0][0], parts[-1][0]
    nodes = tuple(range(first.nodes[0], last.nodes[-1] + 1))
    number = last.name.rpartition(".")[2]
    return first._replace(
        name=f"{first.name}–{number}",
        label=f"{len(parts)} × {first.label}",
        shape=last.shape,
        figures=analysis.figures(nodes),
        nodes=nodes,
        output=last.output,
        kind="row",
        short=f"{first.short}–{number}",
    )
