"""A layer with LoRA written out: itself, frozen, and the matrices that adapt it."""

from __future__ import annotations

from archcalc.graph.resolver import Resolver
from archcalc.graph.scope import Scope, member
from archcalc.language.steps import Step
from archcalc.layers.base import Layer
from archcalc.layers.low_rank import SUM, beside

LORA = "LoRA"
"""What a layer and its adapter are called as a group."""


def adapted(values: Resolver, step: Step, layer: Layer, at: int, scope: Scope) -> int:
    """Write out a layer and what adapts it; return the node of their sum.

    Raises `SpecError` AC157 where the layer cannot be adapted.
    """
    growing, around = values.growing, scope.frozen
    lora = values.lora(step, at, scope)
    adapters = beside(layer, lora.rank, lora.alpha, lora.dropout)
    if not adapters:
        message = f"lora adapts one matrix: {layer.label()} has one for each group"
        raise growing.error(step, "AC157", message, "remove `lora` or `groups`")
    scope.frozen = True
    base = growing.add(step, member(scope.path, layer.key), layer, (at,), scope)
    scope.frozen = False
    for name, each in adapters:
        at = growing.add(step, member(scope.path, name), each, (at,), scope)
    scope.frozen = around
    name = member(scope.path, SUM.key)
    return growing.add(step, name, SUM, (base, at), scope)
