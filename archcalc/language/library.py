"""The shipped networks: where their files are, and how a name finds one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from archcalc.errors import UsageError, nearest
from archcalc.source.text import ENDINGS, MODEL_ENDINGS

ALIASES = b"\naliases:"
VARIANTS = b"\nvariants:"
SECTION_END = rb"\n(?=[^\s#])"
ALIAS = rb"(?:^|[\n{,])\s*([\w.-]+)\s*:"
VARIANT = rb"\n  ([\"']?)([\w.-]+)\1\s*:"
TITLE = rb"\ntitle:\s*[\"']?([^,(\n]*)"
"""Compiled where a name is none of a file: most are."""
PYTHON = ".py"
UNSAID = r"[-_./:() ]"
SIZE_WORD = r"(?<=[-_])(tiny|small|base|large|huge)(?=[-_]|$)"
"""Sizes that libraries spell out and papers shorten to a letter."""


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
        for name in re.findall(ALIAS, _section(data, ALIASES)):
            found[name.decode()] = path
    return found


def _section(data: bytes, key: bytes) -> bytes:
    """Return the text of a section of a file, empty where it has none."""
    begin = data.find(key)
    if begin < 0:
        return b""
    return re.split(SECTION_END, data[begin + len(key) :], maxsplit=1)[0]


def blind(name: str) -> str:
    """Return a name without what people write differently.

    >>> blind("VGG-16"), blind("wide_resnet50_2")
    ('vgg16', 'wideresnet502')
    """
    return re.sub(UNSAID, "", name.lower())


@cache
def spellings() -> Mapping[str, tuple[str, ...]]:
    """Return the names that a blind name may mean, in order.

    Names of files and variants come first; then what a title calls the network, up to
    its first comma: `ViT-B/16` is `vit`. Opens every file, so it is asked only where no
    network has the name as it is written.
    """
    found: dict[str, list[str]] = {}
    titled: dict[str, list[str]] = {}
    for name in alias_files():
        found.setdefault(blind(name), []).append(name)
    for name, path in shipped().items():
        data = path.read_bytes()
        found.setdefault(blind(name), []).append(name)
        for _, variant in re.findall(VARIANT, _section(data, VARIANTS)):
            full = f"{name}:{variant.decode()}"
            found.setdefault(blind(full), []).append(full)
        title = re.search(TITLE, data)
        if title:
            titled.setdefault(blind(title[1].decode()), []).append(name)
    return {key: tuple(names) for key, names in (titled | found).items()}


def spelled(name: str) -> str | None:
    """Return the shipped name that is written differently, None where there is none.

    Case, hyphens, underscores and dots do not count, and a size may be a word:
    `VGG-16`, `vit_b_16`, `resnet50v1.5`, `convnext_small`.
    Raises `UsageError` AC501 for a name that may mean several.
    """
    shortened = re.sub(SIZE_WORD, lambda size: size[0][0], name.lower())
    known = spellings()
    meant = known.get(blind(name)) or known.get(blind(shortened))
    if meant is None:
        return None
    different = {_exactly(*one.partition(":")[::2]): one for one in reversed(meant)}
    if len(different) > 1:
        message = f"the name {name!r} fits several networks"
        raise UsageError.of("AC501", message, help=f"write {' or '.join(meant)}")
    return meant[0]


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
    if name == "-" or "/" in name or os.sep in name:
        return True
    return name.endswith(ENDINGS) or name.lower().endswith(MODEL_ENDINGS)


def find(name: str) -> tuple[str, str | None]:
    """Return the file and the variant that a name stands for.

    `vgg16` and `efficientnet:b1` are shipped; `resnet56` is a variant with its own
    name; `net.yaml` and `net.yaml:b1` are files. Case, hyphens and underscores of a
    shipped name do not count.
    Raises `UsageError` AC501 with the nearest names.
    """
    if name.endswith(PYTHON) and os.path.isfile(name):
        raise UsageError.of(
            "AC501", f"{name!r} is Python code", help=_file_beside(name)
        )
    if is_path(name) and (
        name.lower().endswith((*ENDINGS, *MODEL_ENDINGS))
        or ":" not in name
        or os.path.exists(name)
    ):
        return name, None
    stem, _, variant = name.rpartition(":") if ":" in name else (name, "", "")
    if is_path(stem):
        return stem, variant or None
    exact = _exactly(stem, variant)
    if exact is not None:
        return exact
    meant, again = spelled(name), ""
    if meant is None and variant:
        meant, again = spelled(stem), variant
    if meant is not None:
        stem, _, variant = meant.partition(":")
        exact = _exactly(stem, variant or again)
    if exact is not None:
        return exact
    help = nearest(stem, names()) or "`archcalc list` names the shipped networks"
    raise UsageError.of(
        "AC501", f"there is no network {stem!r}", help=_file_beside(name) or help
    )


def _exactly(stem: str, variant: str) -> tuple[str, str | None] | None:
    """Return the file and the variant of a name as it is written."""
    known = shipped()
    if stem in known:
        return displayed(known[stem]), variant or None
    if not variant and stem in alias_files():
        path = alias_files()[stem]
        return displayed(path), dict(_variants_named(path))[stem]
    return None


def _file_beside(name: str) -> str | None:
    """Return how a file is read that has this name, or the name with an ending."""
    stem, colon, variant = name.partition(":")
    if stem.endswith(PYTHON) and os.path.isfile(stem):
        if variant:
            return f"write its spec first: archcalc import {name} -o net.yaml"
        return f"name the class of the module too, such as {stem}:Net"
    module = stem + PYTHON
    if colon and os.path.isfile(module):
        return f"for a module in the file {module}, write {module}:{variant}"
    if os.path.isfile(name):
        return f"to read the file of this name, write ./{name}"
    for ending in ENDINGS:
        if os.path.isfile(stem + ending):
            return (
                f"to read the file of this name, write {stem}{ending}{colon}{variant}"
            )
    if os.path.isdir(name):
        return f"{name} is a folder: name a file in it; check and lock take folders"
    return None
