"""A norm or gate over the positions of a signal, where its channels are meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.checks.lint.base import Hint, Linted, fix
from archcalc.checks.rule import Rule
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import times
from archcalc.layers.learned import LayerScale
from archcalc.layers.reshape import Identity
from archcalc.source.edits import Edit
from archcalc.source.values import Scalar, Value

FRAME = "name: net\ninput: [8, 128]\nlayers:\n  - {conv: 16, kernel: 3}\n"
RULE = Rule(
    "AC412",
    "norm-over-positions",
    "For `ln`, `rms`, `glu` and `softmax`, two sizes are tokens `(N, D)`, and they "
    "work on the last axis. For convolutions and pools, two sizes are a signal `(C, "
    "L)`, whose last axis is time. Between convolutions, write `{ln: channels}` or "
    "`{glu: 0}` for the channels. If you mean the last axis, write `{ln: last}` or "
    "`{glu: 1}`.",
    f"{FRAME}  - ln\n",
    f"{FRAME}  - {{ln: channels}}\n",
    help="name the axis",
    fixable=True,
)
PASSING = ("activation", "norm", "drop", "combine")
"""Roles of layers that leave it open what the axes are."""
SIGNAL = "signal"


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each such layer beside one that slides along the last axis."""
    graph = net.graph
    asked = [n for n in graph.nodes if n.inputs and _takes_features(n, graph)]
    if not asked:
        return
    before, after = _seen_before(graph), _seen_after(graph)
    for node in asked:
        other = before.get(node.inputs[0])
        if other is None:
            other = after.get(node.index)
        if other is not None:
            yield _hint(net, node, graph.nodes[other])


def _takes_features(node: Node, graph: Graph) -> bool:
    """Say whether a layer takes the features of two axes without naming them."""
    layer: Any = node.layer
    if len(graph.input_shapes(node)[0]) != 2:
        return False
    if hasattr(layer, "along"):
        return layer.axis is None
    return getattr(layer, "over", None) == "features"


def _seen_before(graph: Graph) -> dict[int, int]:
    """Return, by node, a layer before it that makes its output a signal."""
    found: dict[int, int] = {}
    for node in graph.nodes:
        if len(node.shape) != 2 or not node.inputs:
            continue
        if _slides(node, graph):
            found[node.index] = node.index
        elif _passes(node, graph):
            known = (found[i] for i in node.inputs if i in found)
            source = next(known, None)
            if source is not None:
                found[node.index] = source
    return found


def _seen_after(graph: Graph) -> dict[int, int]:
    """Return, by node, a layer behind it that reads its output as a signal."""
    found: dict[int, int] = {}
    for node in reversed(graph.nodes):
        reader = node.index if _slides(node, graph) else None
        if reader is None and _passes(node, graph):
            reader = found.get(node.index)
        if reader is not None:
            found.update(dict.fromkeys(node.inputs, reader))
    return found


def _slides(node: Node, graph: Graph) -> bool:
    """Say whether a layer takes two axes for channels and positions, by its work."""
    if node.layer.axis_names != SIGNAL or len(graph.input_shapes(node)[0]) != 2:
        return False
    return not _pointwise(node, graph)


def _pointwise(node: Node, graph: Graph) -> bool:
    """Say whether a window is one position: so convolutions mix tokens as well.

    So does what gives other values in the same places, such as zeros.
    """
    if node.layer.role == "shape":
        return node.layer.window(*graph.input_shapes(node)) is None
    find: Any = getattr(node.layer, "sliding", None)
    return find is not None and find(graph.input_shapes(node)[0]).kernel == (1,)


def _passes(node: Node, graph: Graph) -> bool:
    """Say whether the axes behind a layer are those before it."""
    if len(node.shape) != 2 or node.layer.axis_names == "matrices":
        return False
    if node.layer.role in PASSING or isinstance(node.layer, Identity | LayerScale):
        return True
    return node.layer.axis_names == SIGNAL and _pointwise(node, graph)


def _hint(net: Linted, node: Node, other: Node) -> Hint:
    """Return the hint: what the layer takes, who reads it as a signal."""
    key, graph = node.layer.key, net.graph
    (x,), (read, *_) = graph.input_shapes(node), graph.input_shapes(other)
    line = net.network.spec.source.place(other.origin).line
    message = f"{key} works on the last axis of {times(x)}, the positions of a signal"
    fact = f"{other.name}, line {line}, reads {read[0]} channels of {read[1]} positions"
    named = hasattr(node.layer, "over")
    channels, last = ("channels", "last") if named else ("0", "1")
    help = (
        f"{{{key}: {channels}}} for channels, {{{key}: {last}}} if the last axis is "
        "intended"
    )
    where, edit = _edit(net, node, f"{key}: {channels}")
    remedy = None if edit is None else fix(f"write {key}: {channels}", edit)
    return Hint(where, message, (fact,), help, remedy)


def _edit(net: Linted, node: Node, text: str) -> tuple[Value, Edit | None]:
    """Return where a layer is written, and the edit that gives it an argument there.

    It is a word of its own, a key without a value, or a word behind `norm` or `act`.
    """
    key, kind = net.written(node), node.layer.key
    if key is None:
        follows = node.origin if isinstance(node.origin, Scalar) else None
        for role in ("norm", "act"):
            word = net.argument(follows, role) if follows else None
            if isinstance(word, Scalar) and word.text == kind:
                return word, net.layout.replaced(word, f"{{{text}}}")
        return node.origin, None
    given = net.argument(key, kind)
    if given is None:
        return key, net.layout.replaced(key, f"{{{text}}}")
    colon = net.layout.end(key)
    empty = isinstance(given, Scalar) and not given.text
    if not empty or net.layout.text[colon : colon + 1] != ":":
        return key, None
    return key, Edit(colon, colon + 1, text.removeprefix(kind))
