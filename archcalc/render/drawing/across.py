"""Boxes with words from left to right, shapes below them: for slides.

Along the network is to the right here, and across it is down.
"""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.render.drawing.blocks import (
    PAD,
    STACKED,
    WORDS,
    BlockSizes,
    boxed,
    framed,
)
from archcalc.render.drawing.channels import Polyline
from archcalc.render.drawing.labelled import LabelledDiagram
from archcalc.render.drawing.layout import Frame, Layout, Placed, Room, Sizes
from archcalc.render.drawing.marks import Mark, Point, Thing, Words
from archcalc.render.typeset import text_width

LONGEST = 1500
"""A longer drawing stands in rows."""
LABEL = 14
"""Room below a box for its shape."""


class AcrossSizes(BlockSizes):
    """Sizes of boxes by their words; along is to the right."""

    gap: float = 14
    tail: float = 6
    head: float = 12

    def box(self, index: int) -> Room:
        """Return a box's room, its shape below it included."""
        words, box = self.words(index), self.figure.diagram.boxes[index]
        stack = STACKED if box.times > 1 else 0
        label = text_width(self.figure.sizes(box), WORDS)
        half = words.height / 2
        return Room(max(words.width + 2 * stack, label), half, half + stack + LABEL)

    def frame(self, _: int) -> Frame:
        """Return a frame with room for its title above what is in it."""
        return Frame(10, 10, 24, 0)


class Across:
    """Paints frames and lines to the right; its styles paint the boxes."""

    sizes: Sizes
    longest: float = LONGEST
    top: float = 52
    centred: bool = False

    def __init__(self, figure: LabelledDiagram) -> None:
        self.figure = figure
        self.read = {source for source, _ in figure.diagram.links}
        self.fed = {target for _, target in figure.diagram.links}

    def size(self, placed: Layout) -> Point:
        """Return the width and the height."""
        return placed.along, placed.across

    def painted(self, placed: Layout, x: float, y: float) -> Iterator[Mark]:
        """Yield everything, its upper left corner at a place."""
        for cluster in placed.clusters:
            yield self.frame(cluster, x, y)
        for drawn in placed.lines:
            yield Polyline(tuple((x + b, y + a) for a, b in drawn.points))
        for box in placed.boxes:
            yield from self.box(box, x, y)

    def frame(self, placed: Placed, x: float, y: float) -> Thing:
        """Return a frame, its title cut to its length."""
        room = placed.room
        left, top = x + placed.top, y + placed.axis - room.before
        shown = self.figure.frame(placed.which)
        while len(shown) > 2 and text_width(shown, 12, True) > room.length - PAD:
            shown = shown.removesuffix("…")[:-1] + "…"
        place = left, top, room.length, room.before + room.behind
        return framed(self.figure, placed.which, shown, place)

    def box(self, placed: Placed, x: float, y: float) -> Iterator[Mark]:
        """Yield a box with the lines that reach it."""
        raise NotImplementedError

    def reaching(
        self, which: int, axis: float, room: Point, box: Point
    ) -> Iterator[Polyline]:
        """Yield the lines from the ends of a box's room to the box itself."""
        (start, end), (left, right) = room, box
        if which in self.fed:
            begin = start if left - start > self.sizes.head else start - self.sizes.head
            yield Polyline(((begin, axis), (left, axis)), True)
        if which in self.read:
            yield Polyline(((right, axis), (end, axis)))


class AcrossPainter(Across):
    """The style `blocks` from left to right."""

    sizes: AcrossSizes

    def __init__(self, figure: LabelledDiagram) -> None:
        super().__init__(figure)
        self.sizes = AcrossSizes(figure)

    def box(self, placed: Placed, x: float, y: float) -> Iterator[Mark]:
        """Yield a box with the lines that reach it."""
        words, room = self.sizes.words(placed.which), placed.room
        start, axis = x + placed.top, y + placed.axis
        middle, top = start + room.length / 2, axis - room.before
        box = middle - words.width / 2, middle + words.width / 2
        yield from self.reaching(placed.which, axis, (start, start + room.length), box)
        low = axis + room.behind - 2
        shape = self.figure.sizes(self.figure.diagram.boxes[placed.which])
        label = Words(middle, low, shape, "s m")
        yield boxed(self.figure, placed.which, words, middle, top, label)
