"""What the tests of `archcalc check` share: a folder of its own, and what was found."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Done, archcalc

Run = Callable[..., Done]
Found = set[tuple[str, int, str]]
"""File, line and code of findings."""

HEAD = "name: net\ninput: [3, 32, 32]\n"
GOOD = "name: good\ninput: [3, 8, 8]\nlayers: [{conv: 4}]\nexpect: [{params: 16}]\n"


def runner(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
) -> Run:
    """Return what runs a command in a folder, outside of any CI."""
    monkeypatch.chdir(folder)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words: archcalc(capsys, monkeypatch, *words)


def in_lines(text: str) -> Found:
    found = re.findall(
        r"^(\S+\.yaml):(\d+):\d+: (?:error|warning)?\[?(AC\d+)", text, re.MULTILINE
    )
    return {(Path(path).name, int(line), code) for path, line, code in found}
