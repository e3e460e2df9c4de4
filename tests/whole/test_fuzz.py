"""Random networks against torch: shapes, weights, MACs, saved bytes, refusals, mistakes.

pytest -m fuzz --fuzz-minutes 30        a long run, which tells its counts
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import differential
import fuzzing
import pytest
import torch
import yaml
from differential import (
    ELSEWHERE,
    ESTIMATES,
    STRICTER,
    Tally,
    anything,
    compare,
    compare_saved,
    written,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_mistakes import spoilt
from samples import long_unless
from torch_memory import threads

import archcalc
from archcalc.graph.graph import Node
from archcalc.layers import CATALOGUE

HERE = Path(__file__).parents[1]
FOUND = HERE / "cases" / "fuzz"
RUNS = HERE / "data" / "fuzz_runs.yaml"
QUICK = 250


@pytest.fixture(autouse=True, scope="module")
def _few_threads() -> Iterator[None]:
    """One where no number is asked for: these tensors are small, threads cost more."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads())
    yield
    torch.set_num_threads(before)


@settings(
    max_examples=QUICK,
    deadline=None,
    derandomize=True,  # new networks are for `-m fuzz`, which keeps what differs
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.randoms(use_true_random=False), st.sampled_from((1, 1, 1, 3)))
def test_torch_accepts_what_archcalc_accepts_and_refuses_what_it_refuses(
    random: Random, batch: int
) -> None:
    compare(anything(random, 8), Tally(), batch)


@pytest.mark.parametrize("seed", long_unless(lambda seed: seed < 2, range(4)))
def test_long_networks(seed: int) -> None:
    tally = Tally()
    for i in range(40):
        compare(written(Random(f"{seed}.{i}"), 30), tally)
    assert tally.accepted > 20
    assert tally.layers > 300
    assert tally.saved > 20
    assert tally.frozen > 5
    assert tally.drawn == tally.accepted
    assert not tally.mistakes


def test_mistakes_in_the_language_are_told() -> None:
    """Spoilt specs are refused by name and place, and those that are none compare."""
    tally = Tally()
    for i in range(200):
        random = Random(f"mistakes.{i}")
        compare(spoilt(random, written(random, 6)), tally)
    assert sum(tally.mistakes.values()) > 80
    assert len(tally.mistakes) > 15
    assert tally.accepted > 10


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.json")), ids=lambda p: p.stem)
def test_what_a_run_once_found(path: Path) -> None:
    """Each file was a mismatch; now both sides agree, in place and not."""
    case = json.loads(path.read_text(encoding="utf-8"))
    tally = Tally()
    compare(case["spec"], tally)
    compare(case["spec"], tally, 2)
    assert case["was"]
    left_out = [f"saved bytes: {case['estimate']}"] if "estimate" in case else []
    assert list(tally.left_out) == left_out
    assert tally.accepted + tally.refused.total() + tally.mistakes.total() == 2


ESTIMATED = [p for p in sorted(FOUND.glob("*.json")) if '"estimate"' in p.read_text()]


@pytest.fixture
def _one_thread() -> Iterator[None]:
    """On more, torch's block for a transposed convolution is no larger than it need be."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_one_thread")
@pytest.mark.parametrize("path", ESTIMATED, ids=lambda p: p.stem)
def test_an_estimate_is_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left out does differ: a rule that can say it would be held to it."""
    case = json.loads(path.read_text(encoding="utf-8"))
    monkeypatch.setattr(differential, "ESTIMATES", ())
    with pytest.raises(AssertionError, match=r"saved for backward|live in inference"):
        compare(case["spec"], Tally())


# -- what is written -------------------------------------------------------------------

NOT_WRITTEN: dict[str, str] = {
    "input": "stands in every network, and is no step",
    "unknown": "stands for an operator without a rule, which nobody writes by hand",
}
"""Kinds that no step of a random network has, with the reason."""


class Written(NamedTuple):
    """A node of a random network, and the shapes that enter it."""

    node: Node
    inputs: tuple[tuple[int, ...], ...]

    @property
    def key(self) -> str:
        return self.node.layer.key

    def argument(self, name: str) -> Any:
        """Return an argument of the layer, None where it has none of that name."""
        known = name in self.node.layer.fields
        return getattr(self.node.layer, name) if known else None


@pytest.fixture(scope="module")
def sample() -> list[Written]:
    """The nodes of random networks that archcalc takes, as they are compared."""
    found: list[Written] = []
    for i in range(1500):
        try:
            text = json.dumps(written(Random(f"all.{i}"), 24))
            graph = archcalc.loads(text, "f").graph
        except archcalc.ArchcalcError:  # sizes that clash, and names that were spoilt
            continue
        found += [Written(node, graph.input_shapes(node)) for node in graph.nodes]  # type: ignore[arg-type]  # numbers
    return found


def test_every_kind_is_written(sample: list[Written]) -> None:
    counts = Counter(one.key for one in sample)
    assert [k for k in CATALOGUE if k not in NOT_WRITTEN and counts[k] < 5] == []


@pytest.mark.parametrize("key", sorted(set(CATALOGUE) - set(NOT_WRITTEN)))
def test_every_argument_is_given(key: str, sample: list[Written]) -> None:
    """Each argument has two values at least somewhere."""
    layers = {one.node.layer for one in sample if one.key == key}
    for name in CATALOGUE[key].fields:
        assert len({getattr(layer, name) for layer in layers}) > 1, name


def does_not_divide(one: Written) -> bool:
    """Say whether a stride leaves a rest at the end of an axis."""
    if one.key not in ("conv", "dwconv", "maxpool", "avgpool", "lppool"):
        return False
    slides = one.node.layer.sliding(one.inputs[0])  # type: ignore[attr-defined]  # these kinds slide
    axes = zip(
        slides.padded(), slides.kernel, slides.dilation, slides.stride, strict=True
    )
    return any((n - d * (k - 1) - 1) % s for n, k, d, s in axes)


def above(name: str, least: int) -> Callable[[Written], bool]:
    """Return the question whether an argument is above a number on some axis."""

    def asks(one: Written) -> bool:
        value = one.argument(name)
        values = value if isinstance(value, tuple) else (value,)
        return any(isinstance(v, int) and v > least for v in values)

    return asks


def uneven(name: str) -> Callable[[Written], bool]:
    """Return the question whether an argument differs from axis to axis."""
    return lambda one: (
        isinstance(one.argument(name), tuple) and len(set(one.argument(name))) > 1
    )


ODD: dict[str, Callable[[Written], bool]] = {
    "one axis": lambda w: w.key == "conv" and len(w.node.shape) == 2,
    "two axes": lambda w: w.key == "conv" and len(w.node.shape) == 3,
    "three axes": lambda w: w.key == "conv" and len(w.node.shape) == 4,
    "strides that do not divide": does_not_divide,
    "ceil": lambda w: w.argument("rounding") == "ceil",
    "dilation": above("dilation", 1),
    "groups": lambda w: w.key == "conv" and above("groups", 1)(w),
    "kernels of unequal sizes": uneven("kernel"),
    "paddings of unequal sizes": uneven("pad"),
    "padding at the end of its own": uneven("end"),
    "less at the end than at the beginning": lambda w: (
        w.key in ("conv", "deconv") and above("pad_end", -1)(w)
    ),
    "means with gaps": lambda w: w.key == "avgpool" and above("dilation", 1)(w),
    "a factor for each axis": uneven("scale"),
    "steps in a slice": above("step", 1),
    "same": lambda w: w.argument("pad") == "same",
    "half": lambda w: w.argument("pad") == "half",
    "transposed with output padding": above("output_pad", 0),
    "transposed with dilation": lambda w: w.key == "deconv" and above("dilation", 1)(w),
    "attention": lambda w: w.key == "attention",
    "fused attention": lambda w: w.argument("kernel") == "fused",
    "attention written out": lambda w: w.argument("kernel") == "unfused",
    "causal attention": lambda w: bool(w.argument("causal")),
    "experts": lambda w: w.key == "experts",
    "shifted windows": lambda w: w.key == "window_attention" and above("shift", 0)(w),
    "three inputs": lambda w: len(w.node.inputs) > 2,
    "the same input twice": lambda w: len(set(w.node.inputs)) < len(w.node.inputs),
    "shared weights": lambda w: w.node.share is not None,
    "side heads": lambda w: w.node.aux,
    "frozen weights": lambda w: w.node.frozen and bool(w.node.layer.weights(*w.inputs)),
    "matrices of LoRA": lambda w: w.node.name.endswith(".lora_a"),
}
"""What a network can have that is odd; random ones must have all of it."""


@pytest.mark.parametrize("what", ODD)
def test_everything_odd_is_written(what: str, sample: list[Written]) -> None:
    assert sum(map(ODD[what], sample)) > 5


STRUCTURES = (
    "outputs",
    "residual",
    "use",
    "repeat",
    "stage",
    "aux",
    "from",
    "when",
    "first",
)


def test_every_structure_is_written() -> None:
    texts = [json.dumps(written(Random(f"all.{i}"), 24)) for i in range(200)]
    for word in STRUCTURES:
        assert any(f'"{word}":' in text for text in texts), word


# -- a mismatch would be found ---------------------------------------------------------

PLAIN: dict[str, Any] = {
    "name": "n",
    "input": [3, 8, 8],
    "layers": [{"conv": 4, "kernel": 3}],
}


def test_a_mismatch_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that is off by one is caught, and so is a refusal that torch does not share."""
    from archcalc.layers.conv import Conv

    right = Conv.shape
    with monkeypatch.context() as patch:
        patch.setattr(Conv, "shape", lambda self, x: (*right(self, x)[:2], 7))
        with pytest.raises(AssertionError, match="shape"):
            compare(PLAIN, Tally())

    def refuse(self: Conv, x: object) -> None:
        raise archcalc.ShapeError.of("AC202", "no")

    with monkeypatch.context() as patch:
        patch.setattr(Conv, "shape", refuse)
        with pytest.raises(AssertionError, match="torch takes"):
            compare(PLAIN, Tally())


def test_a_byte_too_many_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from archcalc.layers.base import Saved
    from archcalc.layers.conv import Conv

    network = archcalc.loads(json.dumps(PLAIN), "n")
    compare_saved(network, tally := Tally(), 2, "")
    assert (tally.saved, tally.bytes) == (1, 2 * 3 * 8 * 8 * 4)
    monkeypatch.setattr(Conv, "saved", lambda *_: Saved(output=True))
    with pytest.raises(AssertionError, match="1152 bytes here, 1536 in torch"):
        compare_saved(network, Tally(), 2, "")


def test_a_picture_that_is_wrong_would_be_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Boxes on each other, and a picture that ends in an error."""
    from archcalc.render.drawing.blocks import BlockSizes
    from archcalc.render.drawing.layout import Room

    with monkeypatch.context() as patch:
        patch.setattr(BlockSizes, "box", lambda *_: Room(-40, 30, 30))
        with pytest.raises(AssertionError, match="pictures"):
            compare(PLAIN, Tally())
    monkeypatch.setattr(BlockSizes, "box", lambda *_: {}["inside"])
    with pytest.raises(AssertionError, match="KeyError"):
        compare(PLAIN, Tally())


def test_an_error_of_the_inside_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from archcalc.layers.conv import Conv

    def fail(self: Conv, x: object) -> None:
        raise KeyError("inside")

    monkeypatch.setattr(Conv, "shape", fail)
    with pytest.raises(KeyError):
        compare(PLAIN, Tally())


def test_exceptions_are_few_and_explained() -> None:
    assert len(STRICTER) <= 15
    assert all(STRICTER.values())
    assert len(ESTIMATES) + len(ELSEWHERE) <= 7
    assert all(estimate.why for estimate in ESTIMATES)


# -- long runs -------------------------------------------------------------------------


@pytest.mark.fuzz
def test_a_long_run(request: pytest.FixtureRequest) -> None:
    """Compare for as long as asked; a mismatch is kept as a case."""
    minutes = request.config.getoption("--fuzz-minutes")
    seed = request.config.getoption("--fuzz-seed")
    found = fuzzing.run(seed, minutes, FOUND)
    print(f"\n{found}")
    assert found.failures == []


def dying(seed: str, first: int, end: float, keep: Path, pipe: Connection) -> None:
    """Compare some networks; die on the third, as torch does."""
    tally = Tally()
    for number in range(first, first + 4):
        pipe.send((number, tally, []))
        if number == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        compare(PLAIN, tally)
    pipe.send(first < 9)


@pytest.mark.long
def test_a_run_goes_on_where_torch_ends(tmp_path: Path) -> None:
    found = fuzzing.run("s", 60, tmp_path, dying)
    assert found.ended == ["s.2"]
    assert found.tally.networks == 2 + 3 + 3 + 3
    assert "torch's process ended on s.2" in str(found)


def test_a_run_keeps_what_differs(tmp_path: Path) -> None:
    found = fuzzing.run("s", 60, tmp_path, breaking)
    assert [failure.partition(":")[0] for failure in found.failures] == ["s.0"]
    kept = json.loads((tmp_path / "s.0.json").read_text(encoding="utf-8"))
    assert kept["spec"] == fuzzing.spec_of("s.0")
    assert kept["was"] == "AssertionError: broken"


def breaking(*given: Any) -> None:
    """Compare with a comparison that fails once, then is done."""

    def fail(_spec: Any, tally: Tally, _batch: int) -> None:
        tally.networks += 1
        fuzzing.time = Ended()  # type: ignore[assignment]  # the time is over then
        raise AssertionError("broken")

    fuzzing.compare = fail
    fuzzing.work(*given)


class Ended:
    """A clock that stands at the end."""

    def time(self) -> float:
        return float("inf")


def test_long_runs_are_on_record() -> None:
    """Every mismatch on record has its case, and every case its run."""
    runs = yaml.safe_load(RUNS.read_text(encoding="utf-8"))["runs"]
    assert sum(run["minutes"] for run in runs) >= 60
    assert sum(run["networks"] for run in runs) >= 100_000
    assert sum(run["layers"] for run in runs) >= 1_000_000
    found = {name for run in runs for name in run["found"]}
    assert found == {path.stem for path in FOUND.glob("*.json")}
