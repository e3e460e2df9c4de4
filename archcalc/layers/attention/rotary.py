"""Positions as angles: rotary embeddings, which have no weights."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from archcalc.errors import ShapeError
from archcalc.layers.attention.attention import SizeOrNone
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
from archcalc.layers.fields import Count, Factor, Size, WordField
from archcalc.layers.learned import SizesOrNone
from archcalc.sizes.dims import Dim, at_least, product, same

PAIRS = ("halves", "neighbours")
MOST_OTHERS = 8
"""So many tokens at most stand beside an image's: a class token and registers."""
Pairs = Annotated[Literal["halves", "neighbours"], WordField(PAIRS)]


class Rope(Layer):
    """Rotate pairs of features by the token's position (Su 2021, RoFormer).

    Shape unchanged, `(…, N, D)`: queries or keys, the `heads` side by side. The first
    half of a head's features is paired with the second half, or, with `pairs:
    neighbours`, each feature with the next one. `features` is how many features of each
    head are rotated. `grid: [16, 16]` gives a token a row and a column: the first half
    of the pairs is rotated by the row, the second by the column (Fang 2023, EVA-02).
    The first `skip` tokens stay as they are, and positions count from the token after
    them. No weights: 2 multiplications and 1 addition for each rotated value; sines and
    cosines are a table and are not counted. Backward keeps the table.
    """

    key = "rope"
    words: ClassVar[dict[str, str]] = {
        "features": "How many features of each head turn; all, if not said.",
        "base": "The base of the angles: the longest period is 2π times that.",
        "grid": "Sizes of the grid of tokens: each axis turns an equal part of pairs.",
        "pairs": "Which features turn together: halves (each of the first half with "
        "one of the second) or neighbours (each with the next).",
        "skip": "How many of the first tokens stay as they are, such as a class token.",
        "scale": "Positions are multiplied by this; below 1 for inputs larger than in "
        "training.",
    }
    examples = (
        "{rope: 2} @ 5x12",
        "{rope: 3, features: 4, base: 500} @ 2x5x18",
        "{rope: 2, grid: [2, 3], pairs: neighbours, skip: 1} @ 7x16",
        "{rope: 1, grid: [2, 2], features: 8, scale: 0.5} @ 3x4x10",
        "{rope: 2, pairs: neighbours, features: 4, skip: 2} @ 5x12",
    )

    heads: Size
    features: SizeOrNone = None
    base: Factor = Fraction(10000)
    grid: SizesOrNone = None
    pairs: Pairs = "halves"
    skip: Count = 0
    scale: Factor = Fraction(1)

    def tokens(self, x: Shape) -> Dim:
        """Return how many tokens turn; raise `ShapeError` if they are not the grid."""
        if len(x) < 2:
            raise ShapeError.of(
                "AC204",
                "rope needs tokens: a position axis and a feature axis",
                facts=[f"its input is {times(x)}"],
            )
        if not at_least(x[-2], self.skip + 1):
            raise ShapeError.of(
                "AC210",
                f"no token turns: skip leaves out {self.skip} of {x[-2]}",
                argument="skip",
            )
        tokens = x[-2] - self.skip
        if self.grid is not None and not same(product(self.grid), tokens):
            left = f"skip leaves out the first {self.skip} of {x[-2]} tokens"
            others = x[-2] - product(self.grid)
            fits = isinstance(others, int) and 0 <= others <= MOST_OTHERS
            raise ShapeError.of(
                "AC212",
                f"{tokens} tokens do not fill a grid of {times(self.grid)}",
                facts=[left] * bool(self.skip),
                help=f"with skip: {others}, {x[-2] - others} fill it" if fits else None,
                argument="grid",
            )
        return tokens

    def turned(self, x: Shape) -> Dim:
        """Return how many features of a head turn; raise `ShapeError` if none fit."""
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
        if self.grid is not None:
            every = f"each of the {len(self.grid)} axes turns an equal part of pairs"
            check_divides(2 * len(self.grid), turned, every)
        return turned

    def how_many(self, x: Shape) -> Dim:
        """Return how many values turn."""
        return product((*x[:-2], self.tokens(x), self.heads, self.turned(x)))

    def shape(self, *inputs: Shape) -> Shape:
        self.how_many(inputs[0])
        return inputs[0]

    def work(self, output: Shape, *inputs: Shape) -> Work:
        values = self.how_many(output)
        return {"mul": 2 * values, "add": values}

    def angles(self, x: Shape) -> Dim:
        """Return the length of a table: a value for each position and pair."""
        return self.tokens(x) * (self.turned(x) // 2)

    def tables(self, x: Shape) -> list[Extra]:
        values = self.angles(x)
        return [Extra("cosines", once=values), Extra("sines", once=values)]

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        return Saved(extras=tuple(self.tables(output)))

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """Where halves, or turned tokens and the others, are put together."""
        rates = self.turned(output) // 2 // len(self.grid or (1,))
        parts = Extra("halves", each=self.how_many(output))
        if self.skip:
            tokens = (*output[:-2], self.tokens(output), output[-1])
            parts = Extra("turned tokens", each=product(tokens))
        angles = Extra("angles", once=self.angles(output), width=4)
        frequencies = Extra("frequencies", once=rates, width=4)
        return [[*self.tables(output), angles, frequencies, parts]]

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        axis, turned, tokens = len(x), self.turned(x), self.tokens(x)
        width, half = x[-1] // self.heads, turned // 2
        parts = f"({self.skip}, {tokens}), {axis - 1}"
        skipped = [f"k, x = x.split({parts})"] * bool(self.skip)
        if self.pairs == "halves":
            pairs = [f"u, v, w = h.split(({half}, {half}, {width - turned}), -1)"]
            found = "torch.cat((u * c - v * s, v * c + u * s, w), -1)"
        else:
            pairs = [
                f"h, w = h.split(({turned}, {width - turned}), -1)",
                f"u, v = h.unflatten(-1, ({half}, 2)).unbind(-1)",
            ]
            found = "torch.stack((u * c - v * s, v * c + u * s), -1).flatten(-2)"
            if width != turned:
                found = f"torch.cat(({found}, w), -1)"
        found = f"{found}.flatten({axis})"
        return Function(
            f"torch.cat((k, {found}), {axis - 1})" if self.skip else found,
            steps=(
                *self.table_steps(tokens, half),
                *skipped,
                f"h = x.unflatten({axis}, ({self.heads}, {width}))",
                *pairs,
            ),
        )

    def table_steps(self, tokens: Dim, half: Dim) -> list[str]:
        """Return the statements that make the tables of cosines and sines."""
        made = "torch.arange({}, device=x.device)"
        each = half // len(self.grid or (1,))
        rates = f"{float(self.base):g} ** ({made.format(each)} / -{each})"
        if self.scale != 1:
            rates = f"{float(self.scale)!r} * {rates}"
        angles = f"{made.format(tokens)}[:, None] * f"
        if self.grid is not None:
            axes = ", ".join(map(made.format, self.grid))
            places = f"torch.cartesian_prod({axes}).reshape({tokens}, -1, 1)"
            angles = f"({places} * f).flatten(1)"
        return [
            f"f = {rates}",
            f"a = {angles}",
            "c, s = a.cos().to(x.dtype)[:, None], a.sin().to(x.dtype)[:, None]",
        ]
