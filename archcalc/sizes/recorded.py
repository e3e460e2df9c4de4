"""Sizes that remember how they were computed.

A layer's rules run on whole numbers, on symbols, or on the sizes of this module: `+`,
`-`, `*` and `//` on them build a tree and compute its value beside it. So a printed
formula *is* the rule that computed the number (`formula_text.py` writes it).

Only what says nothing leaves the tree: `+ 0`, `· 1`, `// 1`, sums of plain numbers, and
`(a + b - 1) // b`, which becomes a quotient rounded up. A field of the layer stays even
where it is 0 or 1: `(227 + 2·0 − 11)/4 + 1`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import Any, Literal

from archcalc.records import NamedTuple, dataclass, field
from archcalc.sizes import dims
from archcalc.sizes.dims import Dim

Rank = Literal["place", "out", "kernel", "in", "other"]
"""What a size is in a product, which decides where lectures write it."""


class SizeName(NamedTuple):
    """The name of a size in a formula: `H′` is H with a prime, `k_W` k with W below."""

    letter: str
    sub: str = ""
    prime: bool = False


class Recorded:
    """A size with its history; rules take it for a whole number."""

    __slots__ = ()
    value: Dim

    def __dim__(self) -> Dim:
        """Return the plain value, which the questions of `dims` ask for."""
        return self.value

    def __extreme__(self, kind: dims.Kind, sizes: Sequence[Any]) -> Recorded:
        """Return the smallest or largest of sizes, recorded."""
        return extreme(kind, [recorded(size) for size in sizes])

    def __square_root__(self) -> Recorded | None:
        """Return the whole square root, recorded, or None where there is none."""
        root = dims.square_root(self.value)
        return None if root is None else Root(self, root)

    def __add__(self, other: Any) -> Recorded:
        return added(self, recorded(other), 1)

    def __radd__(self, other: Any) -> Recorded:
        return added(recorded(other), self, 1)

    def __sub__(self, other: Any) -> Recorded:
        return added(self, recorded(other), -1)

    def __rsub__(self, other: Any) -> Recorded:
        return added(recorded(other), self, -1)

    def __mul__(self, other: Any) -> Recorded:
        return multiplied(self, recorded(other))

    def __rmul__(self, other: Any) -> Recorded:
        return multiplied(recorded(other), self)

    def __floordiv__(self, other: Any) -> Recorded:
        return quotient(self, recorded(other))

    def __rfloordiv__(self, other: Any) -> Recorded:
        return quotient(recorded(other), self)

    def parts(self) -> tuple[Recorded, ...]:
        """Return what it was computed from."""
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Recorded):
    """A number that stands in the rule itself, or a size without a name."""

    value: Dim


@dataclass(frozen=True, slots=True, eq=False)
class Size(Recorded):
    """A size with a name: an axis of a tensor or an argument of a layer."""

    value: Dim
    symbol: SizeName
    meaning: str
    rank: Rank = "other"


@dataclass(frozen=True, slots=True, eq=False)
class Sum(Recorded):
    """Terms with their signs, 1 or -1."""

    terms: tuple[tuple[int, Recorded], ...]
    value: Dim

    def parts(self) -> tuple[Recorded, ...]:
        return tuple(term for _, term in self.terms)


@dataclass(frozen=True, slots=True, eq=False)
class Product(Recorded):
    """Factors; a `closed` product keeps its brackets: `(11·11·3)·96`."""

    factors: tuple[Recorded, ...]
    value: Dim
    closed: bool = False

    def parts(self) -> tuple[Recorded, ...]:
        return self.factors


@dataclass(frozen=True, slots=True, eq=False)
class Quotient(Recorded):
    """A quotient rounded down, or up."""

    top: Recorded
    bottom: Recorded
    up: bool
    value: Dim
    exact: bool = field(init=False)

    def __post_init__(self) -> None:
        whole = self.value * self.bottom.value == self.top.value
        object.__setattr__(self, "exact", whole)

    def parts(self) -> tuple[Recorded, ...]:
        return self.top, self.bottom


@dataclass(frozen=True, slots=True, eq=False)
class MinOrMax(Recorded):
    """The smallest or largest of several."""

    kind: dims.Kind
    members: tuple[Recorded, ...]
    value: Dim

    def parts(self) -> tuple[Recorded, ...]:
        return self.members


@dataclass(frozen=True, slots=True, eq=False)
class Root(Recorded):
    """A whole square root."""

    inside: Recorded
    value: Dim

    def parts(self) -> tuple[Recorded, ...]:
        return (self.inside,)


def recorded(size: Any) -> Recorded:
    """Return a plain size as a number of the rule, a recorded one as it is."""
    return size if isinstance(size, Recorded) else Constant(size)


def added(left: Recorded, right: Recorded, sign: int) -> Recorded:
    """Return left + sign · right in one sum."""
    return total(((1, left), (sign, right)))


def total(terms: Iterable[tuple[int, Recorded]]) -> Recorded:
    """Return the sum of terms with their signs, its plain numbers put together last."""
    value: Dim = 0
    constant: Dim = 0
    kept: list[tuple[int, Recorded]] = []
    for sign, whole in terms:
        value = value + sign * whole.value
        for own, term in _terms(whole):
            if _is_number(term):
                constant = constant + sign * own * term.value
            else:
                kept.append((sign * own, term))
    if isinstance(constant, int) and constant:
        kept.append((1 if constant > 0 else -1, Constant(abs(constant))))
    if not kept:
        return Constant(0)
    if len(kept) == 1 and kept[0][0] == 1:
        return kept[0][1]
    return Sum(tuple(kept), value)


def _terms(size: Recorded) -> Iterable[tuple[int, Recorded]]:
    return size.terms if isinstance(size, Sum) else ((1, size),)


def multiplied(left: Recorded, right: Recorded) -> Recorded:
    """Return left · right in one product, its plain numbers put together first."""
    factors = [*_factors(left), *_factors(right)]
    numbers = [f.value for f in factors if _is_number(f)]
    kept = [f for f in factors if not _is_number(f)]
    constant = prod(numbers)
    if constant == 0:
        return Constant(0)
    if constant != 1 or not kept:
        kept.insert(0, Constant(constant))
    return kept[0] if len(kept) == 1 else Product(tuple(kept), left.value * right.value)


def _is_number(size: Recorded) -> bool:
    return isinstance(size, Constant) and isinstance(size.value, int)


def _factors(size: Recorded) -> tuple[Recorded, ...]:
    is_open = isinstance(size, Product) and not size.closed
    return size.parts() if is_open else (size,)


def quotient(top: Recorded, bottom: Recorded) -> Recorded:
    """Return ⌊top / bottom⌋, or ⌈rest / bottom⌉ for a top of `rest + bottom - 1`."""
    if _is_number(bottom) and bottom.value == 1:
        return top
    value = top.value // bottom.value
    if top is bottom or (_is_number(top) and _is_number(bottom)):
        return Constant(value)
    signed = list(_terms(top))
    for place, (sign, term) in enumerate(signed):
        if term is bottom and sign == 1:
            rest = total([*signed[:place], *signed[place + 1 :], (1, Constant(1))])
            return Quotient(rest, bottom, True, value)
    return Quotient(top, bottom, False, value)


def extreme(kind: dims.Kind, members: Sequence[Recorded]) -> Recorded:
    """Return the smallest or largest of several."""
    choose = dims.least if kind == "min" else dims.largest
    return MinOrMax(kind, tuple(members), choose(*(m.value for m in members)))


def walk(size: Recorded) -> Iterator[Recorded]:
    """Yield a size and all that it was computed from."""
    yield size
    for part in size.parts():
        yield from walk(part)


def names(sizes: Iterable[Recorded]) -> list[Size]:
    """Return the named sizes that occur, each once, in order."""
    found = (s for size in sizes for s in walk(size) if isinstance(s, Size))
    return list(dict.fromkeys(found))
