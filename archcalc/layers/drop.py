"""Layers that drop values in training; in inference they give their input on."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.layers.base import (
    NOTHING_SAVED,
    Call,
    Extra,
    Layer,
    Module,
    Saved,
    Shape,
    Work,
    numel,
)
from archcalc.layers.fields import Flag, Probability

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid


class Drop(Layer):
    """What dropping layers share: the shape stays, inference costs nothing."""

    role = "drop"
    storage = "elementwise"

    rate: Probability = Fraction(1, 2)

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {}

    def drops(self, training: bool) -> bool:
        return training and self.rate != 0

    @abstractmethod
    def mask(self, x: Shape) -> Extra:
        """Return the mask of one sample."""

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        if self.rate == 0:
            return NOTHING_SAVED
        nothing_left = Extra("zero", once=1)
        mask = nothing_left if self.rate == 1 else self.mask(inputs[0])
        return Saved(extras=(mask,), train_only=True)


class Dropout(Drop):
    """Drop values at random in training (Srivastava 2014; torch.nn.Dropout).

    Shape unchanged. `channels: true` drops whole channels. Backward keeps the mask in
    the dtype of the run; in inference nothing happens.
    """

    key = "dropout"
    overwrites = "extras"
    examples = (
        "{dropout: 0.5} @ 8x5x6",
        "dropout @ 10",
        "{dropout: 0} @ 10",
        "{dropout: 0.2, channels: true} @ 8x5x6",
    )

    channels: Flag = False

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        return inputs[0]

    def mask(self, x: Shape) -> Extra:
        return Extra("mask", each=x[0] if self.channels else numel(x))

    def torch(self, *inputs: Shape) -> Call:
        axes = len(inputs[0]) - 1
        # Every value of a vector is a channel; Dropout1d would take samples for them.
        rank = f"{axes}d" if self.channels and axes else ""
        return Module(f"nn.Dropout{rank}", (float(self.rate),))


class DropPath(Drop):
    """Drop the whole branch of a sample at random (Huang 2016, stochastic depth).

    Shape unchanged. Backward keeps one value a sample; in inference nothing happens.
    """

    key = "droppath"
    examples = ("{droppath: 0.1} @ 8x5x6", "{droppath: 0.1} @ 7x16")

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        """Each sample is laid flat, so one with gaps is copied."""
        flat = inputs[0].joined(1)
        if flat is None:
            return None
        first, inner = flat.strides
        steps = flat.anew(output).strides[1:]
        return flat._replace(
            sizes=output, strides=(first, *(inner * step for step in steps))
        )

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        return None

    def mask(self, x: Shape) -> Extra:
        return Extra("kept samples", each=1)

    def torch(self, *inputs: Shape) -> Call:
        sizes = ", ".join(map(str, inputs[0]))
        # Samples become the channels of a single one: Dropout1d drops channels whole.
        return Module(
            "nn.Dropout1d",
            (float(self.rate),),
            before="x.flatten(1).unsqueeze(0)",
            after=f"x.squeeze(0).unflatten(1, ({sizes},))",
        )
