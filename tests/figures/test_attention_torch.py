"""Attention's bytes against torch on the CPU: both kernels, and attention written out.

Without tolerance: what lives while a node runs in inference, what is kept for backward,
and the peak of a forward and a backward pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import torch
from layers_alone import activations_peak
from samples import long_unless
from torch_memory import inference, prepared, saved_by_node, threads, training_peak

import archcalc
from archcalc import Analysis


@pytest.fixture(autouse=True, scope="module")
def _few_threads() -> Iterator[None]:
    """One where no number is asked for: these tensors are small, threads cost more."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads())
    yield
    torch.set_num_threads(before)


def differences(analysis: Analysis) -> list[Any]:
    """Return what torch gives otherwise: nothing."""
    memory, graph = analysis.memory, analysis.graph
    batch = analysis.setting.batch
    dtype = getattr(torch, analysis.setting.dtype)
    module, found = prepared(graph, dtype), []
    for step, moment in zip(
        inference(module, batch, dtype), memory.inference.moments, strict=True
    ):
        ours, theirs = (moment.live, moment.after), (step.peak, step.after)
        if step.key != "input" and ours != theirs:
            found.append(("live", step.name, ours, theirs))
    both = zip(memory.saved_per_node, saved_by_node(module, batch, dtype), strict=True)
    for node, (ours, theirs) in zip(graph.nodes, both, strict=True):
        if ours != theirs:
            found.append(("saved", node.name, ours, theirs))
    peaks = activations_peak(analysis), training_peak(module, batch, dtype)
    return found + ([] if peaks[0] == peaks[1] else [("peak", *peaks)])


def spec(shape: str, *steps: str) -> str:
    return f"archcalc: 1\nname: x\ninput: {shape}\nlayers: [{', '.join(steps)}]\n"


SIDE = "{linear: 48}"  # queries, keys and values side by side
FEWER = "{linear: 32}"  # with half as many heads of keys and values
GROUPED = "{attention: 4, kv_heads: 2, causal: true"
MASKED = "{attention: 4, mask: [{parameter: [4, 9, 9]}]"
NAMED = "{name: x, linear: 16}"


def apart(
    arguments: str = "", queries: int = 24, keys: int = 24, values: int = 24
) -> str:
    """Return attention to queries, keys and values of these widths."""
    read = f"k: {{linear: {keys}, from: x}}, v: {{linear: {values}, from: x}}"
    return f"{{attention: 4, q: {{linear: {queries}}}, {read}{arguments}}}"


CASES = [
    ("[7, 16]", SIDE, "{attention: 4}"),
    ("[7, 16]", SIDE, "{attention: 4, kernel: unfused}"),
    ("[40, 16]", SIDE, "{attention: 4, kernel: unfused}"),
    ("[7, 16]", SIDE, "{attention: 4, causal: true}"),
    ("[40, 16]", SIDE, "{attention: 4, dropout: 0.1}"),
    ("[40, 16]", SIDE, "{attention: 4, dropout: 0.1, causal: true}"),
    ("[40, 16]", SIDE, "{attention: 4, dropout: 0.1, local: 3}"),
    ("[40, 16]", SIDE, "{attention: 4, local: 3}"),
    ("[40, 16]", SIDE, "{attention: 4, kernel: unfused, dropout: 0.1, local: 3}"),
    ("[1, 16]", SIDE, "{attention: 4}"),
    ("[1, 16]", SIDE, "{attention: 4, kernel: unfused}"),
    ("[9, 16]", SIDE, MASKED + "}"),
    ("[9, 16]", SIDE, MASKED + ", kernel: unfused}"),
    ("[9, 16]", SIDE, MASKED + ", causal: true}"),
    ("[9, 16]", SIDE, MASKED.replace("4, 9, 9", "9") + "}"),
    ("[9, 16]", SIDE, MASKED.replace("4, 9", "9") + ", kernel: unfused, causal: true}"),
    ("[9, 16]", FEWER, GROUPED + "}"),
    ("[9, 16]", FEWER, GROUPED + ", dropout: 0.1}"),
    ("[9, 16]", FEWER, GROUPED + ", kernel: unfused}"),
    ("[9, 16]", FEWER, GROUPED + ", past: 4}"),
    ("[9, 16]", FEWER, GROUPED + ", past: 4, dropout: 0.1}"),
    ("[9, 16]", FEWER, GROUPED + ", past: 4, kernel: unfused}"),
    ("[9, 16]", NAMED, apart()),
    ("[9, 16]", NAMED, apart(", kernel: unfused")),
    ("[9, 16]", NAMED, apart(", dropout: 0.2")),
    ("[9, 16]", NAMED, apart(values=12)),
    (
        "[9, 16]",
        NAMED,
        apart(", kv_heads: 2, past: 3, causal: true", keys=12, values=4),
    ),
    ("[9, 16]", NAMED, apart(", kv_heads: 2, past: 3, causal: true", 24, 12, 12)),
    ("[3, 9, 16]", SIDE, "{attention: 4}"),
    ("[3, 9, 16]", SIDE, "{attention: 4, kernel: unfused}"),
    ("[9, 16]", SIDE, "{attention: 1}"),
    ("[9, 16]", SIDE, "{attention: 1, dropout: 0.1}"),
    ("[9, 16]", SIDE, "{attention: 16}"),
    ("[9, 16]", SIDE, "{attention: 16, dropout: 0.1}"),
]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(("shape", "first", "step"), CASES)
def test_every_byte_of_attention(
    shape: str, first: str, step: str, batch: int, dtype: str
) -> None:
    text = spec(shape, first, step, "{linear: 5}")
    analysis = archcalc.loads(text).analyze(batch=batch, dtype=dtype, inplace=False)
    assert not differences(analysis)


def some_attention(random: Random) -> str:
    """Return a network with attention of random sizes and arguments."""
    tokens, features = random.randint(1, 12), random.randint(2, 9)
    heads, width = random.randint(1, 4), random.choice((1, 2, 4, 5))
    groups = random.choice([n for n in range(1, heads + 1) if heads % n == 0])
    given = [f"attention: {heads}"]
    for argument, share in (
        ("kernel: unfused", 0.4),
        ("causal: true", 0.3),
        (f"local: {random.randint(1, 5)}", 0.2),
        ("scale: false", 0.2),
        ("dropout: 0.1", 0.3),
        (f"kv_heads: {groups}", 1.0 if groups < heads else 0.1),
    ):
        given += [argument] if random.random() < share else []
    past = random.randint(1, 4) if random.random() < 0.2 else 0
    given += [f"past: {past}"] if past else []
    first = f"{{linear: {(heads + 2 * groups) * width}}}"
    if random.random() < 0.5:
        first = f"{{name: x, linear: {features}}}"
        deep = random.choice((width, width, 3))
        sizes = (heads * width, groups * width, groups * deep)
        given += [
            f"{name}: {{linear: {size}, from: x}}"
            for name, size in zip("qkv", sizes, strict=True)
        ]
    if random.random() < 0.3:
        shape = [heads, tokens, tokens + past]
        given.append(f"mask: [{{parameter: {shape[random.randint(0, 2) :]}}}]")
    lead = "2, " if random.random() < 0.15 else ""
    return spec(
        f"[{lead}{tokens}, {features}]",
        first,
        f"{{{', '.join(given)}}}",
        random.choice(("{linear: 5}", "relu")),
    )


@pytest.mark.parametrize("seed", long_unless(lambda seed: seed < 60, range(600)))
def test_every_byte_of_some_attention(seed: int) -> None:
    random = Random(seed)
    how: dict[str, Any] = {
        "batch": random.choice((1, 2, 3)),
        "dtype": random.choice(("float32", "bfloat16", "float64")),
    }
    text = some_attention(random)
    assert not differences(archcalc.loads(text).analyze(inplace=False, **how)), text
