"""The shipped networks: where their files are, and how a name finds one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from archcalc.errors import UsageError
from archcalc.fields import nearest

ENDINGS = (".yaml", ".yml")


def folder() -> Path:
    """Return the folder of shipped specs: inside a wheel, or beside the package."""
    package = Path(__file__).parent
    inside = package / "specs"
    return inside if inside.is_dir() else package.parent / "specs"


@cache
def shipped() -> Mapping[str, Path]:
    """Return the file of every shipped network by its name, in order of names."""
    found = {}
    for place, folders, files in os.walk(folder()):
        folders.sort()
        for file in files:
            stem, ending = os.path.splitext(file)
            if ending in ENDINGS:
                found[stem] = Path(place, file)
    return dict(sorted(found.items()))


def is_path(name: str) -> bool:
    """Say whether a network is named by its file: it has an ending or a separator."""
    return name == "-" or name.endswith(ENDINGS) or "/" in name or os.sep in name


def find(name: str) -> tuple[str, str | None]:
    """Return the file and the variant that a name stands for.

    `vgg16` and `efficientnet:b1` are shipped; `net.yaml` and `net.yaml:b1` are files.
    Raises `UsageError` AC501 with the nearest names.
    """
    if is_path(name) and (name.endswith(ENDINGS) or ":" not in name or os.path.exists(name)):
        return name, None
    stem, _, variant = name.rpartition(":") if ":" in name else (name, "", "")
    if is_path(stem):
        return stem, variant or None
    known = shipped()
    if stem in known:
        return str(known[stem]), variant or None
    help = nearest(stem, known) or "`archcalc list` names the shipped networks"
    if os.path.isfile(name):
        help = f"to read the file of this name, write ./{name}"
    raise UsageError.of("AC501", f"there is no network {stem!r}", help=help)
