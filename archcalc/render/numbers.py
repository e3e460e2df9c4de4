"""Values as text: exact, short, and always labelled with the unit really used.

Everything is rounded half away from zero in whole-number arithmetic, so that a figure
beyond 2⁵³ keeps its digits.
"""

from __future__ import annotations

from archcalc.errors import clean
from archcalc.reports.cells import Cell, Column, ColumnKind, Line
from archcalc.sizes.polynomials import Dim, Poly
from archcalc.sizes.terms import Number
from archcalc.sizes.units import scaled

COUNTS: frozenset[ColumnKind] = frozenset({"count", "operations"})
SHORTENED = COUNTS | {"bytes"}
FINEST_RATIO = 6
"""Decimals of a small ratio."""
BAR_CELLS = 16
"""Cells of a bar of 100%."""


def count(value: Number) -> str:
    """Return a number in full: `1,234,567`; a broken one to two places."""
    return f"{value:,}" if isinstance(value, int) else fixed(value, _places(value, 2))


def fixed(value: Number, decimals: int, per: int = 1) -> str:
    """Return `value / per` with so many decimals and a comma every three digits."""
    units = _rounded(value, per, decimals)
    whole, rest = divmod(abs(units), 10**decimals)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole:,}" + (f".{rest:0{decimals}d}" if decimals else "")


def _rounded(value: Number, per: int, decimals: int) -> int:
    """Return `value / per` in units of the last decimal, rounded to a whole number."""
    scale: int = 10**decimals
    above, below = value.numerator * scale, value.denominator * per
    nearest = (2 * abs(above) + below) // (2 * below)
    return nearest if above >= 0 else -nearest


def _prefix(value: Number, decimals: int, binary: bool = False) -> tuple[str, int]:
    """Return the prefix that leaves a short number after rounding, and its size."""
    prefix, per = scaled(value, binary)
    base = 1024 if binary else 1000
    places = decimals if prefix else _places(value, decimals)
    rounds_up = abs(_rounded(value, per, places)) >= base * 10**places
    return scaled(base * per, binary) if rounds_up else (prefix, per)


def _places(value: Number, decimals: int) -> int:
    return 0 if value.denominator == 1 else decimals


def _scaled(value: Number, per: int) -> str:
    """Return `value / per` with two decimals below ten, else with one."""
    return fixed(value, 2 if abs(_rounded(value, per, 2)) < 1000 else 1, per)


def si(value: Number) -> str:
    """Return a number to three or four digits: `854.2M`, `15.5G`, `1.00M`.

    >>> si(854_196_224), si(999_949), si(999_950), si(9_996), si(512)
    ('854.2M', '999.9k', '1.00M', '10.0k', '512')
    """
    prefix, per = _prefix(value, 1)
    return _scaled(value, per) + prefix if prefix else count(value)


def short(value: Number) -> str:
    """Return `si`, or the number in full where that is no longer: `1,728`, `36.9k`."""
    full, brief = count(value), si(value)
    return full if len(full) <= len(brief) else brief


def size(value: Number, binary: bool = False, brief: bool = False) -> str:
    """Return bytes with their unit: kB, MB, GB are powers of 1000; KiB, MiB, of 1024.

    >>> size(60_950_432), size(60_950_432, binary=True), size(60_950_432, brief=True)
    ('60.95 MB', '58.13 MiB', '61.0 MB')
    """
    prefix, per = _prefix(value, 1 if brief else 2, binary)
    if not prefix:
        return f"{count(value)} B"
    return f"{_scaled(value, per) if brief else fixed(value, 2, per)} {prefix}B"


def percent(share: Number) -> str:
    """Return a share of one: `25.0%`; what only rounds to none or all says so."""
    tenths = _rounded(share, 1, 3)
    if tenths == 0 and share > 0:
        return "<0.1%"
    if tenths == 1000 and share < 1:
        return ">99.9%"
    return fixed(share * 100, 1) + "%"


def bar(share: Number) -> str:
    """Return a share of one as a bar of up to 16 cells, in eighths of a cell.

    >>> bar(Fraction(5, 32))
    '██▌'
    """
    eighths = min(max(_rounded(share * BAR_CELLS * 8, 1, 0), 0), BAR_CELLS * 8)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + " ▏▎▍▌▋▊▉"[rest].strip()


def ratio(value: Number) -> str:
    """Return a quotient: `3.15×`, `314.0×`, `1,234×`; small ones to two digits."""
    whole = abs(int(value))
    if whole >= 100:
        return fixed(value, 0 if whole >= 1000 else 1) + "×"
    decimals = 2
    while value and decimals < FINEST_RATIO and abs(_rounded(value, 1, decimals)) < 10:
        decimals += 1
    if value and not _rounded(value, 1, decimals):
        return "<0.000001×"
    return fixed(value, decimals) + "×"


def shape(sizes: tuple[Dim, ...]) -> str:
    """Return sizes without the batch: `64×112×112`; a sum stands in brackets."""
    return "×".join(factor(str(size)) for size in sizes)


def factor(text: str) -> str:
    """Return a formula in brackets where it is a sum."""
    return f"({text})" if " " in text else text


def cell(value: Cell, row: Line, column: Column, brief: bool = False) -> str:
    """Return a cell as safe text; `brief` shortens figures. None is blank."""
    shown = text(value, row.kind_in(column), binary=column.binary, brief=brief)
    return at_least(shown) if column.key in row.least else shown


def at_least(shown: str) -> str:
    """Return a figure that is a lower bound: `≥ 1.81G`."""
    return f"≥ {shown}" if shown else shown


def text(
    value: Cell, kind: ColumnKind, *, binary: bool = False, brief: bool = False
) -> str:
    """Return a value of a kind as safe text.

    A word in a column of numbers (`not counted`) stays a word, and a symbolic size a
    formula.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return shape(value)
    if isinstance(value, Poly):
        return clean(f"{factor(str(value))} B" if kind == "bytes" else str(value))
    return _number(value, kind, binary, brief)


def _number(value: Number, kind: ColumnKind, binary: bool, brief: bool) -> str:
    if kind == "bytes":
        return size(value, binary, brief)
    if kind == "percent":
        return percent(value)
    if kind == "bar":
        return bar(value)
    if kind == "ratio":
        return ratio(value)
    if kind in ("change", "growth"):
        shown = count(value) if kind == "change" else percent(value)
        return f"+{shown}" if value > 0 else shown
    return short(value) if brief and kind in COUNTS else count(value)
