"""Nothing is quadratic: eight times the network takes eight times the work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lines_run import DRAWN, KINDS, OPERATIONS, SMALL, TIMES
from sweep_runs import environment

PROGRAM = Path(__file__).parents[1] / "tools" / "lines_run.py"
MOST = 1.25 * TIMES
"""A little more than in proportion: sorting takes n·log n, tables grow wider."""


FEW = [(kind, 15) for kind in ("branches", "repeated", "wide")]
ALL = [pytest.param(kind, SMALL, marks=pytest.mark.long) for kind in KINDS]


@pytest.mark.parametrize(("kind", "steps"), [*FEW, *ALL])
def test_work_grows_with_the_network(kind: str, steps: int) -> None:
    """In a process of its own, since a count of branches traces this one."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), kind, str(steps)],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    found: dict[str, list[int]] = json.loads(done.stdout)
    assert found.keys() >= OPERATIONS.keys() - {*DRAWN}
    assert min(small for small, _ in found.values()) > 300
    assert not {name for name, (few, many) in found.items() if many > MOST * few}
