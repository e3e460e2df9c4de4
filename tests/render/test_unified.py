"""The unified diff of `fmt --diff`: beside difflib, and put together again."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from difflib import unified_diff

import pytest

from archcalc.render.unified import unified

LINES = [str(i) for i in range(30)]
CASES = [
    (LINES, LINES),
    (LINES, []),
    ([], LINES),
    (["a"], ["b"]),
    (LINES, ["new", *LINES]),
    (LINES, [*LINES, "new"]),
    (LINES, [*LINES[:9], "x", *LINES[10:]]),
    (LINES, [*LINES[:9], "x", *LINES[10:16], "y", *LINES[17:]]),  # one hunk
    (LINES, [*LINES[:9], "x", *LINES[10:17], "y", *LINES[18:]]),  # two
    (LINES, [*LINES[:3], *LINES[5:20], "y", "z", *LINES[20:]]),
]


@pytest.mark.parametrize(("old", "new"), CASES)
def test_as_difflib_writes_it(old: list[str], new: list[str]) -> None:
    assert list(unified(old, new, "a")) == list(
        unified_diff(old, new, "a", "a", lineterm="")
    )


def applied(old: Sequence[str], diff: Sequence[str]) -> list[str]:
    """Return what a diff makes of a text; each line that it quotes must be there."""
    made: list[str] = []
    at = 0
    for line in diff[2:]:
        if head := re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line):
            begin, count, start, _ = (int(n or 1) for n in head.groups())
            made += old[at : begin - bool(count)]
            at = begin - bool(count)
            assert len(made) == start - (head[4] != "0")
        elif line[0] == "+":
            made.append(line[1:])
        else:
            assert old[at] == line[1:]
            made += [line[1:]] * (line[0] == " ")
            at += 1
    return [*made, *old[at:]]


def test_applied_to_the_old_text_it_gives_the_new_one() -> None:
    """Texts of few different lines, and 20,000 lines of which every second changed."""
    draw = random.Random(7)
    pairs = [
        tuple([draw.choice("abcde") for _ in range(draw.randrange(40))] for _ in "ab")
        for _ in range(200)
    ]
    long = [f"line {i // 2}" if i % 2 else f"# {i}" for i in range(20_000)]
    pairs.append((long, [line.replace("line", "step") for line in long]))
    for old, new in pairs:
        diff = list(unified(old, new, "a"))
        assert applied(old, diff) == new if diff else old == new
