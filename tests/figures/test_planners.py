"""What runtimes for small devices reserve, beside what they planned."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import archcalc as run

import archcalc
from archcalc.catalogue import FIGURES
from archcalc.errors import UsageError
from archcalc.figures.memory.planners import PLANNERS, placing, planner_named
from archcalc.figures.memory.planners.placing import Placed, Tensor
from archcalc.figures.memory.planners.planner import Plan, plan

TESTS = Path(__file__).parents[1]
PLANNED = yaml.safe_load((TESTS / "data" / "planners.yaml").read_text("utf-8"))


def loaded(name: str) -> archcalc.Network:
    """Return a network of the cases, an example of the documentation, or a shipped one."""
    folders = (TESTS / "cases" / "planners", TESTS.parent / "docs" / "examples")
    paths = (folder / f"{name}.yaml" for folder in folders)
    return archcalc.load(next((path for path in paths if path.exists()), name))


def planned() -> Iterator[tuple[str, str, str, int]]:
    """Yield each network, number format and runtime with what it planned."""
    for name, formats in PLANNED["networks"].items():
        for dtype, runtimes in formats.items():
            for runtime, size in runtimes.items():
                yield name, dtype, runtime, size


@pytest.mark.parametrize(("name", "dtype", "runtime", "size"), list(planned()))
def test_runtimes(name: str, dtype: str, runtime: str, size: int) -> None:
    """The arena is that of the runtime, to the byte."""
    analysis = loaded(name).analyze(dtype=dtype)
    assert plan(analysis, PLANNERS[runtime]).arena == size


def stated(layers: str, runtime: str, **setting: Any) -> Plan:
    """Return a plan of some layers behind an input of 4×8×8."""
    text = f"archcalc: 1\nname: n\ninput: 4x8x8\nlayers:\n{layers}"
    return plan(archcalc.loads(text).analyze(**setting), PLANNERS[runtime])


WHATS = {
    "max pool": ("  - {maxpool: 2}\n", {"executorch": ["input", "output", "indices"]}),
    "linear": (
        "  - {fc: 3}\n",
        {
            "executorch": ["input", "transposed weight", "output"],
            "tflm": ["input", "flattened input", "output"],
        },
    ),
    "fused": (
        "  - {conv: 4, act: relu}\n",
        {"executorch": ["input", "output", "output"], "tflm": ["input", "output"]},
    ),
    "not fused, read twice": (
        "  - {name: a, conv: 4}\n  - {name: b, conv: 4, act: relu}\n"
        "  - {add: [a, b]}\n  - relu\n",
        {"tflm": ["input", "output", "output", "output"]},
    ),
    "folded": (
        "  - {conv: 4, norm: bn, act: relu6}\n",
        {"tflm": ["input", "output"], "litert": ["input", "output"]},
    ),
    "written over": (
        "  - {name: a, conv: 4}\n  - {name: b, conv: 4}\n"
        "  - {add: [a, b]}\n  - {conv: 4}\n",
        {"litert": ["input", "output", "output", "output"]},
    ),
    "not over what leaves": (
        "  - {name: a, conv: 4}\n  - {name: b, conv: 4}\n  - {add: [a, b]}\n",
        {"litert": ["input", "output", "output", "output"]},
    ),
    "padded": (
        "  - {conv: 4, kernel: 3, stride: 2, pad: 1}\n",
        {
            "executorch": ["input", "output"],
            "tflm": ["input", "padded input", "output"],
        },
    ),
    "same": (
        "  - {conv: 4, kernel: 3, stride: 2, pad: same}\n",
        {
            "executorch": ["input", "padded input", "output"],
            "tflm": ["input", "output"],
        },
    ),
    "dropout": (
        "  - {dropout: 0.5}\n  - {conv: 4}\n",
        {"executorch": ["input", "output", "output"], "tflm": ["input", "output"]},
    ),
    "hardswish": (
        "  - hardswish\n",
        {
            "executorch": [
                *("input", "3", "x + 3", "not below 0", "not above 6", "times x"),
                *("6", "output"),
            ]
        },
    ),
    "swish": ("  - swish\n", {"executorch": ["input", "its sigmoid", "output"]}),
    "view": (
        "  - {maxpool: 2}\n  - flatten\n  - {linear: 3}\n",
        {
            "litert": ["input", "output", "output"],
            "tflm": ["input", "output", "output", "output"],
        },
    ),
    "flattened": (
        "  - {conv: 4}\n  - {fc: 3}\n",
        {
            "litert": ["input", "output", "output"],
            "tflm": ["input", "output", "flattened input", "output"],
        },
    ),
    "not what enters": (
        "  - {fc: 3}\n",
        {"litert": ["input", "flattened input", "output"]},
    ),
    "one axis": (
        "  - {reshape: [4, 64]}\n  - {maxpool: 2}\n  - {avgpool: 2}\n",
        {
            "executorch": [
                *("input", "input as an image", "output as an image", "indices"),
                *("output", "input as an image", "output as an image", "output"),
            ]
        },
    ),
    "channels dropped": (
        "  - {dropout: 0.5, channels: true}\n  - gap\n",
        {"executorch": ["input", "output"]},
    ),
    "tokens": (
        "  - {reshape: [4, 64]}\n  - {linear: 3}\n  - relu\n  - {linear: 3}\n",
        {
            "executorch": [
                *("input", "transposed weight", "output", "output"),
                *("transposed weight", "output", "output"),
            ]
        },
    ),
    "leaves as a view": ("  - flatten\n", {"executorch": ["input", "output"]}),
    "the same shape": (
        "  - {reshape: [4, 8, 8]}\n  - identity\n  - gap\n",
        {"executorch": ["input", "output"]},
    ),
    "several": (
        "  - {name: a, conv: 4}\n  - {add: [input, a, a]}\n",
        {"executorch": ["input", "output", "output", "output"]},
    ),
    "zeros around, enlarged": (
        "  - {pad: 1}\n  - {upsample: 2}\n",
        {"executorch": ["input", "output", "output"]},
    ),
    "norm": (
        "  - {ln: last}\n",
        {"executorch": ["input", "output", "means", "deviations"]},
    ),
}


@pytest.mark.parametrize("what", WHATS)
def test_tensors(what: str) -> None:
    """Each rule makes the tensors that the runtimes were seen to make."""
    layers, runtimes = WHATS[what]
    for runtime, tensors in runtimes.items():
        assert [t.what for t in stated(layers, runtime).tensors] == tensors, runtime


def test_rounding() -> None:
    """ExecuTorch and Micro round each tensor up to 16 bytes, LiteRT none."""
    text = "archcalc: 1\nname: n\ninput: 3x5x5\nlayers:\n  - {conv: 3}\n"
    analysis = archcalc.loads(text).analyze()
    sizes = {
        name: plan(analysis, one).tensors[0].bytes for name, one in PLANNERS.items()
    }
    assert sizes == {"executorch": 304, "tflm": 304, "litert": 300}


def test_batch() -> None:
    """A batch multiplies activations, not the copy of a weight."""
    one, three = (
        {
            t.what: t.bytes
            for t in stated("  - {fc: 4}\n", "executorch", batch=n).tensors
        }
        for n in (1, 3)
    )
    assert three["input"] == 3 * one["input"]
    assert three["transposed weight"] == one["transposed weight"] == 4 * 4 * 64 * 4


# -- refusals --------------------------------------------------------------------------

REFUSED = {
    "an unknown layer": ("  - swish\n", "tflm", "float32", "`swish` is not known"),
    "a format": ("  - {conv: 4}\n", "executorch", "int8", "stated in int8"),
    "a norm alone": ("  - relu\n  - bn\n", "litert", "float32", "follows no convol"),
    "a normed weight": (
        "  - {conv: 4, weight_norm: first}\n",
        *("executorch", "float32", "several operations"),
    ),
    "channels first": ("  - ln\n", "executorch", "float32", "several operations"),
    "unequal axes": (
        "  - {name: a, fc: 8}\n  - {add: [input, a]}\n",
        *("executorch", "float32", "unequal axes"),
    ),
    "more than a row": (
        "  - {reshape: [4, 64]}\n  - {linear: 3}\n",
        *("tflm", "float32", "`reshape` is not known"),
    ),
    "an image, reshaped": (
        "  - {flatten: [1, 2]}\n",
        *("litert", "float32", "channels last"),
    ),
    "rows": ("  - {linear: 3}\n", "tflm", "float32", "more than one row"),
    "a mode of padding": (
        "  - {pad: 1, mode: reflect}\n",
        *("executorch", "float32", "padding by reflect"),
    ),
    "a mode of interpolation": (
        "  - {upsample: 2, mode: bicubic}\n",
        *("executorch", "float32", "interpolation by bicubic over 2 axes"),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusals(what: str) -> None:
    """What a planner cannot state is refused by name, with the reason."""
    layers, runtime, dtype, why = REFUSED[what]
    with pytest.raises(UsageError, match=why) as refused:
        stated(layers, runtime, dtype=dtype)
    assert refused.value.problems[0].code == "AC556"


def test_symbols() -> None:
    """Sizes that are symbols are refused as for all bytes."""
    net = archcalc.load("lenet5", input="1,H,W")
    with pytest.raises(UsageError) as refused:
        plan(net.analyze(), PLANNERS["tflm"])
    assert refused.value.problems[0].code == "AC541"


def test_unknown_planner() -> None:
    """An unknown name gives the nearest one."""
    with pytest.raises(UsageError, match="executorch"):
        planner_named("executorsh")


# -- placing ---------------------------------------------------------------------------

WAYS = {
    "in_buckets": placing.in_buckets,
    "largest_first": placing.largest_first,
    "tightest_gap": placing.tightest_gap,
}


def some_tensors(seed: int) -> list[Tensor]:
    """Return random tensors with random lives, in the order in which they begin."""
    chance = random.Random(seed)
    found = []
    for index in range(chance.randrange(1, 30)):
        first = index // 2
        last = first + chance.choice([0, 1, 1, 2, 5, 20])
        size = chance.choice([0, 16, 16, 48, 64, 320, 4096]) + chance.randrange(3)
        found.append(Tensor("output", index, size, first, last, last > first + 15))
    return found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(40))
def test_nothing_overlaps(way: str, seed: int) -> None:
    """Tensors that live at one time share no byte, and the arena holds them all."""
    tensors = some_tensors(seed)
    placed: Placed = WAYS[way](tensors)
    spans = list(zip(tensors, placed.offsets, strict=True))
    for number, (one, start) in enumerate(spans):
        assert 0 <= start <= start + one.bytes <= placed.arena or not one.bytes
        for other, begin in spans[:number]:
            if one.first <= other.last and other.first <= one.last:
                apart = start + one.bytes <= begin or begin + other.bytes <= start
                assert apart or not (one.bytes and other.bytes)
    step = placing.fullest_step(tensors)
    live = sum(t.bytes for t in tensors if t.first <= step <= t.last)
    steps = range(max(t.last for t in tensors) + 1)
    most = max(sum(t.bytes for t in tensors if t.first <= s <= t.last) for s in steps)
    assert live == most <= placed.arena


def test_offsets_of_litert() -> None:
    """LiteRT begins every tensor at a multiple of 64 bytes."""
    offsets = [
        o for s in range(40) for o in placing.tightest_gap(some_tensors(s)).offsets
    ]
    assert any(offsets)
    assert not any(offset % 64 for offset in offsets)


@pytest.mark.parametrize("way", WAYS)
def test_too_many_pairs(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is bounded where very many tensors live at one time."""
    monkeypatch.setattr(placing, "MOST_PAIRS", 1000)
    tensors = [Tensor("output", i, 16, 0, 1) for i in range(60)]
    with pytest.raises(UsageError, match="at the same time"):
        WAYS[way](tensors)


# -- reports and budgets ---------------------------------------------------------------


def test_figures_of_expect() -> None:
    """`expect` knows the arena of every planner."""
    assert {f"arena_{name}" for name in PLANNERS} == {
        key for key in FIGURES if key.startswith("arena_")
    }


BUDGETS = {
    "{arena_tflm: 64512, dtype: int8}": None,
    "{arena_tflm: <= 60 kB, dtype: int8}": "arena_tflm is 64,512, not <= 60 kB",
    "{arena_litert: 258048}": None,
    "{arena_executorch: 294912}": None,
    "{arena_executorch: 1, at: conv}": "remove `at`",
    "{arena_executorch: 1, dtype: int8}": "stated in int8",
    "{params: 448, dtype: int7}": "int7",
}


@pytest.mark.parametrize("entry", BUDGETS)
def test_budgets(
    entry: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A budget may name an arena and a number format."""
    path = tmp_path / "net.yaml"
    layers = "layers:\n  - {conv: 16, kernel: 3, stride: 2, pad: same, act: relu}\n"
    head = "archcalc: 1\nname: net\ninput: 3x96x96\n"
    path.write_text(f"{head}{layers}expect:\n  - {entry}\n", "utf-8")
    done = run(capsys, monkeypatch, "check", str(path))
    if (said := BUDGETS[entry]) is None:
        assert done.code == 0, done.out
    else:
        assert done.code == 1, done.out
        assert said in done.out


def test_all_planners(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One table has the peak and every planner; what is not stated says so."""
    words = ("memory", "mobilenet-v3-small", "--planners", "-f", "json")
    report = json.loads(run(capsys, monkeypatch, *words).out)
    (table,) = report["tables"]
    rows = {row["path"]: row["cells"] for row in table["rows"]}
    assert list(rows) == ["peak", *PLANNERS]
    assert rows["executorch"]["arena_bytes"] == 4898816
    assert rows["tflm"]["arena_bytes"] == "not stated"
    assert any("`hardswish` is not known" in note["text"] for note in report["notes"])


def test_one_planner(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The difference to the peak adds up, tensor by tensor."""
    words = ("memory", "resnet18", "--planner", "tflm", "--timeline", "-f", "json")
    report = json.loads(run(capsys, monkeypatch, *words).out)
    figures, difference, tensors = (
        [row["cells"] for row in table["rows"]] for table in report["tables"]
    )
    sizes = {row["figure"]: row["bytes"] for row in figures}
    *rows, total = difference
    for key in ("peak_bytes", "planner_bytes", "difference"):
        assert sum(row[key] for row in rows) == total[key]
    assert total["peak_bytes"] == sizes["peak of inference"]
    assert total["planner_bytes"] == sizes["live"]
    assert max(row["offset"] + row["bytes"] for row in tensors) == sizes["arena"]
