"""The model while Keras' layers are read: operators, and how Keras orders their axes.

Keras puts channels last, our layers put them first. Each operator therefore has an
order: which of Keras' axes (from 0, without the batch) each axis of ours is. Axes are
moved by a step of their own only where a layer needs them in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from archcalc.layers import CATALOGUE
from archcalc.layers.base import Shape
from archcalc.limits import Limits
from archcalc.readers.described.growing import Growing
from archcalc.readers.model import UNKNOWN
from archcalc.readers.records import Json, Record
from archcalc.sizes.dims import symbol

Order = tuple[int, ...]
NAMES = {1: ("N",), 2: ("T", "C"), 3: ("H", "W", "C"), 4: ("D", "H", "W", "C")}
"""What sizes are called that a file leaves open, by the number of axes."""
MOST_AXES = 4
"""Axes of an input beside the batch."""


class NotKnown(Exception):
    """There is no rule for this layer as it is called here."""


class Build(Growing):
    """A model that grows call by call; `at` is the record that is read now."""

    def __init__(self, file: Json, name: str, limits: Limits) -> None:
        super().__init__(file.text, name, limits)
        self.at: Record = file.record()
        self.orders: dict[int, Order] = {}
        self.read: set[int] = set()
        self.moved: dict[tuple[int, Order], int] = {}
        self.symbols: dict[str, int] = {}
        self.first_channels = False
        self.legacy = False

    def wrong(self, message: str, help: str | None = None) -> NoReturn:
        """Raise the error of the layer that is read now."""
        name = self.within[-1] if self.within else ""
        self.at.wrong(f"{name}: {message}" if name else message, help=help)

    # -- sizes -------------------------------------------------------------------------

    def rank(self, x: int) -> int:
        """Return how many axes a tensor has, without the batch."""
        return len(self.orders[x])

    def sizes(self, x: int) -> Shape:
        """Return the sizes of a tensor as Keras has them, without the batch."""
        placed = dict(zip(self.orders[x], self.shape(x), strict=True))
        return tuple(placed[axis] for axis in range(len(placed)))

    def axis(self, x: int, axis: Any) -> int:
        """Return which axis of ours an axis is that Keras counts with the batch."""
        return self.orders[x].index(self.number(x, axis))

    def number(self, x: int, axis: Any) -> int:
        """Return an axis from 0, without the batch, that Keras counts with it."""
        rank = self.rank(x)
        if isinstance(axis, bool) or not isinstance(axis, int):
            raise NotKnown
        found = axis - 1 if axis >= 0 else rank + axis
        if axis == 0 or not 0 <= found < rank:
            raise NotKnown
        return found

    def channels_last(self, rank: int) -> Order:
        """Return the order of an image whose channels Keras has last."""
        return (rank - 1, *range(rank - 1))

    def usual(self, rank: int) -> Order:
        """Return the order that an input has as long as no layer asks for another."""
        last = rank > 2 and not self.first_channels
        return self.channels_last(rank) if last else tuple(range(rank))

    # -- steps -------------------------------------------------------------------------

    def entering(self, given: Sequence[Any], name: str) -> int:
        """Append an input of these sizes; None stands for a size that is open."""
        if len(given) > MOST_AXES:
            self.wrong(f"the input has more than {MOST_AXES} axes beside the batch")
        names = NAMES.get(len(given), ())
        found: list[Any] = []
        for axis, size in enumerate(given):
            if size is not None:
                found.append(self.at.size(size, "the shape"))
                continue
            times = self.symbols[names[axis]] = self.symbols.get(names[axis], 0) + 1
            found.append(symbol(f"{names[axis]}{times if times > 1 else ''}"))
        if not found:
            found = [1]
        if any(type(size) is int and size == 0 for size in found):
            self.wrong("a size of the input is 0")
        order = self.usual(len(found))
        at = self.input(tuple(found[axis] for axis in order), name)
        self.orders[at] = order
        return at

    def put(
        self,
        kind: str,
        *inputs: int,
        order: Order | None = None,
        name: str = "",
        **args: Any,
    ) -> int:
        """Append a layer; its axes are those of the first input if not said."""
        self.read.update(inputs)
        at = self.add(kind, inputs, name, **args)
        rank = len(self.shape(at))
        if order is None:
            order = self.orders[inputs[0]] if inputs else tuple(range(rank))
        assert len(order) == rank, (kind, order, self.shape(at))
        self.orders[at] = order
        return at

    def hole(
        self, what: str, inputs: Sequence[int], sizes: Sequence[Any], learned: Any = 0
    ) -> int:
        """Append an operator of which only the sizes are known, in Keras' order."""
        if any(size is None for size in sizes):
            self.wrong(f"{what} has sizes that the file does not state")
        self.read.update(inputs)
        at = self.unknown(what, inputs, tuple(sizes) or (1,), learned)
        self.orders[at] = tuple(range(max(len(sizes), 1)))
        return at

    def same_hole(self, what: str, x: int, learned: Any = 0) -> int:
        """Append an unknown operator that keeps the sizes."""
        self.read.add(x)
        at = self.unknown(what, [x], self.shape(x), learned)
        self.orders[at] = self.orders[x]
        return at

    def arranged(self, x: int, order: Order) -> int:
        """Return a tensor whose axes lie in an order; they are moved if need be."""
        have = self.orders[x]
        if have == order:
            return x
        shape = tuple(self.shape(x)[have.index(axis)] for axis in order)
        op = self.model.ops[x]
        if op.kind == "input" and x not in self.read:
            self.model.ops[x] = type(op)("input", {}, (), shape, op.path)
            self.orders[x] = order
            return x
        if (x, order) not in self.moved:
            axes = tuple(have.index(axis) for axis in order)
            wide = [axis for axis in axes if self.shape(x)[axis] != 1]
            if wide == sorted(wide):
                made = self.put("reshape", x, order=order, sizes=shape)
            elif axes == (1, 0):
                made = self.put("transpose", x, order=order)
            else:
                made = self.put("permute", x, order=order, axes=axes)
            self.moved[x, order] = made
        return self.moved[x, order]

    def plain(self, x: int) -> int:
        """Return a tensor whose axes lie as Keras has them."""
        return self.arranged(x, tuple(range(self.rank(x))))

    def image(self, x: int, first: bool, axes: int | None = None) -> int:
        """Return a tensor with its channels before all other axes.

        `first` says that they are Keras' first axis too; `axes` is how many others
        there must be.
        """
        rank = self.rank(x)
        if rank < 2 or (axes is not None and rank != axes + 1):
            self.wrong(f"its input has {rank} axes beside the batch")
        order = tuple(range(rank)) if first else self.channels_last(rank)
        return self.arranged(x, order)

    def weighted(self, since: int) -> list[int]:
        """Return the operators from a number on that have weights."""
        found = []
        for at in range(since, len(self.model.ops)):
            op = self.model.ops[at]
            learned = op.args.get("learned", 0) if op.kind == UNKNOWN else 0
            shapes = [self.shape(source) for source in op.inputs]
            if learned or (
                op.kind not in ("input", UNKNOWN)
                and CATALOGUE[op.kind](**op.args).weights(*shapes)
            ):
                found.append(at)
        return found
