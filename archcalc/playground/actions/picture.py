"""The drawing of a network, and where its boxes are, so that they can be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from archcalc.errors import clean
from archcalc.playground.asked import Asked
from archcalc.render.drawing.marks import Polygon, Rectangle, Thing
from archcalc.render.drawing.pictures import painter
from archcalc.render.drawing.svg import drawn


def draw(asked: Asked) -> dict[str, Any]:
    """Return a picture as SVG, and its boxes; `style` is `blocks` or `volumes`."""
    style = asked.of("style", str, "blocks")
    figure = painter(asked.network, asked.analysis, style)
    svg, things = drawn(figure)
    frames = {cluster.name for cluster in figure.figure.diagram.clusters}
    boxes = [_box(thing, thing.path in frames) for thing in things]
    return {"svg": svg, "style": style, "boxes": boxes}


def _box(thing: Thing, frame: bool) -> dict[str, Any]:
    """Return the rectangle around a thing, with its path and what it is."""
    xs, ys = zip(*_corners(thing.marks), strict=True)
    return {
        "path": thing.path,
        "frame": frame,
        "about": clean(thing.about),
        "x": min(xs),
        "y": min(ys),
        "width": max(xs) - min(xs),
        "height": max(ys) - min(ys),
    }


def _corners(marks: Iterable[Any]) -> Iterator[tuple[float, float]]:
    """Yield points that enclose the rectangles and polygons among marks."""
    for mark in marks:
        if isinstance(mark, Rectangle):
            yield mark.x, mark.y
            yield mark.x + mark.width, mark.y + mark.height
        elif isinstance(mark, Polygon):
            yield from mark.points
