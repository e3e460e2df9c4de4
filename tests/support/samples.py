"""Which cases run by default, and which only with `pytest -m long`.

A check runs by default on a few cases that show everything it can find; the whole
product of cases is marked `long`, and `.ci/run` runs that too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import pytest

from archcalc.language.library import shipped

FEW = (
    *("se-residual-block", "lenet5", "alexnet-2gpu", "convnext", "convnext-v2"),
    *("cspdarknet53", "densenet-cifar", "detr", "dla34", "efficientnet"),
    *("hrnet-w18", "googlenet", "mobilenet-v2", "mobilenet-v3-small"),
    *("shufflenet-v2", "nasnet-a-mobile", "nas-bench-201", "regnety", "repvgg"),
    "mixtral-8x7b",
    *("resnet50", "fractalnet-cifar", "stochastic-depth-cifar", "sknet50", "segnet"),
    *(
        "unet",
        "se-resnet50",
        "mlp-mixer",
        "llama-3.2-1b",
        "mamba-130m",
        "conv-tasnet",
        "pspnet",
        "ssd300",
        "swin",
        "maxvit",
        "faster-rcnn",
        "crnn",
        "c3d",
        "efficientformer",
        "pointnet",
        "t5",
    ),
    *("clip", "conformer", "stable-diffusion-unet", "stylegan2", "two-tower"),
    *("vgg11-lrn", "vit", "vovnet"),
)
"""A network or two of every family; `tests/whole/test_samples.py` says what they must have."""


def long_unless(few: Callable[[Any], bool], cases: Iterable[Any]) -> list[Any]:
    """Return cases for `parametrize`: those that are not among the few are long."""
    return [
        case if few(case) else pytest.param(case, marks=pytest.mark.long)
        for case in cases
    ]


def long_but_each(first: Iterable[Any], second: Iterable[Any]) -> list[Any]:
    """Return all pairs for `parametrize`; of each value, three pairs in four are long.

    Every value of one side still meets several of the other, and all of them in turn.
    """
    pairs = product(enumerate(first), enumerate(second))
    return [
        pytest.param((one, other), marks=[pytest.mark.long] * ((i + j) % 4 > 0))
        for (i, one), (j, other) in pairs
    ]


def zoo() -> list[Any]:
    """Return the names of all shipped networks; those beside `FEW` are long."""
    return long_unless(FEW.__contains__, shipped())
