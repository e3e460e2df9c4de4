"""The ONNX files that `archcalc export --to onnx` writes, held against onnx itself.

onnx checks each file and infers its sizes, its reference evaluator computes the same
numbers as torch, and our own reader finds the same figures in it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from commands import archcalc as run
from exported_onnx import inferred, stated, with_weights
from layer_cases import Case
from one_layer import ONE_LAYER, network_of, outputs, random_inputs
from onnx.reference import ReferenceEvaluator
from peers import library
from samples import zoo

import archcalc
from archcalc import Network, UsageError
from archcalc.network.torch_network import build

SMALL: dict[str, Any] = {
    "lenet5": None,
    "resnet50": (3, 64, 64),
    "mobilenet-v3-large": (3, 64, 64),
    "densenet121": (3, 64, 64),
    "unet": (1, 188, 188),
    "crnn": None,
    "vit": None,
    "swin": None,
}
"""Networks that are run, with a small input where there is one."""
REFUSED = {
    "mamba-130m": "block.1.scan.selective_scan",
    "mixtral-8x7b": "block.1.mlp.experts",
}
"""Shipped networks that the standard has no words for, with the first such step."""


def exported(network: Network) -> onnx.ModelProto:
    data = archcalc.export(network, to="onnx")
    assert isinstance(data, bytes)
    return onnx.load_from_string(data)


def agree(network: Network, model: onnx.ModelProto) -> None:
    """Compare the sizes that onnx infers with ours, step by step.

    The batch has a name; onnx forgets it behind a `Resize`.
    """
    onnx.checker.check_model(model, full_check=True)
    found, said = inferred(model), stated(model)
    for node in network.graph.nodes:
        if node.aux or node.index in network.graph.inputs:
            continue
        assert said[node.name] == ["N", *node.shape]
        batch, *sizes = found[node.name]
        assert sizes == list(node.shape), node.name
        assert batch == "N" or str(batch).startswith("unk__"), node.name


@pytest.mark.parametrize("name", zoo())
def test_a_network(name: str, tmp_path: Path) -> None:
    network = archcalc.load(name)
    if name in REFUSED:
        with pytest.raises(UsageError, match=f"AC523.*{REFUSED[name]}"):
            archcalc.export(network, to="onnx")
        return
    model = exported(network)
    agree(network, model)
    assert not any(i.name.endswith("weight") for i in model.graph.input)
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    with warnings.catch_warnings():  # masks are arithmetic that no layer has
        warnings.simplefilter("ignore", archcalc.InputWarning)
        read = archcalc.load(path)
    ours, theirs = network.analyze().total, read.analyze().total
    assert (theirs.params, theirs.macs) == (ours.params, ours.macs)
    leaving = [read.graph.nodes[i].shape for i in read.graph.outputs]
    assert leaving == [network.graph.nodes[i].shape for i in network.graph.outputs]


WITHOUT_WORDS = {
    "experts": "topk",
    "selective_scan": "how many samples",
    "{lrn: 4} @ 8x7": "even size",
    "{lppool: 2, power: 3} @ 4x8": "odd power",
    "{lstm: 6, proj: 4} @ 5x8": "projections",
}
"""Layers, or cases of them, that have no word; with what the refusal names."""
ONE_BIAS = "torch._VF"
"""What recurrent layers call that have one bias, which ONNX's have not."""


MISJUDGED = {
    "{deconv: 4, kernel: 3, stride: 2, pad: 1, output_pad: 1, groups: 4} @ 4x8x8",
    "{deconv: 6, kernel: [2, 3], stride: [2, 3], dilation: 2, groups: 2} @ 4x5x6",
    "{avgpool: 3, rounding: ceil} @ 4x10",
    "{lrn: 5} @ 8x5x6",
    "{pad: [0, -1]} @ 3x5x5",
    "{rnn: 6, nonlinearity: relu} @ 5x8",
}
"""Cases that the reference evaluator cannot run, or computes otherwise (onnx 1.23.2).

onnxruntime computes what torch does; see `findings/onnx-reference-numbers.sh`.
"""
ONLY_IMAGES = {"{lrn: 3} @ 4x2x3x5"}
"""Cases that neither onnxruntime 1.32.0 nor the reference evaluator runs: no image."""


def refusal(case: Case) -> str | None:
    """Return what a refusal names, None where the case is written."""
    if "biases: 1" in case.text:
        return ONE_BIAS
    if getattr(case.layer, "spectral_norm", False):
        return "spectral"
    return WITHOUT_WORDS.get(case.text) or WITHOUT_WORDS.get(case.layer.key)


@pytest.mark.parametrize("case", ONE_LAYER, ids=lambda c: c.text)
def test_a_layer(case: Case) -> None:
    network = network_of(case)
    named = refusal(case)
    if named is not None:
        with pytest.raises(UsageError, match=named):
            archcalc.export(network, to="onnx")
        return
    model = exported(network)
    agree(network, model)
    if case.text not in MISJUDGED | ONLY_IMAGES:
        same_numbers(network, model, by_reference)


@pytest.mark.peers
@pytest.mark.parametrize("case", ONE_LAYER, ids=lambda c: c.text)
def test_a_layer_in_onnxruntime(case: Case) -> None:
    if refusal(case) is None and case.text not in ONLY_IMAGES:
        network = network_of(case)
        same_numbers(network, exported(network), by_runtime)


@pytest.mark.peers
@pytest.mark.parametrize("name", SMALL)
def test_a_network_in_onnxruntime(name: str) -> None:
    network = archcalc.load(name, input=SMALL[name])
    same_numbers(network, exported(network), by_runtime)


Feed = dict[str, np.ndarray[Any, Any]]
Runner = Callable[[onnx.ModelProto, Feed], list[Any]]


def by_reference(model: onnx.ModelProto, feed: Feed) -> list[Any]:
    """Run a file in onnx's reference evaluator."""
    with np.errstate(all="ignore"):
        found: list[Any] = ReferenceEvaluator(model).run(None, feed)
    return found


def by_runtime(model: onnx.ModelProto, feed: Feed) -> list[Any]:
    """Run a file in onnxruntime."""
    runtime = library("onnxruntime")
    runtime.set_default_logger_severity(3)
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found: list[Any] = session.run(None, feed)
    return found


def same_numbers(network: Network, model: onnx.ModelProto, runs: Runner) -> None:
    """Compare what a file computes with torch, weights copied."""
    torch.manual_seed(1)
    reference: Any = build(network.graph, "cpu").eval()
    with torch.no_grad():
        for name, value in [*reference.named_parameters(), *reference.named_buffers()]:
            if value.is_floating_point() and not value.any():
                value.copy_(torch.rand_like(value) * 0.1)
            if name.endswith("running_var"):
                value.add_(0.5)
        given = random_inputs(network, 2, "cpu")
        wanted = outputs(reference(*given))
    full = with_weights(model, network, reference)
    names = [value.name for value in full.graph.input]
    feed = {n: g.numpy() for n, g in zip(names, given, strict=True)}
    found = runs(full, feed)
    for own, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(own, theirs.numpy(), rtol=1e-3, atol=1e-4)


def test_the_command_writes_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "net.onnx"
    done = run(capsys, monkeypatch, "export", "lenet5", "--to", "onnx", "-o", str(path))
    assert (done.code, done.out) == (0, "")
    assert path.read_bytes() == archcalc.export("lenet5", to="onnx")
    done = run(capsys, monkeypatch, "export", "lenet5", "--to", "onnx")
    assert done.code == 2
    assert "AC584" in done.err
