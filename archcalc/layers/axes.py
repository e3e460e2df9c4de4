"""Axes by name and number: where a tensor of some shape has its channels, its height.

Shapes leave the batch axis out, so axis 0 is the first behind it.
"""

from __future__ import annotations

from archcalc.errors import ShapeError
from archcalc.layers.base import Shape, times

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


def named(name: str, shape: Shape) -> int:
    """Return the axis of a name, from 0; raise `ShapeError` AC208 if there is none."""
    place = PLACES[name].get(len(shape))
    if place is not None:
        return place
    known = [word for word, places in PLACES.items() if len(shape) in places]
    raise ShapeError.of(
        "AC208",
        f"there is no axis {name}: the tensor has {len(shape)}",
        facts=[f"its shape is {times(shape)}"],
        help=f"it has {', '.join(known)}" if known else "axes count from 0",
    )


def feature_axis(shape: Shape) -> int:
    """Return the axis of the features: channels of an image, else the last one.

    An image or volume has three axes or more; `(N, D)` are tokens, `(F,)` a vector.
    """
    return 0 if len(shape) > 2 else len(shape) - 1


def on_axis(axis: int | str, shape: Shape) -> int:
    """Return `axis` counted from 0; a negative one counts from the end.

    Raises `ShapeError` AC208 where the tensor has no such axis.
    """
    if isinstance(axis, str):
        return named(axis, shape)
    rank = len(shape)
    if not -rank <= axis < rank:
        raise ShapeError.of(
            "AC208",
            f"there is no axis {axis}: the tensor has {rank}",
            facts=[f"its shape is {times(shape)}"],
            help=f"axes count from 0 to {rank - 1}, without the batch",
        )
    return axis % rank


def spatial(shape: Shape, key: str, ranks: tuple[int, ...] = (1, 2, 3)) -> Shape:
    """Return the spatial axes of `(C, …)`; raise `ShapeError` AC204 if there are none.

    `ranks` are the numbers of spatial axes that the layer knows.
    """
    if len(shape) - 1 not in ranks:
        raise ShapeError.of(
            "AC204",
            f"{key} needs channels and {' or '.join(map(str, ranks))} spatial axes",
            facts=[f"its input is {times(shape)}"],
            help="an image is [C, H, W], a signal [C, L]: write the input so, or "
            "`reshape` before",
        )
    return shape[1:]
