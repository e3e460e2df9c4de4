"""An explanation as HTML: a fragment, or a page that needs no other file."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.figures.formulas.scripts import HTML
from archcalc.render.explained import chain, legend, remark, shapes
from archcalc.render.html import LEFT, framed, shown
from archcalc.render.notes import LONGEST, dependences
from archcalc.reports.explanation import Derivation, Explanation, Section


def render(explanation: Explanation, *, standalone: bool = False) -> str:
    """Return a table for each part: a fragment, or with `standalone` a page."""
    lines = [f'<p class="title">{shown(explanation.title)}</p>']
    for part in explanation.parts:
        lines += _part(part)
    below = (dependences(explanation.settings), *explanation.assumptions)
    lines += [f"<p>{shown(line, LONGEST)}</p>" for line in below if line]
    return framed(explanation.title, "\n".join(lines), standalone)


def _part(part: Section) -> Iterator[str]:
    label = f" <small>{shown(part.label)}</small>" if part.label else ""
    yield f"<h3>{shown(part.name)}{label}</h3>"
    about = (shown(shapes(part)), legend(part, HTML, shown, shown))
    yield from (f"<p>{line}</p>" for line in about if line)
    if part.lines:
        yield '<table class="formulas">'
        yield from map(_row, part.lines)
        yield "</table>"
    yield from (f"<p>{shown(reason, LONGEST)}</p>" for reason in part.remarks)


def _row(line: Derivation) -> str:
    after = f" <small>({shown(remark(line))})</small>" if remark(line) else ""
    steps = " = ".join(chain(line, HTML))
    head = f'<th scope="row" style="{LEFT}">{shown(line.figure)}</th>'
    return f'<tr>{head}<td style="{LEFT}">{steps}{after}</td></tr>'
