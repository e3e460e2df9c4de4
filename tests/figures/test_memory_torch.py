"""Bytes against torch on the CPU: inference step by step, what backward keeps, peaks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from layer_cases import EXAMPLES, Case, read
from layers_alone import activations_peak, alone, has_bfloat16
from samples import long_unless
from torch import nn
from torch_memory import (
    autocast_saved_bytes,
    checkpointed_peak,
    inference,
    prepared,
    saved_bytes,
    threads,
    training_peak,
)

import archcalc
from archcalc import Analysis
from archcalc.figures.memory.checkpoints import segments
from archcalc.figures.memory.inference import inference as played
from archcalc.figures.memory.storages import Storages
from archcalc.graph.graph import Graph
from archcalc.layers import CATALOGUE

NETWORKS: dict[str, str | None] = {
    "lenet5": None,
    "vgg11": "3x32x32",
    "nin-cifar": None,
    "resnet18": "3x33x33",
    "resnet50:v1.5": "3x33x33",
    "squeezenet": "3x33x33",
    "bottleneck-inception": None,
    "inception-resnet-v1": "3x80x80",
    "densenet-cifar": None,
    "mobilenet-v2": "3x33x33",
    "mobilenet-v3-small": "3x33x33",
    "efficientnet": "3x33x33",
    "shufflenet-v2": "3x64x64",
    "sknet50": "3x33x33",
    "unet": "1x188x188",
    "dla34": "3x64x64",
    "vit:ti-16": "3x64x64",
}
"""Plain, residual, Inception, dense, depthwise with SE, shuffle, U-shaped, attention."""

WITHOUT_BFLOAT16: dict[str, str | None] = {
    "alexnet": "3x67x67",
    "googlenet": "3x112x112",
}
"""torch has no bfloat16 for the average pool inside a local response norm."""

EXPLAINED = {
    "mlp-mixer": "a transposed gradient, made contiguous",
    "convnext": "a gradient of weights whose axes lie in another order, copied",
}
"""Backward workspaces that the rules leave out: torch needs that little more."""


@pytest.fixture(autouse=True, scope="module")
def _few_threads() -> Iterator[None]:
    """One where no number is asked for: these tensors are small, threads cost more."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads())
    yield
    torch.set_num_threads(before)


def analyzed(name: str, input: str | None, **how: Any) -> Analysis:
    return archcalc.load(name, input=input).analyze(**how)


def steps(analysis: Analysis, module: nn.Module, dtype: torch.dtype) -> list[Any]:
    """Return the nodes where torch's live bytes are not ours: none."""
    ours = {m.node: (m.live, m.after) for m in analysis.memory.inference.moments}
    nodes = {n.name: n for n in analysis.graph.nodes}
    wrong = []
    for step in inference(module, analysis.setting.batch, dtype):
        node = nodes[step.name]
        theirs = (step.peak, step.after)
        if node.layer.role != "input" and ours[node.index] != theirs:
            wrong.append((step.name, ours[node.index], theirs))
    return wrong


@pytest.mark.parametrize("name", [*NETWORKS, *WITHOUT_BFLOAT16])
def test_every_byte_in_float32(name: str) -> None:
    shape = {**NETWORKS, **WITHOUT_BFLOAT16}[name]
    analysis = analyzed(name, shape, batch=2, inplace=False)
    module = prepared(analysis.graph)
    assert not steps(analysis, module, torch.float32)
    assert analysis.memory.saved_for_backward == saved_bytes(module, 2)
    theirs = training_peak(module, 2)
    if name in EXPLAINED:
        assert 0 < theirs - activations_peak(analysis) < theirs // 1000
    else:
        assert activations_peak(analysis) == theirs


QUICK = {
    *("lenet5", "resnet18", "squeezenet", "mobilenet-v2", "mobilenet-v3-small"),
    *("shufflenet-v2", "vit:ti-16"),
}
"""Networks that run fast on a CPU without instructions for bfloat16."""


@pytest.mark.parametrize("name", long_unless(QUICK.__contains__, NETWORKS))
def test_every_byte_in_bfloat16_in_place(name: str) -> None:
    analysis = analyzed(name, NETWORKS[name], batch=3, dtype="bfloat16")
    memory = analysis.memory
    module = prepared(analysis.graph, torch.bfloat16, memory.storages.overwriting)
    assert not steps(analysis, module, torch.bfloat16)
    overwriting = memory.training_storages.overwriting
    module = prepared(analysis.graph, torch.bfloat16, overwriting)
    assert memory.saved_for_backward == saved_bytes(module, 3, torch.bfloat16)
    assert activations_peak(analysis) == training_peak(module, 3, torch.bfloat16)


@pytest.mark.parametrize("name", ["convnext", "mlp-mixer"])
def test_what_a_named_workspace_explains(name: str) -> None:
    shape = "3x64x64" if name == "convnext" else "3x32x32"
    analysis = analyzed(name, shape, batch=2, inplace=False)
    module = prepared(analysis.graph)
    assert not steps(analysis, module, torch.float32)
    assert analysis.memory.saved_for_backward == saved_bytes(module, 2)
    theirs = training_peak(module, 2)
    assert 0 <= theirs - activations_peak(analysis) < theirs // 100
    assert name in EXPLAINED


def test_an_input_that_its_caller_holds() -> None:
    analysis = analyzed("squeezenet", "3x64x64", batch=2)
    module = prepared(analysis.graph, inplace=analysis.memory.storages.overwriting)
    theirs = max(s.peak for s in inference(module, 2, hold=True))
    assert analysis.memory.peak_keeping_inputs == theirs


@pytest.mark.parametrize("name", ["resnet18", "mobilenet-v2", "densenet-cifar"])
def test_mixed_precision_keeps_what_autocast_keeps(name: str) -> None:
    analysis = analyzed(name, NETWORKS[name], batch=2, inplace=False, mixed=True)
    theirs = autocast_saved_bytes(prepared(analysis.graph), 2)
    assert analysis.memory.saved_for_backward == theirs


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("vgg11", "stages"),
        ("resnet18", "stages"),
        ("resnet18", "blocks"),
        ("mobilenet-v2", "blocks"),
        ("squeezenet", "blocks"),
        ("densenet-cifar", "stages"),
    ],
)
def test_checkpointing_peaks_as_in_torch(name: str, kind: str) -> None:
    how: dict[str, Any] = {"batch": 4, "inplace": False, "checkpoint": kind}
    analysis = analyzed(name, NETWORKS[name], **how)
    parts = segments(analysis.graph, kind)
    theirs = checkpointed_peak(prepared(analysis.graph), 4, parts)
    assert activations_peak(analysis) == theirs


def test_gradients_that_meet_are_added_in_place_without_a_dispatch_mode() -> None:
    """The mode that measures keeps torch from it; a profiler does not."""
    first, one, two = (nn.Conv2d(4, 4, 1) for _ in range(3))
    x = first(torch.randn(1, 4, 8, 8))
    y = one(x) + two(x)
    with torch.profiler.profile() as profile:
        y.backward(torch.randn_like(y))
    names = {event.key for event in profile.key_averages()}
    assert "aten::add_" in names
    assert "aten::add" not in names


@pytest.mark.parametrize("name", ["googlenet", "mobilenet-v2", "vit:ti-16"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_on_disk_is_the_state_dict(name: str, dtype: str) -> None:
    analysis = analyzed(name, None, dtype=dtype)
    module = archcalc_build(analysis.graph).to(getattr(torch, dtype))
    theirs = sum(t.nbytes for t in module.state_dict().values())
    assert analysis.memory.on_disk == theirs


def archcalc_build(graph: Graph) -> nn.Module:
    from archcalc.network.torch_network import build

    return build(graph)


# -- layer by layer --------------------------------------------------------------------

ESTIMATED = {
    "unknown": "what stands for it in torch adds up whatever enters",
    "deform_conv": "places and columns that are made in turn; what is kept is exact",
    "roi_align": "places that are made in turn; what is kept is exact",
    "max_unpool": "its places belong to a pool; here they are made for it alone",
    "fold": "torch puts its output into a buffer as large as its input",
}
"""Layers whose memory is an estimate, and why."""
RECURRENT = {"lstm", "gru", "rnn"}
"""Compared in `test_memory_recurrent.py`: a dispatch mode changes what they make."""
LAYERS = [case for case in EXAMPLES if case.layer.key not in {*ESTIMATED, *RECURRENT}]


OTHERWISE_BACK = {
    "avgpool": "one with gaps is made of slices, whose gradients have their size",
    "deconv": "the gradient of what is cut off",
    "einsum": "as matmul",
    "experts": "what its steps make lives in another order",
    "grid_attention": "the gradients of rolled and padded windows",
    "in": "gradients of its weights, for each sample",
    "lookup": "the gradient of each place, before they are added up",
    "lppool": "powers, and their gradients",
    "matmul": "a stretched factor's product, which is then summed",
    "max": "which values are the largest, and how many are",
    "min": "as max",
    "multiply": "three factors: gradients go earlier than here",
    "pad": "circular: the gradients of what is repeated",
    "selective_scan": "a stretched factor's product, which is then summed",
    "vector_norm": "values over their length",
    "window_attention": "the gradients of rolled windows",
}
"""Layers whose backward pass needs another workspace than is counted, and why."""


def is_otherwise(case: Case) -> bool:
    """Say whether the peak of a step may differ; a weight made of others' too."""
    return case.layer.key in OTHERWISE_BACK or "weight_norm" in case.text


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.text)
def test_a_layer_alone(case: Case) -> None:
    analysis = alone(case, batch=3, inplace=False)
    module = prepared(analysis.graph)
    assert not steps(analysis, module, torch.float32)
    assert analysis.memory.saved_for_backward == saved_bytes(module, 3)
    if not is_otherwise(case):
        assert activations_peak(analysis) == training_peak(module, 3)
    evaluated = Storages(analysis, backward=True, training=False)
    assert kept_bytes(evaluated) == saved_bytes(module, 3, train=False)


@pytest.mark.parametrize("key", OTHERWISE_BACK)
def test_what_is_left_out_of_a_backward_pass(key: str) -> None:
    """It differs somewhere: a rule that can say it would be held to it."""
    peaks = []
    for case in (case for case in LAYERS if case.layer.key == key):
        analysis = alone(case, batch=3, inplace=False)
        theirs = training_peak(prepared(analysis.graph), 3)
        peaks.append((activations_peak(analysis), theirs))
    assert any(ours != theirs for ours, theirs in peaks)


BEFORE = ("position", "{conv: 5, kernel: 1}", "{linear: 7}")
MADE_BACK = [
    *("abs", "expm1", "log1p", "sqrt", "rsqrt", "square", "reciprocal", "sin", "cos"),
    *("erf", "softsign", "{clamp: 0, high: 1}", "{clamp: 0}", "prelu", "layer_scale"),
    *("{prelu: channels}", "{rms: last}", "{rms: last, affine: false}", "grn"),
    *("{rms: channels}", "{rms: channels, affine: false}", "{rms: all}"),
]


@pytest.mark.parametrize("step", MADE_BACK)
def test_what_a_backward_pass_makes(step: str) -> None:
    """In both formats, behind weights, and before others."""
    for before in BEFORE:
        for dtype in ("float32", "bfloat16"):
            layers = f"layers:\n  - {before}\n  - {step}\n  - {{linear: 3}}\n"
            text = f"archcalc: 1\nname: n\ninput: [4, 5, 6]\n{layers}"
            analysis = archcalc.loads(text).analyze(batch=2, dtype=dtype, inplace=False)
            kind = getattr(torch, dtype)
            module = prepared(analysis.graph, kind)
            assert activations_peak(analysis) == training_peak(module, 2, kind)


@pytest.mark.parametrize(
    "case", [c for c in LAYERS if has_bfloat16(c)], ids=lambda case: case.text
)
def test_a_layer_alone_in_bfloat16(case: Case) -> None:
    """Statistics and what a layer computes in float32 stay so; all else halves."""
    analysis = alone(case, batch=3, inplace=False, dtype="bfloat16")
    module = prepared(analysis.graph, torch.bfloat16)
    assert not steps(analysis, module, torch.bfloat16)
    theirs = saved_bytes(module, 3, torch.bfloat16)
    assert analysis.memory.saved_for_backward == theirs


MIXED = """
archcalc: 1
name: mixed
input: {input}
layers:
  - {first}
  - {norm}
  - {first}
"""


JOINED = """
archcalc: 1
name: joined
input: [3, 8, 8]
layers:
  - {name: a, conv: 4, kernel: 3, pad: 1}
  - {name: b, conv: 4, kernel: 3, pad: 1}
  - {name: c, conv: 4, kernel: 1, from: a}
  - {name: joined, JOIN: [b, c]}
  - {conv: 4, kernel: 1}
"""


@pytest.mark.parametrize("join", ["average", "subtract"])
def test_gradients_of_what_joins(join: str) -> None:
    """Backward hands a gradient on, makes one for all, or a new one with its sign."""
    text = JOINED.replace("JOIN", join)
    analysis = archcalc.loads(text).analyze(batch=2, inplace=False)
    module = prepared(analysis.graph)
    assert not steps(analysis, module, torch.float32)
    assert analysis.memory.saved_for_backward == saved_bytes(module, 2)
    assert activations_peak(analysis) == training_peak(module, 2)


NORMS_OVER_CHANNELS = [
    ("[6, 9, 9]", 8, "{lrn: 5}"),
    ("[3, 9]", 8, "{lrn: 4}"),
    ("[3, 4, 5]", 2, "{lrn: 5}"),
    ("[2, 5, 6]", 1, "{lrn: 9}"),  # where the padded squares are most
]


@pytest.mark.parametrize(("input", "channels", "norm"), NORMS_OVER_CHANNELS)
def test_backward_of_a_local_response_norm(
    input: str, channels: int, norm: str
) -> None:
    first = f"{{conv: {channels}, kernel: 1}}"
    text = MIXED.format(input=input, first=first, norm=norm)
    analysis = archcalc.loads(text).analyze(batch=2, inplace=False)
    module = prepared(analysis.graph)
    assert not steps(analysis, module, torch.float32)
    assert analysis.memory.saved_for_backward == saved_bytes(module, 2)
    assert activations_peak(analysis) == training_peak(module, 2)


# torch says that it takes no fused kernel for a float32 weight
@pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight")
@pytest.mark.parametrize("norm", ["{rms: last}", "{rms: last, affine: false}"])
def test_mixed_precision_keeps_what_a_root_mean_square_widens(norm: str) -> None:
    text = MIXED.format(input="[7, 16]", first="{linear: 16}", norm=norm)
    analysis = archcalc.loads(text).analyze(batch=2, inplace=False, mixed=True)
    theirs = autocast_saved_bytes(prepared(analysis.graph), 2)
    assert analysis.memory.saved_for_backward == theirs


def kept_bytes(storages: Storages) -> int:
    from archcalc.figures.memory.saved import kept_for_backward, saved_per_node

    return sum(saved_per_node(storages, kept_for_backward(storages)))


def test_only_these_layers_are_estimated() -> None:
    left_out = {case.layer.key for case in EXAMPLES if case not in LAYERS}
    assert left_out == {*ESTIMATED, *RECURRENT}


OVERWRITES = {key for key, kind in CATALOGUE.items() if kind.overwrites is not None}
OVERWRITING = [read(f"{key} @ 8x5x6") for key in sorted(OVERWRITES)]


@pytest.mark.parametrize("case", OVERWRITING, ids=lambda case: case.text)
def test_a_layer_in_place(case: Case) -> None:
    analysis = alone(case, batch=2)
    overwriting = analysis.memory.training_storages.overwriting
    assert overwriting == {len(analysis.graph.nodes) - 1}
    module = prepared(analysis.graph, inplace=overwriting)
    assert analysis.memory.saved_for_backward == saved_bytes(module, 2)


def test_the_layers_that_overwrite_are_those_that_torch_lets() -> None:
    let = set()
    for case in EXAMPLES:
        target = getattr(case.layer.torch(*case.inputs), "target", "")
        kind = getattr(nn, target.removeprefix("nn."), None)
        if kind and "inplace" in inspect.signature(kind).parameters:
            let.add(case.layer.key)
    assert let - {"droppath"} == OVERWRITES


GUARDED = """
archcalc: 1
name: guarded
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, act: sigmoid}
  - relu
  - {conv: 4, kernel: 3}
  - relu
  - hardswish
"""


def test_nothing_overwrites_what_backward_needs() -> None:
    """A sigmoid keeps its output, a ReLU too: what follows must leave it alone."""
    analysis = archcalc.loads(GUARDED).analyze(batch=2)
    graph, memory = analysis.graph, analysis.memory
    overwriting = memory.training_storages.overwriting
    assert [graph.nodes[i].layer.key for i in sorted(overwriting)] == ["relu"]
    module = prepared(graph, inplace=overwriting)
    assert memory.saved_for_backward == saved_bytes(module, 2)
    assert activations_peak(analysis) == training_peak(module, 2)
    assert len(memory.storages.overwriting) == 3
    eager = prepared(graph, inplace=memory.storages.overwriting)
    assert max(s.peak for s in inference(eager, 2)) == memory.peak_inference


def test_another_order_of_branches_peaks_as_in_torch() -> None:
    """The best order that is found, written out as such, needs what was promised."""
    analysis = analyzed("naive-inception", None, inplace=True)
    orders = analysis.memory.orders
    assert orders is not None
    source = archcalc.load("naive-inception").spec.source.text
    lines = source.splitlines()
    start = next(i for i, line in enumerate(lines) if "1x1: [" in line)
    names = {
        line.strip().partition(":")[0].strip('"'): line
        for line in lines[start : start + 4]
    }
    lines[start : start + 4] = [names[name] for name in orders.changes[0].order]
    text = "\n".join(lines).partition("\nexpect:")[0]
    moved = archcalc.loads(text).analyze(inplace=True)
    assert moved.memory.peak_inference == orders.best < orders.written
    assert played(moved.memory.storages).peak == orders.best
