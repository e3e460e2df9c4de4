"""The first answer to an edit: the table, shapes beside lines, params, errors."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from archcalc.checks.loading import warnings_of
from archcalc.errors import ArchcalcError, clean
from archcalc.layers.base import Shape
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Row
from archcalc.playground.asked import Asked
from archcalc.playground.findings import problem_found, with_words
from archcalc.playground.reported import lined, noted
from archcalc.playground.values import column, value
from archcalc.render import numbers
from archcalc.reports import table as tables
from archcalc.reports.cells import Line
from archcalc.reports.folding import folded
from archcalc.source.text import Text

MOST_HINTED = 3
"""Shapes that are shown beside one line."""
WIDEST = 4
"""A slider goes up to this many times the value of the file."""


def look(asked: Asked) -> dict[str, Any]:
    """Return what is shown at each edit; errors are findings and leave no rows."""
    try:
        network, analysis = asked.network, asked.analysis
        shown = _table(asked, analysis)
    except ArchcalcError as error:
        written = Text(asked.name, asked.text)
        found = [with_words(problem, written) for problem in error.problems]
        return {"title": "", "rows": [], "columns": [], "findings": found}
    warned = [problem_found(one, "warning") for one in warnings_of(network)]
    return {
        "title": clean(network.title),
        **shown,
        "findings": warned,
        "hints": list(_hints(analysis)),
        "params": [_param(network, name, now) for name, now in network.params.items()],
        "variants": list(network.variants),
        "inputs": [clean(name) for name, _ in network.spec.inputs],
        "command": command(asked),
    }


def _table(asked: Asked, analysis: Analysis) -> dict[str, Any]:
    """Return the table with all its rows, and the rows that fold some of them."""
    training = bool(asked.settings.get("training", False))
    columns = tables.chosen_columns(None, training)
    columns = tables.with_kinds(columns, analysis)
    columns = tables.with_convention(columns, analysis.convention)
    rows = tables.outlined(analysis, "layers", False)
    known = {id(row) for row in rows}
    folds = [r for r in folded(analysis, "layers") if id(r) not in known]
    table = tables.table_of_rows(analysis, (*rows, *folds), columns)
    lines, totals = table.rows[: len(rows)], table.rows[len(rows) + len(folds) :]
    places = list(_places(analysis, rows))
    first = {row.name: at for at, row in reversed([*enumerate(rows)])}
    told = [
        *tables.assumption_notes(analysis),
        *tables.definition_notes(analysis, columns),
    ]
    settings = tables.settings(analysis)
    return {
        "columns": [column(one) for one in table.columns],
        "rows": [
            {**lined(line, table.columns), "parent": above, "line": at}
            for line, above, at in zip(lines, _above(lines), places, strict=True)
        ],
        "folds": [
            {**lined(line, table.columns), **_span(row, rows, first)}
            for line, row in zip(table.rows[len(rows) :], folds, strict=False)
        ],
        "totals": [lined(line, table.columns) for line in totals],
        "notes": noted(told),
        "settings": {key: value(one) for key, one in settings.items()},
    }


def _above(lines: Sequence[Line]) -> list[str | None]:
    """Return the path of the head that each line stands under, None at the top."""
    above: list[str] = []
    found: list[str | None] = []
    for line in lines:
        del above[line.depth :]
        found.append(above[-1] if above else None)
        above += [line.path] * (line.depth + 1 - len(above))
    return found


def _span(row: Row, rows: Sequence[Row], places: dict[str, int]) -> dict[str, int]:
    """Return which rows one row folds: from the first up to the last, exclusive."""
    first = end = places[row.name.partition("–")[0]]
    while end < len(rows) and rows[end].nodes[-1] <= row.nodes[-1]:
        end += 1
    return {"first": first, "end": end}


def _places(analysis: Analysis, rows: Sequence[Row]) -> Iterator[int]:
    """Yield the line on which each row is written: the step of a layer or a group."""
    graph = analysis.graph
    groups = {group.name: group for group in reversed(graph.groups)}
    for row in rows:
        group = groups.get(row.name) if row.kind == "head" else None
        origin = group.origin if group else None
        yield (origin or graph.nodes[row.nodes[0]].origin).line


def _hints(analysis: Analysis) -> Iterator[dict[str, Any]]:
    """Yield the shapes that leave the steps of each line, in order."""
    shapes: dict[int, dict[Shape, None]] = {}
    nodes = analysis.graph.nodes
    for node in nodes:
        shapes.setdefault(node.origin.line, {})[node.shape] = None
    for group in analysis.graph.groups:
        if group.origin is not None and group.end > group.first:
            line = group.origin.line
            shapes.setdefault(line, {})[nodes[group.output].shape] = None
    for line, found in sorted(shapes.items()):
        few = [numbers.shape(shape) for shape in islice(found, MOST_HINTED)]
        more = ["…"] if len(found) > MOST_HINTED else []
        yield {"line": line, "shape": clean(", ".join([*few, *more]))}


def _param(network: Network, name: str, now: Any) -> dict[str, Any]:
    """Return a param with what a slider needs, where it is a whole number."""
    given = network.spec.params[name]
    told = {"name": name, "value": value(now), "set": name in network.settings}
    if not isinstance(now, int) or isinstance(now, bool):
        return told
    usual = given if isinstance(given, int) else now
    return {**told, "low": 1, "high": max(WIDEST * abs(usual), 8)}


def command(asked: Asked) -> str:
    """Return the command line that prints the same table."""
    given = asked.settings
    words = ["archcalc", "table", asked.name]
    if given.get("variant"):
        words[-1] += f":{given['variant']}"
    for name, set in asked.params.items():
        words += ["--set", f"{name}={set}"]
    for size in str(given.get("input") or "").split():
        words += ["--input", size]
    usual = {"batch": 1, "dtype": "float32", "convention": "macs"}
    for name, default in usual.items():
        if given.get(name, default) != default:
            words += [f"--{name}", str(given[name])]
    if given.get("training"):
        words.append("--training")
    return clean(shlex.join(words), 10_000)
