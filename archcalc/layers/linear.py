"""Layers of one matrix: fully connected, linear, embedding."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from archcalc.errors import ShapeError
from archcalc.layers.base import (
    Call,
    Extra,
    Layer,
    Letters,
    Module,
    Saved,
    Shape,
    Shapes,
    Work,
    numel,
    times,
)
from archcalc.layers.conv import Conv
from archcalc.layers.fields import Flag, Size
from archcalc.layers.reparametrized import Reparametrized, WeightNorm
from archcalc.sizes.dims import Dim

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Laid


class Matrix(Reparametrized):
    """What `fc` and `linear` share: a weight of `out × in` and a bias."""

    role = "matrix"
    keeps: ClassVar[Saved] = Saved(
        inputs=(0,), weights=("weight",), frozen=Saved(weights=("weight",))
    )
    family = "linear"

    principal = "out"

    out: Size
    bias: Flag = True
    weight_norm: WeightNorm = "none"
    spectral_norm: Flag = False

    @abstractmethod
    def features(self, x: Shape) -> Dim:
        """Return how many inputs each output sees."""

    def weights(self, *inputs: Shape) -> Shapes:
        bias = {"bias": (self.out,)} if self.bias else {}
        weight = (self.out, self.features(inputs[0]))
        return self.parameters({"weight": weight, **bias})

    def work(self, output: Shape, *inputs: Shape) -> Work:
        work = {"mac": numel(output) * self.features(inputs[0])}
        return {**work, "add": numel(output)} if self.bias else work

    def low_rank(self, rank: Dim) -> tuple[Layer, Layer] | None:
        plain = {"bias": False, "weight_norm": "none", "spectral_norm": False}
        return self.replace(out=rank, **plain), Linear(out=self.out, bias=False)

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        return self.keeping(self.keeps, *inputs)

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        given = {} if self.bias else {"bias": False}
        flat = self.flattens and len(x) > 1
        before = "torch.flatten(x, 1)" if flat else None
        call = Module("nn.Linear", (self.features(x), self.out), given, before=before)
        return self.wrapped(call, x)

    def label(self, *inputs: Shape) -> str:
        bias = [] if self.bias else ["no bias"]
        return ", ".join([f"{self.key} {self.out}", *bias, *self.norms()])


class FullyConnected(Matrix):
    """Connect every input value with every output, as the papers mean it.

    Shape: `(…) -> (out,)`; the input is flattened first. Weights `out × in`.
    """

    key = "fc"
    sees = "all"
    flattens = True
    examples = (
        "{fc: 40} @ 16x6x6",
        "{fc: 10, bias: false} @ 84",
        "{fc: 5} @ 7x3",
        "{fc: 5, weight_norm: last} @ 7x3",
    )

    def features(self, x: Shape) -> Dim:
        return numel(x)

    def shape(self, *inputs: Shape) -> Shape:
        return (self.out,)

    def gathers(self, x: Laid) -> bool:
        return x.joined(1) is None


class Linear(Matrix):
    """Multiply the last axis by a matrix, at every position (torch.nn.Linear).

    Shape: `(…, D) -> (…, out)`. Weights `out × D`; the multiply-accumulates count for
    every position.
    """

    key = "linear"
    keeps = Matrix.keeps._replace(casts_for_input=True)
    gathers_frozen = False
    axis_names = "channels last"
    letters: ClassVar[Letters] = {"out": ("D", "output features", "out")}
    examples = (
        "{linear: 64} @ 49x32",
        "{linear: 10, bias: false} @ 20",
        "{linear: 8} @ 3x4x5",
        "{linear: 8, weight_norm: first} @ 7x5",
        "{linear: 8, spectral_norm: true, bias: false} @ 7x5",
    )

    def features(self, x: Shape) -> Dim:
        return x[-1]

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return (*x[:-1], self.out)

    def channels_first(self) -> Layer | None:
        plain = self.replace(weight_norm="none", spectral_norm=False)
        return Conv(out=self.out, bias=self.bias) if plain == self else None

    def gathers(self, x: Laid) -> bool:
        return x.joined(0, -2) is None

    def beside_gaps(self, output: Shape) -> Extra | None:
        """The product of what had gaps is made first, its bias then added apart."""
        if not self.bias or len(output) == 1:
            return None
        return Extra("product without its bias", each=numel(output))


class Embedding(Layer):
    """Look up a learned vector for each token id (torch.nn.Embedding).

    Shape: `(N,) -> (N, dim)`, or `(M, N) -> (M, N, dim)`, from whole numbers below
    `num`. They come from an input, moved or cut at most: an id is never computed.
    Weights `num × dim`; a look-up is no arithmetic. Backward keeps the ids, 8 bytes
    each.
    """

    key = "embedding"
    role = "matrix"
    reads_ids = True
    looks_up = True
    letters: ClassVar[Letters] = {"dim": ("D", "features", "out")}
    examples = ("{embedding: 1000, dim: 64} @ 7",)

    num: Size
    dim: Size

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) > 2:
            raise ShapeError.of(
                "AC204",
                "embedding needs token ids: one axis, or a list of such rows",
                facts=[f"its input is {times(x)}"],
            )
        return (*x, self.dim)

    def weights(self, *inputs: Shape) -> Shapes:
        return {"weight": (self.num, self.dim)}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        return Saved(extras=(Extra("token ids", each=numel(inputs[0]), width=8),))

    def torch(self, *inputs: Shape) -> Call:
        return Module("nn.Embedding", (self.num, self.dim))
