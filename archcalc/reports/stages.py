"""Networks stage by stage, for `archcalc compare`: a table for each figure.

Stages are those of the files where networks name them alike, and else what stands
between two sizes of the output: all that is 56×56 is one stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archcalc.catalogue import Figure, figures
from archcalc.layers.base import Shape, times
from archcalc.network.analysis import Analysis
from archcalc.network.rows import Row
from archcalc.records import replace
from archcalc.reports.cells import Column, Line, Table
from archcalc.reports.correspondence import corresponding, items, scale, share_names
from archcalc.sizes.dims import Dim

COUNTED = figures("params", "macs", "activations")
LEAST_STAGES = 3
VECTOR = "vector"
Found = Sequence[Row]


def stage_tables(analyses: Sequence[Analysis]) -> Iterator[Table]:
    """Yield a table for each figure, none where networks have hardly any stages."""
    outlines = [[row for row in a.outline("stages") if not row.aux] for a in analyses]
    named = share_names(outlines)
    lines = _by_name(analyses, outlines) if named else _by_size(analyses)
    if len(lines) < LEAST_STAGES:
        return
    if named:
        outputs = [
            [rows[-1].shape if rows else None for rows in x] for x in lines.values()
        ]
        yield _table("output", "shape", analyses, [*lines], outputs, named)
    for one in COUNTED:
        sums = [[_sum(one, rows) for rows in line] for line in lines.values()]
        table = _table(one.total, one.kind, analyses, [*lines], sums, named)
        yield _bounded(table, one.key, analyses, [*lines.values()])


def _table(
    title: str,
    kind: Any,
    analyses: Sequence[Analysis],
    names: Sequence[str],
    cells: Sequence[Sequence[Any]],
    named: bool,
) -> Table:
    columns = (
        Column("stage", "stage" if named else "output", "name"),
        *(Column(f"net{i}", a.name, kind) for i, a in enumerate(analyses)),
    )
    lines = [
        Line((name, *row), path=name) for name, row in zip(names, cells, strict=True)
    ]
    return Table(
        f"{title} by {'stage' if named else 'size of the output'}",
        columns,
        tuple(lines),
    )


def _bounded(
    table: Table, key: str, analyses: Sequence[Analysis], found: Sequence[list[Found]]
) -> Table:
    """Return a table of a figure whose lower bounds are marked."""
    if not any(key in a.lower_bounds() for a in analyses):
        return table
    lines = []
    for line, stage in zip(table.rows, found, strict=True):
        least = {
            f"net{i}"
            for i, (a, rows) in enumerate(zip(analyses, stage, strict=True))
            if key in a.lower_bounds([at for row in rows for at in row.nodes])
        }
        lines.append(replace(line, least=frozenset(least)))
    return replace(table, rows=tuple(lines))


def _sum(one: Figure, rows: Found) -> Dim | None:
    return sum(getattr(row.figures, one.key) for row in rows) if rows else None


def _by_name(
    analyses: Sequence[Analysis], outlines: Sequence[Sequence[Row]]
) -> dict[str, list[Found]]:
    """Return the stages that correspond, under the name in the first network."""
    found = corresponding(
        [items(*pair) for pair in zip(analyses, outlines, strict=True)]
    )
    return {
        next(row.name for row in line if row): [(row,) if row else () for row in line]
        for line in found
    }


def _by_size(analyses: Sequence[Analysis]) -> dict[str, list[Found]]:
    """Return the rows of each network by the size of what leaves them."""
    sizes = [dict(_sizes(analysis)) for analysis in analyses]
    scales = {at for each in sizes for at in each}
    ordered = sorted(scales, key=lambda at: (at is None, at))
    return {
        _called(at, [each.get(at, ()) for each in sizes]): [
            each.get(at, ()) for each in sizes
        ]
        for at in ordered
    }


def _sizes(analysis: Analysis) -> Mapping[int | None, list[Row]]:
    entering = analysis.graph.nodes[analysis.graph.inputs[0]].shape
    found: dict[int | None, list[Row]] = {}
    for row in analysis.rows:
        if not row.aux:
            found.setdefault(scale(row.shape, entering), []).append(row)
    return found


def _called(at: int | None, found: Sequence[Found]) -> str:
    """Return the size of a stage, or the two that networks have: `55×55, 56×56`."""
    if at is None:
        return VECTOR
    shapes = [_places(rows[-1].shape) for rows in found if rows]
    sizes = [*dict.fromkeys(shapes)]
    return ", ".join(sizes) if len(sizes) < 3 else f"{sizes[0]} … {sizes[-1]}"


def _places(shape: Shape) -> str:
    return times(shape[1:]) if len(shape) > 2 else f"{shape[0]} tokens"
