"""Depth: weight layers on the longest path, as papers name their networks."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.graph.paths import depth, depths

NAMED = {
    "lenet5": 5,
    "alexnet": 8,
    "alexnet-2gpu": 8,
    "zfnet": 8,
    "vgg11": 11,
    "vgg13": 13,
    "vgg16": 16,
    "vgg19": 19,
    "googlenet": 22,
    "resnet18": 18,
    "resnet34": 34,
    "resnet50": 50,
    "resnet50:v1.5": 50,
    "resnet101": 101,
    "resnet152": 152,
    "se-resnet50": 50,
    "wrn-50-2": 50,
    "resnext50-32x4d": 50,
    "densenet121": 121,
    "densenet169": 169,
    "densenet201": 201,
    "nin-cifar": 9,
    "squeezenet": 18,
    "mobilenet-v1": 28,
    "mobilenet-v2": 53,
    "darknet53": 53,
    "inception-v3": 48,
    "xception": 71,
    "dla34": 34,
}


@pytest.mark.parametrize(("name", "expected"), NAMED.items())
def test_networks_are_as_deep_as_they_are_called(name: str, expected: int) -> None:
    assert depth(archcalc.load(name).graph) == expected


def nodes_of(layers: str, input: str = "[4, 8, 8]") -> dict[str, int]:
    text = f"archcalc: 1\nname: one\ninput: {input}\nlayers:\n{layers}"
    graph = archcalc.loads(text).graph
    found = depths(graph)
    return {node.name: found[node.index] for node in graph.nodes}


def test_parallel_layers_count_once_and_the_longest_counts() -> None:
    found = nodes_of(
        "  - concat:\n"
        "      a: [{conv: 4, kernel: 1}]\n"
        "      b: [{conv: 4, kernel: 1}, {conv: 4, kernel: 1}]\n"
        "  - {conv: 4, kernel: 1}\n"
    )
    assert max(found.values()) == found["conv"] == 3


def test_a_projection_does_not_count() -> None:
    found = nodes_of(
        "  - residual: [{conv: 8, kernel: 1}]\n"
        "    shortcut: [{conv: 8, kernel: 1}, {conv: 8, kernel: 1}]\n"
    )
    assert max(found.values()) == 1


def test_a_gate_does_not_count() -> None:
    found = nodes_of(
        "  - multiply:\n"
        "      x: [identity]\n"
        "      gate: [gap, {conv: 2, kernel: 1}, {conv: 4, kernel: 1}, sigmoid]\n"
    )
    assert [depth for name, depth in found.items() if "multiply" in name][-1] == 0


def test_tables_do_not_count() -> None:
    found = nodes_of(
        "  - {embedding: 10, dim: 12}\n"
        "  - position\n"
        "  - {linear: 36}\n"
        "  - {window_attention: 2, size: 2}\n",
        "[16]",
    )
    assert max(found.values()) == 1


def test_norms_and_activations_do_not_count() -> None:
    assert (
        max(nodes_of("  - {conv: 4, kernel: 1, norm: bn, act: prelu}\n").values()) == 1
    )
