"""Sums of ranges by difference against sums node by node."""

from __future__ import annotations

import pytest

from archcalc.figures.tally import SHORT, Tally
from archcalc.network.network import load

NAMES = ("resnet50", "googlenet", "densenet121", "fractalnet-cifar", "nasnet-a-mobile")


def tally(name: str, input: str | None = None) -> Tally:
    return load(name, input=input).analyze().tally


@pytest.mark.parametrize("name", NAMES)
def test_a_long_range_is_the_sum_of_its_nodes(name: str) -> None:
    network = load(name)
    analysis = network.analyze()
    for group in network.graph.groups:
        nodes = range(group.first, group.end)
        assert analysis.figures(nodes) == analysis.figures(list(nodes))
    assert max(g.end - g.first for g in network.graph.groups) > SHORT


def test_names_are_summed_one_by_one() -> None:
    symbolic = tally("resnet50", "3,H,W")
    assert not symbolic.numbers
    whole = range(len(symbolic.counts))
    assert symbolic.sums(whole) == symbolic.sums(list(whole))


def test_nothing_sums_to_nothing() -> None:
    assert set(tally("resnet50").sums([])) == {0}
