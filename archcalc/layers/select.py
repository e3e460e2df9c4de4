"""Layers that take some of the values, put zeros beside them, or move them round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from archcalc.errors import ShapeError
from archcalc.layers.axes import on_axis, spatial
from archcalc.layers.base import (
    NOTHING_SAVED,
    Call,
    Function,
    Saved,
    Seen,
    Shape,
    Window,
    check_divides,
    numbers,
    per_axis,
    times,
)
from archcalc.layers.fields import (
    AxesField,
    Axis,
    FieldError,
    ListField,
    PadSizes,
    Size,
    Stride,
    WholeField,
    WordField,
)
from archcalc.layers.reshape import Part, Rearrange
from archcalc.sizes.dims import Dim, at_least, ceil_div, largest, least, same

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid

Two = Annotated[tuple[Dim, ...], ListField(0, 2)]
MODES = ("zeros", "reflect", "replicate", "circular")
PadMode = Annotated[
    Literal["zeros", "reflect", "replicate", "circular"], WordField(MODES)
]
Shifts = Annotated[Any, AxesField(-(2**31))]
Index = Annotated[int, WholeField(-(2**31))]


def outside(stop: Dim, size: Dim, what: str) -> ShapeError:
    """Return the error AC213 of a part that ends beyond its axis."""
    return ShapeError.of("AC213", f"{what} ends at {stop}, its axis at {size}")


def picked(axis: int, part: str) -> str:
    """Return the torch expression that takes a part of one axis."""
    return f"x[{':, ' * (axis + 1)}{part}]"


def strided(strides: tuple[Dim, ...]) -> str:
    """Return the torch expression that takes every so many positions of each axis."""
    return f"x[:, :, {', '.join(f'::{s}' for s in strides)}]"


class Slice(Part):
    """Take a part of an axis, from `start` up to `stop`, which is left out (a view).

    Shape: `{slice: [0, 16]}` takes channels 0 to 15, so 16; with `step: 2` every other
    one, 8. `axis` counts without the batch.
    """

    key = "slice"
    words: ClassVar[dict[str, str]] = {"step": "Every so many positions are taken."}
    examples = (
        "{slice: [0, 3]} @ 8x5x6",
        "{slice: [1, 7], axis: 0} @ 7x16",
        "{slice: [1, 6], step: 2, axis: w} @ 8x5x6",
    )

    bounds: Two
    axis: Axis = 0
    step: Size = 1

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        axis, (start, stop) = on_axis(self.axis or 0, x), self.bounds
        if not at_least(x[axis], stop):
            raise outside(stop, x[axis], "the slice")
        if not at_least(stop, start + 1):
            raise ShapeError.of("AC213", f"there is nothing between {start} and {stop}")
        taken = ceil_div(stop - start, self.step)
        return (*x[:axis], taken, *x[axis + 1 :])

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        (x,) = inputs
        axis = on_axis(self.axis or 0, x.sizes[1:]) + 1
        (step,) = numbers((self.step,))
        stride = x.strides[axis] * step
        strides = (*x.strides[:axis], stride, *x.strides[axis + 1 :])
        return x._replace(sizes=output, strides=strides)

    def window(self, *inputs: Shape) -> Seen:
        (x,) = inputs
        axis = on_axis(self.axis or 0, x)
        if self.step == 1 or axis == 0:
            return super().window(*inputs)
        steps = [self.step if place == axis else 1 for place in range(1, len(x))]
        starts = [self.bounds[0] if place == axis else 0 for place in range(1, len(x))]
        return tuple(Window(1, s, -at) for s, at in zip(steps, starts, strict=True))

    def torch(self, *inputs: Shape) -> Call:
        start, stop = self.bounds
        part = f"{start}:{stop}" if self.step == 1 else f"{start}:{stop}:{self.step}"
        return Function(picked(on_axis(self.axis or 0, inputs[0]), part))


class Split(Part):
    """Cut an axis into `pieces` equal ones and take number `part`, from 0 (a view).

    Shape: `axis` over `pieces`, which divides it; `{split: 2, part: 1}` is the second
    half of the channels. `{split: [3, 3, 2], part: 2}` gives the sizes of pieces that
    are not equal (torch.split).
    """

    key = "split"
    one_of_several = True
    examples = (
        "{split: 2} @ 8x5x6",
        "{split: 3, part: 2, axis: -1} @ 7x12",
        "{split: [3, 3, 2], part: 2} @ 8x5x6",
    )

    pieces: Stride
    part: Index = 0
    axis: Axis = 0

    def agree(self) -> None:
        count = len(self.pieces) if isinstance(self.pieces, tuple) else self.pieces
        if self.part < 0 or not at_least(count, self.part + 1):
            raise FieldError(f"part {self.part} of {count}: parts count from 0")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        axis = on_axis(self.axis or 0, x)
        if not isinstance(self.pieces, tuple):
            check_divides(self.pieces, x[axis], "split cuts an axis into equal pieces")
            return (*x[:axis], x[axis] // self.pieces, *x[axis + 1 :])
        whole = sum(self.pieces[1:], self.pieces[0])
        if not same(whole, x[axis]):
            raise ShapeError.of(
                "AC213",
                f"pieces of {' + '.join(map(str, self.pieces))} = {whole} do not add "
                f"up to an axis of {x[axis]}",
            )
        return (*x[:axis], self.pieces[self.part], *x[axis + 1 :])

    def torch(self, *inputs: Shape) -> Call:
        axis = on_axis(self.axis or 0, inputs[0]) + 1
        if isinstance(self.pieces, tuple):
            return Function(f"x.split({list(self.pieces)}, {axis})[{self.part}]")
        return Function(f"x.chunk({self.pieces}, {axis})[{self.part}]")


class Token(Part):
    """Take one position of a sequence, from 0, or from the end below 0 (a view).

    Shape: `(N, D) -> (D,)`. `{token: 0}` is a class token, `{token: -1}` the last one.
    """

    key = "token"
    sees = "all"
    examples = ("{token: 0} @ 7x16", "{token: -1} @ 7x16")

    index: Index = 0

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) < 2:
            raise ShapeError.of(
                "AC204",
                "token needs a sequence: a position axis and others",
                facts=[f"its input is {times(x)}"],
            )
        needed = max(self.index + 1, -self.index)
        if not at_least(x[0], needed):
            raise outside(needed, x[0], f"token {self.index}")
        return x[1:]

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        (x,) = inputs
        return x._replace(sizes=output, strides=(x.strides[0], *x.strides[2:]))

    def torch(self, *inputs: Shape) -> Call:
        return Function(f"x[:, {self.index}]")


class Strided(Rearrange):
    """What takes every so many positions: `(C, …) -> (C, ⌈n/stride⌉…)`."""

    axis_names = "signal"

    stride: Stride

    def strides(self, x: Shape) -> tuple[Dim, ...]:
        """Return the stride of each axis."""
        return per_axis(self.stride, len(spatial(x, self.key)), "stride")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return (x[0], *map(ceil_div, x[1:], self.strides(x)))

    def taken(self, output: Ints, x: Laid) -> Laid:
        """Return how the positions lie that are taken."""
        steps: tuple[Any, ...] = (1, 1, *self.strides(x.sizes[1:]))
        strides = tuple(s * step for s, step in zip(x.strides, steps, strict=True))
        return x._replace(sizes=output, strides=strides)

    def window(self, *inputs: Shape) -> Seen:
        return tuple(Window(1, s, 0) for s in self.strides(inputs[0]))


class Subsample(Strided):
    """Keep every `stride`-th position of each spatial axis, from the first (a view).

    Shape: `(C, …) -> (C, ⌈n/stride⌉…)`: the shortcut without parameters of He 2015.
    """

    key = "subsample"
    storage = "view"
    examples = ("{subsample: 2} @ 8x5x6", "{subsample: [1, 3]} @ 8x5x6")

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        return self.taken(output, inputs[0])

    def torch(self, *inputs: Shape) -> Call:
        return Function(strided(self.strides(inputs[0])))


class Zero(Strided):
    """Give zeros of the input's shape, or of `subsample`'s where a stride is given.

    The operation `none` of NAS-Bench-201 (Dong and Yang 2020): no work is counted.
    """

    key = "zero"
    examples = ("zero @ 8x5x6", "{zero: 2} @ 8x5x6", "zero @ 7")

    stride: Stride = 1

    def whole(self, x: Shape) -> bool:
        """Say whether every position is kept; that alone is possible for a vector.

        While a formula is recorded, the stride is no plain number: it was checked.
        """
        stride = self.stride
        return stride == 1 or (len(x) == 1 and not isinstance(stride, tuple | int))

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0] if self.whole(inputs[0]) else super().shape(*inputs)

    def window(self, *inputs: Shape) -> Seen:
        return None if self.whole(inputs[0]) else super().window(*inputs)

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """A product of each value that is taken with 0, in the order of its axes."""
        (x,) = inputs
        if x.in_a_row():
            return None
        whole = self.whole(x.sizes[1:])
        return (x if whole else self.taken(output, x)).compact()

    def torch(self, *inputs: Shape) -> Call:
        whole = self.stride == 1
        return Function("x * 0" if whole else f"{strided(self.strides(inputs[0]))} * 0")


class Pad(Rearrange):
    """Put zeros around an image, or what `mode` says (torch.nn.functional.pad).

    Shape: each spatial axis grows by `size` at its beginning and by `end` (left out:
    `size` too) at its end; below 0 it is cut. `channels: [before, after]` adds channels
    of zeros. `mode: reflect` mirrors what lies inside, without the edge, and so needs
    less padding than there are positions; `replicate` repeats the edge, `circular`
    goes on at the other end. Backward keeps the input where it is mirrored or repeated.
    """

    key = "pad"
    axis_names = "signal"
    examples = (
        "{pad: 1} @ 8x5x6",
        "{pad: [0, 1], end: [1, 2]} @ 8x5x6",
        "{pad: 0, channels: [3, 4]} @ 8x5x6",
        "{pad: 2, end: 0} @ 8x5",
        "{pad: [0, -1]} @ 3x5x5",
        "{pad: [2, 3], mode: reflect} @ 4x5x6",
        "{pad: 2, end: 1, mode: replicate} @ 4x5",
        "{pad: 1, mode: circular} @ 2x3x4x5",
    )

    size: Shifts
    end: Shifts = None
    channels: Two = (0, 0)
    mode: PadMode = "zeros"

    def agree(self) -> None:
        if self.mode == "zeros":
            return
        if self.channels != (0, 0):
            raise FieldError(f"channels are added as zeros, not by mode {self.mode}")
        given = [n for n in (self.size, self.end) if n is not None]
        sizes = [n for each in given for n in (each if type(each) is tuple else [each])]
        if not all(at_least(n, 0) for n in sizes):
            raise FieldError(f"mode {self.mode} only adds: no size may be below 0")

    def pads(self, x: Shape) -> list[tuple[Dim, Dim]]:
        """Return what is added before and after, channels first."""
        rank = len(spatial(x, self.key))
        last = self.size if self.end is None else self.end
        before, after = per_axis(self.size, rank, "pad"), per_axis(last, rank, "end")
        return [(self.channels[0], self.channels[1]), *zip(before, after, strict=True)]

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        pads = self.pads(x)
        for n, (before, after) in zip(x, pads, strict=True):
            self.check(n, before, after)
        return tuple(n + b + a for n, (b, a) in zip(x, pads, strict=True))

    def check(self, n: Dim, before: Dim, after: Dim) -> None:
        """Raise `ShapeError` AC207 or AC213 for what an axis of n does not have."""
        if not at_least(n + least(before, 0) + least(after, 0), 1):
            message = f"padding {before} and {after} removes all {n} positions"
            raise ShapeError.of("AC207", message)
        beyond = {"reflect": 1, "circular": 0}.get(self.mode)
        if beyond is None or at_least(n, largest(before, after) + beyond):
            return
        raise ShapeError.of(
            "AC213",
            f"padding {largest(before, after)} by mode {self.mode} needs "
            f"{largest(before, after) + beyond} positions, there are {n}",
        )

    def window(self, *inputs: Shape) -> Seen:
        if self.mode == "circular":
            return "all"
        return tuple(Window(1, 1, before) for before, _ in self.pads(inputs[0])[1:])

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        keeps = self.mode in ("reflect", "replicate")
        return Saved(inputs=(0,)) if keeps else NOTHING_SAVED

    def torch(self, *inputs: Shape) -> Call:
        pads = self.pads(inputs[0])
        pads = pads if self.channels != (0, 0) else pads[1:]
        flat = ", ".join(str(n) for pair in reversed(pads) for n in pair)
        mode = "" if self.mode == "zeros" else f", mode={self.mode!r}"
        return Function(f"F.pad(x, ({flat}){mode})")


class Crop(Part):
    """Cut a piece of `size` out of an image, from its middle or at `offset` (a view).

    Shape: `(C, …) -> (C, size…)` (Ronneberger 2015, U-Net; Long 2014, FCN).
    """

    key = "crop"
    axis_names = "signal"
    examples = ("{crop: 4} @ 8x5x7", "{crop: [3, 5], offset: [2, 0]} @ 8x5x6")

    size: Stride
    offset: PadSizes = None

    def parts(self, x: Shape) -> list[tuple[Dim, Dim]]:
        """Return (start, size) of each spatial axis."""
        axes = spatial(x, self.key)
        sizes = per_axis(self.size, len(axes), "crop")
        if self.offset is None:
            starts = tuple((n - size) // 2 for n, size in zip(axes, sizes, strict=True))
        else:
            starts = per_axis(self.offset, len(axes), "offset")
        return list(zip(starts, sizes, strict=True))

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        for n, (start, size) in zip(x[1:], self.parts(x), strict=True):
            if not (at_least(n, size) and at_least(n, start + size)):
                stop = size if self.offset is None else start + size
                raise outside(stop, n, "the crop")
        return (x[0], *(size for _, size in self.parts(x)))

    def window(self, *inputs: Shape) -> Seen:
        return tuple(Window(1, 1, -start) for start, _ in self.parts(inputs[0]))

    def torch(self, *inputs: Shape) -> Call:
        parts = [f"{a}:{a + size}" for a, size in self.parts(inputs[0])]
        return Function(f"x[:, :, {', '.join(parts)}]")


class Roll(Rearrange):
    """Shift an image; what leaves at one edge enters at the other (torch.roll).

    Shape unchanged. `{roll: -3}` moves up and to the left by 3, as the shifted windows
    of Swin do (Liu 2021).
    """

    key = "roll"
    sees = "all"
    axis_names = "signal"
    examples = ("{roll: -3} @ 8x5x6", "{roll: [1, -2]} @ 8x5x6")

    shift: Shifts

    def shifts(self, x: Shape) -> tuple[Dim, ...]:
        """Return the shift of each spatial axis."""
        return per_axis(self.shift, len(spatial(x, self.key)), "roll")

    def shape(self, *inputs: Shape) -> Shape:
        self.shifts(inputs[0])
        return inputs[0]

    def torch(self, *inputs: Shape) -> Call:
        shifts = self.shifts(inputs[0])
        return Function(f"x.roll({shifts}, {tuple(range(2, len(shifts) + 2))})")
