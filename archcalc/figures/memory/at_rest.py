"""What stays in memory whatever runs: parameters, buffers, optimizer state; disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archcalc.figures.counted import Counted
from archcalc.figures.formats import dtype_bits, in_bytes
from archcalc.figures.memory.optimizers import check_trains, named_way, optimizer
from archcalc.figures.memory.storages import number
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Shape, numel
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim

WHOLE = ("num_batches_tracked", "relative_position_index")
"""Buffers of whole numbers, whatever the format of the run."""
WHOLE_BYTES = 8
"""Bytes of a whole number: torch counts batches in int64."""
MASTER = "float32"
Tensor = tuple[str, Shape]
"""The name and shape of a weight or buffer."""


class Static(NamedTuple):
    """Bytes that training holds from its first step on."""

    parameters: Dim
    buffers: Dim
    gradients: Dim
    optimizer_state: Dim


def tensors(nodes: Iterable[Node], graph: Graph, buffers: bool) -> Iterator[Tensor]:
    """Yield every weight or buffer of some nodes, borrowed ones left out."""
    for node in nodes:
        if node.share is None:
            shapes = graph.input_shapes(node)
            rule = node.layer.buffers if buffers else node.layer.weights
            yield from rule(*shapes).items()


def trained(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield the nodes whose weights training changes."""
    return (node for node in nodes if not node.frozen)


def size_of(name: str, shape: Shape, dtype: str) -> Dim:
    """Return the bytes of a weight or buffer, up to whole bytes.

    A whole number has 8.
    """
    if name in WHOLE:
        return numel(shape) * WHOLE_BYTES
    return in_bytes(numel(shape), dtype_bits(dtype))


def on_disk(nodes: Sequence[Node], graph: Graph, dtype: str) -> Dim:
    """Return the bytes of parameters and buffers of some nodes in a number format.

    As a checkpoint has them (`state_dict`): every tensor once, each rounded up to whole
    bytes, the batch norms' counters as int64. Headers and names are not counted.
    """
    total: Dim = 0
    for buffers in (False, True):
        for name, shape in tensors(nodes, graph, buffers):
            total = total + size_of(name, shape, dtype)
    return total


def weight_dtype(analysis: Counted) -> str:
    """Return the number format of weights, gradients and optimizer state."""
    return MASTER if analysis.setting.mixed else analysis.setting.dtype


def stored_dtype(analysis: Counted) -> str:
    """Return the number format on disk: the one that was asked for, or the weights'."""
    return analysis.setting.stored or weight_dtype(analysis)


def static(analysis: Counted) -> Static:
    """Return what training holds, side heads included, once all gradients are there.

    Frozen parameters have neither a gradient nor any state.
    """
    dtype = weight_dtype(analysis)
    chosen = optimizer(analysis.setting.optimizer)
    gradients: Dim = 0
    state: Dim = 0
    graph = analysis.graph
    for name, shape in tensors(trained(graph.nodes), graph, buffers=False):
        check_trains(chosen, analysis.setting.optimizer, name, shape)
        size = size_of(name, shape, dtype)
        gradients = gradients + size
        state = state + chosen.state(shape, size)
    parameters = gradients
    frozen = (node for node in graph.nodes if node.frozen)
    for name, shape in tensors(frozen, graph, buffers=False):
        parameters = parameters + size_of(name, shape, dtype)
    buffers: Dim = 0
    for name, shape in tensors(graph.nodes, graph, buffers=True):
        buffers = buffers + size_of(name, shape, dtype)
    return Static(parameters, buffers, gradients, state)


def temporaries(analysis: Counted) -> int:
    """Return the most bytes that the optimizer makes while it updates the weights.

    Raises `UsageError` AC541 where a size is a symbol.
    """
    chosen, way = named_way(analysis.setting.optimizer)
    graph, dtype = analysis.graph, weight_dtype(analysis)
    sizes = [
        number(size_of(name, shape, dtype), node)
        for node in trained(graph.nodes)
        for name, shape in tensors([node], graph, buffers=False)
    ]
    return chosen.temporaries(way, sizes)
