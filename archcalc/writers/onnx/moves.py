"""Modules that move values, and that interpolate."""

from __future__ import annotations

from typing import Any

from archcalc.wire.writing import FLOAT
from archcalc.writers.onnx.tensors import Tensor
from archcalc.writers.onnx.weights import Weights
from archcalc.writers.onnx.words import Given, per_axis, word


@word("Flatten")
def flatten(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Axes in one row."""
    return x.reshape(*shape)


@word("ChannelShuffle")
def shuffle(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Channels dealt out in turn."""
    apart = x.unflatten(1, (given["groups"], -1))
    return apart.transpose(1, 2).flatten(1, 2)


@word("PixelShuffle")
def pixel_shuffle(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Channels traded for resolution."""
    factor = {"blocksize": given["upscale_factor"], "mode": "CRD"}
    return x.sheet.op("DepthToSpace", [x], shape, **factor)


@word("PixelUnshuffle")
def pixel_unshuffle(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Resolution traded for channels; `SpaceToDepth` has them in another order."""
    factor = given["downscale_factor"]
    apart = x.unflatten(3, (-1, factor)).unflatten(2, (-1, factor))
    return apart.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)


NEAREST = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric"}
MODES: dict[str, dict[str, Any]] = {
    "nearest": {**NEAREST, "nearest_mode": "floor"},
    "nearest-exact": {"mode": "nearest", "nearest_mode": "round_prefer_ceil"},
    **{name: {"mode": "linear"} for name in ("linear", "bilinear", "trilinear")},
    "bicubic": {"mode": "cubic", "cubic_coeff_a": -0.75},
}
"""How torch interpolates: between the middles of positions, but for `nearest`."""


@word("Upsample")
def upsample(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Interpolation by factors, or to a size."""
    rank, sheet = x.rank - 2, x.sheet
    attributes = MODES[given.get("mode", "nearest")]
    aligned = bool(given.get("align_corners"))
    if aligned:
        places = {"coordinate_transformation_mode": "align_corners"}
        attributes = attributes | places
    read: list[Tensor | None] = [x, None]
    if "scale_factor" in given and not aligned:  # ends would be those of the product
        factors = [1.0, 1.0, *map(float, per_axis(given["scale_factor"], rank))]
        read += [sheet.constant(factors, FLOAT, (len(factors),))]
        return sheet.op("Resize", read, shape, **attributes)
    read += [None, sheet.row([int(n) for n in shape[2:]])]
    axes = [*range(2, x.rank)]
    return sheet.op("Resize", read, shape, **attributes, axes=axes)
