"""What a polynomial is never below, when every name is a whole number of at least 1."""

from __future__ import annotations

from archcalc.sizes.terms import (
    Atom,
    Number,
    Terms,
    multiplied,
    of_atom,
    plus,
    to_power,
)


def lower_bound(terms: Terms) -> Number | None:
    """Return a number that the sum is never below; None where none was *found*.

    First each atom is written as its lowest value plus something not negative. Where
    terms stay negative, floors lose their rounding: first those taken away, then all.
    """
    bound = _shifted_bound(terms)
    if bound is not None:
        return bound
    for signs in ((-1,), (-1, 1)):
        tried, relaxed = terms, _relaxed(terms, signs)
        while relaxed != tried:
            bound = _shifted_bound(relaxed)
            if bound is not None:
                return bound
            tried, relaxed = relaxed, _relaxed(relaxed, signs)
    return None


def _shifted_bound(terms: Terms) -> Number | None:
    total: Terms = {}
    for monomial, number in terms.items():
        part: Terms = {(): number}
        for atom, power in monomial:
            if atom.lowest is None:
                return None
            shifted = plus(of_atom(atom), {(): atom.lowest})
            part = multiplied(part, to_power(shifted, power))
        total = plus(total, part)
    negative = any(c < 0 for m, c in total.items() if m)
    return None if negative else total.get((), 0)


def _relaxed(terms: Terms, signs: tuple[int, ...]) -> Terms:
    """Return a sum that is no larger: -⌊n/d⌋ becomes -n/d, ⌊n/d⌋ (n - d + 1)/d.

    Only one floor of a term, and only beside factors that are never negative.
    """
    total: Terms = {}
    for monomial, number in terms.items():
        sign = 1 if number > 0 else -1
        loose = sign in signs and all(_never_negative(a) for a, _ in monomial)
        part: Terms = {(): number}
        for atom, power in monomial:
            limits = atom.between() if loose and power == 1 else None
            factor = limits[sign < 0] if limits else of_atom(atom)
            loose = loose and limits is None
            part = multiplied(part, to_power(factor, power))
        total = plus(total, part)
    return total


def _never_negative(atom: Atom) -> bool:
    return atom.lowest is not None and atom.lowest >= 0
