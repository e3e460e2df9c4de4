"""Nothing is quadratic: eight times the network takes eight times the work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from lines_run import CROSSED, DRAWN, KINDS, OPERATIONS, TIMES

PROGRAM = Path(__file__).parent / "lines_run.py"
MOST = 1.25 * TIMES
"""A little more than in proportion: sorting takes n·log n, tables grow wider."""
CASES = [
    (kind, operation)
    for kind in KINDS
    for operation in OPERATIONS
    if not (kind in CROSSED and operation in DRAWN)
]


@cache
def lines(kind: str) -> dict[str, list[int]]:
    """Return the lines that run, from a process of its own: others are traced too."""
    alone = {n: v for n, v in os.environ.items() if not n.startswith("COVERAGE")}
    alone["PYTHONPATH"] = str(PROGRAM.parent.parent)
    done = subprocess.run(
        [sys.executable, str(PROGRAM), kind],
        env=alone,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    found: dict[str, list[int]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("kind", "operation"), CASES)
def test_work_grows_with_the_network(kind: str, operation: str) -> None:
    small, large = lines(kind)[operation]
    assert small > 500
    assert large <= MOST * small
