"""A linear layer over the width of a feature map, where a classifier is meant."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.checks.lint.base import Hint, Linted
from archcalc.checks.rule import Rule
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import times

RULE = Rule(
    "AC417",
    "linear-over-width",
    "`linear` multiplies the last axis, as torch.nn.Linear does. Of a feature map (C, "
    "H, W) this is the width: every row of every channel gets outputs of its own. "
    "`fc` flattens its input first, and a convolution with kernel 1 works on the "
    "channels. Nothing is said if a later convolution or pool reads the result as a "
    "map, unless the last axis has size 1, as after `gap`.",
    "- {conv: 8, kernel: 3}\n- {linear: 10}",
    "- {conv: 8, kernel: 3}\n- {fc: 10}",
    help="fc flattens first",
)
LAST, MAP = "channels last", "signal"
"""What layers call their axes: those on the last one, and those that slide."""
PASSING = ("activation", "norm", "drop", "combine")
"""Roles of layers that leave it open what the axes are."""


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each linear layer on a map that is read as none behind it."""
    graph = net.graph
    asked = [n for n in graph.nodes if _takes_last(n) and len(n.shape) > 1]
    if not asked:
        return
    maps, slid = _maps(graph), _before_maps(graph)
    for node in asked:
        source = maps.get(node.inputs[0])
        (x,) = graph.input_shapes(node)
        if source is not None and (node.index not in slid or x[-1] == 1):
            yield _hint(net, node, graph.nodes[source])


def _takes_last(node: Node) -> bool:
    return node.layer.role == "matrix" and node.layer.axis_names == LAST


def _makes_map(node: Node) -> bool:
    """Say whether a layer is a convolution or a pool over two axes or more.

    Two axes, `(C, L)`, may be tokens as well, and a forecast works on the positions.
    """
    if node.layer.axis_names != MAP or node.layer.role not in ("matrix", "pool"):
        return False
    return len(node.shape) > 2 or node.shape[-1] == 1


def _maps(graph: Graph) -> dict[int, int]:
    """Return, by node, the layer before it that makes its output a map."""
    found: dict[int, int] = {}
    for node in graph.nodes:
        if node.inputs and _makes_map(node):
            found[node.index] = node.index
        elif node.layer.role in PASSING:
            source = next((found[i] for i in node.inputs if i in found), None)
            if source is not None:
                found[node.index] = source
    return found


def _before_maps(graph: Graph) -> set[int]:
    """Return the nodes behind which a convolution or a pool stands."""
    found: set[int] = set()
    for node in reversed(graph.nodes):
        if node.index in found or _makes_map(node):
            found.update(node.inputs)
    return found


def _hint(net: Linted, node: Node, other: Node) -> Hint:
    """Return the hint: what the layer multiplies, and what would be meant."""
    (x,) = net.graph.input_shapes(node)
    line = net.network.spec.source.place(other.origin).line
    key, out = node.layer.key, getattr(node.layer, "out", 10)
    what = "width" if len(x) > 2 else "positions"
    message = f"{key} works on the last axis of {times(x)}, the {what} of a map"
    made = f"{key} makes {times(node.shape)}"
    fact = f"{other.name}, line {line}, has {x[0]} channels; {made}"
    help = f"{{fc: {out}}} flattens first; {{conv: {out}}} works on the channels"
    return Hint(net.written(node) or node.origin, message, (fact,), help)
