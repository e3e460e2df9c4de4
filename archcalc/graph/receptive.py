"""Receptive fields: which input positions an output position can see.

A window of `size` with `stride` that begins `before` positions outside sees, for output
`o`, the inputs from `o·stride - before` on, `size` of them. So along one axis

    first'(o) = first(o·stride - before)
    last'(o)  = last(o·stride - before + size - 1)
    jump'     = jump·stride

(Araujo, Norris, Sim 2019, Computing receptive fields of convolutional neural networks,
section 2). A layer that enlarges puts its inputs `fraction` apart (`Window`): positions
between inputs are rounded inwards and `jump` is divided. Then outputs differ in what
they see, in turns, and a field holds every phase. Where branches meet, the field is the
union.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd, lcm

from archcalc.errors import UsageError
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Window
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim

Exact = int | Fraction
MOST_PHASES = 4096
"""A field with more phases is not followed: it counts as the whole input."""


class Field(NamedTuple):
    """What output positions see along one axis, in input positions.

    `firsts` and `lasts` are the ends for the first outputs, one for each phase; `jump`
    is the way from one output to the next. `aligned` is False where branches with
    different centres or jumps met.
    """

    firsts: tuple[int, ...]
    lasts: tuple[int, ...]
    jump: Fraction
    aligned: bool = True

    @property
    def size(self) -> int:
        """How many input positions one output position sees, the most of any."""
        pairs = zip(self.firsts, self.lasts, strict=True)
        return max(last - first + 1 for first, last in pairs)

    @property
    def start(self) -> int:
        """The first input position that the first output position sees."""
        return self.firsts[0]

    @property
    def step(self) -> Exact:
        """The jump as a whole number where it is one."""
        return _plain(self.jump)

    @property
    def turn(self) -> int:
        """The way over all phases, in whole input positions."""
        return int(self.jump * len(self.firsts))

    @property
    def centre(self) -> Exact:
        """The middle of what the first output sees; the mean over phases, if several.

        Of phase `k` counts what is left after `k` jumps.
        """
        count = len(self.firsts)
        ends = sum(self.firsts) + sum(self.lasts)
        moved = self.jump * (count - 1) * count
        return _plain((ends - moved) / (2 * count))

    def first(self, position: int) -> int:
        """Return the first input position that an output position sees."""
        turns, phase = divmod(position, len(self.firsts))
        return self.firsts[phase] + turns * self.turn

    def last(self, position: int) -> int:
        """Return the last input position that an output position sees."""
        turns, phase = divmod(position, len(self.lasts))
        return self.lasts[phase] + turns * self.turn

    def faked(self, positions: int) -> int:
        """How much of the first output's field is padding: what lies off the input.

        `positions` is the input's size along the axis.
        """
        seen = self.lasts[0] - self.start + 1
        outside = max(0, -self.start) + max(0, self.lasts[0] - positions + 1)
        return min(outside, seen)


INPUT = Field((0,), (0,), Fraction(1))
Fields = tuple[Field, ...] | None
"""One field an axis; None where every input position is seen."""


def receptive_fields(graph: Graph) -> tuple[Fields, ...]:
    """Return the fields of every node, None where it sees the whole input.

    Raises `UsageError` AC541 where a window's size is a symbol.
    """
    found: list[Fields] = []
    blind = blind_nodes(graph)
    for node in graph.nodes:
        if not node.inputs:
            found.append((INPUT,) * (len(node.shape) - 1))
            continue
        seeing = [i for i in node.inputs if i not in blind] or node.inputs
        merged = found[seeing[0]]
        if len(seeing) > 1:
            before = list(dict.fromkeys([found[i] for i in seeing]))
            merged = before[0] if len(before) == 1 else _union(before)
        found.append(_through(graph, node, merged))
    return tuple(found)


def blind_nodes(graph: Graph) -> set[int]:
    """Return the nodes that see no input: learned tensors, and what comes of them."""
    blind: set[int] = set()
    for node in graph.nodes:
        if node.index not in graph.inputs and all(i in blind for i in node.inputs):
            blind.add(node.index)
    return blind


def _through(graph: Graph, node: Node, fields: Fields) -> Fields:
    """Return the fields after a node, from those of its input."""
    if fields is None:
        return None
    windows = node.layer.window(*graph.input_shapes(node))
    if windows is None:
        return fields if len(fields) == len(node.shape) - 1 else None
    if windows == "all" or len(windows) != len(fields):
        return None
    pairs = zip(fields, windows, strict=True)
    if len(fields) == 2 and fields[0] is fields[1] and windows[0] == windows[1]:
        same = _slide(node, fields[0], windows[0])
        return None if same is None else (same, same)
    found = [slid for field, window in pairs if (slid := _slide(node, field, window))]
    return tuple(found) if len(found) == len(fields) else None


def _slide(node: Node, field: Field, window: Window) -> Field | None:
    """Return the field of a window over outputs that see `field`."""
    size, stride, before, fraction = (_number(node, value) for value in window)
    if fraction == 1 and len(field.firsts) == 1:  # one phase, whose jump is whole
        way = int(field.jump)
        first, last = field.firsts[0] - before * way, field.lasts[0]
        last += (size - 1 - before) * way
        jump = field.jump if stride == 1 else field.jump * stride
        return Field((first,), (last,), jump, field.aligned)
    jump = field.jump * stride / fraction
    apart = fraction * len(field.firsts)
    phases = apart // gcd(stride, apart)
    if phases > MOST_PHASES:
        return None
    starts = [o * stride - before for o in range(phases)]
    firsts = tuple(field.first(-(-start // fraction)) for start in starts)
    lasts = tuple(field.last((start + size - 1) // fraction) for start in starts)
    return Field(firsts, lasts, jump, field.aligned)


def _union(found: list[Fields]) -> Fields:
    """Return the field of a node that joins branches."""
    seen = [f for f in found if f is not None]
    if len(seen) != len(found) or len({len(f) for f in seen}) != 1:
        return None
    return tuple(_join(axis) for axis in zip(*seen, strict=True))


def _join(axis: tuple[Field, ...]) -> Field:
    jump = max(field.jump for field in axis)
    phases = range(min(MOST_PHASES, lcm(*(len(field.firsts) for field in axis))))
    firsts = tuple(min(field.first(o) for field in axis) for o in phases)
    lasts = tuple(max(field.last(o) for field in axis) for o in phases)
    aligned = _meet(axis) and all(field.aligned for field in axis)
    return Field(firsts, lasts, jump, aligned)


def _meet(axis: tuple[Field, ...]) -> bool:
    """Say whether branches move in the same steps around the same centres."""
    return len({f.jump for f in axis}) == 1 and len({f.centre for f in axis}) == 1


def misaligned(graph: Graph) -> Iterator[tuple[Node, tuple[Field, ...]]]:
    """Yield each node that joins branches which do not see the same place.

    With the fields of its inputs along the first axis where they differ.
    """
    found, blind = receptive_fields(graph), blind_nodes(graph)
    for node in graph.nodes:
        reads = (found[i] for i in node.inputs if i not in blind)
        seen = [field for field in reads if field is not None]
        if len(seen) > 1 and len({len(f) for f in seen}) == 1:
            for axis in zip(*seen, strict=True):
                if not _meet(axis):
                    yield node, axis
                    break


def _number(node: Node, value: Dim) -> int:
    if isinstance(value, int):
        return value
    raise UsageError.of(
        "AC541",
        f"this figure needs numbers: {node.name} has a window of {value}",
        help="give every size a number, e.g. --input 3x224x224",
    )


def _plain(value: Fraction) -> Exact:
    return value.numerator if value.denominator == 1 else value
