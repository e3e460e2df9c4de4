"""Boxes with words in a column, shapes on the lines: the style `blocks`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from archcalc.records import dataclass
from archcalc.render.drawing.labelled import LabelledDiagram
from archcalc.render.drawing.layout import Frame, Layout, Placed, Room
from archcalc.render.drawing.marks import Mark, Point, Rectangle, Thing, Words
from archcalc.render.svg_writer import Colours
from archcalc.render.typeset import text_width, wrapped

NAME, WORDS = 12, 11
"""Sizes of the letters of a name, and of all other words, in pixels."""
STEP, PAD = 14, 10
"""Pixels from line to line, and between the words and the edge of their box."""
WIDEST, NARROWEST = 190, 56
"""Pixels of a line of words, and of a box."""
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


@dataclass(frozen=True)
class BoxWords:
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

    def _words(self, index: int) -> BoxWords:
        box = self.figure.diagram.boxes[index]
        name, what = self.figure.name(box), self.figure.what(box)
        lines = tuple(wrapped(what, WORDS, WIDEST))
        wide = [text_width(name, NAME, bold=True)]
        wide += [text_width(shown, WORDS) for shown in lines]
        width = max(NARROWEST, max(wide) + 2 * PAD)
        return BoxWords(name, lines, width, STEP * (1 + len(lines)) + PAD)

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


class BlockPainter:
    """Paints frames first, then lines, then boxes, from top to bottom."""

    longest: float = LONGEST
    top: float = 56
    centred: bool = True

    def __init__(self, figure: LabelledDiagram) -> None:
        self.figure = figure
        self.sizes = BlockSizes(figure)

    def size(self, placed: Layout) -> Point:
        """Return the width and the height, with room for the last label."""
        return placed.across, placed.along + self.sizes.tail

    def painted(self, placed: Layout, x: float, y: float) -> Iterator[Mark]:
        """Yield everything, its upper left corner at a place."""
        for cluster in placed.clusters:
            yield self.frame(cluster, x, y)
        for drawn in placed.lines:
            yield drawn.moved(x, y)
        for box in placed.boxes:
            yield self.box(box, x, y)

    def frame(self, placed: Placed, x: float, y: float) -> Thing:
        """Return a frame with its title, two sheets where it comes several times."""
        room = placed.room
        left, top = x + placed.axis - room.before, y + placed.top
        wide = room.before + room.behind
        shown = self.figure.frame(placed.which)
        return framed(self.figure, placed.which, shown, (left, top, wide, room.length))

    def box(self, placed: Placed, x: float, y: float) -> Thing:
        """Return a box with its words, and its shape below it."""
        words = self.sizes.words(placed.which)
        axis, top = x + placed.axis, y + placed.top
        box = self.figure.diagram.boxes[placed.which]
        low = top + words.height + (13 if box.times == 1 else 12 + STACKED)
        label = Words(axis + 6, low, self.figure.sizes(box), "s")
        return boxed(self.figure, placed.which, words, axis, top, label)


def framed(
    figure: LabelledDiagram,
    which: int,
    shown: str,
    place: tuple[float, float, float, float],
) -> Thing:
    """Return a frame at a place (left, top, width, height) with a title."""
    cluster = figure.diagram.clusters[which]
    left, top, wide, high = place
    marks: list[Rectangle | Words] = []
    if cluster.times > 1 or "×" in cluster.what:
        marks.append(Rectangle(left + 4, top + 4, wide, high, "frame", 8))
    marks.append(Rectangle(left, top, wide, high, "frame", 8))
    marks.append(Words(left + PAD, top + 17, shown, "n"))
    return Thing(tuple(marks), cluster.name)


def boxed(
    figure: LabelledDiagram,
    which: int,
    words: BoxWords,
    axis: float,
    top: float,
    label: Words,
) -> Thing:
    """Return a box around its middle line, with its words and its label."""
    box = figure.diagram.boxes[which]
    left, style = axis - words.width / 2, f"box {figure.kind(box)}"
    style += " aux" if box.aux else ""
    marks: list[Rectangle | Words] = []
    sheets = (STACKED, 0) if box.times > 1 else (0,)
    for out in sheets:
        place = left + out, top + out
        marks.append(Rectangle(*place, words.width, words.height, style, 5))
    for i, shown in enumerate([words.name, *words.what]):
        below = top + PAD / 2 + STEP * (i + 1) - 3
        marks.append(Words(axis, below, shown, "o m" if i else "n m"))
    return Thing((*marks, label), box.name, figure.about(box))
