"""A sweep gives what each network alone gives, in order, and goes on after a stop."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from commands import archcalc as run
from sweep_specs import NESTED

import archcalc
from archcalc import sweep
from archcalc.graph.paths import depth
from archcalc.language.library import names
from archcalc.network.network import Network, load, loads
from archcalc.sweeps.combinations import KNOWN_FIGURES
from archcalc.sweeps.pareto import pareto
from archcalc.sweeps.sweep import Sweep
from archcalc.sweeps.values import condition, values_of

FIGURES = tuple(name for name in KNOWN_FIGURES if name != "top1")
NAS = {
    f"op{i}": ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    for i in range(1, 7)
}


def alone(
    network: Network, figures: tuple[str, ...], batch: int = 1, inplace: bool = True
) -> tuple[Any, ...] | None:
    """Return the figures of one network analyzed for itself; None where it fails."""
    try:
        analysis = network.analyze(batch=batch, inplace=inplace)
        total = analysis.total
    except archcalc.ArchcalcError:
        return None
    return tuple(
        depth(analysis.graph) if name == "depth" else getattr(total, name)
        for name in figures
    )


def check(
    network: Network, over: dict[str, Any], batch: int = 1, inplace: bool = True
) -> Sweep:
    """Compare every row of a sweep with its network alone."""
    figures = tuple(name for name in FIGURES if name not in over)
    found = sweep(network, over, figures=figures, batch=batch, inplace=inplace)
    count = len(over)
    rows = {row[:count]: row[count:] for row in found}
    for values in product(*found.axes.values()):
        given = dict(zip(found.names, values, strict=True))
        samples = batch * given.pop("batch", 1)
        one = alone(found.at(tuple(given.values())), figures, samples, inplace)
        assert rows.get(values) == one, values
    return found


def some_axes(network: Network, random: Random) -> dict[str, Any]:
    """Return a few variants and params with values around their own."""
    over: dict[str, Any] = {}
    variants = network.variants
    if variants:
        over["variant"] = tuple(random.sample(variants, min(2, len(variants))))
    numbers = [n for n, v in network.params.items() if type(v) is int]
    for name in random.sample(numbers, min(2, len(numbers))):
        value = network.params[name]
        near = {value, max(1, value // 2), value + (8 if value > 30 else 1)}
        over[name] = tuple(random.sample(sorted(near), min(2, len(near))))
    shapes = list(network.input_shapes.values())
    if len(shapes) == 1 and len(shapes[0]) == 3 and random.random() < 0.5:
        channels, high, wide = shapes[0]
        over["input"] = tuple(f"{channels}x{high + n}x{wide + n}" for n in (0, 32))
    if random.random() < 0.5:
        over["batch"] = (1, 3)
    return dict(random.sample(list(over.items()), len(over)))


CHOSEN = Random(201).sample(
    [name for name in names() if some_axes(load(name), Random(0))], 24
)


@pytest.mark.parametrize("name", [*CHOSEN, "resnet50", "efficientnet", "fcn8s-vgg16"])
def test_each_row_is_the_network_alone(name: str) -> None:
    network = load(name)
    random = Random(name)
    over = some_axes(network, random) or {"input": ("3x256x224", "3x64x64")}
    check(network, over, random.choice((1, 2)), random.random() < 0.7)


def test_cells_of_nas_bench_201() -> None:
    random = Random(6)
    some = {name: tuple(random.sample(words, 2)) for name, words in NAS.items()}
    found = check(load("nas-bench-201"), some)
    assert not found.reuse.plain
    assert not found.reuse.dependence.inline


def test_all_of_nas_bench_201() -> None:
    rows = list(sweep("nas-bench-201", NAS, figures=("params", "macs")))
    assert len(rows) == len(set(rows)) == 5**6
    assert max(row[-2:] for row in rows) == (1_531_546, 220_119_680)
    assert min(row[-2:] for row in rows)[0] == 73_306


@pytest.mark.parametrize("name", NESTED)
def test_what_reaches_across_parts(name: str) -> None:
    text, over = NESTED[name]
    check(loads(text), over)


def test_a_star_means_every_param_that_begins_so() -> None:
    found = sweep("nas-bench-201", {"op*": "none,skip_connect"}, figures=("params",))
    assert found.names == tuple(NAS)
    assert len(found) == 2**6


def test_parts_that_are_dropped_are_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("archcalc.sweeps.reuse.MOST_HELD", 5)
    found = check(load("efficientnet"), {"width": (1, 2), "size": (64, 96, 128)})
    assert found.reuse.held < 100


def test_the_last_axis_may_be_the_one_that_all_reads() -> None:
    over = {"depth": (1, 2), "size": (96, 128), "width": (0.5, 1)}
    check(load("efficientnet"), over)


def test_variant_input_and_batch() -> None:
    over = {"variant": ("v1.5",), "input": ("3x64x64", "3x96x96"), "batch": (1, 8)}
    rows = list(sweep("resnet50", over, figures=("params", "macs")))
    net = load("resnet50:v1.5", input="3x96x96")
    total = net.analyze(batch=8).total
    assert rows[-1] == ("v1.5", "3x96x96", 8, total.params, total.macs)
    assert len(rows) == 4


@pytest.mark.parametrize("order", [("batch", "width"), ("width", "batch"), ("batch",)])
def test_a_batch_anywhere(order: tuple[str, ...]) -> None:
    over = dict.fromkeys(order, (1, 2))
    for row in sweep("efficientnet", over, figures=("params", "macs")):
        given = dict(zip(order, row, strict=False))
        net = load("efficientnet", set={"width": given.get("width", 1)})
        total = net.analyze(batch=given["batch"]).total
        assert row[-2:] == (total.params, total.macs)


@pytest.mark.parametrize("batch", [0, -1, 1.5, True, "a", 2**31 + 1])
def test_what_is_no_batch(batch: Any) -> None:
    """A word was once repeated as often as there are operations."""
    with pytest.raises(archcalc.UsageError, match="AC507"):
        sweep("lenet5", {"batch": (1, batch)})
    with pytest.raises(archcalc.UsageError, match="AC507"):
        sweep("lenet5", {"variant": (None,)}, batch=batch)
    with pytest.raises(archcalc.UsageError, match="AC507"):
        load("lenet5").analyze(batch=batch)


def test_accuracy_of_variants() -> None:
    found = sweep(
        "efficientnet", {"variant": ("b1", "b2")}, figures=("top1", "macs", "params")
    )
    assert [float(row[1]) for row in found] == [79.1, 80.1]


def test_combinations_that_do_not_fit_are_told() -> None:
    found = sweep("resnet-cifar", {"depth": (20, 21, 26)}, figures=("params",))
    assert [row[0] for row in found] == [20, 26]
    assert found.refusals == 1
    assert "repeat" in found.refused[0]


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_keeps_the_order(
    kind: type[ThreadPoolExecutor] | type[ProcessPoolExecutor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("archcalc.sweeps.chunks.FIRST", 4)
    over = {"width": "0.5:1:0.25", "depth": "1:3", "size": (96, 128)}
    where = "macs <= 300M"
    with kind(2) as executor:
        many = list(sweep("efficientnet", over, where=where, executor=executor))
    assert many == list(sweep("efficientnet", over, where=where))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1:4", (1, 2, 3, 4)),
        ("0.5:1.5:0.5", (0.5, 1, 1.5)),
        ("128,160", (128, 160)),
        ("a,b", ("a", "b")),
        ("3:1:-1", (3, 2, 1)),
        ("64", (64,)),
    ],
)
def test_values(text: str, values: tuple[Any, ...]) -> None:
    assert values_of("p", text) == values


@pytest.mark.parametrize("text", ["1:3:0", "3:1", "1:9999999999", "1,,2", ""])
def test_values_that_are_none(text: str) -> None:
    with pytest.raises(archcalc.UsageError, match="AC580"):
        values_of("p", text)


@pytest.mark.parametrize(
    ("text", "macs", "holds"),
    [
        ("macs <= 600M", 600_000_000, True),
        ("macs < 0.6G", 600_000_000, False),
        ("macs/1k > 2.5k", 2_500_001, True),
        ("macs == 1.0001k or macs == 7", 7, True),
    ],
)
def test_conditions(text: str, macs: int, holds: bool) -> None:
    assert condition(text, ("macs",)).evaluate({"macs": macs}) is holds


def test_a_pareto_front() -> None:
    rows = [("a", 1, 9), ("b", 2, 8), ("c", 2, 9), ("d", 1, 9), ("e", None, 0)]
    front = pareto(rows, ("name", "macs", "params"), ("macs", "params"))
    assert front == [rows[0], rows[1], rows[3]]
    assert (
        pareto([("x", 1, 70), ("y", 1, 75)], ("n", "macs", "top1"), ("macs", "top1"))[
            0
        ][0]
        == "y"
    )


def test_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "sweep efficientnet --over width=0.5:1.5:0.5 --over size=192,224"
    more = ["--where", "macs <= 600M", "--sort", "macs:down", "-f", "json"]
    done = run(capsys, monkeypatch, *words.split(), *more)
    rows = json.loads(done.out)["tables"][0]["rows"]
    assert done.code == 0
    assert len(rows) == 4


@pytest.mark.parametrize("cut", [0, 1, 17, 30, 60, 95, 10_000])
def test_resume_gives_the_same_file(
    cut: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv"
    words = "sweep efficientnet --over width=0.5:1:0.25 --over size=96,128 --figures params,macs"
    assert run(capsys, monkeypatch, *words.split(), "-o", str(whole)).code == 0
    part.write_bytes(whole.read_bytes()[:cut])
    more = ("--resume", "-o", str(part))
    assert run(capsys, monkeypatch, *words.split(), *more).code == 0
    assert part.read_text() == whole.read_text()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--over widht=1:2", "AC580"),
        ("", "AC580"),
        ("--over width=1:2 --where mac<=3", "AC581"),
        ("--over width=1:2 --figures cost", "AC581"),
        ("--over width=1:2 --figures width", "AC581"),
        ("--over width=1:2 --sort cost", "AC581"),
        ("--over width=1:2 --pareto cost", "AC581"),
        ("--over width=1:2 --resume", "AC582"),
        ("--over width=1:2 --jobs 0", "AC580"),
        ("--over width=1:2 --batch 0", "AC507"),
        ("--over batch=0:2", "AC507"),
        ("--over batch=1,-2 --batch -3", "AC507"),
        ("--over batch=0.5:2:0.5", "AC507"),
        ("--over batch=1,all", "AC507"),
        ("--over batch=65536 --batch 65536", "AC507"),
    ],
)
def test_what_cannot_be_swept(
    words: str,
    code: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = run(capsys, monkeypatch, "sweep", "efficientnet", *words.split())
    assert done.code == 2
    assert code in done.err
