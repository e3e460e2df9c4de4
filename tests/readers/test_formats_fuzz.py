"""Changed files of weights, configs, prototxt and cfg: a result or a message, in time.

    pytest -m fuzz --fuzz-minutes 20 --fuzz-seed A -s tests/readers/test_formats_fuzz.py

prints how many files there were of each format. A file that fails is kept in
`tests/cases/formats`, where every later run of the tests reads it.
"""

from __future__ import annotations

import random
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from file_mutants import WHOLE, changed
from independent import peer

from archcalc.errors import ArchcalcError, UsageError
from archcalc.network.network import network
from archcalc.readers import source_of
from archcalc.readers.weights.record import WeightsAlone
from archcalc.reports.weights.explained import explain_weights
from archcalc.reports.weights.table import weights_table

CASES = Path(__file__).parents[1] / "cases" / "formats"
SLOW = 2.0
"""Seconds of the processor that a file may take."""


def attempt(ending: str, data: bytes) -> str:
    """Read bytes; say what came of it. All but our own errors is a fault."""
    name = f"model.{ending}"
    try:
        network(source_of(data, name, name)).analyze()
    except WeightsAlone as error:
        held = error.weights
        assert sum(row["bytes"] for row in weights_table(held).rows()) == held.bytes
        explain_weights(held)
        return f"{held.values} {held.bytes}"
    except ArchcalcError as error:
        (problem, *_) = error.problems
        assert problem.message
        if not isinstance(error, UsageError):
            told = problem.place is not None or name in problem.message
            assert told, problem.message
        return ""
    return "read"


def beside_library(data: bytes, ours: str) -> None:
    """Compare what is held with the safetensors library, where it reads a file."""
    library: Any = peer("safetensors")
    try:
        theirs = library.deserialize(data)
    except Exception:
        assert not ours, "only archcalc reads this"
        return
    bytes = sum(len(entry["data"]) for _, entry in theirs)
    if ours:
        assert ours.split()[1] == str(bytes)


@pytest.mark.parametrize("ending", WHOLE)
@pytest.mark.parametrize("seed", range(25))
def test_a_whole_file_is_read(ending: str, seed: int) -> None:
    found = attempt(ending, WHOLE[ending](random.Random(seed)))
    assert found or ending == "json"  # an index of parts is refused


@pytest.mark.parametrize("ending", WHOLE)
@pytest.mark.parametrize("seed", range(40))
def test_a_changed_file_gives_a_result_or_a_message(ending: str, seed: int) -> None:
    draw = random.Random(seed)
    attempt(ending, changed(draw, ending, WHOLE[ending](draw)))


@pytest.mark.parametrize("path", sorted(CASES.glob("*.*")), ids=lambda p: p.name)
def test_what_a_long_run_found(path: Path) -> None:
    """Each file once failed."""
    attempt(path.suffix[1:], path.read_bytes())


@pytest.mark.fuzz
def test_for_as_long_as_asked(pytestconfig: pytest.Config) -> None:
    """Files in turn until the time is over; the name of each is its seed and number."""
    seed = pytestconfig.getoption("--fuzz-seed")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    end = time.monotonic() + 60 * float(pytestconfig.getoption("--fuzz-minutes"))
    counts: Counter[str] = Counter()
    failures: list[str] = []
    slowest, number = 0.0, 0
    while time.monotonic() < end:
        draw = random.Random(f"{seed}.{number}")
        ending = [*WHOLE][number % len(WHOLE)]
        data = WHOLE[ending](draw)
        whole = draw.random() < 0.1
        data = data if whole else changed(draw, ending, data)
        number += 1
        counts[ending] += 1
        begun = time.process_time()
        try:
            found = attempt(ending, data)
            counts[f"{ending} read"] += bool(found)
            seconds = time.process_time() - begun
            slowest = max(slowest, seconds)
            assert seconds < SLOW, f"{seconds:.1f} s"
            if ending == "safetensors":
                beside_library(data, found)
        except Exception as error:
            failures.append(f"{seed}.{number}: {ending} {type(error).__name__} {error}")
            print(failures[-1][:300], flush=True)
            CASES.mkdir(parents=True, exist_ok=True)
            (CASES / f"{seed}.{number}.{ending}").write_bytes(data)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 - before
    print(f"{number} files: {dict(sorted(counts.items()))}")
    print(f"slowest {slowest:.2f} s; {peak} MB more than before")
    assert not failures
