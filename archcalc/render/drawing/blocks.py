"""Boxes with words in a column, shapes on the lines: the style `blocks`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from archcalc.render.drawing.channels import Polyline
from archcalc.render.drawing.labelled import LabelledDiagram
from archcalc.render.drawing.layout import Frame, Layout, Placed, Room, layout
from archcalc.render.svg_writer import (
    MARGIN,
    TITLE,
    Colours,
    document,
    group,
    heading,
    line,
    polygon,
    rectangle,
    text,
)
from archcalc.render.typeset import FAMILY, text_width, wrapped

NAME, WORDS = 12, 11
STEP, PAD = 14, 10
WIDEST, NARROWEST = 190, 56
STACKED = 4
"""How far the second sheet of what comes several times looks out."""
LONGEST = 1250
"""A longer drawing stands in columns."""
COLOURS: Colours = {
    "input": ("#e7ebef", "#2b323b"),
    "conv": ("#d3e5fb", "#173a61"),
    "linear": ("#d6efd8", "#1b4726"),
    "attention": ("#e8dcf8", "#3f2a63"),
    "pool": ("#fbe3cf", "#5a3416"),
    "combine": ("#f9dce2", "#5c2431"),
    "norm": ("#fdf4c8", "#4f4412"),
    "shape": ("#eceff2", "#333b44"),
    "module": ("#d5eef0", "#15464c"),
}
"""Fills of boxes by kind, light and dark; their words are in `ink` on both."""
STYLE = (
    f"text{{font:{WORDS}px {FAMILY};fill:$ink;white-space:pre}}"
    f".t{{font-size:{TITLE}px;font-weight:600}}.u{{font-size:12px;fill:$soft}}"
    f".n{{font-size:{NAME}px;font-weight:600}}.m{{text-anchor:middle}}"
    ".s{fill:$soft}.o{fill-opacity:.82}.box{stroke:$line}.line{fill:none;stroke:$line;stroke-width:1.5}"
    ".tip{fill:$line}.frame{fill:$frame;stroke:$faint}.aux{stroke-dasharray:4 3}"
    + "".join(f".{kind}{{fill:${kind}}}" for kind in COLOURS)
)


@dataclass(frozen=True)
class Words:
    """What stands in a box, in lines, and how large that makes it."""

    name: str
    what: tuple[str, ...]
    width: float
    height: float


class BlockSizes:
    """Sizes of boxes by their words, and of frames by their titles."""

    gap: float = 16
    tail: float = 18
    head: float = 12

    def __init__(self, figure: LabelledDiagram) -> None:
        self.figure = figure
        self.words = cache(self._words)

    def _words(self, index: int) -> Words:
        box = self.figure.diagram.boxes[index]
        name, what = self.figure.name(box), self.figure.what(box)
        lines = tuple(wrapped(what, WORDS, WIDEST))
        wide = [text_width(name, NAME, bold=True)]
        wide += [text_width(shown, WORDS) for shown in lines]
        width = max(NARROWEST, max(wide) + 2 * PAD)
        return Words(name, lines, width, STEP * (1 + len(lines)) + PAD)

    def box(self, index: int) -> Room:
        """Return a box's room, its shape on the line below it included."""
        words, box = self.words(index), self.figure.diagram.boxes[index]
        half = words.width / 2
        label = 7 + text_width(self.figure.sizes(box), WORDS)
        stack = STACKED if box.times > 1 else 0
        return Room(words.height, half, max(half + stack, label))

    def frame(self, index: int) -> Frame:
        """Return a frame with its title above what is in it."""
        title = self.figure.frame(index)
        width = text_width(title, NAME, bold=True) + 2 * PAD
        return Frame(24, 6, 14, width)


def blocks(figure: LabelledDiagram, longest: float = LONGEST) -> str:
    """Return a network as an SVG of boxes."""
    sizes = BlockSizes(figure)
    placed = layout(figure.structure, sizes, longest)
    painter = _Painter(figure, sizes)
    across = max(placed.across, heading_width(figure))
    shift = (across - placed.across) / 2
    parts = [
        *heading(figure.title, figure.subtitle),
        *painter.painted(placed, shift),
    ]
    size = across + 2 * MARGIN, placed.along + 2 * MARGIN + painter.top + sizes.tail
    return document(size, figure.title, figure.description, STYLE, parts, COLOURS)


def heading_width(figure: LabelledDiagram) -> float:
    """Return the room of a title and the line below it."""
    title = text_width(figure.title, TITLE, bold=True)
    return max(title, text_width(figure.subtitle, 12))


class _Painter:
    """Paints frames first, then lines, then boxes."""

    top = 56

    def __init__(self, figure: LabelledDiagram, sizes: BlockSizes) -> None:
        self.figure = figure
        self.sizes = sizes

    def painted(self, placed: Layout, shift: float) -> Iterator[str]:
        """Yield everything, moved below the heading."""
        x, y = MARGIN + shift, MARGIN + self.top
        for cluster in placed.clusters:
            yield self.frame(cluster, x, y)
        for drawn in placed.lines:
            yield from painted_line(drawn.moved(x, y))
        for box in placed.boxes:
            yield self.box(box, x, y)

    def frame(self, placed: Placed, x: float, y: float) -> str:
        """Return a frame with its title, two sheets where it comes several times."""
        cluster = self.figure.diagram.clusters[placed.which]
        room = placed.room
        left, top = x + placed.axis - room.before, y + placed.top
        wide = room.before + room.behind
        parts = []
        if cluster.times > 1 or "×" in cluster.what:
            parts.append(rectangle(left + 4, top + 4, wide, room.length, "frame", 8))
        parts.append(rectangle(left, top, wide, room.length, "frame", 8))
        shown = self.figure.frame(placed.which)
        parts.append(text(left + PAD, top + 17, shown, "n"))
        return group(parts, data_path=cluster.name)

    def box(self, placed: Placed, x: float, y: float) -> str:
        """Return a box with its words, and its shape below it."""
        box = self.figure.diagram.boxes[placed.which]
        words = self.sizes.words(placed.which)
        axis, top = x + placed.axis, y + placed.top
        left, style = axis - words.width / 2, f"box {self.figure.kind(box)}"
        style += " aux" if box.aux else ""
        parts = []
        if box.times > 1:
            place = left + STACKED, top + STACKED
            parts.append(rectangle(*place, words.width, words.height, style, 5))
        parts.append(rectangle(left, top, words.width, words.height, style, 5))
        for i, shown in enumerate([words.name, *words.what]):
            below = top + PAD / 2 + STEP * (i + 1) - 3
            parts.append(text(axis, below, shown, "o m" if i else "n m"))
        label = self.figure.sizes(box)
        low = top + words.height + (13 if box.times == 1 else 12 + STACKED)
        parts.append(text(axis + 6, low, label, "s"))
        return group(parts, self.figure.about(box), data_path=box.name)


def painted_line(drawn: Polyline) -> Iterator[str]:
    """Yield a line and its arrow."""
    points = drawn.points
    if drawn.arrow:
        (fx, fy), (x, y) = points[-2:]
        long = max(abs(x - fx), abs(y - fy)) or 1
        dx, dy = (x - fx) / long, (y - fy) / long
        back = x - 7 * dx, y - 7 * dy
        points = (*points[:-1], back)
        left = back[0] - 3.5 * dy, back[1] + 3.5 * dx
        right = back[0] + 3.5 * dy, back[1] - 3.5 * dx
        yield polygon([(x, y), left, right], "tip")
    yield line(points, "line")
