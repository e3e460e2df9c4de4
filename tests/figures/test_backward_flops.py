"""The arithmetic of a step of training against torch's own counter, without tolerance."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
import torch
from layer_cases import EXAMPLES, Case
from layers_alone import alone
from samples import long_unless
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc import Analysis
from archcalc.graph.graph import Graph
from archcalc.network.named_figures import measure
from archcalc.network.torch_network import build

MULTIPLY = [
    case for case in EXAMPLES if case.layer.work(case.output, *case.inputs).get("mac")
]
"""The layers that torch's counter sees."""


def counted(graph: Graph, batch: int) -> tuple[int, int]:
    """Return what torch counts in a forward pass with side heads, and in backward."""
    module: Any = build(graph).train()
    ids = graph.ids
    inputs = []
    for i in graph.inputs:
        kind = torch.int64 if i in ids else torch.float32
        shape = (batch, *graph.nodes[i].shape)
        inputs.append(torch.empty(shape, dtype=kind, device="meta"))
    read = {i for n in graph.nodes for i in n.inputs}
    ends = {n.index for n in graph.nodes if n.aux and n.index not in read}
    ends |= set(graph.outputs)
    with FlopCounterMode(display=False) as counter:
        walked = module.walk(*inputs, aux=True)
        losses = [value.sum() for node, value in walked if node.index in ends]
        forward = counter.get_total_flops()
        learning = [loss for loss in losses if loss.requires_grad]
        if learning:
            torch.stack(learning).sum().backward()
        return forward, counter.get_total_flops() - forward


def check(analysis: Analysis) -> None:
    """Hold a step's figures against torch's, forward and backward each."""
    forward, backward = counted(analysis.graph, analysis.setting.batch)
    setting = replace(analysis.setting, convention="torch")
    by_torch = Analysis(analysis.name, analysis.graph, setting)
    step = measure(by_torch, "training_flops")
    assert step == forward + backward
    assert (
        2 * (measure(analysis, "training_macs") - measure(analysis, "backward_macs"))
        == forward
    )


@pytest.mark.parametrize("case", MULTIPLY, ids=lambda case: case.text)
@pytest.mark.parametrize("trained", ["all", "layer", "before"])
def test_a_layer_alone(case: Case, trained: str) -> None:
    """All is trained, or what multiplies alone, or only the sums before it."""
    analysis = alone(case, batch=2)
    nodes = tuple(
        n._replace(frozen=trained == ("before" if n.layer is case.layer else "layer"))
        for n in analysis.graph.nodes
    )
    whole = analysis.graph.groups, analysis.graph.inputs, analysis.graph.outputs, {}
    check(Analysis("alone", Graph(nodes, *whole), analysis.setting))


@pytest.mark.parametrize("case", MULTIPLY, ids=lambda case: case.text)
def test_some_inputs_need_no_gradient(case: Case) -> None:
    """A factor has one only where something before it is trained."""
    count = len(case.inputs)
    for place in range(count):
        analysis = alone(case, batch=2)
        nodes = tuple(
            n._replace(frozen=n.index != count + place) for n in analysis.graph.nodes
        )
        whole = analysis.graph.groups, analysis.graph.inputs, analysis.graph.outputs, {}
        check(Analysis("alone", Graph(nodes, *whole), analysis.setting))


def test_groups_divide_the_arithmetic_of_backward_as_that_of_forward() -> None:
    """Of a frozen input's gradient and of weights', each output sees its group alone."""
    text = "name: g\ninput: [8, 6, 6]\nlayers: [{conv: 8}, {conv: 8, kernel: 3, groups: G}]"
    for groups in (1, 2, 8):
        analysis = archcalc.loads(text.replace("G}", f"{groups}}}")).analyze()
        inner = 4 * 4 * 8 * 9 * 8 // groups
        first = 6 * 6 * 8 * 8
        assert measure(analysis, "backward_macs") == first + 2 * inner
        assert measure(analysis, "backward_macs", "conv2") == 2 * inner


NETWORKS = (
    *(
        "lenet5",
        "resnet18",
        "mobilenet-v2",
        "googlenet",
        "unet",
        "vit:ti-16",
        "densenet-cifar",
    ),
    *("shufflenet-v2", "efficientnet", "segformer", "gpt2", "dla34", "sknet50", "swin"),
)
FEW = ("lenet5", "mobilenet-v2", "googlenet", "vit:ti-16")


@pytest.mark.parametrize("name", long_unless(FEW.__contains__, NETWORKS))
def test_networks_and_parts_of_them_that_are_frozen(name: str) -> None:
    network = archcalc.load(name)
    check(network.analyze(batch=2))
    graph, random = network.graph, Random(name)
    for share in (0.2, 0.8):
        nodes = tuple(n._replace(frozen=random.random() < share) for n in graph.nodes)
        nodes = tuple(
            n if n.share is None else n._replace(frozen=nodes[n.share].frozen)
            for n in nodes
        )
        whole = graph.groups, graph.inputs, graph.outputs, graph.names
        check(Analysis(name, Graph(nodes, *whole), network.analyze(batch=2).setting))


def test_resnet50() -> None:
    analysis = archcalc.load("resnet50:v1.5").analyze(convention="torch")
    assert measure(analysis, "training_flops") == 24_299_077_632
    assert 2 * measure(analysis, "training_macs") == 24_299_077_632
    assert counted(analysis.graph, 1) == (8_178_368_512, 24_299_077_632 - 8_178_368_512)


def test_checkpoints_run_a_part_again() -> None:
    once = archcalc.load("resnet18").analyze()
    again = archcalc.load("resnet18").analyze(checkpoint="blocks")
    more = measure(again, "training_macs") - measure(once, "training_macs")
    assert more == again.memory.training.extra_macs > 0
    assert measure(again, "backward_macs") == measure(once, "backward_macs")


def test_lora_costs_less_than_training_all() -> None:
    text = """
name: net
input: [7, 16]
layers:
  - {name: a, linear: 16, frozen: true}
  - {name: b, linear: 16, LORA}
  - {name: c, linear: 4, frozen: true}
"""
    tuned = archcalc.loads(text.replace("LORA", "lora: 2")).analyze()
    check(tuned)
    # b: its matrices alone, and the gradient that enters A's input is not needed
    assert measure(tuned, "backward_macs", "b") == 7 * (2 * 16 + 2 * 16 * 2)
    assert measure(tuned, "backward_macs", "a") == 0
    assert measure(tuned, "backward_macs", "c") == 7 * 16 * 4


def test_a_symbol_stays_one() -> None:
    text = (
        "name: net\ninput: [3, H, W]\nlayers: [{conv: 8}, {conv: 4, kernel: 3, pad: 1}]"
    )
    found = measure(archcalc.loads(text).analyze(), "training_macs")
    assert str(found) == "912·H·W"
