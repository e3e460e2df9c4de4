"""What stands in the terms of a polynomial: names, floors, minima and maxima.

Each is a whole number, because a name stands for a whole number of at least 1. So the
whole part of a quotient leaves its floor: `(2C + 3)/2` rounded down is `C + 1`, and
`⌊(H - 1)/2⌋ + 1` and `⌊(H + 1)/2⌋` are the same terms. Identities between *different*
floors (`⌊H/2⌋ + ⌊(H+1)/2⌋ = H`) are not looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm
from typing import Literal

from archcalc.errors import LimitError
from archcalc.records import dataclass, field, replace
from archcalc.sizes import terms as t
from archcalc.sizes.bounds import lower_bound
from archcalc.sizes.marks import PYTHON, Notation
from archcalc.sizes.terms import Atom, Monomial, Number, Terms
from archcalc.sizes.writing import write, write_floor

DEEPEST = 40
"""Floors inside one another."""
Kind = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A size that stays a name: any whole number of at least 1."""

    name: str
    lowest = 1
    depth = 0

    @property
    def key(self) -> tuple[int, str]:
        return 0, self.name

    @property
    def is_word(self) -> bool:
        return len(self.name) > 1

    def names(self) -> frozenset[str]:
        return frozenset((self.name,))

    def put(self, values: Mapping[str, Terms]) -> Terms:
        return values.get(self.name, {((self, 1),): 1})

    def between(self) -> tuple[Terms, Terms] | None:
        return None

    def joined(self, _constant: Number, /) -> Atom | None:
        return None

    def write(self, notation: Notation) -> str:
        return notation.name(self.name)


@dataclass(frozen=True, slots=True)
class Floor:
    """⌊top/bottom⌋ in lowest terms; made by `quotient` only."""

    top: Terms = field(compare=False)
    bottom: Terms = field(compare=False)
    key: tuple[int, str]
    lowest: Number | None = field(compare=False)
    depth: int = field(compare=False)
    is_word = False

    def names(self) -> frozenset[str]:
        return t.names_of(self.top) | t.names_of(self.bottom)

    def put(self, values: Mapping[str, Terms]) -> Terms:
        return quotient(put(self.top, values), put(self.bottom, values))

    def between(self) -> tuple[Terms, Terms] | None:
        divisor = t.constant_of(self.bottom)
        if divisor is None:
            return None
        high = t.scaled(self.top, Fraction(1, divisor))
        return t.plus(high, {(): Fraction(1 - divisor, divisor)}), high

    def joined(self, constant: Number, /) -> Atom | None:
        divisor = t.constant_of(self.bottom)
        if divisor is None or () not in self.top:
            return None
        return replace(self, top=t.plus(self.top, {(): constant * divisor}))

    def write(self, notation: Notation) -> str:
        return write_floor(self.top, self.bottom, notation)


@dataclass(frozen=True, slots=True)
class Extreme:
    """The smallest or largest of sums with whole coefficients; made by `extreme`."""

    kind: Kind = field(compare=False)
    members: tuple[Terms, ...] = field(compare=False)
    key: tuple[int, str]
    lowest: Number | None = field(compare=False)
    depth: int = field(compare=False)
    is_word = True

    def names(self) -> frozenset[str]:
        return frozenset().union(*(t.names_of(m) for m in self.members))

    def put(self, values: Mapping[str, Terms]) -> Terms:
        return extreme(self.kind, [put(m, values) for m in self.members])

    def between(self) -> tuple[Terms, Terms] | None:
        return None

    def joined(self, _constant: Number, /) -> Atom | None:
        return None

    def write(self, notation: Notation) -> str:
        return notation.call(self.kind, [write(m, notation) for m in self.members])


def put(terms: Terms, values: Mapping[str, Terms]) -> Terms:
    """Return the terms with other terms in place of names."""
    total: Terms = {}
    for monomial, number in terms.items():
        part: Terms = {(): number}
        for atom, power in monomial:
            part = t.multiplied(part, t.to_power(atom.put(values), power))
        total = t.plus(total, part)
    return total


def quotient(top: Terms, bottom: Terms) -> Terms:
    """Return ⌊top / bottom⌋, whole parts outside the floor.

    Raises ZeroDivisionError where the bottom is 0.
    """
    if not bottom:
        raise ZeroDivisionError(f"{write(top, PYTHON)} // 0")
    if not top:
        return {}
    top, bottom = t.cancelled(top, bottom, common_names(top, bottom))
    whole, rest = t.divided(top, bottom)
    divisor = t.constant_of(bottom)
    if divisor is not None:
        rest, divisor = t.thinned(rest, int(divisor))
        bottom = {(): divisor}
    return t.plus(whole, _floored(rest, bottom)) if rest else whole


def exact(top: Terms, bottom: Terms) -> Terms | None:
    """Return top / bottom where that is a polynomial, else None.

    Raises ZeroDivisionError where the bottom is 0.
    """
    if not bottom:
        raise ZeroDivisionError(f"{write(top, PYTHON)} / 0")
    if not top:
        return {}
    top, bottom = t.cancelled(top, bottom, common_names(top, bottom))
    divisor = t.constant_of(bottom)
    if divisor is not None:
        return t.scaled(top, Fraction(1, divisor))
    whole, rest = t.divided(top, bottom)
    return None if rest else whole


def common_names(*sums: Terms) -> Monomial:
    """Return the names, with powers, that divide every term (a name is not 0)."""
    monomials = [dict(m) for terms in sums for m in terms]
    shared = []
    for atom, power in monomials[0].items():
        least = min(power, *(m.get(atom, 0) for m in monomials))
        if least and isinstance(atom, Symbol):
            shared.append((atom, least))
    return tuple(shared)


def _floored(rest: Terms, bottom: Terms) -> Terms:
    """Return the floor of what has no whole part.

    ⌊(⌊a/b⌋ + n)/c⌋ = ⌊(a + n·b)/(b·c)⌋ for whole n and whole positive c.
    """
    for monomial in sorted(rest, key=t.order) if _plainly_positive(bottom) else ():
        match monomial:
            case ((Floor() as inner, 1),) if rest[monomial] == 1:
                others = {m: c for m, c in rest.items() if m != monomial}
                merged = t.plus(inner.top, t.multiplied(others, inner.bottom))
                return quotient(merged, t.multiplied(bottom, inner.bottom))
    name = f"{write(rest, PYTHON)} // {write(bottom, PYTHON)}"
    low, depth = _lowest_quotient(rest, bottom), _depth([rest, bottom])
    return t.of_atom(Floor(rest, bottom, (1, name), low, depth))


def _lowest_quotient(top: Terms, bottom: Terms) -> Number | None:
    low = lower_bound(top)
    divisor = t.constant_of(bottom)
    if low is not None and divisor is not None:
        return low // divisor
    known = low is not None and low >= 0 and _plainly_positive(bottom)
    return 0 if known else None


def _plainly_positive(terms: Terms) -> bool:
    """Return whether it is a sum of positive multiples of names and numbers."""
    return all(
        c > 0 and all(isinstance(a, Symbol) for a, _ in m) for m, c in terms.items()
    )


def _depth(parts: Iterable[Terms]) -> int:
    """Return how deep an atom over these parts is; raise LimitError if too deep."""
    depth = 1 + max((a.depth for p in parts for a in t.atoms_of(p)), default=0)
    if depth > DEEPEST:
        raise LimitError.of(
            "AC191",
            f"a formula has floors inside floors, more than {DEEPEST} deep",
            help="give some of the symbols numbers",
        )
    return depth


def extreme(kind: Kind, parts: Iterable[Terms]) -> Terms:
    """Return the smallest or largest of at least one sum.

    What another member is known to beat for all names >= 1 is dropped: `max(8, 8C)` is
    `8C`. Common factors stand before it: `min(2C, 4)` is `2·min(C, 2)`.
    """
    kept: list[Terms] = []
    for new in (m for part in parts for m in _members(part, kind)):
        if not any(_beats(old, new, kind) for old in kept):
            kept = [old for old in kept if not _beats(new, old, kind)] + [new]
    if len(kept) == 1:
        return kept[0]
    scale = lcm(*(t.scale(p) for p in kept))
    unit = Fraction(t.content(c * scale for p in kept for c in p.values()), scale)
    whole = (t.scaled(p, 1 / unit) for p in kept)
    texts = {write(p, PYTHON): p for p in whole}
    ordered = sorted(texts, key=lambda text: (text.lstrip("-").isdigit(), text))
    members = tuple(texts[text] for text in ordered)
    name = f"{kind}({', '.join(ordered)})"
    low, depth = _lowest_member(kind, members), _depth(members)
    atom = Extreme(kind, members, (2, name), low, depth)
    return t.scaled(t.of_atom(atom), unit)


def _lowest_member(kind: Kind, members: tuple[Terms, ...]) -> Number | None:
    known = [b for m in members if (b := lower_bound(m)) is not None]
    if kind == "max":
        return max(known, default=None)
    return min(known) if len(known) == len(members) else None


def _members(part: Terms, kind: Kind) -> tuple[Terms, ...]:
    """Return the members of a bare min in a min (or max in a max), else the part."""
    match list(part.items()):
        case [(((Extreme(kind=inner, members=members), 1),), 1)] if inner == kind:
            return members
    return (part,)


def _beats(one: Terms, other: Terms, kind: Kind) -> bool:
    smaller, larger = (one, other) if kind == "min" else (other, one)
    low = lower_bound(t.plus(larger, smaller, -1))
    return (low is not None and low >= 0) or _floors_in_order(smaller, larger)


def _floors_in_order(smaller: Terms, larger: Terms) -> bool:
    """Return whether both are floors over one number, and their tops are in order."""
    pairs = [_as_one_floor(part) for part in (smaller, larger)]
    match pairs:
        case ((low_top, low_bottom), (high_top, high_bottom)):
            low = lower_bound(t.plus(high_top, low_top, -1))
            return low_bottom == high_bottom and low is not None and low >= 0
    return False


def _as_one_floor(terms: Terms) -> tuple[Terms, Number] | None:
    """Return top and divisor of `⌊a/d⌋ + n`, the whole number n put into the top."""
    match [monomial for monomial in terms if monomial]:
        case [((Floor() as atom, 1),) as monomial] if terms[monomial] == 1:
            divisor, whole = t.constant_of(atom.bottom), terms.get((), 0)
            if divisor is not None and whole.denominator == 1:
                return t.plus(atom.top, t.of_number(whole * divisor)), divisor
    return None
