"""Sizes: whole numbers, or polynomials over names; and the questions rules ask of them.

`Dim = int | Poly`. Whatever is constant *is* an int, so ordinary runs never meet the
class. Rules use `+ - * //` and these questions, never `==`, `<` or `%` on a size:

    same(a, b)  divides(d, n)  positive(n)  at_least(a, b)

A question about numbers has a plain answer. About names it is answered where the answer
holds for all whole numbers of at least 1; where names leave it open, the answer is True
and what it takes is written down for the nearest `with assuming() as collected:` (and
an error, AC290, where there is none). Ask only what must hold: to choose between two
sizes use `least` and `largest`, which stay exact.

Rules may also run on *recorded* sizes (numbers that remember how they were computed).
Such an object has a method `__dim__()`, which returns its plain value as a `Dim` for
the questions to use, and `__extreme__(kind, sizes)` and `__square_root__()`, which
record what `least`, `largest` and `square_root` choose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from math import gcd, isqrt, prod
from typing import Any, overload

from archcalc.errors import ShapeError
from archcalc.sizes import terms as t
from archcalc.sizes.atoms import Kind
from archcalc.sizes.polynomials import (
    Dim,
    Poly,
    Value,
    collect,
    extreme,
    lower_bound,
    ratio,
    symbol,
    terms_of,
)

__all__ = [
    "Assumptions",
    "Dim",
    "Kind",
    "Poly",
    "Value",
    "assuming",
    "at_least",
    "ceil_div",
    "divides",
    "largest",
    "least",
    "positive",
    "product",
    "ratio",
    "same",
    "square_root",
    "symbol",
    "total",
]


class Assumptions(Sequence[str]):
    """What was taken to hold, in order, each once: `assumes 4 divides C`.

    Of several lower bounds of one size only the highest is kept.
    """

    def __init__(self) -> None:
        self._bounds: dict[str, int | None] = {}

    def add(self, claim: str, bound: int | None = None) -> None:
        """Write down a claim; with a bound, `claim` is what goes before it."""
        known = self._bounds.get(claim)
        if known is not None and bound is not None:
            bound = max(known, bound)
        self._bounds[claim] = bound

    def __iter__(self) -> Iterator[str]:
        return (_text(claim, bound) for claim, bound in self._bounds.items())

    def __len__(self) -> int:
        return len(self._bounds)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return list(self)[index]


def _text(claim: str, bound: int | None) -> str:
    return f"assumes {claim}" if bound is None else f"assumes {claim} {bound}"


_collector: ContextVar[Assumptions | None] = ContextVar("assumptions", default=None)


@contextmanager
def assuming() -> Iterator[Assumptions]:
    """Collect, inside the block, what undecided questions take to hold.

    >>> with assuming() as collected:
    ...     divides(4, symbol("C"))
    True
    >>> list(collected)
    ['assumes 4 divides C']

    A block inside another collects for itself alone.
    """
    collected = Assumptions()
    token = _collector.set(collected)
    try:
        yield collected
    finally:
        _collector.reset(token)


def _assume(claim: str, bound: int | None = None) -> bool:
    """Return True after writing the claim down; raise ShapeError AC290 if nowhere."""
    collected = _collector.get()
    if collected is None:
        shown = claim if bound is None else f"{claim} {bound}"
        raise ShapeError.of(
            "AC290",
            f"cannot be decided while sizes are symbols: whether {shown}",
            help="give the symbols numbers, or collect with "
            "`archcalc.sizes.dims.assuming()`",
        )
    collected.add(claim, bound)
    return True


def _plain(size: Any) -> Value:
    """Return a number or polynomial as it is, a recorded size's plain value."""
    if isinstance(size, int | Poly):
        return size
    recorded = getattr(size, "__dim__", None)
    plain: Value = size if recorded is None else recorded()
    return plain


def same(a: Dim, b: Dim) -> bool:
    """Return whether two sizes are equal; `assumes C = D` where names leave it open."""
    if type(a) is int and type(b) is int:
        return a == b
    difference = _plain(a) - _plain(b)
    if not isinstance(difference, Poly):
        return difference == 0
    if _always(difference, 1) or _always(-difference, 1) or _never_whole(difference):
        return False
    terms = t.scaled(terms_of(difference), t.scale(terms_of(difference)))
    left, right = _balanced(t.scaled(terms, Fraction(1, t.content(terms.values()))))
    return _assume(f"{left} = {right}")


def divides(d: Dim, n: Dim) -> bool:
    """Return whether `d` divides `n`; `assumes 4 divides C` where names leave it open.

    0 divides 0 only.
    """
    if type(d) is int and type(n) is int:
        return n % d == 0 if d else n == 0
    divisor, number = _plain(d), _plain(n)
    if not isinstance(divisor, Poly):
        return _number_divides(int(divisor), number)
    rest = number - number // divisor * divisor
    if not isinstance(rest, Poly) and rest == 0:
        return True
    return _assume(f"{divisor} divides {number}")


def _number_divides(divisor: int, number: Value) -> bool:
    """Decide whether a number divides a value; 4 divides 6C where 2 divides C."""
    if not divisor:
        return same(number, 0)  # type: ignore[arg-type]  # whole, see divides
    terms = {m: c % divisor for m, c in terms_of(number).items() if c % divisor}
    named = t.content(c for m, c in terms.items() if m)
    constant = int(terms.get((), 0))
    shared = gcd(divisor, named)
    if not named or constant % shared:
        return not terms
    divisor //= shared
    terms = {m: c // shared for m, c in terms.items()}
    if not constant:
        coprime = named // shared
        terms = {m: c // coprime for m, c in terms.items()}
    return _assume(f"{divisor} divides {collect(terms)}")


def positive(n: Dim) -> bool:
    """Return whether a size is above 0; `assumes H ≥ 3` where names leave it open."""
    return n > 0 if type(n) is int else at_least(n, 1)


def at_least(a: Dim, b: Dim) -> bool:
    """Return whether `a ≥ b`; `assumes H ≥ 3` where names leave it open."""
    if type(a) is int and type(b) is int:
        return a >= b
    difference = _plain(a) - _plain(b)
    if not isinstance(difference, Poly):
        return difference >= 0
    if _always(difference, 0):
        return True
    if _always(-difference, 1):
        return False
    return _assume_not_negative(_without_floor(difference))


def _always(difference: Poly, least: int) -> bool:
    low = lower_bound(difference)
    return low is not None and low >= least


def _never_whole(difference: Poly) -> bool:
    """Return whether no whole numbers make it 0, as in 2C + 1."""
    terms = t.scaled(terms_of(difference), t.scale(terms_of(difference)))
    return int(terms.get((), 0)) % t.content(c for m, c in terms.items() if m) != 0


def _without_floor(difference: Poly) -> Poly:
    """Return n/d - k in place of ⌊n/d⌋ - k: neither is negative unless both are."""
    terms = terms_of(difference)
    named = [m for m in terms if m]
    if len(named) == 1 and len(named[0]) == 1 and terms[named[0]] > 0:
        atom, power = named[0][0]
        limits = atom.between()
        if power == 1 and limits is not None:
            need = -(terms.get((), 0) // terms[named[0]])
            inner = collect(t.plus(limits[1], t.of_number(need), -1))
            return _without_floor(inner) if isinstance(inner, Poly) else difference
    return difference


def _assume_not_negative(difference: Poly) -> bool:
    """Assume that it is at least 0, in lowest terms."""
    terms = t.scaled(terms_of(difference), t.scale(terms_of(difference)))
    shared = t.content(c for m, c in terms.items() if m)
    terms = {m: c // shared for m, c in terms.items() if c // shared}
    left, right = _balanced(terms)
    if isinstance(left, Poly) and isinstance(right, int):
        if any(c > 0 for m, c in terms.items() if m):
            return _assume(f"{left} ≥", right)
        return _assume(f"{left} ≤ {right}")
    return _assume(f"{left} ≥ {right}")


def _balanced(terms: t.Terms) -> tuple[Dim, Dim]:
    """Return (left, right): added names on the left, all else on the right."""
    if not any(c > 0 for m, c in terms.items() if m):
        terms = t.scaled(terms, -1)
    left = {m: c for m, c in terms.items() if c > 0 and m}
    return collect(left), collect(t.plus(left, terms, -1))


def product(sizes: Iterable[Dim]) -> Dim:
    """Return the product of sizes; 1 for none."""
    left = iter(sizes)
    first = next(left, 1)
    return prod(left, start=first)


def total(sizes: Iterable[Dim]) -> Dim:
    """Return the sum of sizes; 0 for none.

    Halves are added up apart: names and recorded sizes copy what they add to.
    """
    found = list(sizes) or [0]
    while len(found) > 1:
        last = found[-1:] if len(found) % 2 else []
        pairs = zip(found[::2], found[1::2], strict=False)
        found = [a + b for a, b in pairs] + last
    return found[0]


def ceil_div(a: Dim, b: Dim) -> Dim:
    """Return ⌈a/b⌉ for whole `a` and positive whole `b`: ⌊(a + b − 1)/b⌋."""
    return (a + b - 1) // b


def least(*sizes: Dim) -> Dim:
    """Return the smallest of sizes, `min(C, 64)` where names leave it open."""
    if all(type(s) is int for s in sizes):
        return min(sizes)  # type: ignore[type-var]  # whole numbers, just checked
    return _extreme("min", sizes)


def largest(*sizes: Dim) -> Dim:
    """Return the largest of sizes, `max(C, 64)` where names leave it open."""
    if all(type(s) is int for s in sizes):
        return max(sizes)  # type: ignore[type-var]  # whole numbers, just checked
    return _extreme("max", sizes)


def _extreme(kind: Kind, sizes: Sequence[Any]) -> Dim:
    """Choose among sizes that are not all whole numbers; a recorded one records it."""
    for size in sizes:
        choose = getattr(size, "__extreme__", None)
        if choose is not None:
            chosen: Dim = choose(kind, sizes)
            return chosen
    return extreme(kind, map(_plain, sizes))  # type: ignore[return-value]  # whole


def square_root(n: Dim) -> Dim | None:
    """Return √n where it is a whole number; None where not, or where n is a name."""
    if isinstance(n, int):
        root = isqrt(n)
        return root if root * root == n else None
    recorded = getattr(n, "__square_root__", None)
    found: Dim | None = None if recorded is None else recorded()
    return found
