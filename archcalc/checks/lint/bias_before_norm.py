"""A bias that the batch norm behind it takes away again."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.checks.lint.base import Hint, Linted, fix
from archcalc.checks.rule import Rule
from archcalc.graph.graph import Node

RULE = Rule(
    "AC401",
    "bias-before-norm",
    "A batch or instance norm subtracts the mean of each channel. This also removes a "
    "bias right before the norm, so the bias is a parameter that does nothing (Ioffe "
    "and Szegedy 2015, section 3.2).",
    "- {conv: 8, kernel: 3}\n- bn",
    "- {conv: 8, kernel: 3, bias: false}\n- bn",
    help="bias: false",
    fixable=True,
)


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each layer with a bias that only such a norm reads."""
    found: dict[int, list[tuple[Node, str]]] = {}
    for node in net.graph.nodes:
        if not node.layer.centres:
            continue
        source = net.graph.nodes[node.inputs[0]]
        alone = net.readers[source.index] == (node.index,)
        if alone and getattr(source.layer, "bias", False) is True:
            group = found.setdefault(id(source.origin), [])
            group.append((source, node.layer.key))
    for sources in found.values():
        yield _hint(net, [source for source, _ in sources], sources[0][1])


def _hint(net: Linted, sources: list[Node], norm: str) -> Hint:
    """Return the hint for a step, which may be written out several times."""
    key = net.written(sources[0])
    lost = [
        n.layer.weights(*net.graph.input_shapes(n)).get("bias", (0,)) for n in sources
    ]
    total = sum((sizes[0] for sizes in lost), start=0)
    edit = net.set_argument(key, "bias", "false") if key else None
    return Hint(
        key or sources[0].origin,
        f"the bias has no effect: the {norm} after it subtracts it",
        (f"{total} parameters",),
        RULE.help,
        fix(f"write {RULE.help}", edit),
    )
