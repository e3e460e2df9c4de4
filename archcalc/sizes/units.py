"""Amounts with a prefix or a unit, as people write them: `3.8G`, `24GiB`, `5M`, `42%`.

A prefix is a power of 1000, one with an `i` behind it a power of 1024.
"""

from __future__ import annotations

import re
from collections.abc import Container
from fractions import Fraction

from archcalc.records import NamedTuple

DECIMAL = ("", "k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q")
BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
PREFIXES = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "B": 3, "T": 4}
"""The powers of the prefixes that are read; `B` is a billion."""
UNITS = ("", "B", "%", "x")
PRINTED = ("%", "x")
"""Units of figures that are never exact counts."""
BYTES = ("b", "byte", "bytes")
MACS = (
    *("mac", "macs", "macc", "maccs", "madd", "madds", "mult-add", "mult-adds"),
    *("mul-add", "mul-adds", "multadds", "multiply-add", "multiply-adds"),
    *("multiply-accumulate", "multiply-accumulates", "fma", "fmas"),
)
"""What people call multiply-accumulates."""
FLOPS = ("flop", "flops")
"""What people call either operations or multiply-accumulates."""
AMOUNT = (
    r"(?P<digits>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9][0-9_]*)(?:\.[0-9]+)?)"
    r"(?:[eE](?P<power>[0-9]{1,2}))?\s*"
    r"(?P<prefix>[kKMGBT]?)(?P<binary>i?)\s*(?P<unit>[A-Za-z-]*|%)"
)
LONGEST = 60
"""Characters of a text that may be an amount."""


class Amount(NamedTuple):
    """A number as it is printed, with its exponent, prefix and unit."""

    digits: str
    power: int = 0
    prefix: str = ""
    binary: bool = False
    unit: str = ""

    @property
    def suffix(self) -> str:
        """Prefix and unit, as they stand behind a number."""
        return f"{self.prefix}{'i' * self.binary}{self.unit}"

    @property
    def counts(self) -> str:
        """The word that says what is counted, in lower case; "" for a plain unit."""
        return "" if self.unit in UNITS else self.unit.lower()

    @property
    def size(self) -> int | Fraction:
        """What one of the unit is: 1024 for KiB, 1/100 for %."""
        if self.unit == "%":
            return Fraction(1, 100)
        base: int = 1024 if self.binary else 1000
        power: int = base ** PREFIXES[self.prefix]
        return power

    @property
    def scale(self) -> int | Fraction:
        """What one of the printed number counts: its unit and its exponent."""
        exponent: int = 10**self.power
        return self.size * exponent

    @property
    def decimals(self) -> int:
        """The digits behind the point."""
        return len(self.digits.partition(".")[2])

    @property
    def value(self) -> Fraction:
        """The whole count, or the share, that is meant."""
        return Fraction(re.sub("[,_]", "", self.digits)) * self.scale

    @property
    def half_unit(self) -> Fraction:
        """Half of what one of the last digit is; 0 for a count in full."""
        exact = self.scale == 1 and not self.decimals and self.unit not in PRINTED
        last: int = 10**self.decimals
        return Fraction(0 if exact else self.scale) / (2 * last)


def read_amount(text: str, words: Container[str] = ()) -> Amount | None:
    """Return the amount in a text, None where there is none.

    `words` are units beside those of `UNITS`, in lower case for any case: `13.6 GFLOP`.

    >>> read_amount("24GiB").value == 24 * 2**30, read_amount("0.39G").half_unit
    (True, Fraction(5000000, 1))
    """
    match = re.fullmatch(AMOUNT, text.strip()) if len(text) <= LONGEST else None
    if match is None:
        return None
    digits, power, prefix, binary, unit = match.groups()
    word = f"{prefix}{binary}{unit}"
    if word in words or (len(word) > 1 and word.lower() in words):
        prefix, binary, unit = "", "", word
    known = unit in UNITS or unit.lower() in words
    misplaced = (binary and unit.lower() not in BYTES) or (prefix and unit in PRINTED)
    if not known or misplaced:
        return None
    return Amount(digits, int(power or 0), prefix, bool(binary), unit)


def scaled(value: int | Fraction, binary: bool = False) -> tuple[str, int]:
    """Return the prefix that leaves a value in thousands short, and its size.

    >>> scaled(15_500_000_000), scaled(999), scaled(3 * 2**20, binary=True)
    (('G', 1000000000), ('', 1), ('Mi', 1048576))
    """
    base, prefixes = (1024, BINARY) if binary else (1000, DECIMAL)
    power, whole = 0, abs(int(value))
    while whole >= base and power < len(prefixes) - 1:
        power, whole = power + 1, whole // base
    return prefixes[power], base**power
