"""Weights that are made of others: with a learned length, or a largest stretch of 1.

Parameters and buffers have the names and shapes of torch's parametrizations.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from archcalc.layers.base import (
    Extra,
    Layer,
    Module,
    Saved,
    Shape,
    Shapes,
    is_one,
    numel,
)
from archcalc.layers.fields import FieldError, WordField
from archcalc.layers.records.kept import NOT_YET
from archcalc.sizes.dims import Dim, product

WORDS = ("none", "first", "last")
WeightNorm = Annotated[Literal["none", "first", "last"], WordField(WORDS)]
HOME = "parametrizations.weight"
LENGTH, DIRECTION = f"{HOME}.original0", f"{HOME}.original1"
ORIGINAL = f"{HOME}.original"
MADE = "weight with its norm"


def weight_of(shapes: Shapes) -> Shape | None:
    """Return the shape of the weight, also where it is made of other parameters."""
    names = ("weight", ORIGINAL, DIRECTION)
    return next((shapes[name] for name in names if name in shapes), None)


class Reparametrized(Layer):
    """What can have `weight_norm` or `spectral_norm`: its `weight` is made of others.

    Weight norm (Salimans and Kingma 2016) has a direction as large as the weight, and a
    length for each place of its `first` axis, or of its `last` one. Spectral norm
    (Miyato 2018) divides the weight by its largest singular value, that two buffers
    follow. The weight is made once for a batch, which counts as no operation of a
    sample.
    """

    words: ClassVar[dict[str, str]] = {
        "weight_norm": "Makes the weight of a direction and a length for each place "
        "of its first or last axis.",
        "spectral_norm": "Divides the weight by its largest singular value.",
    }
    weight_norm: str
    spectral_norm: bool
    rows: ClassVar[int] = 0
    """The axis of the weight that spectral norm takes for the rows of a matrix."""

    def agree(self) -> None:
        if self.spectral_norm and self.weight_norm != "none":
            raise FieldError("weight_norm and spectral_norm: a weight has one of them")

    @property
    def makes_weight(self) -> bool:
        """Whether the weight is no parameter, but made of others."""
        return self.spectral_norm or self.weight_norm != "none"

    def parameters(self, shapes: Shapes) -> Shapes:
        """Return the parameters in place of those of a plain layer."""
        if not self.makes_weight:
            return shapes
        weight = shapes["weight"]
        others = {name: shape for name, shape in shapes.items() if name != "weight"}
        if self.spectral_norm:
            return {**others, ORIGINAL: weight}
        return {**others, LENGTH: self.lengths(weight), DIRECTION: weight}

    def lengths(self, weight: Shape) -> Shape:
        """Return the shape of the lengths: one axis of the weight, the others 1."""
        ones = (1,) * (len(weight) - 1)
        first = self.weight_norm == "first"
        return (weight[0], *ones) if first else (*ones, weight[-1])

    def made_weight(self, *inputs: Shape) -> Shape:
        """Return the shape of the weight as the layer uses it."""
        shape = weight_of(self.weights(*inputs))
        assert shape is not None
        return shape

    def vectors(self, *inputs: Shape) -> tuple[Dim, Dim]:
        """Return the sizes of the vectors that spectral norm follows."""
        weight = self.made_weight(*inputs)
        others = [n for axis, n in enumerate(weight) if axis != self.rows]
        return weight[self.rows], product(others)

    def buffers(self, *inputs: Shape) -> Shapes:
        if not self.spectral_norm:
            return {}
        rows, columns = self.vectors(*inputs)
        return {f"{HOME}.0._u": (rows,), f"{HOME}.0._v": (columns,)}

    def keeping(self, saved: Saved, *inputs: Shape) -> Saved:
        """Return what is kept, from what a plain layer keeps.

        A product needs its weight for the gradient of its input alone; a convolution
        keeps it anyway.
        """
        if not self.makes_weight:
            return saved
        only_for = (0,) if self.family == "linear" else ()
        made = Extra(MADE, once=numel(self.made_weight(*inputs)), only_for=only_for)
        if self.spectral_norm:
            several = "singular value and its vectors"
            beside = Extra(several, once=sum(self.vectors(*inputs), 1))
            weights: tuple[str, ...] = (ORIGINAL,)
        else:
            lengths = numel(self.lengths(self.made_weight(*inputs)))
            beside = Extra("norms of the weight", once=lengths, width=4)
            weights = (LENGTH, DIRECTION)
        extras = (*saved.extras, made)
        frozen = (saved.frozen or saved)._replace(weights=(), extras=extras)
        extras = (*extras, beside)
        return saved._replace(weights=weights, extras=extras, frozen=frozen)

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """When the layer runs, and before, when its weight is made."""
        extras = list(self.saved(output, *inputs).extras)
        if not self.makes_weight:
            return [extras]
        late = Extra(NOT_YET, each=-numel(output))
        return [extras[:-1], [*extras, *self.turned(*inputs), late]]

    def turned(self, *inputs: Shape) -> list[Extra]:
        """Return the copy whose rows are the axis that spectral norm wants.

        Where one of the axes is 1, a view is enough.
        """
        weight = self.made_weight(*inputs)
        axes = weight[:1], weight[1:2], weight[2:]
        if not (self.spectral_norm and self.rows) or any(
            is_one(product(sizes)) for sizes in axes
        ):
            return []
        return [Extra("weight as a matrix", once=numel(weight))]

    def wrapped(self, call: Module, *inputs: Shape) -> Module:
        """Return torch's module with its parametrization, if it has one."""
        if not self.makes_weight:
            return call
        kind = "spectral_norm" if self.spectral_norm else "weight_norm"
        axis = len(self.made_weight(*inputs)) - 1  # for torch, -1 is all axes at once
        dim = f", dim={axis}" if self.weight_norm == "last" else ""
        return call._replace(wrap=f"nn.utils.parametrizations.{kind}({{}}{dim})")

    def norms(self) -> list[str]:
        """Return how the weight is made, in words."""
        if self.spectral_norm:
            return ["spectral norm"]
        return [f"weight norm {self.weight_norm}"] if self.makes_weight else []
