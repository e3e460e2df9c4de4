"""Layers of several inputs: concatenation, arithmetic, matrix products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from archcalc.errors import ShapeError
from archcalc.layers.axes import on_axis
from archcalc.layers.base import (
    Call,
    Extra,
    Function,
    Layer,
    Saved,
    Shape,
    Work,
    is_one,
    numbers,
    numel,
    stretches,
    times,
)
from archcalc.layers.fields import Axis
from archcalc.sizes.dims import Dim, at_least, ceil_div, product, same, total

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid


def mismatch(
    message: str,
    inputs: tuple[Shape, ...],
    help: str | None = None,
    code: str = "AC201",
) -> ShapeError:
    """Return the error of inputs that clash; fact `i` is about input `i`, in order."""
    facts = [f"input {i} = {times(x)}" for i, x in enumerate(inputs, 1)]
    return ShapeError.of(code, message, facts=facts, help=help)


def broadcast(key: str, inputs: tuple[Shape, ...]) -> Shape:
    """Return the common shape, as torch finds it for what a sample holds.

    Axes are compared from the last one on; one of size 1, or one that is not there,
    stretches. Raises `ShapeError` AC201 for anything else.
    """
    rank = max(map(len, inputs))
    shape: list[Dim] = []
    for sizes in zip(*(widened(x, rank) for x in inputs), strict=True):
        wide = [n for n in sizes if not stretches(n)]
        if not all(same(wide[0], n) for n in wide[1:]):
            alike = len({len(x) for x in inputs}) == 1
            help = projection(inputs) if alike else ranks_help(inputs)
            raise mismatch(f"{key} needs equal shapes", inputs, help)
        shape.append(wide[0] if wide else sizes[0])
    return tuple(shape)


def widened(x: Shape, rank: int) -> Shape:
    """Return a shape with axes of size 1 in front, up to `rank` of them."""
    return (*(1 for _ in range(rank - len(x))), *x)


def operands(inputs: Sequence[Shape]) -> Iterator[str]:
    """Yield torch's name of each input, with axes behind the batch where they lack."""
    rank = max(map(len, inputs))
    for at, x in enumerate(inputs):
        lacking = rank - len(x)
        yield f"xs[{at}][:{', None' * lacking}]" if lacking else f"xs[{at}]"


def ranks_help(inputs: tuple[Shape, ...]) -> str:
    """Return how a tensor of fewer axes is made to scale or shift channels."""
    few = min(inputs, key=len)
    ones = ", ".join("1" for _ in range(max(map(len, inputs)) - len(few)))
    sizes = ", ".join(map(str, few))
    return f"axes meet from the last one on; for others: {{reshape: [{sizes}, {ones}]}}"


def projection(inputs: tuple[Shape, ...]) -> str | None:
    """Return the 1×1 convolution that would make two images equal, if one would."""
    areas = [product(x[1:]) for x in inputs]
    if len(inputs) > 2 or len(inputs[0]) < 3 or not all(type(a) is int for a in areas):
        return None
    large, small = (0, 1) if at_least(areas[0], areas[1]) else (1, 0)
    pairs = list(zip(inputs[large][1:], inputs[small][1:], strict=True))
    stride = ceil_div(*pairs[0])
    if not all(same(ceil_div(n, stride), m) for n, m in pairs):
        return None
    said = "" if is_one(stride) else f" with stride {stride}"
    return f"a 1×1 conv of {inputs[small][0]}{said} on input {large + 1}"


class Concat(Layer):
    """Join the inputs along an axis.

    Shape: sizes along `axis` add up, all others must be equal. `axis` counts without
    the batch: 0, the default, are channels of an image and positions of tokens.
    """

    key = "concat"
    role = "combine"
    gradient = "piece"
    keeps_ids = True
    arity = None
    examples = (
        "concat @ 8x5x6, 4x5x6, 3x5x6",
        "{concat: -1} @ 7x16, 7x3",
        "concat @ 1x16, 7x16",
    )

    axis: Axis = 0

    def shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        axis = on_axis(self.axis or 0, first)
        if len({len(x) for x in inputs}) > 1:
            raise mismatch("concat needs inputs with the same number of axes", inputs)
        for place, sizes in enumerate(zip(*inputs, strict=True)):
            if place != axis and not all(same(sizes[0], n) for n in sizes[1:]):
                what = "channels" if axis == 0 and len(first) > 2 else f"axis {axis}"
                raise mismatch(
                    f"concat needs equal sizes on all axes except its {what}", inputs
                )
        joined = total(x[axis] for x in inputs)
        return (*first[:axis], joined, *first[axis + 1 :])

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {}

    def joins(self) -> int | str | None:
        return self.axis or 0

    def torch(self, *inputs: Shape) -> Call:
        return Function(f"torch.cat(xs, {on_axis(self.axis or 0, inputs[0]) + 1})")


class Elementwise(Layer):
    """What arithmetic on shapes shares that are equal but for axes of size 1."""

    role = "combine"
    arity = None
    sign: ClassVar[str] = ""
    kind: ClassVar[str] = "add"

    def shape(self, *inputs: Shape) -> Shape:
        return broadcast(self.key, inputs)

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {self.kind: numel(output) * (len(inputs) - 1)}

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """The sum or product so far, where three or more are joined."""
        if len(inputs) < 3:
            return [[]]
        so_far = numel(broadcast(self.key, inputs[:-1]))
        return [[Extra("partial result", each=so_far)]]

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        return inputs[0] if len(inputs) == 1 else None

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """Two at a time, each in an order that both have where there is one."""
        from archcalc.layers.records.strides import met

        if all(x.in_a_row() for x in inputs):
            return None
        so_far, *others = inputs
        for other in others:
            shapes = so_far.sizes[1:], other.sizes[1:]
            sizes = numbers(broadcast(self.key, shapes))
            so_far = met((output[0], *sizes), so_far, other)
        return so_far.compact()

    def expression(self, *inputs: Shape) -> str:
        """Return the inputs joined by the sign."""
        return f" {self.sign} ".join(operands(inputs))

    def torch(self, *inputs: Shape) -> Call:
        return Function(self.expression(*inputs))


class Add(Elementwise):
    """Add the inputs, value by value (He 2015, the shortcut of a residual block).

    Shape: equal shapes; an axis of size 1 stretches, and one that is missing in front,
    as in torch: `(N, D)` and `(D,)` meet in D. Backward keeps nothing.
    """

    key = "add"
    commutes = True
    gradient = "passed on"
    sign = "+"
    examples = (
        "add @ 8x5x6, 8x5x6",
        "add @ 8x5x6, 8x1x1, 8x5x6",
        "add @ 7x16, 7x16",
        "add @ 7x16, 16",
        "add @ 6, 8x5x6",
    )


class Subtract(Elementwise):
    """Subtract all other inputs from the first. Shape as `add`; keeps nothing."""

    key = "subtract"
    gradient = "passed to first"
    sign = "-"
    examples = ("subtract @ 8x5x6, 8x5x6",)


class Average(Elementwise):
    """Take the mean of the inputs (Larsson 2016, the join of FractalNet).

    Shape as `add`; backward keeps nothing.
    """

    key = "average"
    commutes = True
    meets = "averaged"
    gradient = "one for all"
    sign = "+"
    examples = ("average @ 8x5x6, 8x5x6, 8x5x6",)

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {**super().work(output, *inputs), "div": numel(output)}

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        return [[Extra("sum", each=numel(output))]]

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        return None

    def torch(self, *inputs: Shape) -> Call:
        return Function(f"({self.expression(*inputs)}) / {len(inputs)}")


class Multiply(Elementwise):
    """Multiply the inputs, value by value: a gate (Hu 2017, squeeze and excitation).

    Shape as `add`: `(C, H, W)` times `(C, 1, 1)` scales channels. Backward keeps the
    inputs, and the partial products of three or more.
    """

    key = "multiply"
    commutes = True
    is_gate = True
    meets = "multiplied"
    gradient = "product"
    sign = "*"
    kind = "mul"
    examples = (
        "multiply @ 8x5x6, 8x1x1",
        "multiply @ 8x5x6, 8x5x6, 1x5x6",
        "multiply @ 16, 7x16",
    )

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        so_far, partial = inputs[0], []
        for place, shape in enumerate(inputs[1:-1], 2):
            so_far = broadcast(self.key, (so_far, shape))
            partial.append(Extra("partial product", numel(so_far), only_for=(place,)))
        every = range(len(inputs)) if len(inputs) > 1 else ()
        return Saved(inputs=tuple(every), extras=tuple(partial))
