"""Sweeps as processes of their own, to be stopped in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
"""Seconds after which something that should have happened never will."""


def environment() -> dict[str, str]:
    """Return the variables of a process that runs this checkout and can be interrupted.

    Its branches are not counted: coverage does not give its lock back after Ctrl-C,
    and cannot share a process with another trace.
    """
    kept = {n: v for n, v in os.environ.items() if not n.startswith("COVERAGE")}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def started(*words: str) -> subprocess.Popen[str]:
    """Start `archcalc words…` in a process group of its own, as a shell does."""
    return subprocess.Popen(
        [sys.executable, "-m", "archcalc", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment(),
        start_new_session=True,
    )


def until(happened: Callable[[], bool], what: str) -> None:
    """Wait until something has happened."""
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.005)


def size(path: Path) -> int:
    """Return the bytes of a file, 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


def cpu_seconds(process: subprocess.Popen[str]) -> float:
    """Return the time that a process has computed, of all its threads."""
    try:
        text = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory(process: subprocess.Popen[str]) -> int:
    """Return the most memory in KiB that a process has held since it began."""
    text = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])
