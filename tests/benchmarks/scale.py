"""Chains of a thousand to a million layers: what a layer costs, and what a table adds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from statistics import median
from typing import Any

from measuring import Line, Section, archcalc, chain_file, mib, processes, program
from measuring import shown as told

ABOUT = """\
A chain of 3×3 convolutions and ReLUs, each written on a line of its own: nothing repeats
in the file, so nothing is read or written out by copying. CPU time, that of the kernel
included, in a process of its own for each size; the garbage
collector as the command line has it. A chain of a million touches all of its memory for the first time, a chain of a
thousand is read thirty times in memory that it has. "Reading" is from YAML text to steps, "writing
out" names nodes and infers shapes, "analysis" counts, "rows" lays the table out, "text"
renders and writes it."""
SIZES = {1000: 30, 10_000: 5, 100_000: 2, 1_000_000: 1}
TURNS = 3
STEPS = ("read", "written out", "analysis", "rows", "text")
PRETTY = ("terminal", "markdown", "latex", "html")
LIMITS = ("file_bytes=100000000", "values=10000000", "nodes=1000000")


def measure(rounds: int) -> Section:
    """Run every size, in turn, each time in a fresh process."""
    found: dict[int, list[dict[str, float]]] = {size: [] for size in SIZES}
    for _ in range(TURNS):
        for size, times in SIZES.items():
            found[size].append(_costs(size, times))
    costs = {size: _middle(turns) for size, turns in found.items()}
    lines = [_steps(size, cost) for size, cost in costs.items()]
    return Section(
        "At scale", ABOUT, [*lines, *_linear(costs), _table(costs), *_whole(rounds)]
    )


def _costs(layers: int, times: int) -> dict[str, float]:
    """Return the median seconds a layer of each step, and the memory in MiB."""
    words = [*program("chain", str(layers), str(times))]
    if layers <= 100_000:
        words.append("pretty")
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, encoding="utf-8", check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    runs: Sequence[dict[str, float]] = found["runs"]
    cost = {step: median(run[step] for run in runs) / layers for step in runs[0]}
    return {**cost, "mib": found["mib"]}


def _middle(turns: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median of each step over the turns."""
    return {step: median(turn[step] for turn in turns) for step in turns[0]}


def _steps(layers: int, cost: dict[str, float]) -> Line:
    steps = ", ".join(f"{step} {cost[step] * 1e6:.1f}" for step in STEPS)
    return Line(f"{layers:,} layers", "", f"µs a layer: {steps}; {cost['mib']:.0f} MiB")


def _inference(cost: dict[str, float]) -> float:
    return cost["read"] + cost["written out"] + cost["analysis"]


def _linear(costs: dict[int, dict[str, float]]) -> list[Line]:
    """Compare a layer's cost in the longest chain with that in the shortest."""
    few, most = min(costs), max(costs)
    long = max(size for size, cost in costs.items() if "html" in cost)
    times = _inference(costs[most]) / _inference(costs[few])
    what = f"a layer from YAML to figures, at {most:,} layers beside {few:,}"
    lines = [Line(what, "within 1.3 ×", f"{times:.2f} ×", times <= 1.3)]
    for name in PRETTY:
        times = costs[long][name] / costs[few][name]
        what = f"a layer as {name}, at {long:,} beside {few:,}"
        lines.append(Line(what, "linear", f"{times:.2f} ×", times <= 1.5))
    return lines


def _table(costs: dict[int, dict[str, float]]) -> Line:
    cost = costs[100_000]
    rest = _inference(cost) + cost["text"]
    more = cost["rows"] / rest
    return Line(
        "`table` of 100,000 layers",
        "at most 20 % dearer than inference and writing the text",
        f"{more:.1%} dearer",
        more <= 0.2,
    )


def _whole(rounds: int) -> list[Line]:
    """Run the command on a file of 100,000 layers."""
    with chain_file(100_000) as path:
        raised = [word for limit in LIMITS for word in ("--limit", limit)]
        words = {"table": archcalc("table", path, *raised)}
        runs = processes(words, max(3, rounds // 2))["table"]
    middle, memory = median(run.seconds for run in runs), mib(runs)
    busy = median(run.busy for run in runs)
    took = f"{told([run.seconds for run in runs])}, {busy:.2f} s of processor"
    what = "the command `archcalc table`, 100,000 layers from YAML"
    return [
        Line(what, "under 3 s", took, middle < 3),
        Line("its memory", "under 1 GB", f"{memory:.0f} MiB", memory < 1e9 / 2**20),
    ]
