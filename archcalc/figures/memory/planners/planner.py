"""What a runtime plans for a network: its tensors, how long each lives, and where.

A planner reads the nodes in their order, as the runtime runs the operations of a file.
Its rules say for each kind of layer what the runtime makes of it; a kind without a rule
is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

from archcalc.errors import UsageError
from archcalc.figures.counted import Counted
from archcalc.figures.formats import dtype_bits, in_bytes
from archcalc.figures.memory.planners.placing import (
    Placed,
    Tensor,
    Way,
    aligned,
    fullest_step,
)
from archcalc.figures.memory.storages import number
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Shape, numel

STATE = "AC556"
Rule = TypeVar("Rule")


@dataclass(frozen=True, slots=True)
class Planner:
    """A runtime's way of reserving memory for activations.

    `lower` writes a network down as the runtime's operations and tensors, `place` puts
    the tensors into the arena, whose sizes are multiples of `alignment`. `dtypes` are
    the formats that its rules speak of. `about` says in sentences what they are,
    `source` which version was read and run.
    """

    name: str
    title: str
    about: tuple[str, ...]
    source: str
    dtypes: tuple[str, ...]
    alignment: int
    lower: Callable[[Lowering], None]
    place: Way


@dataclass(frozen=True)
class Plan:
    """What a planner reserves: its tensors in order, and where they lie."""

    planner: Planner
    tensors: tuple[Tensor, ...]
    placed: Placed

    @cached_property
    def fullest(self) -> tuple[Tensor, ...]:
        """The tensors of the step in which most bytes live, the largest first."""
        step = fullest_step(self.tensors)
        there = [t for t in self.tensors if t.first <= step <= t.last and t.bytes]
        return tuple(sorted(there, key=lambda tensor: (-tensor.bytes, tensor.first)))

    @property
    def live(self) -> int:
        """The most bytes that live in one step, each tensor rounded up."""
        return sum(tensor.bytes for tensor in self.fullest)

    @property
    def arena(self) -> int:
        """The bytes that the planner reserves for activations."""
        return self.placed.arena


class Aside(NamedTuple):
    """A tensor that an operation needs while it runs: what it is, and its bytes."""

    what: str
    bytes: int


@dataclass
class Lowering:
    """A network as operations of a runtime, written down one after another.

    A `value` is a tensor by its number; `values` has that of each node.
    """

    counted: Counted
    bits: int
    alignment: int
    tensors: list[Tensor] = field(default_factory=list)
    values: dict[int, int] = field(default_factory=dict)
    now: int = 0

    @property
    def graph(self) -> Graph:
        """The network."""
        return self.counted.graph

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """What runs in inference: side heads do not."""
        return tuple(node for node in self.graph.nodes if not node.aux)

    def size(self, node: Node, shape: Shape | None = None, bits: int = 0) -> int:
        """Return the bytes of a node's output, or of a shape, at the batch."""
        shape = node.shape if shape is None else shape
        values = number(numel(shape), node) * self.counted.setting.batch
        return in_bytes(values, bits or self.bits)

    def weight(self, node: Node) -> int:
        """Return the bytes of a node's first weight."""
        shapes = node.layer.weights(*self.graph.input_shapes(node))
        return in_bytes(number(numel(next(iter(shapes.values()))), node), self.bits)

    def make(self, what: str, node: Node, size: int, lasting: bool = False) -> int:
        """Begin a tensor in this step and return its number."""
        size = aligned(size, self.alignment)
        self.tensors.append(Tensor(what, node.index, size, self.now, self.now, lasting))
        return len(self.tensors) - 1

    def read(self, value: int) -> None:
        """Let a tensor live to this step."""
        self.tensors[value] = self.tensors[value]._replace(last=self.now)

    def step(
        self,
        node: Node,
        size: int,
        reads: Sequence[int] | None = None,
        aside: Sequence[Aside] = (),
        what: str = "output",
    ) -> int:
        """Write one operation down: it reads, makes an output and needs more aside.

        Returns the number of its output, which is the node's value from now on.
        """
        self.now += 1
        made = self.make(what, node, size)
        for what_aside, bytes_aside in aside:
            self.make(what_aside, node, bytes_aside)
        for value in self.read_by(node) if reads is None else reads:
            self.read(value)
        self.values[node.index] = made
        return made

    def reuse(self, node: Node, value: int) -> int:
        """Write an operation down whose output is a tensor that is there already."""
        self.now += 1
        for read in self.read_by(node):
            self.read(read)
        self.values[node.index] = value
        return value

    def pass_on(self, node: Node) -> None:
        """Let a node's value be that of its first input: nothing is made."""
        self.values[node.index] = self.values[node.inputs[0]]

    def read_by(self, node: Node) -> list[int]:
        """Return the tensors that a node reads."""
        return [self.values[index] for index in node.inputs]

    def finish(self) -> None:
        """Let what leaves the network live to the end, and what lasts."""
        self.now += 1
        for value, tensor in enumerate(self.tensors):
            if tensor.lasting:
                self.read(value)
        for index in self.graph.outputs:
            self.read(self.values[index])


def rules(table: Mapping[str, Rule]) -> dict[str, Rule]:
    """Return one entry for each kind of layer that the rows name."""
    return {key: rule for keys, rule in table.items() for key in keys.split()}


def rule_for(known: Mapping[str, Rule], node: Node, planner: str) -> Rule:
    """Return the rule for a node's kind; raise `UsageError` AC556 where none is."""
    rule = known.get(node.layer.key)
    if rule is None:
        raise cannot_state(
            planner, node, f"what {planner} makes of `{node.layer.key}` is not known"
        )
    return rule


def cannot_state(planner: str, node: Node, why: str) -> UsageError:
    """Return the error of a figure that a planner's rules cannot state, and why."""
    return UsageError.of(
        STATE,
        f"what {planner} reserves cannot be stated: {node.name}: {why}",
        help="`archcalc memory --planners` shows those that can be stated",
    )


def plan(counted: Counted, planner: Planner) -> Plan:
    """Return what a planner reserves for a network under its setting.

    Raises `UsageError` AC556 where its rules do not cover a layer or the number format,
    and AC541 where a size is a symbol.
    """
    dtype = counted.setting.dtype
    if dtype not in planner.dtypes:
        raise UsageError.of(
            STATE,
            f"what {planner.name} reserves cannot be stated in {dtype}",
            help=f"give --dtype {' or '.join(planner.dtypes)}",
        )
    lowering = Lowering(counted, dtype_bits(dtype), planner.alignment)
    planner.lower(lowering)
    lowering.finish()
    tensors = tuple(lowering.tensors)
    return Plan(planner, tensors, planner.place(tensors))
