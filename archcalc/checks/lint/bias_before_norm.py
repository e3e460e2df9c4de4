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
    """Yield a hint for each step whose bias only such norms read."""
    centred = _centred(net)
    found: dict[int, list[tuple[Node, str]]] = {}
    for index, norm in centred.items():
        source = net.graph.nodes[index]
        users = net.sharing[net.graph.owner(source).index]
        if all(user in centred for user in users):
            group = found.setdefault(id(source.origin), [])
            group.append((source, norm.layer.key))
    for sources in found.values():
        yield _hint(net, [source for source, _ in sources], sources[0][1])


def _centred(net: Linted) -> dict[int, Node]:
    """Return the norm behind each layer whose bias it subtracts, by the layer.

    So it does where nothing else reads the layer. Frozen statistics are not those of
    the batch: they subtract another mean.
    """
    found: dict[int, Node] = {}
    for node in net.graph.nodes:
        if not node.layer.centres or getattr(node.layer, "fixed", False):
            continue
        source = net.graph.nodes[node.inputs[0]]
        alone = net.readers[source.index] == (node.index,)
        if alone and source.index not in net.leaving and _has_channel_bias(source):
            found[source.index] = node
    return found


def _has_channel_bias(node: Node) -> bool:
    """Say whether a layer adds a number to each channel, as a norm subtracts one.

    The bias of a linear layer on tokens is one for each feature, their last axis.
    """
    layer = node.layer
    if layer.role != "matrix" or getattr(layer, "bias", False) is not True:
        return False
    return layer.axis_names != "channels last" or len(node.shape) == 1


def _hint(net: Linted, sources: list[Node], norm: str) -> Hint:
    """Return the hint for a step, which may be written out several times.

    It has no fix where the step also stands before no norm, as in its last repetition,
    in another use of its block or in another variant.
    """
    key = net.written(sources[0])
    graph = net.graph
    own = {graph.owner(n).index: n for n in sources}.values()
    lost = [n.layer.weights(*graph.input_shapes(n)).get("bias", (0,)) for n in own]
    total = sum((sizes[0] for sizes in lost), start=0)
    every = [n for n in graph.nodes if n.origin is sources[0].origin]
    whole = len(sources) == sum(getattr(n.layer, "bias", False) is True for n in every)
    edit = net.set_argument(key, "bias", "false") if key and whole else None
    return Hint(
        key or sources[0].origin,
        f"the bias has no effect: the {norm} after it subtracts it",
        (f"{total} parameters",),
        RULE.help if whole else f"{RULE.help} where a norm follows",
        fix(f"write {RULE.help}", edit) if whole else None,
    )
