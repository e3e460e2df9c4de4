"""Numbers, sizes and shapes as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_examples import H

from archcalc.render import numbers, render
from archcalc.reports.cells import Cell, Column, Line, Table
from archcalc.reports.report import Report
from archcalc.sizes import units


@pytest.mark.parametrize(
    ("function", "value", "shown"),
    [
        (numbers.count, 1_234_567, "1,234,567"),
        (numbers.count, -1_234, "-1,234"),
        (numbers.count, 2**64 + 1, "18,446,744,073,709,551,617"),
        (numbers.count, Fraction(5, 2), "2.50"),
        (numbers.count, Fraction(-1, 3), "-0.33"),
        (numbers.si, 0, "0"),
        (numbers.si, 999, "999"),
        (numbers.si, 1_000, "1.00k"),
        (numbers.si, 9_994, "9.99k"),
        (numbers.si, 9_995, "10.0k"),
        (numbers.si, 99_949, "99.9k"),
        (numbers.si, 999_949, "999.9k"),
        (numbers.si, 999_950, "1.00M"),
        (numbers.si, 999_999_999, "1.00G"),
        (numbers.si, -999_950, "-1.00M"),
        (numbers.si, 854_196_224, "854.2M"),
        (numbers.si, 15_470_264_320, "15.5G"),
        (numbers.si, 10**33, "1,000.0Q"),
        (numbers.si, Fraction(1, 2), "0.50"),
        (numbers.short, 9_999, "9,999"),
        (numbers.short, 10_000, "10.0k"),
        (numbers.size, 0, "0 B"),
        (numbers.size, 999, "999 B"),
        (numbers.size, 1_000, "1.00 kB"),
        (numbers.size, 999_994, "999.99 kB"),
        (numbers.size, 999_995, "1.00 MB"),
        (numbers.size, 60_950_432, "60.95 MB"),
        (numbers.percent, 0, "0.0%"),
        (numbers.percent, 1, "100.0%"),
        (numbers.percent, Fraction(1, 4), "25.0%"),
        (numbers.percent, Fraction(1, 10_000), "<0.1%"),
        (numbers.percent, Fraction(9_999, 10_000), ">99.9%"),
        (numbers.percent, Fraction(3, 2), "150.0%"),
        (numbers.ratio, 1, "1.00×"),
        (numbers.ratio, Fraction(63, 20), "3.15×"),
        (numbers.ratio, Fraction(1, 20), "0.050×"),
        (numbers.ratio, Fraction(1, 800), "0.0013×"),
        (numbers.ratio, Fraction(1, 10**9), "<0.000001×"),
        (numbers.ratio, 0, "0.00×"),
        (numbers.ratio, 314, "314.0×"),
        (numbers.ratio, 12_345, "12,345×"),
        (numbers.shape, (64, 112, 112), "64×112×112"),
        (numbers.shape, (4096,), "4096"),
        (numbers.shape, (), ""),
        (numbers.shape, (H + 1, H), "(H + 1)×H"),
    ],
)
def test_numbers(function: Callable[[Any], str], value: Any, shown: str) -> None:
    assert function(value) == shown


@pytest.mark.parametrize(
    ("value", "shown", "brief"),
    [
        (512, "512 B", "512 B"),
        (1_023, "1,023 B", "1,023 B"),
        (1_024, "1.00 KiB", "1.00 KiB"),
        (1_048_575, "1.00 MiB", "1.00 MiB"),
        (60_950_432, "58.13 MiB", "58.1 MiB"),
        (2**40 - 1, "1.00 TiB", "1.00 TiB"),
    ],
)
def test_binary_sizes(value: int, shown: str, brief: str) -> None:
    assert numbers.size(value, binary=True) == shown
    assert numbers.size(value, binary=True, brief=True) == brief


@given(st.integers(-(10**36), 10**36))
def test_short_numbers_lie_within_half_a_digit(value: int) -> None:
    text = numbers.si(value)
    mantissa, prefix = re.fullmatch(r"(-?[\d,.]+)(\D?)", text).groups()  # type: ignore[union-attr]  # the point of the test
    scale = 1000 ** units.DECIMAL.index(prefix)
    read = Fraction(mantissa.replace(",", "")) * scale
    decimals = len(mantissa.partition(".")[2])
    assert abs(read - value) <= Fraction(scale, 2 * 10**decimals)
    assert abs(value) < 999_950 * 10**27 or prefix == "Q"
    assert prefix == "Q" or "," not in text


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (None, "count", ""),
        (True, "flag", "yes"),
        (False, "flag", "no"),
        ("not counted", "count", "not counted"),
        ("a\x1bb", "count", "a\\u001Bb"),
        (27 * H, "count", "27H"),
        (4 * H, "bytes", "4H B"),
        (4 * H + 4, "bytes", "(4H + 4) B"),
        (12_345, "value", "12,345"),
        (12_345, "text", "12,345"),
    ],
)
def test_cell_text(value: Cell, kind: Any, shown: str) -> None:
    assert numbers.text(value, kind) == shown


def test_binary_columns_say_so() -> None:
    column = Column("b", "memory", "bytes", binary=True)
    table = Table("", (column,), (Line((60_950_432,)),))
    assert "58.13 MiB" in render(Report("table", "", "", (table,)))
