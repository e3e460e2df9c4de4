"""Values of params: what is a word, and what is arithmetic that looks like one."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import ArchcalcError

NET = """
name: net
input: [3]
params: {{out: 5, less: 2}}
blocks:
  line:
    params: {{size: required}}
    layers: [{{linear: size, bias: false}}]
layers:
  - {{use: line, size: {size}}}
"""


@pytest.mark.parametrize(
    ("size", "params"),
    [
        ("out", 15),
        ("out-1", 12),
        ("out - 1", 12),
        ("out-less", 9),
        ("out-less-1", 6),
        ("dim-1", 6),
    ],
)
def test_a_difference_of_names_is_arithmetic(size: str, params: int) -> None:
    assert archcalc.loads(NET.format(size=size)).analyze().total.params == params


@pytest.mark.parametrize("size", ["max-pool", "out-of-reach"])
def test_other_texts_with_a_hyphen_are_words(size: str) -> None:
    with pytest.raises(ArchcalcError, match=f"not {size!r}"):
        archcalc.loads(NET.format(size=size)).analyze()
