"""What is checked or locked, read: files, and PyTorch modules where that is allowed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from archcalc.checks.project import Project
from archcalc.limits import DEFAULT, Limits
from archcalc.network.input_sizes import Input
from archcalc.network.network import Network, load, network, shapes_of
from archcalc.readers import (
    module_source,
    object_named,
    read_source,
    refused_import,
)
from archcalc.records import dataclass, field
from archcalc.source.parser import Source


@dataclass(frozen=True)
class Sources:
    """Reads what paths and names stand for, each module once.

    A module is imported only if `imports` is set, since that runs its code. `input`
    has the sizes for modules that the project does not list. `say` gets the name of
    each module before it is imported.
    """

    project: Project = field(default_factory=Project)
    imports: bool = False
    input: Input | None = None
    say: Callable[[str], object] = str
    known: dict[str, Source] = field(default_factory=dict)

    def modules(self, paths: Iterable[str]) -> list[str]:
        """Return the modules among paths; raise `UsageError` AC594 if not allowed."""
        found = [path for path in paths if object_named(path) is not None]
        if found and not self.imports:
            raise refused_import(found[0])
        return found

    def network(self, name: str) -> Network:
        """Return the network of a name that a spec has in its `expect`."""
        if object_named(name) is None:
            return load(name)
        return network(self.read(name))

    def read(self, path: str, limits: Limits = DEFAULT) -> Source:
        """Return the spec of a file, or the one that a module stands for."""
        target = object_named(path)
        if target is None:
            return read_source(path, limits)
        self.modules([path])
        if path not in self.known:
            folder = os.fspath(self.project.folder.resolve())
            if folder not in sys.path:
                sys.path.append(folder)
            self.say(path)
            input, arguments = self._given(path)
            shapes = None if input is None else shapes_of(input, path)
            self.known[path] = module_source(target, shapes, arguments, limits)
        return self.known[path]

    def _given(self, path: str) -> tuple[Input | None, Mapping[str, Any]]:
        """Return the input sizes and arguments that the project has for a module."""
        for name, entry in self.project.listed():
            if name == path and not isinstance(entry, str):
                return self.input or entry.input, entry.args
        return self.input, {}
