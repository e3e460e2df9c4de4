"""Each convention against the tool that it is named after, equal to the digit.

Every kind of layer, with every example of it, and whole networks: the tools run on the
torch build of the same network. `pytest -m peers` runs these alone; `tests/oracles/peers.py`
says what they need.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import more_counters
import pytest
import torch
from counted_layers import CASES, alone
from independent import torchvision_model
from layer_cases import Case
from peers import COUNTERS, NETWORKS, ON_CPU, ON_META, Counted, count, said
from torch import Tensor, nn
from torch.nn import functional

import archcalc
from archcalc.figures.conventions import CONVENTIONS
from archcalc.figures.counted import Setting
from archcalc.graph.graph import Graph
from archcalc.network.analysis import Analysis
from archcalc.network.counters.steps import by_step, inputs_for, stepped
from archcalc.network.counters.tools import TOOLS

pytestmark = pytest.mark.peers


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Threads that wait for each other take longer than these few products."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# -- the same network in torch ---------------------------------------------------------


def ours(graph: Graph, convention: str, batch: int = 1) -> Counted:
    total = Analysis("t", graph, Setting(batch, convention=convention)).total
    operations, params = total.operations, total.reported_params
    assert isinstance(operations, int)
    assert isinstance(params, int)
    return Counted(operations, params)


def theirs(
    graph: Graph, conventions: Sequence[str], batch: int = 1
) -> dict[str, Counted]:
    """Return what several counters say, all of which run on the same device.

    Every step has a module of its own; what a counter says of it must be what its
    convention makes of it.
    """
    device = TOOLS[conventions[0]].device
    module, inputs = inputs_for(stepped(graph), graph, device, batch)
    found = {}
    for name in conventions:
        here = said(name, module, inputs)
        *steps, outside = by_step(module, here)
        alone = counted_alone(graph, module, name, batch)
        assert [count.total() for count in steps] == alone
        assert outside.total() == 0
        found[name] = Counted(here.operations, here.params)
    return found


def counted_alone(graph: Graph, module: Any, convention: str, batch: int) -> list[int]:
    """Return the operations of each step, with those that run the same module."""
    facts = Analysis("t", graph, Setting(batch, convention=convention)).facts
    sums = [0] * len(graph.nodes)
    for node, holder, fact in zip(graph.nodes, module.holders, facts, strict=True):
        sums[holder] += 0 if node.aux else int(fact.operations)
    return sums


def both(
    graph: Graph, conventions: Sequence[str], batch: int = 1
) -> tuple[dict[str, Counted], dict[str, Counted]]:
    mine = {c: ours(graph, c, batch) for c in conventions}
    return mine, theirs(graph, conventions, batch)


def placed(
    convention: str, module: nn.Module, inputs: Sequence[Tensor]
) -> tuple[nn.Module, list[Tensor]]:
    """Return a module and its inputs where the tool needs them."""
    if convention in ON_META:
        return module, [*inputs]
    zeros = [torch.zeros(x.shape, dtype=x.dtype) for x in inputs]
    module = module.to_empty(device="cpu")
    for buffer in module.buffers():
        buffer.zero_()  # an index of positions must point at some
    return module, zeros


# -- layers ----------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
@pytest.mark.parametrize("batch", [1, 2, 3])
def test_every_kind_of_layer_counts_as_the_tools_count_it(
    case: Case, batch: int
) -> None:
    for conventions in (ON_META, ON_CPU):
        mine, others = both(alone(case), conventions, batch)
        assert mine == others


# -- networks --------------------------------------------------------------------------


@pytest.mark.parametrize("conventions", [ON_META, ON_CPU], ids=["meta", "cpu"])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_count_as_the_tools_count_them(
    name: str, conventions: Sequence[str]
) -> None:
    mine, others = both(archcalc.load(name, input=NETWORKS[name]).graph, conventions)
    assert mine == others


# -- a module that others wrote --------------------------------------------------------

PUBLISHED = {
    "fvcore": 4_111_512_576,
    "ptflops": 4_132_436_968,
    "thop": 4_133_742_592,
    "ultralytics-thop": 4_133_742_592,
    "torchinfo": 4_089_238_376,
    "torch": 8_178_368_512,
    "calflops": 8_211_108_352,
    "deepspeed": 8_211_108_352,
}
"""ResNet-50 of torchvision at 224, as people quote it."""


@pytest.mark.parametrize("convention", COUNTERS)
def test_resnet50_of_torchvision_is_ours_without_the_softmax(convention: str) -> None:
    x = torch.empty((1, 3, 224, 224), device="meta")
    found = count(convention, *placed(convention, torchvision_model("resnet50"), [x]))
    analysis = archcalc.load("resnet50:v1.5").analyze(convention=convention)
    softmax = analysis.facts[analysis.graph.output].operations
    assert found.operations == PUBLISHED[convention]
    assert found.operations == analysis.total.operations - softmax
    assert found.params == 25_557_032 == analysis.total.reported_params


class Fused(nn.Module):
    """Attention as one call."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.scaled_dot_product_attention(x, x, x)


class Lone(nn.Module):
    """A matrix times a vector, without a batch."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(5, 8))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight @ x


def test_what_the_paragraphs_say_of_modules_that_are_not_ours() -> None:
    x, steps = torch.zeros(1, 2, 5, 8), torch.zeros(1, 5, 8)
    assert count("fvcore", Fused(), [x]).operations == 0
    assert count("torch", Fused(), [x]).operations == 0
    assert count("torch", Fused(), [x.to("meta")]).operations == 2 * 800
    assert count("ultralytics-thop", Fused(), [x]).operations == 800
    recurrent = nn.LSTM(8, 6, batch_first=True)
    assert count("torch", recurrent, [steps]).operations == 0
    assert count("torch", recurrent.to("meta"), [steps.to("meta")]).operations == 3360
    assert count("torch", Lone(), [torch.zeros(8)]).operations == 0
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    assert count("ptflops", Three(attention), [steps]).operations > 0


class Three(nn.Module):
    """Self-attention of one input."""

    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        self.attention = attention

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.attention(x, x, x)[0]
        return found


def test_every_tool_has_its_convention() -> None:
    own = {"macs", "lecture", "flops"}
    a_program_in_c = {
        "darknet"
    }  # tests/figures/test_conventions.py has what it printed
    elsewhere = {"paddle"}  # tests/figures/test_counted_apart.py has what it said
    tools = {*COUNTERS, *more_counters.RUN, "keras"}
    assert tools | own | a_program_in_c | elsewhere == {*CONVENTIONS}
