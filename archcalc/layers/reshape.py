"""Layers that give the same values another shape."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated

from archcalc.errors import ShapeError
from archcalc.layers.axes import on_axis, spatial
from archcalc.layers.base import (
    Call,
    Function,
    Layer,
    Module,
    Shape,
    Work,
    check_divides,
    numel,
    times,
)
from archcalc.layers.fields import Axes, FieldError, ListField, Sizes
from archcalc.sizes.dims import Dim, product, same
from archcalc.sizes.polynomials import tells_apart

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid

TwoAxes = Annotated[tuple[int, ...], ListField(-8, 2)]
NewSizes = Annotated[tuple[Dim, ...], ListField(-1)]


class Rearrange(Layer):
    """What layers without arithmetic share: role, and no work."""

    role = "shape"
    keeps_ids = True

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {}


class Part(Rearrange):
    """What takes a part of its input as it lies, or all of it: a view."""

    storage = "view"

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        return inputs[0]._replace(sizes=output)


class Regrouped(Rearrange):
    """What reads the values in order into other sizes: a view where torch has one."""

    storage = "view"
    sees = "all"
    gradient = "passed on"

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        return inputs[0].regrouped(output)


class Moved(Rearrange):
    """What puts the values in another order: a copy, unless only axes of 1 move."""

    sees = "all"
    gradient = "passed on"

    @abstractmethod
    def order(self, x: Shape) -> list[int]:
        """Return the axes from 0, the batch left out, in the order of the output."""

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return tuple(x[axis] for axis in self.order(x))

    def viewed(self, output: Ints, *inputs: Laid) -> Laid | None:
        (x,) = inputs
        moved = x.moved([0, *(axis + 1 for axis in self.order(x.sizes[1:]))])
        return x.anew(output) if moved.in_a_row() else None


class Identity(Part):
    """Pass the input on. Shape and values unchanged."""

    key = "identity"
    gradient = "its input's"
    examples = ("identity @ 8x5x6",)

    def torch(self, *inputs: Shape) -> Call:
        return Module("nn.Identity")


class Flatten(Regrouped):
    """Lay all values in one row (torch.nn.Flatten). Shape: `(…) -> (F,)`.

    `{flatten: [1, 2]}` makes one axis of axes 1 to 2 alone, `(C, H, W) -> (C, H·W)`;
    axes count from 0, without the batch.
    """

    key = "flatten"
    examples = (
        "flatten @ 8x5x6",
        "flatten @ 7",
        "{flatten: [1, 2]} @ 8x5x6",
        "{flatten: [0, -2]} @ 8x5x6",
    )

    axes: TwoAxes = (0, -1)

    def bounds(self, x: Shape) -> tuple[int, int]:
        """Return the first and the last axis of those that become one."""
        first, last = (on_axis(axis, x) for axis in self.axes)
        if first > last:
            raise ShapeError.of(
                "AC208",
                f"flatten goes from axis {first} to {last}, backwards",
                facts=[f"its input is {times(x)}"],
            )
        return first, last

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        first, last = self.bounds(x)
        return (*x[:first], product(x[first : last + 1]), *x[last + 1 :])

    def torch(self, *inputs: Shape) -> Call:
        first, last = self.bounds(inputs[0])
        whole = last - first == len(inputs[0]) - 1
        return Module("nn.Flatten", () if whole else (first + 1, last + 1))


class Reshape(Regrouped):
    """Read the values in order into other sizes (torch.Tensor.reshape).

    Shape: `(…) -> sizes`, with as many values; one size may be -1, for what is left.
    """

    key = "reshape"
    examples = ("{reshape: [2, 4, 30]} @ 8x5x6", "{reshape: [8, -1]} @ 8x5x6")

    sizes: NewSizes

    def agree(self) -> None:
        if sum(map(is_rest, self.sizes)) > 1:
            raise FieldError("only one size can be -1: it is computed from the others")
        for size in self.sizes:
            tells_apart(size, 0)
        if any(type(size) is int and size == 0 for size in self.sizes):
            raise FieldError("a size cannot be 0")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        known = product(size for size in self.sizes if not is_rest(size))
        if any(map(is_rest, self.sizes)):
            check_divides(
                known, numel(x), "the size for -1 must come out as a whole number"
            )
            return tuple(numel(x) // known if is_rest(n) else n for n in self.sizes)
        if not same(known, numel(x)):
            raise ShapeError.of(
                "AC212",
                f"{numel(x)} values do not fit into {known}",
                facts=[f"input  {times(x)}", f"output {times(self.sizes)}"],
            )
        return self.sizes

    def torch(self, *inputs: Shape) -> Call:
        sizes = ", ".join(map(str, self.shape(*inputs)))
        return Function(f"x.reshape(x.shape[0], {sizes})")


def is_rest(size: Dim) -> bool:
    """Say whether a size is -1, for what is left."""
    tells_apart(size, -1)
    return type(size) is int and size == -1


class Permute(Moved):
    """Put the axes in another order, and the values with them (a copy).

    Shape: `{permute: [1, 2, 0]}` makes `(H, W, C)` of `(C, H, W)`; axes count from 0,
    without the batch.
    """

    key = "permute"
    examples = ("{permute: [1, 2, 0]} @ 8x5x6", "{permute: [-1, 0]} @ 7x16")

    axes: Axes

    def order(self, x: Shape) -> list[int]:
        """Return the axes from 0; raise `ShapeError` AC208 unless each comes once."""
        order = [on_axis(axis, x) for axis in self.axes]
        if sorted(order) != list(range(len(x))):
            raise ShapeError.of(
                "AC208",
                f"permute needs each of {len(x)} axes once, not {list(self.axes)}",
                facts=[f"its input is {times(x)}"],
            )
        return order

    def torch(self, *inputs: Shape) -> Call:
        order = ", ".join(str(axis + 1) for axis in self.order(inputs[0]))
        return Function(f"x.permute(0, {order}).contiguous()")


class Transpose(Moved):
    """Swap two axes, the last two if not said (a copy).

    Shape: `transpose` makes `(D, N)` of tokens `(N, D)`, as MLP-Mixer does.
    """

    key = "transpose"
    examples = ("transpose @ 7x16", "{transpose: [0, 2]} @ 8x5x6")

    axes: TwoAxes = (-2, -1)

    def pair(self, x: Shape) -> tuple[int, int]:
        """Return the two axes, counted from 0."""
        first, second = (on_axis(axis, x) for axis in self.axes)
        return first, second

    def order(self, x: Shape) -> list[int]:
        first, second = self.pair(x)
        swapped = {first: second, second: first}
        return [swapped.get(axis, axis) for axis in range(len(x))]

    def torch(self, *inputs: Shape) -> Call:
        first, second = self.pair(inputs[0])
        return Function(f"x.transpose({first + 1}, {second + 1}).contiguous()")


class Tokens(Moved):
    """Make a row of tokens from an image (a copy). Shape: `(C, H, W) -> (H·W, C)`."""

    key = "tokens"
    axis_names = "signal to tokens"
    examples = ("tokens @ 8x5x6", "tokens @ 8x5", "tokens @ 4x2x3x5")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return (product(spatial(x, self.key)), x[0])

    def order(self, x: Shape) -> list[int]:
        return [*range(1, len(x)), 0]

    def gathers(self, x: Laid) -> bool:
        """Where positions have gaps; of one channel, that copy is the output."""
        return x.joined(2) is None and x.sizes[1] != 1

    def torch(self, *inputs: Shape) -> Call:
        return Function("x.flatten(2).transpose(1, 2).contiguous()")


class Image(Moved):
    """Make an image from tokens (a copy). Shape: `(N, C) -> (C, sizes…)`.

    The sizes multiply to N.
    """

    key = "image"
    examples = ("{image: [5, 6]} @ 30x8", "{image: [2, 3, 5]} @ 30x8")

    sizes: Sizes

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 2:
            raise ShapeError.of(
                "AC204",
                "image needs tokens: a position axis and a feature axis",
                facts=[f"its input is {times(x)}"],
            )
        if not same(product(self.sizes), x[0]):
            raise ShapeError.of(
                "AC212", f"{x[0]} tokens do not fill an image of {times(self.sizes)}"
            )
        return (x[1], *self.sizes)

    def order(self, x: Shape) -> list[int]:
        return [1, 0]

    def torch(self, *inputs: Shape) -> Call:
        sizes = ", ".join(map(str, self.sizes))
        return Function(f"x.transpose(1, 2).contiguous().unflatten(2, ({sizes},))")
