"""Lines between a row of parts and the next one: down, across on a track, down."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Sequence
from heapq import heappop, heappush
from operator import itemgetter

from archcalc.records import NamedTuple

TRACK = 8
"""Distance of two tracks."""
PLAIN = 6
"""Room before and behind tracks where no box is."""


class End(NamedTuple):
    """Where a value is at an edge; at a box, its line has a label or an arrow."""

    x: float
    value: int
    at_box: bool = False


class Polyline(NamedTuple):
    """A line through points (across, along); an arrow is at its last one."""

    points: tuple[tuple[float, float], ...]
    arrow: bool = False

    def moved(self, x: float, y: float) -> Polyline:
        """Return the line somewhere else."""
        return Polyline(tuple((a + x, b + y) for a, b in self.points), self.arrow)


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
) -> tuple[float, list[Polyline]]:
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
    begins with the first. `others` counts the places where each net would arrive too
    early.
    """
    found: list[_Net] = []
    starts, ends = [net.starts for net in nets], [net.ends for net in nets]
    leaving = Counter(x for places in starts for x in places)
    arriving: dict[float, list[int]] = defaultdict(list)
    for net, places in enumerate(ends):
        for x in places:
            arriving[x].append(net)
    others = [
        sum(leaving[x] > (x in own) for x in places)
        for own, places in zip(starts, ends, strict=True)
    ]
    free = [net for net, count in enumerate(others) if not count]
    waiting = dict.fromkeys(range(len(nets)))
    while waiting:
        net = heappop(free) if free else next(iter(waiting))
        del waiting[net]
        for x in starts[net]:
            leaving[x] -= 1
            for other in arriving[x] if leaving[x] < 2 else ():
                if other in waiting and leaving[x] == (x in starts[other]):
                    others[other] -= 1
                    if not others[other]:
                        heappush(free, other)
        found.append(nets[net])
    return found


def _tracks(nets: Sequence[_Net]) -> list[int]:
    """Return a track for each net, below those before it that it would touch."""
    found: list[int] = []
    taken: list[list[tuple[float, float]]] = []  # apart and in order on each track
    for net in nets:
        track = len(taken)
        while track and not _touches(taken[track - 1], net.span):
            track -= 1
        if track == len(taken):
            taken.append([])
        insort(taken[track], net.span)
        found.append(track)
    return found


def _touches(spans: Sequence[tuple[float, float]], span: tuple[float, float]) -> bool:
    """Say whether one of some spans, apart and in order, meets another span."""
    low, high = span
    before = bisect_right(spans, high, key=itemgetter(0))
    return before > 0 and spans[before - 1][1] >= low


def _line(start: End, end: End, track: float, height: float) -> Polyline:
    if abs(start.x - end.x) < 0.05:
        return Polyline(((start.x, 0), (end.x, height)), end.at_box)
    middle = (start.x, track), (end.x, track)
    return Polyline(((start.x, 0), *middle, (end.x, height)), end.at_box)
