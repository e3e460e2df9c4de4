"""Values with the order in which their axes lie, and operations that know it.

The rules of layers speak of axes in torch's order, channels first. Other languages want
channels last. A `Laid` value is code, its shape in torch's order, and the order in
which its axes lie: so a transpose is often no code at all, and a flattening of rows and
columns stays one where channels lie behind them.

An axis of size 1 need not be in the array that the code gives. The shape has it, the
order leaves it out, and an index of `None` writes it where an operation needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

BATCH = "batch"
"""The size of the batch's axis."""
Order = tuple[int, ...]
"""The axes of an array in the order in which they lie, in torch's numbers."""


class CannotSay(Exception):  # the writer refuses a layer with its reason
    """A construct that has no words in the language."""


class Laid(NamedTuple):
    """A value: its code, its shape with the batch, and how its axes lie.

    A number has no axes.
    """

    code: str
    shape: tuple[Any, ...]
    order: Order

    @property
    def rank(self) -> int:
        """The number of axes, with those of size 1 that the array lacks."""
        return len(self.shape)

    def axis(self, axis: int) -> int:
        """Return where an axis lies."""
        return self.order.index(axis % self.rank)

    def sizes(self) -> list[Any]:
        """Return the sizes as they lie."""
        return [self.shape[axis] for axis in self.order]


def straight(rank: int) -> Order:
    """Return the order of axes as torch has them."""
    return tuple(range(rank))


def place(axis: int, order: Order) -> int:
    """Return where an axis lies, -1 for the last place."""
    found = order.index(axis)
    return -1 if found == len(order) - 1 else found


def channels_last(rank: int) -> Order:
    """Return the order with the channels behind all other axes."""
    return (0, *range(2, rank), 1) if rank > 1 else (0,)


def written(values: Sequence[Any]) -> str:
    """Return a tuple as code; the batch's axis is what is left."""
    inner = ", ".join("-1" if v == BATCH else str(v) for v in values)
    return f"({inner},)" if len(values) == 1 else f"({inner})"


class Moves:
    """Moves axes, with the functions of a library that is like numpy: `ops`, `jnp`."""

    def __init__(self, library: str) -> None:
        self.library = library

    def call(self, name: str, *given: str) -> str:
        """Return the call of a function of the library."""
        return f"{self.library}.{name}({', '.join(given)})"

    def turned(self, value: Laid, order: Order) -> Laid:
        """Return a value with its axes in another order; all of them are there then."""
        missing = [axis for axis in order if axis not in value.order]
        if missing and len(order) == value.rank:
            value = self.filled(value, order)
        if value.order == order:
            return value
        if significant(value, value.order) == significant(value, order):
            sizes = [value.shape[axis] for axis in order]
            code = self.call("reshape", value.code, written(sizes))
            return Laid(code, value.shape, order)
        axes = [value.order.index(axis) for axis in order]
        code = self.call("transpose", value.code, written(axes))
        return Laid(code, value.shape, order)

    def filled(self, value: Laid, order: Order) -> Laid:
        """Return a value whose array has all axes, in this order."""
        present = tuple(axis for axis in order if axis in value.order)
        value = self.turned(value, present)
        index = ", ".join(":" if axis in present else "None" for axis in order)
        return Laid(f"{value.code}[{index}]", value.shape, order)

    def straightened(self, value: Laid) -> Laid:
        """Return a value as torch has it."""
        return self.turned(value, straight(value.rank))

    # -- axes --------------------------------------------------------------------------

    def permuted(self, value: Laid, axes: Sequence[int]) -> Laid:
        """Return a value with its axes called otherwise: no code."""
        axes = [axis % value.rank for axis in axes]
        shape = tuple(value.shape[axis] for axis in axes)
        return Laid(value.code, shape, tuple(axes.index(axis) for axis in value.order))

    def flattened(self, value: Laid, first: int, last: int) -> Laid:
        """Return a value with a range of axes as one."""
        first, last = first % value.rank, last % value.rank
        group = [axis for axis in range(first, last + 1) if axis in value.order]
        large = [axis for axis in group if value.shape[axis] != 1]
        lying = [axis for axis in value.order if value.shape[axis] != 1]
        at = [lying.index(axis) for axis in large]
        if at and at != [*range(at[0], at[0] + len(at))]:
            return self.flattened(self.gathered(value, large), first, last)
        merged = _product([value.shape[axis] for axis in group])
        shape = (*value.shape[:first], merged, *value.shape[last + 1 :])
        head = (large or group or [-1])[0]
        less = last - first
        order = []
        for axis in value.order:
            if axis == head:
                order.append(first)
            elif axis not in group:
                order.append(axis if axis < first else axis - less)
        made = Laid(value.code, shape, tuple(order))
        sizes = made.sizes()
        if sizes == value.sizes():
            return made
        return made._replace(code=self.call("reshape", value.code, written(sizes)))

    def gathered(self, value: Laid, group: Sequence[int]) -> Laid:
        """Return a value in which some axes lie side by side, in their order."""
        order: list[int] = []
        for axis in value.order:
            if axis not in group:
                order.append(axis)
            elif not {*group} & {*order}:
                order += group
        return self._within(value, tuple(order))

    def unflattened(self, value: Laid, axis: int, sizes: Sequence[Any]) -> Laid:
        """Return a value with one axis as several."""
        axis %= value.rank
        whole = value.shape[axis]
        known = [size for size in sizes if size != -1]
        if len(known) < len(sizes):
            rest = whole // prod(known)
            sizes = [rest if size == -1 else size for size in sizes]
        shape = (*value.shape[:axis], *sizes, *value.shape[axis + 1 :])
        more = len(sizes) - 1
        order: list[int] = []
        for old in value.order:
            if old == axis:
                order += range(axis, axis + len(sizes))
            else:
                order.append(old if old < axis else old + more)
        made = Laid(value.code, shape, tuple(order))
        if not more:
            return made
        return made._replace(
            code=self.call("reshape", value.code, written(made.sizes()))
        )

    def reshaped(self, value: Laid, shape: Sequence[Any]) -> Laid:
        """Return a value in another shape; it lies straight then."""
        known = [size for size in shape if size not in (-1, BATCH)]
        if -1 in shape:
            whole = _product([s for s in value.shape if s != BATCH])
            rest = whole // prod(known)
            shape = [rest if size == -1 else size for size in shape]
        value = self.straightened(value)
        made = Laid(value.code, tuple(shape), straight(len(shape)))
        if made.shape == value.shape:
            return made
        return made._replace(code=self.call("reshape", value.code, written(shape)))

    def widened(self, value: Laid, axis: int) -> Laid:
        """Return a value with one more axis of size 1, which the array lacks."""
        axis %= value.rank + 1
        shape = (*value.shape[:axis], 1, *value.shape[axis:])
        order = tuple(old if old < axis else old + 1 for old in value.order)
        return Laid(value.code, shape, order)

    def narrowed(self, value: Laid, axis: int) -> Laid:
        """Return a value without an axis of size 1."""
        axis %= value.rank
        code = value.code
        if axis in value.order:
            index = ", ".join("0" if old == axis else ":" for old in value.order)
            code = f"{code}[{index}]"
        shape = (*value.shape[:axis], *value.shape[axis + 1 :])
        order = tuple(o if o < axis else o - 1 for o in value.order if o != axis)
        return Laid(code, shape, order)

    def cut(self, value: Laid, index: Sequence[Any]) -> Laid:
        """Return a part of a value; an index is a slice, a number or None."""
        added = [at for at, one in enumerate(index) if one is None]
        parts = [one for one in index if one is not None]
        texts = [":"] * len(value.order)
        dropped = []
        shape = [*value.shape]
        for axis, one in enumerate(parts):
            if one == slice(None):
                continue
            if axis not in value.order:
                if one != 0:
                    raise CannotSay("a part of an axis of size 1")
                dropped.append(axis)
                continue
            where = value.order.index(axis)
            if isinstance(one, slice):
                ends = ["" if e is None else str(e) for e in (one.start, one.stop)]
                step = "" if one.step is None else f":{one.step}"
                texts[where] = f"{ends[0]}:{ends[1]}{step}"
                shape[axis] = len(range(*one.indices(shape[axis])))
            else:
                texts[where] = str(one)
                dropped.append(axis)
        while texts and texts[-1] == ":":
            texts.pop()
        code = f"{value.code}[{', '.join(texts)}]" if texts else value.code
        left = [axis for axis in range(value.rank) if axis not in dropped]
        order = tuple(left.index(axis) for axis in value.order if axis in left)
        made = Laid(code, tuple(shape[axis] for axis in left), order)
        for at in added:
            made = self.widened(made, at)
        return made

    # -- several values ----------------------------------------------------------------

    def met(self, one: Laid, other: Laid) -> tuple[str, str, Laid]:
        """Return two values as they meet in an operation, and what comes out of it.

        The result has no code yet.
        """
        if not one.shape or not other.shape:
            return one.code, other.code, one if one.shape else other
        rank = max(one.rank, other.rank)
        one, other = self._raised(one, rank), self._raised(other, rank)
        sizes = tuple(
            b if a == 1 else a for a, b in zip(one.shape, other.shape, strict=True)
        )
        if {*one.order} < {*other.order}:
            second, first, made = self.met(other, one)
            return first, second, made
        if not {*other.order} <= {*one.order}:
            one, other = self.straightened(one), self.straightened(other)
        order = one.order
        present = tuple(axis for axis in order if axis in other.order)
        other = self._within(other, present)
        begins = next(
            (i for i, axis in enumerate(order) if axis in present), len(order)
        )
        index = [":" if axis in present else "None" for axis in order[begins:]]
        text = other.code
        if "None" in index:
            text = f"{text}[{', '.join(index)}]"
        return one.code, text, Laid("", sizes, order)

    def _within(self, value: Laid, order: Order) -> Laid:
        """Return a value with the axes that are there in an order."""
        if value.order == order:
            return value
        axes = [value.order.index(axis) for axis in order]
        code = self.call("transpose", value.code, written(axes))
        return Laid(code, value.shape, order)

    def _raised(self, value: Laid, rank: int) -> Laid:
        """Return a value with axes of size 1 before its own."""
        for _ in range(rank - value.rank):
            value = self.widened(value, 0)
        return value

    def joined(self, values: Sequence[Laid], axis: int) -> Laid:
        """Return values one behind the other along an axis."""
        first = values[0]
        axis %= first.rank
        order = first.order
        if len(order) < first.rank:
            order = straight(first.rank)
        values = [self.turned(value, order) for value in values]
        size = sum(value.shape[axis] for value in values)
        texts = ", ".join(value.code for value in values)
        code = self.call("concatenate", f"[{texts}]", f"axis={place(axis, order)}")
        shape = (*first.shape[:axis], size, *first.shape[axis + 1 :])
        return Laid(code, shape, order)


def significant(value: Laid, order: Order) -> list[int]:
    """Return the axes that are larger than 1, in an order."""
    return [axis for axis in order if value.shape[axis] != 1]


def _product(sizes: Sequence[Any]) -> Any:
    """Return a product of sizes, in which the batch may stand alone."""
    if BATCH in sizes:
        if any(size not in (1, BATCH) for size in sizes):
            raise CannotSay("an axis of the batch with others")
        return BATCH
    return prod(sizes)
