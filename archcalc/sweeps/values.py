"""Values to sweep over and constraints, as texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Any

from archcalc.errors import UsageError, suggestion
from archcalc.sizes.expressions import Expression, ExpressionError, parse
from archcalc.sizes.units import PREFIXES, Amount
from archcalc.sweeps.dependence import INPUT, VARIANT

SweepRow = tuple[Any, ...]
"""A row of a sweep: the value of each axis, then the figures."""
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
SUFFIXED = re.compile(rf"(?<![\w.])([0-9]+(?:\.[0-9]+)?)([{''.join(PREFIXES)}])(?!\w)")
MOST_VALUES = 1_000_000
EXAMPLE = "such as: macs <= 600M and params <= 5M"


def values_of(name: str, text: str) -> tuple[Any, ...]:
    """Return the values of `0.25:2:0.25` (ends included), `128,160` or `a,b`.

    Raises `UsageError` AC580 for a range without end.
    """
    parts = text.split(":")
    if name != VARIANT and len(parts) in (2, 3) and all(map(NUMBER.fullmatch, parts)):
        first, end, step = (Fraction(part) for part in (*parts, "1")[:3])
        count = (end - first) / step + 1 if step else Fraction(0)
        if not 1 <= count <= MOST_VALUES:
            raise UsageError.of(
                "AC580",
                f"{name}={text} is not a range of 1 to {MOST_VALUES} values",
                help=f"--over {name}=FIRST:LAST:STEP",
            )
        return tuple(tidy(first + step * i) for i in range(int(count)))
    return tuple(_value(name, part.strip()) for part in text.split(","))


def _value(name: str, text: str) -> Any:
    if not text:
        raise UsageError.of("AC580", f"{name}: a value is missing")
    is_word = name in (VARIANT, INPUT) or not NUMBER.fullmatch(text)
    return text if is_word else tidy(Fraction(text))


def tidy(value: Any) -> Any:
    """Return a whole fraction as an integer, a float as the decimal it shows."""
    value = Fraction(str(value)) if isinstance(value, float) else value
    whole = isinstance(value, Fraction) and value.denominator == 1
    return int(value) if whole else value


def condition(
    text: str, names: Sequence[str], figures: Collection[str] = ()
) -> Expression:
    """Return a constraint such as `macs <= 600M and params <= 5M`.

    Raises `UsageError` AC581 for one that cannot be read or asks for another name;
    `figures` are those that could be listed beside these.
    """
    try:
        read = parse(SUFFIXED.sub(_written_out, text))
    except ExpressionError as error:
        raise UsageError.of(
            "AC581", f"{text!r}: {error.message}", help=error.help or EXAMPLE
        ) from None
    for name in sorted(read.names - set(names)):
        help = suggestion(name, names, "known")
        if name in figures:
            help = f"it is not listed: add {name} to the figures"
        raise UsageError.of("AC581", f"{text!r}: there is no {name!r}", help=help)
    return read


def _written_out(match: re.Match[str]) -> str:
    value = Amount(match[1], prefix=match[2]).value
    return str(tidy(value)) if value.denominator == 1 else f"({value})"


def written(value: Any) -> str:
    """Return a value as a CSV file has it."""
    return str(float(value)) if isinstance(value, Fraction) else str(value)
