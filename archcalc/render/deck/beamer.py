r"""Slides as a beamer document, or as its frames alone, to `\input` in a talk."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.render.deck.picture import scale
from archcalc.render.drawing.marks import Painter
from archcalc.render.drawing.tikz import tikz
from archcalc.render.explained import shapes
from archcalc.render.explained.latex import escaped, formula_rows, sizes
from archcalc.render.latex import table_lines
from archcalc.render.preamble import PREAMBLE
from archcalc.render.tex_text import declarations
from archcalc.reports.cells import Table
from archcalc.reports.deck import Deck, Slide
from archcalc.reports.explanation import Section

ROOM, A_LINE = 0.76, 0.075
"""Share of the height below the title of a slide, and of a line of text there."""
LINE_LENGTH = 92
"""Characters of a line of a slide."""
LONGEST = 150
"""Characters of LaTeX in a formula that stands on one line."""
MOST_ENLARGED = 1.4
LOOK = (
    "\\setbeamertemplate{navigation symbols}{}",
    "\\setbeamertemplate{footline}[frame number]",
    "\\usefonttheme[onlymath]{serif}",
)


def render(deck: Deck, painter: Painter | None, *, frames: bool = False) -> str:
    """Return a document of 16:9, or with `frames` no more than its frames."""
    title = [
        f"\\title{{{escaped(deck.title)}}}",
        f"\\subtitle{{{escaped(deck.source)}}}",
    ]
    body = [line for slide in deck.slides for line in _frame(slide, painter)]
    needs = list(declarations("\n".join([*title, *body])))
    if frames:
        head = ["In the preamble: what archcalc deck --preamble prints", *needs]
        return "\n".join([*(f"% {line}" for line in head), *body])
    return "\n".join(
        [
            "\\documentclass[aspectratio=169]{beamer}",
            PREAMBLE,
            *needs,
            *LOOK,
            *title,
            "\\date{}",
            "\\begin{document}",
            "\\begin{frame}[plain]\\titlepage\\end{frame}",
            *body,
            "\\end{document}",
        ]
    )


def _frame(slide: Slide, painter: Painter | None) -> Iterator[str]:
    """Yield a frame; a picture that no slide has room for has none."""
    if slide.picture and painter is None:
        return
    yield f"\\begin{{frame}}\n\\frametitle{{{escaped(slide.title)}}}"
    lines = [line for point in slide.points for line in _point(point)]
    used = sum(1 + len(point) // LINE_LENGTH for point in slide.points)
    if lines:
        yield "\n".join(["\\begin{itemize}\\small", *lines, "\\end{itemize}"])
    if slide.table is not None:
        yield from _fitted(ROOM - A_LINE * used, "\\small", *_table(slide.table))
    if slide.worked is not None:
        yield from _worked(slide.worked)
    if slide.picture and painter is not None:
        larger = min(scale(painter), MOST_ENLARGED)
        drawn = tikz(painter)
        if larger > 1:
            drawn = f"\\scalebox{{{larger:.2f}}}{{%\n{drawn}}}"
        yield from _fitted(ROOM, drawn)
    yield "\\end{frame}"


def _point(point: str) -> Iterator[str]:
    yield f"\\item {escaped(point)}"


def _table(table: Table) -> Iterator[str]:
    """Yield a table's lines without the paragraphs around it."""
    for line in table_lines(table, plain=False):
        yield line.removesuffix("\\par\\smallskip")


def _fitted(share: float, *lines: str) -> Iterator[str]:
    """Yield something in the middle that takes at most a share of the height."""
    yield f"{{\\centering\\archcalcfit[{share:.2f}]{{%"
    yield "\n".join(lines) + "}\\par}"


def _worked(part: Section) -> Iterator[str]:
    """Yield a layer: what it is, the sizes, the formulas, and what they do not say."""
    sizes_of = f" \\quad {escaped(shapes(part))}" if shapes(part) else ""
    yield f"{{\\small {escaped(part.label)}{sizes_of}\\par}}"
    used = 1
    if part.legend:
        yield f"{{\\small {sizes(part)}\\par}}"
        used += 1 + len(sizes(part)) // LINE_LENGTH
    remarks = [f"{r[:1].upper()}{r[1:]}." for r in part.remarks]
    used += sum(1 + len(remark) // LINE_LENGTH for remark in remarks)
    rows = [row for line in part.lines for row in formula_rows(line, LONGEST)]
    if rows:
        inside = " \\\\\n".join(rows)
        aligned = f"$\\begin{{aligned}}\n{inside}\n\\end{{aligned}}$"
        yield "\\medskip"
        yield from _fitted(ROOM - A_LINE * used, aligned)
    for remark in remarks:
        yield f"\\smallskip{{\\small {escaped(remark)}\\par}}"
