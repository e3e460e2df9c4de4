"""A recorded size as text: its symbols or its numbers, in several scripts.

Both readings walk the same tree (`sizes.recorded`), so that one line shows the rule and
the next what was put in: `⌊(H + 2p − k)/s + 1⌋`, `(227 + 2·0 − 11)/4 + 1`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from archcalc.figures.formulas.scripts import (
    ATOM,
    FACTOR,
    PYTHON,
    SUM,
    TERM,
    Script,
    Text,
    bracketed,
)
from archcalc.sizes.dims import Dim, Poly
from archcalc.sizes.recorded import (
    Constant,
    MinOrMax,
    Product,
    Quotient,
    Recorded,
    Root,
    Size,
    SizeName,
    Sum,
)

LONGEST_PLAIN = 9_999
"""Larger numbers have commas."""
MOST_DECIMALS = 4


class Writer:
    """Writes a tree with the names of its sizes, or with their numbers put in."""

    def __init__(self, script: Script, symbols: bool) -> None:
        self.script = script
        self.symbols = symbols

    def write(self, size: Recorded) -> Text:
        """Return the text of a tree."""
        rules: dict[type[Recorded], Callable[..., Text]] = {
            Constant: self.number,
            Size: self.size,
            Sum: self.sum,
            Product: self.product,
            Quotient: self.quotient,
            MinOrMax: self.extreme,
            Root: self.root,
        }
        return rules[type(size)](size)

    def value(self, value: Dim) -> Text:
        """Return a value inside a formula."""
        if isinstance(value, Poly):
            return Text(self.script.poly(value), binding(value))
        if abs(value) <= LONGEST_PLAIN:
            return Text(str(value).replace("-", self.script.minus))
        return Text(self.script.number(value))

    def number(self, size: Constant) -> Text:
        return self.value(size.value)

    def size(self, size: Size) -> Text:
        if self.symbols:
            return Text(self.script.symbol(size.symbol))
        return self.value(size.value)

    def sum(self, size: Sum) -> Text:
        inner = None if self.script is PYTHON else self.gathered(size)
        return inner or Text(self.terms(size.terms, self.write), SUM)

    def terms(
        self,
        terms: Sequence[tuple[int, Recorded]],
        write: Callable[[Recorded], Text],
    ) -> str:
        """Return terms with their signs."""
        parts = []
        for sign, term in terms:
            part = bracketed(write(term), TERM, self.script)
            if isinstance(term, Size | Constant) and part.isdigit():
                part = self.script.number(int(part))
            parts.append((sign < 0, part))
        return self.script.join(parts, tight=False)

    def gathered(self, size: Sum) -> Text | None:
        """Return ⌊a/b⌋ + 1 as ⌊a/b + 1⌋, the way textbooks round; None if it is not."""
        found = roundable(size)
        if found is None or not self.rounds(found):
            return None

        def write(term: Recorded) -> Text:
            return self.fraction(found) if term is found else self.write(term)

        inside = self.terms(size.terms, write)
        return Text(self.script.rounded(found.up, inside))

    def product(self, size: Product) -> Text:
        parts = []
        for factor, count in self.runs(size.factors):
            text = bracketed(self.factor(factor), FACTOR, self.script)
            parts.append(self.script.power(text, count) if count > 1 else text)
        touches = self.symbols and is_coefficient(size.factors)
        mark = self.script.touching if touches else self.script.times
        return Text(mark.join(parts), TERM)

    def runs(self, factors: Sequence[Recorded]) -> Iterator[tuple[Recorded, int]]:
        """Yield factors, and in symbols how often each stands in a row: `k²`, `3·3`."""
        if not self.symbols:
            yield from ((factor, 1) for factor in factors)
            return
        for _, run in groupby(factors, key=id):
            same = list(run)
            yield same[0], len(same)

    def factor(self, size: Recorded) -> Text:
        text = self.write(size)
        closed = isinstance(size, Product) and size.closed
        return Text(self.script.bracket(text.text)) if closed else text

    def rounds(self, size: Quotient) -> bool:
        """Say whether the rounding shows: in numbers where it changes something.

        In symbols a sum is rounded; what a layer divides outright (`C/g`) divides.
        """
        if self.symbols:
            return isinstance(size.top, Sum) or size.up or not size.exact
        return not size.exact

    def quotient(self, size: Quotient) -> Text:
        if self.script is PYTHON:
            return self.python_quotient(size)
        if self.rounds(size):
            return Text(self.script.rounded(size.up, self.fraction(size).text))
        return self.fraction(size)

    def fraction(self, size: Quotient) -> Text:
        return self.script.quotient(self.write(size.top), self.write(size.bottom))

    def python_quotient(self, size: Quotient) -> Text:
        top = bracketed(self.write(size.top), ATOM, self.script)
        bottom = bracketed(self.write(size.bottom), ATOM, self.script)
        if size.up:
            return Text(f"(-(-{top}//{bottom}))")
        return Text(f"({top}//{bottom})")

    def extreme(self, size: MinOrMax) -> Text:
        members = [self.write(member).text for member in size.members]
        return Text(self.script.call(size.kind, members))

    def root(self, size: Root) -> Text:
        inside = self.write(size.inside)
        if self.script.stacked or self.script is PYTHON:
            return Text(self.script.root(inside.text))
        return Text(self.script.root(bracketed(inside, ATOM, self.script)))


def is_coefficient(factors: Sequence[Recorded]) -> bool:
    """Say whether a number stands before one letter: `2p`."""
    match factors:
        case (Constant(), Size(symbol=SizeName(letter=letter))):
            return len(letter) == 1
    return False


def binding(value: Poly) -> int:
    """Return how tightly a polynomial holds together."""
    terms = value.terms()
    if len(terms) > 1:
        return SUM
    ((monomial, number),) = terms.items()
    plain = number == 1 and len(monomial) == 1 and monomial[0][1] == 1
    whole = number > 0 and number.denominator == 1
    return ATOM if plain else FACTOR if whole else TERM


def roundable(size: Recorded) -> Quotient | None:
    """Return the quotient of `⌊a/b⌋ + n`, or of `⌊a/b⌋` alone, if it is one."""
    if isinstance(size, Quotient):
        return size
    if not isinstance(size, Sum):
        return None
    found = [term for _, term in size.terms if isinstance(term, Quotient)]
    others = [t for _, t in size.terms if not isinstance(t, Quotient | Constant)]
    signs = [sign for sign, term in size.terms if isinstance(term, Quotient)]
    return found[0] if len(found) == 1 and not others and signs == [1] else None


def before_choice(size: Recorded, script: Script) -> str | None:
    """Return `⌊54.25⌋`, or `min(56, 56)`: the last step of what rounds or chooses.

    None where the rounding changes nothing, and for any other tree.
    """
    if isinstance(size, MinOrMax):
        writer = Writer(script, symbols=False)
        members = [writer.value(member.value).text for member in size.members]
        return script.call(size.kind, members)
    found = roundable(size)
    if found is None or found.exact:
        return None
    top, bottom = found.top.value, found.bottom.value
    if not (isinstance(top, int) and isinstance(bottom, int)):
        return None
    exact = Fraction(top, bottom) + whole_part(size)
    return script.rounded(found.up, decimal(exact, script))


def whole_part(size: Recorded) -> int:
    """Return the plain number in a sum, 0 for none."""
    terms = size.terms if isinstance(size, Sum) else ()
    numbers = ((s, t.value) for s, t in terms if isinstance(t, Constant))
    return sum(sign * value for sign, value in numbers if isinstance(value, int))


def decimal(value: Fraction, script: Script) -> str:
    """Return a positive broken number: `54.25`, `54.3333…` where it does not end."""
    scaled, rest = divmod(value.numerator * 10**MOST_DECIMALS, value.denominator)
    whole, part = divmod(scaled, 10**MOST_DECIMALS)
    digits = f"{part:0{MOST_DECIMALS}d}"
    end = f"{digits}{script.dots}" if rest else digits.rstrip("0")
    return f"{script.number(whole)}.{end}"
