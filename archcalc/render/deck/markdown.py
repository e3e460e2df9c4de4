r"""Slides as Markdown: for Marp, and for the Markdown plugin of reveal.js.

Both take a line `---` between two slides and formulas between dollars. Marp has its
settings at the head of the file; reveal.js has them in comments, and its formulas stand
in HTML, since its Markdown would change their backslashes.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from urllib.parse import quote

from archcalc.figures.formulas.scripts import LATEX
from archcalc.records import NamedTuple
from archcalc.render.deck.beamer import LONGEST
from archcalc.render.explained import shapes
from archcalc.render.explained.latex import formula_rows
from archcalc.render.markdown import escaped, running, table_lines
from archcalc.reports.deck import Deck, Slide
from archcalc.reports.explanation import Section

MARP = """\
---
marp: true
size: 16:9
math: mathjax
paginate: true
style: |
  section { font-size: 22px; }
  section table { font-size: 17px; margin: 0 auto; }
  section table td, section table th { padding: 1px 0.7em; }
---"""
WIDE, HIGH = 1130, 520
"""Pixels that a slide of Marp has for a drawing."""
REVEAL = '<!-- .slide: style="font-size: 0.5em" -->'


class Image(NamedTuple):
    """The drawing: where its file is, and how wide it is for its height."""

    address: str
    ratio: float


def render(deck: Deck, picture: Image | None, format: str) -> str:
    """Return the slides; `picture` is the drawing, if it has one."""
    slides = [
        _title(deck),
        *(s for one in deck.slides for s in _slide(one, picture, format)),
    ]
    if format == "marp":
        return "\n\n".join([MARP, "\n\n---\n\n".join(slides)])
    return "\n\n---\n\n".join(f"{REVEAL}\n\n{slide}" for slide in slides)


def _title(deck: Deck) -> str:
    source = [running(deck.source)] if deck.source else []
    return "\n\n".join([f"# {running(deck.title)}", *source])


def _slide(slide: Slide, picture: Image | None, format: str) -> Iterator[str]:
    """Yield a slide; a picture that no slide has room for has none."""
    if slide.picture and picture is None:
        return
    blocks = [f"## {running(slide.title)}"]
    if slide.points:
        blocks.append("\n".join(f"- {running(point)}" for point in slide.points))
    if slide.table is not None:
        blocks.append("\n".join(table_lines(slide.table)))
    if slide.worked is not None:
        blocks += _worked(slide.worked, format)
    if slide.picture and picture is not None:
        blocks.append(_image(picture, format))
    yield "\n\n".join(blocks)


def _image(picture: Image, format: str) -> str:
    """Return the drawing, as large as a slide has room for."""
    address = f"(<{quote(picture.address)}>)"
    if format == "marp":
        flat = picture.ratio > WIDE / HIGH
        return f"![{f'w:{WIDE}' if flat else f'h:{HIGH}'}]{address}"
    style = '<!-- .element: style="width: 100%; max-height: 75vh" -->'
    return f"![]{address} {style}"


def _worked(part: Section, format: str) -> Iterator[str]:
    label = f"**{escaped(part.label)}**"
    yield f"{label}, {escaped(shapes(part))}" if shapes(part) else label
    if part.legend:
        pairs = ((s, f"${LATEX.symbol(s.symbol)} = {s.value}$") for s in part.legend)
        legend = ", ".join(f"{escaped(s.meaning)} {formula}" for s, formula in pairs)
        yield _raw(legend, "p") if format == "reveal" else legend
    rows = [row for line in part.lines for row in formula_rows(line, LONGEST)]
    if rows:
        lines = " \\\\\n".join(row.strip() for row in rows)
        formulas = f"$$\n\\begin{{aligned}}\n{lines}\n\\end{{aligned}}\n$$"
        yield _raw(formulas, "div") if format == "reveal" else formulas
    if part.remarks:
        yield "\n".join(
            f"- {running(f'{r[:1].upper()}{r[1:]}.')}" for r in part.remarks
        )


def _raw(formulas: str, tag: str) -> str:
    """Return formulas as a block of HTML, in which Markdown changes nothing."""
    return f"<{tag}>\n{escape(formulas, quote=False)}\n</{tag}>"
