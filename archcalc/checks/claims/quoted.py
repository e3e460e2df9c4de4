"""A figure as people quote it: `3.8G`, `96MB`, `13.6 GFLOP`, `5M params`, `218.59`.

`asked` says what it may mean: kinds of figure, and the factor between the printed
number and a count. A figure without a unit may mean several.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from archcalc.checks.claims.expectations import Claim
from archcalc.checks.claims.ways import KINDS, Kind
from archcalc.errors import UsageError

PREFIXES = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "B": 3, "T": 4}
NUMERALS = {"thousand": "k", "million": "M", "billion": "G"}
BYTES = ("b", "byte", "bytes")
WORDS: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(("flop", "flops", "mac", "macs"), ("operations",)),
    **dict.fromkeys(("op", "ops", "madds", "mult-adds"), ("operations",)),
    **dict.fromkeys(("param", "params", "parameters", "weights"), ("parameters",)),
    **dict.fromkeys(("values", "activations"), ("values",)),
    **dict.fromkeys(BYTES, ("bytes",)),
}
ALONE: tuple[Kind, ...] = ("operations", "parameters", "values")
"""What a number with a prefix alone may count."""
IMPLIED: tuple[tuple[Kind, str], ...] = (
    ("operations", "G"),
    ("operations", "M"),
    ("parameters", "M"),
    ("values", "M"),
    ("bytes", "M"),
)
"""How a short number without a unit may be meant."""
FIGURE = re.compile(
    r"~?\s*(?P<digits>[0-9][0-9,_]*(?:\.[0-9]+)?)(?:[eE](?P<power>[0-9]{1,2}))?"
    r"\s*(?P<unit>[A-Za-z]*)\s*(?P<word>[A-Za-z-]*)"
)
UNIT = re.compile(r"(?P<prefix>[kKMGBT]?)(?P<binary>i?)(?P<word>[A-Za-z-]*)")
LARGEST_PLAIN = 10_000
LONGEST = 60
EXACT_DIGITS = 5
"""So many digits leave little to chance."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One meaning of a figure: a kind of count, and the claim as a whole count.

    `scale` is what one of its `unit` is. `factor` turns a count into what the claim
    would be if powers of 1000 and of 1024 were confused; `binary`: the unit has the
    latter. `implied`: the figure itself names no unit.
    """

    kind: Kind
    claim: Claim
    unit: str
    scale: int
    factor: Fraction
    binary: bool = False
    flop: bool = False
    implied: bool = False


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quoted figure: its text, its significant digits and what it may mean."""

    text: str
    digits: int
    asked: tuple[Asked, ...]


def quoted(text: str) -> Quoted:
    """Return what a quoted figure may mean; raise `UsageError` AC550 for no figure."""
    shown = " ".join(text.split())
    match = FIGURE.fullmatch(shown) if len(shown) <= LONGEST else None
    meanings = match and re.search("[1-9]", match["digits"]) and _meanings(match)
    if match is None or not meanings:
        raise UsageError.of(
            "AC550",
            f"{shown[:LONGEST]!r} is not a figure",
            help="write 3.8G, 96MB, 13.6 GFLOP, 5M params or 4,133,742,592",
        )
    digits = re.sub(r"\D", "", match["digits"]).lstrip("0")
    significant = digits if "." in match["digits"] else digits.rstrip("0")
    return Quoted(shown, len(significant), tuple(meanings))


def _meanings(match: re.Match[str]) -> list[Asked]:
    """Return what digits, unit and word may mean; nothing for an unknown unit."""
    unit, word = match["unit"], match["word"]
    if unit.lower() in NUMERALS:
        unit = NUMERALS[unit.lower()]
    if len(unit) > 1 and unit.lower() in WORDS and not word:
        unit, word = "", unit
    parts = UNIT.fullmatch(unit)
    if parts is None or (parts["word"] and word):
        return []
    word = (word or parts["word"]).lower()
    if word and word not in WORDS:
        return []
    binary = bool(parts["binary"])
    if binary and word not in BYTES:
        return []
    figure = _Figure(match["digits"], int(match["power"] or 0))
    if not word and not parts["prefix"] and figure.brief:
        return [figure.asked(kind, unit, implied=True) for kind, unit in IMPLIED]
    kinds = WORDS[word] if word else ALONE if parts["prefix"] else KINDS
    flop = word.startswith("flop")
    return [figure.asked(kind, parts["prefix"], binary, flop) for kind in kinds]


@dataclass(frozen=True, slots=True)
class _Figure:
    """The printed number of a quoted figure."""

    digits: str
    power: int

    @property
    def brief(self) -> bool:
        """Whether it is too short to be a count in full."""
        number = Fraction(self._plain) * 10**self.power
        return ("." in self.digits and not self.power) or number < LARGEST_PLAIN

    @property
    def _plain(self) -> str:
        return self.digits.replace(",", "").replace("_", "")

    def asked(
        self,
        kind: Kind,
        prefix: str,
        binary: bool = False,
        flop: bool = False,
        implied: bool = False,
    ) -> Asked:
        """Return the claim of a number of this kind and unit."""
        power = PREFIXES[prefix]
        decimal, other = 1000**power, 1024**power
        scale = (other if binary else decimal) * 10**self.power
        places = len(self._plain.partition(".")[2])
        printed = scale > 1 or places
        half = Fraction(scale, 2 * 10**places) if printed else Fraction(0)
        claim = Claim(self.digits, Fraction(self._plain) * scale, half)
        factor = Fraction(other, decimal) if binary else Fraction(decimal, other)
        unit = f"{prefix}{'i' * binary}{'B' * (kind == 'bytes')}"
        return Asked(kind, claim, unit, scale, factor, binary, flop, implied)
