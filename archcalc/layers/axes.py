"""Axes by name: where a tensor of some shape has its height, channels, tokens."""

from __future__ import annotations

from archcalc.errors import ShapeError
from archcalc.sizes.dims import Dim

PLACES = {
    "channels": {1: 0, 2: 0, 3: 0, 4: 0},
    "tokens": {2: 0, 3: 0},
    "depth": {4: 1},
    "h": {3: 1, 4: 2},
    "w": {3: 2, 4: 3},
    "length": {2: 1},
    "features": {1: 0, 2: 1, 3: 0, 4: 0},
    "last": {1: 0, 2: 1, 3: 2, 4: 3},
}
"""For each name its axis from 0, by the number of axes, the batch left out.

`features` are the channels of an image and the last axis of anything smaller, as layers
take them that are not told; `(N, D)` and `(C, L)` look alike, and have both names.
"""


def named(name: str, shape: tuple[Dim, ...]) -> int:
    """Return the axis of a name, from 0; raise `ShapeError` AC208 if there is none."""
    place = PLACES[name].get(len(shape))
    if place is not None:
        return place
    known = [word for word, places in PLACES.items() if len(shape) in places]
    raise ShapeError.of(
        "AC208",
        f"there is no axis {name}: the tensor has {len(shape)}",
        facts=[f"its shape is {'×'.join(map(str, shape))}"],
        help=f"it has {', '.join(known)}" if known else "axes count from 0",
    )
