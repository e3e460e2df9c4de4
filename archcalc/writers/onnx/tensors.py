"""Tensors as the records of layers see them: torch's methods, written as ONNX.

Records of layers are torch code over `x`, `xs` and `p`. Run on these tensors, the same
code writes operators of ONNX instead of computing, so that a layer needs no word of its
own here. What no method has is refused by name (`NoWord`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from archcalc.sizes.dims import Dim, Poly, product
from archcalc.wire.writing import BOOL, FLOAT, INT64
from archcalc.writers.onnx.page import NoWord, Shape, Sheet, Type


class Tensor:
    """A value of the graph: its name, its sizes with the batch, its type."""

    def __init__(
        self, sheet: Sheet[Tensor], name: str, shape: Shape, type: int
    ) -> None:
        self.sheet = sheet
        self.name = name
        self.shape = shape
        self.type = type
        self.device = None
        self.is_meta = False

    def __getattr__(self, name: str) -> Any:
        raise NoWord(f"Tensor.{name}")

    def __len__(self) -> int:
        raise NoWord("how many samples there are, as a plain number")

    def __bool__(self) -> bool:
        return True

    @property
    def rank(self) -> int:
        """The number of axes, with the batch."""
        return len(self.shape)

    @property
    def dtype(self) -> Type:
        """The type as torch's code passes it on."""
        return Type(self.type)

    @property
    def named(self) -> list[int | str]:
        """The sizes as a file states them."""
        return [str(n) if isinstance(n, Poly) else int(n) for n in self.shape]

    def axis(self, axis: int) -> int:
        """Return an axis counted from 0."""
        return axis % self.rank

    # -- arithmetic --------------------------------------------------------------------

    def with_type(self, type: int) -> Tensor:
        """Return the same values as numbers of another type."""
        if self.type == type:
            return self
        return self.sheet.op("Cast", [self], self.shape, type, to=type)

    def pair(
        self, op: str, other: Any, *, swapped: bool = False, type: int | None = None
    ) -> Tensor:
        """Return an operator of two tensors, or of a tensor and a number."""
        mine, theirs = self, other
        if not isinstance(theirs, Tensor):
            whole = isinstance(other, int) and self.type != FLOAT
            theirs = self.sheet.number(other, INT64 if whole else FLOAT)
        both = FLOAT if FLOAT in (mine.type, theirs.type) else INT64
        if op == "Div" or op == "Pow":
            both = FLOAT
        if mine.type == theirs.type == BOOL and op in LOGIC:
            both = BOOL
        mine, theirs = mine.with_type(both), theirs.with_type(both)
        first, second = (theirs, mine) if swapped else (mine, theirs)
        shape = broadcast(first.shape, second.shape)
        made = BOOL if op in COMPARING or op in LOGIC else both
        return self.sheet.op(op, [first, second], shape, type or made)

    def each(self, op: str, **attributes: Any) -> Tensor:
        """Return an operator that works value by value."""
        return self.sheet.op(op, [self], self.shape, **attributes)

    def __add__(self, other: Any) -> Tensor:
        return self.pair("Add", other)

    def __radd__(self, other: Any) -> Tensor:
        return self if other == 0 else self.pair("Add", other, swapped=True)

    def __sub__(self, other: Any) -> Tensor:
        return self.pair("Sub", other)

    def __rsub__(self, other: Any) -> Tensor:
        return self.pair("Sub", other, swapped=True)

    def __mul__(self, other: Any) -> Tensor:
        return self.pair("Mul", other)

    def __rmul__(self, other: Any) -> Tensor:
        return self.pair("Mul", other, swapped=True)

    def __truediv__(self, other: Any) -> Tensor:
        return self.pair("Div", other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return self.pair("Div", other, swapped=True)

    def __mod__(self, other: Any) -> Tensor:
        return self.pair("Mod", other)

    def __pow__(self, other: Any) -> Tensor:
        return self.pair("Pow", other)

    def __rpow__(self, other: Any) -> Tensor:
        return self.pair("Pow", other, swapped=True)

    def __neg__(self) -> Tensor:
        return self.each("Neg")

    def __lt__(self, other: Any) -> Tensor:
        return self.pair("Less", other)

    def __gt__(self, other: Any) -> Tensor:
        return self.pair("Greater", other)

    def __ge__(self, other: Any) -> Tensor:
        return self.pair("GreaterOrEqual", other)

    def __or__(self, other: Any) -> Tensor:
        return self.pair("Or", other)

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]  # as torch has it
        equal = self.pair("Equal", other)
        return equal.each("Not")

    __hash__ = None  # type: ignore[assignment]  # as it has no equality of its own

    def __matmul__(self, other: Tensor) -> Tensor:
        a, b = self.shape, other.shape
        shape = (*broadcast(a[:-2], b[:-2]), a[-2], b[-1])
        return self.sheet.op("MatMul", [self, other], shape)

    # -- functions of each value -------------------------------------------------------

    def cos(self) -> Tensor:
        return self.each("Cos")

    def sin(self) -> Tensor:
        return self.each("Sin")

    def exp(self) -> Tensor:
        return self.each("Exp")

    def log(self) -> Tensor:
        return self.with_type(FLOAT).each("Log")

    def abs(self) -> Tensor:
        return self.each("Abs")

    def sqrt(self) -> Tensor:
        return self.each("Sqrt")

    def rsqrt(self) -> Tensor:
        return self.sqrt().each("Reciprocal")

    def clamp(self, min: Any = None, max: Any = None) -> Tensor:
        bounds = [
            None if n is None else self.sheet.number(n, self.type) for n in (min, max)
        ]
        return self.sheet.op("Clip", [self, *bounds], self.shape)

    def softmax(self, axis: int) -> Tensor:
        return self.each("Softmax", axis=axis)

    def masked_fill(self, mask: Tensor, value: float) -> Tensor:
        number = self.sheet.number(value, self.type)
        shape = broadcast(self.shape, mask.shape)
        return self.sheet.op("Where", [mask, number, self], shape, self.type)

    def long(self) -> Tensor:
        return self.with_type(INT64)

    def to(self, type: Any) -> Tensor:
        return self.with_type(type.code)

    def contiguous(self) -> Tensor:
        return self

    detach = contiguous

    # -- axes --------------------------------------------------------------------------

    def reshape(self, *sizes: Any) -> Tensor:
        """Read the values in order into other sizes, one of which may be -1."""
        wanted = list(sizes[0] if isinstance(sizes[0], tuple | list) else sizes)
        if any(isinstance(n, int) and n == -1 for n in wanted):
            at = wanted.index(-1)
            rest = product([*wanted[:at], *wanted[at + 1 :]])
            wanted[at] = product(self.shape) // rest
        shape = tuple(wanted)
        if shape == self.shape:
            return self
        asked: list[int] = []
        for axis, size in enumerate(shape):
            same = axis < self.rank and size == self.shape[axis]
            asked.append((0 if same else -1) if isinstance(size, Poly) else size)
        if asked.count(-1) > 1:
            raise NoWord("a reshape that leaves two sizes open")
        return self.sheet.op("Reshape", [self, self.sheet.row(asked)], shape)

    view = reshape

    def flatten(self, start: int = 0, end: int = -1) -> Tensor:
        first, last = self.axis(start), self.axis(end)
        joined = product(self.shape[first : last + 1])
        return self.reshape(*self.shape[:first], joined, *self.shape[last + 1 :])

    def unflatten(self, axis: int, sizes: Sequence[Any]) -> Tensor:
        at, wanted = self.axis(axis), list(sizes)
        if any(isinstance(n, int) and n == -1 for n in wanted):
            open_ = wanted.index(-1)
            rest = product([*wanted[:open_], *wanted[open_ + 1 :]])
            wanted[open_] = self.shape[at] // rest
        return self.reshape(*self.shape[:at], *wanted, *self.shape[at + 1 :])

    def permute(self, *axes: int) -> Tensor:
        order = [self.axis(axis) for axis in axes]
        shape = [self.shape[axis] for axis in order]
        if order == sorted(order):
            return self
        return self.sheet.op("Transpose", [self], shape, perm=order)

    def transpose(self, one: int, other: int) -> Tensor:
        order = list(range(self.rank))
        a, b = self.axis(one), self.axis(other)
        order[a], order[b] = b, a
        return self.permute(*order)

    def movedim(self, source: int, target: int) -> Tensor:
        order = [axis for axis in range(self.rank) if axis != self.axis(source)]
        order.insert(self.axis(target), self.axis(source))
        return self.permute(*order)

    def squeeze(self, axis: int) -> Tensor:
        at = self.axis(axis)
        shape = (*self.shape[:at], *self.shape[at + 1 :])
        return self.sheet.op("Squeeze", [self, self.sheet.row([at])], shape)

    def unsqueeze(self, axis: int) -> Tensor:
        at = axis % (self.rank + 1)
        shape = (*self.shape[:at], 1, *self.shape[at:])
        return self.sheet.op("Unsqueeze", [self, self.sheet.row([at])], shape)

    def expand(self, *sizes: Any) -> Tensor:
        """Stretch axes of one position; -1 keeps an axis, new ones come first."""
        wanted = list(sizes[0] if isinstance(sizes[0], tuple | list) else sizes)
        missing = len(wanted) - self.rank
        shape = tuple(
            self.shape[at - missing] if isinstance(n, int) and n == -1 else n
            for at, n in enumerate(wanted)
        )
        if shape == self.shape:
            return self
        return self.sheet.op("Expand", [self, self.sheet.sizes(shape)], shape)

    def roll(self, shifts: Sequence[int], axes: Sequence[int]) -> Tensor:
        """Move positions round: the end of each axis comes first."""
        made = self
        for shift, axis in zip(shifts, axes, strict=True):
            size = made.shape[axis]
            at = (size - shift) % size  # type: ignore[operator]  # a number
            if at:
                parts = made.cut(axis, at, size), made.cut(axis, 0, at)
                made = joined(parts, axis)
        return made

    def flip(self, axis: int) -> Tensor:
        at = self.axis(axis)
        row = self.sheet.row
        given = row([-1]), row([-(2**62)]), row([at]), row([-1])
        return self.sheet.op("Slice", [self, *given], self.shape)

    # -- pieces ------------------------------------------------------------------------

    def cut(self, axis: int, start: Any, stop: Any, step: int = 1) -> Tensor:
        """Take every `step`-th position of a part of an axis."""
        size = self.shape[axis]
        if start == 0 and stop == size and step == 1:
            return self
        length = -(-(stop - start) // step)
        shape = (*self.shape[:axis], length, *self.shape[axis + 1 :])
        given = [self.sheet.row([n]) for n in (start, stop, axis, step)]
        return self.sheet.op("Slice", [self, *given], shape)

    def __getitem__(self, key: Any) -> Tensor:
        if isinstance(key, Tensor):
            return self.picked(key, 0)
        keys = list(key) if isinstance(key, tuple) else [key]
        if ... in keys:
            at = keys.index(...)
            named = sum(one is not None for one in keys) - 1
            keys[at : at + 1] = [slice(None)] * (self.rank - named)
        made, axis = self, 0
        for one in keys:
            if one is None:
                made = made.unsqueeze(axis)
            elif isinstance(one, slice):
                size = made.shape[axis]
                if one != slice(None):
                    start, stop, step = one.indices(size)  # type: ignore[arg-type]  # a number
                    made = made.cut(axis, start, stop, step)
            elif isinstance(one, int):
                made = made.picked(self.sheet.number(one, INT64), axis)
                axis -= 1
            else:
                made = made.picked(one, axis)
                axis += one.rank - 1
            axis += 1
        return made

    def picked(self, index: Tensor, axis: int) -> Tensor:
        """Look positions of an axis up."""
        shape = (*self.shape[:axis], *index.shape, *self.shape[axis + 1 :])
        return self.sheet.op("Gather", [self, index], shape, axis=axis)

    def split(self, sizes: Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
        """Cut an axis into pieces; `cat` leaves one of no positions out."""
        at = self.axis(axis)
        kept = [size for size in sizes if size]
        shapes = [(*self.shape[:at], size, *self.shape[at + 1 :]) for size in kept]
        if len(kept) == 1:
            made = iter([self])
        else:
            given = [self, self.sheet.row(kept)]
            made = iter(self.sheet.ops("Split", given, shapes, axis=at))
        empty = (*self.shape[:at], 0, *self.shape[at + 1 :])
        return tuple(
            next(made) if size else Tensor(self.sheet, "", empty, self.type)
            for size in sizes
        )

    def chunk(self, pieces: int, axis: int) -> tuple[Tensor, ...]:
        size = self.shape[self.axis(axis)] // pieces
        return self.split([size] * pieces, axis)  # type: ignore[list-item]  # a number

    def unbind(self, axis: int = 0) -> tuple[Tensor, ...]:
        at = self.axis(axis)
        count: Any = self.shape[at]
        return tuple(piece.squeeze(at) for piece in self.split([1] * count, at))

    def unfold(self, axis: int, size: int, step: int) -> Tensor:
        """Take windows along an axis; their positions stand on a last axis."""
        length: Any = self.shape[axis]
        starts = range(0, length - size + 1, step)
        index = [start + at for start in starts for at in range(size)]
        table = self.sheet.constant(index, INT64, (len(starts), size))
        return self.picked(table, axis).movedim(axis + 1, -1)

    # -- reductions --------------------------------------------------------------------

    def reduced(self, op: str, axes: Any, keepdim: bool = False) -> Tensor:
        """Reduce axes to one value."""
        named = [axes] if isinstance(axes, int) else list(axes)
        at = sorted(self.axis(axis) for axis in named)
        whole = list(enumerate(self.shape))
        shape = [1 if i in at else n for i, n in whole if keepdim or i not in at]
        given = [self, self.sheet.row(at)]
        return self.sheet.op(op, given, shape, keepdims=int(keepdim))

    def mean(self, axes: Any, keepdim: bool = False) -> Tensor:
        return self.reduced("ReduceMean", axes, keepdim)

    def sum(self, axes: Any, keepdim: bool = False) -> Tensor:
        return self.reduced("ReduceSum", axes, keepdim)

    def amax(self, axes: Any, keepdim: bool = False) -> Tensor:
        return self.reduced("ReduceMax", axes, keepdim)

    def amin(self, axes: Any, keepdim: bool = False) -> Tensor:
        return self.reduced("ReduceMin", axes, keepdim)

    # -- tables ------------------------------------------------------------------------

    def tril(self, diagonal: int = 0) -> Tensor:
        """Keep what lies on or below a diagonal of a table of yes and no."""
        return self.banded("LessOrEqual", diagonal)

    def triu(self, diagonal: int = 0) -> Tensor:
        """Keep what lies on or above a diagonal of a table of yes and no."""
        return self.banded("GreaterOrEqual", diagonal)

    def banded(self, op: str, diagonal: int) -> Tensor:
        """Keep the places where column - row is small or large enough."""
        rows, columns = (ranged(self.sheet, n) for n in self.shape)
        side = (columns - rows.unsqueeze(1)).pair(op, diagonal)
        return self.pair("And", side)

    def new_zeros(self, *sizes: Any) -> Tensor:
        return zeros(self.sheet, sizes, self.type)

    def scatter(self, axis: int, index: Tensor, source: Tensor) -> Tensor:
        given = [self, index, source]
        return self.sheet.op("ScatterElements", given, self.shape, axis=axis)


COMPARING = {"Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"}
LOGIC = {"And", "Or"}


def broadcast(one: Sequence[Dim], other: Sequence[Dim]) -> Shape:
    """Return the common sizes of two tensors, axes counted from the end."""
    rank = max(len(one), len(other))
    a = (1,) * (rank - len(one)) + tuple(one)
    b = (1,) * (rank - len(other)) + tuple(other)
    return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))


def joined(parts: Iterable[Tensor], axis: int) -> Tensor:
    """Put tensors behind each other; those of no positions are left out."""
    first, *rest = (part for part in parts if part.name)
    if not rest:
        return first
    at = first.axis(axis)
    size: Any = sum((part.shape[at] for part in rest), first.shape[at])
    shape = (*first.shape[:at], size, *first.shape[at + 1 :])
    return first.sheet.op("Concat", [first, *rest], shape, axis=at)


def ranged(sheet: Sheet[Tensor], *bounds: Any) -> Tensor:
    """Return whole numbers in a row, as Python's `range` counts them."""
    counted = range(*bounds)
    ends = (counted.start, counted.stop, counted.step)
    given = [sheet.number(n, INT64) for n in ends]
    return sheet.op("Range", given, [len(counted)])


def zeros(sheet: Sheet[Tensor], sizes: Sequence[Any], type: int) -> Tensor:
    """Return a tensor of zeros."""
    if not sizes:
        return sheet.number(0, type)
    if all(isinstance(size, int) for size in sizes):
        return sheet.filled(sizes, 0, type)
    return sheet.number(0, type).expand(tuple(sizes))
