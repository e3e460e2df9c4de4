"""A long run of random networks, in a process that torch may bring down.

Kernels of torch end the whole process on a few odd networks (a segmentation fault).
Such a network is told and left out, and the run goes on behind it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import torch
from differential import Tally, anything, compare
from torch_memory import threads

LARGEST = 24
"""Steps of a network at most."""
IN_ONE = 2_000
"""Networks of one process: torch's kernels keep memory for each shape that they met."""


@dataclass
class Found:
    """What a run found: what it compared, what differed, where torch ended."""

    tally: Tally = field(default_factory=Tally)
    failures: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [str(self.tally), f"{len(self.failures)} mismatches"]
        lines += [f"torch's process ended on {name}" for name in self.ended]
        return "\n".join(lines)


def spec_of(name: str) -> dict[str, Any]:
    """Return the network of a name, `SEED.NUMBER`."""
    return anything(Random(name), LARGEST)


def work(seed: str, first: int, end: float, keep: Path, pipe: Connection) -> None:
    """Compare networks from a number on; say before each what was found so far.

    The last thing said is whether another process should go on.
    """
    torch.set_num_threads(threads())
    tally, failures = Tally(), list[str]()
    for number in count(first):
        pipe.send((number, tally, failures))
        if number == first + IN_ONE or time.time() >= end:
            pipe.send(time.time() < end)
            return
        name = f"{seed}.{number}"
        spec = spec_of(name)
        try:
            compare(spec, tally, 1 + number % 2)
        except Exception as error:
            kept = {"was": f"{type(error).__name__}: {error}", "spec": spec}
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{name}.json").write_text(json.dumps(kept), encoding="utf-8")
            failures.append(f"{name}: {error}")


def run(
    seed: str, minutes: float, keep: Path, target: Callable[..., None] = work
) -> Found:
    """Compare for some minutes; networks that differ are kept in a folder."""
    found, first, end = Found(), 0, time.time() + 60 * minutes
    going_on = True
    while going_on:
        ours, theirs = get_context("spawn").Pipe(duplex=False)
        process = get_context("spawn").Process(
            target=target, args=(seed, first, end, keep, theirs)
        )
        process.start()
        theirs.close()
        said: tuple[int, Tally, list[str]] = (first, Tally(), [])
        ended: bool | None = None
        try:
            while ended is None:
                heard = ours.recv()
                if isinstance(heard, bool):
                    ended = heard
                else:
                    said = heard
        except EOFError:
            found.ended.append(f"{seed}.{said[0]}")
        process.join()
        first, tally, failures = said
        found.tally += tally
        found.failures += failures
        if ended is None:
            first += 1
        going_on = ended is not False and time.time() < end
    return found
