"""Counters of other frameworks, as `tests/tools/apart.py` recorded them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import layer_cases
import pytest
from layer_cases import Case

from archcalc.figures.conventions import View, convention, counted
from archcalc.layers.base import numel

RECORDED = Path(__file__).parents[1] / "data" / "counted_apart.json"
SAID = {
    name: entry["layers"]
    for name, entry in json.loads(RECORDED.read_text(encoding="utf-8")).items()
}


def view(case: Case, batch: int = 1) -> View:
    work = case.layer.work(case.output, *case.inputs)
    return View(case.layer, case.inputs, case.output, work, batch)


@pytest.mark.parametrize("text", SAID["paddle"])
def test_paddle_counts_as_its_convention(text: str) -> None:
    case = layer_cases.read(text)
    for batch, found in SAID["paddle"][text].items():
        assert [*counted(convention("paddle"), view(case, int(batch)))] == found


def test_every_rule_of_paddle_was_asked() -> None:
    keys = {layer_cases.read(text).layer.key for text in SAID["paddle"]}
    assert {*convention("paddle").operations} - {"*", "made"} <= keys
    assert len(SAID["paddle"]) > 130


CONVOLUTIONS = [
    text
    for text in SAID["jax"]
    if layer_cases.read(text).layer.key in ("conv", "dwconv")
]


def real_products(case: Case) -> Any:
    """Return a convolution's products that are not with padding, one by one."""
    layer, (x,) = case.layer, case.inputs
    sliding: Any = layer.sliding(x)
    found: Any = case.output[0] * (x[0] // layer.group_count(x))
    for axis, (n, places) in enumerate(zip(x[1:], case.output[1:], strict=True)):
        stride, dilation = sliding.stride[axis], sliding.dilation[axis]
        begins = [place * stride - sliding.pads[axis][0] for place in range(places)]  # type: ignore[arg-type]  # a number
        steps = [k * dilation for k in range(sliding.kernel[axis])]
        found *= sum(0 <= at + step < n for at in begins for step in steps)
    return found


def biases(case: Case) -> Any:
    return numel(case.output) if case.layer.bias else 0


@pytest.mark.parametrize("text", CONVOLUTIONS)
def test_jax_counts_no_products_with_padding(text: str) -> None:
    case = layer_cases.read(text)
    assert SAID["jax"][text]["1"] == 2 * real_products(case) + biases(case)


@pytest.mark.parametrize("text", CONVOLUTIONS)
def test_tensorflow_misses_convolutions_with_groups(text: str) -> None:
    case = layer_cases.read(text)
    groups = case.layer.group_count(*case.inputs)
    seen = case.layer.key == "dwconv" or groups == 1
    products = view(case).work["mac"] if seen else 0
    assert SAID["tensorflow"][text]["1"] == 2 * products + biases(case)


def test_both_count_one_step_of_a_recurrent_layer() -> None:
    text = "{rnn: 6} @ 5x8"
    step = 2 * 6 * (8 + 6)
    assert 5 * step == 2 * view(layer_cases.read(text)).work["mac"]
    assert step < SAID["tensorflow"][text]["1"] < 2 * step
    assert step < SAID["jax"][text]["1"] < 2 * step


@pytest.mark.parametrize("name", ["tensorflow", "jax"])
def test_linear_layers_count_as_the_page_says(name: str) -> None:
    asked = [layer_cases.read(text) for text in SAID[name]]
    linear = [case for case in asked if case.layer.key in ("fc", "linear")]
    assert len(linear) > 3
    for case in linear:
        found = SAID[name][case.text]["1"]
        assert found == 2 * view(case).work["mac"] + biases(case)
