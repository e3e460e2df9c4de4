"""Sweeps and `fit` beside an earlier build, taken from the repository's history."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from measuring import ROOT, Line, Section, program

EARLIER = "64179cc"
ABOUT = f"""\
The same program in this build and in that of commit {EARLIER}, which the script takes out
of the repository, in turn, with the same interpreter and packages. Seconds are those of
the processor, from YAML to the last row; imports come before. A ratio is the median over
the rounds, with the smallest and the largest. The spaces are those of
`docs/examples`: ResNets with three figures, read as tuples of whole numbers or
written as Parquet; sub-networks of a once-for-all space are drawn at random with
three figures. `fit` looks for 8 batches in 24 GiB: four networks, training and inference.

A million cells of NAS-Bench-101 at the pace of the last row would take 0.01 ms each. They take 0.8 ms
(800 of its 2,494 graphs with all operations, 58,686 cells, 46.6 s), which is 80 times as long: each
graph is a network of its own, read and written out anew for at most 243 cells. Since that
run the params of a setting are computed once: 1,458 cells of random graphs took 16.3 billion
instructions and take 11.4, of which most is spent before the first cell (counted by hand)."""
RATIOS = {
    "small": ("rows of 532,480 ResNets", 7),
    "large": ("rows of 1,638,400 ResNets", 10),
    "parquet": ("the same written as Parquet", 30),
    "cells": ("all 15,625 cells of NAS-Bench-201", 3),
    "fits": ("`fit`", 5),
}
SAMPLED_AS_CELLS = 10 / 0.34
"""Seconds for a million sub-networks, to those of the earlier build for all cells."""


@contextmanager
def earlier() -> Iterator[Path]:
    """Give a folder with the package and the specs of the earlier build."""
    words = ["git", "archive", EARLIER, "archcalc", "specs"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=True)
    with TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def run(which: str, build: Path) -> Mapping[str, Any]:
    """Run a piece of work in a build."""
    words = [sys.executable, *program("one_sweep", which)]
    variables = {**os.environ, "PYTHONPATH": str(build), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        words, capture_output=True, encoding="utf-8", check=True, env=variables
    )
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def measure(rounds: int) -> Section:
    """Run each piece of work in both builds in turn."""
    lines = []
    with earlier() as folder:
        times = {
            which: [(run(which, folder), run(which, ROOT)) for _ in range(rounds)]
            for which in RATIOS
        }
        lines = [_ratio(which, pairs) for which, pairs in times.items()]
        sampled = [run("sampled", ROOT) for _ in range(rounds)]
    cells = median(before["busy"] for before, _ in times["cells"])
    seconds = [found["busy"] for found in sampled]
    most = SAMPLED_AS_CELLS * cells
    lines.append(
        Line(
            "1,000,000 sub-networks of a once-for-all space",
            f"under {most:.1f} s: 10 s where the cells take the earlier build 0.34 s",
            f"{median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})",
            median(seconds) < most,
        )
    )
    return Section("Sweeps and fit beside an earlier build", ABOUT, lines)


def _ratio(which: str, pairs: Sequence[tuple[Any, Any]]) -> Line:
    """Show how many times as long the earlier build takes."""
    what, target = RATIOS[which]
    ratios = [before["busy"] / now["busy"] for before, now in pairs]
    before = median(pair[0]["busy"] for pair in pairs)
    now = median(pair[1]["busy"] for pair in pairs)
    memory = [median(pair[side]["mib"] for pair in pairs) for side in (0, 1)]
    shown = (
        f"{median(ratios):.1f} × ({min(ratios):.1f} to {max(ratios):.1f}); "
        f"{before:.2f} : {now:.3f} s; {memory[0]:.0f} : {memory[1]:.0f} MiB"
    )
    met = median(ratios) >= target
    return Line(what, f"at least {target} × as long before", shown, met)
