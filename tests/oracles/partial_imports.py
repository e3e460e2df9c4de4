"""Import modules of packages without what their networks do not use."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from independent import PEERS, peer


def package(name: str) -> Any:
    """Import a module; what torch says of old ways of writing is for its authors."""
    with warnings.catch_warnings(action="ignore"):
        return peer(name)


class Anything(type):
    """A class whose every attribute is itself."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls


class Nothing(metaclass=Anything):
    """What stands for everything in a module that is not used."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take whatever is given."""


class Unused(MetaPathFinder, Loader):
    """Finds modules of these names, and those in them, all of `Nothing`."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def has(self, name: str) -> bool:
        return any(f"{name}.".startswith(f"{root}.") for root in self.names)

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if self.has(name) else None

    def exec_module(self, module: Any) -> None:
        module.__getattr__ = lambda name: getattr(Nothing, name)
        module.__version__ = "0"


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let a package be imported without the modules of these names."""
    finder = Unused(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [*filter(finder.has, sys.modules)]:
            del sys.modules[name]


def bare(*names: str) -> None:
    """Let modules of packages be imported without the other modules of these."""
    for name in names:
        module = ModuleType(name)
        module.__path__ = [str(PEERS / name.replace(".", "/"))]
        sys.modules.setdefault(name, module)
