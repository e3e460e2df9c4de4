"""One random network against torch: both accept it and agree, or both refuse it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

import torch
from layer_torch import Built
from random_networks import Writer

import archcalc
from archcalc.builder import Builder
from archcalc.layers.base import Layer, Shape
from archcalc.reference import verify

BETWEEN_LAYERS = {
    "AC201": "a residual's sum needs equal shapes; torch would stretch a size of 1",
    "AC214": "layers that share weights need weights of equal shapes",
}
"""Refusals that no layer's rule makes, so that there is no layer to ask torch about."""
STRICTER = {
    "AC209": "padding that torch cannot leave out of a mean on one side",
    "AC210": "an uneven `same` that torch's module cannot be told",
}
"""Refusals that torch need not share, with what they are for."""


@dataclass
class Tally:
    """What a run has compared."""

    networks: int = 0
    layers: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        codes = ", ".join(f"{n} {code}" for code, n in sorted(self.refused.items()))
        return (
            f"{self.networks} networks, {self.layers} layers compared, "
            f"{self.accepted} accepted by both, refused by both: {codes or 'none'}"
        )


class Refusing:
    """Remembers the layer that refused its inputs, while it is entered."""

    def __enter__(self) -> Refusing:
        self.layer: Layer | None = None
        self.shapes: tuple[Shape, ...] = ()
        self.original = Builder.shaped
        remember = self

        def shaped(
            builder: Builder, step: Any, layer: Layer, inputs: Any, names: Any
        ) -> Any:
            try:
                return remember.original(builder, step, layer, inputs, names)
            except archcalc.ShapeError:
                remember.layer = layer
                remember.shapes = tuple(builder.nodes[i].shape for i in inputs)
                raise

        Builder.shaped = shaped  # type: ignore[method-assign]  # put back on exit
        return self

    def __exit__(self, *_: object) -> None:
        Builder.shaped = self.original  # type: ignore[method-assign]  # as it was


def compare(spec: dict[str, Any], tally: Tally, batch: int = 1) -> None:
    """Hold a spec against torch; raise `AssertionError` with what differs."""
    text = json.dumps(spec)
    tally.networks += 1
    with Refusing() as refusing:
        try:
            network = archcalc.loads(text, "fuzz")
            count = len(network.graph.nodes)
        except archcalc.ShapeError as error:
            code = error.problems[0].code
            tally.refused[code] += 1
            check_refusal(refusing, code, text)
            return
    verified = verify(network, batch)
    assert verified.ok, f"{verified.show()}\n{text}"
    tally.accepted += 1
    tally.layers += count - 1


def check_refusal(refusing: Refusing, code: str, text: str) -> None:
    """Check that torch refuses the layer too, or that the rule is a stricter one."""
    layer, shapes = refusing.layer, refusing.shapes
    if layer is None:
        assert code in BETWEEN_LAYERS, f"{code} was raised by no layer\n{text}"
        return
    if code in STRICTER:
        return
    if layer.role == "combine" and len({*shapes}) > 1:
        return
    try:
        built = Built(layer.torch(*shapes))
        with torch.no_grad():
            out = built(*[torch.zeros((1, *shape)) for shape in shapes])
    except (
        RuntimeError,
        ValueError,
        archcalc.ArchcalcError,
        IndexError,
        ZeroDivisionError,
    ):
        return
    assert out.numel() == 0, f"{code}: torch takes {layer!r} of {shapes}\n{text}"


def written(random: Random, longest: int = 16) -> dict[str, Any]:
    """Return a random spec."""
    return Writer(random).network(longest)
