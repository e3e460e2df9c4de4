"""The shipped classifiers take another number of classes, and nothing else changes."""

from __future__ import annotations

import pytest
from samples import zoo

import archcalc

PUBLISHED = {"resnet50": 23_528_522, "vgg16": 134_301_514, "vit": 85_806_346}
"""Parameters with 10 classes: 1000 · (fan-in + 1) less, 10 · (fan-in + 1) more."""


CONDITIONED = {"dit"}
"""Networks whose classes go in, as what an image is to show."""
BESIDE = {"detr": 1, "faster-rcnn": 1, "mask-rcnn": 1, "yolov3": 5}
"""What stands beside the classes of the data: "no object", the background, a box."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_with_ten_classes(name: str) -> None:
    assert (
        archcalc.load(name, set={"classes": 10}).analyze().total.params
        == (PUBLISHED[name])
    )


@pytest.mark.parametrize("name", zoo())
def test_only_the_last_layer_changes(name: str) -> None:
    network = archcalc.load(name)
    if "classes" not in network.spec.params or name in CONDITIONED:
        pytest.skip("no classifier")
    before = network.analyze()
    after = archcalc.load(name, set={"classes": 7}).analyze()
    assert 7 + BESIDE.get(name, 0) in after.output
    differ = [
        a.shape
        for a, b in zip(before.graph.nodes, after.graph.nodes, strict=True)
        if a.shape != b.shape
    ]
    count = network.params["classes"]
    assert isinstance(count, int)
    assert differ
    counts = {count, count + BESIDE.get(name, 0)}
    assert all(any(size % n == 0 for size in s for n in counts) for s in differ)
