"""Pooling: over a sliding window, over all positions, or to a fixed size."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archcalc.errors import ShapeError
from archcalc.layers.axes import spatial
from archcalc.layers.base import (
    NOTHING_SAVED,
    Call,
    Extra,
    Function,
    Layer,
    Module,
    Saved,
    Seen,
    Shape,
    Window,
    Work,
    is_one,
    numel,
    per_axis,
)
from archcalc.layers.fields import (
    Factor,
    FieldError,
    Flag,
    Kernel,
    Pad,
    PadSizes,
    Rounding,
    Stride,
)
from archcalc.layers.window import (
    Sliding,
    check_end,
    kernel_text,
    reach,
    simple,
    window_too_large,
)
from archcalc.sizes.dims import Dim, at_least, ceil_div, largest, product, same


class Pool(Layer):
    """What pools over a sliding window share. The stride is the kernel if left out.

    As in torch, padding may not exceed half of the kernel (`k // 2`, dilation aside),
    and with `rounding: ceil` a window may hang over the end (torch.nn.MaxPool2d).
    """

    role = "pool"
    axis_names = "signal"
    dilation: Any = 1
    pad: Any = 0
    pad_end: Any = None

    kernel: Kernel
    stride: Stride = None
    rounding: Rounding = "floor"

    def agree(self) -> None:
        check_end(self)
        if self.pad_end is not None and self.rounding == "ceil":
            raise FieldError(
                "rounding: ceil has a window of its own beyond the end, and pad_end "
                "says another",
                "rounding: floor, and pad_end large enough for the last window",
                "pad_end",
            )

    def sliding(self, x: Shape) -> Sliding:
        """Return kernel, stride and padding for each axis of this input."""
        return Sliding(self, spatial(x, self.key))

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        sliding = self.sliding(x)
        if not sliding.same:
            check_padding(sliding)
        return (x[0], *sliding.sizes(self.rounding))

    def window(self, *inputs: Shape) -> Seen:
        return self.sliding(inputs[0]).windows()

    def reads(self, x: Shape) -> Dim:
        """Return how many values a window covers."""
        return product(per_axis(self.kernel, len(x) - 1, "kernel"))

    def given(self, sliding: Sliding) -> dict[str, Any]:
        """Return the torch arguments that differ from torch's defaults."""
        pads = [before for before, _ in sliding.pads]
        given: dict[str, Any] = {"stride": simple(sliding.stride)}
        if any(pads) and not pads_itself(sliding):
            given["padding"] = simple(tuple(pads))
        if self.rounding == "ceil" and not sliding.same:
            given["ceil_mode"] = True
        return given

    def label(self, *inputs: Shape) -> str:
        usual = {"stride": self.kernel, "pad": 0, "pad_end": None, "dilation": 1}
        given = {name: getattr(self, name) for name in usual}
        said = [
            f"{name.replace('_', ' ')} "
            f"{kernel_text(value) if isinstance(value, tuple) else value}"
            for name, value in given.items()
            if value not in (usual[name], None)
        ]
        said += ["ceil"] if self.rounding == "ceil" else []
        return ", ".join([f"{self.key} {kernel_text(self.kernel, *inputs)}", *said])


def check_padding(sliding: Sliding) -> None:
    """Raise `ShapeError` AC209 where padding is more than half of the kernel."""
    for k, sides in zip(sliding.kernel, sliding.pads, strict=True):
        for pad, argument in zip(sides, ("pad", "pad_end"), strict=True):
            if not at_least(k // 2, pad):
                raise ShapeError.of(
                    "AC209",
                    f"padding {pad} is more than half of the kernel {k}",
                    help=f"a pool may pad by at most {k // 2} here: "
                    "more would give windows that hold only padding",
                    argument=argument,
                )


def pads_itself(sliding: Sliding) -> bool:
    """Say whether the input is padded by a call of its own before torch's pool."""
    allowed = zip(sliding.kernel, sliding.pads, strict=True)
    return sliding.pads_one_side() or any(
        not at_least(k // 2, p) for k, (p, _) in allowed
    )


def pads_at_all(sliding: Sliding) -> bool:
    """Say whether anything stands around the input."""
    return any(p != 0 for pair in sliding.pads for p in pair)


def check_volume(sliding: Sliding, axes: Shape) -> None:
    """Raise `ShapeError` AC202 where a volume is smaller than the window.

    torch.nn.AvgPool3d compares with the `axes` that reach it, whatever it pads by
    itself, and torch.nn.LPPool3d is made of it.
    """
    for n, k in zip(axes, sliding.kernel, strict=True):
        if len(axes) == 3 and not at_least(n, k):
            raise window_too_large(n, k, 0, 1)


class MaxPool(Pool):
    """Take the largest value of each window.

    Shape: `(C, …) -> (C, …)`, each axis `⌊(n + 2p - d(k-1) - 1)/s⌋ + 1`
    (torch.nn.MaxPool2d). `pad` is a number, `same` (output `⌈n/s⌉`, the odd pixel at
    the end, padded with -∞), `half` or `valid`; with `pad_end`, the padding at the end,
    `p + pad_end` stands for `2p`. Backward keeps the input and an int64 index for each
    output value.
    """

    key = "maxpool"
    examples = (
        "{maxpool: 3, stride: 2, pad: 1} @ 8x9x10",
        "{maxpool: 2} @ 4x9x9",
        "{maxpool: 3, stride: 2, rounding: ceil} @ 4x8x8",
        "{maxpool: 3, stride: 2, pad: same} @ 4x8x9",
        "{maxpool: 3, stride: 1, dilation: 2} @ 4x7x7",
        "{maxpool: 2, rounding: ceil} @ 4x7",
        "{maxpool: [1, 2, 2]} @ 2x3x6x7",
        "{maxpool: 3, stride: 2, pad: 0, pad_end: [0, 1]} @ 4x7x8",
    )

    pad: Pad = 0
    pad_end: PadSizes = None
    dilation: Stride = 1

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {"cmp": numel(output) * (self.reads(inputs[0]) - 1)}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        (x,) = inputs
        sliding = self.sliding(x)
        indices = Extra("indices", each=numel(output), width=8)
        if not pads_itself(sliding):
            return Saved(inputs=(0,), extras=(indices,))
        padded = Extra("padded input", each=numel((x[0], *sliding.padded())))
        return Saved(extras=(padded, indices))

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        sliding = self.sliding(x)
        before = None
        if pads_itself(sliding):
            before = sliding.pad_code(", value=float('-inf')")
        given = self.given(sliding)
        if self.dilation != 1:
            given["dilation"] = simple(sliding.dilation)
        kernel = simple(sliding.kernel)
        name, same = f"nn.MaxPool{len(x) - 1}d", sliding.as_tensorflow
        return Module(name, (kernel,), given, before=before, same=same)


class AvgPool(Pool):
    """Take the mean of each window.

    Shape as `maxpool` (torch.nn.AvgPool2d). `count_pad` says whether padding counts as
    values of the mean; it is always counted as work. `dilation` is known to ONNX
    (AveragePool from version 19 on) and TensorFlow (tf.nn.pool), not to torch.nn: its
    build takes the mean of windows of a view, and backward keeps nothing.
    """

    key = "avgpool"
    examples = (
        "{avgpool: 2} @ 4x9x10",
        "{avgpool: 3, stride: 1, pad: 1, count_pad: false} @ 4x8x8",
        "{avgpool: 3, stride: 2, pad: same} @ 4x8x9",
        "{avgpool: 3, stride: 2, pad: same, count_pad: false} @ 4x8x9",
        "{avgpool: 3, rounding: ceil} @ 4x10",
        "{avgpool: 2} @ 2x4x5x6",
        "{avgpool: 3, stride: 1, pad: same} @ 2x2x3x4",
        "{avgpool: 3, stride: 2, pad: 1, pad_end: 0} @ 4x7x8",
        "{avgpool: 3, stride: 1, dilation: [1, 2], pad: 1} @ 4x8x7",
        "{avgpool: 2, stride: 2, dilation: 3} @ 4x9",
    )

    pad: Pad = 0
    pad_end: PadSizes = None
    dilation: Stride = 1
    count_pad: Flag = True

    def agree(self) -> None:
        super().agree()
        if not self.dilated:
            return
        unpadded = self.pad in (0, "valid") and not self.pad_end
        if self.rounding == "ceil" or not (self.count_pad or unpadded):
            wrong = "rounding: ceil" if self.rounding == "ceil" else "count_pad: false"
            raise FieldError(
                f"a mean over a dilated window takes no {wrong}",
                "rounding: floor and count_pad: true",
                "dilation",
            )

    @property
    def dilated(self) -> bool:
        """Whether windows have gaps, which torch's pools do not know."""
        dilation = self.dilation
        gaps = dilation if isinstance(dilation, tuple) else (dilation,)
        return any(gap != 1 for gap in gaps)

    def shape(self, *inputs: Shape) -> Shape:
        sliding = self.sliding(inputs[0])
        if self.dilated:
            return super().shape(*inputs)
        if not self.count_pad and sliding.pads_one_side():
            self.check_overhang(sliding)
        padded = self.pads_before(sliding)
        check_volume(sliding, sliding.padded() if padded else sliding.axes)
        return super().shape(*inputs)

    def pads_before(self, sliding: Sliding) -> bool:
        """Say whether the input is padded by a call of its own before torch's pool.

        So it is for `same` on a volume: torch.nn.AvgPool3d refuses a volume smaller
        than its window even where the padded one is large enough.
        """
        volume = sliding.same and len(sliding.axes) == 3
        return self.count_pad and (volume or pads_itself(sliding))

    def check_overhang(self, sliding: Sliding) -> None:
        """Raise `ShapeError` AC209 where uneven padding cannot be left uncounted.

        A stride of 2 or more lets the last window hang over the end; a stride of 1
        with an even kernel does not.
        """
        for stride, (before, after) in zip(sliding.stride, sliding.pads, strict=True):
            if same(before, after) or (sliding.same and at_least(stride, 2)):
                continue
            pads = "`same` pads" if sliding.same else "it is padded by"
            raise ShapeError.of(
                "AC209",
                f"{pads} {before} before and {after} after, and torch cannot exclude "
                "that from the mean",
                help="use an odd kernel, or count_pad: true"
                if sliding.same
                else "use count_pad: true, or the same padding on both sides",
                argument="pad_end" if sliding.end is not None else "pad",
            )

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return mean_work(output, self.reads(inputs[0]))

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        (x,) = inputs
        sliding = self.sliding(x)
        if self.dilated:
            return NOTHING_SAVED
        if not self.pads_before(sliding):
            return Saved(inputs=(0,))
        return Saved(extras=(Extra("padded input", numel((x[0], *sliding.padded()))),))

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        sliding = self.sliding(x)
        if self.dilated:
            return self.view_of_windows(sliding)
        given = self.given(sliding)
        before = None
        if sliding.pads_one_side() and not self.count_pad:
            given |= {
                "padding": simple(tuple(p for p, _ in sliding.pads)),
                "ceil_mode": True,
            }
        elif self.pads_before(sliding):
            before = sliding.pad_code()
            given.pop("padding", None)
        elif pads_itself(sliding):
            before = sliding.pad_code()
        if not self.count_pad:
            given["count_include_pad"] = False
        kernel = simple(sliding.kernel)
        return Module(f"nn.AvgPool{len(x) - 1}d", (kernel,), given, before=before)

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        (x,) = inputs
        sliding = self.sliding(x)
        if not (self.dilated and pads_at_all(sliding)):
            return super().workspace(output, *inputs)
        return [[Extra("padded input", numel((x[0], *sliding.padded())))]]

    def view_of_windows(self, sliding: Sliding) -> Function:
        """Return the mean over windows with gaps, which are a view of the input."""
        axes = len(sliding.axes)
        code = sliding.pad_code() if pads_at_all(sliding) else "x"
        spans = map(reach, sliding.kernel, sliding.dilation)
        for axis, (span, step) in enumerate(zip(spans, sliding.stride, strict=True), 2):
            code += f".unfold({axis}, {span}, {step})"
        gaps = ", ".join(f"::{d}" for d in sliding.dilation)
        return Function(f"{code}[..., {gaps}].mean({tuple(range(-axes, 0))})")


class LPPool(Pool):
    """Take the norm of each window, `(Σ xᵖ)^(1/p)` with p = `power`, 2 if not said.

    Shape as `maxpool`, without padding or dilation (torch.nn.LPPool2d).
    """

    key = "lppool"
    examples = (
        "{lppool: 3, stride: 2, rounding: ceil} @ 4x9x9",
        "{lppool: 2, power: 3} @ 4x8",
    )

    power: Factor = Fraction(2)

    def shape(self, *inputs: Shape) -> Shape:
        sliding = self.sliding(inputs[0])
        check_volume(sliding, sliding.axes)
        return super().shape(*inputs)

    def work(self, output: Shape, *inputs: Shape) -> Work:
        (x,) = inputs
        windows = numel(output)
        return {"sqrt": numel(x) + windows, "add": windows * (self.reads(x) - 1)}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        powers = Extra("powers", each=numel(inputs[0]))
        sums = Extra("sums, their signs and sizes", each=4 * numel(output))
        return Saved(inputs=(0,), extras=(powers, sums))

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        most = largest(numel(inputs[0]), 3 * numel(output))
        return [[Extra("powers or sums", each=most)]]

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        sliding = self.sliding(x)
        args = (float(self.power), simple(sliding.kernel))
        return Module(f"nn.LPPool{len(x) - 1}d", args, self.given(sliding))


def mean_work(output: Shape, reads: Dim) -> Work:
    """Return the additions and the division of a mean over `reads` values."""
    return {"add": numel(output) * (reads - 1), "div": numel(output)}


class GlobalAvgPool(Layer):
    """Take the mean of each channel over all positions.

    Shape: `(C, H, W) -> (C, 1, 1)`, `(C, L) -> (C, 1)`, so that a gate can multiply the
    image again (Lin 2013, Network in Network, section 3.2); `fc` flattens.
    """

    key = "gap"
    sees = "all"
    role = "pool"
    axis_names = "signal"
    examples = ("gap @ 8x5x6", "gap @ 8x5", "gap @ 2x3x4x5")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return (x[0], *(1 for _ in spatial(x, self.key)))

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return mean_work(output, product(inputs[0][1:]))

    def torch(self, *inputs: Shape) -> Call:
        return Module(f"nn.AdaptiveAvgPool{len(inputs[0]) - 1}d", (1,))


class AdaptivePool(Layer):
    """What pools to a fixed output size share.

    Output `i` sees the inputs `⌊i·n/size⌋ … ⌈(i+1)·n/size⌉ - 1`
    (torch.nn.AdaptiveAvgPool2d); its work is counted as `⌈n/size⌉` values.
    """

    role = "pool"
    axis_names = "signal"
    new_size = "size"

    size: Stride

    def sizes(self, x: Shape) -> Shape:
        """Return the output size of each axis."""
        return per_axis(self.size, len(spatial(x, self.key)), "size")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return (x[0], *self.sizes(x))

    def reads(self, x: Shape) -> Dim:
        """Return how many values a window covers."""
        return product(map(ceil_div, x[1:], self.sizes(x)))

    def window(self, *inputs: Shape) -> Seen:
        (x,) = inputs
        pairs = zip(x[1:], self.sizes(x), strict=True)
        return tuple(Window(n + size - 1, n, size - 1, size) for n, size in pairs)

    def torch(self, *inputs: Shape) -> Call:
        name = type(self).__name__
        return Module(
            f"nn.{name}{len(inputs[0]) - 1}d", (simple(self.sizes(inputs[0])),)
        )


class AdaptiveAvgPool(AdaptivePool):
    """Take means over as many windows as the output has positions.

    Shape: `(C, …) -> (C, size…)`; windows overlap where `size` does not divide.
    """

    key = "adaptive_avgpool"
    examples = (
        "{adaptive_avgpool: 7} @ 4x10x10",
        "{adaptive_avgpool: [1, 1]} @ 4x5x6",
        "{adaptive_avgpool: [h, 1]} @ 4x5x9",
        "{adaptive_avgpool: 3} @ 4x9",
        "{adaptive_avgpool: 2} @ 4x5x6x7",
    )

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return mean_work(output, self.reads(inputs[0]))

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        everything = all(map(is_one, output[1:]))
        return NOTHING_SAVED if everything else Saved(inputs=(0,))


class AdaptiveMaxPool(AdaptivePool):
    """Take the largest values of as many windows as the output has positions.

    Shape: `(C, …) -> (C, size…)`. Backward keeps the input and int64 indices.
    """

    key = "adaptive_maxpool"
    examples = (
        "{adaptive_maxpool: [3, 2]} @ 4x5x9",
        "{adaptive_maxpool: 1} @ 4x5x6",
        "{adaptive_maxpool: 3} @ 4x10",
        "{adaptive_maxpool: 2} @ 4x5x6x7",
    )

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {"cmp": numel(output) * (self.reads(inputs[0]) - 1)}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        indices = Extra("indices", each=numel(output), width=8)
        return Saved(inputs=(0,), extras=(indices,))
