"""The terms of a polynomial as a dict: monomial -> coefficient, and pure work on them.

A monomial is a tuple of (atom, power), atoms in the order of their keys, powers >= 1;
the empty tuple is the constant. No coefficient is 0, and a whole one is an int, so that
equal sums are equal dicts. Nothing changes terms once they are made. The atoms
themselves are in `atoms.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Protocol

from archcalc.errors import LimitError
from archcalc.limits import spend
from archcalc.sizes.marks import Notation

Number = int | Fraction
HIGHEST_POWER = 1_000
MOST_PRODUCTS = 200_000
"""Products of terms that one multiplication makes."""


class Atom(Protocol):
    """What a polynomial multiplies: a name, a floor, a minimum or a maximum.

    Always a whole number, once its names are.
    """

    @property
    def key(self) -> tuple[int, str]:
        """What identifies and orders the atom."""

    @property
    def lowest(self) -> Number | None:
        """A number that it is never below for names >= 1, if one was found."""

    @property
    def depth(self) -> int:
        """How many atoms are inside one another in it."""

    @property
    def is_word(self) -> bool:
        """Whether it begins with a word, which a number must not touch."""

    def names(self) -> frozenset[str]:
        """Return the names in it."""

    def put(self, values: Mapping[str, Terms]) -> Terms:
        """Return it with terms in place of names."""

    def between(self) -> tuple[Terms, Terms] | None:
        """Return sums not above and not below it, if it is a floor over a number."""

    def joined(self, constant: Number, /) -> Atom | None:
        """Return the atom plus a constant as one atom, for printing, or None."""

    def write(self, notation: Notation) -> str:
        """Return it as text."""


Monomial = tuple[tuple[Atom, int], ...]
Terms = dict[Monomial, Number]


def tidy(number: Number) -> Number:
    """Return an int where the number is whole."""
    return number.numerator if number.denominator == 1 else number


def tidied(terms: Terms) -> Terms:
    """Return terms without zeros, whole coefficients as int."""
    return {m: tidy(c) for m, c in terms.items() if c}


def of_number(number: Number) -> Terms:
    """Return the terms of a constant."""
    return {(): number} if number else {}


def of_atom(atom: Atom) -> Terms:
    """Return the terms of one atom."""
    return {((atom, 1),): 1}


def constant_of(terms: Terms) -> Number | None:
    """Return the number where the terms are constant, else None."""
    if not terms:
        return 0
    return terms.get(()) if len(terms) == 1 else None


def atoms_of(terms: Terms) -> frozenset[Atom]:
    """Return the atoms of the terms, not those inside floors."""
    return frozenset(atom for monomial in terms for atom, _ in monomial)


def names_of(terms: Terms) -> frozenset[str]:
    """Return the names that the terms depend on."""
    return frozenset().union(*(atom.names() for atom in atoms_of(terms)))


def order(monomial: Monomial) -> tuple[int, tuple[tuple[tuple[int, str], int], ...]]:
    """Return the sort key: higher degree first, then by name (graded lexicographic)."""
    degree = sum(power for _, power in monomial)
    return -degree, tuple((atom.key, -power) for atom, power in monomial)


def times(left: Monomial, right: Monomial) -> Monomial:
    """Return the product of two monomials."""
    if not left:
        return right
    if not right:
        return left
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
        if powers[atom] > HIGHEST_POWER:
            raise LimitError.of("AC191", f"a power is above {HIGHEST_POWER:,}")
    return tuple(sorted(powers.items(), key=lambda item: item[0].key))


def over(left: Monomial, right: Monomial) -> Monomial | None:
    """Return left / right, or None where right does not divide left."""
    powers = dict(left)
    for atom, power in right:
        rest = powers.get(atom, 0) - power
        if rest < 0:
            return None
        powers[atom] = rest
    return tuple((atom, power) for atom, power in powers.items() if power)


def plus(left: Terms, right: Terms, factor: Number = 1) -> Terms:
    """Return left + factor · right."""
    spend(len(left) + len(right))
    total = dict(left)
    for monomial, coefficient in right.items():
        total[monomial] = total.get(monomial, 0) + factor * coefficient
    return tidied(total)


def multiplied(left: Terms, right: Terms) -> Terms:
    """Return left · right; raise LimitError where that is too many terms."""
    if len(left) * len(right) > MOST_PRODUCTS:
        raise LimitError.of(
            "AC191",
            "a formula has too many terms",
            facts=[f"{len(left):,} terms times {len(right):,} terms"],
            help="give some of the symbols numbers",
        )
    spend(len(left) * len(right))
    total: Terms = {}
    for one, number in left.items():
        for other, coefficient in right.items():
            monomial = times(one, other)
            total[monomial] = total.get(monomial, 0) + number * coefficient
    return tidied(total)


def scaled(terms: Terms, factor: Number) -> Terms:
    """Return factor · terms."""
    return tidied({m: c * factor for m, c in terms.items()})


def to_power(terms: Terms, exponent: int) -> Terms:
    """Return terms raised to a whole exponent >= 0."""
    result: Terms = {(): 1}
    for _ in range(exponent):
        result = multiplied(result, terms)
    return result


def scale(terms: Terms) -> int:
    """Return the smallest positive whole number that makes every coefficient whole."""
    return lcm(*(c.denominator for c in terms.values()))


def content(coefficients: Iterable[Number]) -> int:
    """Return the greatest common divisor of whole coefficients; 0 for none."""
    return gcd(*(int(c) for c in coefficients))


def cancelled(top: Terms, bottom: Terms, common: Monomial) -> tuple[Terms, Terms]:
    """Return top / bottom in whole coefficients without a common factor.

    `common` divides every monomial of both. The leading coefficient of the bottom
    comes out positive.
    """
    factor = Fraction(lcm(scale(top), scale(bottom)))
    wholes = [c * factor for terms in (top, bottom) for c in terms.values()]
    lead = bottom[min(bottom, key=order)]
    factor /= content(wholes) * (1 if lead > 0 else -1)

    def reduced(terms: Terms) -> Terms:
        pairs = ((over(m, common), c) for m, c in terms.items())
        return {m: tidy(c * factor) for m, c in pairs if m is not None}

    return reduced(top), reduced(bottom)


def divided(top: Terms, bottom: Terms) -> tuple[Terms, Terms]:
    """Return (whole, rest) with top = whole · bottom + rest.

    `whole` has whole coefficients, and no term of `rest` has a whole multiple of the
    bottom's leading term in it, so equal remainders are written equally.
    """
    lead = min(bottom, key=order)
    whole: Terms = {}
    rest: Terms = {}
    left = dict(top)
    while left:
        monomial = min(left, key=order)
        coefficient = left.pop(monomial)
        shift = over(monomial, lead)
        count = coefficient // bottom[lead] if shift is not None else 0
        if shift is not None and count:
            whole[shift] = count
            taken = multiplied({shift: count}, bottom)
            del taken[monomial]
            left = plus(left, taken, -1)
        remainder = coefficient - count * bottom[lead]
        if remainder:
            rest[monomial] = remainder
    return whole, rest


def thinned(rest: Terms, divisor: int) -> tuple[Terms, int]:
    """Return ⌊rest/divisor⌋ with smaller numbers: ⌊(2C+1)/4⌋ is ⌊C/2⌋."""
    shared = gcd(divisor, content(c for m, c in rest.items() if m))
    return {m: c // shared for m, c in rest.items() if c // shared}, divisor // shared
