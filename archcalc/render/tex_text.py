r"""Text that LaTeX sets as it is: specials escaped, symbols as commands, no ligatures.

Letters that pdfLaTeX with T1 fonts knows stay letters. Any other character stays as it
is as well, for LuaLaTeX and XeLaTeX with a font that has it; `declarations` gives the
lines of the preamble that make pdfLaTeX print its code point instead of stopping.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize

from archcalc.errors import clean
from archcalc.sizes.marks import SUPERSCRIPTS

SPECIALS = {
    "\\": "\\textbackslash{}",
    "{": "\\{",
    "}": "\\}",
    "$": "\\$",
    "&": "\\&",
    "#": "\\#",
    "%": "\\%",
    "_": "\\_",
    "^": "\\textasciicircum{}",
    "~": "\\textasciitilde{}",
    '"': "\\symbol{34}",  # bare, it is active in some languages of babel
    "`": "\\symbol{96}",
    "\xa0": "~",
}
MATH = {
    "×": "\\times",
    "·": "\\cdot",
    "−": "-",
    "′": "'",
    "⌊": "\\lfloor",
    "⌋": "\\rfloor",
    "⌈": "\\lceil",
    "⌉": "\\rceil",
    "√": "\\surd",
    "≥": "\\ge",
    "≤": "\\le",
    "≠": "\\ne",
    "≈": "\\approx",
    "→": "\\to",
    "←": "\\gets",
    "∞": "\\infty",
    "∑": "\\sum",
    "Σ": "\\Sigma",
    "Δ": "\\Delta",
    "α": "\\alpha",
    "β": "\\beta",
    "γ": "\\gamma",
    "ε": "\\varepsilon",
    "λ": "\\lambda",
    "μ": "\\mu",
    "σ": "\\sigma",
}
WRITTEN = str.maketrans(
    SPECIALS
    | {sign: f"${command}$" for sign, command in MATH.items()}
    | {chr(raised): f"$^{chr(digit)}$" for digit, raised in SUPERSCRIPTS.items()}
    | {chr(ord("₀") + digit): f"$_{digit}$" for digit in range(10)}
)
KNOWN = re.compile(
    "[\x20-\x7e\xa0-\u0125\u0128-\u0137\u0139-\u013e\u0141-\u0148\u014a-\u0165"
    "\u0168-\u017e‐-―‖‘’‚“”„†‡•…‰‹›€™]"
)
LIGATURE = re.compile(r"([-'<>,?!`])(?=[-'<>,`])")


def escaped(text: str) -> str:
    r"""Return a text of a table, on one line.

    >>> escaped("50% of conv_1 -- 3×3")
    '50\\% of conv\\_1 -{}- 3$\\times$3'
    """
    return written(clean(text))


def written(safe: str) -> str:
    """Return a text without control characters as LaTeX."""
    apart = LIGATURE.sub("\\1\x00", normalize("NFC", safe))
    return apart.translate(WRITTEN).replace("\x00", "{}")


def declarations(tex: str) -> Iterator[str]:
    """Yield a line of the preamble for each character that pdfLaTeX lacks."""
    for character in sorted({*KNOWN.sub("", tex)} - {"\n"}):
        code = f"{ord(character):04X}"
        declare = f"\\DeclareUnicodeCharacter{{{code}}}{{{{\\ttfamily U+{code}}}}}"
        yield f"\\ifdefined\\DeclareUnicodeCharacter{declare}\\fi"
