"""What the axes of a sweep are: params of the file, variants, inputs, batches.

`resolution` is the side of a square image or a cubic volume, in any network that takes
one: the param that the file gives all sides of its input by, or else the input itself.
A param of that name comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from archcalc.errors import UsageError, suggestion
from archcalc.network.network import Network
from archcalc.sweeps.dependence import BATCH, INPUT, VARIANT

RESOLUTION = "resolution"


def axes_of(network: Network) -> tuple[str, ...]:
    """Return all that can vary; `resolution` where the input has sides."""
    sides = (RESOLUTION,) if _sides(network) else ()
    return tuple(dict.fromkeys((*network.spec.params, VARIANT, INPUT, *sides, BATCH)))


def _sides(network: Network) -> tuple[Any, ...]:
    """Return the sides of the only input as they are written; none if it has none."""
    if len(network.spec.inputs) != 1:
        return ()
    ((_, sizes),) = network.spec.inputs
    return sizes[1:] if len(sizes) > 2 else ()


def meanings(network: Network, names: Iterable[str]) -> dict[str, str]:
    """Return the param, `variant`, `input` or `batch` that each axis sets.

    Raises `UsageError` AC580 for an axis that is not there, and for two of one meaning.
    """
    found: dict[str, str] = {}
    known = axes_of(network)
    for name in names:
        if name not in known:
            help = suggestion(name, known, "axes")
            message = f"{network.name} has no param {name!r} to sweep over"
            raise UsageError.of("AC580", message, help=help)
        meant = _resolution(network) if name == RESOLUTION else name
        for other, taken in found.items():
            if taken == meant:
                message = f"{other} and {name} both set {meant} of {network.name}"
                raise UsageError.of("AC580", message, help="give only one of the two")
        found[name] = meant
    return found


def _resolution(network: Network) -> str:
    """Return what `resolution` sets."""
    if RESOLUTION in network.spec.params:
        return RESOLUTION
    first, *others = _sides(network)
    by_param = isinstance(first, str) and first in network.spec.params
    alike = by_param and all(side == first for side in others)
    return first if alike and network.input is None else INPUT


def value_of(network: Network, name: str) -> Any:
    """Return what an axis is where it does not vary; None for one without a value."""
    if name != RESOLUTION or name in network.params:
        return network.params.get(name)
    if not _sides(network):
        return None
    (shape,) = network.input_shapes.values()
    return shape[1] if len({*shape[1:]}) == 1 else None


def network_at(
    base: Network, given: Mapping[str, Any], meant: Mapping[str, str]
) -> Network:
    """Return the network for a value of each axis; a batch is no part of it."""
    variant, settings = given.get(VARIANT, base.variant), dict(base.settings)
    for name, value in given.items():
        if meant[name] not in (VARIANT, INPUT):
            settings[meant[name]] = value
    input = given.get(INPUT, base.input)
    if meant.get(RESOLUTION) == INPUT:
        alone = replace(base, variant=variant, settings=settings, input=input)
        (shape,) = alone.input_shapes.values()
        input = (shape[0], *[given[RESOLUTION]] * (len(shape) - 1))
    return replace(base, variant=variant, settings=settings, input=input)
