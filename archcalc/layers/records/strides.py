"""How the values of a tensor lie in memory: torch's rules on the CPU.

A part of a tensor is a view with gaps; a reshape copies what it cannot read in order;
some kernels first copy what does not lie in a row, or write their output in another
order of axes. Sizes and strides have the batch axis, and are whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from archcalc.records import NamedTuple

Ints = tuple[int, ...]


def rows(sizes: Sequence[int]) -> Ints:
    """Return the strides of values that lie in a row, the last axis first."""
    return tuple(prod(sizes[axis + 1 :]) for axis in range(len(sizes)))


class Laid(NamedTuple):
    """A tensor in memory: its sizes, and how far apart neighbours on each axis lie.

    `block` is how many values its storage holds where those are more than its own.
    """

    sizes: Ints
    strides: Ints
    block: int = 0

    @classmethod
    def anew(cls, sizes: Ints, order: Sequence[int] | None = None) -> Laid:
        """Return values written anew, in a row or in another order of the axes."""
        if order is None:
            return cls(sizes, rows(sizes))
        steps = rows([sizes[axis] for axis in order])
        found = dict(zip(order, steps, strict=True))
        return cls(sizes, tuple(found[axis] for axis in range(len(sizes))))

    def in_a_row(self) -> bool:
        """Say whether values lie in a row; an axis of size 1 may have any stride."""
        wanted = zip(self.sizes, self.strides, rows(self.sizes), strict=True)
        return all(size == 1 or stride == right for size, stride, right in wanted)

    def channels_last(self) -> bool:
        """Say whether an image or volume lies without gaps, its channels innermost."""
        order = (0, *range(2, len(self.sizes)), 1)
        strides = self.strides
        return len(self.sizes) > 3 and self.anew(self.sizes, order).strides == strides

    def looks_channels_last(self) -> bool:
        """Say whether torch takes an image or volume for one with channels innermost.

        By its strides alone, with gaps too, and whatever an axis of size 1 says
        (`is_channels_last_strides_2d_s4` of c10/core/MemoryFormat.h).
        """
        if len(self.sizes) not in (4, 5) or self.strides[1] == 0:
            return False
        least = 0
        for axis in (1, *range(len(self.sizes) - 1, 1, -1), 0):
            step = self.strides[axis]
            if step < least or (axis == 0 and least == self.strides[1]):
                return False
            least = step * self.sizes[axis]
        return True

    def compact(self) -> Laid:
        """Return a copy without gaps that keeps the order of the axes.

        An axis on which all values are one has none, and stays outside.
        """
        order = [(step != 0, -step, axis) for axis, step in enumerate(self.strides)]
        return self.anew(self.sizes, [axis for _, _, axis in sorted(order)])

    def stretched(self, sizes: Ints) -> Laid:
        """Return how torch reads it beside a tensor of these sizes.

        Axes that it lacks stand behind the batch; one of size 1 that is stretched has
        no step.
        """
        lacking = len(sizes) - len(self.sizes)
        own, steps = list(self.sizes), list(self.strides)
        own[1:1] = [1] * lacking
        steps[1:1] = [prod(self.sizes[1:2]) * steps[1] if steps[1:] else 1] * lacking
        pairs = zip(own, sizes, steps, strict=True)
        return Laid(sizes, tuple(0 if n == 1 != m else s for n, m, s in pairs))

    def beside(self, *learned: Ints) -> Laid | None:
        """Return how its arithmetic with learned tensors is written, one by one.

        Their sizes are those that a sample meets; None for values in a row.
        """
        if self.in_a_row():
            return None
        found = self
        for own in learned:
            found = met(self.sizes, found, of_every_sample(own))
        return found

    def moved(self, order: Sequence[int]) -> Laid:
        """Return the same values with their axes in another order."""
        sizes = tuple(self.sizes[axis] for axis in order)
        return Laid(sizes, tuple(self.strides[axis] for axis in order))

    def joined(self, first: int, last: int = -1) -> Laid | None:
        """Return it with the axes from `first` to `last` as one; None for a copy."""
        sizes, stop = self.sizes, last % len(self.sizes) + 1
        return self.regrouped((*sizes[:first], prod(sizes[first:stop]), *sizes[stop:]))

    def regrouped(self, wanted: Ints) -> Laid | None:
        """Return a reshape that is a view; None where it must copy.

        Axes that follow each other in memory are one; each must be a product of new
        sizes (`at::detail::computeStride` of torch).
        """
        merged: list[tuple[int, int]] = []
        for size, stride in zip(self.sizes, self.strides, strict=True):
            if size == 1:
                continue
            if merged and merged[-1][1] == size * stride:
                merged[-1] = merged[-1][0] * size, stride
            else:
                merged.append((size, stride))
        found: list[int] = []
        left = list(wanted)
        for size, stride in reversed(merged):
            step, inner = stride, 1
            while left and (inner < size or left[-1] == 1):
                found.append(step)
                inner, step = inner * left[-1], step * left.pop()
            if inner != size:
                return None
        return Laid(wanted, tuple(reversed([*found, *(1 for _ in left)])))


def of_every_sample(own: Ints) -> Laid:
    """Return how a learned tensor lies that each sample of a batch meets."""
    return Laid((1, *own), (0, *rows(own)))


def met(sizes: Ints, *operands: Laid) -> Laid:
    """Return how a function of several tensors is written, value by value.

    Axes are sorted by the first operand that tells two of them apart, the larger one
    outside where its steps are equal (`reorder_dimensions` of torch's
    aten/src/ATen/TensorIterator.cpp). Not all pairs can be told apart, so it matters
    that torch sorts by insertion and stops at an axis that is inside.
    """
    read = [operand.stretched(sizes) for operand in operands]

    def after(one: int, other: int) -> int:
        for each in read:
            first, second = each.strides[one], each.strides[other]
            if 0 in (first, second):
                continue
            if first != second:
                return 1 if first > second else -1
            if sizes[one] > sizes[other]:
                return 1
        return 0

    order = list(reversed(range(len(sizes))))
    for place in range(1, len(order)):
        at = place
        for before in range(place - 1, -1, -1):
            compared = after(order[before], order[at])
            if compared < 0:
                break
            if compared > 0:
                order[before], order[at] = order[at], order[before]
                at = before
    return Laid.anew(sizes, order[::-1])
