"""The figures that `expect` may assert, each computed from an analysis.

Sums of `Figures`, figures of the whole graph, and what a layer is made of. `derived` is
arithmetic on them, also across networks: a share, a ratio, a sum without one row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from archcalc.catalogue import FIGURES
from archcalc.errors import nearest
from archcalc.figures.backward import backward_macs
from archcalc.figures.conventions import USUAL
from archcalc.graph.graph import Node
from archcalc.graph.paths import connections, depths
from archcalc.language.about import METRICS
from archcalc.layers.axes import feature_axis
from archcalc.layers.base import Shape
from archcalc.layers.reparametrized import weight_of
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network, load
from archcalc.network.rows import Row
from archcalc.readers import object_named, refused_import
from archcalc.sizes.dims import Dim
from archcalc.sizes.expressions import ExpressionError, Given, parse

Metric = Callable[[Analysis, Row | None], Any]
MEASURED = tuple(name for name in METRICS if name != "is")
"""What has a figure; `is` is arithmetic on these."""
OPERAND = r"(?P<metric>[a-z_]+)(?: at (?P<at>[^ ]+))?(?: of (?P<net>[^ ]+))?"


def measure(analysis: Analysis, metric: str, at: str | None = None) -> Any:
    """Return one figure of the network, or of one of its layers or groups.

    Raises `UsageError` for a layer that is not there, `ValueError` for a figure that
    this layer or network does not have.
    """
    row = None if at is None else analysis.row(at)
    if metric in GRAPH_METRICS:
        return GRAPH_METRICS[metric](analysis, row)
    if metric == "shape":
        return _only_output(analysis) if row is None else row.shape
    figures = analysis.total if row is None else row.figures
    return getattr(figures, counted_as(metric, analysis.convention.name))


def counted_as(metric: str, convention: str) -> str:
    """Return the figure that a metric names where a source counts by a convention.

    What a tool calls MACs or FLOPs are its own operations.
    """
    if convention == USUAL:
        return metric
    return FIGURES[metric].by_convention or metric


class Others(dict[str, Analysis]):
    """Networks that are named beside the one in question, each read once.

    `find` gives the network of a name; without it, no name is imported. `asked` has
    the names that were asked for, again and again.
    """

    def __init__(self, find: Callable[[str], Network] | None = None) -> None:
        super().__init__()
        self.find = find or without_import
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Analysis:
        self.asked.append(name)
        return super().__getitem__(name)

    def __missing__(self, name: str) -> Analysis:
        found = self[name] = self.find(name).analyze()
        return found


def without_import(name: str) -> Network:
    """Return the network of a name; raise `UsageError` AC594 for a PyTorch module."""
    if object_named(name) is not None:
        raise refused_import(name)
    return load(name)


def derived(
    analysis: Analysis, arithmetic: str, operands: Mapping[str, str], others: Others
) -> Given:
    """Return arithmetic on figures; an operand is `METRIC [at LAYER] [of NET]`.

    Raises `ValueError` for what is no operand or no arithmetic.
    """
    values = {n: _operand(analysis, text, others) for n, text in operands.items()}
    try:
        return parse(arithmetic).evaluate(values)
    except ExpressionError as error:
        raise ValueError(f"{arithmetic}: {error.message}") from None


def _operand(analysis: Analysis, text: str, others: Others) -> Any:
    match = re.fullmatch(OPERAND, " ".join(text.split()))
    if match is None or match["metric"] not in MEASURED:
        near = nearest(text.partition(" ")[0], MEASURED)
        raise ValueError(
            f"{text!r} is not a figure: write `METRIC at LAYER of NET`"
            + (f"; {near}" if near else "")
        )
    chosen = others[match["net"]] if match["net"] else analysis
    return measure(chosen, match["metric"], match["at"])


# -- figures of the graph --------------------------------------------------------------


def _only_output(analysis: Analysis) -> Shape:
    """Return the output's shape; raise `ValueError` where there are several."""
    if len(analysis.outputs) > 1:
        names = analysis.graph.called(analysis.graph.outputs)
        raise ValueError(f"there are several outputs: choose one with `at: {names[0]}`")
    return analysis.output


def _outputs(analysis: Analysis, row: Row | None) -> tuple[int, ...]:
    """Return the node that leaves a row, or those that leave the network."""
    return analysis.graph.outputs if row is None else (row.output,)


def _inside(analysis: Analysis, row: Row | None) -> Sequence[int]:
    """Return the nodes of a row, or all."""
    return range(len(analysis.graph.nodes)) if row is None else row.nodes


def _receptive_field(analysis: Analysis, row: Row | None) -> Dim | Fraction | None:
    found = analysis.receptive
    fields = [found[i] for i in _outputs(analysis, row)]
    if not all(fields):  # one that sees the whole input
        return None
    return max(f.size for axes in fields if axes for f in axes)


def _depth(analysis: Analysis, row: Row | None) -> int:
    found = depths(analysis.graph)
    return max(found[i] for i in _outputs(analysis, row))


def _connections(analysis: Analysis, row: Row | None) -> int:
    return connections(analysis.graph, _inside(analysis, row))


def _nodes(analysis: Analysis, row: Row | None) -> Iterator[Node]:
    """Yield the nodes of a row or group; of the network without its side heads."""
    nodes = analysis.graph.nodes
    if row is not None:
        yield from (nodes[i] for i in row.nodes)
        return
    yield from (node for node in nodes if not node.aux)


def _convs(analysis: Analysis, row: Row | None) -> int:
    found = _nodes(analysis, row)
    return sum(node.layer.family == "convolution" for node in found)


def _heads(analysis: Analysis, row: Row | None) -> int:
    analysis.graph.need_heads()
    inside, groups = set(_inside(analysis, row)), analysis.graph.groups
    return sum(group.kind == "aux" and group.first in inside for group in groups)


def _kinds(analysis: Analysis, row: Row | None) -> tuple[str, ...]:
    """Return the kinds of the rows in order, norms and activations folded in."""
    inside = {node.index for node in _nodes(analysis, row)}
    heads = [analysis.graph.nodes[r.nodes[0]] for r in analysis.rows]
    return tuple(
        node.layer.key
        for node in heads
        if node.index in inside and node.layer.role != "input"
    )


def _layers(analysis: Analysis, row: Row | None) -> int:
    """Return how many rows there are, norms and activations folded in."""
    return len(_kinds(analysis, row))


def _relu_kept(analysis: Analysis, row: Row | None) -> Dim:
    """Return the activations with each activation function's output kept apart.

    Softmax and dropout still overwrite what they read.
    """
    figures = analysis.total if row is None else row.figures
    copies = [
        analysis.facts[node.index].values
        for node in _nodes(analysis, row)
        if node.layer.role == "activation"
        and not node.layer.left_to_loss
        and analysis.in_place(node)
    ]
    return figures.activations + sum(copies, 0) * analysis.setting.batch


# -- figures of memory -----------------------------------------------------------------


def _peak(analysis: Analysis, row: Row | None) -> int:
    """Return the peak of inference, or the most that lives while a row runs."""
    if row is None:
        return analysis.memory.peak_inference
    return analysis.memory.live(row.nodes)


def _arena(runtime: str) -> Metric:
    """Return the rule of what a runtime for small devices reserves."""

    def metric(analysis: Analysis, row: Row | None) -> int:
        from archcalc.figures.memory.planners import planner_named
        from archcalc.figures.memory.planners.planner import plan

        if row is not None:
            raise ValueError("an arena is a figure of the whole network: remove `at`")
        return plan(analysis, planner_named(runtime)).arena

    return metric


def _training(analysis: Analysis, row: Row | None) -> int:
    """Return the peak of training; raise `ValueError` for a row, which has none."""
    if row is not None:
        raise ValueError(
            "training memory is a figure of the whole network: remove `at`"
        )
    return analysis.memory.peak_training.peak


def _saved(analysis: Analysis, row: Row | None) -> int:
    return analysis.memory.saved(_inside(analysis, row))


def _disk(analysis: Analysis, row: Row | None) -> Dim:
    return analysis.memory.disk(_inside(analysis, row))


# -- a step of training ----------------------------------------------------------------


def _backward_macs(analysis: Analysis, row: Row | None) -> Dim:
    return sum((analysis.backward[i] for i in _trained(analysis, row)), 0)


def _trained(analysis: Analysis, row: Row | None) -> Sequence[int]:
    """Return the nodes of a row, or all: training runs side heads too."""
    if row is None:
        analysis.graph.need_heads()
    return _inside(analysis, row)


def _training_macs(analysis: Analysis, row: Row | None) -> Dim:
    """Return those of forward, of backward, and of what runs again with checkpoints."""
    nodes = _trained(analysis, row)
    forward = (
        analysis.figures(nodes).macs + analysis.figures(_again(analysis, nodes)).macs
    )
    return forward + _backward_macs(analysis, row)


def _again(analysis: Analysis, nodes: Sequence[int]) -> list[int]:
    """Return those of some nodes that run again in backward, with checkpoints."""
    if analysis.setting.checkpoint == "none":
        return []
    from archcalc.figures.memory.checkpoints import segments

    parts = segments(analysis.graph, analysis.setting.checkpoint)
    return [i for i in nodes if any(part.first <= i < part.end for part in parts)]


def _training_flops(analysis: Analysis, row: Row | None) -> Dim:
    """Return 2 for each multiply-accumulate, by the convention if it counts them."""
    macs = _training_macs(analysis, row)
    if analysis.convention.counts_training:
        by_torch = backward_macs(analysis, by_torch=True)
        macs += sum((by_torch[i] for i in _trained(analysis, row)), 0)
        macs -= _backward_macs(analysis, row)
    return 2 * macs


# -- what a layer is made of -----------------------------------------------------------


def _layer(analysis: Analysis, row: Row | None) -> Node:
    if row is None:
        raise ValueError("name the layer: `at: conv1`")
    return analysis.graph.nodes[row.nodes[0]]


def _channels(analysis: Analysis, row: Row | None) -> Dim:
    shape = _only_output(analysis) if row is None else row.shape
    return shape[feature_axis(shape)]


def _weight_shape(analysis: Analysis, row: Row | None) -> tuple[Dim, ...]:
    """Return out × in × kernel, as torch has the weight."""
    node = _layer(analysis, row)
    shapes = node.layer.weights(*analysis.graph.input_shapes(node))
    shape = weight_of(shapes)
    if shape is None:
        raise ValueError(f"{node.name} has no weight")
    return shape


def _argument(name: str) -> Metric:
    """Return the metric of one argument of a layer; one number where all axes agree."""

    def metric(analysis: Analysis, row: Row | None) -> Any:
        node = _layer(analysis, row)
        sliding = getattr(node.layer, "sliding", None)
        source = sliding(*analysis.graph.input_shapes(node)) if sliding else node.layer
        value = getattr(source, name, getattr(node.layer, name, None))
        if value is None:
            raise ValueError(f"{node.name} has no {name}")
        if isinstance(value, tuple) and len(set(value)) == 1:
            return value[0]
        return value

    return metric


GRAPH_METRICS: dict[str, Metric] = {
    "receptive_field": _receptive_field,
    "depth": _depth,
    "connections": _connections,
    "convs": _convs,
    "heads": _heads,
    "layers": _layers,
    "kinds": _kinds,
    "relu_kept": _relu_kept,
    "channels": _channels,
    "weight_shape": _weight_shape,
    **{name: _argument(name) for name in ("kernel", "stride", "groups")},
    "peak": _peak,
    **{f"arena_{name}": _arena(name) for name in ("executorch", "tflm", "litert")},
    "training": _training,
    "saved": _saved,
    "disk": _disk,
    "backward_macs": _backward_macs,
    "training_macs": _training_macs,
    "training_flops": _training_flops,
}
