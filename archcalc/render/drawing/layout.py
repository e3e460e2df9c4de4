"""Where everything stands: parts measured from the inside out, then put down.

Sizes run *along* the network and *across* it, so that a column and a row are one
layout. Every part has an axis, 0 across; it takes `before` on one side of it and
`behind` on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from archcalc.records import NamedTuple, dataclass, field
from archcalc.render.drawing.channels import End, Polyline, channel
from archcalc.render.drawing.structure import Branches, Chain, Element, Grid, Lane, Part
from archcalc.render.filling import filled

LONGEST_PART = 1.6
"""Columns are of no use where one part is so much longer than each of them."""


class Room(NamedTuple):
    """What a thing takes: along the network, and across on both sides of the axis."""

    length: float
    before: float
    behind: float


class Frame(NamedTuple):
    """What a frame adds: above and below along, at its sides, and before its ports."""

    top: float
    bottom: float
    side: float
    title: float


class Sizes(Protocol):
    """What a style says about sizes."""

    gap: float
    tail: float
    head: float

    def box(self, index: int, /) -> Room:
        """Return the room of a box."""
        ...

    def frame(self, index: int, /) -> Frame:
        """Return the frame of a cluster."""
        ...


@dataclass(slots=True, eq=False)
class Measured:
    """A part that was measured: room, ends of values at its edges, what is in it."""

    room: Room
    tops: tuple[End, ...] = ()
    bottoms: tuple[End, ...] = ()
    step: Element | None = None
    inside: list[tuple[Measured, float, float]] = field(default_factory=list)
    lines: list[Polyline] = field(default_factory=list)


class Placed(NamedTuple):
    """A box or cluster of the diagram: its axis and its upper edge, with its room."""

    which: int
    axis: float
    top: float
    room: Room


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything in its place; nothing has a coordinate below 0."""

    across: float
    along: float
    boxes: tuple[Placed, ...]
    clusters: tuple[Placed, ...]
    lines: tuple[Polyline, ...]


def layout(whole: Chain, sizes: Sizes, longest: float | None = None) -> Layout:
    """Return the places of a structure; one longer than `longest` stands in columns."""
    measurer = _Measurer(sizes)
    block = measurer.chain(whole, longest)
    return _flat(block)


def _flat(whole: Measured) -> Layout:
    boxes: list[Placed] = []
    clusters: list[Placed] = []
    lines: list[Polyline] = []
    waiting = [(whole, whole.room.before, 0.0)]
    while waiting:
        block, x, y = waiting.pop()
        if block.step is not None and block.step.kind in ("box", "cluster"):
            kind = boxes if block.step.kind == "box" else clusters
            kind.append(Placed(block.step.which, x, y, block.room))
        lines += [line.moved(x, y) for line in block.lines]
        waiting += [(inner, x + dx, y + dy) for inner, dx, dy in reversed(block.inside)]
    room = whole.room
    across = room.before + room.behind
    return Layout(across, room.length, tuple(boxes), tuple(clusters), tuple(lines))


class _Measurer:
    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes

    def part(self, part: Part) -> Measured:
        """Return any part measured."""
        if isinstance(part, Element):
            return self.step(part)
        if isinstance(part, Lane):
            end = End(0, part.value)
            return Measured(Room(0, 4, 4), (end,), (end,))
        if isinstance(part, Chain):
            return self.chain(part)
        if isinstance(part, Branches):
            return self.branches([self.part(p) for p in part.parts])
        return self.grid(part)

    def step(self, step: Element) -> Measured:
        """Return a box, a port or a cluster."""
        if step.inside is not None:
            return self.cluster(step, step.inside)
        is_box = step.kind == "box"
        room = self.sizes.box(step.which) if is_box else Room(0, 4, 4)
        tops = tuple(End(0, value, is_box) for value in step.enters)
        bottoms = tuple(End(0, value, is_box) for value in step.leaves)
        return Measured(room, tops, bottoms, step)

    def cluster(self, step: Element, chain: Chain) -> Measured:
        """Return a cluster: a frame around what is in it, lines through its edges."""
        inner, frame = self.chain(chain), self.sizes.frame(step.which)
        last = 0 if inner.bottoms else self.sizes.tail  # the label of the last box
        length = frame.top + inner.room.length + frame.bottom + last
        first = min([end.x for end in inner.tops], default=-inner.room.before)
        before = max(inner.room.before + frame.side, frame.title - first)
        room = Room(length, before, inner.room.behind + frame.side)
        lines = [Polyline(((e.x, 0), (e.x, frame.top))) for e in inner.tops]
        low = frame.top + inner.room.length
        lines += [Polyline(((e.x, low), (e.x, length))) for e in inner.bottoms]
        placed = [(inner, 0.0, frame.top)]
        tops, bottoms = (
            tuple(End(end.x, end.value) for end in ends)
            for ends in (inner.tops, inner.bottoms)
        )
        return Measured(room, tops, bottoms, step, placed, lines)

    def chain(self, chain: Chain, longest: float | None = None) -> Measured:
        """Return parts below each other, or in columns where they get too long."""
        blocks = [self.part(part) for part in chain.parts]
        if longest is None:
            return self.stacked(blocks)
        groups = self.groups(blocks, longest)
        return self.columns([self.stacked(group) for group in groups])

    def stacked(self, blocks: Sequence[Measured]) -> Measured:
        """Return blocks below each other, with channels between them."""
        y = 0.0
        placed: list[tuple[Measured, float, float]] = []
        lines: list[Polyline] = []
        for block in blocks:
            if placed:
                above = placed[-1][0].bottoms
                height, drawn = self.channel(above, block.tops)
                lines += [line.moved(0, y) for line in drawn]
                y += height
            placed.append((block, 0.0, y))
            y += block.room.length
        before = max(block.room.before for block in blocks)
        behind = max(block.room.behind for block in blocks)
        ends = blocks[0].tops, blocks[-1].bottoms
        return Measured(Room(y, before, behind), *ends, None, placed, lines)

    def channel(
        self, above: Sequence[End], below: Sequence[End]
    ) -> tuple[float, list[Polyline]]:
        """Return the height and the lines between two edges."""
        return channel(above, below, self.sizes.tail, self.sizes.head)

    # -- side by side ----------------------------------------------------------------

    def branches(self, blocks: Sequence[Measured]) -> Measured:
        """Return blocks side by side, lanes behind steps, ends that go nowhere last.

        The axis is that of the longest one where it has at most a lane or a short
        branch beside it, else in the middle of those that go on.
        """
        live = [b for b in blocks if b.bottoms] or list(blocks)
        order = sorted(blocks, key=lambda b: (b not in live, not b.room.length))
        length = max(block.room.length for block in blocks)
        places = self.side_by_side(order)
        long = [i for i, b in enumerate(order) if b in live and b.room.length]
        carrying = long or range(len(live))  # nothing but lanes: between the outer two
        if len(live) <= 2 or len(carrying) == 1:
            main = max(range(len(live)), key=lambda i: order[i].room.length)
            axis = places[main]
        else:
            first, last = carrying[0], carrying[-1]
            left = places[first] - order[first].room.before
            axis = (left + places[last] + order[last].room.behind) / 2
        return self.joined(order, [place - axis for place in places], length)

    def side_by_side(self, blocks: Sequence[Measured]) -> list[float]:
        """Return the axes of blocks put beside each other, from 0."""
        places, x = [], 0.0
        for block in blocks:
            places.append(x + block.room.before)
            x += block.room.before + block.room.behind + self.sizes.gap
        return places

    def joined(
        self, blocks: Sequence[Measured], places: Sequence[float], length: float
    ) -> Measured:
        """Return blocks at places, their ends drawn out to a common edge."""
        tops: list[End] = []
        bottoms: list[End] = []
        lines: list[Polyline] = []
        for block, x in zip(blocks, places, strict=True):
            tops += [e._replace(x=e.x + x) for e in block.tops]
            ends = [e._replace(x=e.x + x) for e in block.bottoms]
            bottoms += ends
            if block.room.length < length:
                lines += [
                    Polyline(((e.x, block.room.length), (e.x, length))) for e in ends
                ]
        pairs = list(zip(blocks, places, strict=True))
        before = max(block.room.before - x for block, x in pairs)
        behind = max(block.room.behind + x for block, x in pairs)
        inside = [(block, x, 0.0) for block, x in pairs]
        room = Room(length, before, behind)
        return Measured(room, tuple(tops), tuple(bottoms), None, inside, lines)

    def grid(self, grid: Grid) -> Measured:
        """Return rows below each other, each in the order of what feeds it."""
        rows: list[Measured] = []
        for row in grid.rows:
            blocks = [self.part(part) for part in row]
            if rows:
                blocks = _below(rows[-1].bottoms, blocks)
            places = self.side_by_side(blocks)
            middle = (places[-1] + blocks[-1].room.behind) / 2
            length = max(block.room.length for block in blocks)
            rows.append(self.joined(blocks, [x - middle for x in places], length))
        return self.stacked(rows)

    # -- columns ---------------------------------------------------------------------

    def groups(
        self, blocks: Sequence[Measured], longest: float
    ) -> list[list[Measured]]:
        """Return blocks in columns as equal as they get, parted where one line runs."""
        channels = self.sizes.tail + self.sizes.head
        units = _units(blocks)
        lengths = [sum(b.room.length + channels for b in unit) for unit in units]
        count = -int(-sum(lengths) // longest)
        if count < 2 or max(lengths) > LONGEST_PART * sum(lengths) / count:
            return [list(blocks)]
        low, high = max(lengths), sum(lengths)
        while high - low > 1:
            middle = (low + high) / 2
            fits = len(filled(lengths, middle)) <= count
            low, high = (low, middle) if fits else (middle, high)
        waiting = iter(units)
        return [
            [block for _ in range(many) for block in next(waiting)]
            for many in filled(lengths, high)
        ]

    def columns(self, blocks: Sequence[Measured]) -> Measured:
        """Return columns side by side, each joined to the head of the next one."""
        if len(blocks) == 1:
            return blocks[0]
        wide = 3 * self.sizes.gap
        x = 0.0
        places = []
        for block in blocks:
            places.append(x + block.room.before)
            x += block.room.before + block.room.behind + wide
        lead = self.sizes.tail + self.sizes.head
        length = max(block.room.length for block in blocks)
        lines = []
        for i, (block, after) in enumerate(pairwise(blocks)):
            start = places[i] + block.bottoms[0].x
            end = places[i + 1] + after.tops[0].x
            between = places[i] + block.room.behind + wide / 2
            low, high = block.room.length + lead + self.sizes.tail, self.sizes.tail
            points = ((between, low), (between, high), (end, high), (end, lead))
            drawn = ((start, block.room.length + lead), (start, low), *points)
            lines.append(Polyline(drawn, after.tops[0].at_box))
        inside = [(block, x, lead) for block, x in zip(blocks, places, strict=True)]
        right = places[-1] + blocks[-1].room.behind
        room = Room(length + 2 * lead + self.sizes.tail, 0, right)
        return Measured(room, (), (), None, inside, lines)


def _units(blocks: Sequence[Measured]) -> list[list[Measured]]:
    """Return blocks in runs, parted where a single line leads on."""
    units: list[list[Measured]] = []
    for block in blocks:
        above = units[-1][-1].bottoms if units else ()
        if units and not len(above) == len(block.tops) == 1:
            units[-1].append(block)
        else:
            units.append([block])
    return units


def _below(above: Sequence[End], blocks: Sequence[Measured]) -> list[Measured]:
    """Return blocks in the order of where their values come from."""
    at = {end.value: end.x for end in above}

    def middle(block: Measured) -> float:
        xs = [at[end.value] for end in block.tops if end.value in at]
        return sum(xs) / len(xs) if xs else 0.0

    return sorted(blocks, key=middle)
