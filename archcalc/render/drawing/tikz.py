r"""A painted picture as a `tikzpicture` for papers and slides.

It needs `\usepackage{tikz}` and nothing else of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcalc.errors import clean
from archcalc.render.drawing.blocks import COLOURS
from archcalc.render.drawing.channels import Polyline
from archcalc.render.drawing.layout import layout
from archcalc.render.drawing.marks import Mark, Painter, Polygon, Rectangle, Words
from archcalc.render.svg_writer import COLOURS as GREYS
from archcalc.render.svg_writer import number
from archcalc.render.tex_text import declarations, escaped

POINTS = 0.6
"""Points for a pixel: words of 11 pixels are set in 6 points."""
BORDER = 6
"""Points around a drawing."""
USED = ("faint", "frame", "line", "soft")
STYLES = (
    "  arc box/.style={draw=arcline, rounded corners=2pt},",
    "  arc face/.style={draw=arcline, line join=round},",
    "  arc line/.style={draw=arcline, line join=round},",
    "  arc frame/.style={draw=arcfaint, fill=arcframe, rounded corners=3pt},",
    "  arc words/.style={inner sep=0pt, anchor=base west, "
    "font=\\fontsize{6}{8}\\selectfont},",
    "  arc name/.style={arc words, font=\\fontsize{6}{8}\\selectfont\\bfseries},",
)
WORDS = {"m": "anchor=base", "s": "text=arcsoft", "o": "text=black!82"}
FACES = {"p": "fill opacity=0.86", "e": "fill opacity=0.72", "aux": "dashed"}
"""Options of TikZ for the words of a mark's style."""


def tikz(painter: Painter, standalone: bool = False) -> str:
    """Return a network as a picture of TikZ, or as a document of one page with it."""
    placed = layout(painter.figure.structure, painter.sizes, painter.longest)
    across, along = painter.size(placed)
    box = f"\\useasboundingbox (0,0) rectangle {_at(across, along)};"
    marks = painter.painted(placed, 0, 0)
    body = "\n".join(_picture(painter, [box, *_written(marks)]))
    if not standalone:
        return body
    wide, high = (side * POINTS + 2 * BORDER + 1 for side in (across, along))
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


def _picture(painter: Painter, lines: Iterable[str]) -> Iterator[str]:
    yield f"% {clean(painter.figure.title)}: {clean(painter.figure.subtitle)}"
    for name, (light, _) in {**{n: GREYS[n] for n in USED}, **COLOURS}.items():
        yield f"\\definecolor{{arc{name}}}{{HTML}}{{{light[1:].upper()}}}%"
    yield f"\\begin{{tikzpicture}}[x={POINTS}pt, y=-{POINTS}pt,"
    yield from STYLES
    yield "]"
    yield from lines
    yield "\\end{tikzpicture}"


def _written(marks: Iterable[Mark]) -> Iterator[str]:
    for mark in marks:
        if isinstance(mark, Polyline):
            path = " -- ".join(_at(*point) for point in mark.points)
            yield f"\\draw[arc line{', -latex' if mark.arrow else ''}] {path};"
        elif isinstance(mark, Rectangle):
            far = _at(mark.x + mark.width, mark.y + mark.height)
            path = f"{_at(mark.x, mark.y)} rectangle {far}"
            yield f"\\draw[{_shape(mark.style, 'arc box')}] {path};"
        elif isinstance(mark, Polygon):
            path = " -- ".join(_at(*point) for point in mark.points)
            yield f"\\draw[{_shape(mark.style, 'arc face')}] {path} -- cycle;"
        elif isinstance(mark, Words):
            yield _words(mark)
        else:
            yield from _written(mark.marks)


def _shape(style: str, box: str) -> str:
    """Return the options of a shape: a frame, or a box of a kind."""
    first, *rest = style.split()
    if first == "frame":
        return "arc frame"
    more = [FACES[word] for word in rest[1:]]
    return ", ".join([box, f"fill=arc{rest[0]}", *more])


def _words(mark: Words) -> str:
    classes = mark.style.split()
    first = "arc name" if "n" in classes else "arc words"
    options = [first, *(WORDS[word] for word in classes if word in WORDS)]
    place, shown = _at(mark.x, mark.y), escaped(mark.shown)
    return f"\\node[{', '.join(options)}] at {place} {{{shown}}};"


def _at(x: float, y: float) -> str:
    return f"({number(x)},{number(y)})"
