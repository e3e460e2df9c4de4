"""Two sizes that stayed formulas: their quotient, and where one is the larger.

A name stands for a whole number of at least 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import pairwise

from archcalc.sizes import terms as t
from archcalc.sizes.atoms import Symbol, common_names
from archcalc.sizes.bounds import lower_bound
from archcalc.sizes.marks import UNICODE
from archcalc.sizes.polynomials import Dim, Poly, collect, ratio, terms_of
from archcalc.sizes.terms import Terms
from archcalc.sizes.writing import write

FURTHEST = 512
"""With floors in it, a difference is tried for numbers up to this."""
MOST_TERMS = 6
"""A quotient of longer sums is not written out."""


def quotient_text(top: Dim, bottom: Dim) -> str | None:
    """Return `49/27 = 1.81`, `1/N + 1/k²`, `(C + 9)/(9C)`; None where it divides by 0.

    What both share is cancelled; a quotient of long sums is not written out.
    """
    below = terms_of(bottom)
    if not below:
        return None
    exact = ratio(top, bottom)
    if isinstance(exact, Poly):
        return str(exact)
    if exact is not None:
        return constant_text(Fraction(exact))
    above, below = t.cancelled(terms_of(top), below, common_names(terms_of(top), below))
    if len(above) > MOST_TERMS or len(below) > MOST_TERMS:
        return None
    if len(below) == 1:
        named = sorted(above, key=t.order)
        parts = [fraction_text({m: above[m]}, below) for m in named]
        return " + ".join(parts).replace("+ −", "− ")
    return fraction_text(above, below)


def constant_text(value: Fraction) -> str:
    """Return `49/27 = 1.81`, or the whole number."""
    if value.denominator == 1:
        return str(value)
    return f"{value} = {float(value):.3g}"


def fraction_text(above: Terms, below: Terms) -> str:
    """Return a quotient of sums in lowest terms."""
    above, below = t.cancelled(above, below, common_names(above, below))
    top, bottom = write(above, UNICODE), write(below, UNICODE)
    if bottom == "1":
        return top
    top = f"({top})" if len(above) > 1 else top
    plain = t.constant_of(below) is not None or len(bottom) == 1
    power = [len(m) for m in below] == [1] and list(below.values()) == [1]
    return f"{top}/{bottom}" if plain or power else f"{top}/({bottom})"


def where_more(first: Dim, second: Dim) -> str:
    """Return where the first of two figures is larger: `always`, `C ≥ 2`, `never`."""
    terms = terms_of(first - second)
    if not terms:
        return "never: always equal"
    terms, _ = t.cancelled(terms, {(): 1}, ())
    common = common_names(terms)
    terms = {t.over(monomial, common) or (): c for monomial, c in terms.items()}
    for sign, word in ((1, "always"), (-1, "never")):
        low = lower_bound(t.scaled(terms, sign))
        if low is not None and low >= 1:
            return word
    symbols = sorted(t.names_of(terms))
    if len(symbols) == 1:
        return one_symbol_text(terms, symbols[0])
    return several_symbols_text(terms, symbols)


def one_symbol_text(terms: Terms, symbol: str) -> str:
    """Return the ranges of one name in which a sum is positive, and where it is 0."""
    sign, changes, limit = sign_changes(terms, symbol)
    starts = [1, *(start for start, _ in changes)]
    ends = [*(start - 1 for start in starts[1:]), None]
    signs = [sign, *(after for _, after in changes)]
    ranges: dict[int, list[str]] = {1: [], 0: [], -1: []}
    for low, high, found in zip(starts, ends, signs, strict=True):
        ranges[found].append(range_text(symbol, low, high))
    more = ", ".join(ranges[1]) or "never"
    equal = f" (equal: {', '.join(ranges[0])})" if ranges[0] else ""
    return f"{more}{equal}{limit}"


def range_text(symbol: str, low: int, high: int | None) -> str:
    """Return a range of whole numbers from 1: `C ≤ 6`, `C = 7`, `C ≥ 8`."""
    if high is None:
        return "always" if low == 1 else f"{symbol} ≥ {low:,}"
    if low == high:
        return f"{symbol} = {low:,}"
    return f"{symbol} ≤ {high:,}" if low == 1 else f"{low:,} ≤ {symbol} ≤ {high:,}"


def sign_changes(terms: Terms, symbol: str) -> tuple[int, list[tuple[int, int]], str]:
    """Return the sign at 1, each later start of another sign, and a limit in words.

    Exact for a polynomial; with floors the first whole numbers are tried one by one.
    """
    if all(isinstance(atom, Symbol) for atom in t.atoms_of(terms)):
        coefficients = {sum(p for _, p in m): Fraction(c) for m, c in terms.items()}

        def value(x: int) -> Fraction:
            return sum((c * x**p for p, c in coefficients.items()), Fraction(0))

        found = monotone_changes(value, max(coefficients), largest_root(coefficients))
        return _sign(value(1)), found, ""
    poly = collect(terms)

    def tried(x: int) -> Fraction:
        at = poly.at(**{symbol: x}) if isinstance(poly, Poly) else poly
        return Fraction(at) if isinstance(at, int) else Fraction(0)

    signs = [_sign(tried(x)) for x in range(1, FURTHEST + 1)]
    steps = enumerate(pairwise(signs), 2)
    found = [(x, after) for x, (before, after) in steps if before != after]
    return signs[0], found, f" (tried to {FURTHEST})"


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def largest_root(coefficients: Mapping[int, Fraction]) -> int:
    """Return a whole number above every root (Cauchy's bound)."""
    lead = coefficients[max(coefficients)]
    return 2 + int(max(abs(c / lead) for c in coefficients.values()))


def monotone_changes(
    value: Callable[[int], Fraction], degree: int, end: int
) -> list[tuple[int, int]]:
    """Return where the sign of a polynomial on 1, 2, …, end changes, and to what.

    Between the sign changes of its steps it only rises or only falls, so that each
    change is found by halving; the steps are a polynomial of one degree less.
    """
    if degree == 0:
        return []

    def step(x: int) -> Fraction:
        return value(x + 1) - value(x)

    turns = [x for x, _ in monotone_changes(step, degree - 1, end)]
    bounds = sorted({1, *turns, *(x + 1 for x in turns if x < end), end})
    found = []
    for low, high in pairwise(bounds):
        found += _halved(value, low, high)
    return found


def _halved(
    value: Callable[[int], Fraction], low: int, high: int
) -> list[tuple[int, int]]:
    """Return the changes of sign after `low` up to `high` where it is monotone."""
    before, after = _sign(value(low)), _sign(value(high))
    if before == after:
        return []
    if high - low == 1:
        return [(high, after)]
    middle = (low + high) // 2
    return [*_halved(value, low, middle), *_halved(value, middle, high)]


def several_symbols_text(terms: Terms, symbols: list[str]) -> str:
    """Return the border, solved for a name that stands alone in it."""
    for name in reversed(symbols):
        split = linear_in(terms, name)
        if split is None:
            continue
        slope, rest = split
        border = quotient_text(collect(t.scaled(rest, -1)), collect(slope))
        low = lower_bound(slope)
        if border is None:
            continue
        if low is not None and low >= 0:
            return f"{name} > {border}"
        return f"equal at {name} = {border}"
    return f"depends on {', '.join(symbols)}"


def linear_in(terms: Terms, name: str) -> tuple[Terms, Terms] | None:
    """Return a and b of `a·name + b`, or None where the name stands otherwise."""
    symbol = Symbol(name)
    slope: Terms = {}
    rest: Terms = {}
    for monomial, number in terms.items():
        powers = dict(monomial)
        if any(name in atom.names() for atom in powers if atom != symbol):
            return None
        power = powers.get(symbol, 0)
        if power > 1:
            return None
        if power:
            slope[tuple(item for item in monomial if item[0] != symbol)] = number
        else:
            rest[monomial] = number
    return (slope, rest) if slope and rest else None
