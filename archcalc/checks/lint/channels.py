"""Channels that are not multiples of what the file asks for."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.checks.lint.base import Hint, Linted, fix
from archcalc.checks.rule import Rule
from archcalc.graph.graph import Graph
from archcalc.source.values import Scalar

FRAME = "name: net\ninput: [3, 32, 32]\nlint: {channels: 8}\nlayers:\n"
RULE = Rule(
    "AC405",
    "channels-multiple",
    "If a file asks for it (`lint: {channels: 8}`, or `channels = 8` in "
    "pyproject.toml), the channels of convolutions and linear layers must be "
    "multiples of this number, because tensor cores and vector units work on such "
    "blocks. The last layer may have any number, because it depends on the classes.",
    f"{FRAME}  - {{conv: 60, kernel: 3}}\n  - gap\n  - {{fc: 10}}\n",
    f"{FRAME}  - {{conv: 64, kernel: 3}}\n  - gap\n  - {{fc: 10}}\n",
    help="the next multiple",
    fixable=True,
)
LAST = "channels last"
"""What layers call their axes that work on the last one, as `linear`."""


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each layer whose output channels are no such multiple."""
    wanted = net.channels
    if not wanted:
        return
    last = _last(net.graph)
    for node in net.graph.nodes:
        key = net.written(node)
        if key is None or "out" not in node.layer.fields or node.index in last:
            continue
        channels = node.shape[-1 if node.layer.axis_names == LAST else 0]
        if isinstance(channels, int) and channels % wanted:
            more = -(-channels // wanted) * wanted
            message = f"{channels} channels are not a multiple of {wanted}"
            given = net.argument(key, key.text)
            plain = isinstance(given, Scalar) and given.text == str(channels)
            edit = net.layout.replaced(given, str(more)) if given and plain else None
            yield Hint(key, message, (), f"{more} channels", fix(f"write {more}", edit))


def _last(graph: Graph) -> set[int]:
    """Return the last layers with weights on the way to an output."""
    found, waiting, seen = set(), [*graph.outputs, *_heads(graph)], set()
    while waiting:
        node = graph.nodes[waiting.pop()]
        if node.index in seen:
            continue
        seen.add(node.index)
        if node.layer.role == "matrix":
            found.add(node.index)
        else:
            waiting.extend(node.inputs)
    return found


def _heads(graph: Graph) -> list[int]:
    """Return the outputs of side heads."""
    return [group.output for group in graph.groups if group.kind == "aux"]
