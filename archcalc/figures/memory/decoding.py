"""What one more token costs where a network generates text, with keys and values kept.

The graph is inferred again for one token: each causal attention reads the keys and
values of earlier tokens from a cache. So what a layer does for a token, and what it
keeps of it, are its own rules; sizes may be names, and then figures are closed forms.
"""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.errors import ShapeError, UsageError
from archcalc.figures.facts import flops, macs
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Layer, Shape, numel
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim, assuming, least
from archcalc.sizes.polynomials import symbol


class Cost(NamedTuple):
    """Operations and values of one pass: over one more token, or over a text.

    `read` are the weights that the pass reads, `cached` the values of the keys and
    values that stand in the cache before it, `kept` what the pass adds to them. All but
    `read` are those of one sample.
    """

    macs: Dim = 0
    flops: Dim = 0
    read: Dim = 0
    cached: Dim = 0
    kept: Dim = 0


class Visit(NamedTuple):
    """A node at other sizes than those of its network."""

    node: Node
    layer: Layer
    inputs: tuple[Shape, ...]
    output: Shape


PAST = "P"
"""The letter for the number of earlier tokens in closed forms."""


def one_more(graph: Graph, past: Dim | None = None, batch: int = 1) -> Cost:
    """Return what the next token costs after `past` others; None for a closed form.

    Raises `UsageError` AC548 for a network that does not write token after token.
    """
    check_causal(graph)
    before = symbol(PAST) if past is None else past
    total = Cost()
    read: dict[int, Dim] = {}
    for visit in visits(graph, 1, before):
        work, values = visit.layer.work(visit.output, *visit.inputs), _remembered(visit)
        owner = graph.owner(visit.node).index
        amount = _read(visit, batch)
        if not visit.layer.looks_up or owner not in read:
            read[owner] = amount
        seen = visit.layer.reach
        kept = before if seen is None else least(before, seen)
        total = Cost(
            total.macs + macs(work),
            total.flops + flops(work),
            0,
            total.cached + values * kept,
            total.kept + values,
        )
    return total._replace(read=sum(read.values(), 0))


def whole_text(graph: Graph, tokens: Dim | None = None) -> Cost:
    """Return what a text costs that is read at once; None for a closed form in P.

    Raises `UsageError` AC548 for a network that does not write token after token.
    """
    check_causal(graph)
    count = symbol(PAST) if tokens is None else tokens
    total = Cost()
    for visit in visits(graph, count, 0):
        work, seen = visit.layer.work(visit.output, *visit.inputs), visit.layer.reach
        kept = count if seen is None else least(count, seen)
        total = total._replace(
            macs=total.macs + macs(work),
            flops=total.flops + flops(work),
            kept=total.kept + _remembered(visit) * kept,
        )
    return total


def visits(graph: Graph, tokens: Dim, past: Dim) -> Iterator[Visit]:
    """Yield every node of inference for so many tokens behind so many others."""
    shapes: dict[int, Shape] = {}
    known: dict[tuple[int, tuple[Shape, ...]], tuple[Layer, Shape]] = {}
    with assuming():
        for node in graph.nodes:
            if node.aux:
                continue
            inputs = tuple(shapes[i] for i in node.inputs)
            key = id(node.layer), inputs
            if node.index in graph.inputs:
                found = node.layer, (tokens, *node.shape[1:])
            elif key in known:
                found = known[key]
            else:
                found = known[key] = _behind(graph, node, inputs, past)
            layer, shapes[node.index] = found
            yield Visit(node, layer, inputs, shapes[node.index])


def _behind(
    graph: Graph, node: Node, inputs: tuple[Shape, ...], past: Dim
) -> tuple[Layer, Shape]:
    """Return a node's layer behind so many tokens, and what it gives."""
    layer = node.layer.after(past)
    try:
        return layer, layer.shape(*inputs)
    except ShapeError as error:
        raise _refused(graph, node, error.problems[0].message) from None


def check_causal(graph: Graph) -> None:
    """Raise `UsageError` AC548 unless tokens come one after the other."""
    nodes = [node for node in graph.nodes if not node.aux]
    if not any(_is_causal(graph, node) for node in nodes):
        raise UsageError.of(
            "AC548",
            "decode needs causal attention, and this network has none",
            help="in a decoder, attention has `causal: true`",
        )
    if len(graph.inputs) != 1:
        names = ", ".join(graph.nodes[i].name for i in graph.inputs)
        raise UsageError.of(
            "AC548",
            f"decode reads one input, and this network has {len(graph.inputs)}",
            facts=[f"they are {names}"],
            help="write the decoder as a network of its own",
        )
    for node in nodes:
        alone = node.layer.window(*graph.input_shapes(node)) is None
        if not alone and not _is_causal(graph, node):
            raise _refused(
                graph, node, "it sees other tokens, and not as a cache has it"
            )


def _is_causal(graph: Graph, node: Node) -> bool:
    """Say whether a node reads earlier tokens from a cache."""
    kept = node.layer.remembers(*graph.input_shapes(node))
    return not (isinstance(kept, int) and kept == 0)


def _refused(graph: Graph, node: Node, why: str) -> UsageError:
    (name,) = graph.called([node.index])
    return UsageError.of(
        "AC548",
        f"{name} ({node.layer.key}) cannot read one token after the other",
        facts=[why],
        help="decode needs a network whose tokens meet in causal attention alone",
    )


def _remembered(visit: Visit) -> Dim:
    """Return the values that a node keeps of one token for later ones."""
    return visit.layer.remembers(*visit.inputs)


def _read(visit: Visit, batch: int) -> Dim:
    """Return the weights that a pass over one token of each sample reads."""
    layer, shapes = visit.layer, visit.inputs
    if layer.looks_up:
        return numel(visit.output) * batch
    every = sum(map(numel, layer.weights(*shapes).values()), 0)
    return every - layer.idle(*shapes, tokens=batch)
