"""How the values of a tensor lie in memory: strides, and when a copy has to be made.

torch's rules on the CPU. A part of a tensor (`slice`, `split`, `crop`) is a view with
gaps; one whose axes only seem to change places, since all but one have size 1, is still
a view; a reshape copies what it cannot read in order; and some kernels first copy what
does not lie in a row. Sizes and strides have the batch axis, and are whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Layer, Shape

Ints = tuple[int, ...]


def rows(sizes: Sequence[int]) -> Ints:
    """Return the strides of values that lie in a row, the last axis first."""
    return tuple(prod(sizes[axis + 1 :]) for axis in range(len(sizes)))


def in_a_row(sizes: Sequence[int], strides: Sequence[int]) -> bool:
    """Say whether values lie in a row; an axis of size 1 may have any stride."""
    wanted = zip(sizes, strides, rows(sizes), strict=True)
    return all(size == 1 or stride == right for size, stride, right in wanted)


def regrouped(
    sizes: Sequence[int], strides: Sequence[int], wanted: Sequence[int]
) -> Ints | None:
    """Return the strides of a reshape that is a view; None where it must copy.

    Axes that follow each other in memory are one; each must be a product of new sizes
    (`at::detail::computeStride` of torch).
    """
    merged: list[tuple[int, int]] = []
    for size, stride in zip(sizes, strides, strict=True):
        if size == 1:
            continue
        if merged and merged[-1][1] == size * stride:
            merged[-1] = merged[-1][0] * size, stride
        else:
            merged.append((size, stride))
    found: list[int] = []
    left = list(wanted)
    for size, stride in reversed(merged):
        step, inner = stride, 1
        while left and (inner < size or left[-1] == 1):
            found.append(step)
            inner, step = inner * left[-1], step * left.pop()
        if inner != size:
            return None
    return tuple(reversed([*found, *(1 for _ in left)]))


PARTS = frozenset({"identity", "slice", "split", "crop", "token", "subsample"})
"""The layers that take a part of their input as it lies."""


def _part(layer: Any, x: Shape, strides: Ints) -> Ints:
    """Return the strides of a part: of a position, every so many, or a range."""
    if layer.key == "token":
        return (strides[0], *strides[2:])
    if layer.key == "subsample":
        steps = zip(strides[2:], layer.strides(x), strict=True)
        return (*strides[:2], *(stride * step for stride, step in steps))
    return strides


REGROUPED = frozenset({"flatten", "reshape"})
IN_ROWS = frozenset({"softmax", "log_softmax", "droppath"})
"""Elementwise layers whose output lies in a row whatever their input does."""
PIECES = frozenset({"split"})
"""The views that torch makes several at a time, which nothing may overwrite."""


def _order(layer: Any, x: Shape) -> list[int]:
    """Return the axes of the input, the batch left out, in the order of the output."""
    axes = list(range(len(x)))
    if layer.key == "permute":
        return list(layer.order(x))
    if layer.key == "transpose":
        first, second = layer.pair(x)
        axes[first], axes[second] = second, first
        return axes
    return [*axes[1:], 0]


MOVED = frozenset({"permute", "transpose", "tokens", "image"})
"""The layers that put the values in another order, where there are several."""
ALONE = frozenset({"add", "subtract", "multiply"})
"""Arithmetic that gives a single input on as it is."""
REARRANGING = frozenset({*PARTS, *REGROUPED, *MOVED})


def viewed(
    layer: Layer, x: Shape, strides: Ints, sizes: Ints, wanted: Ints
) -> Ints | None:
    """Return the strides of an output that is a view of its input, None for a copy.

    `x` is the input's shape, `sizes` the same with the batch, `wanted` the output's.
    """
    if layer.key in PARTS:
        return _part(layer, x, strides)
    if layer.key in REGROUPED:
        return regrouped(sizes, strides, wanted)
    if layer.key not in MOVED:
        return None
    order = [0, *(axis + 1 for axis in _order(layer, x))]
    moved = tuple(sizes[axis] for axis in order)
    if not in_a_row(moved, [strides[axis] for axis in order]):
        return None
    return rows(wanted)


def gathered(layer: Layer, sizes: Ints, strides: Ints) -> bool:
    """Say whether a layer copies its input, to have it in a row; it keeps the copy."""
    if layer.key == "gn" and channels_last(sizes, strides):
        return False
    if layer.key in ("gn", "in"):
        return not in_a_row(sizes, strides)
    if layer.key == "linear":
        return regrouped(sizes, strides, (prod(sizes[:-1]), sizes[-1])) is None
    if layer.key == "matmul":
        return regrouped(sizes, strides, (prod(sizes[:-2]), *sizes[-2:])) is None
    if layer.key == "tokens":
        return regrouped(sizes, strides, (*sizes[:2], prod(sizes[2:]))) is None
    if layer.key == "fc":
        return regrouped(sizes, strides, (sizes[0], prod(sizes[1:]))) is None
    return False


class Block(NamedTuple):
    """How a new output lies in a block of `values` values, its own and maybe more."""

    strides: Ints
    values: int


def ordered(sizes: Sequence[int], order: Sequence[int]) -> Ints:
    """Return the strides of values that were written in another order of axes."""
    steps = rows([sizes[axis] for axis in order])
    found = dict(zip(order, steps, strict=True))
    return tuple(found[axis] for axis in range(len(sizes)))


def compact(sizes: Sequence[int], strides: Sequence[int]) -> Ints:
    """Return the strides without gaps that keep the order of the axes."""
    return ordered(sizes, sorted(range(len(sizes)), key=lambda axis: -strides[axis]))


def channels_last(sizes: Sequence[int], strides: Ints) -> bool:
    """Say whether an image or volume lies without gaps, its channels innermost."""
    order = (0, *range(2, len(sizes)), 1)
    return len(sizes) > 3 and ordered(sizes, order) == strides


def _normalized(layer: Any, x: Shape, sizes: Ints) -> Block | None:
    """A norm over the channels of an image moves them to the end and back."""
    if layer.axis(x) != 0 or len(x) == 1:
        return None
    order = (0, *range(2, len(x) + 1), 1)
    return Block(ordered(sizes, order), prod(sizes))


def _attended(layer: Any, _: Shape, sizes: Ints) -> Block | None:
    """Heads are made one after the other, then set side by side."""
    batch, tokens, features = sizes
    heads = batch, tokens, layer.heads, features // layer.heads
    found = regrouped(heads, ordered(heads, (0, 2, 1, 3)), sizes)
    return None if found is None else Block(found, prod(sizes))


class Grid(NamedTuple):
    """Windows that were put back to their places: how they lie, and if by a copy."""

    sizes: Ints
    strides: Ints
    copied: bool


def put_back(layer: Any, x: Shape, sizes: Ints) -> Grid:
    """Return how windows and heads lie in their places, padding included."""
    (batch, _, features), size, heads = sizes, layer.size, layer.heads
    down, right = layer.windows(x)
    at: Ints = batch, down, size, right, size, heads, features // heads
    strides, copied = ordered(at, (0, 1, 3, 5, 2, 4, 6)), False
    for joined in (
        (batch, down, size, right, size, features),
        (batch, down, size, right * size, features),
        (batch, down * size, right * size, features),
    ):
        found = regrouped(at, strides, joined)
        copied = copied or found is None
        strides, at = found or rows(joined), joined
    if any(layer.shifts(x)):
        return Grid(at, rows(at), True)
    return Grid(at, strides, copied)


def windowed(layer: Any, x: Shape, sizes: Ints) -> Block | None:
    """Of a grid that was padded a part is taken."""
    grid = put_back(layer, x, sizes)
    inside = (sizes[0], *layer.rows(x), sizes[2])
    found = regrouped(inside, grid.strides, sizes)
    return None if found is None else Block(found, prod(grid.sizes))


def _resized(_: Layer, x: Shape, sizes: Ints) -> Block:
    """What is made as large as its input and then resized keeps the larger block."""
    values = [size for size in x if isinstance(size, int)]
    return Block(rows(sizes), max(prod(sizes), sizes[0] * prod(values)))


WRITTEN: dict[str, Callable[[Any, Shape, Ints], Block | None]] = {
    "ln": _normalized,
    "rms": _normalized,
    "attention": _attended,
    "window_attention": windowed,
    "unfold": _resized,
    "fold": _resized,
}
"""The layers whose new output may not lie in a row; None where it does."""


class Layouts:
    """The strides of the outputs of a graph; those that lie in a row are not stored."""

    def __init__(self, graph: Graph, batch: int) -> None:
        self.graph = graph
        self.batch = batch
        self.strides: dict[int, Ints] = {}

    def of(self, index: int) -> tuple[Ints, Ints]:
        """Return the sizes and strides of a node's output, the batch included."""
        sizes = self.sizes(self.graph.nodes[index].shape)
        return sizes, self.strides.get(index) or rows(sizes)

    def sizes(self, shape: Shape) -> Ints:
        return (self.batch, *[size for size in shape if isinstance(size, int)])

    def view(self, node: Node) -> bool:
        """Say whether a rearranging node's output is a view; remember how it lies."""
        first, wanted = node.inputs[0], self.sizes(node.shape)
        sizes, strides = self.of(first)
        x = self.graph.nodes[first].shape
        found = viewed(node.layer, x, strides, sizes, wanted)
        if found is None:
            return False
        self._remember(node.index, wanted, found)
        return True

    def drop(self, node: Node) -> bool:
        """Say whether a layer that drops nothing gives its input on; remember it.

        `droppath` lays each sample flat, and so copies one that has gaps.
        """
        if node.layer.key == "dropout":
            self.overwrite(node)
            return True
        sizes, strides = self.of(node.inputs[0])
        flat = regrouped(sizes, strides, (sizes[0], prod(sizes[1:])))
        if flat is None:
            return False
        inner = [flat[1] * stride for stride in rows(sizes[1:])]
        self._remember(node.index, sizes, (flat[0], *inner))
        return True

    def overwrite(self, node: Node) -> None:
        """Give a node that writes into its input the strides of that."""
        if node.inputs[0] in self.strides:
            self.strides[node.index] = self.strides[node.inputs[0]]

    def write(self, node: Node) -> int | None:
        """Remember how a node writes its output; return the values of its block."""
        if node.layer.key in WRITTEN:
            (x,), sizes = self.graph.input_shapes(node), self.sizes(node.shape)
            block = WRITTEN[node.layer.key](node.layer, x, sizes)
            if block is not None:
                self._remember(node.index, sizes, block.strides)
                return block.values
        elif self._follows(node):
            sizes, strides = self.of(node.inputs[0])
            self._remember(node.index, sizes, compact(sizes, strides))
        return None

    def _follows(self, node: Node) -> bool:
        """Say whether a node writes anew in the order of its input's axes."""
        if not node.inputs or node.inputs[0] not in self.strides:
            return False
        if node.layer.key == "gn":
            return channels_last(*self.of(node.inputs[0]))
        return node.layer.storage == "elementwise" and node.layer.key not in IN_ROWS

    def gathers(self, node: Node, index: int) -> bool:
        """Say whether a node keeps a copy of an input, made to lie in a row."""
        return index in self.strides and gathered(node.layer, *self.of(index))

    def _remember(self, index: int, sizes: Ints, strides: Ints) -> None:
        if not in_a_row(sizes, strides):
            self.strides[index] = strides
