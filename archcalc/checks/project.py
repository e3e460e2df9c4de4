"""What a project asks of its checks: the table `[tool.archcalc]` of its pyproject.toml.

[tool.archcalc]
paths = ["nets"]                        # what `archcalc check` checks
exclude = ["nets/old/*"]
select = ["AC4"]                        # show these rules alone, and let them fail
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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from archcalc.errors import ArchcalcError, UsageError, suggestion
from archcalc.limits import DEFAULT, Limits
from archcalc.source.text import decode, read_bytes

FILE = "pyproject.toml"
LOCK_FILE = "archcalc.lock"


@dataclass(frozen=True, slots=True)
class Project:
    """The table's keys, `-` written `_`; `folder` is where the file is."""

    folder: Path = field(default_factory=Path)
    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False
    channels: int | None = None
    format: str | None = None
    lock_file: str = LOCK_FILE
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)

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
    known = [f.name.replace("_", "-") for f in fields(Project) if f.name != "folder"]
    given: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            help = suggestion(key, known, "keys")
            raise _wrong(file, f"[tool.archcalc] has no key {key!r}", help)
        read, noun = READERS[key]
        found = read(value)
        if found is None:
            raise _wrong(file, f"{key} = {value!r}: {noun} is needed")
        given[key.replace("-", "_")] = found
    return Project(file.parent, **given)


def _texts(value: Any) -> tuple[str, ...] | None:
    good = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return tuple(value) if good else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None


def _lists(value: Any) -> dict[str, tuple[str, ...]] | None:
    if not isinstance(value, dict):
        return None
    read = {pattern: _texts(codes) for pattern, codes in value.items()}
    return (
        {p: codes for p, codes in read.items() if codes}
        if None not in read.values()
        else None
    )


def _limits(value: Any) -> dict[str, int] | None:
    known = {f.name for f in fields(Limits)}
    good = isinstance(value, dict) and value.keys() <= known
    return value if good and all(map(_number, value.values())) else None


Reader = Callable[[Any], Any]
READERS: dict[str, tuple[Reader, str]] = {
    "paths": (_texts, "a list of paths"),
    "exclude": (_texts, "a list of patterns"),
    "select": (_texts, "a list of codes"),
    "ignore": (_texts, "a list of codes"),
    "strict": (_flag, "true or false"),
    "channels": (_number, "a whole number"),
    "format": (_text, "a word"),
    "lock-file": (_text, "a path"),
    "per-file-ignores": (_lists, "a table of patterns with lists of codes"),
    "limits": (_limits, "a table of limits with whole numbers"),
}
