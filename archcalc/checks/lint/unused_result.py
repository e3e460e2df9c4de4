"""Steps whose result nobody uses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from archcalc.checks.findings import Fix
from archcalc.checks.lint.base import Hint, Linted
from archcalc.checks.rule import Rule
from archcalc.graph.graph import Node
from archcalc.source.edits import item_lines, lines_replaced
from archcalc.source.values import Mapping, Scalar, Value
from archcalc.source.values import Sequence as Items

RULE = Rule(
    "AC404",
    "unused-result",
    "The result of a step or branch is read by nothing, so that it adds parameters and "
    "operations and changes no output.",
    "- {name: a, conv: 8}\n- {name: lost, conv: 9}\n- {conv: 8, from: a}",
    "- {name: a, conv: 8}\n- {conv: 8, from: a}",
    help="leave it out, or name it in a later step",
    fixable=True,
)
MOST_ENDS = 100


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each step at which a path ends that leads nowhere."""
    for sink in ends(net):
        if is_head(net, sink):
            continue
        key = sink.origin
        is_input = sink.layer.role == "input"
        what = "this input" if is_input else f"the result of {sink.name}"
        remedy = None if sink.layer.role == "input" else _removal(net, key)
        yield Hint(key, f"{what} is used by nothing", (), RULE.help, remedy)


def ends(net: Linted) -> list[Node]:
    """Return the nodes that nothing reads, the output and side heads apart."""
    graph = net.graph
    found = (
        node
        for node in graph.nodes
        if not net.readers[node.index] and node.index != graph.output and not node.aux
    )
    return list(islice(found, MOST_ENDS))


def dead(net: Linted, sink: Node) -> list[Node]:
    """Return the nodes that only lead to this end, in order."""
    graph, marked = net.graph, {sink.index}
    for node in reversed(graph.nodes[: sink.index]):
        readers = net.readers[node.index]
        is_output = node.index == graph.output
        if readers and not is_output and all(i in marked for i in readers):
            marked.add(node.index)
    return [graph.nodes[i] for i in sorted(marked)]


def is_head(net: Linted, sink: Node) -> bool:
    """Say whether a path that leads nowhere ends like a classifier."""
    if len(sink.shape) != 1:
        return False
    return any(node.layer.family == "linear" for node in dead(net, sink))


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
    live = any(net.readers[n.index] or n.index == net.graph.output for n in every[-1:])
    small = not isinstance(holder, Items) or len(holder.items) < 2
    if lines is None or live or small or not isinstance(key, Scalar):
        return None
    edit = lines_replaced(net.layout, lines.first, lines.last, None)
    return Fix("take the step out", (edit,))
