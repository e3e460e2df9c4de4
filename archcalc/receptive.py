"""Receptive fields: which input positions an output position can see.

Along one axis the first output of a node sees the input positions `first … last`; the
next output sees them shifted by `jump`. A window of `size` with `stride` that starts
`before` positions outside gives

    first' = first - before·jump,  last' = last + (size - 1 - before)·jump,
    jump' = jump·stride

(Araujo, Norris, Sim 2019, Computing receptive fields of convolutional neural networks,
section 2). A layer that enlarges puts its inputs `fraction` apart (`Window`): its jump
is `jump / fraction` in all three; bounds between positions are meant inwards. Where
branches meet, the field is the union.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from archcalc.dims import Dim
from archcalc.graph import Graph, Node
from archcalc.layers.base import Window

Exact = int | Fraction


class Field(NamedTuple):
    """What the first output position sees along one axis, in input positions.

    `aligned` is False where branches with different centres or jumps met.
    """

    first: Exact
    last: Exact
    jump: Exact
    aligned: bool = True

    @property
    def size(self) -> int:
        """How many input positions one output position sees, the most of any."""
        steps = self.jump.denominator
        phases = [Fraction(k, steps) for k in range(steps)]
        return max(floor(self.last + p) - ceil(self.first + p) + 1 for p in phases)

    @property
    def start(self) -> int:
        """The first input position that the first output position sees."""
        return ceil(self.first)

    @property
    def centre(self) -> Exact:
        """The middle of what the first output position sees."""
        return _plain(Fraction(self.first + self.last, 2))

    def faked(self, positions: int) -> int:
        """How much of the first output's field is padding: what lies off the input.

        `positions` is the input's size along the axis.
        """
        outside = max(0, -self.start) + max(0, floor(self.last) - positions + 1)
        return min(outside, self.size)


Fields = tuple[Field, ...] | None
"""One field an axis; None where every input position is seen."""


def receptive_fields(graph: Graph) -> tuple[Fields, ...]:
    """Return the fields of every node, None where it sees the whole input."""
    found: list[Fields] = []
    for node in graph.nodes:
        if not node.inputs:
            found.append((Field(0, 0, 1),) * (len(node.shape) - 1))
            continue
        before = [found[i] for i in node.inputs]
        merged = before[0] if len(before) == 1 else _union(before)
        found.append(_through(graph, node, merged))
    return tuple(found)


def _through(graph: Graph, node: Node, fields: Fields) -> Fields:
    """Return the fields after a node, from those of its input."""
    if fields is None:
        return None
    windows = node.layer.window(*graph.input_shapes(node))
    if windows is None:
        return fields if len(fields) == len(node.shape) - 1 else None
    if windows == "all" or len(windows) != len(fields):
        return None
    return tuple(_slide(f, w) for f, w in zip(fields, windows, strict=True))


def _slide(field: Field, window: Window) -> Field:
    """Return the field of a window over outputs that see `field`."""
    size, stride, before, fraction = (_number(v) for v in window)
    step = Fraction(field.jump) / fraction
    first = _plain(field.first - before * step)
    last = _plain(field.last + (size - 1 - before) * step)
    return Field(first, last, _plain(step * stride), field.aligned)


def _union(found: list[Fields]) -> Fields:
    """Return the field of a node that joins branches."""
    seen = [f for f in found if f is not None]
    if len(seen) != len(found) or len({len(f) for f in seen}) != 1:
        return None
    return tuple(_join(axis) for axis in zip(*seen, strict=True))


def _join(axis: tuple[Field, ...]) -> Field:
    first, last = min(f.first for f in axis), max(f.last for f in axis)
    aligned = _meet(axis) and all(f.aligned for f in axis)
    return Field(first, last, max(f.jump for f in axis), aligned)


def _meet(axis: tuple[Field, ...]) -> bool:
    """Say whether branches move in the same steps around the same centres."""
    return len({f.jump for f in axis}) == 1 and len({f.centre for f in axis}) == 1


def misaligned(graph: Graph) -> Iterator[tuple[Node, tuple[Field, ...]]]:
    """Yield each node that joins branches which do not see the same place.

    With the fields of its inputs along the first axis where they differ.
    """
    found = receptive_fields(graph)
    for node in graph.nodes:
        seen = [f for i in node.inputs if (f := found[i]) is not None]
        if len(seen) > 1 and len({len(f) for f in seen}) == 1:
            for axis in zip(*seen, strict=True):
                if not _meet(axis):
                    yield node, axis
                    break


def _number(value: Dim) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a receptive field needs numbers, not {value}")
    return value


def _plain(value: Fraction) -> Exact:
    return value.numerator if value.denominator == 1 else value
