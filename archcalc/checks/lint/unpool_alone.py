"""An unpooling that no max pool found the places for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.checks.lint.base import Hint, Linted, sliding
from archcalc.checks.rule import Rule
from archcalc.graph.graph import Node
from archcalc.layers.base import times
from archcalc.layers.patches import MaxUnpool
from archcalc.layers.pool import MaxPool

RULE = Rule(
    "AC415",
    "unpool-alone",
    "A `max_unpool` puts values back where a `maxpool` took them, so it needs an "
    "earlier `maxpool` whose input has the shape of its output, apart from what the "
    "pool rounded off (torch.nn.MaxUnpool2d takes the indices of that pool).",
    "- {conv: 8}\n- {max_unpool: 2}",
    "- {maxpool: 2}\n- {conv: 3}\n- {max_unpool: 2}",
    help="a maxpool before it, or upsample",
)
MOST_SHOWN = 4


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each unpooling that no earlier pool has the places for."""
    pooled: dict[str, list[Node]] = {}
    for node in net.graph.nodes:
        if isinstance(node.layer, MaxPool):
            pooled.setdefault(times(node.shape), []).append(node)
        elif isinstance(node.layer, MaxUnpool):
            entering = times(net.graph.input_shapes(node)[0])
            known = pooled.get(entering, [])
            if not known:
                last = [nodes[-1] for nodes in pooled.values()][-MOST_SHOWN:]
                facts = tuple(f"{pool.name} = {times(pool.shape)}" for pool in last)
                message = f"no earlier maxpool has an output of {entering}"
                yield Hint(node.origin, message, facts, RULE.help)
            elif not any(_undone(net, node, pool) for pool in known):
                read = times(net.graph.input_shapes(known[-1])[0])
                message = f"no earlier maxpool has an input of {times(node.shape)}"
                fact = f"{known[-1].name} makes {entering} of {read}"
                yield Hint(node.origin, message, (fact,), RULE.help)


def _undone(net: Linted, node: Node, pool: Node) -> bool:
    """Say whether an unpooling gives the sizes that a pool read.

    A pool that rounds down may have lost less than its stride at the end.
    """
    read: Any = net.graph.input_shapes(pool)[0]
    made: Any = node.shape
    if not all(isinstance(size, int) for size in (*read, *made)):
        return True
    window = sliding(pool, net.graph)
    strides = window.stride if window else ()
    triples = zip(read[1:], made[1:], strides, strict=True)
    return all(abs(n - m) < stride for n, m, stride in triples)
