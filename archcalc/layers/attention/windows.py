"""Attention inside windows of a grid of tokens."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from archcalc.errors import ShapeError
from archcalc.layers.activation import softmax_work
from archcalc.layers.attention.attention import check_tokens, head_width
from archcalc.layers.attention.kernels import APART, OUTPUT, WHAT
from archcalc.layers.attention.kernels import WEIGHTS as SOFTENED
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
    times,
)
from archcalc.layers.fields import Count, Flag, ListField, Size, WordField
from archcalc.layers.records.backward import WEIGHTS, Product, Products
from archcalc.layers.records.kept import not_yet
from archcalc.layers.records.running import Replay, Run, told
from archcalc.sizes.dims import Dim, at_least, ceil_div, product, same, square_root

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid

ScaledBy = Annotated[Literal["head", "features"], WordField(("head", "features"))]
Grid = Annotated[tuple[Dim, Dim] | None, ListField(1, 2)]
TABLE = "relative_position_bias_table"
INDEX = "relative_position_index"


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
    run = Run()
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

    def buffers(self, *inputs: Shape) -> Shapes:
        seen = self.size * self.size
        return {INDEX: (seen, seen)} if self.bias else {}

    def running(self, run: Run) -> Self:
        return told(self, run)

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        """For the table of offsets alone, softmax and values are kept."""
        kept = self.forward(inputs[0]).kept
        reads = (0,) if any(what not in kept for what in WHAT) else ()
        of_table = [kept[what] for what in (SOFTENED, WHAT[2]) if what in kept]
        first = Saved((0,) if WHAT[2] not in kept else (), extras=tuple(of_table))
        return Saved(reads, extras=tuple(kept.values()), together=True, first=first)

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """What lives after each operation, beside the output and with its padding."""
        less = not_yet(output)
        return [[*alive, less] for alive in self.forward(inputs[0]).moments]

    def forward(self, x: Shape) -> Replay:
        """Return what is made and freed, operation by operation."""
        replay, (tokens, seen) = Replay(), self.scores(x)
        whole, scores = tokens * (x[1] // 3), self.heads * tokens * seen
        for what in WHAT[:2]:
            self.cut_out(replay, what, x)
        replay.make(Extra("products", each=scores))
        replay.free(*WHAT[:2])
        now = self.next(replay, "products", "scores", scores)
        if self.bias:
            replay.make(Extra("biases", once=self.heads * seen * seen))
            now = self.next(replay, now, "scores with biases", scores)
            replay.free("biases")
        if any(self.shifts(x)):
            rows, columns = (n * self.size for n in self.windows(x))
            places = Extra("places", once=rows + 2 * columns + tokens, width=8)
            replay.make(places, Extra("mask", once=tokens * seen))
            now = self.next(replay, now, "scores of windows", scores)
        replay.make(Extra(SOFTENED, each=scores))
        if self.run.keeps:
            replay.keep(SOFTENED)
        replay.free(now)
        self.cut_out(replay, WHAT[2], x)
        replay.make(Extra(APART, each=whole))
        replay.free(WHAT[2])
        put_back, joined = self.copies_back(x)
        if put_back:
            replay.make(Extra("grid of the result", each=whole))
            replay.free(APART)
        if joined:
            replay.make(Extra(OUTPUT, each=x[0] * (x[1] // 3)))
        return replay

    def next(self, replay: Replay, now: str, what: str, scores: Dim) -> str:
        """Make scores anew out of scores; return their name."""
        replay.make(Extra(what, each=scores))
        replay.free(now)
        return what

    def cut_out(self, replay: Replay, what: str, x: Shape) -> None:
        """Pad and move a grid of queries, keys or values, then cut it into windows."""
        tokens = self.scores(x)[0]
        each, now = tokens * (x[1] // 3), ""
        if not same(tokens, x[0]):
            now = f"padded {what}"
            replay.make(Extra(now, each=each))
        if any(self.shifts(x)):
            replay.make(Extra(f"moved {what}", each=each))
            replay.free(now)
            now = f"moved {what}"
        if self.copies_windows(x, bool(now)):
            replay.make(Extra(what, each=each))
            replay.free(now)
        elif now:
            replay.alive[what] = replay.alive.pop(now)._replace(what=what)
        if what in replay.alive and self.run.keeps:
            replay.keep(what)

    def copies_windows(self, x: Shape, anew: bool) -> bool:
        """Say whether windows are copied to lie in a row, out of a grid made anew."""
        from archcalc.layers.records.strides import Laid

        if self.run.laid is None:
            return True
        (laid,) = self.run.laid
        across = numbers(self.rows(x))[1]
        batch, _, features = laid.sizes
        step, inner = laid.strides[1:]
        size, heads, down, right = numbers((self.size, self.heads, *self.windows(x)))
        width = features // 3 // heads
        sizes = (batch, down * size, right * size, heads, width)
        strides = (laid.strides[0], step * across, step, inner * width, inner)
        grid = Laid.anew(sizes) if anew else Laid(sizes, strides)
        first, below, beside, head, value = grid.strides
        (upper, lower, left, within), (a, b, c, d) = self.placed(down, right, size)
        cut = (batch, upper, lower, left, within, heads, width)
        by = (first, below * lower, below, beside * within, beside, head, value)
        return not Laid(cut, by).moved((0, a, b, 5, c, d, 6)).in_a_row()

    def copies_back(self, x: Shape) -> tuple[bool, bool]:
        """Say whether windows are copied into the grid, and the grid into a row."""
        if self.run.laid is None:
            return True, False
        sizes = (self.run.laid[0].sizes[0], *numbers((x[0], x[1] // 3)))
        return self.put_back(sizes)[1], self.written(sizes) is None

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
        from archcalc.layers.records.strides import Laid

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
        params, buffers = self.weights(x), self.buffers(x)
        q, k, v = (self.cut(x, name) for name in "qkv")
        scaled = width if self.scale == "head" else width * self.heads
        steps = [
            f"q, k, v = x.unflatten(2, (3, {self.heads}, {width})).unbind(2)",
            f"a = {q} @ {k}.transpose(-2, -1) * {scaled} ** -0.5",
        ]
        if self.bias:
            places = f"p['{TABLE}'][p.{INDEX}.flatten()]"
            seen = self.size * self.size
            spread = f"unflatten(0, ({seen}, {seen})).permute(2, 0, 1)"
            steps.append(f"a = a + {places}.{spread}")
        if any(self.shifts(x)):
            steps += self.edges(x)
        steps += ["a = a.softmax(-1)", f"y = a @ {v}", *self.join(x)]
        filled = {INDEX: relative_places(self.size)} if buffers else {}
        return Function(
            "y.flatten(1, 2)", params, tuple(steps), buffers=buffers, filled=filled
        )

    def cut(self, x: Shape, name: str) -> str:
        """Return the expression that cuts a grid into windows."""
        (height, across), (down, right) = self.rows(x), self.windows(x)
        below, beside = down * self.size - height, right * self.size - across
        grid = f"{name}.unflatten(1, ({height}, {across}))"
        if below or beside:
            grid = f"F.pad({grid}, (0, 0, 0, 0, 0, {beside}, 0, {below}))"
        if any(self.shifts(x)):
            back = tuple(-shift for shift in self.shifts(x))
            grid = f"{grid}.roll({back}, (1, 2))"
        (upper, lower, left, within), (a, b, c, d) = self.placed(down, right, self.size)
        cut = f"unflatten(2, ({left}, {within})).unflatten(1, ({upper}, {lower}))"
        row = f"permute(0, {a}, {b}, 5, {c}, {d}, 6).contiguous()"
        return f"{grid}.{cut}.{row}.flatten(4, 5).flatten(1, 2)"

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
    counted_since = (2,)
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


def relative_places(size: Dim) -> str:
    """Return the expression of the place in the table of each pair of tokens."""
    seen, steps = size * size, f"torch.arange({size})"
    both = f"r[:, None, :, None] * {2 * size - 1} + r[None, :, None, :]"
    made = f"(lambda r: ({both}).reshape({seen}, {seen}))"
    return f"{made}({steps}[:, None] - {steps} + {size - 1})"
