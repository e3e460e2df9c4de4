"""What a name of an ONNX graph stands for: a tensor, computed or constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archcalc.layers.base import Shape
from archcalc.sizes.dims import Dim, product

Full = tuple[Dim, ...]
"""Sizes with the batch axis, as ONNX has them."""
Origin = frozenset[tuple[int, int]]
"""Tensors of a file: a number of its own for each, and how many values it holds."""
MOST_ORIGINS = 16
"""Tensors that are kept of a constant which is made of others."""


@dataclass(slots=True, frozen=True)
class Value:
    """A tensor of the graph.

    `op` is the operator of the model that makes it, None for a constant. `batch` is the
    axis of the samples; None where it went into another one, or where there is none.
    `data` are its values in a row, where they are known and few. `floating` says that a
    constant has real numbers that a file holds, as weights have; `scale` that it only
    turns whole numbers into real ones, where values are quantized as they come.
    `origin` are the tensors of the file that a constant with real numbers was made of,
    each with how many numbers it has; empty where they are too many to tell. `asked`
    says that it was worked out from the sizes of a tensor that the input decides,
    `normed` that the lengths of a tensor went into it.
    """

    shape: Full | None
    op: int | None = None
    batch: int | None = None
    data: Sequence[Any] | None = None
    floating: bool = False
    scale: bool = False
    origin: Origin = frozenset()
    asked: bool = False
    normed: bool = False

    @property
    def constant(self) -> bool:
        """Whether no input of the network reaches it."""
        return self.op is None

    @property
    def sizes(self) -> Full:
        """The sizes, with the batch axis, of a tensor whose sizes are known."""
        if self.shape is None:
            raise ValueError("the sizes are not known")
        return self.shape

    @property
    def rank(self) -> int:
        """The number of axes, with the batch."""
        return len(self.sizes)

    @property
    def stripped(self) -> Shape:
        """The sizes of one sample."""
        return stripped(self.sizes, self.batch)

    def axis(self, axis: int) -> int | None:
        """Return an axis as layers count it, without the batch; None for the batch."""
        axis %= max(self.rank, 1)
        if self.batch is None or axis < self.batch:
            return axis
        return None if axis == self.batch else axis - 1

    @property
    def number(self) -> Any:
        """The value of a constant of one value, else None."""
        data = self.data
        return data[0] if data is not None and len(data) == 1 else None

    @property
    def numbers(self) -> list[int] | None:
        """The values of a constant of whole numbers without names, else None."""
        if self.data is None or not all(isinstance(n, int) for n in self.data):
            return None
        return [int(n) for n in self.data]


def stripped(sizes: Full, batch: int | None) -> Shape:
    """Return sizes without the batch axis; a single value is a row of one."""
    left = tuple(n for axis, n in enumerate(sizes) if axis != batch)
    return left or (1,)


def same(a: Dim, b: Dim) -> bool:
    """Say whether sizes are equal as they are written: nothing is assumed of names."""
    return bool(a == b)


def count(sizes: Sequence[Dim]) -> Dim:
    """Return the number of values."""
    return product(sizes)


def batch_after(before: Value, sizes: Full, samples: Dim) -> int | None:
    """Return the axis of the samples after values were read in order into other sizes.

    It is the axis of that size with as many values before it as there were; where there
    is none, samples were mixed with another axis. A single sample that has no axis may
    get the only one of one position.
    """
    at = before.batch
    leading = count(before.sizes[:at]) if at is not None else 1
    for axis, size in enumerate(sizes):
        if same(size, samples) and same(count(sizes[:axis]), leading):
            return axis
    ones = [axis for axis, size in enumerate(sizes) if same(size, 1)]
    if at is None and same(samples, 1) and len(ones) == 1:
        return ones[0]
    return None


def origin_of(values: Sequence[Value]) -> Origin:
    """Return the tensors that constants were made of."""
    found: Origin = frozenset().union(*(value.origin for value in values))
    return found if len(found) <= MOST_ORIGINS else frozenset()
