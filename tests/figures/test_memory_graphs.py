"""Bytes against torch where tensors or weights are read in several places.

Skips that an activation writes over, several outputs, padding as a layer of its own,
convolutions that share weights, gradients that several batches add to.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import torch
from layers_alone import activations_peak
from random_outputs import several_outputs
from torch import Tensor, nn
from torch_memory import (
    Live,
    Loss,
    Saved,
    inference,
    inputs_of,
    prepared,
    saved_bytes,
    step,
    threads,
    training_peak,
)

import archcalc
from archcalc import Analysis

HEAD = "archcalc: 1\nname: {}\ninput: {}\nlayers:\n"


@pytest.fixture(autouse=True, scope="module")
def _few_threads() -> Iterator[None]:
    """One where no number is asked for: these tensors are small, threads cost more."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads())
    yield
    torch.set_num_threads(before)


def differences(analysis: Analysis) -> list[object]:
    """Return the figures that differ from torch's: live bytes, kept bytes, peak."""
    memory, batch = analysis.memory, analysis.setting.batch
    module = prepared(analysis.graph, inplace=memory.storages.overwriting)
    ours = {m.node: (m.live, m.after) for m in memory.inference.moments}
    nodes = {n.name: n for n in analysis.graph.nodes}
    pairs = [
        (ours[nodes[ran.name].index], (ran.peak, ran.after), ran.name)
        for ran in inference(module, batch)
        if ran.key != "input"
    ]
    storages = memory.training_storages
    module = prepared(analysis.graph, inplace=storages.overwriting)
    if all(storages.differs[i] for i in analysis.graph.outputs):  # each has a gradient
        kept = saved_bytes(module, batch)
        pairs.append((memory.saved_for_backward, kept, "kept"))  # type: ignore[arg-type]  # numbers
        peak = training_peak(module, batch)
        pairs.append((activations_peak(analysis), peak, "peak"))  # type: ignore[arg-type]  # numbers
    return [pair for pair in pairs if pair[0] != pair[1]]


# -- skips that an activation writes over ----------------------------------------------


class Around(nn.Module):
    """A step down, what lies within, a step up; beside it a skip around them."""

    def __init__(self, outer: int, inner: int, within: nn.Module | None) -> None:
        super().__init__()
        middle = [] if within is None else [nn.BatchNorm2d(inner), within]
        self.steps = nn.Sequential(
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(outer, inner, 4, 2, 1, bias=False),
            *middle,
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(inner * len(middle) or inner, outer, 4, 2, 1),
            nn.BatchNorm2d(outer),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.steps(x)], 1)


SKIPS = """
  - {{name: d0, conv: 4, kernel: 4, stride: 2, pad: 1, bias: true}}
  - {{name: l1, leaky_relu: 0.2}}
  - {{conv: 6, kernel: 4, stride: 2, pad: 1, bias: false}}
  - {{name: d1, bn: }}
  - {{name: l2, leaky_relu: 0.2}}
  - {{conv: 8, kernel: 4, stride: 2, pad: 1, bias: false}}
  - relu
  - {{deconv: 6, kernel: 4, stride: 2, pad: 1, bias: true}}
  - {{name: u2, bn: }}
  - {{concat: [{}, u2]}}
  - relu
  - {{deconv: 4, kernel: 4, stride: 2, pad: 1, bias: true}}
  - {{name: u1, bn: }}
  - {{concat: [{}, u1]}}
  - relu
  - {{deconv: 3, kernel: 4, stride: 2, pad: 1, bias: true}}
  - tanh
"""


def test_skips_that_an_activation_has_written_over() -> None:
    """In torch such a skip hands on what the activation wrote: so must the spec say.

    From before the activation it is another network: two outputs more are kept.
    """
    model = nn.Sequential(
        nn.Conv2d(3, 4, 4, 2, 1),
        Around(4, 6, Around(6, 8, None)),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(8, 3, 4, 2, 1),
        nn.Tanh(),
    )
    apart = [*model.parameters(), *model.buffers()]
    x = torch.randn(2, 3, 32, 32)
    saved, live = Saved(apart), Live(apart)
    with torch.autograd.graph.saved_tensors_hooks(saved.pack, lambda t: t):
        model(x)
    with live:
        live.follow(x)
        loss = Loss.apply(model(x))
        torch.autograd.backward(loss, torch.empty(0))

    def skipping(*sources: str) -> Analysis:
        text = HEAD.format("skips", [3, 32, 32]) + SKIPS.format(*sources)
        return archcalc.loads(text).analyze(batch=2)

    after, before = skipping("l2", "l1"), skipping("d1", "d0")
    assert after.memory.saved_for_backward == saved.bytes
    assert activations_peak(after) == live.peak
    more = before.memory.saved_for_backward - saved.bytes
    assert more == 2 * 4 * (4 * 16 * 16 + 6 * 8 * 8)
    assert not differences(after)
    assert not differences(before)


# -- several outputs -------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("inplace", [False, True])
def test_several_outputs(seed: int, inplace: bool) -> None:
    """What writes over a slice runs backward in another way: see docs/memory.md."""
    text = several_outputs(random.Random(seed), slices=not inplace)
    net = archcalc.loads(text)
    assert not differences(net.analyze(batch=2, inplace=inplace))


# -- padding on one side ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("padding", "together"),
    [
        ("  - {conv: 8, kernel: 3, stride: 2, pad: same}\n", True),
        ("  - {pad: 0, end: 1}\n  - {conv: 8, kernel: 3, stride: 2}\n", False),
    ],
)
def test_a_layer_holds_its_input_until_it_ends(padding: str, together: bool) -> None:
    """Padded by the layer, input, padded copy and output live at once; else two."""
    first = "  - {conv: 8, kernel: 1}\n"
    text = HEAD.format("padded", [3, 8, 8]) + first + padding
    analysis = archcalc.loads(text).analyze(batch=2)
    assert not differences(analysis)
    entering, padded, leaving = (2 * 4 * 8 * n * n for n in (8, 9, 4))
    most = entering + padded + (leaving if together else 0)
    assert analysis.memory.peak_inference == most


# -- convolutions that share weights ---------------------------------------------------

SHARED = ["conv: 4, kernel: 3, pad: 1", "deconv: 4, kernel: 3, pad: 1", "dwconv: 1"]


@pytest.mark.parametrize("bias", ["true", "false"])
@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("kind", SHARED)
def test_gradients_of_shared_kernels(kind: str, times: int, bias: str) -> None:
    """The mode that measures has each sum made anew; most of what lives are these."""
    first = f"  - {{name: a, {kind}, bias: {bias}}}\n"
    more = f"  - {{{kind}, bias: {bias}, share: a}}\n" * (times - 1)
    text = HEAD.format("shared", [4, 2, 2]) + first + more
    assert not differences(archcalc.loads(text).analyze(batch=2, inplace=False))


def test_gradients_of_shared_kernels_are_added_in_place_unwatched() -> None:
    conv = nn.Conv2d(4, 4, 3, 1, 1, bias=False)
    y = conv(conv(torch.randn(1, 4, 8, 8)))
    with torch.profiler.profile() as profile:
        y.backward(torch.randn_like(y))
    names = {event.key for event in profile.key_averages()}
    assert "aten::add_" in names
    assert "aten::add" not in names


# -- gradients that are accumulated ----------------------------------------------------

TWICE = HEAD.format("twice", [7, 16]) + (
    "  - {name: a, linear: 16, bias: true}\n"
    "  - relu\n"
    "  - {linear: 16, bias: true, share: a}\n"
    "  - {linear: 4, bias: false}\n"
)
ACCUMULATED = {
    "twice": TWICE,
    "lenet5": None,
    "resnet18": "3x33x33",
    "mobilenet-v2": "3x33x33",
    "vit:ti-16": "3x64x64",
}


@pytest.mark.parametrize("name", ACCUMULATED)
def test_gradients_that_are_accumulated(name: str) -> None:
    """The second of two batches: torch adds in place to what the first has left."""
    given = ACCUMULATED[name]
    net = archcalc.loads(TWICE) if given == TWICE else archcalc.load(name, input=given)
    analysis = net.analyze(batch=2, inplace=False, accumulate=True)
    module = prepared(analysis.graph)
    step(module, inputs_of(analysis.graph, 2, torch.float32))
    live = Live([*module.parameters(), *module.buffers()])
    inputs = inputs_of(analysis.graph, 2, torch.float32)
    for index in range(len(inputs)):
        live.follow(inputs[index])
    for weight in module.parameters():
        assert weight.grad is not None
        live.follow(weight.grad)
    with live:
        step(module, inputs)
    assert activations_peak(analysis) == live.peak
    assert live.sweep() == analysis.memory.training.gradients
