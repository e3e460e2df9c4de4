"""An explanation as one HTML page that needs no other file."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from archcalc.errors import clean
from archcalc.explanation import Explanation, Line, Part
from archcalc.formula_scripts import HTML
from archcalc.layers.base import times
from archcalc.render.explained import chain, remark
from archcalc.render.numbers import text

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem}"
    "table{border-collapse:collapse}"
    "th{text-align:left;font-weight:normal;padding-right:1.5rem;white-space:nowrap;"
    "vertical-align:top}"
    "td{font-variant-numeric:tabular-nums}"
    "small,p.below{color:#666}"
)


def render(explanation: Explanation) -> str:
    """Return a page with a table for each part."""
    title = _safe(explanation.title)
    lines = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f"<title>{title}</title><style>{STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
    ]
    for part in explanation.parts:
        lines += _part(part)
    given = " · ".join(
        f"{key} {text(value, 'text')}" for key, value in explanation.settings.items()
    )
    below = (given, *explanation.assumptions)
    lines += [f'<p class="below">{_safe(line)}</p>' for line in below]
    return "\n".join([*lines, "</body></html>"])


def _safe(words: str) -> str:
    return escape(clean(words, 4000))


def _part(part: Part) -> Iterator[str]:
    label = f" <small>{_safe(part.label)}</small>" if part.label else ""
    yield f"<h2>{_safe(part.name)}{label}</h2>"
    if part.inputs and part.output:
        shapes = ", ".join(map(times, part.inputs))
        yield f"<p>{_safe(f'{shapes} → {times(part.output)}')}</p>"
    if part.legend:
        names = ", ".join(
            f"{_safe(s.meaning)} {HTML.symbol(s.symbol)} = {_safe(str(s.value))}"
            for s in part.legend
        )
        yield f"<p>{names}</p>"
    if part.lines:
        yield "<table>"
        yield from map(_row, part.lines)
        yield "</table>"
    yield from (f"<p>{_safe(reason)}</p>" for reason in part.remarks)


def _row(line: Line) -> str:
    after = f" <small>({_safe(remark(line))})</small>" if remark(line) else ""
    steps = " = ".join(chain(line, HTML))
    return f"<tr><th>{_safe(line.figure)}</th><td>{steps}{after}</td></tr>"
