"""The counters that archcalc runs (`archcalc/network/counters/`), behind one call.

The extra `peers` installs what is imported by name; `tests/peers.txt` goes into
`build/peers`. A test is skipped where a counter is not installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from torch import Tensor, nn

from archcalc.errors import MissingExtra
from archcalc.network.counters.importing import Package, imported
from archcalc.network.counters.tools import TOOLS, Told, told

FOLDER = Path(__file__).parents[2] / "build" / "peers"
ON_META = tuple(name for name, tool in TOOLS.items() if tool.device == "meta")
ON_CPU = tuple(name for name, tool in TOOLS.items() if tool.device == "cpu")
COUNTERS = (*ON_META, *ON_CPU)
NETWORKS = {
    "lenet5": None,
    "vgg11": "3x64x64",
    "alexnet-2gpu": None,
    "squeezenet": "3x96x96",
    "googlenet": "3x96x96",
    "bn-inception": "3x96x96",
    "mobilenet-v1": "3x96x96",
    "mobilenet-v2": "3x96x96",
    "mobilenet-v3-small": "3x96x96",
    "shufflenet-v2:0.5x": "3x96x96",
    "efficientnet": "3x64x64",
    "resnet18": "3x96x96",
    "resnet50:v1.5": "3x96x96",
    "se-resnet50": "3x64x64",
    "resnext50-32x4d": "3x64x64",
    "densenet121": "3x64x64",
    "convnext": "3x64x64",
    "unet": "3x188x188",
    "vit:ti-16": None,
    "swin": None,
    "mlp-mixer": None,
}
"""Networks of every make, with an input that keeps the three on the CPU short."""


class Counted(NamedTuple):
    """What a counter says of a module."""

    operations: int
    params: int


def count(name: str, module: nn.Module, inputs: Sequence[Tensor]) -> Counted:
    """Return what a counter says; the module must be on the device that it needs."""
    found = said(name, module, inputs)
    return Counted(found.operations, found.params)


def said(name: str, module: nn.Module, inputs: Sequence[Tensor]) -> Told:
    """Return all that a counter says, or skip the test and say what to install."""
    try:
        return told(name, module, inputs, FOLDER)
    except MissingExtra as error:
        pytest.skip(str(error))


def library(name: str, module: str = "") -> ModuleType:
    """Import a library that is no counter, or skip the test and say what to install."""
    try:
        return imported(Package(name, module or name, ""), FOLDER)[0]
    except MissingExtra as error:
        pytest.skip(str(error))
