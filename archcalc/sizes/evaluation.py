"""The value of a polynomial at numbers, straight from its terms."""

from __future__ import annotations

from collections.abc import Mapping

from archcalc.sizes.atoms import Extreme, Floor, Symbol
from archcalc.sizes.polynomials import Dim, Poly, terms_of
from archcalc.sizes.terms import Atom, Monomial, Number, Terms

Values = Mapping[str, int]


def value_of(size: Dim, values: Values) -> int:
    """Return a size where every name has a number.

    >>> from archcalc.sizes.dims import symbol
    >>> value_of((symbol("H") - 1) // 2 + 1, {"H": 7})
    4
    """
    return size if not isinstance(size, Poly) else int(_sum(terms_of(size), values))


def monomial_value(monomial: Monomial, values: Values) -> int:
    """Return a product of powers of atoms."""
    total = 1
    for atom, power in monomial:
        total *= _atom(atom, values) ** power
    return total


def _sum(terms: Terms, values: Values) -> Number:
    return sum(c * monomial_value(m, values) for m, c in terms.items())


def _atom(atom: Atom, values: Values) -> int:
    if isinstance(atom, Symbol):
        return values[atom.name]
    if isinstance(atom, Floor):
        return int(_sum(atom.top, values) // _sum(atom.bottom, values))
    if isinstance(atom, Extreme):
        choose = min if atom.kind == "min" else max
        return int(choose(_sum(member, values) for member in atom.members))
    raise TypeError(f"{atom} has no value")
