"""Steps whose result nobody uses."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from archcalc.checks.findings import Fix
from archcalc.checks.lint.base import Hint, Linted, Loop
from archcalc.checks.rule import Rule
from archcalc.graph.graph import Node
from archcalc.source.edits import item_lines, lines_replaced
from archcalc.source.values import Mapping, Scalar, Value
from archcalc.source.values import Sequence as Items

FRAME = "name: net\ninput: [3, 32, 32]\noutputs: [b]\nlayers:\n"
RULE = Rule(
    "AC404",
    "unused-result",
    "Nothing reads the result of a step or branch. It adds parameters and operations "
    "and changes no output. The step is inside a branch, a residual or a repetition, "
    "or the file has `outputs` that do not name it.",
    f"{FRAME}  - {{name: a, conv: 8}}\n  - {{name: lost, conv: 9}}\n"
    "  - {name: b, conv: 8, from: a}\n",
    f"{FRAME}  - {{name: a, conv: 8}}\n  - {{name: b, conv: 8, from: a}}\n",
    help="remove it, or name it in a later step or in `outputs`",
    fixable=True,
)
MOST_ENDS = 100
ONCE = ("stage", "block")
LOOP = "repeat"


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each step at which a path ends that leads nowhere."""
    for sink in ends(net):
        if is_side_head(net, sink) or looks_like_output(net, sink):
            continue
        key = sink.origin
        is_input = sink.layer.role == "input"
        what = "this input" if is_input else f"the result of {sink.name}"
        remedy = None if is_input else _removal(net, key)
        help = "remove it, or name it in a step" if is_input else RULE.help
        yield Hint(key, f"{what} is not used", (), help, remedy)


def ends(net: Linted) -> list[Node]:
    """Return the nodes that nothing reads, outputs and side heads apart.

    Weights that are made for others to share are used, and so is what arithmetic asks
    for its size.
    """
    found = (
        node
        for node in net.graph.nodes
        if not (net.readers[node.index] or node.index in net.leaving or node.aux)
        and not (node.layer.role != "input" and not node.inputs and _shared(net, node))
        and node.index not in net.measured
        and not _last_state(net, node)
    )
    return list(islice(found, MOST_ENDS))


def _shared(net: Linted, node: Node) -> bool:
    """Say whether other nodes use the weights of a node."""
    return len(net.sharing[net.graph.owner(node).index]) > 1


def _last_state(net: Linted, sink: Node) -> bool:
    """Say whether a step leaves what its next repetition reads, and this is the last.

    The result of a whole loop that nothing reads is no such state.
    """
    groups = net.graph.groups
    for loop in around(net, sink.group):
        if groups[loop].kind == LOOP:
            known = net.loops.get(loop)
            if known is None:
                known = net.loops[loop] = _loop(net, loop)
            left = known.left or groups[loop].output != sink.index
            last = known.last <= sink.index
            if left and last and id(sink.origin) in known.states:
                return True
    return False


def _loop(net: Linted, group: int) -> Loop:
    """Return what the repetitions of a group read of those before."""
    groups, span = net.graph.groups, net.graph.groups[group]
    turns = [i for i in range(group + 1, len(groups)) if groups[i].parent == group]
    starts = [groups[i].first for i in turns]
    states, left = set(), False
    for node in net.graph.nodes[span.first : span.end]:
        turn = bisect_right(starts, node.index)
        readers = net.readers[node.index]
        left = left or any(reader >= span.end for reader in readers)
        if any(bisect_right(starts, r) > turn for r in readers if r < span.end):
            states.add(id(node.origin))
    return Loop(starts[-1] if starts else span.end, frozenset(states), left)


def around(net: Linted, group: int) -> Iterator[int]:
    """Yield a group and those around it, from the inside; the network is none."""
    while group > 0:
        yield group
        group = net.graph.groups[group].parent


def dead(net: Linted, sink: Node) -> list[Node]:
    """Return the nodes that only lead to this end, in order."""
    graph, marked = net.graph, {sink.index}
    for node in reversed(graph.nodes[: sink.index]):
        readers = net.readers[node.index]
        leaves = node.index in net.leaving
        if readers and not leaves and all(i in marked for i in readers):
            marked.add(node.index)
    return [graph.nodes[i] for i in sorted(marked)]


def is_side_head(net: Linted, sink: Node) -> bool:
    """Say whether a path that leads nowhere is a second classifier half-way.

    It gives as many values as an output, and the way to that is longer.
    """
    if len(sink.shape) != 1:
        return False
    later = any(
        net.graph.nodes[i].shape == sink.shape
        and net.depths[i] > net.depths[sink.index]
        for i in net.graph.outputs
    )
    return later and any(node.layer.family == "linear" for node in dead(net, sink))


def looks_like_output(net: Linted, sink: Node) -> bool:
    """Say whether a path that leads nowhere may be meant to leave the network.

    So where the file names no outputs, and the step stands once: not in a branch, a
    residual or a repetition.
    """
    if net.network.spec.outputs or sink.layer.role == "input":
        return False
    groups = net.graph.groups
    if any(groups[group].kind not in ONCE for group in around(net, sink.group)):
        return False
    return not is_side_head(net, sink)


def item_of(net: Linted, key: Value) -> Value:
    """Return the item of a list of steps that a kind key stands in."""
    holder = net.layout.parents.get(id(key))
    return holder if isinstance(holder, Mapping) else key


def _removal(net: Linted, key: Value) -> Fix | None:
    """Return the fix that takes the step's lines out, if it is alone on them."""
    every = [node for node in net.graph.nodes if node.origin is key]
    item = item_of(net, key)
    holder = net.layout.parents.get(id(item))
    lines = item_lines(net.layout, item)
    live = any(net.readers[n.index] or n.index in net.leaving for n in every)
    small = not isinstance(holder, Items) or len(holder.items) < 2
    if lines is None or live or small or not isinstance(key, Scalar):
        return None
    edit = lines_replaced(net.layout, lines.first, lines.last, None)
    return Fix("remove the step", (edit,))
