"""The networks that stand for all: one of each family, and every kind of layer."""

from __future__ import annotations

import pytest
from samples import FEW

import archcalc
from archcalc.language.library import shipped


def test_the_few_are_networks_of_every_family() -> None:
    """Blocks alone have a family too."""
    paths = shipped()
    assert {paths[name].parent for name in FEW} == {p.parent for p in paths.values()}


@pytest.mark.long
def test_the_few_have_every_kind_of_layer_that_a_network_has() -> None:
    kinds = {
        name: {node.layer.key for node in archcalc.load(name).graph.nodes}
        for name in shipped()
    }
    few = set().union(*(kinds[name] for name in FEW))
    assert {name: left for name, keys in kinds.items() if (left := keys - few)} == {}
