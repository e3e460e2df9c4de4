"""Measure, and write BENCHMARKS.md at the top of the repository.

    python tests/benchmarks/run.py                 # every part, some ten minutes
    python tests/benchmarks/run.py --rounds 3 start engine

A part that is not measured keeps its section, which says of which run it is. Needs `pip install -e '.[bench]'`, and
build/peers (see tests/peers.txt) for the engine's peers.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from measuring import ROOT, Line, Section

PARTS = {
    "counts": "counting",
    "shelf": "whole_shelf",
    "long": "long_commands",
    "start": "starting",
    "engine": "engine",
    "scale": "scale",
    "sweeps": "sweeps",
    "builds": "builds",
    "cluster": "cluster",
    "models": "models",
    "playground": "playground",
}
FILE = ROOT / "BENCHMARKS.md"
HEAD = """\
# Benchmarks

Written by `python tests/benchmarks/run.py`. Every target stands beside what was measured
in one run on one machine; what counts is the ratio, and ratios are medians over rounds in
which the programs took turns. `pytest tests/benchmarks/bench_engine.py` times the engine
alone.
"""
PACKAGES = (
    "typer",
    "pydantic",
    "PyYAML",
    "torch",
    "torchvision",
    "torchinfo",
    "fvcore",
    "ptflops",
    "thop",
    "onnx",
)


def main() -> None:
    """Measure the parts asked for, all by default, and write them into the file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each pair")
    asked = parser.parse_args()
    if unknown := {*asked.parts} - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    os.chdir(ROOT)
    parts = asked.parts or list(PARTS)
    if len(parts) > 1:
        for part in parts:  # apart: a child is said to need what its parent held
            words = [sys.executable, __file__, "--rounds", str(asked.rounds), part]
            subprocess.run(words, check=True)
        return
    known = sections(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    head = "\n".join([HEAD, machine()])
    section: Section = import_module(PARTS[parts[0]]).measure(asked.rounds)
    known[section.title] = written(section, this_run(asked.rounds))
    FILE.write_text("\n".join([head, *known.values()]), encoding="utf-8")


def this_run(rounds: int) -> str:
    """Return which run the figures of a section are from."""
    words = ["git", "log", "-1", "--format=%h of %ad", "--date=short"]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=True)
    load = os.getloadavg()[0]
    beside = f", other programs beside (a load of {load:.0f})" * (load > 1.5)
    return f"Run of this section: commit {done.stdout.strip()}, `--rounds {rounds}`{beside}."


def machine() -> str:
    """Return what the figures were measured on."""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    processor = found[1] if found else platform.processor()
    python = f"Python {platform.python_version()}"
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    cores = os.cpu_count()
    return f"Machine: {cores} cores of {processor}; {python}; {packages}.\n"


def sections(text: str) -> dict[str, str]:
    """Return the sections of the file by their titles."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {
        part.partition("\n")[0].removeprefix("## "): f"{part.rstrip()}\n"
        for part in parts
    }


def written(section: Section, run: str) -> str:
    """Return a section as Markdown, with which run it is from."""
    rows = "\n".join(_rows(section.lines))
    table = f"| what | target | measured | met |\n|---|---|---|---|\n{rows}\n"
    return f"## {section.title}\n\n{section.about.strip()}\n\n{run}\n\n{table}"


def _rows(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        met = "" if line.met is None else "yes" if line.met else "**no**"
        yield f"| {line.what} | {line.target} | {line.measured} | {met} |"


if __name__ == "__main__":
    main()
