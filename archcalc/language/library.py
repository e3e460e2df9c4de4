"""The shipped networks: where their files are, and how a name finds one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from archcalc.errors import UsageError, nearest

ENDINGS = (".yaml", ".yml")
ALIASES = b"\naliases:"
SECTION_END = rb"\n(?=[^\s#])"
ALIAS = rb"(?:^|[\n{,])\s*([\w.-]+)\s*:"
"""Compiled where a name is none of a file: most are."""


def folder() -> Path:
    """Return the folder of shipped specs: inside a wheel, or beside the package."""
    package = Path(__file__).parent.parent
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
def alias_files() -> Mapping[str, Path]:
    """Return the file of every further name that a file gives one of its variants.

    Opens every file, so it is asked only where no file has the name. The section is
    looked through as text, without reading YAML; a test compares `aliases`.
    """
    found = {}
    for path in shipped().values():
        data = path.read_bytes()
        begin = data.find(ALIASES)
        if begin >= 0:
            section = re.split(SECTION_END, data[begin + len(ALIASES) :], maxsplit=1)[0]
            for name in re.findall(ALIAS, section):
                found[name.decode()] = path
    return found


@cache
def aliases() -> Mapping[str, tuple[Path, str]]:
    """Return the file and variant of every further name, read as YAML."""
    found: dict[str, tuple[Path, str]] = {}
    for path in dict.fromkeys(alias_files().values()):
        found |= {name: (path, variant) for name, variant in _variants_named(path)}
    return found


def _variants_named(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the names that a file gives its variants, with the variants."""
    from archcalc.source.parser import Mapping, Scalar, read

    root = read(path).root
    section = root.get("aliases") if isinstance(root, Mapping) else None
    items = section.items if isinstance(section, Mapping) else ()
    yield from ((k.text, v.text) for k, v in items if isinstance(v, Scalar))


def names() -> list[str]:
    """Return every name that finds a shipped network, in order."""
    return sorted({*shipped(), *alias_files()})


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
    if not variant and stem in alias_files():
        path = alias_files()[stem]
        return str(path), dict(_variants_named(path))[stem]
    help = nearest(stem, names()) or "`archcalc list` names the shipped networks"
    if os.path.isfile(name):
        help = f"to read the file of this name, write ./{name}"
    raise UsageError.of("AC501", f"there is no network {stem!r}", help=help)
