"""What must hold whatever the network: batches, orders, processes, locales, rewriting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_networks import Writer
from samples import zoo

import archcalc
from archcalc.graph.graph import Node
from archcalc.graph.paths import depth
from archcalc.network.analysis import Analysis

SOME = (
    "vgg16",
    "googlenet",
    "resnet50",
    "densenet121",
    "efficientnet",
    "mobilenet-v3-large",
    "shufflenet-v2",
    "vit",
    "unet",
    "nasnet-a-mobile",
)


def figures(analysis: Analysis) -> dict[str, Any]:
    total = analysis.total
    names = ("params", "weights", "biases", "buffers", "macs", "flops")
    return {**{n: getattr(total, n) for n in names}, "shape": analysis.output}


@pytest.mark.parametrize("name", zoo())
def test_rows_sum_to_the_total(name: str) -> None:
    analysis = archcalc.load(name).analyze()
    for rows in (analysis.rows, analysis.ops):
        inside = [row for row in rows if not row.aux]
        for figure in ("params", "weights", "biases", "macs", "flops", "activations"):
            assert sum(getattr(row, figure) for row in inside) == getattr(
                analysis.total, figure
            )


@pytest.mark.parametrize("name", SOME)
def test_a_batch_scales_operations_and_activations_alone(name: str) -> None:
    network = archcalc.load(name)
    one, seven = network.analyze().total, network.analyze(batch=7).total
    for figure in ("macs", "flops", "activations", "activation_bytes"):
        assert getattr(seven, figure) == 7 * getattr(one, figure)
    for figure in ("params", "weights", "biases", "norms", "buffers"):
        assert getattr(seven, figure) == getattr(one, figure)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_branches_in_another_order_change_no_total(random: Random) -> None:
    spec = Writer(random, wrong=0).network(10)
    try:
        before = figures(archcalc.loads(json.dumps(spec)).analyze())
    except archcalc.ShapeError:
        assume(False)
    turned = json.dumps(reordered(spec, random))
    after = figures(archcalc.loads(turned).analyze())
    assert before == after


def reordered(value: Any, random: Random) -> Any:
    """Return a spec with the branches of its concats and sums in another order."""
    if isinstance(value, list):
        return [reordered(v, random) for v in value]
    if not isinstance(value, dict):
        return value
    turned = {k: reordered(v, random) for k, v in value.items()}
    for kind in ("concat", "add"):
        if isinstance(turned.get(kind), dict):
            branches = list(turned[kind].items())
            random.shuffle(branches)
            turned[kind] = dict(branches)
    return turned


SETTINGS = [
    {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "4242"},
    {"LC_ALL": "C"},
    {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    {"TZ": "Pacific/Kiritimati"},
    {"PYTHONUTF8": "0", "LC_ALL": "C.UTF-8"},
]


def test_every_process_and_locale_prints_the_same() -> None:
    printed = set()
    for change in SETTINGS:
        for words in (["table", "googlenet", "-f", "json"],):
            done = subprocess.run(
                [sys.executable, "-m", "archcalc", *words],
                env={**os.environ, **change},
                capture_output=True,
                check=True,
            )
            printed.add(done.stdout)
    assert len(printed) == 1


def flat(analysis: Analysis) -> dict[str, Any]:
    """Return a spec with every node of a graph as a step of its own."""
    graph = analysis.graph
    inputs = {f"x{i}": [str(n) for n in graph.nodes[i].shape] for i in graph.inputs}
    main = [node for node in graph.nodes if not node.aux]
    steps = [step_of(node) for node in main if node.layer.key != "input"]
    if graph.output != len(graph.nodes) - 1:
        steps.append({"identity": None, "from": f"x{graph.output}"})
    return {"name": "flat", "input": inputs, "layers": steps}


NAMED = {
    2: ("from", "mask"),
    3: ("q", "k", "v"),
    4: ("q", "k", "v", "mask"),
}
"""What attention calls its inputs, by their number."""


def step_of(node: Node) -> dict[str, Any]:
    layer = node.layer
    given = {
        k: written(v) for k, v in layer.items() if v != getattr(type(layer), k, None)
    }
    entering = [f"x{i}" for i in node.inputs]
    step: dict[str, Any] = {"name": f"x{node.index}"}
    named: tuple[str, ...] = ()
    if layer.key == "attention":
        named = NAMED.get(len(entering), ())
    elif layer.named_inputs:
        named = ("from", *layer.named_inputs)
    if named:
        step[layer.key] = given.pop(layer.principal)
        step |= dict(zip(named, entering, strict=True))
    elif layer.arity == 0:
        step[layer.key] = given.pop(layer.principal)
    elif layer.arity != 1:
        step[layer.key] = entering
    else:
        step[layer.key] = given.pop(layer.principal, None) if layer.principal else None
        step["from"] = entering[0]
    if node.share is not None:
        step["share"] = f"x{node.share}"
    return {**step, **given}


def written(value: Any) -> Any:
    """Return an argument as it is written in a spec."""
    if isinstance(value, tuple):
        return [written(v) for v in value]
    return str(value) if isinstance(value, Fraction) else value


@pytest.mark.parametrize("name", zoo())
def test_written_out_and_read_again_is_the_same_network(name: str) -> None:
    """Blocks, repeats and branches say nothing that the nodes do not."""
    before = archcalc.load(name).analyze()
    after = archcalc.loads(json.dumps(flat(before))).analyze()
    assert figures(before) == figures(after)


@pytest.mark.parametrize(
    ("first", "second"), [("width=0.5", "size=192"), ("depth=2", "width=2")]
)
def test_params_are_set_in_any_order(first: str, second: str) -> None:
    def total(*settings: str) -> Any:
        pairs = dict(s.split("=") for s in settings)
        return figures(archcalc.load("efficientnet", set=pairs).analyze())

    assert total(first, second) == total(second, first)


def test_a_variant_is_its_params() -> None:
    spec = archcalc.load("efficientnet").spec
    assert spec.variants
    for variant, params in spec.variants.items():
        chosen = archcalc.load(f"efficientnet:{variant}")
        told = archcalc.load("efficientnet", set={k: str(v) for k, v in params.items()})
        assert figures(chosen.analyze()) == figures(told.analyze())
        assert depth(chosen.graph) == depth(told.graph)
