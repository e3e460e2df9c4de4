"""Layers that make one value of many along axes: mean, sum, largest, smallest, norm."""

from __future__ import annotations

from typing import Annotated, ClassVar

from archcalc.errors import ShapeError
from archcalc.layers.axes import on_axis
from archcalc.layers.base import (
    Call,
    Function,
    Gradient,
    Layer,
    Saved,
    Seen,
    Shape,
    Work,
    numel,
    times,
)
from archcalc.layers.fields import Axes, Flag, WholeField
from archcalc.layers.pool import mean_work
from archcalc.sizes.dims import Dim, product

Order = Annotated[int, WholeField(1, 2)]


class Reduction(Layer):
    """What makes one value of all along `axes`, which go away unless `keep` is true."""

    role = "pool"
    function: ClassVar[str] = ""

    axes: Axes
    keep: Flag = False

    def over(self, x: Shape) -> list[int]:
        """Return the axes from 0; raise `ShapeError` AC208 if none is left."""
        axes = sorted({on_axis(axis, x) for axis in self.axes})
        if len(axes) == len(x) and not self.keep:
            raise ShapeError.of("AC208", f"{self.key} leaves no axis of {times(x)}")
        return axes

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        over = self.over(x)
        if self.keep:
            return tuple(1 if axis in over else n for axis, n in enumerate(x))
        return tuple(n for axis, n in enumerate(x) if axis not in over)

    def reads(self, x: Shape) -> Dim:
        """Return how many values become one."""
        return product(x[axis] for axis in self.over(x))

    def window(self, *inputs: Shape) -> Seen:
        """Each position sees its own channels where only these of an image go."""
        (x,) = inputs
        return None if self.keep and len(x) > 2 and self.over(x) == [0] else "all"

    def torch(self, *inputs: Shape) -> Call:
        axes = ", ".join(str(axis + 1) for axis in self.over(inputs[0]))
        keep = ", keepdim=True" if self.keep else ""
        return Function(self.function.format(axes=f"({axes},)", keep=keep))


class Mean(Reduction):
    """Take the mean over axes, which go away unless `keep` is true (torch.mean).

    Shape: `{mean: 0}` makes `(D,)` of tokens `(N, D)`, `{mean: [1, 2]}` makes `(C,)` of
    an image; `{mean: [h, w]}` says the same. Backward keeps nothing.
    """

    key = "mean"
    function = "x.mean({axes}{keep})"
    examples = (
        "{mean: 0} @ 7x16",
        "{mean: [1, 2]} @ 8x5x6",
        "{mean: -1, keep: true} @ 8x5x6",
        "{mean: [h, w]} @ 8x5x6",
    )

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return mean_work(output, self.reads(inputs[0]))


class Sum(Reduction):
    """Add up along axes, which go away unless `keep` is true (torch.sum).

    Shape as `mean`; an addition for each value but the first. Backward keeps nothing.
    """

    key = "sum"
    gradient: ClassVar[Gradient] = "piece"
    function = "x.sum({axes}{keep})"
    examples = ("{sum: tokens} @ 7x16", "{sum: [0, 2], keep: true} @ 8x5x6")

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {"add": numel(inputs[0]) - numel(output)}


class Max(Reduction):
    """Take the largest value along axes, which go away unless `keep` is true.

    Shape as `mean` (torch.amax); `{max: channels, keep: true}` is the second map of
    CBAM's gate (Woo 2018). Backward keeps input and output.
    """

    key = "max"
    function = "x.amax({axes}{keep})"
    keeps = Saved(inputs=(0,), output=True)
    examples: ClassVar[tuple[str, ...]] = (
        "{max: channels, keep: true} @ 8x5x6",
        "{max: 0} @ 7x16",
        "{max: [-1, -2]} @ 4x2x3x5",
    )

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {"cmp": numel(inputs[0]) - numel(output)}


class Min(Max):
    """Take the smallest value along axes, as `max` (torch.amin).

    Shape as `mean`. Backward keeps input and output.
    """

    key = "min"
    function = "x.amin({axes}{keep})"
    examples = ("{min: channels, keep: true} @ 8x5x6", "{min: last} @ 7x16")


class VectorNorm(Reduction):
    """Take the length of the vectors along axes (torch.linalg.vector_norm).

    Shape as `mean`. `order: 2`, the default, is the root of the sum of squares, `order:
    1` the sum of what the values are without their signs. Backward keeps input and
    output.
    """

    key = "vector_norm"
    keeps = Saved(inputs=(0,), output=True)
    words: ClassVar[dict[str, str]] = {
        "order": "1 adds values without their signs, 2 takes the root of squares."
    }
    examples = (
        "{vector_norm: [1, 2], keep: true} @ 8x5x6",
        "{vector_norm: 0, order: 1} @ 7x16",
    )

    order: Order = 2

    def work(self, output: Shape, *inputs: Shape) -> Work:
        values, rows = numel(inputs[0]), numel(output)
        if self.order == 1:
            return {"cmp": values, "add": values - rows}
        return {"mul": values, "add": values - rows, "sqrt": rows}

    def torch(self, *inputs: Shape) -> Call:
        axes = ", ".join(str(axis + 1) for axis in self.over(inputs[0]))
        keep = ", keepdim=True" if self.keep else ""
        return Function(f"torch.linalg.vector_norm(x, {self.order}, ({axes},){keep})")
