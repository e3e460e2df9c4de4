"""A bias that the batch norm behind it takes away again."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.findings import Fix
from archcalc.lint.base import Hint, Linted, fix
from archcalc.nodes import Scalar
from archcalc.rules.base import Rule

RULE = Rule(
    "AC401",
    "bias-before-norm",
    "A batch or instance norm subtracts the mean of each channel, and with it any bias "
    "right before it: the bias is a parameter that does nothing (Ioffe and Szegedy 2015, "
    "section 3.2).",
    "- {conv: 8, kernel: 3}\n- bn",
    "- {conv: 8, kernel: 3, bias: false}\n- bn",
    help="bias: false",
    fixable=True,
)
CENTRING = ("bn", "in")


def check(net: Linted) -> Iterator[Hint]:
    """Yield a hint for each layer with a bias that only such a norm reads."""
    nodes = net.graph.nodes
    for node in nodes:
        if node.layer.key not in CENTRING:
            continue
        source = nodes[node.inputs[0]]
        if getattr(source.layer, "bias", False) is not True:
            continue
        if net.readers[source.index] == (node.index,):
            key = net.written(source)
            message = f"the bias does nothing: the {node.layer.key} after it subtracts it"
            lost = source.layer.weights(*net.graph.input_shapes(source)).get("bias", (0,))
            facts = (f"{lost[0]} parameters",)
            remedy = None if key is None else _fix(net, key)
            where = key or source.origin.node
            yield Hint(where, message, facts, "bias: false", remedy)


def _fix(net: Linted, key: Scalar) -> Fix | None:
    """Return the fix; none where a param decides about the bias."""
    given = net.argument(key, "bias")
    if isinstance(given, Scalar) and given.text not in ("true", "True"):
        return None
    return fix("set bias: false", net.set_argument(key, "bias", "false"))
