"""Sweeps from specs in the language: a benchmark's cells, and a space of ResNets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from measuring import Line, Section, program
from measuring import shown as told

ABOUT = """\
From YAML to the last row, every row a tuple of Python numbers; start-up, and that of the
processes, is left out. NAS-Bench-201: all cells with parameters, MACs, FLOPs, activations
and depth. ResNet: width, resolution and the depth of each stage of
`docs/examples/resnet-space.yaml`, with parameters, MACs and activations. 200 rows of each
are compared with their networks analyzed alone; a property test does the same for random
axes of random networks."""
LEAST = 300_000
Found = Mapping[str, Any]


def measure(rounds: int) -> Section:
    """Run every sweep, one and two processes in turn."""
    times = max(3, rounds // 2)
    cells = _run("nas", 1, times)
    one, two = [], []
    for _ in range(times):
        one.append(_run("space", 1, 1))
        two.append(_run("space", 2, 1))
    return Section("Sweeps", ABOUT, [*_cells(cells), *_space(one, two)])


def _run(which: str, jobs: int, times: int) -> Found:
    words = program("sweep_all", which, str(jobs), str(times))
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, encoding="utf-8", check=True
    )
    found: Found = json.loads(done.stdout)
    return found


def _cells(found: Found) -> list[Line]:
    """Show the sweep of NAS-Bench-201."""
    runs = found["runs"]
    seconds = [run["seconds"] for run in runs]
    busy, rows = median(run["busy"] for run in runs), runs[0]["rows"]
    return [
        Line(
            f"all {rows:,} cells of NAS-Bench-201",
            "under 1 s",
            f"{told(seconds)}, {busy:.2f} s of processor",
            median(seconds) < 1,
        ),
        _alone("a cell", found["alone"], busy / rows),
    ]


def _alone(what: str, alone: float, swept: float) -> Line:
    """Show what reuse saves; the program has compared the figures."""
    text = f"{alone * 1e3:.2f} ms, {alone / swept:,.0f} × as long; all equal"
    return Line(f"{what} analyzed alone", "equal figures", text, True)


def _space(one: Sequence[Found], two: Sequence[Found]) -> list[Line]:
    """Show the sweep of ResNets in one process and in two."""
    runs = [found["runs"][0] for found in one]
    rows = runs[0]["rows"]
    busy = median(run["busy"] for run in runs)
    rates = [
        rows / median(found["runs"][0]["seconds"] for found in each)
        for each in (one, two)
    ]
    by_processor = f"{rows / busy:,.0f} a second of processor"
    memory = median(found["mib"] for found in one)
    return [
        Line(
            f"ResNet, width × depth × resolution, {rows:,} networks",
            f"{LEAST:,} networks a second on two cores",
            f"{rates[0]:,.0f} in one process ({by_processor}); {rates[1]:,.0f} in two",
            max(rates) >= LEAST,
        ),
        Line("its memory in one process", "flat", f"{memory:.0f} MiB"),
        _alone("a network of it", median(f["alone"] for f in one), busy / rows),
    ]
