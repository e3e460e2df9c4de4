"""The marks of mathematics: Unicode, Markdown, LaTeX or Python.

A notation knows marks only. What is written (order, signs, what touches what) is
decided in `writing` for polynomials, and in `figures/formulas` for recorded rules.
"""

from __future__ import annotations

from collections.abc import Sequence

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

    def rounded(self, up: bool, inside: str) -> str:
        """Return something rounded up or down."""
        return f"⌈{inside}⌉" if up else f"⌊{inside}⌋"

    def floor(self, numerator: str, denominator: str) -> str:
        """Return a quotient rounded down; the parts come bracketed where needed."""
        return self.rounded(False, self.fraction(numerator, denominator))

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

    def rounded(self, up: bool, inside: str) -> str:
        side = "ceil" if up else "floor"
        return f"\\left\\l{side} {inside} \\right\\r{side}"

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
