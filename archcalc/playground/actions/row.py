"""What is said of one row: its formulas with numbers put in, its receptive field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.errors import clean
from archcalc.figures.formulas.scripts import UNICODE
from archcalc.graph.receptive import Field, Fields, receptive_fields
from archcalc.layers.base import Shape
from archcalc.network.analysis import Analysis
from archcalc.network.rows import Row
from archcalc.playground.asked import Asked
from archcalc.playground.reported import tabled
from archcalc.playground.values import number, value
from archcalc.render.explained import remark, shapes
from archcalc.reports.explanation import Derivation, Explainer, Section
from archcalc.reports.table import tabulate

LONGEST = 2_000
"""Characters of a formula; more are cut."""
MOST_PARTS = 200
"""Parts of a group that are explained one by one."""
FIELD_COLUMNS = ("layer", "what", "shape", "receptive_field", "jump", "start")


# -- formulas --------------------------------------------------------------------------


def explain(asked: Asked) -> dict[str, Any]:
    """Return the formulas of a row; without one, how the totals are summed up."""
    analysis = asked.analysis
    explainer = Explainer(analysis, bool(asked.settings.get("training", False)))
    path = asked.of("row", str, "")
    if not path:
        parts: Sequence[Section] = [explainer.sum_of("total", analysis.rows)]
        title = analysis.name
    else:
        explained = explainer.explain(path)
        title, parts = analysis.row(path).name, explained.parts
    shown = [*parts[:MOST_PARTS], *parts[MOST_PARTS:][-1:]]
    return {
        "title": clean(title),
        "parts": [_part(part) for part in shown],
        "left_out": len(parts) - len(shown),
        "assumptions": [clean(text) for text in analysis.graph.assumptions],
    }


def _part(part: Section) -> dict[str, Any]:
    return {
        "name": clean(part.name),
        "label": clean(part.label),
        "shapes": clean(shapes(part)),
        "symbols": [
            {
                "symbol": UNICODE.symbol(size.symbol),
                "meaning": size.meaning,
                "value": clean(str(size.value)),
            }
            for size in part.legend
        ],
        "lines": [_line(line) for line in part.lines],
        "reasons": [clean(text) for text in part.remarks],
    }


def _line(line: Derivation) -> dict[str, Any]:
    """Return a figure: its rule in symbols, the numbers put in, and the value."""
    formula = line.formula
    name = UNICODE.symbol(formula.name) if formula.name else ""
    steps = [] if line.alike else list(formula.steps(UNICODE, line.symbols))
    result = formula.result(UNICODE)
    return {
        "name": clean(line.figure),
        "symbol": name,
        "steps": [clean(step, LONGEST) for step in steps if step != result],
        "value": {"text": clean(result, LONGEST), "value": number(formula.value)},
        "note": clean(remark(line)),
    }


# -- receptive field -------------------------------------------------------------------


def receptive(asked: Asked) -> dict[str, Any]:
    """Return what one output of a row sees of the input, and how the field grew.

    Without a `row`, of the last one that does not see the whole input. `at` is the
    output's position along each axis; without it, the middle one.
    """
    analysis = asked.analysis
    graph = analysis.graph
    entering = graph.nodes[graph.inputs[0]].shape
    found = receptive_fields(graph)
    path = asked.of("row", str, "")
    row = analysis.row(path) if path else _last_with_field(analysis, found)
    fields = found[row.output]
    at = [one for one in asked.of("at", list, []) if isinstance(one, int)]
    return {
        "row": clean(row.name),
        "chosen": bool(path),
        "what": clean(row.label),
        "input": value(entering, "shape"),
        "output": value(row.shape, "shape"),
        "axes": _axes(fields, entering, row.shape, at) if fields else None,
        "growth": _growth(analysis, row),
    }


def _last_with_field(analysis: Analysis, fields: Sequence[Fields]) -> Row:
    """Return the last row that sees a part of the input, else the last of all."""
    rows = [row for row in analysis.rows if fields[row.output] and not row.aux]
    return (rows or analysis.rows)[-1]


def _axes(
    fields: Sequence[Field], entering: Shape, leaving: Shape, at: Sequence[int]
) -> list[dict[str, Any]] | None:
    """Return the field along each axis; None where one has no such picture."""
    sizes, counts = entering[1:], leaving[1:]
    if not all(isinstance(size, int) for size in (*sizes, *counts)):
        return None
    if not len(fields) == len(sizes) == len(counts):
        return None
    middle = [(count - 1) // 2 for count in counts]
    places = at if len(at) == len(counts) else middle
    return [
        _axis(field, int(size), int(count), place)  # type: ignore[arg-type]  # numbers, as seen above
        for field, size, count, place in zip(fields, sizes, counts, places, strict=True)
    ]


def _axis(field: Field, size: int, count: int, place: int) -> dict[str, Any]:
    place = min(max(place, 0), count - 1)
    return {
        "input": size,
        "output": count,
        "size": field.size,
        "jump": value(field.step, "count")["text"],
        "start": field.start,
        "at": {"output": place, "first": field.first(place), "last": field.last(place)},
    }


def _growth(analysis: Analysis, row: Row) -> dict[str, Any]:
    """Return the table of fields of every row that the row's value depends on."""
    graph = analysis.graph
    needed, waiting = {row.output}, [row.output]
    while waiting:
        for before in graph.nodes[waiting.pop()].inputs:
            if before not in needed:
                needed.add(before)
                waiting.append(before)
    told = tabled(tabulate(analysis, "layers", FIELD_COLUMNS))
    rows = {r.name for r in analysis.rows if r.output in needed}
    told["rows"] = [line for line in told["rows"] if line["path"] in rows]
    return told
