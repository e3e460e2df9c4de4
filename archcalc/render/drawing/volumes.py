"""Tensors as boxes in oblique projection, from left to right: the style `volumes`.

As on the slides of AlexNet and VGG: height and width are to scale over the picture, and
channels run along it, on a scale of logarithms, so that 3 and 4096 have room.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import log2

from archcalc.errors import UsageError
from archcalc.layers.base import Shape
from archcalc.records import NamedTuple
from archcalc.render.drawing.across import Across
from archcalc.render.drawing.labelled import LabelledDiagram
from archcalc.render.drawing.layout import Frame, Placed, Room
from archcalc.render.drawing.marks import Mark, Polygon, Thing, Words
from archcalc.render.typeset import text_width, wrapped
from archcalc.sizes.dims import Dim

LARGEST, SMALLEST = 130, 6
"""Sides of the largest map of the picture, and of what would vanish, in pixels."""
MOST_ENLARGED = 2.5
"""Pixels that one position gets at most, where all maps are small."""
PER_DOUBLING = 4.5
"""Pixels along the picture for each doubling of the channels."""
SLANT = 0.36
"""How far the far side is up and to the right, of the width."""
WORDS, STEP, WIDEST = 10.5, 13, 92
"""Size of letters, from line to line, and the longest line: all in pixels."""
LONGEST = 1750
"""Pixels of a row of volumes, before it goes on below."""


class Volume(NamedTuple):
    """A tensor in pixels: along (channels), height, and how far the slant goes."""

    along: float
    high: float
    slant: float

    @property
    def outer(self) -> float:
        """The height of the whole, far side included."""
        return self.high + self.slant


def sides(shape: Shape) -> tuple[Dim, Dim, Dim]:
    """Return channels, height and width; tokens stand as a column, a vector is 1×1."""
    if len(shape) == 1:
        return shape[0], 1, 1
    if len(shape) == 2:
        return shape[1], shape[0], 1
    return shape[0], shape[-2], shape[-1]


class VolumeSizes:
    """Sizes of tensors with their words below them; along is to the right."""

    gap: float = 14
    tail: float = 5
    head: float = 9

    def __init__(self, figure: LabelledDiagram) -> None:
        self.figure = figure
        largest = 1
        for box in figure.diagram.boxes:
            for size in sides(box.last):
                if not isinstance(size, int):
                    message = (
                        f"volumes need numbers, and a size of {box.name} is {size}"
                    )
                    help = "--style blocks, or --input with numbers"
                    raise UsageError.of("AC535", message, help=help)
            largest = max(largest, *map(int, sides(box.last)[1:]))  # type: ignore[arg-type]  # numbers, as seen above
        self.scale = min(LARGEST / largest, MOST_ENLARGED)
        self.volume = cache(self._volume)
        self.words = cache(self._words)

    def _volume(self, index: int) -> Volume:
        shape = self.figure.diagram.boxes[index].last
        channels, high, wide = map(int, sides(shape))  # type: ignore[arg-type]  # numbers, as seen at the start
        side = max(high * self.scale, SMALLEST)
        slant = max(wide * self.scale, SMALLEST) * SLANT
        return Volume(3 + PER_DOUBLING * log2(channels + 1), side, slant)

    def _words(self, index: int) -> tuple[tuple[str, str], ...]:
        """Return the lines below a tensor, each with its classes."""
        box = self.figure.diagram.boxes[index]
        name = wrapped(self.figure.name(box), WORDS, WIDEST)
        sizes = wrapped(self.figure.sizes(box), WORDS, WIDEST)
        what = wrapped(self.figure.what(box), WORDS, WIDEST)
        lines = [(line, "n w m") for line in name]
        lines += [(line, "w m") for line in sizes]
        return (*lines, *((line, "s w m") for line in what))

    def box(self, index: int) -> Room:
        """Return the room of a tensor, its words included."""
        volume, words = self.volume(index), self.words(index)
        wide = max(text_width(shown, WORDS, "n" in style) for shown, style in words)
        half = volume.outer / 2
        below = half + STEP * len(words) + 8
        return Room(max(volume.along + volume.slant, wide), half + 2, below)

    def frame(self, _: int) -> Frame:
        """Return a frame with room for its title above what is in it."""
        return Frame(10, 10, 24, 0)


class VolumePainter(Across):
    """The style `volumes`; raises `UsageError` AC535 for sizes that are symbols."""

    sizes: VolumeSizes
    longest: float = LONGEST

    def __init__(self, figure: LabelledDiagram) -> None:
        super().__init__(figure)
        self.sizes = VolumeSizes(figure)

    def box(self, placed: Placed, x: float, y: float) -> Iterator[Mark]:
        """Yield the lines that reach a tensor, then its three faces and its words."""
        box = self.figure.diagram.boxes[placed.which]
        volume = self.sizes.volume(placed.which)
        start, axis = x + placed.top, y + placed.axis
        end = start + placed.room.length
        left = (start + end - volume.along - volume.slant) / 2
        right = left + volume.along + volume.slant
        yield from self.reaching(placed.which, axis, (start, end), (left, right))
        style = f"box {self.figure.kind(box)}{' aux' if box.aux else ''}"
        below = axis + volume.outer / 2 + STEP
        words = [
            Words((start + end) / 2, below + STEP * i, shown, classes)
            for i, (shown, classes) in enumerate(self.sizes.words(placed.which))
        ]
        sides = faces(volume, left, axis, style)
        yield Thing((*sides, *words), box.name, self.figure.about(box))


def faces(volume: Volume, left: float, axis: float, style: str) -> Iterator[Polygon]:
    """Yield the front, the upper and the right face."""
    along, _, slant = volume
    top, low = axis - volume.outer / 2 + slant, axis + volume.outer / 2
    right = left + along
    yield Polygon(((left, top), (right, top), (right, low), (left, low)), style)
    far = ((right + slant, top - slant), (left + slant, top - slant))
    yield Polygon(((left, top), (right, top), *far), f"{style} p")
    side = ((right + slant, top - slant), (right + slant, low - slant))
    yield Polygon(((right, top), *side, (right, low)), f"{style} e")
