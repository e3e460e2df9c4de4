"""Keras files with something wrong: a network or one message, never a crash.

    pytest -m fuzz --fuzz-minutes 30 --fuzz-seed A -s tests/readers/test_keras_fuzz.py

prints how many files were read. Files that fail are kept in `tests/cases/keras`, where
every later run of the tests reads them.
"""

from __future__ import annotations

import random
import resource
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from keras_mutants import file_of

from archcalc.errors import ArchcalcError
from archcalc.network.network import network
from archcalc.readers import source_of

pytestmark = pytest.mark.filterwarnings("ignore::archcalc.InputWarning")
CASES = Path(__file__).parents[1] / "cases" / "keras"
SLOW = 2.0
"""Seconds of the processor that a file may take."""


def attempt(name: str, data: bytes) -> bool:
    """Read a file and count its network; anything but our own errors is a fault."""
    with suppress(ArchcalcError):
        network(source_of(data, name, name)).analyze()
        return True
    return False


@pytest.mark.parametrize("seed", range(60))
def test_a_changed_file_gives_a_result_or_a_message(seed: int) -> None:
    attempt(*file_of(random.Random(seed)))


@pytest.mark.parametrize("path", sorted(CASES.glob("*")), ids=lambda p: p.stem)
def test_what_a_long_run_found(path: Path) -> None:
    """Each file is one that once failed."""
    attempt(path.name, path.read_bytes())


@pytest.mark.fuzz
def test_for_as_long_as_asked(pytestconfig: pytest.Config) -> None:
    """Files in turn until the time is over; the name of each is its seed and number."""
    seed = pytestconfig.getoption("--fuzz-seed")
    counts: Counter[str] = Counter()
    failures: list[str] = []
    slowest, number = 0.0, 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    end = time.monotonic() + 60 * float(pytestconfig.getoption("--fuzz-minutes"))
    while time.monotonic() < end:
        name, data = file_of(random.Random(f"{seed}.{number}"))
        begun = time.process_time()
        try:
            counts["read" if attempt(name, data) else "refused"] += 1
            seconds = time.process_time() - begun
            slowest = max(slowest, seconds)
            assert seconds < SLOW, f"{seconds:.1f} s"
        except Exception as error:
            where = error.__traceback__
            while where is not None and where.tb_next is not None:
                where = where.tb_next
            line = f"{where.tb_frame.f_code.co_name}:{where.tb_lineno}" if where else ""
            said = f"{seed}.{number}: {type(error).__name__} {line} {error}"
            failures.append(said[:300])
            print(failures[-1], flush=True)
            CASES.mkdir(parents=True, exist_ok=True)
            (CASES / f"{seed}.{number}.{name.rpartition('.')[2]}").write_bytes(data)
        number += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 - before
    print(f"{number} files: {dict(counts)}; slowest {slowest:.2f} s; {peak} MB more")
    assert not failures
