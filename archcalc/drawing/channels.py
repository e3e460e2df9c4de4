"""Lines between a row of parts and the next one: down, across on a track, down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

TRACK = 8
"""Distance of two tracks."""
PLAIN = 6
"""Room before and behind tracks where no box is."""


class End(NamedTuple):
    """Where a value is at an edge; at a box, its line has a label or an arrow."""

    x: float
    value: int
    at_box: bool = False


class Line(NamedTuple):
    """A line through points (across, along); an arrow is at its last one."""

    points: tuple[tuple[float, float], ...]
    arrow: bool = False

    def moved(self, x: float, y: float) -> Line:
        """Return the line somewhere else."""
        return Line(tuple((a + x, b + y) for a, b in self.points), self.arrow)


class _Net(NamedTuple):
    """Lines that may lie on each other: they share their value or their end."""

    pairs: tuple[tuple[End, End], ...]

    @property
    def span(self) -> tuple[float, float]:
        xs = [end.x for pair in self.pairs for end in pair]
        return min(xs), max(xs)

    @property
    def starts(self) -> set[float]:
        """The places above from which its lines come."""
        return {round(start.x, 1) for start, _ in self.pairs}

    @property
    def ends(self) -> set[float]:
        """The places below to which its lines go."""
        return {round(end.x, 1) for _, end in self.pairs}

    @property
    def order(self) -> tuple[bool, float]:
        """Sort so that few lines cross: of those to the right the rightmost first."""
        start = self.pairs[0][0].x
        ends = sum(end.x for _, end in self.pairs) / len(self.pairs)
        return ends > start, -start if ends > start else start


def channel(
    above: Sequence[End], below: Sequence[End], tail: float, head: float
) -> tuple[float, list[Line]]:
    """Return the height of a channel and its lines, from 0 down to that height.

    `tail` is the room below a box for its label, `head` that for an arrow.
    """
    starts: dict[int, list[End]] = {}
    for end in above:
        starts.setdefault(end.value, []).append(end)
    pairs = [(a, b) for b in below for a in starts.get(b.value, ())]
    nets = _nets(pairs)
    tracks = _tracks(nets)
    tail = tail if any(end.at_box for end in above) else PLAIN
    head = head if any(end.at_box for end in below) else PLAIN
    height = tail + head + TRACK * max(tracks, default=0)
    lines = []
    for net, track in zip(nets, tracks, strict=True):
        lines += [_line(a, b, tail + TRACK * track, height) for a, b in net.pairs]
    return height, lines


def _nets(pairs: Sequence[tuple[End, End]]) -> list[_Net]:
    """Return lines in nets: all of them where they end at one place, else by value."""
    if len({b.x for _, b in pairs}) == 1:
        return [_Net(tuple(pairs))]
    values: dict[int, list[tuple[End, End]]] = {}
    for pair in pairs:
        values.setdefault(pair[0].value, []).append(pair)
    nets = (_Net(tuple(pairs)) for pairs in values.values())
    return _leaving_first(sorted(nets, key=lambda net: net.order))


def _leaving_first(nets: list[_Net]) -> list[_Net]:
    """Return nets so that one leaves a place before another one arrives at it.

    Else the two would lie on each other there. A ring of nets that wait for each other
    begins with the first.
    """
    waiting, found = list(nets), []
    leaving = Counter(x for net in nets for x in net.starts)
    while waiting:
        free = (
            net
            for net in waiting
            if all(leaving[x] == (x in net.starts) for x in net.ends)
        )
        found.append(next(free, waiting[0]))
        waiting.remove(found[-1])
        leaving.subtract(found[-1].starts)
    return found


def _tracks(nets: Sequence[_Net]) -> list[int]:
    """Return a track for each net, below those before it that it would touch."""
    found: list[int] = []
    for at, net in enumerate(nets):
        low, high = net.span
        beside = [
            found[i] + 1
            for i in range(at)
            if nets[i].span[0] <= high and low <= nets[i].span[1]
        ]
        found.append(max(beside, default=0))
    return found


def _line(start: End, end: End, track: float, height: float) -> Line:
    if abs(start.x - end.x) < 0.05:
        return Line(((start.x, 0), (end.x, height)), end.at_box)
    middle = (start.x, track), (end.x, track)
    return Line(((start.x, 0), *middle, (end.x, height)), end.at_box)
