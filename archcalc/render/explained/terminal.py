"""An explanation for a terminal or a pipe: figures left, formulas broken at `=`."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.errors import clean
from archcalc.figures.formulas.scripts import UNICODE
from archcalc.render.explained import chain, legend, remark, shapes
from archcalc.render.notes import dependences
from archcalc.render.paint import painter
from archcalc.render.widths import pad, width, wrap
from archcalc.reports.explanation import Derivation, Explanation, Section

INDENT = "  "
USUAL_WIDTH = 80
LEAST_WIDTH = 40


def render(
    explanation: Explanation, *, width: int | None = None, color: bool = False
) -> str:
    """Return the explanation as text; `width` is 80 where none is given."""
    page = _Page(max(width or USUAL_WIDTH, LEAST_WIDTH), color)
    blocks = ("\n".join(block) for block in page.blocks(explanation))
    return "\n\n".join(filter(None, blocks))


class _Page:
    """Sets parts in blocks of lines, with one empty line between them."""

    def __init__(self, room: int, color: bool) -> None:
        self.room = room
        self.paint = painter(color)

    def blocks(self, explanation: Explanation) -> Iterator[list[str]]:
        """Yield the title, every part, and what the figures depend on."""
        yield [self.paint(clean(explanation.title), "heading")]
        for part in explanation.parts:
            yield list(self.part(part))
        below = list(wrap(dependences(explanation.settings), self.room, INDENT))
        below += [x for a in explanation.assumptions for x in self.wrapped(a, "")]
        yield [self.paint(line, "aside") for line in below]

    def part(self, part: Section) -> Iterator[str]:
        """Yield the heading, the names, the figures and the reasons of a part."""
        yield self.paint(clean(part.name), "heading") + (
            f"{INDENT}{clean(part.label)}" if part.label else ""
        )
        for about in filter(None, (shapes(part), legend(part, UNICODE))):
            yield from self.wrapped(about)
        column = max((width(line.figure) for line in part.lines), default=0)
        for line in part.lines:
            yield from self.line(line, column)
        for reason in part.remarks:
            yield from self.wrapped(reason)

    def line(self, line: Derivation, column: int) -> Iterator[str]:
        """Yield a figure with its formula, on one line or broken before each `=`."""
        head = f"{INDENT}{pad(line.figure, column)}{INDENT}"
        steps = chain(line, UNICODE)
        said = f"  ({remark(line)})" if remark(line) else ""
        whole = f"{head}{' = '.join(steps)}{said}"
        if width(whole) <= self.room or len(steps) == 1:
            yield whole
            return
        margin = width(head)
        if line.formula.name:
            margin += width(steps[0])
            steps = [f"{steps[0]} = {steps[1]}", *steps[2:]]
        steps[-1] += said
        yield from self.step(head, steps[0], margin)
        for step in steps[1:]:
            yield from self.step(" " * margin, f" = {step}", margin)

    def step(self, before: str, step: str, margin: int) -> Iterator[str]:
        """Yield one step of a formula, broken at spaces where it is too long."""
        rows = wrap(step.strip(), self.room - margin - 3)
        lead = " " if step.startswith(" ") else ""
        for i, row in enumerate(rows):
            yield f"{before}{lead}{row}" if i == 0 else f"{' ' * (margin + 3)}{row}"

    def wrapped(self, words: str, indent: str = INDENT) -> Iterator[str]:
        """Yield running text, indented."""
        for row in wrap(clean(words, 4000), self.room - len(indent), INDENT):
            yield indent + row
