"""The catalogue of layers: every class in the families below, by its YAML key."""

from __future__ import annotations

from archcalc.layers import (
    activation,
    combine,
    conv,
    drop,
    elementwise,
    experts,
    gates,
    learned,
    linear,
    norm,
    patches,
    pool,
    products,
    reduce,
    reshape,
    resize,
    response,
    sampled,
    scan,
    select,
    unknown,
)
from archcalc.layers import input as source
from archcalc.layers.attention import attention, rotary, windows
from archcalc.layers.base import Layer
from archcalc.layers.recurrent import recurrent

FAMILIES = (
    source,
    conv,
    pool,
    linear,
    norm,
    response,
    activation,
    gates,
    elementwise,
    combine,
    products,
    reshape,
    reduce,
    select,
    resize,
    patches,
    drop,
    attention,
    windows,
    experts,
    learned,
    rotary,
    recurrent,
    scan,
    sampled,
    unknown,
)


CATALOGUE: dict[str, type[Layer]] = {}
"""Every kind of layer that a spec may name, by its key."""


def register(layer: type[Layer]) -> None:
    """Add a kind of layer to the catalogue, so that specs may name its key.

    `del CATALOGUE[key]` takes it out again. Raises `TypeError` for a key that is taken,
    for a class that lacks something, and for an argument that hides what `Layer` has.
    """
    if CATALOGUE.get(layer.key, layer) is not layer:
        raise TypeError(f"two layers have the key {layer.key!r}")
    needed = ("__doc__", "examples") if __doc__ else ("examples",)  # python -OO: none
    lacks = [n for n in needed if not getattr(layer, n)]
    lacks += [n for n in ("work", "torch") if getattr(layer, n) is getattr(Layer, n)]
    if lacks:
        raise TypeError(f"layer {layer.key!r} lacks {', '.join(lacks)}")
    if hidden := [name for name in layer.fields if hasattr(Layer, name)]:
        raise TypeError(f"layer {layer.key!r} hides {', '.join(hidden)} of Layer")
    CATALOGUE[layer.key] = layer


for family in FAMILIES:
    for item in vars(family).values():
        if isinstance(item, type) and issubclass(item, Layer) and item.key:
            register(item)
