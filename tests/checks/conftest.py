"""What the tests of checks run commands with."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_runs import Run, runner


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    """Return what runs a command in a folder of its own, outside of any CI."""
    return runner(capsys, monkeypatch, tmp_path)
