"""Normalization: over the batch, over features, over groups, over neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from archcalc.errors import ShapeError
from archcalc.layers.axes import feature_axis, spatial
from archcalc.layers.base import (
    Call,
    Extra,
    Function,
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
from archcalc.layers.conv import check_groups
from archcalc.layers.fields import Flag, Size, WordField
from archcalc.sizes.dims import Dim, at_least

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid


def check_several(values: Dim, what: str) -> None:
    """Raise `ShapeError` AC220 where a statistic would be taken over a single value.

    What is normalized by its own mean is zero; torch refuses it too.
    """
    if not at_least(values, 2):
        raise ShapeError.of(
            "AC220",
            f"{what} would normalize single values, which gives only zeros",
            help="bn and ln need no spatial axes",
        )


Over = Annotated[
    Literal["features", "last", "channels", "all"],
    WordField(("features", "last", "channels", "all")),
]


def normalize_work(x: Shape, groups: Dim, scale: bool, shift: bool) -> Work:
    """Return the operations of `(x - mean)/√(var + eps)·weight + bias`.

    `groups` statistics are taken, each over `numel(x) / groups` values: two sums, three
    divisions and a square root a group; a subtraction, a square and a product a value.
    """
    n = numel(x)
    return {
        "add": 3 * n - groups + (n if shift else 0),
        "mul": 2 * n + (n if scale else 0),
        "div": 3 * groups,
        "sqrt": groups,
    }


class ChannelNorm(Layer):
    """What `bn`, `gn` and `in` share: a weight and a bias a channel, if affine."""

    role = "norm"
    axis_names = "signal"
    affine: bool

    def weights(self, *inputs: Shape) -> Shapes:
        channels = (inputs[0][0],)
        return {"weight": channels, "bias": channels} if self.affine else {}


class BatchNorm(ChannelNorm):
    """Normalize each channel with the statistics of the batch (Ioffe and Szegedy 2015).

    Shape unchanged; `(F,)` to `(C, D, H, W)`. A weight and a bias a channel (`affine`),
    running mean and variance as buffers. Work as in inference, where all is one product
    and one sum a value. Backward keeps the input and, in training, two statistics a
    channel (torch.nn.BatchNorm2d). `fixed: true` takes the running statistics in
    training too, as fine-tuning does with a norm in evaluation mode.
    """

    key = "bn"
    centres = True
    examples = (
        "bn @ 8x5x6",
        "{bn: false} @ 8x5x6",
        "bn @ 8x5",
        "bn @ 8",
        "bn @ 4x2x3x5",
        "{bn: true, fixed: true} @ 8x5x6",
    )
    words: ClassVar[dict[str, str]] = {
        "fixed": "Whether training takes the running statistics too."
    }

    affine: Flag = True
    fixed: Flag = False

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        spatial(x, self.key, (0, 1, 2, 3))
        return x

    def buffers(self, *inputs: Shape) -> Shapes:
        channels = (inputs[0][0],)
        return {
            "running_mean": channels,
            "running_var": channels,
            "num_batches_tracked": (),
        }

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {"mul": numel(output), "add": numel(output)}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        statistics = (Extra("batch statistics", once=2 * output[0]),)
        return Saved(
            inputs=(0,),
            weights=("weight",) if self.affine else (),
            extras=() if self.fixed else statistics,
            train_only=True,
        )

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        (x,) = inputs
        return x.compact() if x.looks_channels_last() else None

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        if self.fixed:
            learned = "p.weight, p.bias" if self.affine else "None, None"
            code = f"F.batch_norm(x, p.running_mean, p.running_var, {learned})"
            return Function(code, self.weights(x), buffers=self.buffers(x))
        given = {} if self.affine else {"affine": False}
        return Module(f"nn.BatchNorm{max(1, len(x) - 1)}d", (x[0],), given)


class FrozenBatchNorm(ChannelNorm):
    """A batch norm whose statistics, scale and shift are all constants.

    Shape unchanged; `(C, …)`. Weight, bias, running mean and running variance a channel
    are buffers: nothing is trained. `x·s + t`, where `s` and `t` are made of them each
    time. Backward keeps `s` (torchvision.ops.FrozenBatchNorm2d; the backbones of DETR
    and of torchvision's detectors).
    """

    key = "frozen_bn"
    affine = False
    principal: ClassVar[str | None] = None
    examples = ("frozen_bn @ 8x5x6", "frozen_bn @ 8x5", "frozen_bn @ 4x2x3x5")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        spatial(x, self.key)
        return x

    def buffers(self, *inputs: Shape) -> Shapes:
        names = ("weight", "bias", "running_mean", "running_var")
        return dict.fromkeys(names, (inputs[0][0],))

    def work(self, output: Shape, *inputs: Shape) -> Work:
        n, channels = numel(output), output[0]
        scale = {"add": 2 * channels, "mul": 2 * channels, "sqrt": channels}
        return {**scale, "add": n + scale["add"], "mul": n + scale["mul"]}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        return Saved(extras=(Extra("scale of each channel", once=output[0]),))

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """Scale, shift and the product live while the shift is added."""
        channels = Extra("scale and shift of each channel", once=2 * output[0])
        return [[channels, Extra("scaled values", each=numel(output))]]

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        a_number_each = (output[1], *(1 for _ in output[2:]))
        return inputs[0].beside(a_number_each, a_number_each)

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        ones = ", None" * (len(x) - 1)
        scale = "s = p.weight * (p.running_var + 1e-5).rsqrt()"
        shift = "t = p.bias - p.running_mean * s"
        code = f"x * s[:{ones}] + t[:{ones}]"
        return Function(code, steps=(scale, shift), buffers=self.buffers(x))


class FeatureNorm(Layer):
    """What `ln` and `rms` share: which axes are normalized together.

    `over: features`, the default, takes the last axis of a vector or of tokens `(N, D)`
    and the channels of an image `(C, H, W)`; `last`, `channels`, `all` say it outright.
    """

    role = "norm"

    over: Over = "features"
    affine: Flag = True

    def axis(self, x: Shape) -> int | None:
        """Return the axis that is normalized, None for all of them."""
        axes = {"features": feature_axis(x), "last": len(x) - 1, "channels": 0}
        return axes.get(self.over)

    def normalized(self, x: Shape) -> Shape:
        """Return the shape that is normalized together."""
        axis = self.axis(x)
        return x if axis is None else (x[axis],)

    def moves(self, x: Shape) -> bool:
        """Say whether the channels of an image are moved to the end and back."""
        return self.axis(x) == 0 and len(x) > 1

    def rows(self, x: Shape) -> Dim:
        """Return how many statistics of a kind are taken."""
        axis = self.axis(x)
        return 1 if axis is None else numel(x[:axis] + x[axis + 1 :])

    def channels_first(self) -> Layer | None:
        return self.replace(over="channels") if self.over == "last" else None

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """The channels of an image are moved to the end and back."""
        if not self.moves(output[1:]):
            return None
        return inputs[0].anew(output, (0, *range(2, len(output)), 1))

    def torch_norm(self, name: str, x: Shape) -> Call:
        """Return the torch layer; channels move to the end and back."""
        sizes = self.normalized(x)
        args = (sizes[0] if len(sizes) == 1 else sizes,)
        given = {} if self.affine else {"elementwise_affine": False}
        if not self.moves(x):
            return Module(name, args, given)
        before, after = "x.movedim(1, -1)", "x.movedim(-1, 1)"
        return Module(name, args, given, before=before, after=after)


class LayerNorm(FeatureNorm):
    """Normalize the features of each position (Ba 2016; torch.nn.LayerNorm).

    Shape unchanged. `over` says which axes: `features` (the default: the last axis of a
    vector or tokens, the channels of an image), `last`, `channels` or `all`. A weight
    and a bias for each (`affine`). Backward keeps the input and two values a position.
    """

    key = "ln"
    examples = (
        "ln @ 7x16",
        "ln @ 8x5x6",
        "{ln: last} @ 8x5x6",
        "{ln: all, affine: false} @ 8x5x6",
        "{ln: all} @ 8x5x6",
        "ln @ 12",
    )

    def weights(self, *inputs: Shape) -> Shapes:
        sizes = self.normalized(inputs[0])
        return {"weight": sizes, "bias": sizes} if self.affine else {}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return normalize_work(output, self.rows(output), self.affine, self.affine)

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        weights = ("weight", "bias") if self.affine else ()
        statistics = Extra("mean and deviation", each=2 * self.rows(output))
        return Saved(inputs=(0,), weights=weights, extras=(statistics,))

    def torch(self, *inputs: Shape) -> Call:
        return self.torch_norm("nn.LayerNorm", inputs[0])


class RMSNorm(FeatureNorm):
    """Divide the features of each position by their root mean square (Zhang 2019).

    Shape unchanged; `over` as for `ln`. One weight a feature and no bias
    (torch.nn.RMSNorm). Backward keeps the input, a statistic a position, and with
    a weight also the normalized values; in float32 even where the run is narrower.
    """

    key = "rms"
    examples = (
        "rms @ 7x16",
        "{rms: channels} @ 8x5x6",
        "{rms: last, affine: false} @ 7x16",
    )

    def weights(self, *inputs: Shape) -> Shapes:
        return {"weight": self.normalized(inputs[0])} if self.affine else {}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        n, rows = numel(output), self.rows(output)
        scale = n if self.affine else 0
        return {"add": n, "mul": 2 * n + scale, "div": 2 * rows, "sqrt": rows}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        statistics = Extra("root mean squares", each=self.rows(output))
        if not self.affine:
            return Saved(inputs=(0,), extras=(statistics,), upcasts=True)
        normalized = Extra("normalized values", each=numel(output))
        kept = (statistics, normalized)
        first = Saved(weights=("weight",), extras=(normalized,), upcasts=True)
        whole = Saved((0,), False, ("weight",), kept, upcasts=True, first=first)
        return whole._replace(frozen=whole._replace(extras=(statistics,)))

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        (made,) = super().workspace(output, *inputs)
        return [made] if self.affine else [made * 2]

    def back(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """The gradient of the squares is made in steps, of which four live at once.

        By then the gradients of output and normalized values are gone, and what was
        kept but for the input.
        """
        n = numel(output)
        left = 4 if self.affine else 5
        made = Extra("gradients of squares", each=left * n, width=4)
        statistics = Extra("root mean squares", each=-self.rows(output), width=4)
        return [[made, Extra("gradients that are gone", each=-2 * n), statistics]]

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        read, last = self.read(inputs[0]), len(output) - 1
        if not read.looks_channels_last():
            return super().written(output, *inputs)
        made = read.compact()
        return made.moved((0, last, *range(1, last))) if read != inputs[0] else made

    def read(self, x: Laid) -> Laid:
        """Return the input as it is read: what is normalized lies last."""
        if not self.moves(x.sizes[1:]):
            return x
        return x.moved((0, *range(2, len(x.sizes)), 1))

    def reordered(self, output: Shape, x: Laid) -> list[Extra]:
        """Without weights, the result is made in the input's order, then copied."""
        read = self.read(x)
        if self.affine or read.looks_channels_last() or read.compact().in_a_row():
            return []
        (made,) = super().workspace(output, output)
        return [*made, Extra("values in that order", each=numel(output))]

    def torch(self, *inputs: Shape) -> Call:
        return self.torch_norm("nn.RMSNorm", inputs[0])


class GroupNorm(ChannelNorm):
    """Normalize groups of channels together (Wu and He 2018; torch.nn.GroupNorm).

    Shape `(C, …)` unchanged; `groups` divides C. A weight and a bias a channel
    (`affine`). Backward keeps the input and two statistics a group.
    """

    key = "gn"
    examples = ("{gn: 4} @ 8x5x6", "{gn: 2, affine: false} @ 8x5", "{gn: 1} @ 6")

    groups: Size
    affine: Flag = True

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        check_groups(self.groups, x[0], "input")
        check_several(numel(x) // self.groups, "gn")
        return x

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return normalize_work(output, self.groups, self.affine, self.affine)

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        weights = ("weight",) if self.affine else ()
        statistics = Extra("mean and deviation", each=2 * self.groups)
        return Saved(inputs=(0,), weights=weights, extras=(statistics,))

    def gathers(self, x: Laid) -> bool:
        return not (x.channels_last() or x.in_a_row())

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        (x,) = inputs
        return x.compact() if x.looks_channels_last() else None

    def torch(self, *inputs: Shape) -> Call:
        given = {} if self.affine else {"affine": False}
        return Module("nn.GroupNorm", (self.groups, inputs[0][0]), given)


class InstanceNorm(ChannelNorm):
    """Normalize each channel of each sample (Ulyanov 2016; torch.nn.InstanceNorm2d).

    Shape `(C, …)` unchanged, with 1 to 3 spatial axes. Not affine unless asked, and no
    buffers, as in torch. Backward keeps the input, two statistics a channel and, if
    affine, its weight once more for each sample.
    """

    key = "in"
    centres = True
    examples = ("in @ 8x5x6", "{in: true} @ 8x5x6", "in @ 8x5", "in @ 4x2x3x5")

    affine: Flag = False

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        check_several(numel(spatial(x, "in")), "in")
        return x

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return normalize_work(output, output[0], self.affine, self.affine)

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        statistics = Extra("mean and deviation", each=2 * output[0])
        repeated = Extra("weights, repeated for each sample", each=output[0])
        extras = (statistics, repeated) if self.affine else (statistics,)
        return Saved(inputs=(0,), extras=extras)

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        (made,) = super().workspace(output, *inputs)
        shift = Extra("bias for each sample", each=output[0])
        return [[*made, shift] if self.affine else made]

    def gathers(self, x: Laid) -> bool:
        return not x.in_a_row()

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        given: dict[str, Any] = {"affine": True} if self.affine else {}
        return Module(f"nn.InstanceNorm{len(x) - 1}d", (x[0],), given)


class LocalResponseNorm(Layer):
    """Divide by the energy of `size` neighbouring channels (Krizhevsky 2012, part 3.3).

    Shape `(C, …)` unchanged, with a spatial axis at least; no parameters
    (torch.nn.LocalResponseNorm).
    """

    key = "lrn"
    counted_since = (3,)
    axis_names = "signal"
    family = "norm"
    letters: ClassVar[Letters] = {"size": ("n", "neighbouring channels", "other")}
    examples = ("{lrn: 5} @ 8x5x6", "{lrn: 4} @ 8x7", "{lrn: 3} @ 4x2x3x5")

    size: Size

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) < 2:
            raise ShapeError.of(
                "AC204",
                "lrn needs channels and a spatial axis",
                facts=[f"its input is {times(x)}"],
            )
        return x

    def work(self, output: Shape, *inputs: Shape) -> Work:
        n = numel(output)
        return {"mul": 2 * n, "add": self.size * n, "div": 2 * n, "sqrt": n}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        padded = numel((output[0] + self.size - 1, *output[1:]))
        squares = Extra("squares, padded by channels", each=padded)
        energies = Extra("energies and their powers", each=2 * numel(output))
        return Saved(inputs=(0,), extras=(squares, energies))

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        # Padded squares live before the energies; they are more where channels are few.
        squares = self.saved(output, *inputs).extras[0]
        return [[Extra("energies", each=2 * numel(output))], [squares]]

    def back(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """The gradients of a quotient; later that of the padded squares.

        By then the energies and the gradient of the output are gone, and there are two
        gradients more.
        """
        squares = self.saved(output, *inputs).extras[0]
        of_quotient = Extra("gradients of a quotient", each=3 * numel(output))
        gone = Extra("energies", each=-2 * numel(output))
        return [[of_quotient], [squares, gone]]

    def torch(self, *inputs: Shape) -> Call:
        return Module("nn.LocalResponseNorm", (self.size,))
