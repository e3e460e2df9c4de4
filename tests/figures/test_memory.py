"""Memory against measured and published figures, and its properties."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc import Analysis, UsageError
from archcalc.figures.memory.checkpoints import segments
from archcalc.figures.memory.devices import device
from archcalc.figures.memory.ledger import Ledger
from archcalc.figures.memory.optimizers import OPTIMIZERS
from archcalc.figures.memory.roofline import roof
from archcalc.figures.memory.saved import kept_for_backward, saved_per_node
from archcalc.figures.memory.storages import Storages
from archcalc.figures.memory.workspace import workspace
from archcalc.network.largest_batch import (
    inference_peak,
    largest_batch,
    read_size,
    training_peak,
)
from archcalc.reports.cells import Note
from archcalc.reports.memory.notes import checkpoint_note
from archcalc.reports.memory.summary import _where_numbers

DATA = Path(__file__).parents[1] / "data"
MEASURED = json.loads((DATA / "memory_torchvision.json").read_text())["networks"]
PUBLISHED = json.loads((DATA / "memory_published.json").read_text())
SPECS = {
    "vgg16": "vgg16",
    "resnet50": "resnet50:v1.5",
    "densenet121": "densenet121",
    "mobilenet_v2": "mobilenet-v2",
}
VARIETY = (
    "vgg16",
    "resnet50",
    "googlenet",
    "densenet121",
    "mobilenet-v3-small",
    "nasnet-a-mobile",
)


def as_in_torchvision(name: str, **how: Any) -> Analysis:
    """Return a network without the softmax that torchvision leaves to the loss.

    Its VGG has one more layer: a pool to 7×7, which is what comes out of pool5.
    """
    network = archcalc.load(SPECS[name])
    text = network.spec.source.text.partition("\nexpect:")[0]
    text = text.replace("  - softmax\n", "").removesuffix("\n  - softmax")
    if name == "vgg16":
        extra = "  - {adaptive_avgpool: 7}\n  - {name: fc6"
        text = text.replace("  - {name: fc6", extra)
    again = archcalc.loads(text)
    chosen = archcalc.Network(again.spec, network.variant)
    return chosen.analyze(**how)


@pytest.mark.parametrize("fact", MEASURED, ids=lambda f: f"{f['name']}-{f['inplace']}")
def test_torchvision_at_224(fact: dict[str, Any]) -> None:
    analysis = as_in_torchvision(fact["name"], inplace=fact["inplace"] is not False)
    memory = analysis.memory
    evaluated = Storages(analysis, backward=True, training=False)
    kept = sum(saved_per_node(evaluated, kept_for_backward(evaluated)))
    storages = memory.storages
    made = sum(storages.size) + sum(workspace(storages, n) for n in storages.ran)
    if fact["name"] == "resnet50":  # torchvision writes `out += identity`
        adds = [n.index for n in storages.ran if n.layer.key == "add"]
        made -= sum(storages.size[i] for i in adds)
    assert analysis.total.params == fact["params"]
    assert memory.saved_for_backward == fact["saved_bytes_train"]
    assert kept == fact["saved_bytes_eval"]
    if fact["name"] != "densenet121":  # torchvision's concatenates anew in each layer
        assert made - fact["input_bytes"] == fact["sum_allocated"]
        assert memory.peak_inference == fact["peak_infer_ideal"]


def in_mib(size: Any) -> Fraction:
    return Fraction(size, 2**20)


def test_activations_of_convolutions_alone() -> None:
    """11.1M of ResNet-50 v1.5, 9.1M of v1: summed by hand, stage by stage."""
    first = 64 * 112**2
    stages = ((64, 56, 3), (128, 28, 4), (256, 14, 6), (512, 7, 3))
    values = first + sum(
        blocks * 6 * width * side**2  # 1×1, 3×3 and four times as many of the last 1×1
        + 4 * width * side**2  # the projection of the first block
        + (3 * width * side**2 if stage else 0)  # its 1×1 before the stride
        for stage, (width, side, blocks) in enumerate(stages)
    )
    memory = archcalc.load("resnet50:v1.5").analyze().memory
    assert memory.activations_by("convolutions") == 4 * values == 4 * 11_113_984


@pytest.mark.parametrize(("name", "printed"), PUBLISHED["convnet-burden"].items())
def test_convnet_burden_prints_these(name: str, printed: int) -> None:
    size = archcalc.load(name).analyze().memory.activations_by("convnet-burden")
    assert abs(in_mib(size) - printed) <= Fraction(1, 2)


def test_torchsummary_and_torchinfo_print_these() -> None:
    memory = as_in_torchvision("vgg16").memory
    pool = 25_088 * 4  # younger than torchsummary's figure, and has no parameters
    old = memory.activations_by("torchsummary") - 2 * pool
    assert f"{float(in_mib(old)):.2f}" == str(PUBLISHED["torchsummary"]["vgg16"])
    new = memory.activations_by("torchinfo")
    assert f"{new / 10**6:.2f}" == str(PUBLISHED["torchinfo"]["vgg16"])


def test_the_lecture_and_every_output_kept() -> None:
    vgg = archcalc.load("vgg16")
    assert vgg.analyze().memory.activations == 4 * 15_237_608
    kept = vgg.analyze(inplace=False).memory
    assert kept.activations == kept.activations_by("kept")
    assert vgg.analyze(batch=3).memory.activations == 3 * 4 * 15_237_608


# -- inference -------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIETY)
def test_the_peak_lies_between_its_bounds(name: str) -> None:
    memory = archcalc.load(name).analyze().memory
    lower, upper, *_ = memory.bounds
    assert lower <= memory.peak_inference <= upper
    assert memory.peak_inference <= memory.peak_keeping_inputs
    orders = memory.orders
    if orders:
        assert lower <= orders.best <= orders.written <= orders.worst <= upper
        assert orders.written == memory.peak_inference
        assert all(c.best <= c.written <= c.worst for c in orders.changes)


@pytest.mark.parametrize("name", VARIETY)
def test_a_timeline_is_what_its_blocks_say(name: str) -> None:
    analysis = archcalc.load(name).analyze(batch=2)
    for timeline in (analysis.memory.inference, analysis.memory.training.timeline):
        live = [0] * len(timeline.moments)
        for block in timeline.blocks:
            for step in range(block.first, min(block.last + 1, len(live))):
                live[step] += block.bytes
        assert live == [moment.live for moment in timeline.moments]
        alive = timeline.alive(timeline.peak_at)
        assert sum(block.bytes for block in alive) == timeline.peak


def test_the_last_moment_holds_the_output_alone() -> None:
    analysis = archcalc.load("resnet18").analyze(batch=5)
    assert analysis.memory.inference.moments[-1].after == 5 * 1000 * 4


def test_the_best_order_runs_the_hungry_branch_first() -> None:
    (change,) = archcalc.load("naive-inception").analyze().memory.orders.changes
    assert change.order[0] == "pool"
    assert change.best < change.written


def test_more_than_four_branches_go_by_their_need() -> None:
    branches = "\n".join(
        f"      b{i}: [{{conv: {c}, kernel: 1}}]" for i, c in enumerate((1, 9, 2, 8, 3))
    )
    text = (
        f"archcalc: 1\nname: wide\ninput: [4, 8, 8]\nlayers:\n  - concat:\n{branches}\n"
    )
    orders = archcalc.loads(text).analyze().memory.orders
    assert orders is not None
    assert orders.best <= orders.written <= orders.worst


@pytest.mark.parametrize("count", [2, 6])
def test_branches_of_a_side_head_have_no_order(count: int) -> None:
    """Side heads are not run in inference, whatever the order of their branches."""
    branches = ", ".join(
        f"b{n}: [{{conv: {n + 1}}}, {{conv: 2}}]" for n in range(count)
    )
    text = (
        "archcalc: 1\nname: a\ninput: [4, 8, 8]\nlayers:\n  - {conv: 4}\n"
        f"  - aux: [{{concat: {{{branches}}}}}, {{fc: 9}}]\n  - {{conv: 4}}\n"
    )
    memory = archcalc.loads(text).analyze().memory
    orders = memory.orders
    assert orders is not None
    assert orders.best == orders.written == orders.worst == memory.peak_inference
    (change,) = orders.changes
    assert (change.best, change.worst, change.order) == (0, 0, ())


def test_other_mistakes_are_not_taken_for_names() -> None:
    """What needs numbers is left out of a report of names; nothing else is."""

    def notes(code: str) -> Iterator[Note]:
        yield Note("one")
        raise UsageError.of(code, "no")

    assert list(_where_numbers(notes("AC541"))) == [Note("one")]
    with pytest.raises(UsageError):
        list(_where_numbers(notes("AC504")))


def test_a_share_of_no_operations_is_unknown() -> None:
    text = (
        "archcalc: 1\nname: idle\ninput: [4, 8, 8]\nlayers: [{stage: [relu, relu]}]\n"
    )
    analysis = archcalc.loads(text).analyze(checkpoint="stages")
    (note,) = checkpoint_note(analysis)
    assert "0 MACs more, ? of a forward pass" in note.text


def test_a_chain_has_no_order_to_choose() -> None:
    assert archcalc.load("vgg16").analyze().memory.orders is None


# -- training --------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIETY)
def test_what_rows_keep_adds_up(name: str) -> None:
    analysis = archcalc.load(name).analyze(batch=2, dtype="bfloat16")
    memory = analysis.memory
    rows = sum(memory.saved(row.nodes) for row in analysis.rows)
    assert rows == memory.saved_for_backward == memory.training.saved


def test_training_holds_its_parts() -> None:
    training = archcalc.load("resnet50").analyze(optimizer="adam").memory.training
    weights = 4 * 25_557_032
    assert training.parameters == training.gradients == weights
    assert training.optimizer_state == 2 * weights + 4 * 161
    assert training.buffers == 4 * 2 * 26_560 + 8 * 53
    steady = training.parameters + training.buffers + training.optimizer_state
    assert training.timeline.moments[-1].after == steady + training.gradients
    assert training.peak > steady + training.gradients


def test_every_optimizer_costs_what_it_keeps() -> None:
    vgg = archcalc.load("lenet5")
    tensors = 10
    for name, one in OPTIMIZERS.items():
        if one.factored or one.matrices:
            continue
        memory = vgg.analyze(optimizer=name).memory
        own = len(one.copies) * memory.static.parameters + 4 * one.scalars * tensors
        assert memory.static.optimizer_state == own, name


def test_mixed_precision_keeps_master_weights() -> None:
    mixed = archcalc.load("vgg16").analyze(mixed=True, optimizer="adam")
    assert mixed.setting.dtype == "bfloat16"
    training = mixed.memory.training
    assert training.parameters == 4 * 138_357_544
    assert training.optimizer_state >= 8 * 138_357_544
    plain = archcalc.load("vgg16").analyze(dtype="bf16").memory
    copies = 2 * 138_344_128  # of every weight, without biases
    assert mixed.memory.saved_for_backward == plain.saved_for_backward + copies
    assert (
        archcalc.load("vgg16").analyze(mixed=True, dtype="fp16").setting.dtype == "fp16"
    )


@pytest.mark.parametrize("kind", ["blocks", "stages"])
def test_checkpointing_keeps_less_and_computes_more(kind: str) -> None:
    plain = archcalc.load("resnet50").analyze(batch=8).memory.training
    less = archcalc.load("resnet50").analyze(batch=8, checkpoint=kind)
    again = segments(less.graph, kind)
    assert less.memory.training.saved < plain.saved
    assert less.memory.training.peak < plain.peak
    macs = sum(less.figures(range(p.first, p.end)).macs for p in again)
    assert less.memory.training.extra_macs == macs > 0
    assert plain.extra_macs == 0


def test_parts_that_run_again() -> None:
    graph = archcalc.load("resnet50").graph
    names = [part.name for part in segments(graph, "stages")]
    assert names == ["conv2", "conv3", "conv4", "conv5"]
    assert len(segments(graph, "blocks")) == 16
    assert segments(archcalc.load("vgg16").graph, "blocks")[0].name == "block1"
    assert not segments(graph, "none")


def test_side_heads_are_trained_and_stored_but_not_run() -> None:
    memory = archcalc.load("googlenet").analyze().memory
    assert memory.static.parameters == 4 * (6_998_552 + 6_379_728)
    assert memory.on_disk == memory.static.parameters
    heads = {n.index for n in memory.analysis.graph.nodes if n.aux}
    assert not heads & {m.node for m in memory.inference.moments}
    assert heads <= {m.node for m in memory.training.timeline.moments}


def test_shared_weights_count_once_and_their_gradients_too() -> None:
    text = (
        "archcalc: 1\nname: twice\ninput: [4, 8, 8]\nlayers:\n"
        "  - {name: one, conv: 4, kernel: 3, pad: 1}\n"
        "  - {name: two, conv: 4, kernel: 3, pad: 1, share: one}\n"
    )
    memory = archcalc.loads(text).analyze().memory
    weights = 4 * (4 * 4 * 9 + 4)
    assert memory.on_disk == weights
    held = [
        b for b in memory.training.timeline.blocks if "gradient of weights" in b.what
    ]
    assert sum(b.bytes for b in held if b.last > b.first) == weights


# -- disk ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "size"),
    [
        ("fp32", 4 * (25_557_032 + 53_120) + 8 * 53),
        ("fp16", 2 * (25_557_032 + 53_120) + 8 * 53),
        ("bf16", 2 * (25_557_032 + 53_120) + 8 * 53),
        ("int8", 25_557_032 + 53_120 + 8 * 53),
        ("int4", (25_557_032 + 53_120) // 2 + 8 * 53),
    ],
)
def test_on_disk(dtype: str, size: int) -> None:
    assert archcalc.load("resnet50").analyze().memory.on_disk_as(dtype) == size


def test_half_bytes_round_up_for_each_tensor() -> None:
    """The weight has 15 values, the bias 5."""
    text = "archcalc: 1\nname: odd\ninput: [3]\nlayers:\n  - {fc: 5}\n"
    assert archcalc.loads(text).analyze(dtype="int4").memory.on_disk == 8 + 3


# -- fitting ---------------------------------------------------------------------------


@pytest.mark.parametrize("memory", ["64MB", "100MiB", "300MB", "2GiB"])
@pytest.mark.parametrize("peak", [training_peak, inference_peak])
def test_the_largest_batch_fits_and_one_more_does_not(memory: str, peak: Any) -> None:
    analysis = archcalc.load("squeezenet").analyze(optimizer="adam")
    room = read_size(memory)
    found = largest_batch(analysis, room, peak)
    assert found.batch >= 1
    assert found.peak <= room < found.next_peak
    again = archcalc.load("squeezenet").analyze(optimizer="adam", batch=found.batch)
    assert peak(again) == found.peak


def test_nothing_fits_into_too_little() -> None:
    assert largest_batch(archcalc.load("vgg16").analyze(), 10**9).batch == 0


@pytest.mark.parametrize("name", VARIETY)
def test_peaks_grow_with_the_batch(name: str) -> None:
    network = archcalc.load(name)
    peaks = [network.analyze(batch=b).memory.training.peak for b in (1, 2, 3, 5)]
    assert peaks == sorted(set(peaks))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("24GiB", 24 * 2**30),
        ("24GB", 24 * 10**9),
        ("11.5 GB", 11_500_000_000),
        ("512MiB", 512 * 2**20),
        ("1000", 1000),
        ("1kB", 1000),
        ("1KiB", 1024),
        ("2TiB", 2**41),
        ("0.5GiB", 2**29),
    ],
)
def test_sizes_of_memory(text: str, size: int) -> None:
    assert read_size(text) == size


# -- the ledger ------------------------------------------------------------------------


def test_a_ledger_of_three_steps() -> None:
    ledger = Ledger()
    ledger.hold("a", "output", 0, 10)
    ledger.step("forward", 0)
    ledger.hold("b", "output", 1, 5)
    ledger.use("workspace", 1, 7)
    ledger.use("workspace", 1, 0)
    ledger.step("forward", 1, ["a"])
    ledger.step("forward", 2)
    timeline = ledger.end()
    assert [m.live for m in timeline.moments] == [10, 22, 5]
    assert [m.taken for m in timeline.moments] == [10, 12, 0]
    assert [m.after for m in timeline.moments] == [10, 5, 5]
    assert (timeline.peak, timeline.peak_at) == (22, 1)
    assert [(b.what, b.bytes) for b in timeline.alive(1)] == [
        ("output", 10),
        ("workspace", 7),
        ("output", 5),
    ]


# -- what is refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("AC503", lambda n: n.analyze().memory.on_disk_as("float33")),
        ("AC503", lambda n: n.analyze(stored="int5")),
        ("AC540", lambda n: n.analyze(optimizer="adman")),
        ("AC542", lambda n: n.analyze(checkpoint="layers").memory.training),
        ("AC543", lambda n: device("a101")),
        ("AC544", lambda n: roof(device("p100"), "bfloat16")),
        ("AC545", lambda n: n.analyze().memory.activations_by("lectures")),
        ("AC546", lambda n: read_size("24 gigs")),
    ],
)
def test_unknown_names(code: str, act: Any) -> None:
    with pytest.raises(UsageError) as raised:
        act(archcalc.load("lenet5"))
    assert raised.value.problems[0].code == code
    assert raised.value.problems[0].help


@pytest.mark.parametrize("figure", ["peak_inference", "saved_for_backward", "training"])
def test_symbols_need_numbers(figure: str) -> None:
    memory = archcalc.load("three-3x3", input="C,H,W").analyze().memory
    assert str(memory.on_disk) == "108C²"
    with pytest.raises(UsageError, match="needs numbers") as raised:
        getattr(memory, figure)
    assert raised.value.problems[0].code == "AC541"


def test_expectations_of_memory(tmp_path: Path) -> None:
    text = (
        "archcalc: 1\nname: one\ninput: [3, 8, 8]\nlayers:\n"
        "  - {name: c, conv: 4, kernel: 3, bias: false}\n"
        "expect:\n"
        "  - {peak: 1344, saved: 768, disk: 432, training: 2352, cite: by hand}\n"
        "  - {at: c, peak: 1344, saved: 768, disk: 432, cite: by hand}\n"
    )
    from archcalc.checks.claims.expectations import judge

    judged = list(judge(archcalc.loads(text)))
    assert {j.metric: j.computed for j in judged if j.entry.at is None} == {
        "peak": 768 + 576,
        "saved": 768,
        "disk": 432,
        "training": 432 + 768 + 2 * 576,  # at the loss: the output and its gradient
    }
