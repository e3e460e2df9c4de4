"""A network held against another: what is the same, and where two differ first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import archcalc as run
from independent import MAKERS
from samples import long_unless

import archcalc
from archcalc import UsageError
from archcalc.checks.against.findings import Against, held_against

HEAD = "name: net\ninput: [8, 16, 16]\nlayers:\n"


def compared(ours: str, theirs: str) -> Against:
    return held_against(archcalc.loads(HEAD + ours), archcalc.loads(HEAD + theirs))


SAME = {
    "a linear layer flattens, or a layer before it": (
        "  - {fc: 10}\n",
        "  - flatten\n  - {linear: 10}\n",
    ),
    "padding as a word or a number": (
        "  - {conv: 8, kernel: 3, pad: half}\n",
        "  - {conv: 8, kernel: 3, pad: 1}\n",
    ),
    "dropout is nothing in inference": (
        "  - {conv: 8}\n  - {dropout: 0.5}\n",
        "  - {conv: 8}\n",
    ),
    "dropout of attention is nothing in inference": (
        "  - tokens\n  - {linear: 12}\n  - {attention: 2, dropout: 0.1}\n",
        "  - tokens\n  - {linear: 12}\n  - {attention: 2}\n",
    ),
    "other names and blocks": (
        "  - {name: a, conv: 8, act: relu}\n  - {name: b, conv: 8}\n",
        "  - {conv: 8}\n  - relu\n  - {name: other, conv: 8}\n",
    ),
    "a mean is a global average pool": (
        "  - gap\n  - {fc: 4}\n",
        "  - {mean: [h, w]}\n  - {linear: 4}\n",
    ),
    "a sum in another order": (
        "  - {name: a, conv: 8}\n  - {name: b, conv: 8, kernel: 3, pad: 1, from: input}\n"
        "  - {add: [a, b]}\n",
        "  - {name: a, conv: 8}\n  - {name: b, conv: 8, kernel: 3, pad: 1, from: input}\n"
        "  - {add: [b, a]}\n",
    ),
    "concatenations of concatenations": (
        "  - {name: a, conv: 4}\n  - {name: b, conv: 4}\n  - {name: c, conv: 4}\n"
        "  - {name: ab, concat: [a, b]}\n  - {concat: [ab, c]}\n",
        "  - {name: a, conv: 4}\n  - {name: b, conv: 4}\n  - {name: c, conv: 4}\n"
        "  - {concat: [a, b, c]}\n",
    ),
    "channels last, and back": (
        "  - ln\n  - {conv: 8, act: gelu}\n  - {conv: 3, bias: false}\n",
        "  - {permute: [1, 2, 0]}\n  - {ln: true, over: last}\n  - {linear: 8}\n"
        "  - gelu\n  - {linear: 3, bias: false}\n  - {dropout: 0.1}\n"
        "  - {permute: [2, 0, 1]}\n",
    ),
    "channels last, and the other axes swapped": (
        "  - {conv: 8}\n",
        "  - {permute: [2, 1, 0]}\n  - {linear: 8}\n  - {permute: [2, 1, 0]}\n",
    ),
    "a sum of tensors with channels last": (
        "  - {name: a, conv: 4}\n  - {name: b, conv: 4, from: input}\n  - {add: [a, b]}\n",
        "  - {name: x, permute: [1, 2, 0]}\n  - {name: a, linear: 4}\n"
        "  - {name: b, linear: 4, from: x}\n  - {add: [b, a]}\n  - {permute: [2, 0, 1]}\n",
    ),
    "axes in another order, in one move or two": (
        "  - {permute: [2, 0, 1]}\n  - softmax\n",
        "  - {transpose: [0, 2]}\n  - {transpose: [1, 2]}\n  - softmax\n",
    ),
    "a factor and a size": ("  - {upsample: 2}\n", "  - {resize: [32, 32]}\n"),
}


@pytest.mark.parametrize("title", SAME)
def test_the_same_network_written_otherwise(title: str) -> None:
    found = compared(*SAME[title])
    assert found.ok, [finding.show() for finding in found.checked.findings]
    assert not found.checked.findings


BLOCK = (
    "  - {{name: a, conv: 8, kernel: 1, stride: {0}, norm: bn, act: relu, bias: {2}}}\n"
    "  - {{name: b, conv: 8, kernel: 3, pad: 1, stride: {1}, norm: bn, bias: false}}\n"
)
OTHERS = {
    "stride moved": (
        BLOCK.format(2, 1, "false"),
        BLOCK.format(1, 2, "false"),
        "a: stride 2 here, 1 there",
        "the stride is on the 1×1 convolution here and on the 3×3 there",
        2,
    ),
    "bias under a norm": (
        BLOCK.format(1, 1, "true"),
        BLOCK.format(1, 1, "false"),
        "a: bias yes here, no there",
        "a norm behind it subtracts the bias again: it changes no output",
        1,
    ),
    "rounding of windows": (
        "  - {name: p, maxpool: 3, stride: 2}\n",
        "  - {maxpool: 3, stride: 2, rounding: ceil}\n",
        "p: ceil mode no here, yes there",
        "ceil_mode decides if a last window that is not full counts",
        1,
    ),
    "a missing projection": (
        "  - {conv: 8}\n  - residual: [{conv: 8}]\n",
        "  - {conv: 8}\n  - residual: [{conv: 8}]\n    shortcut: [{conv: 8}]\n",
        "residual.shortcut.conv (conv 1×1, 8) is only there",
        "one of the two has no projection on the shortcut",
        1,
    ),
    "axes that are not moved back": (
        "  - {name: a, conv: 8}\n  - {name: m, permute: [1, 2, 0]}\n",
        "  - {name: a, conv: 8}\n",
        "m (permute 1×2×0) is only here",
        None,
        1,
    ),
    "a product over another axis": (
        "  - {name: t, transpose: }\n  - {name: f, linear: 16}\n  - transpose\n",
        "  - {name: c, conv: 8}\n",
        "t (transpose) is only here",
        None,
        4,
    ),
    "arguments of an Lp pool": (
        "  - {name: p, lppool: 2}\n",
        "  - {name: p, lppool: 2, power: 3}\n",
        "p: norm type 2.0 here, 3.0 there",
        None,
        1,
    ),
    "a layer more": (
        "  - {conv: 8}\n  - {name: more, gelu: }\n  - {conv: 4}\n",
        "  - {conv: 8}\n  - {conv: 4}\n",
        "more (gelu) is only here",
        None,
        1,
    ),
    "a layer less": (
        "  - {name: c1, conv: 8}\n  - {name: c2, conv: 4}\n",
        "  - {name: c1, conv: 8}\n  - {name: g, gelu: }\n  - {name: c2, conv: 4}\n",
        "g (gelu) is only there",
        None,
        1,
    ),
    "channels, and what follows of them": (
        "  - {name: a, conv: 8}\n  - {conv: 6}\n  - {conv: 6}\n",
        "  - {name: a, conv: 16}\n  - {conv: 6}\n  - {conv: 6}\n",
        "a: out channels 8 here, 16 there",
        None,
        1,
    ),
    "the same products": (
        "  - gap\n  - {name: c, conv: 4}\n",
        "  - gap\n  - {name: f, fc: 4}\n",
        "c: conv 1×1, 4 here, fc 4 there",
        "both are the same products; the weight has another shape",
        1,
    ),
    "weights that are shared": (
        "  - {name: a, conv: 8}\n  - {name: b, conv: 8, share: a}\n",
        "  - {name: a, conv: 8}\n  - {name: b, conv: 8}\n",
        "b shares its weights with another step than there",
        None,
        1,
    ),
    "another output": (
        "  - {name: a, conv: 8}\n  - {name: b, relu: }\noutputs: [a, b]\n",
        "  - {name: a, conv: 8}\n  - {name: b, relu: }\noutputs: [b, a]\n",
        "all layers are equal, but other tensors leave the networks",
        None,
        1,
    ),
}


@pytest.mark.parametrize("title", OTHERS)
def test_the_first_place_that_differs(title: str) -> None:
    ours, theirs, message, help, count = OTHERS[title]
    found = compared(ours, theirs)
    assert not found.ok
    first = found.checked.findings[0].problem
    assert (first.message, first.help) == (message, help)
    assert len(found.checked.findings) == count


def test_equal_figures_are_no_equal_network() -> None:
    """Two networks of the same layers in another order have the same figures."""
    one, two = (
        f"  - {{conv: 8, act: {a}}}\n  - {{conv: 8, act: {b}}}\n"
        for a, b in (("relu", "gelu"), ("gelu", "relu"))
    )
    found = compared(one, two)
    assert not found.ok
    assert found.verdict() == (
        "net is not the same network as net: params and MACs are equal all the same"
    )


def test_what_is_left_to_the_loss_is_a_warning() -> None:
    found = compared("  - {fc: 4}\n  - softmax\n", "  - {fc: 4}\n")
    (only,) = found.checked.findings
    assert (found.ok, only.severity) == (True, "warning")


def test_repeated_blocks_are_one_finding() -> None:
    spec = (
        "name: net\ninput: [8, 16, 16]\nblocks:\n"
        "  b: {{layers: [{{conv: 8, bias: {0}}}, bn]}}\nlayers:\n"
        "  - {{name: x, use: b, repeat: 9}}\n"
    )
    ours, theirs = (archcalc.loads(spec.format(word)) for word in ("true", "false"))
    (only,) = held_against(ours, theirs).checked.findings
    assert "8 more: x.2.conv, x.3.conv, x.4.conv, …" in only.problem.facts


def test_symbols_are_refused() -> None:
    one = archcalc.load("lenet5", input=("C", "H", "W"))
    with pytest.raises(UsageError, match="AC521"):
        held_against(one, one)


LIBRARIES = [
    ("resnet50:v1.5", "resnet50"),
    ("vgg16", "vgg16"),
    ("densenet121", "densenet121"),
    ("mobilenet-v2", "mobilenet_v2"),
    ("squeezenet", "squeezenet1_0"),
    ("alexnet:torchvision", "alexnet"),
    ("vit", "vit_b_16"),
    ("shufflenet-v2", "shufflenet_v2_x1_0"),
    ("inception-v3", "inception_v3"),
]
FEW = ("mobilenet-v2", "alexnet:torchvision", "vit")


@pytest.mark.filterwarnings("ignore:The default weight initialization")
@pytest.mark.parametrize(
    "pair", long_unless(lambda pair: pair[0] in FEW, LIBRARIES), ids=str
)
def test_shipped_networks_are_those_of_torchvision(pair: tuple[str, str]) -> None:
    ours = archcalc.load(pair[0])
    module = MAKERS["torchvision"](pair[1])
    theirs = archcalc.load(module, input=ours.graph.nodes[0].shape)
    found = held_against(ours, theirs)
    assert found.ok, found.checked.findings[0].show()


MINE = """
from torch import nn


class Net(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 10),
        )
"""
SPEC = """
name: net
input: [3, 32, 32]
layers:
  - {name: first, conv: 8, kernel: 3, pad: 1, stride: STRIDE, act: relu}
  - gap
  - {fc: 10}
"""


def test_the_command(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A module with one stride that differs is found, with the line of the spec."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MINE, encoding="utf-8")
    command = ("verify", "net.yaml", "--against", "mine.py:Net")
    Path("net.yaml").write_text(SPEC.replace("STRIDE", "2"), encoding="utf-8")
    done = run(capsys, monkeypatch, *command)
    assert (done.code, done.out.strip()) == (
        0,
        "net is the same network as Net: 4 steps agree",
    )
    Path("net.yaml").write_text(SPEC.replace("STRIDE", "1"), encoding="utf-8")
    done = run(capsys, monkeypatch, *command)
    assert done.code == 1
    assert "net.yaml:5:19: error[AC330]: first: stride 1 here, 2 there" in done.out
    done = run(capsys, monkeypatch, *command, "--format", "sarif")
    (result,) = json.loads(done.out)["runs"][0]["results"]
    assert (done.code, result["ruleId"]) == (1, "AC330")


RESIDUAL = """
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(8, 8, 1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.second = nn.Conv2d(8, 8, 3, stride=2, padding=1, bias=False)
        self.pool = nn.MaxPool2d(2)
        self.project = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        y = self.second(self.norm(self.first(x)))
        return y + self.project(self.pool(x))
"""
AS_SPEC = """
name: net
input: [8, 15, 15]
layers:
  - {name: a, conv: 8, kernel: 1, bias: false}
  - {name: n, bn: }
  - {name: b, conv: 8, kernel: 3, pad: 1, stride: 2, bias: false}
  - {name: p, maxpool: 2, rounding: ceil, from: input}
  - {name: c, conv: 8}
  - {add: [b, c]}
"""
WRONG = {
    "nothing": ("", "", 0, ""),
    "a stride": (
        "nn.Conv2d(8, 8, 1, bias=False)\n        self.norm",
        "nn.Conv2d(8, 8, 1, stride=2, bias=False)\n        self.norm",
        5,
        "a: stride 1 here, 2 there",
    ),
    "ceil for floor": (
        "MaxPool2d(2, ceil_mode=True)",
        "MaxPool2d(2, padding=1)",
        8,
        "p: padding 0 here, 1 there; ceil mode yes here, no there",
    ),
    "a bias under a norm": (
        "nn.Conv2d(8, 8, 1, bias=False)",
        "nn.Conv2d(8, 8, 1)",
        5,
        "a: bias no here, yes there",
    ),
    "a missing projection": (
        "self.project(self.pool(x))",
        "self.pool(x)",
        9,
        "c (conv 1×1, 8) is only here",
    ),
}
"""A change of a module: the text, what stands there instead, the line of the spec where
that is found, and the message."""


@pytest.mark.parametrize("title", WRONG)
def test_what_is_wrong_in_a_module_is_found_with_its_place(
    title: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    right, wrong, line, message = WRONG[title]
    module = RESIDUAL.replace("MaxPool2d(2)", "MaxPool2d(2, ceil_mode=True)")
    if title == "a stride":  # sizes still fit: the other stride moves
        module = module.replace("stride=2, ", "")
    changed = module.replace(right, wrong) if right else module
    assert (changed != module) == bool(line)
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(changed, encoding="utf-8")
    Path("net.yaml").write_text(AS_SPEC, encoding="utf-8")
    words = ("verify", "net.yaml", "--against", "mine.py:Block", "--format", "sarif")
    done = run(capsys, monkeypatch, *words)
    results = json.loads(done.out)["runs"][0]["results"]
    assert (done.code, bool(results)) == (1 if line else 0, bool(line))
    if line:
        (place,) = results[0]["locations"]
        assert place["physicalLocation"]["region"]["startLine"] == line
        assert results[0]["message"]["text"].startswith(message)


def test_channels_last_in_torchvision_are_channels_first_in_the_spec() -> None:
    model = MAKERS["torchvision"]("convnext_tiny")
    theirs = archcalc.load(model, input=(3, 224, 224))
    found = held_against(archcalc.load("convnext"), theirs)
    assert found.ok
    (alone,) = found.checked.findings
    assert alone.problem.message == "softmax (softmax) is only here"


def test_in_python() -> None:
    assert archcalc.verify("resnet50", against="resnet50").ok
    assert not archcalc.verify("resnet50", against="resnet50:v1.5").ok
