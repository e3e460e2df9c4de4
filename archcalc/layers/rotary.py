"""Positions as angles: rotary embeddings, which have no weights."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from archcalc.errors import ShapeError
from archcalc.layers.attention import SizeOrNone
from archcalc.layers.base import (
    Call,
    Extra,
    Function,
    Layer,
    Saved,
    Shape,
    Work,
    check_divides,
    times,
)
from archcalc.layers.fields import Factor, Size
from archcalc.sizes.dims import Dim, at_least, product


class Rope(Layer):
    """Turn pairs of features of each head by the token's position (Su 2021, RoFormer).

    Shape unchanged, `(…, N, D)`: queries or keys, the `heads` side by side. The first
    half of a head's features is paired with the second; with `features`, only so many
    of each head turn. No weights: 2 multiplications and 1 addition for each value that
    turns; sines and cosines are a table, not counted. Backward keeps the table.
    """

    key = "rope"
    words: ClassVar[dict[str, str]] = {
        "features": "How many features of each head turn; all, if not said.",
        "base": "The base of the angles: the longest period is 2π times that.",
    }
    examples = (
        "{rope: 2} @ 5x12",
        "{rope: 3, features: 4, base: 500} @ 2x5x18",
    )

    heads: Size
    features: SizeOrNone = None
    base: Factor = Fraction(10000)

    def turned(self, x: Shape) -> Dim:
        """Return how many features of a head turn; raise `ShapeError` if none fit."""
        if len(x) < 2:
            raise ShapeError.of(
                "AC204",
                "rope needs tokens: a position axis and a feature axis",
                facts=[f"its input is {times(x)}"],
            )
        check_divides(self.heads, x[-1], "heads must divide the features")
        width = x[-1] // self.heads
        turned = width if self.features is None else self.features
        if not at_least(width, turned):
            raise ShapeError.of(
                "AC210",
                f"{turned} features cannot turn: a head has {width}",
                argument="features",
            )
        check_divides(2, turned, "features turn in pairs")
        return turned

    def shape(self, *inputs: Shape) -> Shape:
        self.turned(inputs[0])
        return inputs[0]

    def work(self, output: Shape, *inputs: Shape) -> Work:
        values = product((*output[:-1], self.heads, self.turned(output)))
        return {"mul": 2 * values, "add": values}

    def tables(self, x: Shape) -> list[Extra]:
        """Return cosines and sines, a value for each position and pair."""
        values = x[-2] * (self.turned(x) // 2)
        return [Extra("cosines", once=values), Extra("sines", once=values)]

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        return Saved(extras=tuple(self.tables(output)))

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """Where the turned halves are put together."""
        half = self.turned(output) // 2
        angles = Extra("angles", once=output[-2] * half, width=4)
        rates = Extra("frequencies", once=half, width=4)
        values = product((*output[:-1], self.heads, self.turned(output)))
        return [[*self.tables(output), angles, rates, Extra("halves", each=values)]]

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        axis, turned = len(x), self.turned(x)
        width, half = x[-1] // self.heads, turned // 2
        made = "torch.arange({}, device=x.device)"
        return Function(
            f"torch.cat((u * c - v * s, v * c + u * s, w), -1).flatten({axis})",
            steps=(
                f"f = {float(self.base):g} ** ({made.format(half)} / -{half})",
                f"a = {made.format(x[-2])}[:, None] * f",
                "c, s = a.cos().to(x.dtype)[:, None], a.sin().to(x.dtype)[:, None]",
                f"h = x.unflatten({axis}, ({self.heads}, {width}))",
                f"u, v, w = h.split(({half}, {half}, {width - turned}), -1)",
            ),
        )
