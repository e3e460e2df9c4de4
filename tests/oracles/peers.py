"""Seven other counters, each behind the same call: operations and parameters.

They are the tools themselves, run as their users run them. Four count from shapes, so
that the meta device will do; three watch real operators (on the meta device torch
computes with operators of its own, which they would count), so they run on the CPU.

The extra `peers` installs what is imported by name; `tests/peers.txt` goes into
`build/peers`.
"""

from __future__ import annotations

import importlib
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import cache
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

FOLDER = Path(__file__).parents[2] / "build" / "peers"
ON_META = ("thop", "ultralytics-thop", "torchinfo", "torch")
ON_CPU = ("fvcore", "ptflops", "calflops")
COUNTERS = (*ON_META, *ON_CPU)
PATCHED = ("matmul", "mm", "bmm", "addmm", "mul", "add")
"""Methods of tensors that ptflops and calflops replace while they count."""


class Counted(NamedTuple):
    """What a counter says of a module."""

    operations: int
    params: int


class Wrapped(nn.Module):
    """A module with one parameter more, that takes its inputs by name as well.

    ptflops hands several inputs over by name; calflops wants a parameter.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.more = nn.Parameter(torch.zeros(1))
        self.module = module

    def forward(self, *inputs: Tensor, **named: Tensor) -> Tensor:
        found: Tensor = self.module(*inputs, *named.values())
        return found


def count(name: str, module: nn.Module, inputs: Sequence[Tensor]) -> Counted:
    """Return what a counter says; the module must be on the device that it needs.

    Skips the test where the counter is not installed.
    """
    counter = RUN[name]
    with warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")
        found = counter(module.eval(), tuple(inputs))
    return Counted(*map(int, found))


# -- how each is asked -----------------------------------------------------------------

Found = tuple[Any, Any]


def fvcore(module: nn.Module, inputs: tuple[Tensor, ...]) -> Found:
    found = library("fvcore.nn")
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    analysis = found.FlopCountAnalysis(module, inputs)
    return analysis.total(), found.parameter_count(module)[""]


def ptflops(module: nn.Module, inputs: tuple[Tensor, ...]) -> Found:
    named = {str(i): x for i, x in enumerate(inputs)}
    with torch_restored():
        operations, params = library("ptflops").get_model_complexity_info(
            Wrapped(module),
            (1,),
            as_strings=False,
            print_per_layer_stat=False,
            input_constructor=lambda _: named,
            backend="pytorch",
        )
    return operations, params - 1


def thop(module: nn.Module, inputs: tuple[Tensor, ...]) -> Found:
    found: Found = library("thop").profile(module, inputs, verbose=False)
    return found


def ultralytics_thop(module: nn.Module, inputs: tuple[Tensor, ...]) -> Found:
    found: Found = in_folder("thop").profile(module, inputs, verbose=False)
    return found


def torchinfo(module: nn.Module, inputs: tuple[Tensor, ...]) -> Found:
    found = library("torchinfo").summary(module, input_data=[*inputs], verbose=0)
    return found.total_mult_adds, found.total_params


def flop_counter_mode(module: nn.Module, inputs: tuple[Tensor, ...]) -> Found:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(*inputs)
    return counter.get_total_flops(), sum(p.numel() for p in module.parameters())


def calflops(module: nn.Module, inputs: tuple[Tensor, ...]) -> Found:
    with torch_restored():
        operations, _, params = in_folder("calflops").calculate_flops(
            Wrapped(module), args=[*inputs], print_results=False, output_as_string=False
        )
    return operations, params - 1


RUN: dict[str, Callable[[nn.Module, tuple[Tensor, ...]], Found]] = {
    "fvcore": fvcore,
    "ptflops": ptflops,
    "thop": thop,
    "ultralytics-thop": ultralytics_thop,
    "torchinfo": torchinfo,
    "torch": flop_counter_mode,
    "calflops": calflops,
}


@contextmanager
def torch_restored() -> Iterator[None]:
    """Put back what a counter replaced in torch; both leave some of it behind."""
    places = [(module, dict(vars(module))) for module in (torch, functional)]
    own = {name: vars(torch.Tensor).get(name) for name in PATCHED}
    try:
        yield
    finally:
        for module, before in places:
            for name, value in before.items():
                if getattr(module, name) is not value:
                    setattr(module, name, value)
        for name, value in own.items():
            if value is None and name in vars(torch.Tensor):
                delattr(torch.Tensor, name)


# -- how each is imported --------------------------------------------------------------

UNUSED = {
    "torchvision": (),
    "timm": (),
}
"""Optional imports of ptflops, which knows attention modules of theirs."""
HUGGING_FACE = {
    "transformers": ("AutoConfig", "AutoModel", "AutoTokenizer"),
    "huggingface_hub": ("model_info",),
    "huggingface_hub.utils": ("GatedRepoError", "RepositoryNotFoundError"),
    "accelerate": ("init_empty_weights",),
    "accelerate.utils": ("is_timm_available", "is_transformers_available"),
}
"""What calflops imports to download models; it declares only some of it."""


@cache
def library(name: str) -> ModuleType:
    """Import an installed counter, or skip the test and say what to install."""
    if find_spec(name.partition(".")[0]) is None:
        pytest.skip(f"{name} is not installed: pip install -e '.[peers]'")
    with without(UNUSED):
        return importlib.import_module(name)


@cache
def in_folder(name: str) -> ModuleType:
    """Import a counter from the folder, beside another module of the same name."""
    if not (FOLDER / name).is_dir():
        pytest.skip(
            f"{name} is not in build/peers: "
            "pip install --no-deps --target build/peers -r tests/peers.txt"
        )
    others = {key: sys.modules.pop(key) for key in loaded(name)}
    sys.path.insert(0, str(FOLDER))
    try:
        with standing_in(HUGGING_FACE):
            return importlib.import_module(name)
    finally:
        sys.path.remove(str(FOLDER))
        for key in loaded(name):
            del sys.modules[key]
        sys.modules.update(others)


def loaded(name: str) -> list[str]:
    """Return the loaded modules of a package."""
    return [key for key in sys.modules if f"{key}.".startswith(f"{name}.")]


@contextmanager
def without(names: Iterator[str] | dict[str, Any]) -> Iterator[None]:
    """Let packages look as if they were not installed."""
    with replaced(dict.fromkeys(names)):
        yield


@contextmanager
def standing_in(packages: dict[str, tuple[str, ...]]) -> Iterator[None]:
    """Let packages look as if they were there; every name in them says no."""
    stand_ins = {}
    for name, attributes in packages.items():
        stand_ins[name] = ModuleType(name)
        for attribute in attributes:
            setattr(stand_ins[name], attribute, bool)
    with replaced(stand_ins):
        yield


@contextmanager
def replaced(modules: dict[str, Any]) -> Iterator[None]:
    """Put modules in place of others while something is imported."""
    before = {key: sys.modules[key] for name in modules for key in loaded(name)}
    for key in before:
        del sys.modules[key]
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            sys.modules.pop(name, None)
        sys.modules.update(before)
