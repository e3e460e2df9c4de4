"""The shipped classifiers take another number of classes, and nothing else changes."""

from __future__ import annotations

import pytest
from samples import zoo

import archcalc

PUBLISHED = {"resnet50": 23_528_522, "vgg16": 134_301_514, "vit": 85_806_346}
"""Parameters with 10 classes: 1000 · (fan-in + 1) less, 10 · (fan-in + 1) more."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_with_ten_classes(name: str) -> None:
    assert (
        archcalc.load(name, set={"classes": 10}).analyze().total.params
        == (PUBLISHED[name])
    )


@pytest.mark.parametrize("name", zoo())
def test_only_the_last_layer_changes(name: str) -> None:
    network = archcalc.load(name)
    if "classes" not in network.spec.params:
        pytest.skip("no classifier")
    before = network.analyze()
    after = archcalc.load(name, set={"classes": 7}).analyze()
    assert 7 in after.output
    differ = {
        a.name
        for a, b in zip(before.graph.nodes, after.graph.nodes, strict=True)
        if a.shape[:1] != b.shape[:1]
    }
    count = network.params["classes"]
    assert {a.shape[0] for a in before.graph.nodes if a.name in differ} == {count}
