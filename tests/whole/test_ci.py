"""The pre-commit hooks and the GitHub action, run as far as that goes without them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HEAD = "name: net\ninput: [3, 32, 32]\n"
GOOD = f"{HEAD}layers: [relu]\n"
WARNED = f"{HEAD}layers: [{{conv: 8, stride: 2}}]\n"
WRONG = f"{HEAD}layers: [rellu]\n"
OTHER = "on: push\n"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Return a PATH on which `archcalc` is this checkout, and `python` cannot install."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, line in (
        ("archcalc", f'exec {sys.executable} -m archcalc "$@"'),
        ("python", 'echo "$@" >> "$CALLS"'),
    ):
        script = folder / name
        script.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        script.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def shell(line: str, folder: Path, path: str, **more: str) -> tuple[int, str]:
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **more}
    done = subprocess.run(
        ["bash", "-e", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
    )
    return done.returncode, done.stdout + done.stderr


HOOKS: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
)
OUTCOMES = {
    "archcalc-check": {GOOD: 0, WARNED: 0, WRONG: 1, OTHER: 0},
    "archcalc-fmt": {GOOD: 0, WARNED: 0, WRONG: 0, OTHER: 0},
    "archcalc-lint": {GOOD: 0, WARNED: 1, WRONG: 1, OTHER: 0},
}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_takes_the_files_of_a_commit(
    hook: dict[str, Any], tmp_path: Path, path: str
) -> None:
    assert hook.keys() >= {"id", "name", "entry", "language"}
    for text, code in OUTCOMES[hook["id"]].items():
        file = tmp_path / "a.yaml"
        file.write_text(text, encoding="utf-8")
        line = f"{hook['entry']} {shlex.quote(str(file))}"
        assert shell(line, tmp_path, path)[0] == code, text


def test_every_hook_has_an_outcome() -> None:
    assert {hook["id"] for hook in HOOKS} == set(OUTCOMES)


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [(GOOD, "", 0), (WARNED, "--strict", 1), (WRONG, "", 1)],
)
def test_the_action_checks_annotates_and_sums_up(
    text: str, arguments: str, code: int, tmp_path: Path, path: str
) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    install, check = (step for step in action["runs"]["steps"] if "run" in step)
    calls, summary = tmp_path / "calls", tmp_path / "summary.md"
    shell(install["run"], tmp_path, path, CALLS=str(calls), GITHUB_ACTION_PATH="/here")
    assert calls.read_text(encoding="utf-8") == "-m pip install --quiet /here\n"
    nets = tmp_path / "nets"
    nets.mkdir()
    (nets / "a.yaml").write_text(text, encoding="utf-8")
    given = {
        "${{ inputs.paths }}": "nets",
        "${{ inputs.args }}": arguments,
    }
    environment = {key: given[value] for key, value in check["env"].items()}
    done, out = shell(
        check["run"], tmp_path, path, GITHUB_STEP_SUMMARY=str(summary), **environment
    )
    assert done == code
    assert ("::error file=nets/a.yaml" in out) == (text == WRONG)
    assert ("::warning file=nets/a.yaml" in out) == (text == WARNED)
    assert "### archcalc: 1 file: " in summary.read_text(encoding="utf-8")
