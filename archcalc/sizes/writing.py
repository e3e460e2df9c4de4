"""How a polynomial is written: order, signs, what touches what, what is in brackets."""

from __future__ import annotations

from archcalc.sizes.marks import Notation
from archcalc.sizes.terms import Monomial, Number, Terms, order


def write(terms: Terms, notation: Notation, tight: bool = False) -> str:
    """Return a sum of terms as text; `tight` without blanks around the signs."""
    shown = _pulled_in(terms)
    parts = [
        (shown[m] < 0, _term(m, shown[m], notation)) for m in sorted(shown, key=order)
    ]
    return notation.join(parts or [(False, "0")], tight)


def write_floor(top: Terms, bottom: Terms, notation: Notation) -> str:
    """Return a quotient rounded down, its parts in brackets where they need them."""
    above, below = (write(part, notation, tight=True) for part in (top, bottom))
    if len(top) > 1:
        above = notation.bracket(above)
    if not (_is_number(bottom) or _is_atom(bottom)):
        below = notation.bracket(below)
    return notation.floor(above, below)


def _is_number(terms: Terms) -> bool:
    return set(terms) == {()}


def _is_atom(terms: Terms) -> bool:
    return [len(m) for m in terms] == [1] and set(terms.values()) == {1}


def _pulled_in(terms: Terms) -> Terms:
    """Return the terms with the constant moved into a floor that has one already.

    ⌊(H+1)/2⌋ − 1 is easier to read, and closer to the rule, as ⌊(H−1)/2⌋.
    """
    constant = terms.get((), 0)
    for monomial in sorted(terms, key=order) if constant else ():
        if len(monomial) == 1 and monomial[0][1] == terms[monomial] == 1:
            joined = monomial[0][0].joined(constant)
            if joined is not None:
                rest = {m: c for m, c in terms.items() if m and m != monomial}
                return {**rest, ((joined, 1),): 1}
    return terms


def _term(monomial: Monomial, number: Number, notation: Notation) -> str:
    """Return a term without its sign."""
    factors = []
    for atom, power in monomial:
        base = atom.write(notation)
        factors.append(notation.power(base, power) if power > 1 else base)
    count = abs(number.numerator)
    text = "" if factors and count == 1 else str(count)
    if factors:
        text = notation.product(text, factors, _touches(monomial))
    if number.denominator == 1:
        return text
    return notation.fraction(text, str(number.denominator))


def _touches(monomial: Monomial) -> bool:
    """Return whether a number may stand right before it: 27C, but 12·growth."""
    return len(monomial) == 1 and not monomial[0][0].is_word
