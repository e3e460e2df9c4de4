"""Our specs against the definitions of torchvision, timm and pytorchcv."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from independent import (
    MAKERS,
    Library,
    Measured,
    declare_operators,
    library,
    measure,
    on_meta,
    ours,
    theirs,
)
from torch import nn

import archcalc
from archcalc.network import torch_network as reference

CLASSIC = (3, 224, 224)
SAME: list[tuple[str, Library, str, tuple[int, ...]]] = [
    ("alexnet", "pytorchcv", "alexnet", (3, 227, 227)),
    ("zfnet:paper", "pytorchcv", "zfnet", CLASSIC),
    ("vgg11", "torchvision", "vgg11", CLASSIC),
    ("vgg13", "torchvision", "vgg13", CLASSIC),
    ("vgg16", "torchvision", "vgg16", CLASSIC),
    ("vgg16", "pytorchcv", "vgg16", CLASSIC),
    ("vgg19", "torchvision", "vgg19", CLASSIC),
    ("resnet18", "torchvision", "resnet18", CLASSIC),
    ("resnet18", "timm", "resnet18", CLASSIC),
    ("resnet34", "torchvision", "resnet34", CLASSIC),
    ("resnet50:v1.5", "torchvision", "resnet50", CLASSIC),
    ("resnet50:v1.5", "timm", "resnet50", CLASSIC),
    ("resnet101:v1.5", "torchvision", "resnet101", CLASSIC),
    ("resnet152:v1.5", "torchvision", "resnet152", CLASSIC),
]
"""Equal in parameters, MACs and every convolution's shape, in order of execution."""

REORDERED: list[tuple[str, Library, str]] = [
    ("resnet50", "pytorchcv", "resnet50"),
    ("resnet101", "pytorchcv", "resnet101"),
    ("resnet152", "pytorchcv", "resnet152"),
]
"""Equal too, but pytorchcv runs the projection before the branch, we after it."""

KNOWN: list[tuple[Library, str, dict[str, Any], int, int]] = [
    ("torchvision", "densenet121", {}, 7_978_856, 2_834_161_664),
    ("timm", "densenet121", {}, 7_978_856, 2_834_161_664),
    ("pytorchcv", "densenet121", {}, 7_978_856, 2_834_161_664),
    ("torchvision", "efficientnet_b0", {}, 5_288_548, 385_814_752),
    ("timm", "efficientnet_b0", {}, 5_288_548, 385_814_752),
    ("pytorchcv", "efficientnet_b0", {}, 5_288_548, 385_814_752),
    ("timm", "vgg16", {}, 138_357_544, 15_470_264_320),
    ("timm", "vit_base_patch16_224", {}, 86_567_656, 17_563_828_224),
    (
        "torchvision",
        "googlenet",
        {"aux_logits": False, "init_weights": False},
        6_624_904,
        1_498_376_192,
    ),
]
"""Figures that others have published for these very models, attention included."""


@pytest.mark.parametrize(("name", "source", "model", "shape"), SAME)
def test_the_same_network_from_another_hand(
    name: str, source: Library, model: str, shape: tuple[int, ...]
) -> None:
    assert ours(archcalc.load(name)) == theirs(source, model, shape)


@pytest.mark.parametrize(("name", "source", "model"), REORDERED)
def test_the_same_network_in_another_order(
    name: str, source: Library, model: str
) -> None:
    mine, other = ours(archcalc.load(name)), theirs(source, model)
    assert mine[:2] == other[:2]
    assert sorted(mine.conv_shapes) == sorted(other.conv_shapes)


@pytest.mark.parametrize(("source", "model", "options", "params", "macs"), KNOWN)
def test_known_figures_are_measured(
    source: Library, model: str, options: dict[str, Any], params: int, macs: int
) -> None:
    assert theirs(source, model, **options)[:2] == (params, macs)


def test_another_network_is_told_apart() -> None:
    paper = ours(archcalc.load("resnet50"))
    assert paper != theirs("torchvision", "resnet50")
    assert paper.params == theirs("torchvision", "resnet50").params


def test_our_build_measures_as_our_rules_say() -> None:
    network = archcalc.load("googlenet")
    heads = network.analyze().aux.params
    assert isinstance(heads, int)
    built = measure(reference.build(network.graph).eval(), CLASSIC)
    assert built._replace(params=built.params - heads) == ours(network)


def test_a_convolution_called_as_a_function_is_seen() -> None:
    class Functional(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = nn.functional.conv2d(x, x.new_empty(4, 3, 2, 2), stride=2)
            return nn.functional.conv_transpose2d(y, x.new_empty(4, 5, 2, 2))

    model = on_meta(lambda name: Functional(), "functional", {})
    macs = 4 * 4 * 4 * 12 + 4 * 4 * 4 * 20
    assert measure(model, (3, 8, 8)) == Measured(0, macs, ((4, 4, 4), (5, 5, 5)))


@pytest.mark.parametrize("source", ["torchvision", "timm", "pytorchcv"])
def test_models_have_no_memory_and_are_in_evaluation_mode(source: Library) -> None:
    model = MAKERS[source]("resnet18")
    tensors = [*model.parameters(), *model.buffers()]
    assert len(tensors) == 122
    assert all(tensor.is_meta for tensor in tensors)
    assert not model.training


def test_each_model_is_measured_once() -> None:
    assert theirs("timm", "resnet18") is theirs("timm", "resnet18", (3, 224, 224))


def test_the_libraries_are_those_pinned() -> None:
    text = Path(__file__).parents[1].joinpath("libraries.txt").read_text()
    pins = dict(re.findall(r"^(\w+)==(\S+)", text, re.MULTILINE))  # hashes follow
    assert sorted(pins) == ["pytorchcv", "timm", "torchvision"]
    assert pins == {name: importlib.metadata.version(name) for name in pins}


def test_a_missing_library_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install --no-deps -r .*libraries.txt"):
        declare_operators.__wrapped__()


def test_torchvision_has_its_operators() -> None:
    library("torchvision")
    assert torch.ops.torchvision.nms.default is not None
