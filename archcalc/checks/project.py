"""What a project asks of its checks: the table `[tool.archcalc]` of its pyproject.toml.

[tool.archcalc]
paths = ["nets"]                        # what `archcalc check` checks
models = ["models/net.onnx", {module = "mine.py:Net", input = "3x32x32"}]
                                        # models in other formats that it checks too
exclude = ["nets/old/*"]
select = ["AC4"]                        # show these only; they fail the check
ignore = ["AC402"]
strict = true                           # warnings fail
channels = 8                            # AC405 everywhere
format = "concise"
lock-file = "nets/archcalc.lock"
per-file-ignores = {"nets/paper/*" = ["AC401"]}
limits = {nodes = 200000}
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcalc.errors import ArchcalcError, UsageError, suggestion
from archcalc.language.library import displayed
from archcalc.limits import DEFAULT
from archcalc.readers import object_named
from archcalc.records import dataclass, field, fields
from archcalc.source.text import decode, read_bytes

if TYPE_CHECKING:
    from archcalc.checks.records import ModelEntry

FILE = "pyproject.toml"
LOCK_FILE = "archcalc.lock"


@dataclass(frozen=True, slots=True)
class Project:
    """The table's keys, `-` written `_`; `folder` is where the file is."""

    folder: Path = field(default_factory=Path)
    paths: tuple[str, ...] = ()
    models: tuple[str | ModelEntry, ...] = ()
    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False
    channels: int | None = None
    format: str | None = None
    lock_file: str = LOCK_FILE
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)

    def listed(self) -> Iterator[tuple[str, str | ModelEntry]]:
        """Yield the models by the names that they have from the current folder."""
        for entry in self.models:
            name = entry if isinstance(entry, str) else entry.module
            target = object_named(name)
            if target is None:
                yield displayed(self.folder / name), entry
            elif target.file:
                where = displayed(self.folder / target.where)
                yield f"{where}:{target.name}", entry
            else:
                yield name, entry

    def excludes(self, path: str | Path) -> bool:
        """Say whether a file is left out of folders that are checked."""
        return any(self._matches(path, pattern) for pattern in self.exclude)

    def ignored_in(self, path: str | Path) -> tuple[str, ...]:
        """Return the codes that are ignored in a file."""
        found = [
            codes
            for pattern, codes in self.per_file_ignores.items()
            if self._matches(path, pattern)
        ]
        return tuple(code for codes in found for code in codes)

    def _matches(self, path: str | Path, pattern: str) -> bool:
        """Say whether a file, or a folder that it is in, has a name of this pattern."""
        try:
            inside = Path(path).resolve().relative_to(self.folder.resolve())
        except ValueError:
            return False
        names = [inside.as_posix(), *(p.as_posix() for p in inside.parents)]
        return any(fnmatchcase(name, pattern.rstrip("/")) for name in names)


def find_project(start: Path | None = None) -> Project:
    """Return what the nearest pyproject.toml with the table says, upwards.

    Raises `UsageError` AC562 for a table that is not as above.
    """
    begin = (start or Path()).resolve()
    for folder in (begin, *begin.parents):
        file = folder / FILE
        if file.is_file():
            table = _table(file)
            if table is not None:
                return _project(file, table)
    return Project(begin)


def _table(file: Path) -> dict[str, Any] | None:
    try:
        text = decode(read_bytes(file, DEFAULT), file.name)
        data = tomllib.loads(text.replace("\r\n", "\n"))
    except ArchcalcError as error:
        raise _wrong(file, f"cannot be read: {error.problems[0].message}") from None
    except (ValueError, RecursionError) as error:
        raise _wrong(file, f"cannot be read: {error}") from None
    tools = data.get("tool", {})
    table = tools.get("archcalc") if isinstance(tools, dict) else None
    return table if isinstance(table, dict) or table is None else {"": table}


def _wrong(file: Path, what: str, help: str | None = None) -> UsageError:
    return UsageError.of("AC562", f"{file.name}: {what}", help=help)


def _project(file: Path, table: Mapping[str, Any]) -> Project:
    from archcalc.checks.records import ProjectTable, RecordError

    try:
        return Project(file.parent, **ProjectTable.read(table).given())
    except RecordError as error:
        if error.needed is None:
            known = [f.name.replace("_", "-") for f in fields(Project)[1:]]
            help = suggestion(error.where, known, "keys")
            message = f"[tool.archcalc] has no key {error.where!r}"
            raise _wrong(file, message, help) from None
        key = error.where.partition(".")[0]
        message = f"{key} = {table[key]!r}: {error.needed} is needed"
        raise _wrong(file, message) from None
