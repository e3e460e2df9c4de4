"""The peak of inference lies between its bounds, in every number format."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from random import Random

import pytest
from differential import written
from layer_cases import EXAMPLES, Case
from layers_alone import alone

import archcalc
from archcalc import Analysis
from archcalc.figures.formats import DTYPES


def check(analysis: Analysis) -> None:
    """Hold the peak and the orders of branches against the bounds."""
    for dtype, inplace in product(DTYPES, (True, False)):
        setting = replace(analysis.setting, dtype=dtype, inplace=inplace)
        memory = Analysis(analysis.name, analysis.graph, setting).memory
        lower, upper, *_ = memory.bounds
        assert lower <= memory.peak_inference <= upper, (dtype, inplace)
        assert memory.peak_inference <= memory.peak_keeping_inputs <= upper
        if memory.orders is not None:
            assert lower <= memory.orders.best <= memory.orders.worst <= upper


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: case.text)
def test_a_layer_alone(case: Case) -> None:
    check(alone(case, batch=2))


def test_random_networks() -> None:
    checked = 0
    for number in range(60):
        text = json.dumps(written(Random(f"bounds.{number}"), 12))
        try:
            network = archcalc.loads(text)
            analysis = network.analyze(batch=1 + number % 3)
            _ = analysis.graph
        except archcalc.ArchcalcError:
            continue
        check(analysis)
        checked += 1
    assert checked > 30


def test_a_pool_whose_indices_are_more_than_its_output() -> None:
    """192·28·28 values of 4 bytes come in and leave, and 8 bytes for each index."""
    text = "{name: p, input: [192, 28, 28], layers: [{maxpool: 3, stride: 1, pad: 1}]}"
    memory = archcalc.loads(text).analyze().memory
    assert memory.peak_inference == 192 * 28 * 28 * (4 + 4 + 8) == 2_408_448
    assert memory.bounds[:2] == (2_408_448, 2_408_448)


@pytest.mark.parametrize("name", ["googlenet", "unet", "vit:ti-16", "efficientnet"])
def test_shipped_networks(name: str) -> None:
    check(archcalc.load(name).analyze())
