"""Every figure of the lectures that a shipped network answers, right ones and wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

import archcalc
from archcalc.checks.claims.expectations import measure, read_claim
from archcalc.network.analysis import Analysis

ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "lecture_figures.yaml").read_text(
        encoding="utf-8"
    )
)


def analyzed(name: str, **setting: Any) -> Analysis:
    return archcalc.load(name).analyze(**setting)


def layer(a: Analysis, at: str) -> Any:
    return a.graph.nodes[a.row(at).nodes[0]]


def sides(a: Analysis) -> list[Any]:
    names = ("conv1", "conv2", "conv3", "conv4", "conv5", "pool5")
    return [a.row(name).shape[-1] for name in names]


def percent(part: Any, whole: Any) -> int:
    return round(100 * Fraction(part, whole))


def rows_of(a: Analysis, *names: str) -> list[archcalc.Row]:
    return [a.row(name) for name in names]


SPECIAL: dict[str, Callable[[Analysis, str], Any]] = {
    "order": lambda a, _: [
        a.graph.nodes[r.nodes[0]].layer.key for r in a.rows if r.name != "input"
    ],
    "per_group_shape": lambda a, at: [a.row(at).shape[0] // 2, *a.row(at).shape[1:]],
    "kernel_depth": lambda a, at: layer(a, at).layer.weights(
        *a.graph.input_shapes(layer(a, at))
    )["weight"][1],
    "kernel": lambda a, at: [layer(a, at).layer.kernel, layer(a, at).layer.stride],
    "channels": lambda a, at: a.row(at).shape[0],
    "kept_activations": lambda a, _: (
        analyzed(a.name, inplace=False).total.activations
        - sum(
            r.figures.activations
            for r in analyzed(a.name, inplace=False).ops
            if r.label == "softmax" or r.label.startswith("dropout")
        )
    ),
    "conv_rows": lambda a, _: sum(r.label.startswith("conv") for r in a.rows),
    "weights_without_conv3-3": lambda a, _: a.total.weights - a.row("conv3-3").weights,
    "early_share": lambda a, _: percent(
        sum(r.activations for r in rows_of(a, "conv1-1", "conv1-2")),
        a.total.activations,
    ),
    "late_share": lambda a, _: percent(a.row("fc6").weights, a.total.weights),
    "params_without_fc": lambda a, _: a.total.params - a.row("fc").params,
    "heads": lambda a, _: sum(g.kind == "aux" for g in a.graph.groups),
    "sides": lambda a, _: sides(a),
    "norm_params": lambda a, at: a.row(at).figures.norms,
}


def computed(row: dict[str, Any]) -> Any:
    analysis = analyzed(row["net"])
    if row["metric"] in SPECIAL:
        return SPECIAL[row["metric"]](analysis, row.get("at", ""))
    value = measure(analysis, row["metric"], row.get("at"))
    return list(value) if isinstance(value, tuple) else value


def named(row: dict[str, Any]) -> str:
    return f"{row['net']}-{row.get('at', 'all')}-{row['metric']}-{row['verdict']}"


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_exact_value(row: dict[str, Any]) -> None:
    """What the rules give is the exact value, whatever the slide says."""
    assert computed(row) == row["exact"]


@pytest.mark.parametrize("row", [r for r in ROWS if "claim" in r], ids=named)
def test_printed_figure(row: dict[str, Any]) -> None:
    """A figure that agrees is met; an erratum is not, nor is a loose one."""
    value = computed(row)
    claim = read_claim(
        [str(c) for c in row["claim"]]
        if isinstance(row["claim"], list)
        else row["claim"]
    )
    tolerance = Fraction(row["tol"].rstrip("%")) / 100 if "tol" in row else None
    met = claim.holds(tuple(value) if isinstance(value, list) else value, tolerance)
    assert met is (row["verdict"] == "agrees")


def test_ratios_of_the_lectures() -> None:
    """12x and 27x fewer parameters than AlexNet and VGG-16 need the 5M figure."""
    googlenet = analyzed("googlenet").total.params
    assert round(analyzed("alexnet-2gpu").total.params / googlenet, 1) == 8.7
    assert round(analyzed("vgg16").total.params / googlenet, 1) == 19.8


def test_decrease_from_naive_to_bottleneck() -> None:
    """The slide says that 33k is decreased from 108k; the true sums give 3.15x."""
    naive = analyzed("naive-inception").total.weights
    assert round(naive / analyzed("bottleneck-inception").total.weights, 2) == 3.15
