"""Names beside the circles of a plot, so that none lies on another.

A name stands close to its circle where there is room, else further away with a thin
line to it. One that finds no place is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, hypot, pi, sin

from archcalc.records import NamedTuple
from archcalc.render.plotting.chart import SMALL
from archcalc.render.typeset import text_width

ABOVE, BELOW, SIDE = 9, 3, 2
"""How far a name's box reaches from its base line and beyond its ends."""
DOT = 3
"""No name covers the middle of another circle, so far around."""
STEPS = (0, 8, 18, 30, 44)
"""How far from its circle a name may stand."""
ANGLES = tuple(pi * n / 6 for n in (0, 6, 1, 11, 5, 7, 2, 10, 4, 8, 3, 9))
"""Right and left first, above and below last."""
SHORTEST_LEADER = 8
"""Pixels between a mark and its label from which on a line joins them."""
CROWDED, TURNED, CROSSED = 5, 0.5, 12
"""What counts as a longer way: a name on another circle, one that is not at the side of
its own, and a line across another circle's middle."""
DEAREST = 70
"""No name is further away, by that count."""


class Box(NamedTuple):
    """A rectangle by its left, upper, right and lower edge."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Say whether two rectangles have a point in common."""
        beside = self.right < other.left or other.right < self.left
        return not (beside or self.bottom < other.top or other.bottom < self.top)

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """Return its point that is nearest to another one."""
        across = min(max(x, self.left), self.right)
        return across, min(max(y, self.top), self.bottom)

    def cut_by(self, leader: Leader) -> bool:
        """Say whether a line runs through it: by its halves, until they are short."""
        (x, y), (a, b) = leader
        around = Box(min(x, a), min(y, b), max(x, a), max(y, b))
        if not self.meets(around):
            return False
        if hypot(x - a, y - b) < 1:
            return True
        middle = (x + a) / 2, (y + b) / 2
        return self.cut_by(((x, y), middle)) or self.cut_by((middle, (a, b)))


Leader = tuple[tuple[float, float], tuple[float, float]]


class Round(NamedTuple):
    """A circle with its name."""

    name: str
    x: float
    y: float
    radius: float


class Label(NamedTuple):
    """Where a name stands: its box, and the line to its circle where it is far."""

    name: str
    box: Box
    leader: Leader | None

    @property
    def base(self) -> tuple[float, float]:
        """The left end of its base line."""
        return self.box.left + SIDE, self.box.bottom - BELOW


def labels(circles: Sequence[Round], room: Box, legend: Box) -> Iterator[Label]:
    """Yield the names that find a place inside a room; the first ones choose first.

    None lies on the legend.
    """
    placed: list[Label] = []
    for one in circles:
        found = min(
            (
                (cost, label)
                for cost, label in _places(one, circles)
                if not label.box.meets(legend) and _free(label, placed, circles, room)
            ),
            key=lambda pair: pair[0],
            default=None,
        )
        if found is not None:
            placed.append(found[1])
            yield found[1]


def _places(one: Round, circles: Sequence[Round]) -> Iterator[tuple[float, Label]]:
    """Yield where a name could stand, with what that costs."""
    wide = text_width(one.name, SMALL)
    for step in STEPS:
        for turn, angle in enumerate(ANGLES):
            out = max(one.radius * (0.7 if not step else 1), DOT) + SIDE + 1 + step
            x, y = one.x + out * cos(angle), one.y - out * sin(angle)
            left = x - wide / 2 * (1 - cos(angle))
            base = y + (ABOVE - BELOW) / 2 * (1 + sin(-angle))
            box = Box(left - SIDE, base - ABOVE, left + wide + SIDE, base + BELOW)
            near = box.nearest(one.x, one.y)
            long = hypot(near[0] - one.x, near[1] - one.y) - one.radius
            far = long > SHORTEST_LEADER
            label = Label(one.name, box, (near, (one.x, one.y)) if far else None)
            others = [c for c in circles if c != one]
            cost = max(long, 0) + TURNED * turn
            cost += CROWDED * sum(_covers(box, c) for c in others)
            if label.leader:
                cost += CROSSED * sum(_dot(c).cut_by(label.leader) for c in others)
            if cost <= DEAREST:
                yield cost, label


def _dot(circle: Round) -> Box:
    """Return the middle of a circle, which no name covers."""
    x, y = circle.x, circle.y
    return Box(x - DOT, y - DOT, x + DOT, y + DOT)


def _covers(box: Box, circle: Round) -> bool:
    x, y = box.nearest(circle.x, circle.y)
    return hypot(x - circle.x, y - circle.y) < circle.radius


def _cross(one: Leader, other: Leader) -> bool:
    """Say whether two lines cross: each has the ends of the other on both sides."""

    def side(line: Leader, point: tuple[float, float]) -> bool:
        (x, y), (a, b) = line
        return (a - x) * (point[1] - y) > (b - y) * (point[0] - x)

    return side(one, other[0]) != side(one, other[1]) and side(other, one[0]) != side(
        other, one[1]
    )


def _free(
    label: Label,
    placed: Sequence[Label],
    circles: Sequence[Round],
    room: Box,
) -> bool:
    """Say whether a name covers nothing and its line crosses no name."""
    left, top, right, bottom = label.box
    if left < room.left or right > room.right:
        return False
    if top < room.top or bottom > room.bottom:
        return False
    if any(label.box.meets(_dot(circle)) for circle in circles):
        return False
    for other in placed:
        if label.box.meets(other.box):
            return False
        if label.leader and other.box.cut_by(label.leader):
            return False
        if other.leader and label.box.cut_by(other.leader):
            return False
        if label.leader and other.leader and _cross(label.leader, other.leader):
            return False
    return True
