"""Times and memory, taken in turn.

What is compared runs one after the other, again and again, so that a busy machine slows
both alike.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, NamedTuple

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(__file__).parent.parent.parent
TURN = 0.02


class Line(NamedTuple):
    """One target: what, how much, what was measured, and whether that meets it.

    `met` is None for what is shown without a target.
    """

    what: str
    target: str
    measured: str
    met: bool | None = None


class Section(NamedTuple):
    """A part of BENCHMARKS.md."""

    title: str
    about: str
    lines: Sequence[Line]


class Run(NamedTuple):
    """One run of a process: seconds by the clock, of the processor, and its most MiB."""

    seconds: float
    busy: float
    mib: float


def archcalc(*words: str) -> list[str]:
    """Return the command line of archcalc, as its entry point would start it."""
    return ["-m", "archcalc", *words]


def program(name: str, *words: str) -> list[str]:
    """Return the command line of a program in the folder."""
    return [str(PROGRAMS / f"{name}.py"), *words]


def processes(
    commands: Mapping[str, Sequence[str]], rounds: int, **variables: str
) -> dict[str, list[Run]]:
    """Run Python programs in turn, after a round that writes their bytecode."""
    found: dict[str, list[Run]] = {name: [] for name in commands}
    with TemporaryDirectory() as folder:
        environment = dict(os.environ, PYTHONPYCACHEPREFIX=folder, **variables)
        for flag in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "COLUMNS"):
            environment.pop(flag, None)
        for turn in range(rounds + 1):
            for name, words in commands.items():
                run = _process([sys.executable, *words], environment)
                if turn:
                    found[name].append(run)
    return found


def _process(words: list[str], environment: dict[str, str]) -> Run:
    """Run a program to its end, its output thrown away; raise where it fails."""
    begin = perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(words[0], words, environment, file_actions=silent)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"{' '.join(words)} ended with {status}")
    busy = usage.ru_utime + usage.ru_stime
    return Run(perf_counter() - begin, busy, usage.ru_maxrss / 1024)


def functions(
    calls: Mapping[str, Callable[[], Any]], rounds: int
) -> dict[str, list[float]]:
    """Return the seconds of the processor of functions in turn, after a round of all.

    A turn is `TURN` seconds at least: what is quicker is called again, and a call is
    its share of them.
    """
    found: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            begin, times, taken = process_time(), 0, 0.0
            while taken < TURN:
                call()
                times += 1
                taken = process_time() - begin
            if turn:
                found[name].append(taken / times)
    return found


def ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how many times as long the first takes: the median over the rounds."""
    return median(a / b for a, b in zip(one, other, strict=True))


def seconds(runs: Sequence[Run]) -> list[float]:
    """Return the seconds of the processor of runs."""
    return [run.busy for run in runs]


def mib(runs: Sequence[Run]) -> float:
    """Return the median of the memory of runs."""
    return median(run.mib for run in runs)


def shown(times: Sequence[float]) -> str:
    """Return the median of times in words: `125 ms`."""
    middle = median(times)
    if middle >= 1:
        return f"{middle:.2f} s"
    return f"{middle * 1e3:.0f} ms" if middle >= 0.01 else f"{middle * 1e3:.2f} ms"


@contextmanager
def chain_file(layers: int) -> Iterator[str]:
    """Give the name of a file with a network of so many layers."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "chain.yaml")
        path.write_text(chain(layers), encoding="utf-8")
        yield str(path)


def chain(layers: int) -> str:
    """Return a spec of convolutions and ReLUs in turn, each on a line of its own."""
    pair = "  - {conv: 16, kernel: 3, pad: 1, bias: false}\n  - relu\n"
    return f"name: chain\ninput: [16, 32, 32]\nlayers:\n{pair * (layers // 2)}"
