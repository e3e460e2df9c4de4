"""Learned tensors: put before others, added to them, multiplied, or alone."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Annotated, ClassVar

from archcalc.layers.attention.attention import SizeOrNone, check_tokens
from archcalc.layers.attention.windows import TABLE
from archcalc.layers.axes import feature_axis
from archcalc.layers.base import (
    Call,
    Extra,
    Function,
    Layer,
    Saved,
    Shape,
    Shapes,
    Work,
    is_one,
    numbers,
    numel,
)
from archcalc.layers.fields import FieldError, Flag, ListField, Size, Sizes
from archcalc.layers.records.kept import NOT_YET
from archcalc.sizes.dims import Dim, product

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid

SizesOrNone = Annotated[tuple[Dim, ...] | None, ListField(1)]


def for_all(output: Ints, strides: Ints | None = None, block: int = 0) -> Laid:
    """Return how one tensor lies that every sample of a batch reads."""
    from archcalc.layers.records.strides import Laid, rows

    own = rows(output[1:]) if strides is None else strides
    return Laid(output, (0, *own), block)


class ClassToken(Layer):
    """Put learned tokens before the others (Devlin 2018; Dosovitskiy 2020, ViT).

    Shape: `(N, D) -> (N + count, D)`; `count × D` weights. Backward keeps nothing.
    """

    key = "class_token"
    sees = "all"
    gradient = "piece"
    examples = ("class_token @ 7x16", "{class_token: 2} @ 7x16")

    count: Size = 1

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        check_tokens(x, self.key)
        return (x[0] + self.count, x[1])

    def weights(self, *inputs: Shape) -> Shapes:
        return {"token": (self.count, inputs[0][1])}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {}

    def torch(self, *inputs: Shape) -> Call:
        token = "p['token'].expand(x.shape[0], -1, -1)"
        return Function(f"torch.cat(({token}, x), 1)", self.weights(*inputs))


class Position(Layer):
    """Add a learned table of positions, as large as the input (Dosovitskiy 2020, ViT).

    Shape unchanged; a weight for each value. Backward keeps nothing.
    """

    key = "position"
    gradient = "passed on"
    examples = ("position @ 7x16", "position @ 8x5x6")

    def weights(self, *inputs: Shape) -> Shapes:
        return {"table": inputs[0]}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {"add": numel(output)}

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        return inputs[0].beside(*map(numbers, self.weights(output[1:]).values()))

    def torch(self, *inputs: Shape) -> Call:
        return Function("x + p['table']", self.weights(*inputs))


class LayerScale(Layer):
    """Multiply each feature by a learned number (Touvron 2021, CaiT).

    Shape unchanged; a weight for each feature of a vector or of tokens, or for each
    channel of an image. Backward keeps the input and the weights.
    """

    key = "layer_scale"
    sums_products = True
    keeps = Saved(inputs=(0,), weights=("scale",), frozen=Saved(weights=("scale",)))
    examples = ("layer_scale @ 7x16", "layer_scale @ 8x5x6", "layer_scale @ 16")

    def weights(self, *inputs: Shape) -> Shapes:
        (x,) = inputs
        axis = feature_axis(x)
        return {"scale": (x[axis], *(1 for _ in x[axis + 1 :]))}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {"mul": numel(output)}

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        return inputs[0].beside(*map(numbers, self.weights(output[1:]).values()))

    def torch(self, *inputs: Shape) -> Call:
        return Function("x * p['scale']", self.weights(*inputs))


class Source(Layer):
    """What learned tensors share that stand alone: every sample reads the same one."""

    arity = 0
    role = "other"

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {}


class Parameter(Source):
    """A learned tensor without an input (torch.nn.Parameter).

    Shape: `() -> sizes`: DETR's object queries (Carion 2020, section 3.2) are
    `{parameter: [100, 256]}`. It reads nothing, and other steps name it. Its weights
    are its output, whatever the batch: no further bytes.
    """

    key = "parameter"
    storage = "view"
    words: ClassVar[dict[str, str]] = {"sizes": "The size of each axis."}
    examples = ("{parameter: [5, 8]}", "{parameter: 6}")

    sizes: Sizes

    def shape(self, *inputs: Shape) -> Shape:
        return self.sizes

    def weights(self, *inputs: Shape) -> Shapes:
        return {"value": self.sizes}

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        return for_all(output)

    def torch(self, *inputs: Shape) -> Call:
        return Function("p['value'][None]", self.weights())


class Lookup(Source):
    """Learned numbers at fixed places of a tensor; each may be at several places.

    Shape: `() -> sizes`. A table of `learned` numbers is read at a place for each
    value: biases of 8 heads for 49 distances are `{lookup: [8, 49, 49], learned: 392}`.
    Backward keeps the places, 8 bytes each.
    """

    key = "lookup"
    looks_up = True
    words: ClassVar[dict[str, str]] = {
        "sizes": "The size of each axis.",
        "learned": "How many learned numbers there are.",
    }
    examples = (
        "{lookup: [2, 5, 5], learned: 18}",
        "{lookup: [3, 4], learned: 30}",
    )

    sizes: Sizes
    learned: Size

    def shape(self, *inputs: Shape) -> Shape:
        return self.sizes

    def weights(self, *inputs: Shape) -> Shapes:
        return {"table": (self.learned,)}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        return Saved(extras=(self.index(output),))

    def index(self, output: Shape) -> Extra:
        """Return the place in the table of each value."""
        return Extra("index of places", once=numel(output), width=8)

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """Where weights are looked up; where places are numbered."""
        index = self.index(output)
        late = Extra(NOT_YET, once=-numel(output))
        return [[index], [index, index._replace(what="places in a row"), late]]

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        return for_all(output, block=prod(output[1:]))

    def torch(self, *inputs: Shape) -> Call:
        sizes = ", ".join(map(str, self.sizes))
        count = product(self.sizes)
        place = "device=p['table'].device"
        places = f"r = (torch.arange({count}, {place}) % {self.learned})"
        step = f"{places}.reshape({sizes})"
        return Function("p['table'][r][None]", self.weights(), (step,))


class RelativeBias(Source):
    """A learned bias for each head and relative position, to add to scores as `mask`.

    Shape: `() -> (heads, queries, keys)`. With a `grid`, a weight for each offset of
    two places in it (Liu 2021, Swin, section 3.2): (2·7 - 1)² × heads for `[7, 7]`;
    if it is `mirrored`, one for each distance along the axes (Graham 2021, LeViT): 7².
    With `buckets`, a weight for each bucket of distances, that grow with the distance
    up to `distance` (Raffel 2019, T5, section 2.1): half of them look ahead, unless
    `causal`. Backward keeps the place in the table of each pair, 8 bytes each.
    """

    key = "relative_bias"
    looks_up = True
    words: ClassVar[dict[str, str]] = {
        "grid": "The sizes of the grid that the tokens fill.",
        "mirrored": "Whether an offset and its mirror images share a weight.",
        "buckets": "How many distances are told apart.",
        "queries": "How many queries there are.",
        "keys": "How many keys there are: as many as queries, if not said.",
        "distance": "From this distance on, all are one bucket.",
        "causal": "Whether all buckets look back.",
    }
    examples = (
        "{relative_bias: 3, grid: [2, 3]}",
        "{relative_bias: 2, grid: 5}",
        "{relative_bias: 3, grid: [2, 3], mirrored: true}",
        "{relative_bias: 4, buckets: 8, queries: 5, keys: 7, distance: 16}",
        "{relative_bias: 4, buckets: 8, queries: 6, distance: 16, causal: true}",
    )

    heads: Size
    grid: SizesOrNone = None
    mirrored: Flag = False
    buckets: SizeOrNone = None
    queries: SizeOrNone = None
    keys: SizeOrNone = None
    distance: Size = 128
    causal: Flag = False

    def agree(self) -> None:
        if (self.grid is None) == (self.buckets is None):
            raise FieldError(
                "relative_bias needs a grid, or buckets and queries",
                "{relative_bias: 6, grid: [7, 7]}, or "
                "{relative_bias: 8, buckets: 32, queries: tokens}",
            )
        if self.grid is None and self.queries is None:
            raise FieldError("buckets need queries: how many there are")
        given = (self.queries, self.keys)
        if self.grid is not None and given != (None, None):
            raise FieldError("a grid has its own queries and keys: its places")
        if self.grid is None and self.mirrored:
            raise FieldError("only the offsets of a grid can be mirrored")
        if self.buckets is not None:
            self.check_buckets()

    def check_buckets(self) -> None:
        """Raise `FieldError` unless buckets are few enough for their distance."""
        if not (isinstance(self.buckets, int) and isinstance(self.distance, int)):
            raise FieldError("buckets and their distance cannot stay names")
        least = 2 if self.causal else 4
        if self.buckets % least or self.distance <= self.exact:
            raise FieldError(
                f"{self.buckets} buckets up to a distance of {self.distance}: buckets "
                f"are a multiple of {least}, and the distance is above {self.exact}"
            )

    @property
    def ways(self) -> int:
        """The buckets of one direction."""
        assert isinstance(self.buckets, int)
        return self.buckets if self.causal else self.buckets // 2

    @property
    def exact(self) -> int:
        """The distances that have a bucket each."""
        return self.ways // 2

    def shape(self, *inputs: Shape) -> Shape:
        if self.grid is not None:
            places = product(self.grid)
            return (self.heads, places, places)
        queries: Dim = 1 if self.queries is None else self.queries
        return (self.heads, queries, queries if self.keys is None else self.keys)

    def weights(self, *inputs: Shape) -> Shapes:
        if self.grid is None:
            return {"weight": (self.buckets or 1, self.heads)}
        return {TABLE: (product(self.offsets()), self.heads)}

    def offsets(self) -> Iterator[Dim]:
        """Yield how many offsets each axis of the grid tells apart."""
        return (n if self.mirrored else 2 * n - 1 for n in self.grid or ())

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        return Saved(extras=(self.index(output),))

    def index(self, output: Shape) -> Extra:
        """Return the place in the table of each pair."""
        return Extra("index of positions", once=output[1] * output[2], width=8)

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """Where weights are looked up; where buckets are, by offset."""
        index = self.index(output)
        late = Extra(NOT_YET, once=-numel(output))
        if self.grid is not None:
            numbers = (Extra("offsets", once=n, width=8) for n in self.numbered())
            return [[index], *([one, late] for one in numbers)]
        offsets = index._replace(what="offsets")
        count = output[1] + output[2] - 1
        table = Extra("bucket of each offset", once=count, width=8)
        places = Extra("places", once=output[1] + output[2], width=8)
        numbered = Extra("offsets while they are numbered", once=count, width=41)
        return [
            [index, table],
            [index, table, offsets, late],
            [index, table, places, late],
            [numbered, late],
        ]

    def numbered(self) -> Iterator[Dim]:
        """Yield how many numbers live while the offsets of each axis are added."""
        before: list[Dim] = []
        for n in self.grid or ():
            pairs, so_far = n * n, product(before)
            added = so_far if before else 0
            yield added + 2 * pairs
            yield added + pairs + 2 * n
            if before:
                yield added + pairs + so_far * pairs
            before.append(pairs)

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """Looked up by place, the heads innermost."""
        _, heads, queries, keys = output
        return for_all(output, (1, keys * heads, heads), heads * queries * keys)

    def torch(self, *inputs: Shape) -> Call:
        name = "weight" if self.grid is None else TABLE
        steps = self.bucketed() if self.grid is None else self.placed()
        code = f"p['{name}'][r].permute(2, 0, 1)[None]"
        return Function(code, self.weights(), tuple(steps))

    def placed(self) -> list[str]:
        """Return the statements that number the offsets of two places in a grid."""
        grid = self.grid or ()
        axes, place = len(grid), f"device=p['{TABLE}'].device"
        told = list(self.offsets())
        terms = []
        for axis, n in enumerate(grid):
            row, column = [["None"] * (2 * axes) for _ in range(2)]
            row[axis] = column[axes + axis] = ":"
            i = f"torch.arange({n}, {place})"
            moved = f"{i}[{', '.join(row)}] - {i}[{', '.join(column)}]"
            offset = f"({moved}).abs()" if self.mirrored else f"({moved} + {n - 1})"
            below = product(told[axis + 1 :])
            terms.append(offset if is_one(below) else f"{offset} * {below}")
        places = product(grid)
        return [f"r = ({' + '.join(terms)}).reshape({places}, {places})"]

    def bucketed(self) -> list[str]:
        """Return the statements that number the buckets of all pairs."""
        from math import log

        _, queries, keys = self.shape()
        assert isinstance(self.distance, int)  # `agree` asks for it
        where, ways, exact = "device=p['weight'].device", self.ways, self.exact
        far = f"(d.clamp(min={exact}) / {exact}).log() / {log(self.distance / exact)}"
        ahead = [] if self.causal else [f"b = b + (r > 0) * {ways}"]
        return [
            f"r = torch.arange({keys} + {queries} - 1, {where}) - {queries - 1}",
            f"d = {'(-r).clamp(min=0)' if self.causal else 'r.abs()'}",
            f"b = ({far} * {ways - exact}).long() + {exact}",
            f"b = torch.where(d < {exact}, d, b.clamp(max={ways - 1}))",
            *ahead,
            "del d, r",
            f"r = torch.arange({queries - 1}, -1, -1, {where})[:, None]"
            f" + torch.arange({keys}, {where})",
            "r = b[r]",
        ]
