"""States against loops that are written out, and weights that are made of others."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from layer_cases import read
from layer_torch import build
from torch import Tensor
from torch.nn import functional
from torch_memory import prepared, saved_bytes, training_peak

import archcalc
from archcalc.figures.memory.at_rest import static
from archcalc.figures.memory.training import play
from archcalc.network.torch_network import build as built

PAGE = Path(__file__).parents[2] / "docs" / "language.md"


def shown(name: str) -> archcalc.Network:
    """Return the network of this name on the language's page."""
    text = PAGE.read_text("utf-8")
    (block,) = re.findall(rf"```yaml\n(name: {name}\n.*?)```", text, re.DOTALL)
    return archcalc.loads(block)


def filled(module: Any, seed: int = 0) -> list[Tensor]:
    torch.manual_seed(seed)
    for value in module.parameters():
        value.data.normal_(std=0.3)
    return list(module.parameters())


def test_a_selective_scan_is_the_recurrence_of_its_paper() -> None:
    """Value by value, with h = exp(δA)·h + δx·b and y = h·c + x·D."""
    case = read("{selective_scan: 3} @ 5x2, 5x2, 5x3, 5x3")
    module = build(case)
    logs, skip = (value.tolist() for value in filled(module))
    given = [torch.rand(2, *shape) for shape in case.inputs]
    found = module(*given).tolist()
    for sample, (x, delta, b, c) in enumerate(
        zip(*map(Tensor.tolist, given), strict=True)
    ):
        for feature in range(2):
            state = [0.0, 0.0, 0.0]
            for token in range(5):
                u, d = x[token][feature], delta[token][feature]
                for n in range(3):
                    decay = math.exp(-d * math.exp(logs[feature][n]))
                    state[n] = decay * state[n] + d * u * b[token][n]
                known = sum(h * v for h, v in zip(state, c[token], strict=True))
                known += u * skip[feature]
                assert math.isclose(found[sample][token][feature], known, rel_tol=1e-4)


def test_a_scan_sees_no_later_token() -> None:
    case = read("{selective_scan: 3} @ 5x2, 5x2, 5x3, 5x3")
    module = build(case)
    filled(module)
    given = [torch.rand(1, *shape) for shape in case.inputs]
    before = module(*given)
    for tensor in given:
        tensor[:, 3:] = 9
    assert torch.equal(module(*given)[:, :3], before[:, :3])


def test_a_convolutional_lstm_of_steps_is_one() -> None:
    network = shown("conv-lstm")
    module: Any = built(network.graph, "cpu")
    weight, bias = filled(module)
    frames = torch.randn(2, 5, 3, 16, 16)
    state, cell = torch.randn(2, 8, 16, 16), torch.randn(2, 8, 16, 16)
    found = module(frames.flatten(1, 2), state, cell)
    for frame in frames.unbind(1):
        gates = functional.conv2d(torch.cat([frame, state], 1), weight, bias, padding=1)
        enter, forget, leave, new = gates.chunk(4, 1)
        cell = forget.sigmoid() * cell + enter.sigmoid() * new.tanh()
        state = leave.sigmoid() * cell.tanh()
    assert torch.allclose(found, state, atol=1e-6)


def test_a_modulated_convolution_has_a_kernel_for_each_sample() -> None:
    network = shown("modulated-convolution")
    module: Any = built(network.graph, "cpu")
    weight, bias, kernel = filled(module)
    x, style = torch.randn(2, 16, 8, 8), torch.randn(2, 32)
    scales = functional.linear(style, weight, bias)
    for sample in range(2):
        own = kernel * scales[sample][:, None, None]
        own = own / (own.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        known = functional.conv2d(x[sample : sample + 1], own, padding=1)
        assert torch.allclose(module(x, style)[sample], known[0], atol=1e-5)


@pytest.mark.parametrize(("word", "axes"), [("first", (1, 2)), ("last", (0, 1))])
def test_weight_norm_is_a_direction_with_lengths(word: str, axes: Any) -> None:
    case = read(f"{{conv: 6, kernel: 4, bias: false, weight_norm: {word}}} @ 4x15")
    module = build(case)
    length, direction = filled(module)
    x = torch.randn(2, 4, 15)
    weight = direction / direction.norm(dim=axes, keepdim=True) * length
    assert torch.allclose(module(x), functional.conv1d(x, weight), atol=1e-5)


def test_spectral_norm_leaves_a_largest_singular_value_of_one() -> None:
    case = read("{linear: 6, bias: false, spectral_norm: true} @ 8")
    module = build(case).train()
    x = torch.randn(2, 8)
    for _ in range(50):
        module(x)
    found = torch.linalg.matrix_norm(module.part.weight.detach(), 2)
    assert math.isclose(float(found), 1, rel_tol=1e-3)


def test_causal_padding_sees_no_later_value() -> None:
    module = build(read("{conv: 3, kernel: 3, pad: causal, dilation: 2} @ 2x12"))
    x = torch.randn(1, 2, 12)
    before = module(x)
    x[..., 7:] = 9
    assert torch.equal(module(x)[..., :7], before[..., :7])
    assert not torch.equal(module(x)[..., 7:], before[..., 7:])


SCANS = [
    "{selective_scan: 4} @ 5x6, 5x6, 5x4, 5x4",
    "{selective_scan: 16} @ 7x10, 7x10, 7x16, 7x16",
    "{selective_scan: 3} @ 12x8, 12x8, 12x3, 12x3",
]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("text", SCANS)
def test_a_scan_peaks_in_training_as_torch_does(text: str, dtype: str) -> None:
    shapes = [[*shape] for shape in read(text).inputs]
    inputs = dict(zip(("x", "delta", "b", "c"), shapes, strict=True))
    learned = [
        {"name": f"own_{name}", "position": None, "from": name} for name in inputs
    ]
    scan = {f"{name}": f"own_{name}" for name in ("delta", "b", "c")}
    step = {"selective_scan": shapes[2][1], "from": "own_x", **scan}
    spec = {"name": "scan", "input": inputs, "layers": [*learned, step]}
    network = archcalc.loads(json.dumps(spec))
    analysis = network.analyze(batch=3, inplace=False, dtype=dtype)
    kind = getattr(torch, dtype)
    module = prepared(analysis.graph, kind)
    assert analysis.memory.saved_for_backward == saved_bytes(module, 3, kind)
    held = static(analysis)
    stays = held.parameters + held.buffers + held.optimizer_state
    peak: Any = play(analysis.memory.training_storages, held, adding=False).peak
    assert peak - stays == training_peak(module, 3, kind)
