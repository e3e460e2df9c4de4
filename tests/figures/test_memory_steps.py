"""Inference and training step by step, added up by hand for networks of a few bytes.

Found by mutation testing (docs/generated/mutation.md). That the steps are torch's is proved in
test_memory_torch.py, which measures.
"""

from __future__ import annotations

from typing import Any

import pytest
from small_networks import FIRST, LAST, analyzed

from archcalc import Analysis, load
from archcalc.figures.memory.ledger import Ledger, Timeline


def steps(analysis: Analysis, timeline: Timeline) -> list[str]:
    """Return every step: phase, node, what lives in it and after it."""
    nodes = analysis.graph.nodes
    return [
        f"{m.phase} {nodes[m.node].name.rpartition('.')[2]}: {m.live}, {m.after}"
        for m in timeline.moments
    ]


def blocks(analysis: Analysis, what: str) -> list[str]:
    """Return the blocks of a kind: of what, bytes, first and last step."""
    timeline = analysis.memory.training.timeline
    names = [step.partition(":")[0] for step in steps(analysis, timeline)] + ["end"]
    found = sorted(b for b in timeline.blocks if b.what == what)
    nodes = analysis.graph.nodes
    return [
        f"{nodes[b.node].name}, {b.bytes}: {names[b.first]} to {names[b.last]}"
        for b in found
    ]


def test_a_part_that_runs_again() -> None:
    """Its input `a` alone stays; it goes once the whole part has run backward.

    Activations have 32 bytes, the output 4; weights 24, 24 and 36, and so gradients.
    """
    part = "  - name: part\n    stage: [{name: b, conv: 2}, sigmoid]\n"
    analysis = analyzed(FIRST + part + LAST, checkpoint="stages")
    weights = 24 + 24 + 36
    assert steps(analysis, analysis.memory.training.timeline) == [
        f"forward input: {weights + 32}, {weights + 32}",
        f"forward a: {weights + 64}, {weights + 64}",
        f"forward b: {weights + 96}, {weights + 96}",
        f"forward sigmoid: {weights + 128}, {weights + 96}",  # b goes
        f"forward flatten: {weights + 96}, {weights + 96}",  # a view
        f"forward fc: {weights + 100}, {weights + 100}",
        f"loss fc: {weights + 104}, {weights + 100}",  # its gradient; the output goes
        # the sigmoid's gradient and 36; that of the loss and its input go
        f"backward fc: {weights + 100 + 32 + 36}, {weights + 64 + 32 + 36}",
        f"backward flatten: {weights + 132}, {weights + 132}",
        f"again b: {weights + 132 + 32}, {weights + 132 + 32}",
        f"again sigmoid: {weights + 132 + 64}, {weights + 132 + 32}",  # b goes again
        # the gradient of b; that of the sigmoid and its output go
        f"backward sigmoid: {weights + 132 + 64}, {weights + 132}",
        # the gradient of a and 24; that of b goes
        f"backward b: {weights + 132 + 32 + 24}, {weights + 132 + 24}",
        f"backward b: {weights + 156}, {weights + 156 - 32}",  # a goes
        # 24; the gradient of a and the input go
        f"backward a: {weights + 124 + 24}, {weights + 84}",
        f"backward input: {weights + 84}, {weights + 84}",
        f"update fc: {weights + 84}, {weights + 84}",
    ]


BLOCKS: dict[str, tuple[str, dict[str, Any], str, list[str]]] = {
    "the sum that an average makes before it divides": (
        FIRST + "  - average:\n      l: [{conv: 2}]\n      r: [{conv: 2}]\n" + LAST,
        {},
        "workspace",
        ["average.average, 32: forward average to forward average"],
    ),
    "cast weights until their backward": (
        FIRST + LAST,
        {"mixed": True, "dtype": "bfloat16"},
        "weights in the run's format",
        ["a, 8: forward a to backward a", "fc, 16: forward fc to backward fc"],
    ),
    "a padded input, kept": (
        FIRST + "  - {name: p, conv: 2, kernel: 3, stride: 2, pad: same}\n" + LAST,
        {},
        "padded input",
        ["p, 72: forward p to backward p"],
    ),
    "by how much the gradient of a padded input is larger than that of the input": (
        FIRST + "  - {name: p, conv: 2, kernel: 3, stride: 2, pad: same}\n" + LAST,
        {},
        "padding of its gradient",
        ["p, 40: backward p to backward p"],
    ),
    "no gradient of the network's input, padded or not": (
        "  - {name: p, conv: 2, kernel: 3, stride: 2, pad: same}\n" + LAST,
        {},
        "padding of its gradient",
        [],
    ),
    "weights used twice: the second gradient is added to the first": (
        FIRST + "  - {name: b, conv: 2, share: a}\n" + LAST,
        {},
        "gradient of weights",
        [
            "a, 8: backward a to backward a",
            "a, 16: backward a to backward a",
            "b, 8: backward b to end",
            "b, 16: backward b to end",
            "fc, 4: backward fc to end",
            "fc, 32: backward fc to end",
        ],
    ),
}


@pytest.mark.parametrize("title", BLOCKS)
def test_blocks_of_training(title: str) -> None:
    layers, setting, what, expected = BLOCKS[title]
    assert blocks(analyzed(layers, **setting), what) == expected


def test_inputs_that_the_caller_holds_to_the_end() -> None:
    analysis = analyzed(FIRST + LAST)
    memory = analysis.memory
    assert steps(analysis, memory.inference)[-1] == "forward fc: 36, 4"
    assert memory.peak_keeping_inputs == 68  # the 36 of fc, and the input's 32


def test_what_passes_in_one_step_adds_up() -> None:
    ledger = Ledger()
    ledger.use("one", 0, 3)
    ledger.use("two", 0, 4)
    ledger.step("forward", 0)
    assert ledger.end().peak == 7


@pytest.mark.parametrize(
    "name", ["resnet18", "densenet-cifar", "unet", "swin", "googlenet", "t5"]
)
@pytest.mark.parametrize("checkpoint", ["none", "stages"])
def test_a_peak_alone_is_that_of_the_timeline(name: str, checkpoint: str) -> None:
    """And is first reached in the same step."""
    memory = load(name).analyze(batch=2, checkpoint=checkpoint).memory
    alone = memory.peak_training
    assert "training_timeline" not in vars(memory)
    timeline = memory.training_timeline
    assert (alone.peak, alone.highest) == (timeline.peak, timeline.highest)
