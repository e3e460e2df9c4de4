"""The catalogue of layers: every class in the families below, by its YAML key.

A family is imported when a spec first names one of its kinds, or when something asks
for all of them. `kinds` says which family has a kind.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from importlib import import_module
from typing import Any

from archcalc.layers.base import Layer
from archcalc.layers.kinds import FAMILY_OF

FAMILIES = (
    "input",
    "conv",
    "pool",
    "linear",
    "norm",
    "response",
    "activation",
    "gates",
    "elementwise",
    "combine",
    "products",
    "reshape",
    "reduce",
    "select",
    "resize",
    "patches",
    "drop",
    "attention.attention",
    "attention.windows",
    "experts",
    "learned",
    "attention.rotary",
    "recurrent.recurrent",
    "scan",
    "sampled",
    "unknown",
)
"""The modules of the families, in the order of the catalogue."""


class Catalogue(dict[str, type[Layer]]):
    """Every kind by its key; a look at one imports its family, a look at all the rest.

    A kind that is there already is found as in any dict: long specs look up very many.
    """

    def __missing__(self, key: str) -> type[Layer]:
        load(FAMILY_OF[key])
        return self[key]

    def __contains__(self, key: object) -> bool:
        return key in FAMILY_OF or super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            return default
        return self[key]

    def _all(self) -> dict[str, type[Layer]]:
        """Import every family and put the kinds in order."""
        if not all(super(Catalogue, self).__contains__(key) for key in FAMILY_OF):
            for family in FAMILIES:
                load(family)
            later = {k: v for k, v in super().items() if k not in FAMILY_OF}
            ordered = {key: self[key] for key in FAMILY_OF} | later
            self.clear()
            self.update(ordered)
        return self

    def __len__(self) -> int:
        return dict.__len__(self._all())

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self._all())

    def __eq__(self, other: object) -> bool:
        return dict.__eq__(self._all(), other)

    __hash__ = None  # as of every dict

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # a view
        return dict.keys(self._all())

    def values(self) -> ValuesView[type[Layer]]:  # type: ignore[override]  # a view
        return dict.values(self._all())

    def items(self) -> ItemsView[str, type[Layer]]:  # type: ignore[override]  # a view
        return dict.items(self._all())


CATALOGUE = Catalogue()
"""Every kind of layer that a spec may name, by its key."""


def load(family: str) -> None:
    """Import a family and register its kinds."""
    module = import_module(f"archcalc.layers.{family}")
    for item in vars(module).values():
        if isinstance(item, type) and issubclass(item, Layer) and item.key:
            register(item)


def register(layer: type[Layer]) -> None:
    """Add a kind of layer to the catalogue, so that specs may name its key.

    `del CATALOGUE[key]` takes it out again. Raises `TypeError` for a key that is taken,
    for a class that lacks something, and for an argument that hides what `Layer` has.
    """
    home = f"archcalc.layers.{FAMILY_OF.get(layer.key)}"
    known = dict.get(CATALOGUE, layer.key)
    taken = layer.key in FAMILY_OF and layer.__module__ != home
    if taken or known not in (None, layer):
        raise TypeError(f"two layers have the key {layer.key!r}")
    needed = ("__doc__", "examples") if __doc__ else ("examples",)  # python -OO: none
    lacks = [n for n in needed if not getattr(layer, n)]
    lacks += [n for n in ("work", "torch") if getattr(layer, n) is getattr(Layer, n)]
    if lacks:
        raise TypeError(f"layer {layer.key!r} lacks {', '.join(lacks)}")
    if hidden := [name for name in layer.fields if hasattr(Layer, name)]:
        raise TypeError(f"layer {layer.key!r} hides {', '.join(hidden)} of Layer")
    CATALOGUE[layer.key] = layer
