"""How the parts of a formula are marked: Unicode, Markdown, HTML, LaTeX, Python.

A script adds to a notation what recorded rules need: indexes, grouped numbers, roots.
What is written is decided in `writer`.
"""

from __future__ import annotations

from html import escape

from archcalc.records import NamedTuple
from archcalc.sizes import marks
from archcalc.sizes.dims import Poly
from archcalc.sizes.recorded import SizeName

SUM, TERM, FACTOR, ATOM = 0, 1, 2, 3
"""How strongly a text binds: what binds less than its place asks for gets brackets."""


class Text(NamedTuple):
    """A part of a formula and how tightly it holds together."""

    text: str
    binds: int = ATOM


class Script(marks.Notation):
    """Unicode text: `(k²·C)·N`, `⌊54.25⌋`, `H′`."""

    dots = "…"
    stacked = False

    def symbol(self, symbol: SizeName) -> str:
        """Return a name: its letter, its index, its prime."""
        prime = "′" if symbol.prime else ""
        return symbol.letter + prime + self.sub(symbol.sub)

    def sub(self, sub: str) -> str:
        """Return an index below the line, or nothing for none."""
        if sub.isdigit():
            return "".join(chr(ord("₀") + int(digit)) for digit in sub)
        return f"_{sub}" if sub else ""

    def number(self, value: int) -> str:
        """Return a figure with a comma every three digits: `34,848`."""
        return f"{value:,}".replace("-", self.minus)

    def poly(self, value: Poly) -> str:
        """Return a size that has names in it."""
        return str(value)

    def quotient(self, top: Text, bottom: Text) -> Text:
        """Return a quotient."""
        above = bracketed(top, TERM, self)
        return Text(f"{above}/{bracketed(bottom, ATOM, self)}", TERM)

    def root(self, inside: str) -> str:
        """Return a square root; a sum or product comes in brackets."""
        return f"√{inside}"


class Markdown(Script):
    """Unicode in Markdown, an underscore escaped."""

    def sub(self, sub: str) -> str:
        return super().sub(sub).replace("_", "\\_")

    def poly(self, value: Poly) -> str:
        return value.markdown()


class Html(Script):
    """Unicode in HTML, an index as `<sub>`."""

    def symbol(self, symbol: SizeName) -> str:
        prime = "′" if symbol.prime else ""
        letter = escape(symbol.letter)
        shown = f"<i>{letter}</i>" if len(letter) == 1 else letter
        return f"{shown}{prime}{self.sub(symbol.sub)}"

    def sub(self, sub: str) -> str:
        return f"<sub>{escape(sub)}</sub>" if sub else ""

    def poly(self, value: Poly) -> str:
        return escape(str(value))


class Latex(Script, marks.Latex):
    r"""LaTeX for math mode: `\frac{227 + 2 \cdot 0 - 11}{4} + 1`."""

    times, dots = " \\cdot ", "\\ldots"
    stacked = True

    def symbol(self, symbol: SizeName) -> str:
        letter = symbol.letter.replace("_", "\\_")
        shown = letter if len(letter) == 1 else f"\\text{{{letter}}}"
        prime = "'" if symbol.prime else ""
        return shown + prime + self.sub(symbol.sub)

    def sub(self, sub: str) -> str:
        return f"_{{{sub}}}" if sub else ""

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", "{,}")

    def poly(self, value: Poly) -> str:
        return value.latex()

    def quotient(self, top: Text, bottom: Text) -> Text:
        return Text(self.fraction(top.text, bottom.text))

    def root(self, inside: str) -> str:
        return f"\\sqrt{{{inside}}}"

    def bracket(self, inside: str) -> str:
        return f"\\left({inside}\\right)" if "\\frac" in inside else f"({inside})"


class Python(Script, marks.Python):
    """Python that computes the value: `(227 + 2*0 - 11)//4 + 1`."""

    dots = "..."

    def sub(self, sub: str) -> str:
        return f"_{sub}" if sub else ""

    def symbol(self, symbol: SizeName) -> str:
        return symbol.letter + self.sub(symbol.sub) + ("_out" if symbol.prime else "")

    def number(self, value: int) -> str:
        return str(value)

    def poly(self, value: Poly) -> str:
        return value.python()

    def root(self, inside: str) -> str:
        return f"isqrt({inside})"


UNICODE, MARKDOWN, HTML, LATEX, PYTHON = (
    Script(),
    Markdown(),
    Html(),
    Latex(),
    Python(),
)


def bracketed(part: Text, least: int, script: Script) -> str:
    """Return a part, in brackets unless it binds at least so tightly."""
    return part.text if part.binds >= least else script.bracket(part.text)
