"""An explanation as GitHub-flavoured Markdown: a table for each part."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.figures.formulas.scripts import MARKDOWN
from archcalc.render.explained import chain, legend, remark, shapes
from archcalc.render.markdown import escaped
from archcalc.render.notes import dependences
from archcalc.reports.explanation import Derivation, Explanation, Section


def render(explanation: Explanation) -> str:
    """Return title, parts and settings, parted by empty lines."""
    blocks = [f"### {escaped(explanation.title)}"]
    for part in explanation.parts:
        blocks += _part(part)
    given = dependences(explanation.settings, escaped)
    below = [given, *map(escaped, explanation.assumptions)]
    listed = "\n".join(f"- {line}" for line in below if line)
    return "\n\n".join(filter(None, [*blocks, listed]))


def _part(part: Section) -> Iterator[str]:
    label = f": {escaped(part.label)}" if part.label else ""
    sizes = f", {escaped(shapes(part))}" if shapes(part) else ""
    yield f"**{escaped(part.name)}**{label}{sizes}"
    if part.legend:
        yield legend(part, MARKDOWN, value=escaped)
    if part.lines:
        rows = ["| figure | formula |", "| --- | --- |", *map(_line, part.lines)]
        yield "\n".join(rows)
    if part.remarks:
        yield "\n".join(f"- {escaped(reason)}" for reason in part.remarks)


def _line(line: Derivation) -> str:
    after = f" ({escaped(remark(line))})" if remark(line) else ""
    return f"| {escaped(line.figure)} | {' = '.join(chain(line, MARKDOWN))}{after} |"
