"""Which files a check is about: files and folders, shipped names, a project's paths."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from archcalc.checks.project import Project
from archcalc.errors import UsageError
from archcalc.language.library import displayed, find, is_path, shipped
from archcalc.language.steps import KINDS
from archcalc.readers import is_model, object_named
from archcalc.records import dataclass
from archcalc.source.text import ENDINGS

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "site-packages"})
OURS = rb"(?m)^(?:archcalc|layers|input|blocks)\s*:"
ANY_KEY = rb"(?m)^[\w\"'][^\n#]*:(?:\s|$)"
ITEM = rb"(?m)^- (?:\{\s*)?([\w-]+)"
BEGINNING = 2**16


@dataclass(frozen=True, slots=True)
class Found:
    """Files to check in order, and how many other YAML files were left out.

    `by_default`: nothing was named, so they are the shipped specs.
    """

    paths: tuple[str, ...]
    others: int = 0
    by_default: bool = False


def specs_at(
    paths: Sequence[str] | None,
    project: Project | None = None,
    *,
    skip_others: bool = False,
) -> Found:
    """Return the files that paths and names stand for; folders are walked.

    In a folder, hidden folders and YAML files that are no specs are left out; of files
    that are named, only where `skip_others` asks for it. Without paths: those of the
    project, else every shipped spec.

    Raises `UsageError` AC501 for a name that is not shipped, AC512 for a folder without
    specs.
    """
    project = project or Project()
    if not paths and not project.paths and not project.models:
        every = tuple(displayed(path) for path in shipped().values())
        return Found(every, by_default=True)
    own = [displayed(project.folder / path) for path in project.paths]
    own += [name for name, _ in project.listed()]
    chosen, found = paths or own, []
    others = 0
    for path in chosen:
        if object_named(path) is not None:
            found.append(path)
        elif os.path.isdir(path):
            inside = [str(p) for p in _walk(path) if not project.excludes(p)]
            specs = [name for name in inside if is_spec(name)]
            if not specs:
                raise UsageError.of("AC512", f"no spec in the folder {path!r}")
            others += len(inside) - len(specs)
            found += specs
        elif skip_others and not is_spec(path):
            others += 1
        else:
            found.append(path if is_path(path) else find(path)[0])
    return Found(tuple(dict.fromkeys(found)), others)


def _walk(folder: str) -> Iterator[Path]:
    """Yield the YAML files below a folder in order, hidden folders left out."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(
            f for f in folders if f[0] != "." and f not in SKIPPED_FOLDERS
        )
        yield from (Path(place, f) for f in sorted(files) if f.endswith(ENDINGS))


def is_spec(path: str) -> bool:
    """Say whether a YAML file is meant as a spec, also a broken one.

    It has one of the language's sections at its top, or steps; or it is so broken that
    it has no key at all. What cannot be opened is left to whoever reads it.
    """
    if is_model(path):
        return True
    try:
        with open(path, "rb") as file:
            data = file.read(BEGINNING)
    except OSError:
        return True
    if re.search(OURS, data) or not (re.search(ANY_KEY, data) or re.search(ITEM, data)):
        return True
    return not re.search(ANY_KEY, data) and _has_steps(re.findall(ITEM, data))


def _has_steps(words: Iterable[bytes]) -> bool:
    return any(word.decode("ascii", "replace") in KINDS for word in words)
