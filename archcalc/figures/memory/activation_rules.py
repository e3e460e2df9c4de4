"""What counts as activations: the rules of lectures and tools, as data."""

from __future__ import annotations

from typing import Literal

from archcalc.errors import unknown
from archcalc.figures.counted import Counted
from archcalc.figures.formats import dtype_bits, in_bytes
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Module, numel
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim

Counts = Literal["outputs", "convolutions", "modules", "modules with weights"]


class ActivationRule(NamedTuple):
    """One way of counting activations.

    `counts` says whose outputs, `overwritten` which kinds or roles of layer need none
    of their own, `inputs` whether the network's inputs count, `times` what the sum is
    multiplied by. `text` says it in a sentence.
    """

    text: str
    counts: Counts = "outputs"
    overwritten: frozenset[str] = frozenset()
    inputs: bool = True
    times: int = 1
    cite: str = ""


RULES: dict[str, ActivationRule] = {
    "lecture": ActivationRule(
        "the output of each layer once, and the input; a normalization, activation "
        "or dropout overwrites its input if nothing else reads it",
        overwritten=frozenset({"norm", "activation", "drop"}),
        cite="CS231n lecture 9",
    ),
    "kept": ActivationRule("the output of every operation, views apart, and the input"),
    "torchsummary": ActivationRule(
        "twice the output of every module, the second for gradients; operations that "
        "are no module (add, concat, flatten) are not seen, the input is apart",
        counts="modules",
        inputs=False,
        times=2,
        cite='torchsummary 1.5.1, "Forward/backward pass size", divided by 2²⁰',
    ),
    "torchinfo": ActivationRule(
        "twice the output of every module with parameters, the second for gradients; "
        "the input is apart",
        counts="modules with weights",
        inputs=False,
        times=2,
        cite='torchinfo 1.8, "Forward/backward pass size", in millions of bytes',
    ),
    "convnet-burden": ActivationRule(
        "the output of every operation but ReLU and dropout, which overwrite their "
        "input; the input is not counted",
        overwritten=frozenset({"relu", "drop"}),
        inputs=False,
        cite="Albanie 2017, convnet-burden, which divides by 2²⁰",
    ),
    "convolutions": ActivationRule(
        "the output of every convolution and nothing else",
        counts="convolutions",
        inputs=False,
        cite="Radosavovic 2020, Designing Network Design Spaces, whose activations are "
        "these values",
    ),
}
"""The rules by name; `archcalc memory NET --activations-rule` picks one."""


def rule_named(name: str) -> ActivationRule:
    """Return a rule; raise `UsageError` AC545 for an unknown one."""
    if name not in RULES:
        raise unknown("AC545", "activations rule", name, RULES, "rules")
    return RULES[name]


def activation_bytes(analysis: Counted, name: str) -> Dim:
    """Return the bytes of activations by a rule; raises `UsageError` AC545."""
    rule, graph = rule_named(name), analysis.graph
    values: Dim = 0
    for node in graph.nodes:
        if not node.aux and _counts(analysis, rule, node):
            values = values + numel(node.shape)
    values = values * rule.times * analysis.setting.batch
    return in_bytes(values, dtype_bits(analysis.setting.dtype))


def _counts(analysis: Counted, rule: ActivationRule, node: Node) -> bool:
    if node.layer.role == "input":
        return rule.inputs
    if rule.counts == "outputs":
        view = node.layer.storage == "view"
        return not view and not _overwrites(analysis, rule, node)
    if rule.counts == "convolutions":
        return node.layer.family == "convolution"
    module = isinstance(node.layer.torch(*analysis.graph.input_shapes(node)), Module)
    return module and (rule.counts == "modules" or _has_weights(analysis.graph, node))


def _overwrites(analysis: Counted, rule: ActivationRule, node: Node) -> bool:
    """Say whether a node needs no output of its own: nothing else reads its input."""
    if not {node.layer.key, node.layer.role} & rule.overwritten:
        return False
    source = node.inputs[0]
    from_input = analysis.graph.nodes[source].layer.role == "input"
    return analysis.readers[source] == 1 and not from_input


def _has_weights(graph: Graph, node: Node) -> bool:
    return bool(node.layer.weights(*graph.input_shapes(node)))
