"""What a lint rule looks at, and what it says.

A rule is a module with `RULE`, its documentation, and `check(net)`, which yields a
`Hint` for each place. It runs on one network written out (a variant each time), so that
it knows sizes; equal hints at one place are shown once.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from archcalc.checks.findings import Fix
from archcalc.graph.graph import Graph, Node
from archcalc.graph.paths import depths
from archcalc.language.steps import SIZES
from archcalc.layers.base import Layer, Shape
from archcalc.layers.window import reach
from archcalc.network.network import Network
from archcalc.records import NamedTuple, dataclass
from archcalc.source.edits import Edit, Extents
from archcalc.source.values import Scalar, Value

SIZE_OF = re.compile(
    rf"\b(?:{'|'.join(SIZES)})\s+of\s+(?:'([^']+)'|\"([^\"]+)\"|([\w.]+))"
)
"""A size of another step, as arithmetic asks for it."""
LITERAL = r"[0-9]+|true|false|half|same|valid|floor|ceil"


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing to look at: what, where, the numbers, and what would put it right."""

    where: Value
    message: str
    facts: tuple[str, ...] = ()
    help: str | None = None
    fix: Fix | None = None


class Loop(NamedTuple):
    """Repetitions of steps: the first node of the last one, and what is read on.

    `states` are the origins of what a later repetition reads; `left` says whether
    anything behind reads a result.
    """

    last: int
    states: frozenset[int]
    left: bool


@dataclass(frozen=True)
class Linted:
    """One network of a file as the rules see it.

    `channels`: what the file or the project wants channels to be a multiple of.
    """

    network: Network
    layout: Extents
    channels: int | None = None

    @property
    def graph(self) -> Graph:
        """The network written out."""
        return self.network.graph

    @cached_property
    def readers(self) -> tuple[tuple[int, ...], ...]:
        """The nodes that read each node's output."""
        found: list[list[int]] = [[] for _ in self.graph.nodes]
        for node in self.graph.nodes:
            for index in node.inputs:
                found[index].append(node.index)
        return tuple(map(tuple, found))

    @cached_property
    def sharing(self) -> dict[int, list[int]]:
        """The nodes that use the weights of each node, itself among them."""
        found: dict[int, list[int]] = {}
        for node in self.graph.nodes:
            found.setdefault(self.graph.owner(node).index, []).append(node.index)
        return found

    @cached_property
    def leaving(self) -> frozenset[int]:
        """The nodes that leave the network."""
        return frozenset(self.graph.outputs)

    @cached_property
    def measured(self) -> frozenset[int]:
        """The nodes whose sizes arithmetic asks for: `h of NAME`.

        Where a param of a block holds the name, every value of that param counts.
        """
        scalars = [v for v in self.layout.every() if isinstance(v, Scalar)]
        names = {m[m.lastindex or 0] for v in scalars for m in SIZE_OF.finditer(v.text)}
        if not names:
            return frozenset()
        keys = [key for key in scalars if key.text in names]
        held = [h.get(k.text) for k in keys if (h := self.layout.holder(k)) is not None]
        names |= {value.text for value in held if isinstance(value, Scalar)}
        found = self.graph.names.items()
        return frozenset(
            i for path, i in found if any(f".{path}".endswith(f".{n}") for n in names)
        )

    @cached_property
    def loops(self) -> dict[int, Loop]:
        """What is known of repetitions, by their group."""
        return {}

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """The layers with weights on the longest path to each node."""
        return depths(self.graph)

    def written(self, node: Node) -> Scalar | None:
        """Return the kind key that a node was written as, None where it follows.

        A projection or a padding that a shortcut's word stands for is nobody's step,
        and a norm or activation of a step is written with it.
        """
        key = node.origin
        return key if isinstance(key, Scalar) and key.text == node.layer.key else None

    def argument(self, key: Scalar, name: str) -> Value | None:
        """Return the value that is written for an argument of a step."""
        holder = self.layout.holder(key)
        return holder.get(name) if holder else None

    def set_argument(self, key: Scalar, name: str, text: str) -> Edit | None:
        """Return the edit that gives a step an argument, in place or as a new one.

        None where arithmetic or a param decides about it.
        """
        given = self.argument(key, name)
        if given is None:
            return self.layout.added(key, f"{name}: {text}")
        if not isinstance(given, Scalar) or not re.fullmatch(LITERAL, given.text):
            return None
        return self.layout.replaced(given, text)


def fix(says: str, *edits: Edit | None) -> Fix | None:
    """Return a fix, None where one of its edits cannot be made."""
    made = tuple(edit for edit in edits if edit is not None)
    return Fix(says, made) if len(made) == len(edits) else None


class Slide(NamedTuple):
    """A window on sizes that are numbers, each for every axis; `size` with dilation."""

    axes: tuple[int, ...]
    kernel: tuple[int, ...]
    size: tuple[int, ...]
    stride: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    output: tuple[int, ...]


def slide(layer: Layer, x: Shape) -> Slide | None:
    """Return the window of a layer over `x`; None while sizes are names."""
    find: Any = getattr(layer, "sliding", None)
    if find is None or not all(isinstance(size, int) for size in x):
        return None
    found = find(x)
    size: Any = tuple(map(reach, found.kernel, found.dilation))
    before, after = zip(*found.pads, strict=True)
    output: Any = layer.shape(x)[1:]
    given = (found.axes, found.kernel, size, found.stride, before, after, output)
    window = Slide(*given)
    return window if all(isinstance(n, int) for axis in window for n in axis) else None


def changed(layer: Layer, **changes: Any) -> Layer:
    """Return a layer with other arguments; raises as the layer does."""
    given = {k: v for k, v in layer.items() if v != getattr(type(layer), k, None)}
    return type(layer)(**{**given, **changes})


def sliding(node: Node, graph: Graph) -> Slide | None:
    """Return the window of a node, as `slide`."""
    return slide(node.layer, graph.input_shapes(node)[0]) if node.inputs else None
