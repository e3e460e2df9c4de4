"""Results of an earlier run, in a file that `--cache` names.

A result is kept under a digest of everything that it follows from: the bytes of the
file, the settings that were given, the code of this package, the versions of Python and
of PyYAML. So one of another digest is never found, and the file may be deleted at any
time. A spec whose figures name other networks is kept with digests of those; one with
findings is not kept.

The file is JSON. Results are looked at before they are used (`fits`), but a figure that
somebody changed there is believed, as one in a spec is. A file that is no cache is
refused, not overwritten.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from archcalc.errors import ArchcalcError, UsageError
from archcalc.limits import DEFAULT
from archcalc.source.digests import digest
from archcalc.source.text import ENDINGS, read_bytes

FORMAT = "archcalc-cache"
VERSION = 1
MOST = 10_000
"""Results that are kept; the oldest go first."""
LONGEST = 64 * 2**20
"""Bytes of a file that is read: each result is some hundred."""


class Cache:
    """The results in a file; without a path there are none, and none are kept."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.results = self._read() if path is not None else {}
        self.changed = False

    def __bool__(self) -> bool:
        return self.path is not None

    def _read(self) -> dict[str, Any]:
        """Return what the file has; raise `UsageError` AC575 where it is no cache."""
        import json  # here, since a command without `--cache` spares it

        assert self.path is not None
        if not os.path.lexists(self.path):
            return {}
        try:
            limits = DEFAULT.__class__(file_bytes=LONGEST)
            data = json.loads(read_bytes(self.path, limits))
            results = data["results"] if data[FORMAT] == VERSION else {}
        except (ArchcalcError, ValueError, KeyError, TypeError, RecursionError):
            message = f"{self.path} is not a cache written by archcalc"
            help = "it was not changed; name another file, which may be a new one"
            raise UsageError.of("AC575", message, help=help) from None
        return results if isinstance(results, dict) else {}

    def key(self, kind: str, *parts: object) -> str:
        """Return what a result is kept under: a digest of all that it follows from."""
        told = (p if isinstance(p, bytes) else repr(p).encode() for p in parts)
        return f"{kind}:{digest(self.engine, *map(_measured, told)).hex()}"

    def file_key(self, kind: str, path: str, *parts: object) -> str | None:
        """Return the key of a result that follows from a file; None without one."""
        if self.path is None or not path.endswith(ENDINGS):
            return None
        try:
            return self.key(kind, read_bytes(path, DEFAULT), *parts)
        except ArchcalcError:  # told by whoever reads it
            return None

    def get(self, key: str | None, fits: Callable[[Any], bool]) -> Any:
        """Return a result, None where it is not known or not of its form."""
        found = self.results.get(key) if key is not None else None
        return found if found is not None and fits(found) else None

    def keep(self, key: str | None, result: object) -> None:
        """Keep a result, as JSON has it."""
        if key is not None:
            self.results[key] = result
            self.changed = True

    def write(self) -> None:
        """Write the file, where there is something new to keep."""
        if self.path is None or not self.changed:
            return
        import json

        from archcalc.source.writing import write_text

        newest = dict(list(self.results.items())[-MOST:])
        lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in newest.items()]
        body = ",\n".join(lines)
        text = f'{{"{FORMAT}": {VERSION}, "results": {{\n{body}\n}}}}\n'
        write_text(self.path, text)

    @cached_property
    def engine(self) -> bytes:
        """A digest of the code that makes results."""
        from importlib.util import find_spec

        yaml = find_spec("yaml")  # not imported: its first file has its version
        files = *_modules(Path(__file__).parent.parent), yaml and yaml.origin
        codes = (_measured(Path(path).read_bytes()) for path in files if path)
        return digest(sys.version.encode(), *codes)


def _measured(data: bytes) -> bytes:
    """Return bytes with their number before them, so that no two lists are alike."""
    return len(data).to_bytes(8, "big") + data


def _modules(folder: Path) -> Iterator[str]:
    """Yield the files of code in a folder, in order."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        yield from (f"{place}/{f}" for f in sorted(files) if f.endswith(".py"))


def is_printed(kept: Any) -> bool:
    """Say whether what a cache has is a text, and whether all was right in it."""
    match kept:
        case [str(), bool()]:
            return True
    return False
