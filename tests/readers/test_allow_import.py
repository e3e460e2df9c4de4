"""Files name PyTorch modules, which are imported only where that is allowed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Done
from commands import archcalc as called

import archcalc

Run = Callable[..., Done]
CODE = """
import pathlib

from torch import nn

pathlib.Path("imported").write_text("")


def net(width=4):
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.Flatten())
"""
PROJECT = """
[tool.archcalc]
models = [{{module = "mine.py:net", input = "3x8x8", args = {{width = {width}}}}}]
"""
SPEC = """
name: x
input: [3, 8, 8]
layers: [{conv: 4, kernel: 3}]
expect:
  - {is: 112, value: a, with: {a: "params of MODULE"}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "mine.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(width=4), encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return lambda *words: called(capsys, monkeypatch, *words)


@pytest.mark.parametrize(
    "command", ["check", "lock", "check mine.py:net --input 3x8x8"]
)
def test_nothing_is_imported_unless_it_is_allowed(
    folder: Path, run: Run, command: str
) -> None:
    done = run(*command.split())
    assert done.code == 2
    assert "AC594" in done.err
    assert "--allow-import" in done.err
    assert not (folder / "imported").exists()


def test_a_spec_imports_nothing(folder: Path, run: Run) -> None:
    (folder / "x.yaml").write_text(SPEC.replace("MODULE", "mine.py:net"), "utf-8")
    done = run("check", "x.yaml")
    assert done.code == 1
    assert "--allow-import" in done.out
    assert not (folder / "imported").exists()
    assert run("check", "x.yaml", "--allow-import").code == 0
    assert (folder / "imported").exists()


def test_modules_of_a_project_are_checked_and_locked(folder: Path, run: Run) -> None:
    done = run("lock", "--allow-import")
    assert done.code == 0
    assert "importing mine.py:net runs its code" in done.err
    assert run("check", "--locked", "--allow-import").code == 0
    (folder / "pyproject.toml").write_text(PROJECT.format(width=6), encoding="utf-8")
    done = run("check", "--locked", "--allow-import")
    assert done.code == 1
    assert "params: 112 in the lock file, now 168" in done.out


def test_python_asks_too(folder: Path) -> None:
    with pytest.raises(archcalc.UsageError, match="AC594"):
        archcalc.check("mine.py:net")
    assert archcalc.check("mine.py:net", allow_import=True).ok


def test_a_wrong_entry_is_told(folder: Path, run: Run) -> None:
    text = '[tool.archcalc]\nmodels = [{modul = "mine.py:net"}]\n'
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    done = run("check")
    assert done.code == 2
    assert "models" in done.err
