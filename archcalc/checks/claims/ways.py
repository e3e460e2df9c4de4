"""What a published figure may count: operations, parameters, values, bytes, and more.

A `Way` gives a figure for each node, or of the whole. The plain ways weigh nothing:
multiply-accumulates, trainable parameters, each output once, four bytes per value, the
layers on the longest path, the receptive field of the last layer that has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Literal

from archcalc.figures.conventions import (
    CONVENTIONS,
    USUAL,
    Convention,
    operations_of,
    params_of,
)
from archcalc.figures.conventions.measure import View
from archcalc.figures.memory.activation_rules import RULES
from archcalc.graph.graph import Node
from archcalc.graph.paths import depth, depths, weighs
from archcalc.layers.base import Shape, numel
from archcalc.layers.reparametrized import weight_of
from archcalc.network.analysis import Analysis
from archcalc.records import NamedTuple

Kind = Literal["operations", "parameters", "values", "bytes", "depth", "field"]
KINDS: tuple[Kind, ...] = ("operations", "parameters", "values", "bytes")
"""What a whole number without a unit may count; depth and field must be named."""
Contents = Literal["", "parameters", "values"]
MOST_WAYS = 64
"""No kind has more ways than these, receptive fields of single rows apart."""
BYTES = 4
"""Bytes of a value in float32."""
OPERATIONS_ALONE = ("flops", "darknet")
"""Conventions that a claim of FLOPs may plainly mean."""
DOUBLED = dict.fromkeys(
    ("thop", "ultralytics-thop"), ", as Ultralytics prints GFLOPs of its YOLO networks"
)
"""Who prints twice a tool's multiply-accumulates."""


class Way(NamedTuple):
    """What is counted: a figure for each node, or of the whole where `nodes` is None.

    `tag` names it in a word or two, `text` says it; `binary`: its source divides bytes
    by 2²⁰; `flop`: it is what a claim of FLOPs may plainly mean; `holds` says of bytes
    what they hold, where it is one thing.
    """

    kind: Kind
    tag: str
    text: str
    weight: int
    nodes: Sequence[int] | None
    whole: int = 0
    binary: bool = False
    flop: bool = False
    holds: Contents = ""


def ways(analysis: Analysis, kind: Kind, plain: bool = False) -> list[Way]:
    """Return everything of a kind that may be counted, where sizes are numbers.

    Ways that count the same are one, with the names of the simplest of them. With
    `plain`, the ways that weigh nothing are all there, of the others some may not.
    """
    found = list(KINDS_OF_WAYS[kind](analysis, plain))
    same: dict[tuple[int, ...], list[Way]] = {}
    for way in found:
        if way.nodes is not None:
            same.setdefault(tuple(way.nodes), []).append(way)
    return [*map(_merged, same.values()), *(way for way in found if way.nodes is None)]


def _merged(same: list[Way]) -> Way:
    """Return ways that count the same as one: the simplest, or several as simple."""
    least = min(way.weight for way in same)
    first, *others = (way for way in same if way.weight == least)
    tag = ", ".join((first.tag, *(way.tag for way in others)))
    more = f"; {', '.join(way.tag for way in others)} the same" if others else ""
    flop = any(way.flop for way in same)
    return first._replace(tag=tag, text=first.text + more, flop=flop)


def _numbers(analysis: Analysis, figure: Callable[[int], object]) -> list[int]:
    return [_number(figure(i)) for i in range(len(analysis.graph.nodes))]


def _number(size: object) -> int:
    """Return a size that is a number here, as its type does not say."""
    return int(size)  # type: ignore[call-overload, no-any-return]  # no symbols here


# -- operations ------------------------------------------------------------------------


def _operations(analysis: Analysis, plain: bool) -> Iterator[Way]:
    facts = analysis.facts
    macs = _numbers(analysis, lambda i: facts[i].macs)
    yield Way("operations", "MACs", "multiply-accumulates", 0, macs)
    text = "two operations for each multiply-accumulate"
    double = [2 * n for n in macs]
    yield Way("operations", "2 × MACs", text, 1, double, flop=True)
    if plain:
        return
    groups = [_groups(analysis, node) for node in analysis.graph.nodes]
    whole = [n * g for n, g in zip(macs, groups, strict=True)]
    text = "multiply-accumulates as if no convolution had groups"
    yield Way("operations", "no groups", text, 1, whole)
    text = (
        "a training step: forward, and backward twice that (Kaplan 2020, section 2.1)"
    )
    yield Way("operations", "training step", text, 1, [3 * n for n in macs])
    text = f"{text}, two operations for each multiply-accumulate"
    six = [6 * n for n in macs]
    yield Way("operations", "training step, 2 × MACs", text, 2, six, flop=True)
    seen = _Seen(analysis)
    for name in _tools():
        yield from _by_tool(analysis, name, seen.by(operations_of, name))


@cache
def _tools() -> tuple[str, ...]:
    """Return the conventions whose operations are a way of their own."""
    known: list[object] = []
    found = []
    for name, convention in CONVENTIONS.items():
        if convention.operations in known:
            continue  # as another tool counts, whose rules it took over
        known.append(convention.operations)
        if convention.unit and name not in (USUAL, "lecture", "torch"):
            found.append(name)
    return tuple(found)


def _by_tool(analysis: Analysis, name: str, counts: list[int]) -> Iterator[Way]:
    """Yield a convention's operations, a softmax at the end left out and in.

    Libraries leave it to the loss, so the tools do not see it there.
    """
    text = f"as {name} counts ({CONVENTIONS[name].brief})"
    flop = name in OPERATIONS_ALONE
    ends = {i for i in _left_to_loss(analysis) if counts[i]}
    if ends:
        more = f"{text}, the last softmax included"
        yield Way("operations", f"{name} + softmax", more, 2, counts)
        counts = [0 if i in ends else count for i, count in enumerate(counts)]
        text = f"{text}, the last softmax left to the loss"
    yield Way("operations", name, text, 1, counts, flop=flop)
    if CONVENTIONS[name].unit == "MAC":
        text = f"twice what {name} counts{DOUBLED.get(name, '')}"
        double = [2 * n for n in counts]
        yield Way("operations", f"2 × {name}", text, 2, double, flop=True)


def _left_to_loss(analysis: Analysis) -> list[int]:
    """Return the outputs that are a softmax, which libraries leave to the loss."""
    graph = analysis.graph
    return [i for i in graph.outputs if graph.nodes[i].layer.left_to_loss]


class _Seen:
    """What conventions see of every node: equal layers with equal inputs are one view.

    One for all conventions, so that each layer's own rules run once.
    """

    def __init__(self, analysis: Analysis) -> None:
        graph = analysis.graph
        found: dict[tuple[int, tuple[Shape, ...]], int] = {}
        self.views: list[View] = []
        self.places: list[int] = []
        for node in graph.nodes:
            shapes = graph.input_shapes(node)
            place = found.setdefault((id(node.layer), shapes), len(found))
            if place == len(self.views):
                work = node.layer.work(node.shape, *shapes)
                self.views.append(View(node.layer, shapes, node.shape, work))
            self.places.append(place)

    def by(self, rule: Callable[[Convention, View], object], name: str) -> list[int]:
        """Return what a convention counts of each node."""
        convention = CONVENTIONS[name]
        counts = [_number(rule(convention, view)) for view in self.views]
        return [counts[place] for place in self.places]


def _groups(analysis: Analysis, node: Node) -> int:
    """Return the groups of a convolution, 1 for any other layer."""
    count = getattr(node.layer, "group_count", None)
    if count is None:
        return 1
    return int(count(*analysis.graph.input_shapes(node)))


# -- parameters ------------------------------------------------------------------------


def _parameters(analysis: Analysis, plain: bool) -> Iterator[Way]:
    facts, nodes = analysis.facts, analysis.graph.nodes

    def owned(figure: Callable[[int], object]) -> list[int]:
        counts = _numbers(analysis, figure)
        return [n if nodes[i].share is None else 0 for i, n in enumerate(counts)]

    full = owned(lambda i: facts[i].weights + facts[i].biases + facts[i].norms)
    yield Way("parameters", "params", "trainable parameters", 0, full)
    if plain:
        return
    text = "weights without biases and normalization"
    yield Way("parameters", "weights", text, 1, owned(lambda i: facts[i].weights))
    unnormed = owned(lambda i: facts[i].weights + facts[i].biases)
    text = "weights and biases without normalization"
    yield Way("parameters", "no norms", text, 1, unnormed)
    keras = _Seen(analysis).by(params_of, "keras")
    text = "parameters with the running mean and variance of batch norms, 4 per channel"
    running = owned(lambda i: keras[i])
    yield Way("parameters", "BN 4 per channel", text, 1, running)
    normed = {n.inputs[0] for n in nodes if n.layer.role == "norm"}
    under = owned(lambda i: _bias_left_out(nodes[i]) if i in normed else 0)
    text = "parameters with a bias also where a normalization follows"
    added = [n + m for n, m in zip(full, under, strict=True)]
    yield Way("parameters", "biases under norms", text, 1, added)
    text = (
        "parameters with a bias also where a normalization follows, and 4 per channel "
        "of a batch norm (the ResNets of Keras' applications)"
    )
    added = [n + m for n, m in zip(running, under, strict=True)]
    yield Way("parameters", "biases under norms, BN 4 per channel", text, 1, added)
    pairs = owned(lambda i: _pairs(analysis, nodes[i]))
    text = (
        "parameters with one bias a pair of input and output map of a convolution "
        "(Ji 2013: 289,536 of layer C6)"
    )
    added = [n + m for n, m in zip(full, pairs, strict=True)]
    yield Way("parameters", "a bias a pair of maps", text, 1, added)
    more = owned(lambda i: facts[i].weights * (_groups(analysis, nodes[i]) - 1))
    whole = [n + m for n, m in zip(full, more, strict=True)]
    text = "parameters as if no convolution had groups"
    yield Way("parameters", "no groups", text, 1, whole)


def _bias_left_out(node: Node) -> int:
    """Return how many biases a convolution or linear layer could have but has not."""
    layer = node.layer
    if layer.family not in ("convolution", "linear") or getattr(layer, "bias", True):
        return 0
    axis = 0 if layer.family == "convolution" else -1
    return _number(node.shape[axis])


def _pairs(analysis: Analysis, node: Node) -> int:
    """Return how many biases more a convolution has with one for each pair of maps.

    A weight has a plane for each pair: the maps of a group alone meet each other.
    """
    if node.layer.family != "convolution" or not analysis.facts[node.index].biases:
        return 0
    shapes = node.layer.weights(*analysis.graph.input_shapes(node))
    maps, seen, *_ = weight_of(shapes) or ()
    planes = _number(maps) * _number(seen)
    return planes - _number(analysis.facts[node.index].biases)


# -- values ----------------------------------------------------------------------------


def _values(analysis: Analysis, plain: bool) -> Iterator[Way]:
    nodes, facts = analysis.graph.nodes, analysis.facts
    sizes = _numbers(analysis, lambda i: facts[i].values)
    once = [0 if analysis.in_place(nodes[i]) else n for i, n in enumerate(sizes)]
    yield Way("values", "outputs", "each layer's output once", 0, once)
    if plain:
        return
    text = "outputs and as many gradients, for forward and backward"
    yield Way("values", "2 × outputs", text, 1, [2 * n for n in once])
    inputs = analysis.graph.inputs
    alone = [0 if i in inputs else n for i, n in enumerate(once)]
    yield Way("values", "no input", "outputs without the input", 1, alone)
    relus = [sizes[i] if _bends(nodes[i]) else n for i, n in enumerate(once)]
    text = "outputs, those of activation functions kept apart"
    yield Way("values", "ReLUs kept", text, 1, relus)
    after = [n if _spatial(nodes[i]) else once[i] for i, n in enumerate(relus)]
    text = "outputs, those of activation functions on images kept apart"
    yield Way("values", "conv ReLUs kept", text, 1, after)
    text = "the outputs of convolutions alone (Radosavovic 2020)"
    convs = [n if _is_convolution(nodes[i]) else 0 for i, n in enumerate(sizes)]
    yield Way("values", "conv outputs", text, 1, convs)
    text = "the outputs of convolutions and linear layers (fvcore's count for a CNN)"
    products = [
        n if nodes[i].layer.family in ("convolution", "linear") else 0
        for i, n in enumerate(sizes)
    ]
    yield Way("values", "conv, fc outputs", text, 1, products)
    every = [0 if nodes[i].layer.storage == "view" else n for i, n in enumerate(sizes)]
    text = "the output of every operation kept"
    yield Way("values", "all kept", text, 1, every)


def _bends(node: Node) -> bool:
    return node.layer.role == "activation" and not node.layer.left_to_loss


def _is_convolution(node: Node) -> bool:
    return node.layer.family == "convolution"


def _spatial(node: Node) -> bool:
    return len(node.shape) > 2


# -- bytes -----------------------------------------------------------------------------


def _bytes(analysis: Analysis, plain: bool) -> Iterator[Way]:
    for way in (*_parameters(analysis, plain), *_values(analysis, plain)):
        yield from _in_bytes(way)
    if not plain:
        yield from _of_tools(analysis)


def _in_bytes(way: Way) -> Iterator[Way]:
    """Yield the bytes of parameters or values, in float32 and in half of that."""
    for size, weight, format in ((BYTES, 0, "float32"), (BYTES // 2, 1, "float16")):
        nodes = [size * n for n in way.nodes or ()]
        tag = way.tag if size == BYTES else f"{way.tag}, {format}"
        text = f"bytes of {way.text}, in {format}"
        holds: Contents = "parameters" if way.kind == "parameters" else "values"
        yield Way("bytes", tag, text, way.weight + weight, nodes, holds=holds)


def _of_tools(analysis: Analysis) -> Iterator[Way]:
    """Yield sizes of tools, and the totals that they make of them."""
    memory, total = analysis.memory, analysis.total
    given = sum(numel(analysis.graph.nodes[i].shape) for i in analysis.graph.inputs)
    other = BYTES * _number(given + total.params)
    for name in ("torchsummary", "torchinfo", "convnet-burden"):
        rule = RULES[name]
        size = _number(memory.activations_by(name))
        for end in _left_to_loss(analysis) if rule.counts == "modules" else ():
            shape = analysis.graph.nodes[end].shape
            size -= BYTES * rule.times * _number(numel(shape))
        binary = "2²⁰" in rule.cite
        text = f"{name}: {rule.text}"
        yield Way("bytes", name, text, 1, None, size, binary, holds="values")
        if not rule.inputs and rule.times == 2:
            text = f"{name}'s estimated total: input, outputs twice, parameters"
            yield Way("bytes", f"{name} total", text, 1, None, size + other, binary)
    peak = memory.peak_inference
    text = "the most that is in memory at one time in inference"
    yield Way("bytes", "peak inference", text, 2, None, peak, holds="values")
    if analysis.graph.unfit:  # training runs every side head
        return
    text = "what the forward pass keeps for the backward pass, without parameters"
    yield Way("bytes", "saved for backward", text, 2, None, memory.saved_for_backward)
    text = "the peak of a training step with SGD, all included"
    yield Way("bytes", "training", text, 2, None, memory.training.peak)


# -- depth and field -------------------------------------------------------------------


def _depths(analysis: Analysis, plain: bool) -> Iterator[Way]:
    """Yield ways to count layers; side heads stand aside."""
    graph = analysis.graph
    nodes = [n for n in graph.nodes if not n.aux and n.layer.role != "input"]
    weighty = [n for n in nodes if weighs(graph, n)]
    text = "layers with weights on the longest path"
    yield Way("depth", "longest path", text, 0, None, depth(graph))
    if plain:
        return
    text = "all layers with weights, projections and branches among them"
    yield Way("depth", "layers with weights", text, 1, None, len(weighty))
    convs = sum(map(_is_convolution, weighty))
    yield Way("depth", "convolutions", "convolutions alone", 1, None, convs)
    text = "all layers with parameters, normalizations too (Keras' applications, Depth)"
    owners = [n for n in nodes if n.layer.weights(*graph.input_shapes(n))]
    yield Way("depth", "layers with parameters", text, 1, None, len(owners))
    text = "operations of any kind on the longest path"
    paths = depths(graph, lambda _, node: int(node.layer.role != "input"))
    path = max(paths[i] for i in graph.outputs)
    yield Way("depth", "longest path of operations", text, 1, None, path)
    yield Way("depth", "operations", "operations of any kind", 1, None, len(nodes))


def _fields(analysis: Analysis, plain: bool) -> Iterator[Way]:
    """Yield receptive fields: of the last layer that has one, then of each row."""
    fields = analysis.receptive
    sizes: dict[int, str] = {}
    for row in analysis.rows:
        field = fields[row.output]
        if field and not row.aux:
            size = max(axis.size for axis in field)
            sizes.pop(size, None)
            sizes[size] = row.name
    text = "receptive field of {}, the last layer that does not see the whole input"
    for i, (size, name) in enumerate(reversed(sizes.items())):
        tag = f"field of {name}"
        said = f"receptive field of {name}" if i else text.format(name)
        yield Way("field", tag, said, 2 if i else 0, None, size)
        if plain:
            return


KINDS_OF_WAYS: dict[Kind, Callable[[Analysis, bool], Iterator[Way]]] = {
    "operations": _operations,
    "parameters": _parameters,
    "values": _values,
    "bytes": _bytes,
    "depth": _depths,
    "field": _fields,
}
