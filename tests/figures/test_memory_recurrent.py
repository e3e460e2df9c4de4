"""Recurrent layers against torch on the CPU: what is kept, what lives, at every moment.

oneDNN's kernel of an LSTM is one operation for torch, so that a dispatch mode sees what
it makes. All else runs step by step, and a dispatch mode would change that: torch then
adds biases and gradients to new tensors. There a profiler is the judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import torch
from layer_cases import EXAMPLES
from samples import long_unless
from torch_memory import (
    allocated_in_inference,
    allocated_in_training,
    autocast_saved_bytes,
    inference,
    prepared,
    saved_by_node,
    saved_bytes,
    training_peak,
)

import archcalc
from archcalc import Analysis
from archcalc.figures.memory.at_rest import static
from archcalc.figures.memory.training import play

RECURRENT = ("lstm", "gru", "rnn")
WRITTEN = [
    case.text.partition(" @")[0] for case in EXAMPLES if case.layer.key in RECURRENT
]
ONEDNN = [text for text in WRITTEN if text.startswith("{lstm") and "proj" not in text]
ROWS = ["{lstm: 64}", "{lstm: 16, layers: 2}", "{lstm: 3, layers: 3}"]
"""Rows of 256 values, which oneDNN makes longer; rows that fill lines; depth."""

SPEC = """
archcalc: 1
name: recurrent
input: [{steps}, {width}]
layers:
{layers}
"""


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def _native(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without oneDNN, so that every processor runs an LSTM with torch's own kernel."""
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)


def network(layers: str, steps: int = 5, width: int = 8, **how: Any) -> Analysis:
    text = SPEC.format(steps=steps, width=width, layers=layers)
    return archcalc.loads(text, "recurrent").analyze(inplace=False, **how)


def between(layer: str, width: int = 8, last: str = "{linear: 5}") -> str:
    """Return the steps of a network with a layer between a linear one and another."""
    return f"  - {{linear: {width}}}\n  - {layer}\n  - {last}"


def peak(analysis: Analysis, adding: bool) -> int:
    """Return the peak of training without what stays."""
    held = static(analysis)
    stays = held.parameters + held.buffers + held.optimizer_state
    found = play(analysis.memory.training_storages, held, adding).peak
    return found - stays  # type: ignore[operator]  # numbers


def check_native(analysis: Analysis) -> None:
    """Hold what is kept and both peaks against torch's native kernels."""
    setting = analysis.setting
    dtype = getattr(torch, setting.dtype)
    module = prepared(analysis.graph, dtype)
    theirs = saved_by_node(module, setting.batch, dtype)
    assert list(analysis.memory.saved_per_node) == theirs
    most = allocated_in_training(module, setting.batch, dtype)
    assert peak(analysis, adding=True) == most
    most = allocated_in_inference(module, setting.batch, dtype)
    assert analysis.memory.peak_inference == most


def check_onednn(analysis: Analysis, dtype: torch.dtype = torch.float32) -> None:
    """Hold what is kept and lives against torch, operation by operation."""
    batch = analysis.setting.batch
    module = prepared(analysis.graph, dtype)
    theirs = saved_by_node(module, batch, dtype)
    assert list(analysis.memory.saved_per_node) == theirs
    assert peak(analysis, adding=False) == training_peak(module, batch, dtype)
    ours = [(m.live, m.after) for m in analysis.memory.inference.moments]
    found = [(s.peak, s.after) for s in inference(module, batch, dtype)]
    assert ours[1:] == found[1:]  # without the input


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("text", [*ONEDNN, *ROWS])
def test_onednn_in_float32(text: str, batch: int) -> None:
    check_onednn(network(between(text, last="relu"), batch=batch))


@pytest.mark.usefixtures("_native")
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("text", WRITTEN)
def test_native_kernels(text: str, batch: int) -> None:
    dtype = "float64" if text.startswith("{lstm") else "float32"
    check_native(network(between(text), batch=batch, dtype=dtype))


@pytest.mark.usefixtures("_native")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("text", WRITTEN)
def test_native_kernels_keep_less_in_16_bits(text: str, dtype: str) -> None:
    analysis = network(between(text), batch=3, dtype=dtype)
    kind = getattr(torch, dtype)
    theirs = saved_by_node(prepared(analysis.graph, kind), 3, kind)
    assert list(analysis.memory.saved_per_node) == theirs


BFLOAT16 = pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(),
    reason="oneDNN's kernel in bfloat16 needs AVX-512, and torch refuses autocast else",
)


@BFLOAT16
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("text", [*ONEDNN, *ROWS])
def test_an_lstm_in_mixed_precision(text: str, batch: int) -> None:
    analysis = network(between(text), batch=batch, mixed=True)
    theirs = autocast_saved_bytes(prepared(analysis.graph), batch)
    assert analysis.memory.saved_for_backward == theirs


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("text", [t for t in WRITTEN if not t.startswith("{lstm")])
def test_native_kernels_in_mixed_precision(text: str, batch: int) -> None:
    analysis = network(between(text), batch=batch, mixed=True)
    theirs = autocast_saved_bytes(prepared(analysis.graph), batch)
    assert analysis.memory.saved_for_backward == theirs


STACKED = [
    "  - {lstm: 6}\n  - {lstm: 7}\n  - {token: -1}\n  - {linear: 5}",
    "  - {lstm: 4, bidirectional: true}\n  - relu\n  - {lstm: 7}",
    "  - {linear: 6}\n  - {lstm: 6}\n  - {lstm: 3, layers: 2}\n  - {linear: 5}",
]
"""One after another: the first leaves time first in memory, so nothing is copied."""


@pytest.mark.parametrize("layers", STACKED)
def test_recurrent_layers_in_a_row(layers: str) -> None:
    check_onednn(network(layers, batch=3))


@pytest.mark.usefixtures("_native")
@pytest.mark.parametrize("layers", STACKED)
@pytest.mark.parametrize("key", RECURRENT)
def test_native_layers_in_a_row(layers: str, key: str) -> None:
    check_native(network(layers.replace("lstm", key), batch=3, dtype="float64"))


def drawn(random: Random, keys: tuple[str, ...]) -> tuple[str, int, int, int]:
    """Return a recurrent layer of any kind, with batch, steps and width of its input."""
    key = random.choice(keys)
    hidden = random.choice([2, 3, 7, 16, 64])
    arguments = [f"{key}: {hidden}", f"biases: {random.choice([0, 1, 2, 2])}"]
    arguments += [f"layers: {random.choice([1, 1, 2, 3])}"]
    arguments += random.choice([[], ["bidirectional: true"]])
    if key == "lstm" and len(keys) > 1 and random.random() < 0.4:
        arguments.append(f"proj: {random.randint(1, hidden - 1)}")
    layer = f"{{{', '.join(arguments)}}}"
    batch, steps = random.randint(1, 4), random.choice([1, 2, 3, 4, 6, 7, 12])
    return layer, batch, steps, random.choice([1, 5, 20])


@pytest.mark.usefixtures("_native")
@pytest.mark.parametrize("seed", long_unless(lambda seed: seed < 25, range(150)))
def test_random_native_layers(seed: int) -> None:
    layer, batch, steps, width = drawn(Random(f"native.{seed}"), RECURRENT)
    layers = f"  - {layer}" if seed % 3 == 0 else between(layer, width, "relu")
    check_native(network(layers, steps, width, batch=batch, dtype="float64"))


@pytest.mark.parametrize("seed", long_unless(lambda seed: seed < 25, range(150)))
def test_random_layers_of_onednn(seed: int) -> None:
    layer, batch, steps, width = drawn(Random(f"onednn.{seed}"), ("lstm",))
    layers = f"  - {layer}" if seed % 3 == 0 else between(layer, width, "relu")
    check_onednn(network(layers, steps, width, batch=batch))


@pytest.mark.parametrize(
    ("text", "steps", "width", "bytes"),
    [
        ("{lstm: 200}", 35, 200, 10_480_768),
        ("{lstm: 200, layers: 2}", 35, 200, 19_841_536),
        ("{lstm: 200, bidirectional: true}", 35, 200, 19_841_536),
        ("{gru: 200}", 35, 200, 5_040_000),
    ],
)
def test_figures_that_others_measured(
    text: str, steps: int, width: int, bytes: int
) -> None:
    """A batch of 20 behind a linear layer, which keeps its input too."""
    layers = f"  - {{linear: {width}}}\n  - {text}"
    analysis = network(layers, steps, width, batch=20)
    assert analysis.memory.saved_for_backward == bytes
    assert saved_bytes(prepared(analysis.graph), 20) == bytes
