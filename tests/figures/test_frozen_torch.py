"""Frozen parts against torch on the CPU: what backward keeps, the peak of a step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from layer_cases import EXAMPLES, Case
from layers_alone import activations_peak, alone, has_bfloat16
from torch_memory import (
    autocast_saved_bytes,
    prepared,
    saved_bytes,
    threads,
    training_peak,
)

import archcalc
from archcalc import Analysis
from archcalc.graph.graph import Graph

ELSEWHERE = ("lstm",)
"""What oneDNN's kernel of an LSTM keeps does not depend on what is frozen."""
LEARNED = [
    case
    for case in EXAMPLES
    if case.layer.weights(*case.inputs) and case.layer.key not in ELSEWHERE
]


WORKSPACE = (
    *(
        "deconv",
        "deform_conv",
        "experts",
        "grn",
        "gru",
        "grid_attention",
        "lookup",
        "prelu",
        "rms",
    ),
    *("rnn", "selective_scan", "window_attention"),
)
"""Layers whose backward makes other tensors than the rules say, trained or frozen."""


@pytest.fixture(autouse=True, scope="module")
def _few_threads() -> Iterator[None]:
    """One where no number is asked for: these tensors are small, threads cost more."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads())
    yield
    torch.set_num_threads(before)


def alone_frozen(case: Case, every: bool = False, **how: Any) -> Analysis:
    """Return a layer behind learned sums, itself frozen, or with `every` all."""
    analysis = alone(case, **how)
    graph = analysis.graph
    nodes = tuple(
        n._replace(frozen=every or n.layer is case.layer) for n in graph.nodes
    )
    whole = graph.groups, graph.inputs, graph.outputs, {}
    return Analysis("alone", Graph(nodes, *whole), analysis.setting)


@pytest.mark.parametrize("case", LEARNED, ids=lambda case: case.text)
def test_a_frozen_layer_through_which_gradients_go(case: Case) -> None:
    analysis = alone_frozen(case, batch=3, inplace=False)
    module = prepared(analysis.graph)
    assert analysis.memory.saved_for_backward == saved_bytes(module, 3)
    if not (case.layer.reads_ids or case.layer.key in WORKSPACE):
        assert activations_peak(analysis) == training_peak(module, 3)


@pytest.mark.parametrize("case", LEARNED, ids=lambda case: case.text)
def test_nothing_is_kept_where_all_is_frozen(case: Case) -> None:
    analysis = alone_frozen(case, every=True, batch=3, inplace=False)
    assert analysis.memory.saved_for_backward == 0
    assert saved_bytes(prepared(analysis.graph), 3) == 0


@pytest.mark.parametrize(
    "case", [c for c in LEARNED if has_bfloat16(c)], ids=lambda case: case.text
)
def test_a_frozen_layer_in_bfloat16(case: Case) -> None:
    analysis = alone_frozen(case, batch=3, inplace=False, dtype="bfloat16")
    module = prepared(analysis.graph, torch.bfloat16)
    theirs = saved_bytes(module, 3, torch.bfloat16)
    assert analysis.memory.saved_for_backward == theirs


RECURRENT = [case for case in EXAMPLES if case.layer.key in ("lstm", "gru", "rnn")]


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
@pytest.mark.parametrize("case", RECURRENT, ids=lambda case: case.text)
def test_a_frozen_recurrent_layer_in_torchs_native_kernel(
    case: Case, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)
    analysis = alone_frozen(case, batch=3, inplace=False, dtype=dtype)
    kind = getattr(torch, dtype)
    theirs = saved_bytes(prepared(analysis.graph, kind), 3, kind)
    assert analysis.memory.saved_for_backward == theirs


# -- networks --------------------------------------------------------------------------

FINE_TUNED = """
archcalc: 1
name: fine-tuned
input: [3, 17, 17]
layers:
  - name: backbone
    frozen: true
    stage:
      - {name: conv1, conv: 8, kernel: 3, stride: 2, pad: 1, bias: false, norm: NORM, act: relu}
      - {name: pool, maxpool: 3, stride: 2, pad: 1}
      - {name: body, repeat: 2, residual: [{conv: 8, kernel: 3, pad: 1, norm: NORM, act: relu}, {dropout: 0.1}]}
  - {name: neck, conv: 4, kernel: 3, norm: bn, act: relu}
  - {name: head, fc: 5}
"""
TOKENS = """
archcalc: 1
name: tokens
input: [9]
layers:
  - {name: words, embedding: 11, dim: 12, frozen: true}
  - {name: encoder, repeat: 2, frozen: FROZEN, residual:
      [{name: norm, ln: }, {name: a, attention: 3, q: {linear: 12}, k: {linear: 12}, v: {linear: 12}LORA}, {linear: 12}]}
  - {name: mlp, residual: [{ln: }, {linear: 24, act: gelu}, {linear: 12}], frozen: FROZEN}
  - {name: head, linear: 7}
"""
LORA = ", lora: {rank: 2, on: [q, v]}"
DROPPED = ", lora: {rank: 2, alpha: 8, dropout: 0.1, on: [q, k, v]}"
TUNED = {
    "a backbone with batch norms": FINE_TUNED.replace("NORM", "bn"),
    "with fixed norms": FINE_TUNED.replace("NORM", "{bn: true, fixed: true}"),
    "with constant norms": FINE_TUNED.replace("NORM", "frozen_bn"),
    "an embedding": TOKENS.replace("FROZEN", "false").replace("LORA", ""),
    "the first block": TOKENS.replace("FROZEN", "i == 1", 1)
    .replace("FROZEN", "false")
    .replace("LORA", ""),
    "LoRA on q and v": TOKENS.replace("FROZEN", "true").replace("LORA", LORA),
    "LoRA with dropout": TOKENS.replace("FROZEN", "true").replace("LORA", DROPPED),
    "LoRA in a trained network": TOKENS.replace("FROZEN", "false").replace(
        "LORA", LORA
    ),
}


@pytest.mark.parametrize("text", TUNED.values(), ids=TUNED)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_every_byte_of_a_network_that_is_tuned(text: str, dtype: str) -> None:
    analysis = archcalc.loads(text).analyze(batch=3, inplace=False, dtype=dtype)
    kind = getattr(torch, dtype)
    module = prepared(analysis.graph, kind)
    assert 0 < analysis.total.frozen < analysis.total.params
    trained = sum(p.numel() for p in module.parameters() if p.requires_grad)
    assert analysis.total.trainable == trained
    assert analysis.memory.saved_for_backward == saved_bytes(module, 3, kind)
    assert activations_peak(analysis) == training_peak(module, 3, kind)


SHIPPED = [
    (
        "detr",
        {"height": 64, "width": 96, "dim": 24, "heads": 3, "mlp": 40, "depth": 2},
        "conv*",
    ),
    ("resnet18", {}, ["conv1", "conv2", "*.bn"]),
    ("vit:ti-16", {"size": 64, "depth": 3}, ["encoder.[12]", "patches"]),
    ("mobilenet-v2", {}, "stage[1-5]"),
    (
        "gpt2",
        {"depth": 2, "width": 24, "heads": 3, "context": 9, "vocabulary": 50},
        "words",
    ),
]


@pytest.mark.parametrize(("name", "settings", "freeze"), SHIPPED)
def test_every_byte_of_shipped_networks(
    name: str, settings: dict[str, int], freeze: Any
) -> None:
    network = archcalc.load(name, set=settings, freeze=freeze, input=SIZES.get(name))
    analysis = network.analyze(batch=2, inplace=False)
    module = prepared(analysis.graph)
    assert analysis.total.frozen > 0
    assert analysis.memory.saved_for_backward == saved_bytes(module, 2)
    assert activations_peak(analysis) == training_peak(module, 2)


SIZES = {"resnet18": "3x33x33", "mobilenet-v2": "3x33x33"}


@pytest.mark.parametrize("name", ["resnet18", "mobilenet-v2"])
def test_mixed_precision_keeps_what_autocast_keeps(name: str) -> None:
    freeze = ["conv1", "conv2", "conv4.*.conv1"] if name == "resnet18" else "stage[1-3]"
    network = archcalc.load(name, freeze=freeze, input=SIZES[name])
    analysis = network.analyze(batch=2, inplace=False, mixed=True)
    theirs = autocast_saved_bytes(prepared(analysis.graph), 2)
    assert analysis.memory.saved_for_backward == theirs


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "rprop"])
def test_no_gradient_and_no_state_of_what_is_frozen(optimizer: str) -> None:
    kinds = {
        "sgd": lambda p: torch.optim.SGD(p, 0.1),
        "momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
        "adam": torch.optim.Adam,
        "rprop": torch.optim.Rprop,
    }
    analysis = archcalc.load("lenet5", freeze="c*").analyze(optimizer=optimizer)
    module = prepared(analysis.graph)
    trained = [p for p in module.parameters() if p.requires_grad]
    made = kinds[optimizer](trained)  # type: ignore[operator]  # each takes parameters
    for parameter in trained:
        parameter.grad = torch.ones_like(parameter)
    made.step()
    state = [v for kept in made.state.values() for v in kept.values()]
    theirs = sum(v.nbytes for v in state if isinstance(v, torch.Tensor))
    static = analysis.memory.static
    assert static.optimizer_state == theirs
    assert static.gradients == sum(p.nbytes for p in trained) < static.parameters
