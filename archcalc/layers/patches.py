"""Windows laid out and put back: patches as columns, and pooling undone."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcalc.errors import ShapeError
from archcalc.layers.axes import spatial
from archcalc.layers.base import (
    Call,
    Function,
    Layer,
    Module,
    Seen,
    Shape,
    Work,
    check_divides,
    numel,
    per_axis,
    times,
)
from archcalc.layers.conv import transposed_size, transposed_windows
from archcalc.layers.fields import Kernel, PadSizes, Sizes, Stride
from archcalc.layers.reshape import Rearrange
from archcalc.layers.window import Sliding, simple
from archcalc.sizes.dims import Dim, product, same

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid


class Patches(Rearrange):
    """What `unfold` and `fold` share: windows, each of which is a column."""

    sees = "all"

    kernel: Kernel
    stride: Stride = 1
    pad: PadSizes = 0
    dilation: Stride = 1

    def windows(self, axes: Shape) -> Shape:
        """Return how many windows there are along each axis of an image."""
        return Sliding(self, axes).sizes()

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """What is made as large as the input and then resized keeps that block."""
        block = max(prod(output), prod(inputs[0].sizes))
        return inputs[0].anew(output)._replace(block=block)

    def slides(self, rank: int) -> dict[str, object]:
        """Return torch's words for kernel, stride, padding and dilation."""
        words = ("kernel", "stride", "pad", "dilation")
        given = [simple(per_axis(getattr(self, word), rank, word)) for word in words]
        usual = {"kernel_size": 0, "stride": 1, "padding": 0, "dilation": 1}
        pairs = zip(usual.items(), given, strict=True)
        return {name: value for (name, plain), value in pairs if value != plain}


class Unfold(Patches):
    """Lay each window of an image out as a column (torch.nn.Unfold; "im2col").

    Shape: `(C, H, W) -> (C·k², L)`, L the number of windows, which slide as those of
    `conv`. Backward keeps nothing.
    """

    key = "unfold"
    examples = (
        "{unfold: 3} @ 4x7x8",
        "{unfold: 2, stride: 2} @ 3x8x6",
        "{unfold: [3, 2], stride: [2, 1], pad: [1, 0], dilation: [2, 1]} @ 2x9x8",
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        counts = self.windows(spatial(x, self.key, (2,)))
        return (x[0] * product(per_axis(self.kernel, 2, "kernel")), product(counts))

    def torch(self, *inputs: Shape) -> Call:
        return Module("nn.Unfold", (), self.slides(2))


class Fold(Patches):
    """Add columns up to an image, where windows overlap: `unfold` the other way.

    Shape: `(C·k², L) -> (C, size…)`, where an image of that size has L windows
    (torch.nn.Fold). An addition for each value that comes in; backward keeps nothing.
    """

    key = "fold"
    principal = "size"
    examples = (
        "{fold: [8, 8], kernel: 2, stride: 2} @ 16x16",
        "{fold: [5, 6], kernel: 3, pad: 1} @ 18x30",
        "{fold: [5, 6], kernel: [3, 2], stride: [2, 1], pad: [1, 0]} @ 18x15",
    )

    size: Sizes

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 2:
            raise ShapeError.of(
                "AC204",
                "fold needs columns: an axis of values and one of windows",
                facts=[f"its input is {times(x)}"],
            )
        size = per_axis(self.size if len(self.size) > 1 else self.size[0], 2, "size")
        values = product(per_axis(self.kernel, 2, "kernel"))
        check_divides(values, x[0], "a column has the values of a window, by channel")
        counts = self.windows(size)
        if not same(product(counts), x[1]):
            raise ShapeError.of(
                "AC212",
                f"{x[1]} columns are not the {product(counts)} windows of the image",
                facts=[f"image   {times(size)}", f"windows {times(counts)}"],
            )
        return (x[0] // values, *size)

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {"add": numel(inputs[0])}

    def torch(self, *inputs: Shape) -> Call:
        size = simple(self.shape(*inputs)[1:])
        return Module("nn.Fold", (size,), self.slides(2))


class MaxUnpool(Layer):
    """Put each value back where a `maxpool` took it, zeros elsewhere (SegNet).

    Shape: each axis `(n - 1)s - 2p + k` (torch.nn.MaxUnpool2d); the stride is the
    kernel if not said. The places are those that the pool found, which keeps them for
    backward: they are counted there and not here. `maxpool`'s rounding may lose a row:
    `pad` or `crop` makes up for it.
    """

    key = "max_unpool"
    role = "pool"
    examples = (
        "{max_unpool: 2} @ 4x4x4",
        "{max_unpool: 3, stride: 2, pad: 1} @ 4x5x6",
        "{max_unpool: 2} @ 4x5",
        "{max_unpool: [1, 2, 2]} @ 2x3x3x4",
    )

    kernel: Kernel
    stride: Stride = None
    pad: PadSizes = 0

    def axis_values(self, x: Shape) -> list[tuple[Dim, ...]]:
        """Return (kernel, stride, pad, 0, 1) of each axis, for `transposed_size`."""
        rank = len(spatial(x, self.key))
        stride = self.kernel if self.stride is None else self.stride
        given = {"kernel": self.kernel, "stride": stride, "pad": self.pad}
        values = [per_axis(value, rank, name) for name, value in given.items()]
        return [(*each, 0, 1) for each in zip(*values, strict=True)]

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return (x[0], *map(transposed_size, x[1:], self.axis_values(x)))

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {}

    def window(self, *inputs: Shape) -> Seen:
        return transposed_windows(self.axis_values(inputs[0]))

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        # A scatter: torch's own unpooling does not run on the meta device.
        values, sizes = self.axis_values(x), self.shape(x)[1:]
        steps = ["at = torch.zeros((), dtype=torch.int64, device=x.device)"]
        for axis, (n, m) in enumerate(zip(x[1:], sizes, strict=True)):
            _, s, p, *_ = values[axis]
            first = f"(torch.arange({n}, device=x.device) * {s} - {p})"
            row = (
                f"{first}.clamp(0, {m - 1}).view(-1{', 1' * (len(values) - axis - 1)})"
            )
            steps.append(f"at = at * {m} + {row}")
        steps.append("at = at.flatten().expand(*x.shape[:2], -1)")
        zeros = f"x.new_zeros(*x.shape[:2], {product(sizes)})"
        shape = ", ".join(map(str, sizes))
        put = f"{zeros}.scatter(2, at, x.flatten(2)).unflatten(2, ({shape},))"
        return Function(put, steps=tuple(steps))
