"""Storages: which nodes share one block of memory, and how large it is.

A view shares its input's storage, and so does an activation that overwrites its input.
A storage is known by its owner: the node that made it. Sizes are bytes of the batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from archcalc.errors import UsageError
from archcalc.figures.backward import needs_gradient
from archcalc.figures.counted import Counted, Setting
from archcalc.figures.formats import dtype_bits, in_bytes
from archcalc.figures.memory.layout import Layouts
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Extra, Inside, Kernel, Layer, Saved, numel
from archcalc.layers.records.running import Run
from archcalc.sizes.dims import Dim

ID_BYTES = 8
"""Bytes of an id: torch looks rows up by int64."""
WIDE_BYTES = 4
"""What a value takes in a layer that computes in float32 whatever the run's type."""


class Storages:
    """The storages of one run of a network, in inference or in training.

    `owner` gives for each node the node whose storage it writes to, `size` the bytes of
    each owner's storage, `overwriting` the nodes that run in place,
    `entering` the shapes that enter each node; `workspaces` has what was computed of
    workspace, by node and whether it keeps. Side heads run
    where there is a backward pass; with `training` false it is in evaluation mode.
    Raises `UsageError` AC541 where a size is a symbol.
    """

    def __init__(
        self, analysis: Counted, backward: bool = False, training: bool = True
    ) -> None:
        self.analysis = analysis
        self.graph: Graph = analysis.graph
        self.batch = analysis.setting.batch
        self.bits = dtype_bits(analysis.setting.dtype)
        self.backward = backward
        self.training = backward and training
        self.ran = [n for n in self.graph.nodes if backward or not n.aux]
        self.entering = list(map(self.graph.input_shapes, self.graph.nodes))
        self.readers = self._count_readers()
        self.owner = list(range(len(self.graph.nodes)))
        self.size = [0] * len(self.graph.nodes)
        self.overwriting: set[int] = set()
        self.layouts = Layouts(self.graph, self.batch, backward)
        self._pieces: set[int] = set()
        self._alone = [True] * len(self.graph.nodes)
        self._told: dict[int, Layer] = {}
        self._rules: dict[tuple[Any, ...], tuple[Layer, Any]] = {}
        self._said: dict[tuple[str, int], Any] = {}
        self.workspaces: dict[tuple[int, bool], int] = {}
        for node in self.ran:
            self._tell(node)
            told = self._told.get(node.index)
            self._place(node if told is None else node._replace(layer=told))

    def layer(self, node: Node) -> Layer:
        """Return a node's layer as it runs here."""
        return self._told.get(node.index, node.layer)

    def _tell(self, node: Node) -> None:
        """Tell a layer how it runs, where it asks."""
        if type(node.layer).running is not Layer.running:
            run = Run(
                tuple(map(self.layouts.of, node.inputs)),
                tuple(self.differs[i] for i in node.inputs) if self.backward else (),
                self.training,
                self.backward,
                self.narrow,
                self.bits > 8 * WIDE_BYTES,
            )
            self._told[node.index] = node.layer.running(run)

    def _count_readers(self) -> Counter[int]:
        """Return how many read each output; the network's are read by its caller."""
        counts = Counter(index for node in self.ran for index in set(node.inputs))
        counts.update(self.graph.outputs)
        return counts

    def _place(self, node: Node) -> None:
        """Give a node its storage: its input's, or one of its own."""
        index = node.index
        if self.is_view(node):
            if not node.inputs:  # of its own weights, which nothing may overwrite
                self._alone[index] = False
                return
            self.owner[index] = self.owner[node.inputs[0]]
            if node.layer.one_of_several or node.inputs[0] in self._pieces:
                self._pieces.add(index)
        elif self._may_overwrite(node):
            self.owner[index] = self.owner[node.inputs[0]]
            self.overwriting.add(index)
            self.layouts.overwrite(node)
        else:
            self.size[index] = self.tensor_bytes(node)
            if block := self.layouts.write(node):
                self.size[index] = in_bytes(block, self.bits)
        owner = self.owner[index]
        if self.readers[index] != 1 or self.guarded(node):
            self._alone[owner] = False

    def is_view(self, node: Node) -> bool:
        """Say whether a node's output is its input's memory, unchanged."""
        return not node.layer.drops(self.training) and self.layouts.view(node)

    def _may_overwrite(self, node: Node) -> bool:
        if not self.analysis.setting.inplace or node.layer.overwrites is None:
            return False
        owner = self.owner[node.inputs[0]]
        mine = self.graph.nodes[owner].layer.role == "input"
        piece = self.backward and node.inputs[0] in self._pieces
        return not mine and not piece and self._alone[owner]

    def guarded(self, node: Node) -> bool:
        """Say whether backward needs a node's output as it is, so nothing may write."""
        return self.backward and self.saved(node).output

    def saved(self, node: Node, passes: bool = True) -> Saved:
        """Return what a node keeps for backward, where it runs in place or not.

        `passes` says whether a gradient goes on to its inputs.
        """
        shapes = self.entering[node.index]
        saved = self.ruled(node)
        instead = saved.first if not passes else saved.frozen if node.frozen else None
        saved = saved if instead is None else instead
        if saved.upcasts and self.narrow:
            copy = Extra("input in float32", each=numel(shapes[0]), width=WIDE_BYTES)
            extras = (copy, *map(widened, saved.extras))
            return saved._replace(inputs=(), extras=extras)
        if node.index not in self.overwriting:
            return saved
        kept = node.layer.overwrites
        if kept == "output":
            return Saved(output=True)
        if kept == "copy":
            return Saved(extras=(Extra("copy of its input", each=numel(node.shape)),))
        return saved

    def ruled(self, node: Node) -> Saved:
        """Return what a node's layer keeps by its rule, for the kernel meant."""
        inside = self.inside(node)
        if inside is not None:
            return inside.saved
        kept: Saved = self.ruling("saved", node)
        return kept

    def ruling(self, rule: str, node: Node) -> Any:
        """Return what a rule of a node's layer says of its shapes.

        The same layer is asked once for the same shapes: long networks repeat them.
        Layers are told apart by identity, since equal ones may run differently.
        """
        asked = rule, node.index
        if asked in self._said:
            return self._said[asked]
        layer, shapes = self.layer(node), self.entering[node.index]
        case = (rule, id(layer), node.shape, shapes)
        if case not in self._rules:  # the layer is kept, and so its identity
            said = getattr(layer, rule)(node.shape, *shapes)
            self._rules[case] = layer, said
        found = self._said[asked] = self._rules[case][1]
        return found

    def inside(self, node: Node) -> Inside | None:
        """Return what a node makes that runs in many operations; None for most."""
        if type(node.layer).inside is Layer.inside:
            return None
        kernel = Kernel(self.bits, takes_onednn(self.analysis.setting))
        return node.layer.inside(kernel, *map(self.layouts.of, node.inputs))

    @cached_property
    def held(self) -> frozenset[int]:
        """The storages of the network's outputs, which its caller holds to the end."""
        return frozenset(self.owner[i] for i in self.graph.outputs)

    @cached_property
    def differs(self) -> list[bool]:
        """Whether each node's output depends on a weight that is trained."""
        return needs_gradient(self.graph)

    @property
    def narrow(self) -> bool:
        """Say whether activations are narrower than float32."""
        return self.bits < 8 * WIDE_BYTES

    @cached_property
    def ids(self) -> frozenset[int]:
        """The nodes whose output is read as whole numbers."""
        return self.graph.ids

    def tensor_bytes(self, node: Node) -> int:
        """Return the bytes of a node's output, whoever owns its storage."""
        values = number(numel(node.shape), node) * self.batch
        if node.index in self.ids:
            return values * ID_BYTES
        return in_bytes(values, self.bits)

    def extra_bytes(self, extra: Extra, node: Node) -> int:
        """Return the bytes of something that a layer keeps beside its tensors."""
        values = number(extra.each * self.batch + extra.once, node)
        mixed = self.analysis.setting.mixed and node.layer.role == "norm"
        width = 4 if mixed else extra.width
        return in_bytes(values, self.bits) if width is None else values * width

    def read(self, node: Node) -> Iterator[int]:
        """Yield the storages that a node reads, each once."""
        return iter(dict.fromkeys(self.owner[i] for i in node.inputs))


def takes_onednn(setting: Setting) -> bool:
    """Say whether figures speak of oneDNN's kernel where torch has two on the CPU.

    The number format decides, not the machine, so that a figure is the same everywhere.
    torch runs an LSTM in float32, and under autocast, with oneDNN, in float64 and
    float16 with its native kernel. In bfloat16 it takes oneDNN's where oneDNN supports
    that format on the processor; the figures are those of the native kernel, which runs
    on every other one.
    """
    return setting.mixed or dtype_bits(setting.dtype) == 8 * WIDE_BYTES


def widened(extra: Extra) -> Extra:
    """Return what a layer keeps, kept in float32."""
    return extra._replace(width=WIDE_BYTES)


def number(value: Dim, node: Node) -> int:
    """Return a size that is a number; raise `UsageError` AC541 for a symbol."""
    if isinstance(value, int):
        return value
    raise UsageError.of(
        "AC541",
        f"this figure needs numbers: {node.name} has {value} values",
        help="give every size a number, e.g. --input 3x224x224",
    )
