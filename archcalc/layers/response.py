"""Global response normalization: channels compete by the size of their responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.layers.axes import spatial
from archcalc.layers.base import (
    Call,
    Extra,
    Function,
    Layer,
    Saved,
    Shape,
    Shapes,
    Work,
    numel,
)

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid


class GlobalResponseNorm(Layer):
    """Scale each channel by its length over the mean length (Woo 2023, ConvNeXt V2).

    Shape `(C, …)` unchanged, with 1 to 3 spatial axes: `x + weight·(x·g) + bias`, where
    `g` is the root of a channel's sum of squares, divided by the mean of these roots. A
    weight and a bias a channel. Backward keeps the input, its product with `g`, and two
    values a channel.
    """

    key = "grn"
    role = "norm"
    sees = "all"
    axis_names = "signal"
    examples = ("grn @ 8x5x6", "grn @ 8x5", "grn @ 4x2x3x5")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        spatial(x, self.key)
        return x

    def weights(self, *inputs: Shape) -> Shapes:
        channels = (inputs[0][0],)
        return {"weight": channels, "bias": channels}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        n, channels = numel(output), output[0]
        return {
            "mul": 3 * n,
            "add": 3 * n,
            "sqrt": channels,
            "div": channels + 1,
        }

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        scaled = Extra("scaled values", each=numel(output))
        lengths = Extra("lengths and their quotients", each=2 * output[0])
        mean = Extra("mean length", each=1)
        extras = (scaled, lengths, mean)
        whole = Saved((0,), False, ("weight",), extras, first=Saved(extras=(scaled,)))
        return whole._replace(frozen=whole._replace(extras=(lengths, mean)))

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        scaled, lengths, _ = self.saved(output, *inputs).extras
        return [[scaled, lengths]]

    def back(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """The gradient of `x·g`, and its product with `x`, summed for that of `g`."""
        (x,) = inputs
        scaled, _, _ = self.saved(output, x).extras
        made = Extra("gradients of the product", each=2 * numel(output))
        sums = Extra("gradients of quotients", each=output[0])
        return [[made, sums, scaled._replace(each=-numel(output))]]

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """In the order of the input's axes, where that has one."""
        from archcalc.layers.records.strides import met, of_every_sample

        (x,) = inputs
        if x.in_a_row():
            return None
        batch, channels, *positions = output
        ones = tuple(1 for _ in positions)
        lengths, mean = x.anew((batch, channels, *ones)), x.anew((batch, 1, *ones))
        scaled = met(output, x, met(lengths.sizes, lengths, mean))
        learned = of_every_sample((channels, *ones))
        return met(output, x, met(output, learned, learned, scaled))

    def torch(self, *inputs: Shape) -> Call:
        rank = len(inputs[0])
        axes = ", ".join(str(axis) for axis in range(2, rank + 1))
        ones = ", None" * (rank - 1)
        return Function(
            f"x + torch.addcmul(p['bias'][:{ones}], p['weight'][:{ones}], x * g)",
            self.weights(*inputs),
            (
                f"length = torch.linalg.vector_norm(x, 2, ({axes},), keepdim=True)",
                "g = length / (length.mean(1, keepdim=True) + 1e-6)",
            ),
        )
