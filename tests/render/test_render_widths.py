"""Text on a grid of terminal cells."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.errors import clean
from archcalc.render.widths import broken, cut, pad, width, wrap


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", 0),
        ("conv", 4),
        ("3×3 ⌊H/2⌋…", 10),
        ("畳み込み", 8),
        ("ｆｕｌｌ", 8),
        ("e\u0301", 1),
        ("각", 2),
        ("\u1100\u1161\u11a8", 2),
        ("🙂", 2),
        ("नि", 2),
    ],
)
def test_width(text: str, cells: int) -> None:
    assert width(text) == cells
    assert width(pad(text, 12, "right")) == 12
    assert width(pad(text, 12)) == 12


@given(st.text(max_size=30), st.integers(1, 20), st.integers(0, 6))
def test_cut_fits_and_keeps_what_fits(text: str, room: int, tail: int) -> None:
    text = clean(text)
    found = cut(text, room, min(tail, room - 1))
    assert width(found) <= room
    assert found == text or "…" in found
    assert (found == text) == (width(text) <= room) or "…" in text


@pytest.mark.parametrize(
    ("title", "least", "lines"),
    [
        ("MACs", 3, ("MACs",)),
        ("norm params", 5, ("norm", "params")),
        ("norm params", 11, ("norm params",)),
        ("naive-inception output", 11, ("naive-", "inception", "output")),
        ("naive-inception output", 15, ("naive-inception", "output")),
        ("a - b-c", 3, ("a -", "b-c")),
        ("a - b-c", 1, ("a", "-", "b-", "c")),
        ("", 4, ("",)),
    ],
)
def test_broken_headings(title: str, least: int, lines: tuple[str, ...]) -> None:
    assert broken(title, least) == lines


@given(st.text(max_size=200), st.integers(8, 60))
def test_wrapped_text_fits_and_loses_nothing(text: str, room: int) -> None:
    text = clean(text)
    lines = list(wrap(text, room, "  "))
    assert all(width(line) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_width_agrees_with_unicode_for_every_assigned_wide_character() -> None:
    wide = [
        c for c in map(chr, range(0x10000)) if unicodedata.east_asian_width(c) in "WF"
    ]
    assert all(width(c) in (0, 2) for c in wide)
    assert sum(width(c) == 2 for c in wide) > 40_000
