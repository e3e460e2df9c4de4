"""Amounts as people write them, read; values of them by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from archcalc.sizes.units import read_amount, scaled

AMOUNTS = [
    ("3.8G", 3_800_000_000, 50_000_000),
    ("24GiB", 24 * 1024**3, 1024**3 // 2),
    ("58.10 MiB", Fraction(5810 * 1024**2, 100), Fraction(1024**2, 200)),
    ("1.5e3k", 1_500_000, 50_000),
    ("1B", 10**9, 10**9 // 2),
    ("4,133,742,592", 4_133_742_592, 0),
    ("60_965_224", 60_965_224, 0),
    ("7", 7, 0),
    ("42%", Fraction(42, 100), Fraction(1, 200)),
    ("12x", 12, Fraction(1, 2)),
]
NONE = [
    *("", "G", "-5M", "1.2.3", "11,5 GB", "1,0000", "24 gigs", "5 Mi", "3k%", "2Mx"),
    *("3 GFLOP", "1" * 61, "\uff112"),
]


@pytest.mark.parametrize(("text", "value", "half"), AMOUNTS)
def test_amounts(text: str, value: Fraction, half: Fraction) -> None:
    amount = read_amount(text)
    assert amount is not None
    assert (amount.value, amount.half_unit) == (value, half)


@pytest.mark.parametrize("text", NONE)
def test_no_amount(text: str) -> None:
    assert read_amount(text) is None


def test_a_unit_may_be_a_word() -> None:
    """A word is not its first letter as a prefix: 5 MACs are five."""
    words = ("macs", "flop")
    for text, prefix, unit in (
        ("5 MACs", "", "MACs"),
        ("5 GMACs", "G", "MACs"),
        ("13.6 GFLOP", "G", "FLOP"),
    ):
        amount = read_amount(text, words)
        assert amount is not None
        assert (amount.prefix, amount.unit) == (prefix, unit)


@pytest.mark.parametrize(
    ("value", "binary", "prefix", "size"),
    [
        (999, False, "", 1),
        (1000, False, "k", 1000),
        (-1_500_000, False, "M", 10**6),
        (10**33, False, "Q", 10**30),
        (1023, True, "", 1),
        (2**20, True, "Mi", 2**20),
    ],
)
def test_scaled(value: int, binary: bool, prefix: str, size: int) -> None:
    assert scaled(value, binary) == (prefix, size)
