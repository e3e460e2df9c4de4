"""Layers that change resolution: interpolation, and channels traded for positions."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from math import floor
from typing import Annotated, Any, ClassVar, Literal

from archcalc.errors import ShapeError
from archcalc.layers.axes import spatial
from archcalc.layers.base import (
    Call,
    Layer,
    Module,
    Seen,
    Shape,
    Window,
    Work,
    check_divides,
    numel,
    per_axis,
    times,
)
from archcalc.layers.conv import check_groups
from archcalc.layers.fields import (
    Factors,
    FieldError,
    Flag,
    Size,
    Stride,
    WordField,
)
from archcalc.layers.reshape import Rearrange
from archcalc.layers.window import simple
from archcalc.sizes.dims import Dim
from archcalc.sizes.polynomials import tells_apart

MODES = ("nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic")
Mode = Annotated[
    Literal["nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic"],
    WordField(MODES),
]
FLOAT_BITS = 53
"""Whole numbers of so many bits are exact in floating point."""
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
ONLY_FOR = {"linear": 1, "trilinear": 3, "bicubic": 2}
"""How many spatial axes a mode needs; `bilinear` stands for all linear ones."""


class Interpolate(Layer):
    """What `upsample` and `resize` share: values in between, nothing learned.

    `mode: nearest` copies, `nearest-exact` as Pillow does; `bilinear` weighs the two
    nearest along each axis (`linear` of one axis, `trilinear` of three), `bicubic` the
    four nearest along each of two axes: 4 multiplications and 3 additions for each of
    5 sums. With `align_corners: true` the first and the last values stay at both ends;
    without, the edges of positions do (torch.nn.Upsample). Backward keeps nothing.
    """

    role = "shape"
    axis_names = "signal"
    words: ClassVar[dict[str, str]] = {
        "align_corners": "Whether the first and last values stay at both ends.",
    }

    mode: Mode = "nearest"
    align_corners: Flag = False

    def agree(self) -> None:
        if self.align_corners and self.copies:
            raise FieldError(
                f"mode {self.mode} copies values, and has no corners to align",
                "mode: bilinear, or leave out align_corners",
            )

    @abstractmethod
    def sizes(self, x: Shape) -> Shape:
        """Return the output size of each axis."""

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        axes = len(spatial(x, self.key))
        needed = ONLY_FOR.get(self.mode, axes)
        if axes != needed:
            raise ShapeError.of(
                "AC204",
                f"mode {self.mode} needs {needed} spatial "
                f"{'axis' if needed == 1 else 'axes'}, there "
                f"{'is' if axes == 1 else 'are'} {axes}",
                facts=[f"its input is {times(x)}"],
                help=f"mode: {LINEAR[axes]}",
                argument="mode",
            )
        return (x[0], *self.sizes(x))

    @property
    def copies(self) -> bool:
        """Whether values are copied, not weighed."""
        return self.mode in ("nearest", "nearest-exact")

    def work(self, output: Shape, *inputs: Shape) -> Work:
        if self.copies:
            return {}
        if self.mode == "bicubic":
            return {"mul": 20 * numel(output), "add": 15 * numel(output)}
        blends = numel(output) * (2 ** (len(output) - 1) - 1)
        return {"mul": 2 * blends, "add": blends}

    def window(self, *inputs: Shape) -> Seen:
        (x,) = inputs
        pairs = self.ratios(x)
        if self.align_corners:
            more = 1 if self.mode == "bicubic" else 0
            return tuple(
                _between_ends(n, m, more)
                for n, m in zip(x[1:], self.sizes(x), strict=True)
            )
        if self.mode == "nearest":
            return tuple(Window(m, n, m - 1, m) for n, m in pairs)
        if self.mode == "nearest-exact":  # the one at (o + 1/2)·n/m, rounded down
            return tuple(Window(2 * m, 2 * n, 2 * m - n - 1, 2 * m) for n, m in pairs)
        if self.mode == "bicubic":  # two more on either side than between
            return tuple(
                Window(8 * m - 1, 2 * n, 5 * m - n - 1, 2 * m) for n, m in pairs
            )
        # Between the positions around (o + 1/2)·n/m - 1/2.
        return tuple(Window(4 * m - 1, 2 * n, 3 * m - n - 1, 2 * m) for n, m in pairs)

    def ratios(self, x: Shape) -> list[tuple[Dim, Dim]]:
        """Return for each axis how many positions become how many."""
        return list(zip(x[1:], self.sizes(x), strict=True))

    def how(self, x: Shape) -> dict[str, Any]:
        """Return the torch argument that says how large the output is."""
        return {"size": simple(self.sizes(x))}

    def torch(self, *inputs: Shape) -> Call:
        (x,) = inputs
        mode = LINEAR[len(x) - 1] if self.mode == "bilinear" else self.mode
        given: dict[str, Any] = {} if mode == "nearest" else {"mode": mode}
        if self.align_corners:
            given["align_corners"] = True
        return Module("nn.Upsample", (), {**self.how(x), **given})


def _between_ends(n: Dim, m: Dim, more: int) -> Window:
    """Return what output o of m sees around place o·(n - 1)/(m - 1) of n.

    With `more` positions on either side. Of one output it is the first position; one
    position is seen by all.
    """
    if 1 in (m, n):
        return Window(1 + 2 * more, 0, more, 1)
    steps = m - 1
    around = 2 * more * steps
    return Window(2 * steps - 1 + around, n - 1, steps - 1 + more * steps, steps)


class Upsample(Interpolate):
    """Enlarge each axis `scale` times: a whole number, or a fraction such as 3/2.

    Shape: `(C, …) -> (C, ⌊n·scale⌋…)`; `[1, 2]` has a factor for each axis. PyTorch
    takes the floor of a floating-point product, so that 0.29 of 100 is 28, and so does
    this rule. `mode: nearest` copies, as does `nearest-exact`; `bilinear` (`linear`,
    `trilinear`) and `bicubic` interpolate, with `align_corners: true` between the first
    and the last value of each axis (torch.nn.Upsample).
    """

    key = "upsample"
    principal = "scale"
    examples = (
        "{upsample: 2} @ 8x5x6",
        "{upsample: 2, mode: bilinear} @ 8x5x6",
        "{upsample: 3/2} @ 8x5x7",
        "{upsample: 3} @ 8x5",
        "{upsample: 2, mode: bilinear} @ 4x2x3x5",
        "{upsample: [1, 5/2], mode: nearest-exact} @ 3x4x5",
        "{upsample: 2, mode: bicubic} @ 3x4x5",
        "{upsample: 3/2, mode: bilinear, align_corners: true} @ 2x4x5",
    )

    scale: Factors

    def scales(self, x: Shape) -> tuple[Fraction, ...]:
        """Return the factor of each axis."""
        rank = len(spatial(x, self.key))
        factors: Any = per_axis(self.scale, rank, "scale")
        return tuple(map(Fraction, factors))

    def sizes(self, x: Shape) -> Shape:
        sizes = tuple(map(scaled, x[1:], self.scales(x)))
        for n, size, scale in zip(x[1:], sizes, self.scales(x), strict=True):
            check_positive(size, n, scale)
        return sizes

    def how(self, x: Shape) -> dict[str, Any]:
        factors = self.scales(x)
        plain = tuple(int(s) if s.denominator == 1 else float(s) for s in factors)
        return {"scale_factor": plain[0] if len(set(plain)) == 1 else plain}

    def ratios(self, x: Shape) -> list[tuple[Dim, Dim]]:
        return [(scale.denominator, scale.numerator) for scale in self.scales(x)]


def scaled(n: Dim, scale: Fraction) -> Dim:
    """Return an axis enlarged; of a name, the floor of the exact product."""
    up, down = scale.numerator, scale.denominator
    if down != 1:
        tells_apart(n, n)
    if down != 1 and type(n) is int and n.bit_length() <= FLOAT_BITS:
        return floor(n * float(scale))
    return n * up // down


def check_positive(size: Dim, n: Dim, scale: object) -> None:
    """Raise `ShapeError` AC207 where scaling leaves nothing."""
    if type(size) is int and size < 1:
        raise ShapeError.of("AC207", f"{n} times {scale} is less than 1")


class Resize(Interpolate):
    """Interpolate to a given size, as `upsample` does: `(C, …) -> (C, size…)`."""

    key = "resize"
    principal = "size"
    new_size = "size"
    examples = (
        "{resize: [5, 9]} @ 3x7x7",
        "{resize: 4, mode: bilinear} @ 3x7x9",
        "{resize: 5, mode: linear} @ 3x7",
        "{resize: [2, 4, 5], mode: trilinear} @ 2x3x3x4",
        "{resize: [7, 1], mode: bilinear, align_corners: true} @ 3x4x5",
        "{resize: [9, 5], mode: bicubic, align_corners: true} @ 2x4x6",
    )

    size: Stride

    def sizes(self, x: Shape) -> Shape:
        return per_axis(self.size, len(spatial(x, self.key)), "size")


class ChannelShuffle(Rearrange):
    """Interleave the channels of `groups` (Zhang 2017, ShuffleNet).

    Shape unchanged; `groups` divides the channels (torch.nn.ChannelShuffle).
    """

    key = "shuffle"
    axis_names = "signal"
    examples = ("{shuffle: 2} @ 8x5x6", "{shuffle: 4} @ 8x5")

    groups: Size

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        spatial(x, self.key)
        check_groups(self.groups, x[0], "input")
        return x

    def torch(self, *inputs: Shape) -> Call:
        return Module("nn.ChannelShuffle", (self.groups,))


class PixelShuffle(Rearrange):
    """Trade channels for resolution (Shi 2016; torch.nn.PixelShuffle).

    Shape: `(C·r², H, W) -> (C, r·H, r·W)`.
    """

    key = "pixel_shuffle"
    examples = ("{pixel_shuffle: 2} @ 8x5x6", "{pixel_shuffle: 3} @ 18x4x5")

    factor: Size

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        r = self.factor
        height, width = spatial(x, self.key, (2,))
        check_divides(r * r, x[0], f"pixel_shuffle needs {r}·{r} channels for each")
        return (x[0] // (r * r), height * r, width * r)

    def window(self, *inputs: Shape) -> Seen:
        return (Window(self.factor, 1, self.factor - 1, self.factor),) * 2

    def torch(self, *inputs: Shape) -> Call:
        return Module("nn.PixelShuffle", (self.factor,))


class PixelUnshuffle(Rearrange):
    """Trade resolution for channels: `pixel_shuffle` undone (torch.nn.PixelUnshuffle).

    Shape: `(C, H, W) -> (C·r², H/r, W/r)`, also called space to depth.
    """

    key = "pixel_unshuffle"
    examples = ("{pixel_unshuffle: 2} @ 3x8x10",)

    factor: Size

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        r = self.factor
        for n in spatial(x, self.key, (2,)):
            check_divides(r, n, "pixel_unshuffle cuts the image into squares")
        return (x[0] * r * r, *(n // r for n in x[1:]))

    def window(self, *inputs: Shape) -> Seen:
        return (Window(self.factor, self.factor, 0),) * 2

    def torch(self, *inputs: Shape) -> Call:
        return Module("nn.PixelUnshuffle", (self.factor,))
