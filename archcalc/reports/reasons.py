"""Why a shape is what it is, in words: joins, groups, rounding, shared weights."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.figures.tally import FOLDED
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Window, is_one, times
from archcalc.layers.window import Sliding
from archcalc.sizes.dims import Dim

MOST_POSITIONS = 100_000
AXES = {1: ("position",), 2: ("row", "column"), 3: ("slice", "row", "column")}


def reasons(graph: Graph, node: Node) -> Iterator[str]:
    """Yield what the formulas of a node do not say themselves."""
    if node.layer.role == "combine":
        yield from join_reasons(graph, node)
    yield from padding_reasons(graph, node)
    yield from group_reasons(graph, node)
    yield from rounding_reasons(graph, node)
    if node.layer.flattens and len(graph.input_shapes(node)[0]) > 1:
        yield f"its input of {times(graph.input_shapes(node)[0])} is flattened first"
    if node.share is not None:
        owner = graph.nodes[node.share].name
        yield f"its weights are those of {owner}, and counted there"
    if node.aux:
        yield "part of a side head: runs in training only, and no total counts it"


def join_reasons(graph: Graph, node: Node) -> Iterator[str]:
    """Yield which path gives what, and why these shapes may meet."""
    paths = [(path_name(graph, node, i), graph.nodes[i].shape) for i in node.inputs]
    given = "; ".join(f"{name} gives {times(shape)}" for name, shape in paths)
    shapes = [shape for _, shape in paths]
    if node.layer.joins() is not None:
        yield f"{given}: joined along one axis, all other axes are equal"
    elif len(set(shapes)) == 1:
        meets = node.layer.meets
        yield f"{given}: equal shapes, so they can be {meets} value by value"
    else:
        yield f"{given}: an axis of size 1 stretches to the size of the other"


def path_name(graph: Graph, node: Node, source: int) -> str:
    """Return what a path into a join is called: its branch, or the step it ends with.

    What goes past a whole group is the identity.
    """
    at = graph.nodes[source].group
    while at >= 0:
        group = graph.groups[at]
        leaves = group.output == source and group.end <= node.index
        if group.kind == "branch" and leaves:
            return group.label
        at = group.parent
    last = graph.nodes[source]
    while last.layer.role in FOLDED and graph.nodes[last.inputs[0]].group == last.group:
        last = graph.nodes[last.inputs[0]]
    passes = source < graph.groups[node.group].first
    return f"the identity ({last.name})" if passes else last.name


def padding_reasons(graph: Graph, node: Node) -> Iterator[str]:
    """Yield what the words `same` and `causal` pad."""
    word = getattr(node.layer, "pad", None)
    if word not in ("same", "causal"):
        return
    pads = Sliding(node.layer, graph.input_shapes(node)[0][1:]).pads
    sides = " and ".join(f"{before} before, {after} after" for before, after in pads)
    if len(set(map(repr, pads))) == 1:
        sides = f"{pads[0][0]} before, {pads[0][1]} after"
    chosen = "padding is chosen so that only the stride shrinks an axis"
    later = "" if word == "same" else ", and no output sees a later input"
    yield f"{chosen}{later}: {sides}"


def group_reasons(graph: Graph, node: Node) -> Iterator[str]:
    """Yield what grouping means for a filter."""
    groups = getattr(node.layer, "groups", 1)
    channels = node.shape[0]
    convolves = node.layer.family == "convolution"
    if convolves and isinstance(groups, int) and groups > 1:
        entering = graph.input_shapes(node)[0][0]
        seen = entering // groups
        yield f"each of the {groups} groups sees {seen} of {entering} channels"
    elif node.layer.depthwise:
        yield f"each of the {channels} output channels sees one input channel only"


def rounding_reasons(graph: Graph, node: Node) -> Iterator[str]:
    """Yield how many positions of the input no window reaches."""
    (x, *_) = graph.input_shapes(node) or ((),)
    windows = node.layer.window(x) if node.layer.role in ("matrix", "pool") else None
    if not isinstance(windows, tuple):
        return
    missed = [
        unreached(n, m, window)
        for n, m, window in zip(x[1:], node.shape[1:], windows, strict=True)
    ]
    words = AXES.get(len(missed), ())
    told = [
        f"{ends + gaps:,} of {n:,} {word}{'' if n == 1 else 's'}"
        for (ends, gaps), n, word in zip(missed, x[1:], words, strict=False)
        if ends + gaps
    ]
    if told:
        between = any(gap for _, gap in missed)
        why = "windows leave gaps" if between else "the last one would not fit"
        yield f"no window reaches {' and '.join(told)}: {why}"


def unreached(size: Dim, windows: Dim, window: Window) -> tuple[int, int]:
    """Return how many positions lie beyond the last window, and between windows.

    Sizes that are names, and windows that enlarge, leave none; between very many
    windows nothing is counted.
    """
    given = (size, windows, window.size, window.stride, window.before)
    known = [number for number in given if isinstance(number, int)]
    if len(known) < len(given) or not is_one(window.fraction):
        return 0, 0
    n, m, k, s, p = known
    beyond = max(0, n - ((m - 1) * s - p + k))
    if s <= k or m > MOST_POSITIONS:
        return beyond, 0
    starts = (o * s - p for o in range(m))
    seen = sum(max(0, min(start + k, n) - max(start, 0)) for start in starts)
    return beyond, n - beyond - seen
