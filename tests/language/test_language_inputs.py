"""Blocks that take several tensors, and repeats that hand them on."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import SpecError

CELL = """
name: net
input: [1, 4, 4]
blocks:
  cell:
    inputs: [now, before]
    params: {extra: 0}
    layers:
      - concat:
          now: [{identity: , from: now}]
          before: [{identity: , from: before}]
  plain: {layers: [{conv: cin, kernel: 1}]}
layers:
  - {name: a, conv: 2, kernel: 1}
  - {name: b, conv: 3, kernel: 1}
"""


def channels(steps: str) -> int:
    """Return the output channels of CELL with these steps after `a` (2) and `b` (3)."""
    network = archcalc.loads(
        CELL + "".join(f"  - {{{s}}}\n" for s in steps.split("; "))
    )
    size = network.analyze().output[0]
    assert isinstance(size, int)
    return size


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("use: cell, from: [b, a]", 5),
        ("use: cell, from: [b, b]", 6),
        # 3, 2 -> 5, 3 -> 8, 5 -> 13: what leaves becomes the first input.
        ("name: c, use: cell, from: [b, a], repeat: 3", 13),
        ("name: c, use: cell, from: [b, a], repeat: 3; identity: , from: c.now", 8),
        ("name: c, use: cell, from: [b, a], repeat: 3; identity: , from: c.before", 5),
        ("name: c, use: cell, from: [b, a]; identity: , from: c.before", 2),
        ("name: c, use: cell, from: [b, a], repeat: 3; identity: , from: c.1.now", 3),
        ("use: plain, from: a", 2),
    ],
)
def test_inputs_of_a_block(steps: str, expected: int) -> None:
    assert channels(steps) == expected


@pytest.mark.parametrize(
    ("steps", "given"),
    [("use: cell", 1), ("use: cell, from: a", 1), ("use: cell, from: [a, b, a]", 3)],
)
def test_a_block_needs_its_inputs(steps: str, given: int) -> None:
    with pytest.raises(SpecError) as caught:
        channels(steps)
    (problem,) = caught.value.problems
    assert problem.code == "AC155"
    assert problem.message == f"the block takes 2 inputs, {given} are given"
    assert problem.help == "from: a list of names for now, before"
