"""Random ONNX models, whole and broken: sizes and work as `onnx` says, never a crash.

    pytest -m fuzz --fuzz-minutes 60 --fuzz-seed A -s tests/readers/test_onnx_fuzz.py

prints how many models there were of each kind. A model that fails is kept in
`tests/cases/onnx`, where every later run of the tests reads it.
"""

from __future__ import annotations

import random
import resource
import time
from collections import Counter
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx_models import cases_of, node_cases
from onnx_mutants import bent, grown, mutated
from onnx_sizes import compared, inferred, work

from archcalc.errors import ArchcalcError
from archcalc.network.network import network
from archcalc.readers import source_of

CASES = Path(__file__).parents[1] / "cases" / "onnx"
SLOW = 2.0
"""Seconds of the processor that a file may take."""
NONE = "no output depends on an input"


def attempt(data: bytes) -> bool:
    """Read bytes as a model and count it; anything but our own errors is a fault."""
    with suppress(ArchcalcError):
        network(source_of(data, "net.onnx", "net.onnx")).analyze()
        return True
    return False


def beside(made: Any, counts: Counter[str]) -> None:
    """Compare a model's sizes, weights and work with what `onnx` makes of it."""
    theirs = inferred(made)
    if theirs is None:
        counts["refused by onnx"] += 1
        return
    data = made.SerializeToString()
    found = compared(data, theirs)
    assert not found.differ
    counts["tensors equal"] += found.equal
    counts["tensors that only onnx knows"] += found.alone
    try:
        net = network(source_of(data, "net.onnx", "net.onnx"))
    except ArchcalcError as error:
        if NONE not in error.problems[0].message:
            raise
        return
    total, macs = net.analyze().total, work(theirs)
    assert total.params == weights(made)
    assert macs is not None
    if net.spec.uncounted:
        counts["with an unknown step"] += 1
        assert total.macs <= macs
    else:
        counts["work equal"] += 1
        assert total.macs == macs


def weights(made: Any) -> int:
    """Return the real numbers that a model holds, statistics of norms left out."""
    held = {t.name: prod(t.dims) for t in made.graph.initializer if t.data_type == 1}
    norms = [n for n in made.graph.node if n.op_type == "BatchNormalization"]
    return sum(held.values()) - sum(2 * held[n.input[1]] for n in norms)


SEEDS = [case.model.SerializeToString() for case in cases_of("Conv", "Reshape", "If")]


@pytest.mark.parametrize("seed", range(40))
def test_a_random_graph_is_what_onnx_says(seed: int) -> None:
    beside(grown(random.Random(seed)), Counter())


@pytest.mark.parametrize("seed", range(40))
def test_a_changed_graph_gives_a_result_or_a_message(seed: int) -> None:
    draw = random.Random(seed)
    whole = grown(draw).SerializeToString() if seed % 2 else draw.choice(SEEDS)
    attempt(bent(draw, whole))


@given(
    st.integers(0, len(SEEDS) - 1),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4)), max_size=6),
)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_bytes_put_anywhere(seed: int, changes: list[tuple[float, bytes]]) -> None:
    data = bytearray(SEEDS[seed])
    for place, new in changes:
        at = int(place * len(data))
        data[at : at + len(new)] = new or b""
        if not new:
            del data[at:]
    attempt(bytes(data))


@pytest.mark.parametrize("path", sorted(CASES.glob("*.onnx")), ids=lambda p: p.stem)
def test_what_a_long_run_found(path: Path) -> None:
    """Each file is a model that once failed."""
    attempt(path.read_bytes())


class Run:
    """A long run: what it read so far, and what went wrong."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.seeds = [case.model.SerializeToString() for case in node_cases()]
        self.counts: Counter[str] = Counter()
        self.failures: list[str] = []
        self.slowest = 0.0

    def one(self, number: int) -> None:
        """Read one model: a whole one, a changed graph, or changed bytes, in turn."""
        draw = random.Random(f"{self.seed}.{number}")
        kind = ("whole", "changed graph", "changed bytes", "changed bytes")[number % 4]
        if kind == "whole":
            made = grown(draw)
            data = made.SerializeToString()
        else:
            made, seed = None, draw.choice(self.seeds)
            seed = grown(draw).SerializeToString() if draw.random() < 0.5 else seed
            data = bent(draw, seed) if kind == "changed graph" else mutated(draw, seed)
        self.counts[kind] += 1
        begun = time.process_time()
        try:
            if made is not None:
                beside(made, self.counts)
            else:
                self.counts["read"] += attempt(data)
            seconds = time.process_time() - begun
            self.slowest = max(self.slowest, seconds)
            assert seconds < SLOW, f"{seconds:.1f} s"
        except Exception as error:
            where = error.__traceback__
            while where is not None and where.tb_next is not None:
                where = where.tb_next
            line = f"{where.tb_frame.f_code.co_name}:{where.tb_lineno}" if where else ""
            said = f"{self.seed}.{number}: {type(error).__name__} {line} {error}"
            self.failures.append(said[:300])
            print(self.failures[-1], flush=True)
            CASES.mkdir(parents=True, exist_ok=True)
            (CASES / f"{self.seed}.{number}.onnx").write_bytes(data)


@pytest.mark.fuzz
def test_for_as_long_as_asked(pytestconfig: pytest.Config) -> None:
    """Models in turn until the time is over; the name of each is its seed and number."""
    run, number = Run(pytestconfig.getoption("--fuzz-seed")), 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    end = time.monotonic() + 60 * float(pytestconfig.getoption("--fuzz-minutes"))
    while time.monotonic() < end:
        run.one(number)
        number += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 - before
    print(f"{number} models: {dict(run.counts)}")
    print(f"slowest {run.slowest:.2f} s; {peak} MB more than before")
    assert not run.failures
