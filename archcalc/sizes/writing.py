"""How a polynomial is written: Unicode, Markdown, LaTeX or Python.

A notation knows marks only; what is written (order, signs, what touches what) is
decided once, in `write`.
"""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.sizes.terms import Monomial, Number, Terms, order

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Notation:
    """Unicode text: `27C²`, `4·C·H`, `⌊(H+1)/2⌋`, `C² − 3C`."""

    minus = "−"
    times = "·"
    touching = ""

    def name(self, name: str) -> str:
        """Return a symbol's name."""
        return name

    def power(self, base: str, exponent: int) -> str:
        """Return a factor raised to an exponent of at least 2."""
        return base + str(exponent).translate(SUPERSCRIPTS)

    def product(self, number: str, factors: Sequence[str], plain: bool) -> str:
        """Return factors in a row; `plain`: one factor that may touch its number."""
        mark = self.touching if plain else self.times
        return mark.join([number, *factors] if number else factors)

    def fraction(self, numerator: str, denominator: str) -> str:
        """Return an exact fraction."""
        return f"{numerator}/{denominator}"

    def floor(self, numerator: str, denominator: str) -> str:
        """Return a quotient rounded down; the parts come bracketed where needed."""
        return f"⌊{numerator}/{denominator}⌋"

    def call(self, function: str, arguments: Sequence[str]) -> str:
        """Return `min` or `max` of arguments."""
        return f"{function}({', '.join(arguments)})"

    def bracket(self, text: str) -> str:
        """Return a sum as a part of a quotient."""
        return f"({text})"

    def join(self, parts: Sequence[tuple[bool, str]], tight: bool) -> str:
        """Return a sum of (is negative, text) parts; `tight` leaves out the blanks."""
        gap = "" if tight else " "
        (negative, first), *others = parts
        text = (self.minus if negative else "") + first
        for negative, part in others:
            text += f"{gap}{self.minus if negative else '+'}{gap}{part}"
        return text


class Markdown(Notation):
    """Markdown without LaTeX: `27·C²`, an underscore in a name escaped."""

    touching = "·"

    def name(self, name: str) -> str:
        return name.replace("_", "\\_")


class Latex(Notation):
    r"""LaTeX for math mode: `27C^{2}`, `12\,\mathit{growth}^{2}`."""

    minus = "-"
    times = "\\,"

    def name(self, name: str) -> str:
        escaped = name.replace("_", "\\_")
        return escaped if len(name) == 1 and name != "_" else f"\\mathit{{{escaped}}}"

    def power(self, base: str, exponent: int) -> str:
        return f"{base}^{{{exponent}}}"

    def fraction(self, numerator: str, denominator: str) -> str:
        return f"\\frac{{{numerator}}}{{{denominator}}}"

    def floor(self, numerator: str, denominator: str) -> str:
        inner = self.fraction(numerator, denominator)
        return f"\\left\\lfloor {inner} \\right\\rfloor"

    def call(self, function: str, arguments: Sequence[str]) -> str:
        return f"\\{function}\\left({', '.join(arguments)}\\right)"

    def bracket(self, text: str) -> str:
        return text  # a fraction bar brackets what stands above and below it


class Python(Notation):
    """Python that computes the same: `27*C**2`, `((H+1)//2)`."""

    minus = "-"
    times = touching = "*"

    def power(self, base: str, exponent: int) -> str:
        return f"{base}**{exponent}"

    def fraction(self, numerator: str, denominator: str) -> str:
        return f"{numerator}*Fraction(1, {denominator})"

    def floor(self, numerator: str, denominator: str) -> str:
        return f"({numerator}//{denominator})"


UNICODE, MARKDOWN, LATEX, PYTHON = Notation(), Markdown(), Latex(), Python()


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
