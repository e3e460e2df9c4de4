"""Connections of dense blocks: L layers in a row have L(L+1)/2."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.graph.paths import connections
from archcalc.network.named_figures import measure

TWO_BLOCKS = """
name: net
input: [8, 6, 6]
blocks:
  dense:
    layers:
      - concat: {kept: identity, new: [bn, {conv: 4, kernel: 3, pad: 1}]}
layers:
  - {name: a, use: dense, repeat: 3}
  - {name: between, conv: 8, kernel: 1}
  - {name: b, use: dense, repeat: 4}
"""


@pytest.mark.parametrize("layers", range(1, 8))
def test_the_formula_of_the_lecture(layers: int) -> None:
    graph = archcalc.load("dense-block", set={"layers": layers}).graph
    assert connections(graph, range(len(graph.nodes))) == layers * (layers + 1) // 2


@pytest.mark.parametrize(
    ("at", "count"), [("a", 6), ("b", 10), ("between", 0), (None, 16), ("b.2", 1)]
)
def test_blocks_count_apart(at: str | None, count: int) -> None:
    assert measure(archcalc.loads(TWO_BLOCKS).analyze(), "connections", at) == count


@pytest.mark.parametrize("name", ["vgg16", "googlenet", "resnet50"])
def test_networks_without_dense_layers_have_none(name: str) -> None:
    assert measure(archcalc.load(name).analyze(), "connections") == 0


def test_two_new_branches_are_two_sources() -> None:
    text = TWO_BLOCKS.replace("new: [bn", "other: [relu], new: [bn")
    assert measure(archcalc.loads(text).analyze(), "connections", "a") == 1 + 3 + 5
