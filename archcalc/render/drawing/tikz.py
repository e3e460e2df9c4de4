r"""Boxes and lines as a `tikzpicture` for papers, in the places of the style `blocks`.

It needs `\usepackage{tikz}` and nothing else of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.errors import clean
from archcalc.render.drawing.blocks import COLOURS, LONGEST, STACKED, STEP, BlockSizes
from archcalc.render.drawing.channels import Polyline
from archcalc.render.drawing.labelled import LabelledDiagram
from archcalc.render.drawing.layout import Layout, Placed, layout
from archcalc.render.svg_writer import COLOURS as GREYS
from archcalc.render.svg_writer import number
from archcalc.render.tex_text import declarations, escaped

POINTS = 0.6
"""Points for a pixel: words of 11 pixels are set in 6 points."""
BORDER = 6
USED = ("faint", "frame", "line", "soft")
STYLES = (
    "  arc box/.style={draw=arcline, rounded corners=2pt, inner sep=0pt},",
    "  arc line/.style={draw=arcline, line join=round},",
    "  arc frame/.style={draw=arcfaint, fill=arcframe, rounded corners=3pt},",
    "  arc words/.style={inner sep=0pt, font=\\fontsize{6}{8}\\selectfont},",
    "  arc label/.style={arc words, text=arcsoft, anchor=west},",
    "  arc title/.style={arc words, anchor=west, font=\\fontsize{6}{8}\\selectfont"
    "\\bfseries},",
)


def tikz(
    figure: LabelledDiagram, standalone: bool = False, longest: float = LONGEST
) -> str:
    """Return a network as a picture of TikZ, or as a document of one page with it."""
    sizes = BlockSizes(figure)
    placed = layout(figure.structure, sizes, longest)
    body = "\n".join(_picture(figure, sizes, placed))
    if not standalone:
        return body
    wide = placed.across * POINTS + 2 * BORDER + 1
    high = (placed.along + sizes.tail) * POINTS + 2 * BORDER
    page = f"paperwidth={number(wide)}pt,paperheight={number(high)}pt"
    head = [
        "\\documentclass{article}",
        "\\usepackage[T1]{fontenc}",
        f"\\usepackage[{page},margin={BORDER}pt]{{geometry}}",
        "\\usepackage{lmodern}",
        "\\usepackage{tikz}",
        *declarations(body),
        "\\pagestyle{empty}\\parindent=0pt\\topskip=0pt",
        "\\begin{document}",
    ]
    return "\n".join([*head, body, "\\end{document}"])


def _picture(
    figure: LabelledDiagram, sizes: BlockSizes, placed: Layout
) -> Iterator[str]:
    yield f"% {clean(figure.title)}: {clean(figure.subtitle)}"
    for name, (light, _) in {**{n: GREYS[n] for n in USED}, **COLOURS}.items():
        yield f"\\definecolor{{arc{name}}}{{HTML}}{{{light[1:].upper()}}}"
    yield f"\\begin{{tikzpicture}}[x={POINTS}pt, y=-{POINTS}pt,"
    yield from STYLES
    yield "]"
    for cluster in placed.clusters:
        yield from _frame(figure, cluster)
    for drawn in placed.lines:
        yield _line(drawn)
    for box in placed.boxes:
        yield from _box(figure, sizes, box)
    yield "\\end{tikzpicture}"


def _frame(figure: LabelledDiagram, placed: Placed) -> Iterator[str]:
    room = placed.room
    left, right = placed.axis - room.before, placed.axis + room.behind
    corners = _at(left, placed.top), _at(right, placed.top + room.length)
    yield f"\\draw[arc frame] {corners[0]} rectangle {corners[1]};"
    shown = escaped(figure.frame(placed.which))
    yield f"\\node[arc title] at {_at(left + 10, placed.top + 13)} {{{shown}}};"


def _line(drawn: Polyline) -> str:
    path = " -- ".join(_at(x, y) for x, y in drawn.points)
    return f"\\draw[arc line{', -latex' if drawn.arrow else ''}] {path};"


def _box(figure: LabelledDiagram, sizes: BlockSizes, placed: Placed) -> Iterator[str]:
    box, words = figure.diagram.boxes[placed.which], sizes.words(placed.which)
    left, low = placed.axis - words.width / 2, placed.top + words.height
    style = f"arc box, fill=arc{figure.kind(box)}{', dashed' if box.aux else ''}"
    sheets = (STACKED, 0) if box.times > 1 else (0,)
    for out in sheets:
        corners = (
            _at(left + out, placed.top + out),
            _at(left + words.width + out, low + out),
        )
        yield f"\\draw[{style}] {corners[0]} rectangle {corners[1]};"
    name = f"\\bfseries {escaped(words.name)}"
    for i, shown in enumerate([name, *map(escaped, words.what)]):
        place = _at(placed.axis, placed.top + 5 + STEP * i + STEP / 2)
        yield f"\\node[arc words] at {place} {{{shown}}};"
    label = escaped(figure.sizes(box))
    yield f"\\node[arc label] at {_at(placed.axis + 6, low + 9)} {{{label}}};"


def _at(x: float, y: float) -> str:
    return f"({number(x)},{number(y)})"
