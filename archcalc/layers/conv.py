"""Convolutions: plain, depthwise and transposed, over one, two or three axes."""

from __future__ import annotations

from abc import abstractmethod
from math import prod
from typing import TYPE_CHECKING, Annotated, Any

from archcalc.errors import ShapeError
from archcalc.layers.axes import spatial
from archcalc.layers.base import (
    Call,
    Extra,
    Layer,
    Letters,
    Module,
    Saved,
    Seen,
    Shape,
    Shapes,
    Window,
    Work,
    numbers,
    numel,
    per_axis,
)
from archcalc.layers.fields import (
    AxesField,
    FieldError,
    Flag,
    Kernel,
    PadSizes,
    Size,
    Stride,
)
from archcalc.layers.records.backward import Products, each_factor
from archcalc.layers.reparametrized import Reparametrized, WeightNorm
from archcalc.layers.window import Sliding, check_end, kernel_text, reach, simple
from archcalc.sizes.dims import Dim, at_least, divides, largest, least, product

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid

ConvPad = Annotated[Any, AxesField(0, ("same", "half", "valid", "causal"))]
PadOrSame = Annotated[Any, AxesField(0, ("same",))]
FILTERS: Letters = {"out": ("N", "filters", "out")}
KEEPS_INPUT_AND_WEIGHT = Saved(inputs=(0,), weights=("weight",))


def check_groups(groups: Dim, channels: Dim, what: str) -> None:
    """Raise `ShapeError` AC203 unless `groups` divides `channels`."""
    if not divides(groups, channels):
        raise ShapeError.of(
            "AC203",
            f"{groups} groups do not divide {channels} {what} channels",
            help="groups must divide both the input's and the output's channels",
            argument="groups",
        )


def plain_text(value: Any) -> str:
    """Return a number, a word, or a list of numbers joined by ×."""
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)


class Convolution(Reparametrized):
    """What `conv` and `dwconv` share: the sliding kernel and its arguments."""

    role = "matrix"
    axis_names = "signal"
    family = "convolution"

    kernel: Kernel = 1
    stride: Stride = 1
    pad: ConvPad = 0
    pad_end: PadSizes = None
    dilation: Stride = 1
    bias: Flag = True
    weight_norm: WeightNorm = "none"
    spectral_norm: Flag = False

    def agree(self) -> None:
        super().agree()
        check_end(self)

    @abstractmethod
    def channels(self, x: Shape) -> Dim:
        """Return the number of output channels."""

    @abstractmethod
    def group_count(self, x: Shape) -> Dim:
        """Return the number of groups."""

    def sliding(self, x: Shape) -> Sliding:
        """Return kernel, stride and padding for each axis of this input."""
        return Sliding(self, spatial(x, self.key))

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        axes = self.sliding(x).sizes()
        check_groups(self.group_count(x), x[0], "input")
        check_groups(self.group_count(x), self.channels(x), "output")
        return (self.channels(x), *axes)

    def weights(self, *inputs: Shape) -> Shapes:
        (x,) = inputs
        kernel = per_axis(self.kernel, len(x) - 1, "kernel")
        weight = (self.channels(x), x[0] // self.group_count(x), *kernel)
        bias = {"bias": (self.channels(x),)} if self.bias else {}
        return self.parameters({"weight": weight, **bias})

    def work(self, output: Shape, *inputs: Shape) -> Work:
        (x,) = inputs
        kernel = per_axis(self.kernel, len(x) - 1, "kernel")
        inner = product((x[0] // self.group_count(x), *kernel))
        work = {"mac": numel(output) * inner}
        return {**work, "add": numel(output)} if self.bias else work

    def backward(self, output: Shape, *inputs: Shape) -> Products:
        macs = self.work(output, *inputs)["mac"]
        return each_factor(macs, 1, True, self.group_count(inputs[0]))

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        (x,) = inputs
        sliding = self.sliding(x)
        if not sliding.pads_one_side():
            return self.keeping(KEEPS_INPUT_AND_WEIGHT, x)
        padded = Extra("padded input", each=numel((x[0], *sliding.padded())))
        return self.keeping(Saved(weights=("weight",), extras=(padded,)), x)

    def window(self, *inputs: Shape) -> Seen:
        return self.sliding(inputs[0]).windows()

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        sliding = self.sliding(x)
        given: dict[str, Any] = {"stride": simple(sliding.stride)}
        before = None
        if sliding.pads_one_side():
            before = sliding.pad_code()
        else:
            given["padding"] = simple(tuple(p for p, _ in sliding.pads))
        given |= {"dilation": simple(sliding.dilation), "groups": self.group_count(x)}
        given["bias"] = self.bias
        given = {k: v for k, v in given.items() if v != PLAIN[k]}
        sizes = (x[0], self.channels(x), simple(sliding.kernel))
        name, same = f"nn.Conv{len(x) - 1}d", sliding.as_tensorflow
        call = Module(name, sizes, given, before=before, same=same)
        return self.wrapped(call, x)

    def details(self, *inputs: Shape) -> list[str]:
        """Return the arguments that differ from the usual, in words."""
        pairs = {"stride": 1, "pad": 0, "pad_end": None, "dilation": 1, "groups": 1}
        given = {name: getattr(self, name, usual) for name, usual in pairs.items()}
        if self.pad == "half" and inputs:
            given["pad"] = simple(tuple(p for p, _ in self.sliding(inputs[0]).pads))
        given = {n: v for n, v in given.items() if v != pairs[n]}
        said = [f"{n.replace('_', ' ')} {plain_text(v)}" for n, v in given.items()]
        return [*said, *self.norms()]


PLAIN = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}


class Conv(Convolution):
    """Slide a kernel over the input; each output channel sees the inputs of its group.

    Shape: `(C, …) -> (out, …)`, each axis `⌊(n + 2p - d(k-1) - 1)/s⌋ + 1`
    (torch.nn.Conv2d). Weights `out × C/groups × k…`, one bias per output channel.
    `pad` is a number, `same` (output `⌈n/s⌉`, the odd pixel at the end), `half` (half
    the kernel on both sides), `causal` (all before a signal, so that no output sees a
    later input; output `⌈n/s⌉`) or `valid` (none). `pad_end` is the padding at the end
    of an axis where it differs: `p + pad_end` stands for `2p`. `weight_norm` and
    `spectral_norm` compute the weight from other tensors.
    """

    key = "conv"
    examples = (
        "{conv: 64, kernel: 7, stride: 2, pad: 3} @ 3x30x32",
        "{conv: 8, kernel: 3, stride: 2, pad: same, bias: false} @ 4x9x10",
        "{conv: 6, kernel: 3, pad: half, dilation: 2, groups: 2} @ 4x15x20",
        "{conv: 16, kernel: 3, stride: 2, pad: 1} @ 8x15",
        "{conv: 4, kernel: [1, 3, 3]} @ 2x5x6x7",
        "{conv: 6, kernel: 3, weight_norm: first} @ 4x9x9",
        "{conv: 6, kernel: 4, pad: half, groups: 2, weight_norm: last} @ 4x15",
        "{conv: 6, kernel: 3, pad: causal, spectral_norm: true} @ 4x15",
        "{conv: 6, kernel: 2, pad: causal, dilation: 4} @ 4x15",
        "{conv: 6, kernel: 3, pad: causal, stride: 2, bias: false} @ 4x14",
        "{conv: 4, kernel: 3, stride: 2, pad: 0, pad_end: 1} @ 3x8x9",
    )

    principal = "out"
    letters = FILTERS

    out: Size
    groups: Size = 1

    def channels(self, x: Shape) -> Dim:
        return self.out

    def group_count(self, x: Shape) -> Dim:
        return self.groups

    def low_rank(self, rank: Dim) -> tuple[Layer, Layer] | None:
        if self.groups != 1:
            return None
        plain = {"bias": False, "weight_norm": "none", "spectral_norm": False}
        return self.replace(out=rank, **plain), Conv(out=self.out, bias=False)

    def label(self, *inputs: Shape) -> str:
        head = f"conv {kernel_text(self.kernel, *inputs)}, {self.out}"
        return ", ".join([head, *self.details(*inputs)])


class DepthwiseConv(Convolution):
    """Convolve every channel on its own; `multiplier` output channels for each input.

    Shape: `(C, …) -> (multiplier·C, …)`; the same as `conv` with `groups` equal to the
    input's channels (Howard 2017, MobileNets, section 3.1).
    """

    key = "dwconv"
    examples = (
        "{dwconv: 1, kernel: 3, pad: 1} @ 32x8x8",
        "{dwconv: 2, kernel: 3, stride: 2, pad: same, bias: false} @ 3x9x10",
        "{dwconv: 1, kernel: 5, pad: half} @ 6x20",
        "{dwconv: 1, kernel: 4, pad: causal} @ 6x20",
    )

    principal = "multiplier"
    depthwise = True

    multiplier: Size = 1

    def channels(self, x: Shape) -> Dim:
        return x[0] * self.multiplier

    def group_count(self, x: Shape) -> Dim:
        return x[0]

    def label(self, *inputs: Shape) -> str:
        times = "" if self.multiplier == 1 else f", ×{self.multiplier}"
        head = f"dwconv {kernel_text(self.kernel, *inputs)}{times}"
        return ", ".join([head, *self.details(*inputs)])


class TransposedConv(Reparametrized):
    """Spread every input position over a kernel of outputs: the transpose of `conv`.

    Shape: each axis `(n - 1)s - 2p + d(k-1) + output_pad + 1`
    (torch.nn.ConvTranspose2d). Weights `C × out/groups × k…`; multiply-accumulates go
    with the *input* size. `output_pad` must stay below the stride or the dilation.
    With `pad: same`, each axis becomes `n·s`, as in Keras: an odd pixel too many is cut
    off at the end. With `pad_end`, so much is taken off at the end, `pad` at the
    beginning.
    """

    key = "deconv"
    role = "matrix"
    axis_names = "signal"
    family = "convolution"
    letters = FILTERS
    examples = (
        "{deconv: 1, kernel: 2, stride: 2} @ 3x2x2",
        "{deconv: 4, kernel: 3, stride: 2, pad: 1, output_pad: 1, groups: 4} @ 4x8x8",
        "{deconv: 4, kernel: 4, stride: 2, pad: 1, bias: false} @ 8x10",
        "{deconv: 4, kernel: 5, stride: 2, pad: same} @ 3x4x5",
        "{deconv: 4, kernel: 4, stride: 2, pad: 1, weight_norm: first} @ 8x10",
        "{deconv: 4, kernel: 3, stride: 2, spectral_norm: true} @ 3x4x5",
        "{deconv: 4, kernel: [1, 4], stride: 2, pad: same, bias: false} @ 3x4x5",
        "{deconv: 4, kernel: 4, stride: 2, pad: [0, 2], pad_end: 1} @ 3x4x5",
    )

    out: Size
    kernel: Kernel = 1
    stride: Stride = 1
    pad: PadOrSame = 0
    pad_end: PadSizes = None
    output_pad: PadSizes = 0
    dilation: Stride = 1
    groups: Size = 1
    bias: Flag = True
    weight_norm: WeightNorm = "none"
    spectral_norm: Flag = False
    rows = 1

    def agree(self) -> None:
        super().agree()
        check_end(self)
        if self.pad == "same" and self.output_pad != 0:
            raise FieldError("pad: same says how much is added at the end already")

    def axis_values(self, x: Shape) -> list[tuple[Dim, ...]]:
        """Return (kernel, stride, pad, output_pad, dilation) of each axis.

        `pad` is what torch's module takes off on both sides.
        """
        rank = len(spatial(x, self.key))
        k, s, d = (
            per_axis(getattr(self, name), rank, name)
            for name in ("kernel", "stride", "dilation")
        )
        if self.pad == "same":
            spans = [(reach(*kd), ss) for *kd, ss in zip(k, d, s, strict=True)]
            p = tuple(largest(span - ss, 0) // 2 for span, ss in spans)
            extra = tuple(largest(ss - span, 0) for span, ss in spans)
        else:
            p = tuple(map(least, *self.sides(x)))
            extra = per_axis(self.output_pad, rank, "output_pad")
        return list(zip(k, s, p, extra, d, strict=True))

    def sides(self, x: Shape) -> tuple[tuple[Dim, ...], tuple[Dim, ...]]:
        """Return what is taken off at the beginning and at the end of each axis.

        For the word `same`, whatever torch's module takes off at the beginning.
        """
        if self.pad == "same":
            values = self.axis_values(x)
            return tuple(v[2] for v in values), tuple(v[2] for v in values)
        rank = len(x) - 1
        before = per_axis(self.pad, rank, "pad")
        if self.pad_end is None:
            return before, before
        return before, per_axis(self.pad_end, rank, "pad_end")

    def whole(self, x: Shape) -> Shape:
        """Return the sizes of the axes before unequal sides are cut off."""
        values = self.axis_values(x)
        return tuple(map(transposed_size, x[1:], values))

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        values = self.axis_values(x)
        check_groups(self.groups, x[0], "input")
        check_groups(self.groups, self.out, "output")
        if self.pad == "same":
            return (
                self.out,
                *(n * s for n, (_, s, *_) in zip(x[1:], values, strict=True)),
            )
        if self.pad_end is None:
            return (self.out, *self.whole(x))
        before, after = self.sides(x)
        each = zip(x[1:], values, before, after, strict=True)
        sizes = ((n, (k, s, b, e, d), a) for n, (k, s, _, e, d), b, a in each)
        return (self.out, *(transposed_size(*given) for given in sizes))

    def weights(self, *inputs: Shape) -> Shapes:
        (x,) = inputs
        kernel = per_axis(self.kernel, len(x) - 1, "kernel")
        bias = {"bias": (self.out,)} if self.bias else {}
        weight = (x[0], self.out // self.groups, *kernel)
        return self.parameters({"weight": weight, **bias})

    def work(self, output: Shape, *inputs: Shape) -> Work:
        (x,) = inputs
        kernel = per_axis(self.kernel, len(x) - 1, "kernel")
        work = {"mac": numel(x) * product((self.out // self.groups, *kernel))}
        return {**work, "add": numel(output)} if self.bias else work

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        return self.keeping(KEEPS_INPUT_AND_WEIGHT, *inputs)

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """While its own weight is made, what is cut off at the end is there too."""
        while_it_runs, *before = super().workspace(output, *inputs)
        if not self.makes_weight:
            return [while_it_runs, *before]
        whole = product((self.out, *self.whole(inputs[0])))
        cut = Extra("what is cut off", each=whole - numel(output))
        return [[*while_it_runs, cut], *before]

    def backward(self, output: Shape, *inputs: Shape) -> Products:
        return each_factor(self.work(output, *inputs)["mac"], 1, True, self.groups)

    def window(self, *inputs: Shape) -> Seen:
        (x,) = inputs
        before, _ = self.sides(x)
        each = zip(self.axis_values(x), before, strict=True)
        return transposed_windows([(k, s, b, e, d) for (k, s, _, e, d), b in each])

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        kernel, stride, pad, extra, dilation = zip(*self.axis_values(x), strict=True)
        given = {
            "stride": simple(stride),
            "padding": simple(pad),
            "output_padding": simple(extra),
            "groups": self.groups,
            "bias": self.bias,
            "dilation": simple(dilation),
        }
        usual = {**PLAIN, "output_padding": 0}
        given = {k: v for k, v in given.items() if v != usual[k]}
        sizes, whole = (x[0], self.out, simple(kernel)), self.whole(x)
        kept = self.shape(x)[1:]
        starts = [b - p for b, p in zip(self.sides(x)[0], pad, strict=True)]
        cut = ", ".join(
            f"{start or ''}:{start + n if start + n != m else ''}"
            for start, n, m in zip(starts, kept, whole, strict=True)
        )
        after = None if kept == whole else f"x[:, :, {cut}]"
        call = Module(f"nn.ConvTranspose{len(x) - 1}d", sizes, given, after=after)
        return self.wrapped(call, x)

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """What is cut off stays in memory with the rest."""
        whole = (*output[:2], *numbers(self.whole(inputs[0].sizes[1:])))
        if whole == output:
            return None
        laid = inputs[0].anew(whole)
        return laid._replace(sizes=output, block=prod(whole))

    def label(self, *inputs: Shape) -> str:
        usual = {"stride": 1, "pad": 0, "pad_end": None, "output_pad": 0}
        usual |= {"dilation": 1, "groups": 1}
        said = [
            f"{name.replace('_', ' ')} {plain_text(getattr(self, name))}"
            for name, value in usual.items()
            if getattr(self, name) != value
        ]
        head = f"deconv {kernel_text(self.kernel, *inputs)}, {self.out}"
        return ", ".join([head, *said, *self.norms()])


def transposed_windows(values: list[tuple[Dim, ...]]) -> tuple[Window, ...]:
    """Return what outputs see, from (kernel, stride, pad, _, dilation) of each axis."""
    spans = [(reach(k, d), s, p) for k, s, p, _, d in values]
    return tuple(Window(span, 1, span - 1 - p, s) for span, s, p in spans)


def transposed_size(n: Dim, values: tuple[Dim, ...], end: Dim | None = None) -> Dim:
    """Return `(n - 1)s - 2p + d(k-1) + output_pad + 1`.

    With `end`, what is taken off at the end, it has `p + end` for `2p`. Raises
    `ShapeError` AC206 for an output padding that the stride and dilation do not allow,
    AC207 where nothing is left.
    """
    k, s, p, extra, d = values
    if not (at_least(s, extra + 1) or at_least(d, extra + 1)):
        raise ShapeError.of(
            "AC206",
            f"output_pad {extra} must be below the stride {s} or the dilation {d}",
            argument="output_pad",
        )
    pads = 2 * p if end is None else p + end
    size = (n - 1) * s - pads + d * (k - 1) + extra + 1
    if not at_least(size, 1):
        padding = f"{p}" if end is None else f"{p} and {end}"
        raise ShapeError.of(
            "AC207",
            f"the output size would be {size}: padding {padding} removes more than "
            "there is",
        )
    return size
