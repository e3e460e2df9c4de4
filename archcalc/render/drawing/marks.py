"""What a picture is made of before it has a format: shapes, lines, words.

A style paints these, `svg` and `tikz` write them. A mark's `style` is a list of words:
`box`, `frame` or a kind of box for shapes; `n` (a name), `m` (centred), `s` or `o`
(soft) for words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from archcalc.records import NamedTuple
from archcalc.render.drawing.channels import Polyline
from archcalc.render.drawing.labelled import LabelledDiagram
from archcalc.render.drawing.layout import Layout, Sizes

Point = tuple[float, float]


class Rectangle(NamedTuple):
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    style: str
    radius: float = 0


class Polygon(NamedTuple):
    """A closed shape."""

    points: tuple[Point, ...]
    style: str


class Words(NamedTuple):
    """A line of text on its base line, from its left end or around its middle."""

    x: float
    y: float
    shown: str
    style: str = ""


class Thing(NamedTuple):
    """Marks that are one box or one frame; `path` is its full name."""

    marks: tuple[Rectangle | Polygon | Words, ...]
    path: str
    about: str = ""


Mark = Rectangle | Polygon | Words | Polyline | Thing


class Painter(Protocol):
    """A style: sizes for the layout, and what is painted where the layout puts it."""

    figure: LabelledDiagram
    longest: float
    top: float
    centred: bool

    @property
    def sizes(self) -> Sizes:
        """What the style says about sizes."""
        ...

    def size(self, placed: Layout, /) -> Point:
        """Return the width and the height of everything."""
        ...

    def painted(self, placed: Layout, x: float, y: float, /) -> Iterator[Mark]:
        """Yield everything, its upper left corner at a place."""
        ...
