"""The catalogue of layers: every class in the families below, by its YAML key."""

from __future__ import annotations

from archcalc.layers import (
    activation,
    attention,
    combine,
    conv,
    drop,
    linear,
    norm,
    patches,
    pool,
    recurrent,
    reshape,
    resize,
    select,
)
from archcalc.layers import input as source
from archcalc.layers.base import Layer

FAMILIES = (
    source,
    conv,
    pool,
    linear,
    norm,
    activation,
    combine,
    reshape,
    select,
    resize,
    patches,
    drop,
    attention,
    recurrent,
)


def _catalogue() -> dict[str, type[Layer]]:
    """Return every layer by key; raise `TypeError` for a class that lacks something."""
    found: dict[str, type[Layer]] = {}
    for family in FAMILIES:
        for item in vars(family).values():
            if isinstance(item, type) and issubclass(item, Layer) and item.key:
                _register(item, found)
    return found


def _register(layer: type[Layer], found: dict[str, type[Layer]]) -> None:
    if found.setdefault(layer.key, layer) is not layer:
        raise TypeError(f"two layers have the key {layer.key!r}")
    needed = ("__doc__", "examples") if __doc__ else ("examples",)  # python -OO: none
    lacks = [n for n in needed if not getattr(layer, n)]
    lacks += [n for n in ("work", "torch") if getattr(layer, n) is getattr(Layer, n)]
    if lacks:
        raise TypeError(f"layer {layer.key!r} lacks {', '.join(lacks)}")


CATALOGUE = _catalogue()
"""Every kind of layer that a spec may name, by its key."""
