"""What `import archcalc` brings in, and which module may import what."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "archcalc"
HEAVY = ("torch", "numpy", "rich", "typer", "sympy")
ALLOWED = {
    "yaml": {"source"},
    "pydantic": {"checks"},
    "torch": {"network", "readers"},
    "typer": {"commands"},
    "rich": {"render", "commands"},
}


def loaded_after(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after `code`."""
    program = (
        f"{code}\nimport sys\nprint(*{{m.partition('.')[0] for m in sys.modules}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_import_archcalc_loads_nothing_heavy() -> None:
    loaded = loaded_after("import archcalc; archcalc.load('vgg16').analyze().total")
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize("module", HEAVY[:2])
def test_the_check_above_can_fail(module: str) -> None:
    assert module in loaded_after(f"import archcalc, {module}")


def test_import_alone_loads_neither_yaml_nor_pydantic() -> None:
    assert not loaded_after("import archcalc") & {"yaml", "pydantic", *HEAVY}


@pytest.mark.parametrize(
    "command",
    [
        "table vgg16",
        "compare vgg16 resnet50",
        "table vgg16 --format json",
        "show vgg16",
    ],
)
def test_commands_through_a_pipe_load_no_rich(command: str) -> None:
    words = ["archcalc", *command.split()]
    code = (
        f"import sys; sys.argv = {words!r}\n"
        "from archcalc.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass"
    )
    assert not loaded_after(code) & {"rich", "torch", "numpy", "sympy"}


def imports(path: Path) -> set[str]:
    """Return the top-level modules that a file imports anywhere."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("library", sorted(ALLOWED))
def test_a_library_stays_in_its_room(library: str) -> None:
    for path in PACKAGE.rglob("*.py"):
        inside = path.relative_to(PACKAGE).parts[0]
        if library in imports(path):
            assert inside in ALLOWED[library], f"{path} imports {library}"


SHOWS = {
    "__init__",
    "render",
    "api",
    "playground",
    "commands",
    "__main__",
}


def imported_modules(path: Path) -> set[str]:
    """Return the full names of the modules that a file imports anywhere."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    return found


def test_arrows_point_one_way() -> None:
    """Only what shows imports `render`, and only the command line its commands."""
    for path in PACKAGE.rglob("*.py"):
        inside = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        modules = imported_modules(path)
        if inside not in SHOWS:
            assert not {m for m in modules if m.startswith("archcalc.render")}, path
        if inside not in ("commands", "__main__"):
            assert not {m for m in modules if m.startswith("archcalc.commands")}, path


def test_every_public_name_is_there_and_documented() -> None:
    import archcalc

    for name in archcalc.__all__:
        assert getattr(archcalc, name).__doc__, name
    assert sorted(archcalc.__all__) == archcalc.__all__
    assert set(archcalc.__all__) <= set(dir(archcalc))
    assert {n for names in archcalc.HOMES.values() for n in names} == set(
        archcalc.__all__
    )
