"""What a command loads: which modules, never how long they take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

UNREAD = {
    "archcalc.commands.typer_app",
    "archcalc.reports.comparison",
    "archcalc.reports.diagram",
    "archcalc.checks.claims.expectations",
    "archcalc.explain",
    "archcalc.figures.formulas.formulas",
    "archcalc.reports.slide",
    "archcalc.figures.memory.memory",
    "archcalc.reports.memory.cells",
    "archcalc.network.named_figures",
    "archcalc.graph.receptive",
    "archcalc.sizes.recorded",
    "archcalc.network.torch_network",
    "archcalc.figures.memory.roofline",
}
"""What a plain table does not print with."""
ENGINE = {
    "archcalc.layers",
    "archcalc.sizes.dims",
    "archcalc.source.parser",
    "archcalc.reports.report",
}
PROGRAM = """
import json, sys
sys.argv = {words!r}
from archcalc.__main__ import main
try: main()
except SystemExit: pass
print("\\n" + json.dumps(sorted(sys.modules)))
"""


def loaded(*words: str, **variables: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after a command."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(words=["archcalc", *words])],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, **variables},
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def foreign(modules: set[str]) -> set[str]:
    """Return the packages that neither Python nor `import yaml` brings."""
    tops = {name.partition(".")[0] for name in modules}
    return tops - sys.stdlib_module_names - {"yaml", *with_yaml()}


@cache
def with_yaml() -> set[str]:
    """Return the packages of an interpreter that reads YAML."""
    program = "import sys, yaml; print(*{m.partition('.')[0] for m in sys.modules})"
    return set(
        subprocess.check_output([sys.executable, "-c", program]).decode().split()
    )


@pytest.mark.parametrize(
    "line",
    [
        "table resnet152",
        "table densenet121",
        "table vgg19 --level ops --batch 8",
        "table resnet50:v1.5 --format csv",
        "table resnet18 -o /dev/null",
    ],
)
def test_a_table_loads_what_it_prints_with(line: str) -> None:
    modules = loaded(*line.split())
    assert foreign(modules) == {"archcalc"}
    assert not modules & {"yaml", *UNREAD}


def test_a_file_of_a_user_is_read_without_pydantic(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("name: n\ntitle: N\ninput: [3, 8, 8]\nlayers: [relu]\n")
    modules = loaded("table", str(path))
    assert foreign(modules) == {"archcalc"}
    assert "yaml" not in modules
    path.write_text("name: n\ntitel: N\ninput: [3, 8, 8]\nlayers: [relu]\n")
    assert "pydantic" not in loaded("table", str(path))
    path.write_text("name: n\npaper: []\ninput: [3, 8, 8]\nlayers: [relu]\n")
    assert "pydantic" not in loaded("table", str(path))


def test_pydantic_is_loaded_for_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    assert "pydantic" not in loaded("check", "lenet5")
    (tmp_path / "pyproject.toml").write_text("[tool.archcalc]\nstrict = true\n")
    assert "pydantic" in loaded("check", "lenet5")


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("table vgg16", "archcalc.checks.claims.expectations"),
        ("table vgg19 --columns +receptive_field", "archcalc.graph.receptive"),
        ("table vgg19 --columns +peak", "archcalc.figures.memory.memory"),
        ("table vgg19 --formulas", "archcalc.figures.formulas.formulas"),
        ("table vgg19 --view lecture", "archcalc.reports.slide"),
        ("table vgg19 --format mermaid", "archcalc.reports.diagram"),
        ("compare vgg16 vgg19", "archcalc.reports.comparison"),
        ("table vgg19 --help", "archcalc.commands.typer_app"),
    ],
)
def test_what_is_asked_for_is_loaded(line: str, module: str) -> None:
    assert module in loaded(*line.split())


@pytest.mark.parametrize(
    "line", ["archcalc table res", "archcalc ", "archcalc table --"]
)
def test_completion_loads_no_engine(line: str) -> None:
    modules = loaded(
        _ARCHCALC_COMPLETE="complete_bash",
        COMP_WORDS=line,
        COMP_CWORD=str(line.count(" ")),
    )
    assert "typer" in modules
    assert not modules & ENGINE
    assert "yaml" not in modules


def test_version_and_help_load_no_engine() -> None:
    for line in (["--version"], ["--help"], ["table", "--help"]):
        modules = loaded(*line)
        assert not modules & ENGINE
        assert not modules & {"yaml", "torch", "numpy", "sympy"}
