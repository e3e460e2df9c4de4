"""Stages group steps; the names inside can be used after them, and in repetitions."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import SpecError

AFTER = """
name: net
input: [3, 8, 8]
layers:
  - name: s
    stage:
      - {name: a, conv: 4, kernel: 1}
      - {name: b, conv: 6, kernel: 1}
  - {concat: [a, b]}
"""
TWO_STREAMS = """
name: net
input: [3]
layers:
  - {name: a, linear: 4}
  - {name: b, linear: 4, from: input}
  - name: exchange
    repeat: 3
    stage:
      - {name: left, linear: 4, from: a}
      - {name: right, linear: 4, from: b}
      - {name: a, add: [left, right]}
      - {name: b, subtract: [left, right]}
  - {concat: [a, b]}
"""


def test_a_name_inside_a_stage_is_known_after_it() -> None:
    assert archcalc.loads(AFTER).analyze().output == (10, 8, 8)


def test_a_repetition_names_what_the_one_before_left() -> None:
    graph = archcalc.loads(TWO_STREAMS).graph
    inputs = {n.name: [graph.nodes[i].name for i in n.inputs] for n in graph.nodes}
    assert inputs["exchange.1.left"] == ["a"]
    assert inputs["exchange.1.right"] == ["b"]
    assert inputs["exchange.3.left"] == ["exchange.2.a"]
    assert inputs["exchange.3.right"] == ["exchange.2.b"]
    assert inputs["concat"] == ["exchange.3.a", "exchange.3.b"]


def test_a_block_keeps_its_names() -> None:
    block = AFTER.replace("    stage:", "    residual:")
    block = block.replace("concat: [a, b]", "concat: [a, s]")
    block = block.replace("conv: 4", "conv: 3").replace("conv: 6", "conv: 3")
    with pytest.raises(SpecError, match="no earlier step is named 'a'"):
        archcalc.loads(block).analyze()
