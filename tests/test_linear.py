"""Nothing is quadratic: eight times the network takes eight times the work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lines_run import DRAWN, KINDS, OPERATIONS, TIMES
from samples import long_unless
from sweep_runs import environment

PROGRAM = Path(__file__).parent / "lines_run.py"
MOST = 1.25 * TIMES
"""A little more than in proportion: sorting takes n·log n, tables grow wider."""


FEW = ("branches", "repeated", "wide")


@pytest.mark.parametrize("kind", long_unless(FEW.__contains__, KINDS))
def test_work_grows_with_the_network(kind: str) -> None:
    """In a process of its own, since a count of branches traces this one."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), kind],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    found: dict[str, list[int]] = json.loads(done.stdout)
    assert found.keys() >= OPERATIONS.keys() - {*DRAWN}
    assert min(small for small, _ in found.values()) > 300
    assert not {name for name, (few, many) in found.items() if many > MOST * few}
