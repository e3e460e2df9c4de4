"""Axes of a sweep that are no params of the file."""

from __future__ import annotations

from typing import Any

import pytest

import archcalc
from archcalc.errors import UsageError
from archcalc.network.network import loads
from archcalc.network.network import network as network_of
from archcalc.source.parser import parse
from archcalc.sweeps.axes import axes_of, value_of

NET = """
name: net
input: [%s]
params: {c: 3, size: 16, s: 1}
variants: {small: {size: 8}}
layers:
  - {conv: 4, kernel: 3, stride: s}
  - {upsample: 2, when: size < 10}
  - {fc: 10}
"""
INPUTS = {
    "a param that all sides are": ("c, size, size", "size"),
    "numbers": ("c, 16, 16", "input"),
    "one side": ("c, size, 16", "input"),
    "arithmetic": ("c, 2*size, 2*size", "input"),
    "a signal": ("c, size", None),
    "a volume": ("2, size, size, size", "size"),
}


@pytest.mark.parametrize(("sizes", "meant"), INPUTS.values(), ids=INPUTS)
def test_resolution_sets_the_sides_of_the_input(sizes: str, meant: str | None) -> None:
    """Every row is what the network gives alone with that input, or that param."""
    text = NET % sizes
    net = loads(text)
    over: dict[str, Any] = {"s": [1, 2], "resolution": [7, 9, 20]}
    if meant is None:
        assert "resolution" not in axes_of(net)
        with pytest.raises(UsageError, match="AC580"):
            archcalc.sweep(net, over)
        return
    found = archcalc.sweep(net, over, figures=["params", "macs"])
    assert found.columns[:2] == ("s", "resolution")
    rows = list(found)
    assert [row[:2] for row in rows] == [(s, r) for s in (1, 2) for r in (7, 9, 20)]
    (entered,) = net.input_shapes.values()
    for s, side, params, macs in rows:
        settings = {"s": s, **({"size": side} if meant == "size" else {})}
        input = None if meant == "size" else (entered[0], *[side] * (len(entered) - 1))
        alone = network_of(parse(text, "a"), settings=settings, input=input)
        total = alone.analyze().total
        assert (params, macs) == (total.params, total.macs)


def test_resolution_and_channels_vary_together() -> None:
    net = loads(NET % "c, 16, 16")
    found = archcalc.sweep(net, {"c": [1, 5], "resolution": [8]}, figures=["weights"])
    assert list(found) == [(1, 8, 9 * 4 + 1440), (5, 8, 9 * 4 * 5 + 1440)]


def test_a_param_of_that_name_comes_first() -> None:
    text = (
        "name: a\ninput: [1, 8, 8]\nparams: {resolution: 4}\nlayers: [{fc: resolution}]"
    )
    rows = archcalc.sweep(loads(text), {"resolution": [1, 2]}, figures=["weights"])
    assert list(rows) == [(1, 64), (2, 128)]
    assert value_of(loads(text), "resolution") == 4


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"resolution": [8], "size": [8]}, "resolution and size both set size of net"),
        ({"resolution": []}, "resolution has no value to sweep over"),
        ({}, "nothing to sweep over"),
        ({"sise": [1]}, "net has no param 'sise' to sweep over"),
        ({"variant": ["small", "al"]}, "net has no variant 'al'"),
    ],
)
def test_axes_that_do_not_go(over: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        archcalc.sweep(loads(NET % "c, size, size"), over)
    assert caught.value.problems[0].message == said


def test_an_input_that_is_given_comes_before_a_param() -> None:
    net = network_of(parse(NET % "c, size, size", "a"), input="2x12x12")
    assert value_of(net, "resolution") == 12
    found = archcalc.sweep(net, {"resolution": [8]}, figures=["weights"])
    assert list(found) == [(8, 9 * 4 * 2 + 1440)]


def test_sides_that_differ_have_no_resolution_of_their_own() -> None:
    net = network_of(parse(NET % "c, size, size", "a"), input="2x12x14")
    assert value_of(net, "resolution") is None
    assert value_of(loads(NET % "c, size"), "resolution") is None
