"""How the tools are found and imported: some of them get in each other's way."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import Distribution
from pathlib import Path
from types import ModuleType
from typing import Any

from archcalc.errors import MissingExtra
from archcalc.records import NamedTuple

ALIKE = {"thop": "ultralytics-thop", "ultralytics-thop": "thop"}
"""Packages with one module name: of two in one folder, the last one overwrote."""
NOT_NEEDED = ("torchvision", "timm")
"""Optional imports of ptflops, which knows attention modules of theirs."""
HUGGING_FACE = {
    "transformers": ("AutoConfig", "AutoModel", "AutoTokenizer"),
    "huggingface_hub": ("model_info",),
    "huggingface_hub.utils": ("GatedRepoError", "RepositoryNotFoundError"),
    "accelerate": ("init_empty_weights",),
    "accelerate.utils": ("is_timm_available", "is_transformers_available"),
}
"""What calflops imports to download models; it declares only some of it."""


class Package(NamedTuple):
    """A package of pip's, and the module in it that counts.

    `apart` is one that does not live beside the others: it goes into a folder.
    """

    name: str
    module: str
    version: str
    apart: bool = False

    def pip(self) -> str:
        """Return the line that installs it."""
        if self.apart:
            line = f"pip install --no-deps --target tools {self.name}=={self.version}"
            return f"{line}, and add --tools tools"
        return "pip install 'archcalc[peers]'"


def imported(package: Package, folder: Path | None) -> tuple[ModuleType, str]:
    """Return a tool's module and its version: from a folder, or installed as usual.

    Raises `MissingExtra` AC524 where it is in neither.
    """
    if folder is not None and (version := _version(package.name, str(folder))):
        return in_folder(package.module, folder), version
    version = _version(package.name)
    if version is None:
        message = f"{package.name} is not installed"
        raise MissingExtra.of("AC524", message, help=package.pip())
    other = ALIKE.get(package.name)
    if other is not None and _version(other):
        message = f"{package.name} and {other} have one module name and overwrite files"
        help = f"put {package.name} into a folder of its own: --tools"
        raise MissingExtra.of("AC524", message, help=help)
    return library(package.module), version


def _version(name: str, *path: str) -> str | None:
    """Return the version of a package in a folder, or among those that are imported."""
    given: dict[str, Any] = {"path": [*path]} if path else {}
    found = next(iter(Distribution.discover(name=name, **given)), None)
    return None if found is None else found.version


@cache
def library(name: str) -> ModuleType:
    """Import an installed tool, without optional imports that are not loaded yet."""
    unused = [one for one in NOT_NEEDED if one not in sys.modules]
    with _replaced(dict.fromkeys(unused)), _standing_in(_absent(HUGGING_FACE)):
        return importlib.import_module(name)


@cache
def in_folder(name: str, folder: Path) -> ModuleType:
    """Import a tool from a folder, beside another module of the same name."""
    others = {key: sys.modules.pop(key) for key in _loaded(name)}
    sys.path.insert(0, str(folder))
    try:
        with _standing_in(HUGGING_FACE):
            return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        for key in _loaded(name):
            del sys.modules[key]
        sys.modules.update(others)


def _absent(packages: Mapping[str, Iterable[str]]) -> Mapping[str, Iterable[str]]:
    """Return those packages that are not installed."""
    return {
        name: attributes
        for name, attributes in packages.items()
        if importlib.util.find_spec(name.partition(".")[0]) is None
    }


def _loaded(name: str) -> list[str]:
    """Return the loaded modules of a package."""
    return [key for key in sys.modules if f"{key}.".startswith(f"{name}.")]


@contextmanager
def _standing_in(packages: Mapping[str, Iterable[str]]) -> Iterator[None]:
    """Let packages look as if they were there; every name in them says no."""
    stand_ins: dict[str, Any] = {}
    for name, attributes in packages.items():
        stand_ins[name] = ModuleType(name)
        for attribute in attributes:
            setattr(stand_ins[name], attribute, bool)
    with _replaced(stand_ins):
        yield


@contextmanager
def _replaced(modules: Mapping[str, Any]) -> Iterator[None]:
    """Put modules in place of others while something is imported; None for none."""
    before = {key: sys.modules[key] for name in modules for key in _loaded(name)}
    for key in before:
        del sys.modules[key]
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            sys.modules.pop(name, None)
        sys.modules.update(before)
