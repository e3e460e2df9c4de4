"""What a language of deep learning is to the writer of code: its words, no graph.

The common part of this room cuts a network into classes, finds their arguments and
names, and writes statements. A `Language` says how a layer, a parameter, a class and a
statement look. Everything it knows of a layer it makes of the layer's record
(`Layer.torch`), so that a new layer needs nothing here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from archcalc.errors import UsageError
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Shape
from archcalc.layers.records.calls import NO_NAMES, Call


class Weight(NamedTuple):
    """Where a weight stands in a module, and its axes in terms of torch's weight.

    `axes` are the sizes that torch's weight is first brought to and the order of axes
    that it then gets, None for no change.
    """

    name: str
    sizes: tuple[int, ...] | None = None
    axes: tuple[int, ...] | None = None


class Step(NamedTuple):
    """A piece of a layer: a record in the words of the language, and what it reads.

    Inputs below the number of the layer's inputs are those; then come the results of
    the steps before. `weights` are by the names that the layer gives them.
    """

    record: Call
    inputs: tuple[int, ...]
    weights: Mapping[str, Weight] = NO_NAMES


Lowered = tuple[Step, ...]
"""A layer as the steps that compute it in a language; the last one gives its output.

Without a step, the output is the first input, called otherwise.
"""


class Words(NamedTuple):
    """A graph in words: the steps of each node, and the order of its output's axes.

    Axes count with the batch. Where torch's order holds for all, none is said.
    """

    steps: Mapping[int, Lowered]
    orders: Mapping[int, tuple[int, ...]] = MappingProxyType({})

    def weights(self, node: Node) -> Mapping[str, Weight]:
        """Return the weights of a node; one step of it has them."""
        found = [step.weights for step in self.steps[node.index] if step.weights]
        return found[0] if found else NO_NAMES

    def lying(self, node: Node) -> Shape:
        """Return the shape of a node as it lies, without the batch."""
        order = self.orders.get(node.index)
        if order is None:
            return node.shape
        return tuple([node.shape[axis - 1] for axis in order if axis])


@dataclass(frozen=True)
class Language(ABC):
    """How code looks in a language; the words of layers come from `lower`.

    `taken` are attributes that the language's modules have themselves, `names` those
    that the code uses for itself; `channels` says where images have their channels,
    `call` is the method that computes, `tensor` the type of a value, `identity` what
    stands for a module that is left out; `often` are defaults of the constructors'
    arguments.
    """

    title: str = ""
    channels: str = "last"
    base: str = ""
    call: str = ""
    tensor: str = ""
    training: str = ""
    identity: str = ""
    taken: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    often: Mapping[str, Any] = field(default_factory=dict)
    """Arguments with a default, as a person would write them."""
    positions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What the positional arguments of modules are called, by the kind of module."""
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Defaults of the arguments of modules, by the kind of module."""

    def with_channels(self, channels: str) -> Language:
        """Return the language with the channels of images `first` or `last`.

        Raises `UsageError` AC531 where it has them elsewhere.
        """
        if channels != self.channels:
            raise UsageError.of(
                "AC531",
                f"{self.title} code has the channels of images {self.channels}",
                help=f"leave out --channels {channels}",
            )
        return self

    # -- layers ------------------------------------------------------------------------

    @abstractmethod
    def lower(self, graph: Graph) -> Words:
        """Return every node but inputs and side heads in words of the language.

        Raises `UsageError` AC523 for a layer that has none.
        """

    def kind(self, target: str) -> str:
        """Return the kind of a module, as `positions` and `defaults` call it."""
        return target

    def usual(self, target: str, name: str) -> Any:
        """Return the default of an argument, None where we know none."""
        return self.defaults.get(self.kind(target), {}).get(name)

    # -- classes -----------------------------------------------------------------------

    def notes(self) -> Iterator[str]:
        """Yield what the file says of itself below its title."""
        yield "Written by archcalc. Shapes leave out the batch."

    def based(self, is_top: bool) -> str:  # noqa: ARG002  # one language asks it
        """Return the class that a block, or the whole network, is made of."""
        return self.base

    @abstractmethod
    def imports(self, used: set[str]) -> Iterator[str]:
        """Yield the imports of code that uses some names."""

    @abstractmethod
    def constructor(self, taken: Sequence[str]) -> Iterator[str]:
        """Yield the first lines of a constructor with these arguments."""

    def nothing(self) -> list[str]:
        """Return the statements of a constructor that makes nothing."""
        return []

    def made(self, name: str, given: Sequence[str], weighs: bool = True) -> str:  # noqa: ARG002
        """Return the call that makes a module; `weighs` says that it has weights."""
        return f"{name}({', '.join(given)})"

    @abstractmethod
    def chain(self, modules: str) -> str:
        """Return modules one behind the other as one."""

    def optional(self, name: str, flag: str, text: str) -> Iterator[str]:
        """Yield the statements for a module that some uses leave out."""
        yield f"if {flag}:"
        yield f"    self.{name} = {text}"
        yield "else:"
        yield f"    self.{name} = {self.identity}"

    @abstractmethod
    def parameter(self, name: str, sizes: Sequence[str]) -> Iterator[str]:
        """Yield the statement for a parameter; zeros stand for what is learned."""

    def held(self, name: str) -> str:
        """Return a parameter or buffer as an expression."""
        return f"self.{name}"

    @abstractmethod
    def buffer(self, name: str, sizes: Sequence[str], code: str) -> Iterator[str]:
        """Yield the statements for a buffer, filled by `code` or, without it, zeros."""

    # -- statements --------------------------------------------------------------------

    @abstractmethod
    def spread(self, text: str, batch: str, rank: int) -> str:
        """Return a value that reads no tensor, for every sample of a batch.

        `batch` is a variable that has the batch, `rank` the value's axes without it.
        """

    @abstractmethod
    def inside(self, path: str, place: int) -> str:
        """Return the path of a module inside a chain."""

    def at(self, text: str, place: int) -> str:
        """Return a module inside a chain as an expression."""
        return self.inside(text, place)

    @abstractmethod
    def ties(self, pairs: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
        """Return a function of the file, and statements, that make weights the same.

        Raises `UsageError` AC523 where the language cannot.
        """

    @abstractmethod
    def frozen(self, paths: list[str]) -> list[str]:
        """Return the statements that keep weights as they are in training."""
