r"""An explanation as JSON, in the schema `archcalc/explain/1`.

    {"schema": "archcalc/explain/1", "title": …, "subject": …, "settings": {…},
     "assumptions": [TEXT, …],
     "parts": [{"name", "label", "inputs": [SHAPE, …], "output": SHAPE,
                "symbols": [{"symbol", "meaning", "value"}, …],
                "figures": [{"figure", "symbol", "value", "python", "note",
                             "rule": {"unicode", "latex"},
                             "numbers": {"unicode", "latex"}}, …],
                "reasons": [TEXT, …]}]}

`value` is a whole number, or `{"symbolic": "27*C**2"}` where sizes stayed names;
`python` computes it from the numbers that were put in.
"""

from __future__ import annotations

from typing import Any

from archcalc.figures.formulas.scripts import LATEX, PYTHON, UNICODE
from archcalc.render.json import dump, plain
from archcalc.reports.explanation import Derivation, Explanation, Section

SCHEMA = "archcalc/explain/1"


def render(explanation: Explanation) -> str:
    """Return the explanation as JSON."""
    data = {
        "schema": SCHEMA,
        "title": explanation.title,
        "subject": explanation.subject,
        "settings": {k: plain(v) for k, v in explanation.settings.items()},
        "assumptions": list(explanation.assumptions),
        "parts": [_part(part) for part in explanation.parts],
    }
    return dump(data, indent=1)


def _part(part: Section) -> dict[str, Any]:
    symbols = [
        {
            "symbol": UNICODE.symbol(size.symbol),
            "meaning": size.meaning,
            "value": plain(size.value),
        }
        for size in part.legend
    ]
    return {
        "name": part.name,
        "label": part.label,
        "inputs": [plain(shape) for shape in part.inputs],
        "output": plain(part.output),
        "symbols": symbols,
        "figures": [_line(line) for line in part.lines],
        "reasons": list(part.remarks),
    }


def _line(line: Derivation) -> dict[str, Any]:
    formula = line.formula
    rule = {"unicode": formula.rule(UNICODE), "latex": formula.rule(LATEX)}
    numbers = {"unicode": formula.numbers(UNICODE), "latex": formula.numbers(LATEX)}
    return {
        "figure": line.figure,
        "symbol": UNICODE.symbol(formula.name) if formula.name else None,
        "value": plain(formula.value),
        "rule": rule,
        "numbers": numbers,
        "python": formula.numbers(PYTHON),
        "note": line.note,
    }
