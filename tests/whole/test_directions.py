"""Which room may import which: the house has floors, and no import goes up.

A room is a package (or one of the four ground files) directly in `archcalc/`. Every
import counts: at the top of a file, inside a function, and under `TYPE_CHECKING`. An
import that is lazy, or there for its type alone, ties two files together like any other.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "archcalc"
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "records": (),
    "errors": ("records",),
    "version": (),
    "catalogue": ("records",),
    "limits": ("records", "errors"),
    "sizes": ("records", "errors", "limits"),
    "source": ("records", "errors", "limits"),
    "wire": ("records", "errors"),
    "layers": ("records", "errors", "sizes", "source"),
    "language": (
        "records",
        "catalogue",
        "errors",
        "limits",
        "sizes",
        "source",
        "layers",
    ),
    "graph": ("records", "errors", "limits", "sizes", "source", "layers", "language"),
    "readers": (
        "records",
        *("errors", "limits", "sizes", "source", "wire", "layers", "language"),
        "graph",
    ),
    "figures": ("records", "errors", "sizes", "layers", "graph"),
    "network": (
        "records",
        *("catalogue", "errors", "limits", "sizes", "source", "layers", "language"),
        *("graph", "readers", "figures"),
    ),
    "checks": (
        "records",
        *("catalogue", "errors", "limits", "sizes", "source", "layers", "language"),
        *("graph", "readers", "figures", "network"),
    ),
    "sweeps": (
        "records",
        *("version", "catalogue", "errors", "limits", "sizes", "source", "layers"),
        *("language", "graph", "figures", "network"),
    ),
    "writers": (
        "records",
        *("version", "errors", "limits", "sizes", "source", "wire", "layers"),
        *("language", "graph", "figures", "network"),
    ),
    "reports": (
        "records",
        *(
            "catalogue",
            "errors",
            "sizes",
            "source",
            "layers",
            "language",
            "graph",
            "readers",
            "figures",
        ),
        *("network", "checks", "sweeps", "writers"),
    ),
    "render": (
        "records",
        *(
            "version",
            "catalogue",
            "errors",
            "limits",
            "sizes",
            "layers",
            "graph",
            "figures",
        ),
        *("network", "checks", "sweeps", "reports"),
    ),
    "api": (
        "records",
        *("errors", "limits", "source", "language", "readers", "figures", "network"),
        *("checks", "sweeps", "writers", "reports", "render"),
    ),
    "playground": (
        "records",
        *("catalogue", "errors", "limits", "sizes", "source", "layers", "language"),
        *("graph", "readers", "figures", "network", "checks", "writers", "reports"),
        "render",
    ),
    "commands": (
        "records",
        *("version", "errors", "limits", "source", "language", "readers", "figures"),
        *("network", "checks", "sweeps", "writers", "reports", "render", "api"),
        "playground",
    ),
}
"""Each room, from the ground up, with the rooms that it may import beside itself.

A room that is not built yet may stand here: its row counts from its first file on.
"""
BUILT = [
    room
    for room in MAY_IMPORT
    if (PACKAGE / f"{room}.py").exists() or (PACKAGE / room / "__init__.py").exists()
]
TO_COME: set[str] = set()
"""Rooms that have a place in the list and nothing in them yet."""
ROOTS = ("", "__init__", "__main__")
"""The package itself and its command may know every room."""


def module_of(path: Path) -> str:
    """Return the name of a file's module inside the package: `sizes.dims`."""
    name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    return name.removesuffix(".__init__") if name != "__init__" else ""


@cache
def files() -> Mapping[str, Path]:
    """Return every file of the package by its module's name."""
    return {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the modules of the package that a file imports, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import"
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [n if _module(n) in files() else str(node.module) for n in inside]
        else:
            continue
        for name in names:
            if name.partition(".")[0] == "archcalc":
                yield _module(name), node.lineno


def _module(name: str) -> str:
    return name.partition(".")[2] if name != "archcalc" else ""


@cache
def arrows() -> Mapping[tuple[str, str], str]:
    """Return every import of one file by another, with the place of the first."""
    found: dict[tuple[str, str], str] = {}
    for module, path in files().items():
        for target, line in imported(path):
            if target != module:
                found.setdefault((module, target), f"{path}:{line}")
    return found


def room_of(module: str) -> str:
    return module.partition(".")[0]


def rooms() -> Mapping[tuple[str, str], str]:
    """Return the arrows between different rooms that are built."""
    between = {
        (room_of(a), room_of(b)): place for (a, b), place in reversed(arrows().items())
    }
    return {
        (a, b): place
        for (a, b), place in between.items()
        if a != b and a in BUILT and b in BUILT
    }


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return what is left when everything without an arrow to the rest is taken away."""
    left = {a: {b for b in to if b != a} for a, to in graph.items()}
    while True:
        free = {a for a, to in left.items() if not to & left.keys()}
        if not free:
            return [sorted(left)] if left else []
        left = {a: to for a, to in left.items() if a not in free}


def test_no_import_goes_up() -> None:
    wrong = [
        f"{place}: {a} may not import {b}"
        for (a, b), place in rooms().items()
        if b not in MAY_IMPORT[a]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_list_itself_has_one_direction() -> None:
    """A room may import only rooms that stand before it in the list."""
    order = list(MAY_IMPORT)
    for room, targets in MAY_IMPORT.items():
        assert all(order.index(t) < order.index(room) for t in targets), room
        assert list(targets) == sorted(targets, key=lambda t: TOLD.index(t)), room


TOLD = ("records", "version", "catalogue", "errors", "limits", *list(MAY_IMPORT)[5:])
"""The order in which the list names rooms."""


def test_no_circle_of_files() -> None:
    graph: dict[str, set[str]] = {module: set() for module in files()}
    for a, b in arrows():
        if room_of(a) in BUILT and room_of(b) in BUILT:
            graph[a].add(b)
    assert not circles(graph)


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": set()}) == []


@pytest.mark.parametrize("room", BUILT)
def test_nothing_below_imports_the_root(room: str) -> None:
    """`archcalc/__init__.py` hands names on to users; inside, each has its own home."""
    wrong = [
        place for (a, b), place in arrows().items() if room_of(a) == room and not b
    ]
    assert not wrong, "\n".join(wrong)


def test_the_test_sees_the_house() -> None:
    """It cannot pass by finding nothing."""
    assert set(BUILT) == set(MAY_IMPORT) - TO_COME
    assert {room_of(m) for m in files()} - {*ROOTS} == set(BUILT)
    assert len(arrows()) > 1000
    assert len(rooms()) > 80


def test_the_documentation_has_the_same_list() -> None:
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"(?m)^(\w+) +may import (.+)$", text))
    listed = {a: ", ".join(to) or "nothing" for a, to in MAY_IMPORT.items()}
    assert told == listed
    assert list(told) == list(MAY_IMPORT)
    for room in MAY_IMPORT:
        assert f"| `{room}` |" in text


ORDERS = {
    "figures": (
        *("formats", "conventions", "facts", "tally", "counted", "backward"),
        "memory",
    ),
    "checks": ("rule", "rules", "catalogue", "checking", "fixing"),
}
"""The order of some parts of a room: none imports a later one."""


@pytest.mark.parametrize("room", ORDERS)
def test_the_order_inside_a_room(room: str) -> None:
    order = {f"{room}.{part}": i for i, part in enumerate(ORDERS[room])}
    seen = 0
    for (a, b), place in arrows().items():
        first, second = (".".join(m.split(".")[:2]) for m in (a, b))
        if first in order and second in order and first != second:
            seen += 1
            assert order[second] < order[first], place
    assert seen >= len(order) - 1


def test_claims_know_no_other_part_of_checks() -> None:
    wrong = [
        place
        for (a, b), place in arrows().items()
        if a.startswith("checks.claims")
        and b.startswith("checks")
        and not b.startswith("checks.claims")
    ]
    assert not wrong, "\n".join(wrong)
