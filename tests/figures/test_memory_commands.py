"""What the commands of memory print, and what they refuse."""

from __future__ import annotations

import pytest
from commands import archcalc as run

COMMANDS: dict[str, tuple[str, ...]] = {
    "memory vgg16": (
        "58.13 MiB",
        "25.69 MB",
        "553.43 MB",
        "block1.conv1-1 and block1.conv1-2 hold 42% of the activations",
        "fc6 holds 74% of the weights",
        "peak inference: the most memory",
        "training: the most memory",
        "on disk: parameters and buffers",
        "published: 24M",
    ),
    "memory vgg16 --no-inplace": ("rule kept", "115.21 MB"),
    "memory vgg16 --activations-rule torchinfo": ("108.45 MB", "every module with"),
    "memory resnet50 --training --optimizer adam --batch 32": (
        "state of adam",
        "204.46 MB",
        "saved for backward",
        "at the peak",
        "gradients of activations",
        "input, weight, batch statistics",
    ),
    "memory resnet50 --training --checkpoint blocks": ("16 parts keep", "MACs more"),
    "memory lenet5 --training --accumulate": (
        "gradients accumulated",
        "gradients of earlier batches",
    ),
    "memory resnet50 --stored int8": ("25.61 MB", "int8"),
    "table three-3x3 --input C,H,W --columns receptive_field,jump,start": ("7",),
    "table three-3x3 --input C,H,W --columns faked": ("needs numbers",),
    "memory resnet50 --training --mixed": ("weights float32", "dtype bfloat16"),
    "memory googlenet --timeline": ("norm2", "peak", "made or read here"),
    "memory lenet5 --timeline --training": ("backward", "loss", "update"),
    "memory googlenet --orders": ("pool, 1x1, 3x3, 5x5", "as written"),
    "memory vgg16 --orders": ("peak inference",),
    "memory alexnet --roofline h100": ("not of a latency", "memory", "compute"),
    "memory three-3x3 --input C,H,W": ("108C²", "needs numbers"),
    "fit resnet50 --memory 24GiB": ("largest batch", "24.00 GiB", "left"),
    "fit vgg16 --device rtx-3090 --mixed --optimizer adamw": ("GeForce RTX 3090",),
    "fit vgg16 --memory 24GiB --inference": (
        "Here the weights are added",
        "A framework needs a few hundred MiB more",
        "The peak is at the forward of block1.conv1-2.",
    ),
    "fit vgg16 --memory 3035806464B --optimizer adam": (
        "The peak is at the update after softmax.",
    ),
    "fit vgg16 --memory 1GB": (
        "A batch of one sample does not fit",
        "gradients of weights and the optimizer's state take 1,106,860,352 bytes",
    ),
    "fit vgg16 --memory 400MB --inference": (
        "179,120,288 bytes are missing",
        "Parameters and buffers take 553,430,176 bytes, whatever the batch",
    ),
    "table googlenet --columns +receptive_field,depth": ("field", "depth", "22"),
    "table vgg16 --columns receptive_field,jump,start,faked": ("196", "212", "faked"),
    "table vgg16 --columns peak,saved,keeps,disk,moved,intensity": (
        "indices",
        "FLOP/B",
    ),
    "table vgg16 --columns weights_share,activations_share": ("74.3%", "21.1%"),
    "table nasnet-a-mobile --columns receptive_field": ("are not aligned: the first",),
    "compare vgg16 resnet50 --bytes": (
        "peak inference",
        "saved for backward",
        "on disk",
    ),
    "compare three-3x3 one-7x7 --input C,H,W --bytes": ("on disk", "needs numbers"),
}


@pytest.mark.parametrize("line", COMMANDS)
def test_commands(
    line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = run(capsys, monkeypatch, *line.split())
    assert (done.code, done.err) == (0, "")
    said = " ".join(done.out.split())
    for words in COMMANDS[line]:
        assert words in said, words


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("fit resnet50", "AC547"),
        ("fit resnet50 --memory 24GiB --device h100", "AC547"),
        ("fit resnet50 --memory much", "AC546"),
        ("fit three-3x3 --input C,H,W --memory 1GB", "AC541"),
        ("memory vgg16 --optimizer adm", "AC540"),
        ("memory vgg16 --roofline tpu", "AC543"),
        ("memory vgg16 --activations-rule tv", "AC545"),
        ("memory three-3x3 --input C,H,W --training", "AC541"),
        ("memory three-3x3 --input C,H,W --timeline", "AC541"),
        ("table three-3x3 --input C,H,W --columns +peak", "AC541"),
    ],
)
def test_commands_that_cannot_run(
    line: str,
    code: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = run(capsys, monkeypatch, *line.split())
    assert done.code == 2
    assert code in done.err
