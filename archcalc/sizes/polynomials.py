"""Polynomials over named sizes, with floors, minima and maxima as atoms.

A `Poly` is never constant: a result that is constant is a number. Coefficients are
exact (int, or Fraction where not whole). Polynomials that are equal as polynomials in
their atoms are equal as objects; `atoms.py` says what is simplified.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from functools import lru_cache

from archcalc.errors import UsageError
from archcalc.sizes import atoms, bounds
from archcalc.sizes import terms as t
from archcalc.sizes.atoms import Kind, Symbol
from archcalc.sizes.marks import LATEX, MARKDOWN, PYTHON, UNICODE
from archcalc.sizes.terms import Number, Terms
from archcalc.sizes.writing import write


class Poly:
    """An immutable polynomial; `collect` makes it, arithmetic uses it.

    It has no order and no truth value, so that a rule which forgets to ask a question
    of `dims.py` fails loudly. `==` is equality of what is written.
    """

    __slots__ = ("_hash", "_terms")

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._hash: int | None = None

    def terms(self) -> Terms:
        """Return a copy of the terms."""
        return dict(self._terms)

    def __add__(self, other: Value) -> Dim:
        if not isinstance(other, VALUES):
            return NotImplemented
        return collect(t.plus(self._terms, terms_of(other)))

    __radd__ = __add__

    def __sub__(self, other: Value) -> Dim:
        if not isinstance(other, VALUES):
            return NotImplemented
        return collect(t.plus(self._terms, terms_of(other), -1))

    def __rsub__(self, other: Number) -> Dim:
        return -self + other

    def __neg__(self) -> Poly:
        return Poly({m: -c for m, c in self._terms.items()})

    def __pos__(self) -> Poly:
        return self

    def __mul__(self, other: Value) -> Dim:
        if not isinstance(other, VALUES):
            return NotImplemented
        return collect(t.multiplied(self._terms, terms_of(other)))

    __rmul__ = __mul__

    def __floordiv__(self, other: Value) -> Dim:
        return quotient(self, other) if isinstance(other, VALUES) else NotImplemented

    def __rfloordiv__(self, other: Number) -> Dim:
        return quotient(other, self)

    def __pow__(self, exponent: int) -> Dim:
        if not isinstance(exponent, int) or exponent < 0:
            return NotImplemented
        return collect(t.to_power(self._terms, exponent))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VALUES):
            return NotImplemented
        if isinstance(other, Poly) and self._terms == other._terms:
            return True
        told_apart = _watching.get()
        if told_apart is not None:
            told_apart.append((self, other))
        return False

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._terms.items()))
        return self._hash

    def __bool__(self) -> bool:
        raise TypeError(f"whether {self} is zero is a question for archcalc.sizes.dims")

    def __reduce__(self) -> tuple[type[Poly], tuple[Terms]]:
        return Poly, (self._terms,)  # a hash of strings differs between processes

    @property
    def symbols(self) -> frozenset[str]:
        """Return the names that it depends on."""
        return t.names_of(self._terms)

    def degree(self, name: str | None = None) -> int:
        """Return the highest power of a name, or of all atoms together."""
        return max(
            sum(p for a, p in m if name is None or a == Symbol(name))
            for m in self._terms
        )

    def coefficients(self, name: str) -> dict[int, Dim]:
        """Return {power of the name: coefficient}, highest power first.

        Raises UsageError (AC590) where the name stands inside a floor, min or max.
        """
        symbol = Symbol(name)
        found: dict[int, Terms] = {}
        for monomial, number in self._terms.items():
            if any(name in a.names() for a, _ in monomial if a != symbol):
                raise UsageError.of("AC590", f"{self} is not a polynomial in {name}")
            rest = tuple(item for item in monomial if item[0] != symbol)
            found.setdefault(dict(monomial).get(symbol, 0), {})[rest] = number
        return {power: collect(found[power]) for power in sorted(found, reverse=True)}

    def at(self, **values: Value) -> Dim:
        """Return it with numbers (or other polynomials) in place of names.

        >>> (symbol("C") * symbol("C") * 27).at(C=64)
        110592

        A name stands for a whole number of at least 1. A positive Fraction may replace
        a name that stands in no floor, min or max (a width of 1/2). Names that do not
        occur are left aside. Raises UsageError (AC590) for any other value, or where
        the result is not whole.
        """
        self._check(values)
        put = {name: terms_of(value) for name, value in values.items()}
        terms = atoms.put(self._terms, put)
        constant = t.constant_of(terms)
        if isinstance(constant, Fraction):
            raise UsageError.of("AC590", f"{self} = {constant} is not a whole number")
        return collect(terms)

    def _check(self, values: Mapping[str, object]) -> None:
        floors = (a for a in t.atoms_of(self._terms) if not isinstance(a, Symbol))
        inside = frozenset[str]().union(*(atom.names() for atom in floors))
        for name, value in values.items():
            whole = isinstance(value, Poly | int) or name not in inside
            if isinstance(value, bool) or not isinstance(value, VALUES) or not whole:
                raise UsageError.of("AC590", f"{name} = {value} is not a whole number")
            if not isinstance(value, Poly) and value <= 0:
                raise UsageError.of("AC590", f"{name} = {value}: a size is at least 1")

    def __str__(self) -> str:
        return write(self._terms, UNICODE)

    def __repr__(self) -> str:
        return f"Poly({self.python()})"

    def latex(self) -> str:
        """Return it in LaTeX for math mode: `27C^{2}`."""
        return write(self._terms, LATEX)

    def markdown(self) -> str:
        """Return it in Markdown without LaTeX: `27·C²`."""
        return write(self._terms, MARKDOWN)

    def python(self) -> str:
        """Return Python that computes it: `27*C**2`."""
        return write(self._terms, PYTHON)


Dim = int | Poly
Value = int | Fraction | Poly
VALUES = (Poly, int, Fraction)
Pairs = list[tuple[Value, Value]]
_watching: ContextVar[Pairs | None] = ContextVar("told apart", default=None)


@contextmanager
def telling_apart() -> Iterator[Pairs]:
    """Collect, inside the block, the values that were found unequal by how they read.

    What was computed holds for all numbers only where `always_apart` says so of each.
    """
    pairs: Pairs = []
    token = _watching.set(pairs)
    try:
        yield pairs
    finally:
        _watching.reset(token)


def tells_apart(size: Value, other: Value) -> None:
    """Say that a rule gives a name another answer than this number would have."""
    told_apart = _watching.get()
    if told_apart is not None and isinstance(size, Poly):
        told_apart.append((size, other))


def always_apart(left: Value, right: Value) -> bool:
    """Say whether two values differ for all whole numbers of at least 1."""
    difference = left - right
    bounds = map(lower_bound, (difference, -difference))
    return any(bound is not None and bound > 0 for bound in bounds)


def symbol(name: str) -> Poly:
    """Return a size that stays a name.

    Raises UsageError (AC590) for what is not an ASCII identifier.
    """
    if not (name.isascii() and name.isidentifier()):
        raise UsageError.of("AC590", f"{name!r} cannot name a size")
    return Poly(t.of_atom(Symbol(name)))


def terms_of(value: Value) -> Terms:
    """Return the terms of a number or polynomial."""
    return value._terms if isinstance(value, Poly) else t.of_number(value)


def collect(terms: Terms) -> Dim:
    """Return the polynomial of these terms, or the number where they are constant.

    The number is a Fraction only where a coefficient is one, which happens inside
    expressions and never in sizes; hence the type.
    """
    constant = t.constant_of(terms)
    if constant is None:
        return Poly(terms)
    return constant  # type: ignore[return-value]  # see the docstring


def quotient(top: Value, bottom: Value) -> Dim:
    """Return ⌊top / bottom⌋; raise ZeroDivisionError for a bottom of 0."""
    if isinstance(top, Poly) or isinstance(bottom, Poly):
        return collect(atoms.quotient(terms_of(top), terms_of(bottom)))
    return int(top // bottom)


def ratio(top: Value, bottom: Value) -> Value | None:
    """Return top / bottom, or None where that is no polynomial (C / g).

    Raises ZeroDivisionError for a bottom of 0.
    """
    if isinstance(top, Poly) or isinstance(bottom, Poly):
        terms = atoms.exact(terms_of(top), terms_of(bottom))
        return None if terms is None else collect(terms)
    return t.tidy(Fraction(top) / bottom)


def extreme(kind: Kind, values: Iterable[Value]) -> Value:
    """Return the smallest or largest of at least one value."""
    found = list(values)
    if any(isinstance(v, Poly) for v in found):
        return collect(atoms.extreme(kind, [terms_of(v) for v in found]))
    numbers = [v for v in found if not isinstance(v, Poly)]
    return min(numbers) if kind == "min" else max(numbers)


def lower_bound(value: Value) -> Number | None:
    """Return a number that it is never below for names >= 1, if one is found."""
    return _lower_bound(value) if isinstance(value, Poly) else value


@lru_cache(maxsize=4096)
def _lower_bound(value: Poly) -> Number | None:
    return bounds.lower_bound(value._terms)
