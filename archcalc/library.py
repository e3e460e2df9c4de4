"""The shipped networks: where their files are, and how a name finds one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from archcalc.errors import UsageError
from archcalc.fields import nearest
from archcalc.nodes import Mapping as Section
from archcalc.nodes import Scalar
from archcalc.source import read

ENDINGS = (".yaml", ".yml")
ALIASES = b"\naliases:"


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


@cache
def aliases() -> Mapping[str, tuple[Path, str]]:
    """Return the file and variant of every further name that a file gives.

    Opens every file, so it is asked only where no file has the name; a file is read as
    YAML only if it has the section.
    """
    found: dict[str, tuple[Path, str]] = {}
    for path in shipped().values():
        if ALIASES in path.read_bytes():
            root = read(path).root
            section = root.get("aliases") if isinstance(root, Section) else None
            for name, variant in section.items if isinstance(section, Section) else ():
                if isinstance(variant, Scalar):
                    found[name.text] = (path, variant.text)
    return found


def names() -> list[str]:
    """Return every name that finds a shipped network, in order."""
    return sorted({*shipped(), *aliases()})


def displayed(path: Path) -> str:
    """Return a path as messages show it: relative where it lies below this folder."""
    try:
        return str(path.relative_to(os.getcwd()))
    except ValueError:
        return str(path)


def is_shipped(path: str) -> bool:
    """Say whether a file is one of the shipped specs."""
    known = shipped().get(Path(path).stem)
    return known is not None and known == Path(path).absolute()


def is_path(name: str) -> bool:
    """Say whether a network is named by its file: it has an ending or a separator."""
    return name == "-" or name.endswith(ENDINGS) or "/" in name or os.sep in name


def find(name: str) -> tuple[str, str | None]:
    """Return the file and the variant that a name stands for.

    `vgg16` and `efficientnet:b1` are shipped; `resnet56` is a variant with its own
    name; `net.yaml` and `net.yaml:b1` are files.
    Raises `UsageError` AC501 with the nearest names.
    """
    if is_path(name) and (
        name.endswith(ENDINGS) or ":" not in name or os.path.exists(name)
    ):
        return name, None
    stem, _, variant = name.rpartition(":") if ":" in name else (name, "", "")
    if is_path(stem):
        return stem, variant or None
    known = shipped()
    if stem in known:
        return displayed(known[stem]), variant or None
    if not variant and stem in aliases():
        path, variant = aliases()[stem]
        return str(path), variant
    help = nearest(stem, names()) or "`archcalc list` names the shipped networks"
    if os.path.isfile(name):
        help = f"to read the file of this name, write ./{name}"
    raise UsageError.of("AC501", f"there is no network {stem!r}", help=help)
