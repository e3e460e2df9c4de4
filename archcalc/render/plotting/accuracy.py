"""Accuracy against operations, parameters as area: every network that says one.

After Canziani, Paszke and Culurciello, "An analysis of deep neural network models for
practical applications" (2016), figure 2, with the networks of the shelf.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from math import log10, sqrt

from archcalc.network.network import Network
from archcalc.records import NamedTuple
from archcalc.render.numbers import si
from archcalc.render.plotting.chart import (
    HEADING,
    Plane,
    Scale,
    chart,
    decades,
    legend,
    tick,
)
from archcalc.render.plotting.labels import Box, Label, Round, labels
from archcalc.render.svg_writer import MARGIN, circle, group, heading, line, text

ONE_VIEW = re.compile(r"^ImageNet.*\b(single|one) (crop|scale)\b")
YEARS = ((2013, "h"), (2015, "a"), (2017, "c"), (2019, "b"), (9999, "e"))
"""Last years of groups, with their colours."""
AREA = 0.22
"""Root of a circle's share of area: pixels of radius for the root of 10⁴ parameters."""
WIDE, HIGH = 900, 560
"""Pixels of the plane, without its axes."""
NOTE = (
    "Published top-1 accuracy on one view of each image (one crop; for VGG one scale). "
    "The area of a circle shows the number of parameters."
)


class Spot(NamedTuple):
    """One network in the picture; operations in MACs, accuracy in per cent."""

    name: str
    title: str
    year: int
    macs: int
    params: int
    top1: float

    @property
    def radius(self) -> float:
        """The circle's radius in pixels: its area goes with the parameters."""
        return AREA * sqrt(self.params / 10**4)

    @property
    def style(self) -> str:
        """The colour of the years of its paper."""
        return next(style for last, style in YEARS if self.year <= last)


def spots(networks: Iterable[Network]) -> Iterator[Spot]:
    """Yield the networks with a published top-1 accuracy of one view on ImageNet."""
    for network in networks:
        about = network.spec.about
        found = [
            entry.top1
            for entry in about.accuracy
            if entry.top1 is not None
            and entry.variant == network.variant
            and ONE_VIEW.search(entry.dataset)
        ]
        year = about.paper.year if about.paper is not None else None
        if not found or year is None:
            continue
        total = network.analyze().total
        if isinstance(total.macs, int) and isinstance(total.params, int):
            figures = total.macs, total.params, found[0]
            yield Spot(network.name, network.title, year, *figures)


def accuracy(found: Sequence[Spot]) -> str:
    """Return accuracy against operations, one circle a network."""
    found = sorted(found, key=lambda spot: (-spot.params, spot.name))
    plane = plane_of(found)
    parts = [*heading(f"Accuracy and operations of {len(found)} networks", NOTE)]
    parts += plane.drawn()
    parts += legend(_years(), (plane.x.start, plane.y.end - 30))
    for spot in found:
        x, y = plane.x(spot.macs), plane.y(spot.top1)
        about = (
            f"{spot.name} ({spot.year}) · {spot.top1}% · {si(spot.macs)} MACs · "
            f"{si(spot.params)} params"
        )
        drawn = circle(x, y, max(spot.radius, 2), f"{spot.style} spot")
        parts.append(group([drawn], about, fill_opacity=".55", data_path=spot.name))
    parts += _labels(found, plane)
    parts += _sizes(plane)
    best = max(found, key=lambda spot: spot.top1)
    described = f"{len(found)} networks; the highest is {best.name} with {best.top1}%."
    size = (plane.x.end + 2 * MARGIN, plane.y.start + 64)
    return chart(size, "Accuracy against operations", described, parts)


def plane_of(found: Sequence[Spot]) -> Plane:
    """Return the axes that hold every network."""
    left, top = MARGIN + 46, MARGIN + HEADING + 56
    macs = [spot.macs for spot in found]
    marks = decades(min(macs), max(macs))
    across = Scale([(m, tick(si(round(m)))) for m in marks], left, left + WIDE, log10)
    low = int(min(spot.top1 for spot in found)) // 5 * 5
    high = -int(-max(spot.top1 for spot in found) // 5) * 5
    percents = [(float(n), f"{n}%") for n in range(low, high + 1, 5)]
    up = Scale(percents, top + HIGH, top)
    return Plane(across, up, "MACs of one image (log scale)", "top-1 accuracy")


def _years() -> list[tuple[str, str]]:
    first, entries = "", []
    for last, style in YEARS:
        words = f"{first}–{last}" if first and last < 9999 else f"since {first}"
        entries.append((style, words if first else f"to {last}"))
        first = str(last + 1)
    return entries


def _sizes(plane: Plane) -> Iterator[str]:
    """Yield circles of some sizes with their parameters, in the lower right corner."""
    x, y = plane.x.end - 20, plane.y.start - 40
    for millions in (100, 25, 5):
        radius = AREA * sqrt(millions * 100)
        x -= max(radius, 16)
        yield circle(x, y, radius, "axis")
        yield text(x, y + 34, f"{millions}M", "k m")
        x -= max(radius, 16) + 4
    yield text(x, y + 4, "params", "k r")


def names(found: Sequence[Spot], plane: Plane) -> Iterator[Label]:
    """Yield the names that have room beside their circles, plain ones first."""
    order = sorted(found, key=lambda s: (":" in s.name, -s.top1, s.name))
    circles = [
        Round(s.name, plane.x(s.macs), plane.y(s.top1), max(s.radius, 2)) for s in order
    ]
    right, low = plane.x.end, plane.y.start
    room = Box(plane.x.start, plane.y.end, right, low)
    yield from labels(circles, room, Box(right - 220, low - 90, right, low))


def _labels(found: Sequence[Spot], plane: Plane) -> Iterator[str]:
    placed = list(names(found, plane))
    yield from (line(label.leader, "lead") for label in placed if label.leader)
    yield from (text(*label.base, label.name, "v halo") for label in placed)
