"""An unpooling that no max pool found the places for."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.checks.lint.base import Hint, Linted
from archcalc.checks.rule import Rule
from archcalc.layers.base import times
from archcalc.layers.patches import MaxUnpool
from archcalc.layers.pool import MaxPool

RULE = Rule(
    "AC415",
    "unpool-alone",
    "A `max_unpool` puts values back where a `maxpool` took them, so it needs an "
    "earlier `maxpool` whose input has the shape of its output (torch.nn.MaxUnpool2d "
    "takes the indices of that pool).",
    "- {conv: 8}\n- {max_unpool: 2}",
    "- {maxpool: 2}\n- {conv: 3}\n- {max_unpool: 2}",
    help="a maxpool before it, or upsample",
)
MOST_SHOWN = 4


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each unpooling whose input has no earlier pool's shape."""
    pooled: dict[str, str] = {}
    for node in net.graph.nodes:
        if isinstance(node.layer, MaxPool):
            pooled[times(node.shape)] = node.name
        elif isinstance(node.layer, MaxUnpool):
            entering = times(net.graph.input_shapes(node)[0])
            if entering not in pooled:
                pools = list(pooled.items())[-MOST_SHOWN:]
                facts = tuple(f"{name} = {shape}" for shape, name in pools)
                message = f"no earlier maxpool has an output of {entering}"
                yield Hint(node.origin, message, facts, RULE.help)
