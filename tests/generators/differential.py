"""One random network against torch: both accept it and agree, or both refuse it.

Compared are shapes, weights, buffers, parameters, multiply-accumulates, what a call
returns where there are several outputs, and, node by node, the bytes that a forward
pass in training keeps for its backward pass and those that live in inference. What both
accept is drawn too: `picture_rules` says what must hold.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any, NamedTuple

import torch
from layer_torch import Built
from picture_rules import check_pictures
from random_mistakes import spoilt
from random_networks import Writer
from torch_memory import inference, prepared, saved_by_node

import archcalc
from archcalc.errors import LimitError
from archcalc.figures.memory.storages import Storages
from archcalc.graph.graph import Graph, Node
from archcalc.graph.growing import Growing
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer, Shape, numel
from archcalc.layers.combine import Elementwise
from archcalc.layers.reshape import Moved
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import LEVELS
from archcalc.network.torch_network import verify
from archcalc.sizes.dims import at_least

BETWEEN_LAYERS = {
    "AC201": "a residual's sum needs equal shapes; torch would stretch a size of 1",
    "AC214": "layers that share weights need weights of equal shapes",
    "AC216": "only the graph knows that what enters was computed, and is no id",
}
"""Refusals that no layer's rule makes, so that there is no layer to ask torch about."""
STRICTER = {
    ("AC201", "roi_align"): "the build reads four numbers of a box that has more",
    ("AC201", "selective_scan"): "torch stretches axes of size 1",
    ("AC204", "image"): "torch's transpose takes an image too",
    ("AC204", "pixel_shuffle"): "torch takes any axes before the last three",
    ("AC204", "pixel_unshuffle"): "torch takes any axes before the last three",
    ("AC204", "token"): "torch's indexing takes a vector too, and leaves a number",
    ("AC204", "unfold"): "torch takes two axes as an image of one channel, unbatched",
    ("AC207", "pad"): "torch may cut all that there is, and go on with zeros",
    ("AC209", "avgpool"): "uneven padding which the mean cannot leave out as asked",
    ("AC209", "maxpool"): "padding that torch's module refuses, made by its own call",
    ("AC210", "grid_attention"): "the build adds zeros to a grid, as to windows",
    ("AC210", "split"): "torch.chunk makes pieces of unequal size",
    ("AC211", "einsum"): "torch stretches axes of size 1",
    ("AC213", "crop"): "torch's slices end where their axis ends, without a word",
    ("AC213", "slice"): "torch's slices end where their axis ends, without a word",
}
"""Refusals by code and kind that torch need not share, with what torch does instead."""
MOVED = {key for key, kind in CATALOGUE.items() if issubclass(kind, Moved)}
FLAT = MOVED | {"droppath", "fc", "flatten", "gn", "in", "linear", "matmul", "reshape"}
"""Layers that copy, or not, by the order in which their input lies in memory."""
ROWS = frozenset(
    {"ln", "softmax", "log_softmax", "droppath"}
    | {"attention", "class_token", "fc", "linear", "matmul"}
)
"""Layers whose output lies in a row, whatever their input does."""
FOLLOWED = {
    *("layer_scale", "position", "channel_bias", "frozen_bn", "grn", "zero"),
    *("glu", "swiglu", "geglu", "reglu", "rms", "gn", "bn"),
}
"""Layers whose output archcalc lays as torch does, whatever their input's order."""
WRITTEN = (
    "ln",
    "rms",
    "attention",
    "window_attention",
    "grid_attention",
    "unfold",
    "fold",
    "lstm",
    "gru",
    "rnn",
)
"""Layers whose new output may not lie in a row, though their input does."""


def channels_last_then_flat(storages: Storages) -> bool:
    """Say whether a layer that minds it reads what a kernel may have left in any order.

    Such kernels keep channels last in memory; what is a view of that, or a function of
    each value, is followed by archcalc itself.
    """
    known: set[int] = set()
    unknown: set[int] = set()
    for node in storages.graph.nodes:
        key, index, reads = node.layer.key, node.index, set(node.inputs)
        of_each = node.layer.storage == "elementwise" or isinstance(
            node.layer, Elementwise
        )
        follows = of_each or key in FOLLOWED or storages.owner[index] != index
        if reads & unknown and (key in FLAT or copies_in_order(node)):
            return True
        if key not in ROWS and (reads & unknown or (reads & known and not follows)):
            unknown.add(index)
        elif (reads & known and follows) or puts_channels_last(storages, node):
            known.add(index)
    return False


def copies_in_order(node: Node) -> bool:
    """Say whether a layer copies its input only where that lies in another order."""
    return type(node.layer).reordered is not Layer.reordered


def puts_channels_last(storages: Storages, node: Node) -> bool:
    """Say whether a norm moved channels, heads lie apart, or axes of size 1 moved."""
    if node.layer.key in MOVED:
        return storages.owner[node.index] != node.index
    if part_looks_channels_last(storages, node):
        return True
    if node.layer.key == "zero":  # a product of single pixels that lie far apart
        return True
    if node.layer.key in ("ln", "rms"):
        (x,) = storages.graph.input_shapes(node)
        return len(x) > 1 and node.layer.axis(x) == 0  # type: ignore[attr-defined]  # a norm of features has it
    return node.layer.key in WRITTEN and node.index in storages.layouts.strides


def part_looks_channels_last(storages: Storages, node: Node) -> bool:
    """Say whether torch takes a view for channels last by its strides alone.

    Every third pixel of a single pixel has strides (3, 1, 3, 3): a convolution reads
    them as channels last, and writes its output so
    (`is_channels_last_strides_2d_s4` of c10/core/MemoryFormat.h).
    """
    layouts = storages.layouts
    if storages.owner[node.index] == node.index or len(node.shape) < 3:
        return False
    laid = layouts.of(node.inputs[0])
    found = node.layer.viewed(layouts.sizes(node.shape), laid)
    if found is None:
        return False
    sizes, strides = found.sizes, found.strides
    least = 0
    for axis in (1, *range(len(sizes) - 1, 1, -1), 0):
        if strides[axis] < least or (axis == 0 and least == strides[1]):
            return False
        least = strides[axis] * sizes[axis]
    return True


def smaller_deconv(storages: Storages) -> bool:
    """Say whether a transposed convolution leaves less of a volume than it read."""
    nodes = storages.graph.nodes
    found = [n for n in nodes if n.layer.key == "deconv" and len(n.shape) == 4]
    sizes = [(numel(n.shape), numel(nodes[n.inputs[0]].shape)) for n in found]
    return any(at_least(read, made + 1) for made, read in sizes)


def has(kind: str) -> Callable[[Storages], bool]:
    return lambda storages: any(n.layer.key == kind for n in storages.graph.nodes)


class Estimate(NamedTuple):
    """Something whose saved bytes archcalc only estimates, where it stands, and why."""

    what: str
    stands_in: Callable[[Storages], bool]
    why: str


ESTIMATES = (
    Estimate("einsum", has("einsum"), "its letters decide in which order it lies"),
    Estimate(
        "deconv that makes a volume smaller",
        smaller_deconv,
        "some of torch's kernels leave the output in a block as large as the input; "
        "which one is taken depends on the number of threads",
    ),
    Estimate(
        "channels last, then a layer that lays values flat",
        channels_last_then_flat,
        "after a norm over channels, heads side by side, or axes of size 1 that change "
        "places, most kernels keep that order in memory, and laying it flat copies",
    ),
)
"""The networks whose saved bytes are not compared."""
ELSEWHERE = {
    "max_unpool": "places are counted where the pool found them; torch's record of it "
    "makes its own"
}
"""Kinds whose own bytes are not compared; those of all other nodes are."""
BY_STEPS = {"gru", "lstm", "rnn"}
"""Kinds whose steps make more while a dispatch mode watches them in inference.

What they keep and what lives after them is compared; `test_memory_recurrent.py` has a
judge that changes nothing.
"""
PEAKS = ("deform_conv", "roi_align")
"""Kinds whose peaks are estimates: they make places and values in turn."""
MISTAKEN = 0.15
"""The share of networks that are spoilt in the language."""
MOST_NODES = 3000
MOST_ON_META = 2**40
MOST_ON_CPU = 2**20
"""Values of all tensors and weights; mistakes make a few networks larger than that."""


@dataclass
class Tally:
    """What a run has compared."""

    networks: int = 0
    layers: int = 0
    accepted: int = 0
    drawn: int = 0
    several: int = 0
    saved: int = 0
    bytes: int = 0
    frozen: int = 0
    peaks: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    mistakes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: Tally) -> Tally:
        for each in fields(self):
            both = getattr(self, each.name) + getattr(other, each.name)
            setattr(self, each.name, both)
        return self

    def __str__(self) -> str:
        return (
            f"{self.networks:,} networks, {self.layers:,} layers compared, "
            f"{self.accepted:,} accepted by both, {self.several:,} of several outputs\n"
            f"drawn: {self.drawn:,} networks, each as blocks and as volumes\n"
            f"saved bytes equal in {self.saved:,} networks, {self.bytes:,} bytes; "
            f"{self.frozen:,} with frozen parts\n"
            f"live bytes of inference equal in {self.peaks:,} networks\n"
            f"left out: {counts(self.left_out)}\n"
            f"refused by both: {counts(self.refused)}\n"
            f"mistakes in the language told: {counts(self.mistakes)}\n"
            f"layers by kind: {counts(self.kinds)}"
        )


def counts(counter: Counter[str]) -> str:
    """Return a counter as text, by name."""
    return ", ".join(f"{name} {n:,}" for name, n in sorted(counter.items())) or "none"


class Refusing:
    """Remembers the layer that refused its inputs, while it is entered."""

    def __enter__(self) -> Refusing:
        self.layer: Layer | None = None
        self.shapes: tuple[Shape, ...] = ()
        self.original = Growing.shaped
        remember = self

        def shaped(
            growing: Growing, step: Any, layer: Layer, inputs: Any, names: Any
        ) -> Any:
            try:
                return remember.original(growing, step, layer, inputs, names)
            except archcalc.ShapeError:
                remember.layer = layer
                remember.shapes = tuple(growing.nodes[i].shape for i in inputs)
                raise

        Growing.shaped = shaped  # type: ignore[method-assign]  # put back on exit
        return self

    def __exit__(self, *_: object) -> None:
        Growing.shaped = self.original  # type: ignore[method-assign]  # as it was


def compare(spec: dict[str, Any] | str, tally: Tally, batch: int = 1) -> None:
    """Hold a spec against torch; raise `AssertionError` with what differs.

    Anything that archcalc raises and that is no error of its own comes through.
    """
    text = spec if isinstance(spec, str) else json.dumps(spec)
    tally.networks += 1
    with Refusing() as refusing:
        try:
            network = archcalc.loads(text, "fuzz")
            graph = network.graph
        except archcalc.ShapeError as error:
            code = error.problems[0].code
            tally.refused[code] += 1
            check_refusal(refusing, code, text)
            return
        except archcalc.ArchcalcError as error:
            check_told(error, text)
            tally.mistakes[error.problems[0].code] += 1
            return
    values = size(graph)
    if len(graph.nodes) > MOST_NODES or values is None or values > MOST_ON_META:
        tally.left_out["too large, or a name for a size"] += 1
        return
    verified = verify(network, batch)
    assert verified.ok, f"{verified.show()}\n{text}"
    tally.accepted += 1
    tally.layers += len(graph.nodes) - 1
    tally.several += len(graph.outputs) > 1
    tally.kinds.update(n.layer.key for n in graph.nodes if n.layer.key != "input")
    check_drawn(network, tally, text)
    if values > MOST_ON_CPU:
        tally.left_out["saved bytes: too large for the CPU"] += 1
    else:
        compare_saved(network, tally, batch + 1, text)


def check_drawn(network: Network, tally: Tally, text: str) -> None:
    """Check the pictures of a network, at another level of detail each time."""
    try:
        check_pictures(network, LEVELS[tally.accepted % len(LEVELS)])
    except LimitError:
        tally.left_out["pictures: more lines than the limit"] += 1
    except Exception as error:
        raise AssertionError(f"pictures: {error!r}\n{text}") from error
    else:
        tally.drawn += 1


def size(graph: Graph) -> int | None:
    """Return the values of all outputs and weights, None where a size is a name."""
    total = 0
    for node in graph.nodes:
        shapes = graph.input_shapes(node)
        for shape in (node.shape, *node.layer.weights(*shapes).values()):
            count = numel(shape)
            if not isinstance(count, int):
                return None
            total += count
    return total


def check_told(error: archcalc.ArchcalcError, text: str) -> None:
    """Check that a mistake in the language is told with its code and its place."""
    for problem in error.problems:
        told = problem.code.startswith("AC1") and problem.message and problem.place
        assert told, f"not told well: {problem}\n{text}"


def compare_saved(network: Network, tally: Tally, batch: int, text: str) -> None:
    """Check what every node keeps for backward, in place every other time."""
    analysis = network.analyze(batch=batch, inplace=batch % 2 == 0)
    memory, graph = analysis.memory, analysis.graph
    found = [e.what for e in ESTIMATES if e.stands_in(memory.training_storages)]
    if found:
        tally.left_out[f"saved bytes: {found[0]}"] += 1
        return
    module = prepared(graph, inplace=memory.training_storages.overwriting)
    theirs = saved_by_node(module, batch)
    wrong = [
        f"{node.name} ({node.layer!r} of {graph.input_shapes(node)}): "
        f"{ours} bytes here, {torchs} in torch"
        for node, ours, torchs in zip(
            graph.nodes, memory.saved_per_node, theirs, strict=True
        )
        if ours != torchs and node.layer.key not in ELSEWHERE
    ]
    assert not wrong, "\n".join(["saved for backward", *wrong, text])
    tally.saved += 1
    tally.bytes += memory.saved_for_backward
    tally.frozen += analysis.total.frozen != 0
    compare_live(analysis, tally, text)


def compare_live(analysis: Analysis, tally: Tally, text: str) -> None:
    """Check what lives while each node runs in inference, and after it."""
    graph, memory = analysis.graph, analysis.memory
    if any(node.layer.key in (*ELSEWHERE, *PEAKS) for node in graph.nodes):
        return
    module = prepared(graph, inplace=memory.storages.overwriting)
    theirs = inference(module, analysis.setting.batch)
    wrong = [
        f"{step.name} ({step.key}): {moment.live} bytes live here, {step.peak} in torch; "
        f"after it {moment.after} and {step.after}"
        for moment, step in zip(memory.inference.moments, theirs, strict=True)
        if (moment.live != step.peak and step.key not in BY_STEPS)
        or moment.after != step.after
        if step.key != "input"
    ]
    assert not wrong, "\n".join(["live in inference", *wrong, text])
    tally.peaks += 1


def check_refusal(refusing: Refusing, code: str, text: str) -> None:
    """Check that torch refuses the layer too, or that the rule is a stricter one."""
    layer, shapes = refusing.layer, refusing.shapes
    if layer is None:
        assert code in BETWEEN_LAYERS, f"{code} was raised by no layer\n{text}"
        return
    if (code, layer.key) in STRICTER:
        return
    if layer.role == "combine" and len({*shapes}) > 1:
        return
    values = [numel(shape) for shape in shapes]
    if not all(isinstance(n, int) and n <= MOST_ON_CPU for n in values):
        return
    try:
        built = Built(layer.torch(*shapes))
        with torch.no_grad():
            out = built(*[torch.zeros((1, *shape)) for shape in shapes])
    except (
        RuntimeError,
        ValueError,
        archcalc.ArchcalcError,
        AttributeError,  # torch has no layer for so few axes, or so many
        IndexError,
        ZeroDivisionError,
    ):
        return
    assert out.numel() == 0, f"{code}: torch takes {layer!r} of {shapes}\n{text}"


def written(random: Random, longest: int = 16) -> dict[str, Any]:
    """Return a random spec that is right in the language."""
    return Writer(random).network(longest)


def anything(random: Random, longest: int = 16) -> dict[str, Any] | str:
    """Return a random spec, or the text of one that is spoilt in the language."""
    spec = written(random, longest)
    return spoilt(random, spec) if random.random() < MISTAKEN else spec
