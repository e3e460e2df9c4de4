"""Exact operations on the values of expressions: numbers, polynomials, words, truth.

Nothing rounds unless its name says so. A function raises `MeaninglessError` for
operands that it has no meaning for.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archcalc.limits import current
from archcalc.sizes import terms as t
from archcalc.sizes.dims import Poly, Value, at_least, same
from archcalc.sizes.polynomials import extreme, quotient, ratio, terms_of

Given = Value | bool | str | tuple[Any, ...]
MOST_TERMS = 2**16
"""Products of terms that a power may come to, before equal ones are put together."""


class MeaninglessError(ValueError):
    """An operation without a meaning; the expression adds where it stands."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def number(value: Given) -> Value:
    """Return the value if it is a number or polynomial."""
    if isinstance(value, bool):
        raise MeaninglessError(
            "a condition is used as a number", "write `1 if … else 0`"
        )
    if isinstance(value, int | Fraction | Poly):
        return value
    if isinstance(value, str):
        raise MeaninglessError(f"{value!r} is a word, not a number")
    if isinstance(value, tuple):
        message = f"a list of {len(value)} is given where a number is needed"
        raise MeaninglessError(message, "`name[i]` is item number i, from 1 on")
    raise MeaninglessError(f"{value!r} is not a number that arithmetic can use")


def _tidy(value: Value) -> Value:
    return t.tidy(value) if isinstance(value, Fraction) else value


def add(a: Given, b: Given) -> Value:
    """Return a + b."""
    return _tidy(number(a) + number(b))


def subtract(a: Given, b: Given) -> Value:
    """Return a - b."""
    return _tidy(number(a) - number(b))


def multiply(a: Given, b: Given) -> Value:
    """Return a · b."""
    return _tidy(number(a) * number(b))


def divide(a: Given, b: Given) -> Value:
    """Return a / b, exact."""
    top, bottom = number(a), _divisor(b)
    result = ratio(top, bottom)
    if result is None:
        raise MeaninglessError(
            f"({top}) / ({bottom}) is not a polynomial, so it cannot be a formula",
            "`//` divides and rounds down",
        )
    return result


def floor_divide(a: Given, b: Given) -> Value:
    """Return a / b rounded down."""
    return quotient(number(a), _divisor(b))


def remainder(a: Given, b: Given) -> Value:
    """Return what a // b leaves, with the sign of b."""
    top, bottom = number(a), _divisor(b)
    return _tidy(top - quotient(top, bottom) * bottom)


def _divisor(value: Given) -> Value:
    divisor = number(value)
    if not isinstance(divisor, Poly) and divisor == 0:
        raise MeaninglessError("division by zero")
    return divisor


def power(a: Given, b: Given) -> Value:
    """Return a to the power b, a whole number; what is too large is not computed."""
    base, exponent = number(a), number(b)
    if not isinstance(exponent, int):
        raise MeaninglessError(f"the exponent {exponent} is not a whole number")
    if exponent < 0:
        return divide(1, power(base, -exponent))
    most = current().number_bits
    # |a| is 2^(bits - 1) or more, so that its power has (bits - 1)·b bits or more.
    if exponent * (bits(base) - 1) > most:
        help = current().raising("number_bits")
        raise MeaninglessError(f"the power does not fit in {most} bits", help)
    if isinstance(base, Poly):
        terms = len(terms_of(base))
        if exponent > most or terms**exponent > MOST_TERMS:
            message = f"({base})**{exponent} has too many terms"
            raise MeaninglessError(message, "multiply names by numbers only")
    return _tidy(base**exponent)


def item(a: Given, b: Given) -> Given:
    """Return item number b of a list, from 1 on, as `i` counts."""
    if not isinstance(a, tuple):
        raise MeaninglessError("only a list has items: `params: {widths: [64, 128]}`")
    place = number(b)
    if isinstance(place, int) and 1 <= place <= len(a):
        found: Given = a[place - 1]
        return found
    message = f"there is no item {place}: the list has {len(a)}"
    raise MeaninglessError(message, "items count from 1, as `i` does")


def length(a: Given) -> int:
    """Return how many items a list has."""
    if isinstance(a, tuple):
        return len(a)
    raise MeaninglessError("len counts the items of a list")


def negative(a: Given) -> Value:
    """Return -a."""
    return -number(a)


def floor(a: Given) -> Value:
    """Return a rounded down."""
    return quotient(number(a), 1)


def ceil(a: Given) -> Value:
    """Return a rounded up; for a polynomial over d, ⌊(n + d - 1)/d⌋."""
    value = number(a)
    scale = t.scale(terms_of(value))
    return quotient(value * scale + (scale - 1), scale)


def nearest_even(a: Given) -> Value:
    """Return a rounded to the nearest whole number, halves to the even one.

    As Python's `round`, which the published model code uses. For polynomials as
    ⌊(2a + 1)/4⌋ + ⌈(2a - 1)/4⌉: each half of the sum steps at every second half.
    """
    value = number(a)
    if not isinstance(value, Poly):
        return round(value)
    quarter = Fraction(1, 4)
    return floor((value * 2 + 1) * quarter) + ceil((value * 2 - 1) * quarter)


def round8(a: Given, b: Given = 8) -> Value:
    """Return a rounded to a multiple of b, at least b, and not below nine tenths of a.

    The `make_divisible` of MobileNet and EfficientNet (tensorflow/models,
    research/slim/nets/mobilenet), in exact fractions.
    """
    value, step = number(a), number(b)
    if isinstance(step, Fraction) or (isinstance(step, int) and step < 1):
        raise MeaninglessError(f"round8 needs a positive whole divisor, not {step}")
    near = quotient(value + step * Fraction(1, 2), step) * step
    rounded = extreme("max", [step, near])
    lack = 9 * value - 10 * rounded
    lack = lack * t.scale(terms_of(lack))
    return rounded + step * extreme("min", [1, extreme("max", [0, lack])])


def smallest(*values: Given) -> Value:
    """Return the smallest value, as `min(…)` where names leave it open."""
    return extreme("min", map(number, values))


def largest(*values: Given) -> Value:
    """Return the largest value, as `max(…)` where names leave it open."""
    return extreme("max", map(number, values))


def equal(a: Given, b: Given) -> bool:
    """Return whether two values are the same; a word never equals a number."""
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    if isinstance(a, bool) and isinstance(b, bool):
        return a == b
    left, right = number(a), number(b)
    if isinstance(left, Poly) or isinstance(right, Poly):
        return same(left - right, 0)  # type: ignore[arg-type]  # may be rational
    return left == right


def unequal(a: Given, b: Given) -> bool:
    """Return whether two values differ."""
    return not equal(a, b)


def _exceeds(a: Given, b: Given, least: int) -> bool:
    """Return whether a - b is at least 0, or above 0 (least = 1)."""
    left, right = number(a), number(b)
    if isinstance(left, Poly) or isinstance(right, Poly):
        difference = left - right
        whole = difference * t.scale(terms_of(difference))
        return at_least(whole, least)  # type: ignore[arg-type]  # made whole
    return left > right if least else left >= right


def above(a: Given, b: Given) -> bool:
    """Return whether a > b; polynomials may assume it."""
    return _exceeds(a, b, 1)


def not_below(a: Given, b: Given) -> bool:
    """Return whether a >= b; polynomials may assume it."""
    return _exceeds(a, b, 0)


def below(a: Given, b: Given) -> bool:
    """Return whether a < b."""
    return above(b, a)


def not_above(a: Given, b: Given) -> bool:
    """Return whether a <= b."""
    return not_below(b, a)


def bits(value: Given) -> int:
    """Return the bits of the longest numerator or denominator in a value."""
    if not isinstance(value, int | Fraction | Poly):
        return 0
    numbers = terms_of(value).values()
    parts = (part for c in numbers for part in (c.numerator, c.denominator))
    return max((part.bit_length() for part in parts), default=0)
