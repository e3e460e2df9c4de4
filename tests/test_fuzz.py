"""Random networks against torch: shapes, weights, buffers, parameters, MACs, refusals.

pytest -m fuzz --fuzz-minutes 30        a long run, which tells its counts
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random

import pytest
from differential import STRICTER, Tally, compare, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import archcalc

FOUND = Path(__file__).parent / "cases" / "fuzz"
QUICK = 250


@settings(
    max_examples=QUICK, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.randoms(use_true_random=False), st.sampled_from((1, 1, 1, 3)))
def test_torch_accepts_what_archcalc_accepts_and_refuses_what_it_refuses(
    random: Random, batch: int
) -> None:
    compare(written(random, 8), Tally(), batch)


@pytest.mark.parametrize("seed", range(4))
def test_long_networks(seed: int) -> None:
    tally = Tally()
    for i in range(40):
        compare(written(Random(f"{seed}.{i}"), 30), tally)
    assert tally.accepted > 20
    assert tally.layers > 300


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.json")), ids=lambda p: p.stem)
def test_what_a_run_once_found(path: Path) -> None:
    """Each file was a mismatch; now both sides agree."""
    compare(json.loads(path.read_text(encoding="utf-8")), Tally())


def test_a_mismatch_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that is off by one is caught, and so is a refusal that torch does not share."""
    from archcalc.layers.conv import Conv

    spec = {"name": "n", "input": [3, 8, 8], "layers": [{"conv": 4, "kernel": 3}]}
    right = Conv.shape
    with monkeypatch.context() as patch:
        patch.setattr(Conv, "shape", lambda self, x: (*right(self, x)[:2], 7))
        with pytest.raises(AssertionError, match="shape"):
            compare(spec, Tally())

    def refuse(self: Conv, x: object) -> None:
        raise archcalc.ShapeError.of("AC202", "no")

    with monkeypatch.context() as patch:
        patch.setattr(Conv, "shape", refuse)
        with pytest.raises(AssertionError, match="torch takes"):
            compare(spec, Tally())


def test_stricter_rules_are_few_and_explained() -> None:
    assert len(STRICTER) <= 3
    assert all(STRICTER.values())


@pytest.mark.fuzz
def test_a_long_run(request: pytest.FixtureRequest) -> None:
    """Compare for as long as asked; a mismatch is kept as a case."""
    minutes = request.config.getoption("--fuzz-minutes")
    seed = request.config.getoption("--fuzz-seed")
    tally, end = Tally(), time.monotonic() + 60 * minutes
    failures = []
    while time.monotonic() < end:
        name = f"{seed}.{tally.networks}"
        spec = written(Random(name), 24)
        try:
            compare(spec, tally, 1 + tally.networks % 2)
        except AssertionError as error:
            FOUND.mkdir(parents=True, exist_ok=True)
            (FOUND / f"{name}.json").write_text(json.dumps(spec), encoding="utf-8")
            failures.append(f"{name}: {error}")
    print(f"\n{tally}, {len(failures)} mismatches")
    assert failures == []
