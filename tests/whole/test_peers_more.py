"""Conventions against counters that archcalc does not run itself: as `test_peers.py`."""

from __future__ import annotations

import json
import warnings

import pytest
import torch
from counted_layers import CASES, alone
from layer_cases import Case, read
from more_counters import RUN, count
from operators import OPERATORS, RECORDED, Operator, counts
from peers import Counted
from peers import count as count_here
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.figures.conventions import CONVENTIONS, View, spelled
from archcalc.figures.counted import Setting
from archcalc.graph.graph import Graph
from archcalc.network.analysis import Analysis
from archcalc.network.counters.steps import inputs_for, stepped

pytestmark = pytest.mark.peers


def compare(graph: Graph, batch: int) -> None:
    for name in RUN:
        theirs = count(name, *inputs_for(stepped(graph), graph, "cpu", batch))
        total = Analysis("t", graph, Setting(batch, convention=name)).total
        assert (name, theirs) == (
            name,
            Counted(total.operations, total.reported_params),  # type: ignore[arg-type]  # numbers
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
@pytest.mark.parametrize("batch", [1, 2, 3])
def test_every_kind_of_layer_counts_as_the_tools_count_it(
    case: Case, batch: int
) -> None:
    compare(alone(case), batch)


NETWORKS = {
    "alexnet-2gpu": None,
    "googlenet": "3x96x96",
    "mobilenet-v3-small": "3x96x96",
    "resnet50:v1.5": "3x96x96",
    "se-resnet50": "3x64x64",
    "densenet121": "3x64x64",
    "convnext": "3x64x64",
    "unet": "3x188x188",
    "hrnet-w18": "3x64x64",
    "vit:ti-16": None,
    "swin": None,
    "mlp-mixer": None,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_count_as_the_tools_count_them(name: str) -> None:
    compare(archcalc.load(name, input=NETWORKS[name]).graph, 2)


# -- layers that are written otherwise -------------------------------------------------

WRITTEN = (
    ("{conv: 8, kernel: 3, pad: same} @ 3x9x10", "nn.Conv2d(3, 8, 3, padding='same')"),
    ("{conv: 8, kernel: 4, pad: same} @ 3x9x10", "nn.Conv2d(3, 8, 4, padding='same')"),
    (
        "{conv: 6, kernel: [2, 3], pad: same, dilation: 3, groups: 3} @ 3x9x10",
        "nn.Conv2d(3, 6, (2, 3), padding='same', dilation=3, groups=3)",
    ),
    (
        "{conv: 8, kernel: 3, stride: 2, bias: false} @ 3x9x10",
        "nn.Conv2d(3, 8, 3, 2, padding='valid', bias=False)",
    ),
    ("{conv: 4, kernel: 4, pad: same} @ 3x9", "nn.Conv1d(3, 4, 4, padding='same')"),
    ("{upsample: 3/2} @ 8x5x7", "nn.Upsample(size=(7, 10))"),
    ("{resize: 8} @ 8x4x4", "nn.Upsample(size=(8, 8))"),
)


@pytest.mark.parametrize(("text", "code"), WRITTEN)
@pytest.mark.parametrize("batch", [1, 3])
def test_the_same_layer_written_otherwise(text: str, code: str, batch: int) -> None:
    case = read(text)
    module: nn.Module = nn.Sequential(eval(code))
    x = torch.zeros(batch, *case.inputs[0])  # type: ignore[arg-type]  # numbers
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an even kernel: the input is copied
        assert module(x).shape[1:] == case.output
    work = case.layer.work(case.output, *case.inputs)
    view = View(case.layer, case.inputs, case.output, work, batch)
    for name in ("fvcore", "mmengine", "calflops", "deepspeed"):
        run = count if name in RUN else count_here
        for spelling in CONVENTIONS[name].spellings:
            expected = spelled(spelling, view)
            if expected is not None:
                assert (name, run(name, module, [x]).operations) == (name, expected)


# -- operators that no layer is --------------------------------------------------------


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda one: one.code)
def test_operators_are_counted_as_recorded(operator: Operator) -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))[operator.code]
    assert recorded == {"macs": operator.macs, **counts(operator)}


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_grouped_convolutions_in_training(groups: int) -> None:
    layer = nn.Conv2d(8, 8, 3, groups=groups, bias=False)
    x = torch.zeros(1, 8, 8, 8, requires_grad=True)

    def flops(run: Tensor | None) -> int:
        with FlopCounterMode(display=False) as counter:
            y = layer(x)
            if run is None:
                y.sum().backward()
        return counter.get_total_flops()

    assert flops(None) == flops(x) * (2 + groups)


def test_what_torch_s_counter_sees_on_the_cpu() -> None:
    steps, q, wide = (
        torch.zeros(1, 5, 8),
        torch.zeros(1, 2, 5, 8),
        torch.zeros(1, 2, 5, 16),
    )

    class Attention(nn.Module):
        def forward(self, q: Tensor, v: Tensor) -> Tensor:
            return nn.functional.scaled_dot_product_attention(q, q, v)

    found = {
        "LSTM": count_here("torch", nn.LSTM(8, 6, batch_first=True), [steps]),
        "GRU": count_here("torch", nn.GRU(8, 6, batch_first=True), [steps]),
        "RNN": count_here("torch", nn.RNN(8, 6, batch_first=True), [steps]),
        "attention": count_here("torch", Attention(), [q, q]),
        "wider values": count_here("torch", Attention(), [q, wide]),
    }
    assert {name: each.operations for name, each in found.items()} == {
        "LSTM": 0,
        "GRU": 2 * 5 * 18 * (8 + 6),
        "RNN": 2 * 5 * 6 * (8 + 6),
        "attention": 0,
        "wider values": 2 * 2 * 5 * 5 * (8 + 16),
    }


def test_a_lone_leaf_has_no_parameters_for_thop() -> None:
    leaf, x = nn.Conv2d(3, 4, 3), [torch.zeros(1, 3, 8, 8)]
    assert count_here("thop", leaf, x) == Counted(3888, 0)
    assert count_here("thop", nn.Sequential(leaf), x) == Counted(3888, 112)
    assert count_here("ultralytics-thop", leaf, x) == Counted(3888, 112)
