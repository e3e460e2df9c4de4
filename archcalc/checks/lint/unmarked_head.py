"""A side head that is not marked as one."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.checks.findings import Fix
from archcalc.checks.lint.base import Hint, Linted
from archcalc.checks.lint.unused_result import dead, ends, is_side_head, item_of
from archcalc.checks.rule import Rule
from archcalc.graph.graph import Node
from archcalc.source.edits import item_lines, lines_replaced
from archcalc.source.values import Sequence as Items

RULE = Rule(
    "AC408",
    "unmarked-head",
    "A classifier in the middle of the network that nothing reads, with as many "
    "classes as the output, looks like an auxiliary head. Without `aux`, it counts in "
    "inference, although such heads run only in training (Szegedy 2014, section 5). "
    "If it is an output, name it in `outputs`.",
    "- {name: a, conv: 8}\n- {name: side, fc: 10}\n- {conv: 8, from: a}\n- {fc: 10}",
    "- {name: a, conv: 8}\n- aux:\n    - {name: side, fc: 10}\n- {conv: 8, from: a}\n"
    "- {fc: 10}",
    help="put its steps under `aux:`, or name it in `outputs:`",
    fixable=True,
)


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint at the first step of each such head."""
    for sink in ends(net):
        if is_side_head(net, sink):
            nodes = dead(net, sink)
            first = nodes[0]
            message = (
                "this looks like an auxiliary head without `aux`: nothing reads "
                f"{sink.name}"
            )
            lost = net.network.analyze().figures(node.index for node in nodes)
            facts = (f"it counts {lost.params} parameters in inference",)
            yield Hint(first.origin, message, facts, RULE.help, _wrapped(net, nodes))


def _wrapped(net: Linted, nodes: list[Node]) -> Fix | None:
    """Return the fix that puts the lines of the head's steps under `aux:`."""
    items = list({id(i): i for i in (item_of(net, n.origin) for n in nodes)}.values())
    holder = net.layout.parents.get(id(items[0]))
    lines = [item_lines(net.layout, item) for item in items]
    if not isinstance(holder, Items) or any(each is None for each in lines):
        return None
    at = [i for i, item in enumerate(holder.items) if any(item is one for one in items)]
    if len(at) != len(items) or at[-1] - at[0] != len(at) - 1:
        return None
    spans = [each for each in lines if each is not None]
    first, last, dash = spans[0].first, spans[-1].last, spans[0].dash
    old = net.layout.source.written.lines[first - 1 : last]
    new = [
        f"{' ' * dash}- aux:",
        *(f"    {line}" if line.strip() else line for line in old),
    ]
    text = net.layout.newline.join(new)
    return Fix(
        "put the steps under aux", (lines_replaced(net.layout, first, last, text),)
    )
