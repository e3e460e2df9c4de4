"""Attention inside windows of a grid of tokens."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from archcalc.errors import ShapeError
from archcalc.layers.activation import softmax_work
from archcalc.layers.attention import check_tokens, head_width
from archcalc.layers.attention_kernels import APART
from archcalc.layers.backward import WEIGHTS, Product, Products
from archcalc.layers.base import (
    Call,
    Extra,
    Function,
    Layer,
    Letters,
    Saved,
    Shape,
    Shapes,
    Work,
    check_divides,
    numbers,
    numel,
    times,
)
from archcalc.layers.fields import Count, Flag, ListField, Size, WordField
from archcalc.layers.kept import not_yet
from archcalc.sizes.dims import Dim, at_least, ceil_div, product, same, square_root

if TYPE_CHECKING:
    from archcalc.layers.strides import Ints, Laid

ScaledBy = Annotated[Literal["head", "features"], WordField(("head", "features"))]
Grid = Annotated[tuple[Dim, Dim] | None, ListField(1, 2)]
TABLE = "relative_position_bias_table"
SOFTENED = "weights after softmax"


def attention_work(heads: Dim, width: Dim, queries: Dim, keys: Dim) -> Work:
    """Return the operations of softmax(q·kᵀ/√width)·v where a query sees `keys`."""
    scores = heads * queries * keys
    work = softmax_work(scores, heads * queries)
    return {"mac": 2 * scores * width, "mul": scores, **work}


class GroupedAttention(Layer):
    """Attention between the tokens of a group, whose places are those of a square."""

    sees = "all"
    role = "matrix"
    looks_up = True
    words: ClassVar[dict[str, str]] = {
        "scale": "Whose width's root divides the scores: of a head, or of all features."
    }
    shift: Any = 0
    grid: tuple[Dim, Dim] | None = None
    bias: Any = True
    scale: Any = "head"

    heads: Size
    size: Size

    def rows(self, x: Shape) -> tuple[Dim, Dim]:
        """Return the grid's height and width; raise AC212 unless the tokens fill it."""
        tokens = x[0]
        if self.grid is None:
            side = square_root(tokens)
            if side is None:
                raise ShapeError.of(
                    "AC212",
                    f"{tokens} tokens do not form a square",
                    help="give the grid: [height, width]",
                )
            return side, side
        if not same(product(self.grid), tokens):
            raise ShapeError.of(
                "AC212", f"{tokens} tokens do not fill a grid of {times(self.grid)}"
            )
        return self.grid

    def windows(self, x: Shape) -> tuple[Dim, ...]:
        """Return how many windows lie on each axis of the grid."""
        return tuple(ceil_div(n, self.size) for n in self.rows(x))

    def scores(self, x: Shape) -> tuple[Dim, Dim]:
        """Return how many tokens there are with padding, and how many each sees."""
        seen = self.size * self.size
        return product(self.windows(x)) * seen, seen

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        check_tokens(x, self.key)
        head_width(x, self.heads, self.key)
        self.rows(x)
        return (x[0], x[1] // 3)

    def weights(self, *inputs: Shape) -> Shapes:
        offsets = 2 * self.size - 1
        return {TABLE: (offsets * offsets, self.heads)} if self.bias else {}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        tokens, seen = self.scores(inputs[0])
        work = attention_work(self.heads, output[1] // self.heads, tokens, seen)
        terms = (1 if self.bias else 0) + (1 if any(self.shifts(inputs[0])) else 0)
        return {**work, "add": work["add"] + terms * self.heads * tokens * seen}

    def backward(self, output: Shape, *inputs: Shape) -> Products:
        """Four factors come from the input; the table needs the gradient of scores."""
        tokens, seen = self.scores(inputs[0])
        one = tokens * seen * output[1]
        return Product((0, WEIGHTS), one), Product((0,), 3 * one)

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        tokens, seen = self.scores(inputs[0])
        packed = Extra("queries, keys and values", each=3 * tokens * output[1])
        weights = Extra("attention weights", each=self.heads * tokens * seen)
        kept = (packed, weights)
        own = (self.index(),) if self.bias else ()
        return Saved(extras=(*kept, *own), frozen=Saved(extras=kept))

    def index(self) -> Extra:
        """Return the place in the table of each pair of tokens in a window."""
        seen = self.size * self.size
        return Extra("index of relative positions", once=seen * seen, width=8)

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """When windows are cut, biased, softened, put back.

        Beside them live the table of positions and the mask of shifted windows.
        """
        (x,) = inputs
        packed, scores, *_ = self.saved(output, x).extras
        tokens, features = self.scores(x)[0], output[1]
        whole, (table, beside) = tokens * features, self.positions(x)
        padding = Extra("padding", each=whole - numel(output))
        biased = scores._replace(what="scores with biases")
        moments = [
            [packed, scores, scores._replace(what=SOFTENED), padding, *beside],
            [packed, scores, biased, *table, not_yet(output)],
        ]
        apart, sizes = Extra(APART, each=whole), (1, *numbers(output))
        if self.put_back(sizes)[1]:
            moments.append([packed, scores, apart, padding, *beside])
        elif self.written(sizes) is None:
            moments.append([packed, scores, apart, *beside])
        if any(self.shifts(x)) or not same(tokens, output[0]):
            moved = Extra("grid, padded or moved", each=3 * whole)
            moments.append([packed, moved, not_yet(output)])
        return moments

    def positions(self, x: Shape) -> tuple[list[Extra], list[Extra]]:
        """Return what positions take where biases are added, and after that.

        Biases and their index, which goes where shifted windows need places and a mask.
        """
        tokens, seen = self.scores(x)
        biases = Extra("biases", once=seen * seen * self.heads)
        table = [biases, self.index()] if self.bias else []
        if not any(self.shifts(x)):
            return table, table
        rows, columns = (n * self.size for n in self.windows(x))
        places = Extra("places", once=rows + 2 * columns + tokens, width=8)
        return table, [*table[:1], places, Extra("mask", once=tokens * seen)]

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """Of a grid that was padded a part is taken."""
        grid, _ = self.put_back(output)
        inside = (output[0], *numbers(self.rows(output[1:])), output[2])
        found = grid._replace(sizes=inside).regrouped(output)
        return found and found._replace(block=prod(grid.sizes))

    def put_back(self, sizes: Ints) -> tuple[Laid, bool]:
        """Return how windows and heads lie in their grid, and if by a copy.

        `sizes` are those of the output; the grid has its padding.
        """
        from archcalc.layers.strides import Laid

        (batch, _, features), x = sizes, sizes[1:]
        size, heads, down, right = numbers((self.size, self.heads, *self.windows(x)))
        places, order = self.placed(down, right, size)
        at = batch, *places, heads, features // heads
        lies, copied = Laid.anew(at, (0, *order[:2], 5, *order[2:], 6)), False
        for joined in (
            (batch, *places, features),
            (batch, *places[:2], right * size, features),
            (batch, down * size, right * size, features),
        ):
            found = lies.regrouped(joined)
            copied = copied or found is None
            lies = found or Laid.anew(joined)
        if any(self.shifts(x)):
            return Laid.anew(lies.sizes), True
        return lies, copied

    def placed(self, down: Any, right: Any, size: Any) -> tuple[tuple[Any, ...], Ints]:
        """Return the grid's axes, each cut in two, and their places with a batch.

        Places of windows come first, then those of tokens in a window.
        """
        return (down, size, right, size), (1, 3, 2, 4)

    def shifts(self, x: Shape) -> tuple[Dim, ...]:
        """Return the shift of each axis: 0 where one window fills it."""
        return tuple(0 if at_least(self.size, n) else self.shift for n in self.rows(x))

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        width = head_width(x, self.heads, self.key)
        params = self.weights(x)
        scaled = width if self.scale == "head" else width * self.heads
        scores = [f"a = q @ k.transpose(-2, -1) * {scaled} ** -0.5"]
        if self.bias:
            scores += relative_positions(self.size)
        if any(self.shifts(x)):
            scores += self.edges(x)
        return Function(
            "y.flatten(1, 2)",
            params,
            steps=(*self.cut(x, width), *scores, *self.join(x)),
        )

    def cut(self, x: Shape, width: Dim) -> list[str]:
        """Return the statements that cut the grid into windows and heads."""
        (height, across), (down, right) = self.rows(x), self.windows(x)
        below, beside = down * self.size - height, right * self.size - across
        steps = [f"g = x.unflatten(1, ({height}, {across}))"]
        if below or beside:
            steps.append(f"g = F.pad(g, (0, 0, 0, {beside}, 0, {below}))")
        if any(self.shifts(x)):
            back = tuple(-shift for shift in self.shifts(x))
            steps.append(f"g = g.roll({back}, (1, 2))")
        (upper, lower, left, inner), order = self.placed(down, right, self.size)
        a, b, c, d = order
        steps += [
            f"g = g.unflatten(3, (3, {self.heads}, {width}))",
            f"g = g.unflatten(2, ({left}, {inner}))",
            f"g = g.unflatten(1, ({upper}, {lower}))",
            f"g = g.permute(5, 0, {a}, {b}, 6, {c}, {d}, 7).contiguous()",
            "q, k, v = g.flatten(5, 6).flatten(2, 3).unbind(0)",
        ]
        return steps

    def edges(self, x: Shape) -> list[str]:
        """Return the statements that part tokens which only the shift put together."""
        (down, right), (low, far) = self.windows(x), self.shifts(x)
        sizes = [(down * self.size, low, "rows"), (right * self.size, far, "columns")]
        steps = []
        for n, shift, name in sizes:
            steps += [
                f"i = torch.arange({n}, device=x.device)",
                f"{name} = (i >= {n - self.size}).long() + (i >= {n - shift})",
            ]
        return [
            *steps,
            "r = rows[:, None] * 3 + columns",
            f"r = r.unflatten(1, ({right}, {self.size}))",
            f"r = r.unflatten(0, ({down}, {self.size}))",
            "r = r.permute(0, 2, 1, 3).flatten(2).flatten(0, 1)",
            "apart = (r[:, None, :] != r[:, :, None]).to(x.dtype) * -100",
            "a = a + apart[:, None]",
        ]

    def join(self, x: Shape) -> list[str]:
        """Return the statements that put the windows back into the grid."""
        (height, across), (down, right) = self.rows(x), self.windows(x)
        _, order = self.placed(down, right, self.size)
        where = [(1, 2, 4, 5)[order.index(axis)] for axis in (1, 2, 3, 4)]
        back = ", ".join(map(str, where))
        steps = [
            "y = a.softmax(-1) @ v",
            f"y = y.unflatten(3, ({self.size}, {self.size}))",
            f"y = y.unflatten(1, ({down}, {right})).permute(0, {back}, 3, 6)",
            "y = y.flatten(5).flatten(3, 4).flatten(1, 2)",
        ]
        if any(self.shifts(x)):
            steps.append(f"y = y.roll({self.shifts(x)}, (1, 2))")
        if (down * self.size, right * self.size) != (height, across):
            steps.append(f"y = y[:, :{height}, :{across}]")
        return steps


class WindowAttention(GroupedAttention):
    """Attention inside windows of `size × size` tokens (Liu 2021, Swin, section 3.2).

    Shape: `(N, 3D) -> (N, D)`, the N tokens being the rows of a `grid` (a square if not
    said). With `shift` the windows lie that much further down and right, wrapped round,
    and tokens from opposite edges do not see each other; an axis that one window fills
    does not shift. A grid that `size` does not divide is padded, and the padding
    counted. `bias` learns a table of (2·size - 1)² relative positions a head.
    `scale: features` divides scores by the root of all features, as torchvision's
    MaxViT does, not by that of a head's.
    """

    key = "window_attention"
    letters: ClassVar[Letters] = {"size": ("w", "window", "other")}
    examples = (
        "{window_attention: 2, size: 2} @ 16x12",
        "{window_attention: 2, size: 2, shift: 1} @ 16x12",
        "{window_attention: 3, size: 3, shift: 1, grid: [5, 7]} @ 35x18",
        "{window_attention: 2, size: 4, shift: 2, grid: [4, 8], bias: false} @ 32x12",
        "{window_attention: 2, size: 2, scale: features} @ 16x12",
    )

    shift: Count = 0
    grid: Grid = None
    bias: Flag = True
    scale: ScaledBy = "head"


class GridAttention(GroupedAttention):
    """Attention between tokens that lie far apart (Tu 2022, MaxViT, section 3.2).

    Shape: `(N, 3D) -> (N, D)`, as `window_attention`; a group has `size × size` tokens,
    spread evenly over the whole grid, and `size` divides both sides of it.
    """

    key = "grid_attention"
    letters: ClassVar[Letters] = {"size": ("w", "tokens of a group on a side", "other")}
    examples = (
        "{grid_attention: 2, size: 2} @ 16x12",
        "{grid_attention: 3, size: 2, grid: [4, 6], scale: features} @ 24x18",
        "{grid_attention: 2, size: 3, grid: [3, 6], bias: false} @ 18x12",
    )

    grid: Grid = None
    bias: Flag = True
    scale: ScaledBy = "head"

    def shape(self, *inputs: Shape) -> Shape:
        found = super().shape(*inputs)
        for side in self.rows(inputs[0]):
            check_divides(self.size, side, "grid_attention spreads a group evenly")
        return found

    def placed(self, down: Any, right: Any, size: Any) -> tuple[tuple[Any, ...], Ints]:
        return (size, down, size, right), (2, 4, 1, 3)


def relative_positions(size: Dim) -> list[str]:
    """Return the statements that add a learned bias for each relative position."""
    seen = size * size
    return [
        f"r = torch.arange({size}, device=x.device)",
        f"r = r[:, None] - r + {size - 1}",
        f"r = (r[:, None, :, None] * {2 * size - 1} + r[None, :, None, :]).flatten()",
        f"bias = p['{TABLE}'][r].unflatten(0, ({seen}, {seen}))",
        "a = a + bias.permute(2, 0, 1)",
    ]
