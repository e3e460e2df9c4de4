"""PyTorch modules by name: what is imported, how it is made, and what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch import nn

import archcalc
from archcalc.readers.pytorch.objects import Named, module_of, named, read_arguments

NAMES = {
    "torchvision.models:resnet50": Named("torchvision.models", "resnet50", file=False),
    "nets/mine.py:Net": Named("nets/mine.py", "Net", file=True),
    "a.b:make.small": Named("a.b", "make.small", file=False),
    "resnet50:v1.5": None,
    "mine.yaml:small": None,
    "net.onnx:a": None,
    "models:Net": None,
    "vgg16": None,
    "a.b:1": None,
}


@pytest.mark.parametrize("text", NAMES)
def test_only_a_dotted_module_or_a_file_names_an_object(text: str) -> None:
    assert named(text) == NAMES[text]


def test_a_module_without_a_dot_is_named_where_it_is_asked_for() -> None:
    assert named("models:Net", anywhere=True) == Named("models", "Net", file=False)


CODE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        if width % 2:
            raise ValueError("the width must be even")
        self.conv = nn.Conv2d(3, width, 3)

    def forward(self, x):
        return self.conv(x)


class Everywhere(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.register_buffer("mask", torch.ones(8, 8))
        self.scale = torch.ones(8, 8)
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        return self.head(self.norm(x) + self.mask + self.scale + torch.zeros(8))


class Chooses(Net):
    def forward(self, x):
        if x.sum() > 0:
            return self.conv(x)
        return x


made = Net(4)
number = 3
"""

WRONG = [
    ("{}:Nett", {}, "AC595", "no 'Nett'", "did you mean Net?"),
    ("{}:number", {}, "AC597", "is of type int, not a torch.nn.Module", None),
    ("{}:made", {"width": 2}, "AC597", "takes no arguments", None),
    ("{}:Net", {"width": 3}, "AC596", "ValueError: the width must be even", None),
    ("{}:Net", {"depth": 3}, "AC596", "TypeError", None),
    ("nowhere.at.all:Net", {}, "AC595", "no module", "install its package"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(CODE, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "arguments", "code", "message", "help"), WRONG)
def test_what_goes_wrong_is_told(
    file: Path,
    text: str,
    arguments: dict[str, Any],
    code: str,
    message: str,
    help: str | None,
) -> None:
    target = named(text.format(file))
    assert target is not None
    with pytest.raises(archcalc.UsageError) as caught:
        module_of(target, arguments)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert message in problem.message
    assert (help or "") in (problem.help or "")


def test_weights_made_by_name_take_no_memory(file: Path) -> None:
    target = named(f"{file}:Net")
    assert target is not None
    module = module_of(target, {"width": 6})
    assert all(p.device.type == "meta" for p in module.parameters())
    assert not module.training


@pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
def test_all_tensors_of_a_module_stand_on_one_device(file: Path) -> None:
    total = archcalc.load(f"{file}:Everywhere", input=(3, 8, 8)).analyze().total
    assert (total.params, total.macs) == (2 * 3 + 8 * 4 + 4, 3 * 8 * 8 * 4)


def test_code_that_cannot_be_followed_is_shown(file: Path) -> None:
    target = named(f"{file}:Chooses")
    assert target is not None
    with pytest.raises(archcalc.UsageError) as caught:
        archcalc.load(module_of(target, {}), input=(3, 8, 8))
    (problem,) = caught.value.problems
    assert problem.code == "AC599"
    assert any("if x.sum() > 0" in fact for fact in problem.facts)


INPUTS = [
    (None, "does not say how large its input is"),
    ("Cx8x8", "needs numbers"),
    ({"y": (3, 8, 8)}, "has no input 'y'"),
]


@pytest.mark.parametrize(("input", "message"), INPUTS)
def test_an_input_needs_sizes(input: Any, message: str) -> None:
    with pytest.raises(archcalc.UsageError, match=message):
        archcalc.load(nn.Conv2d(3, 8, 3), input=input)


def test_arguments_are_values_of_python() -> None:
    given = ["depth=50", "name=wide", "sizes=[1, 2]", "flag=True"]
    found = read_arguments(given)
    assert found == {"depth": 50, "name": "wide", "sizes": [1, 2], "flag": True}
    with pytest.raises(archcalc.UsageError, match="has no value"):
        read_arguments(["depth"])
