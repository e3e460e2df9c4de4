"""Plots: the figures drawn are those of the tables, and stand where the axes say."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from commands import archcalc as run

import archcalc
from archcalc.network.analysis import Analysis
from archcalc.network.network import loads
from archcalc.network.shelved import networks
from archcalc.render.plotting import KINDS, accuracy_plot, network_plot
from archcalc.render.plotting.accuracy import (
    Spot,
    accuracy,
    names,
    plane_of,
    spots,
)
from archcalc.render.plotting.chart import Scale, decades, steps, tick
from archcalc.render.plotting.labels import Label
from archcalc.render.plotting.layers import MOST_ROWS, plotted
from archcalc.render.plotting.timeline import series
from archcalc.render.svg_writer import number
from archcalc.reports.bars import with_bars
from archcalc.reports.cells import Line, Table
from archcalc.reports.table import table_report

SVG = "{http://www.w3.org/2000/svg}"
NETWORKS = ("alexnet", "vgg16", "bottleneck-inception", "googlenet", "resnet50", "unet")


@cache
def analysis(name: str) -> Analysis:
    return archcalc.load(name).analyze()


def root_of(text: str) -> ElementTree.Element:
    root = ElementTree.fromstring(text)
    assert root.find(f"{SVG}title") is not None
    assert root.find(f"{SVG}desc") is not None
    assert not re.search(r"url\(|@import|href|<script|\$[a-z]", text)
    return root


def groups(root: ElementTree.Element) -> Iterator[tuple[str, ElementTree.Element]]:
    for group in root.iter(f"{SVG}g"):
        if group.get("data-path"):
            yield group.get("data-path", ""), group


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("name", NETWORKS)
def test_everything_is_on_the_picture(name: str, kind: str) -> None:
    root = root_of(network_plot(archcalc.load(name), analysis(name), kind))
    wide, high = (float(root.get(side, 0)) for side in ("width", "height"))
    for part in root.iter(f"{SVG}rect"):
        left, top = float(part.get("x", 0)), float(part.get("y", 0))
        assert 0 <= left <= left + float(part.get("width", 0)) <= wide
        assert 0 <= top <= top + float(part.get("height", 0)) <= high
    for words in root.iter(f"{SVG}text"):
        assert 0 <= float(words.get("x", 0)) <= wide
        assert 0 <= float(words.get("y", 0)) <= high
    for shape in (*root.iter(f"{SVG}polyline"), *root.iter(f"{SVG}polygon")):
        for point in shape.get("points", "").split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= wide
            assert 0 <= y <= high


@pytest.mark.parametrize("name", NETWORKS)
def test_bars_are_as_long_as_the_figures(name: str) -> None:
    rows = {row.name: row for row in plotted(analysis(name))[0]}
    root = root_of(network_plot(archcalc.load(name), analysis(name), "layers"))
    found = dict(groups(root))
    assert [*found] == [*rows]
    for which, figure in enumerate(("params", "macs", "activations")):
        values = {n: getattr(row, figure) for n, row in rows.items()}
        widths = {
            n: float(group.findall(f"{SVG}rect")[which].get("width", 0))
            for n, group in found.items()
        }
        most = max(values, key=lambda n: values[n])
        for n, value in values.items():
            due = widths[most] * value / values[most]
            assert widths[n] == pytest.approx(max(due, 0.5), abs=0.11)


@pytest.mark.parametrize("name", [*NETWORKS, "resnet152", "densenet121"])
def test_rows_fit_and_add_up(name: str) -> None:
    rows, _ = plotted(analysis(name))
    assert len(rows) <= MOST_ROWS
    for figure in ("params", "macs", "activations"):
        total = getattr(analysis(name).total, figure)
        assert sum(getattr(row, figure) for row in rows) == total


@pytest.mark.parametrize("name", NETWORKS)
def test_cumulative_lines_rise_to_all(name: str) -> None:
    root = root_of(network_plot(archcalc.load(name), analysis(name), "cumulative"))
    lines = [
        [float(p.split(",")[1]) for p in line.get("points", "").split()]
        for line in root.iter(f"{SVG}polyline")
        if (line.get("class") or "") in ("al", "bl", "cl")
    ]
    assert len(lines) == 3
    for heights in lines:
        assert heights == sorted(heights, reverse=True)
        assert heights[-1] == lines[0][-1], "100%"


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_kinds_of_memory_add_up_to_what_lives(name: str, training: bool) -> None:
    memory = analysis(name).memory
    timeline = memory.training.timeline if training else memory.inference
    layers = series(timeline)
    sums = [sum(values) for values in zip(*layers.values(), strict=True)]
    assert sums == [moment.live for moment in timeline.moments]


def test_the_peak_is_said() -> None:
    text = network_plot(archcalc.load("resnet50"), analysis("resnet50"), "memory")
    assert "peak 9.63 MB, forward of conv2.1.shortcut.conv.bn" in text


# -- accuracy --------------------------------------------------------------------------


@cache
def shelf() -> tuple[Spot, ...]:
    return tuple(spots(networks(variants=True)))


@cache
def placed() -> tuple[Label, ...]:
    return tuple(names(shelf(), plane_of(shelf())))


def test_names_for_sizes_have_no_spot() -> None:
    assert len(list(spots([archcalc.load("vgg16")]))) == 1
    assert list(spots([archcalc.load("vgg16", input="C,224,224")])) == []


def test_accuracies_are_those_of_one_view_on_imagenet() -> None:
    named = {spot.name: spot for spot in shelf()}
    assert len(named) == len(shelf()) > 100
    assert (named["resnet50"].top1, named["resnet50"].macs) == (75.3, 3_857_973_248)
    assert named["vgg16"].params == 138_357_544
    assert not {"alexnet", "lenet5", "resnet56"} & set(named), "none, or on CIFAR"
    assert all(30 < spot.top1 < 95 for spot in shelf())


def test_circles_stand_at_their_figures() -> None:
    root = root_of(accuracy(shelf()))
    circles = {
        name: circle
        for name, group in groups(root)
        for circle in group.iter(f"{SVG}circle")
    }
    assert set(circles) == {spot.name for spot in shelf()}
    for one in shelf():
        for other in (shelf()[0], shelf()[-1]):
            here, there = circles[one.name], circles[other.name]
            if one.macs > other.macs:
                assert float(here.get("cx", 0)) >= float(there.get("cx", 0))
            if one.top1 > other.top1:
                assert float(here.get("cy", 0)) <= float(there.get("cy", 0))
    areas = {spot.name: spot.radius**2 / spot.params for spot in shelf()}
    assert max(areas.values()) == pytest.approx(min(areas.values()))


def test_names_lie_neither_on_each_other_nor_on_circles() -> None:
    plane = plane_of(shelf())
    assert len(placed()) > 60
    dots = {s.name: (plane.x(s.macs), plane.y(s.top1)) for s in shelf()}
    for one, other in itertools.combinations(placed(), 2):
        apart = (
            one.box.right < other.box.left
            or other.box.right < one.box.left
            or one.box.bottom < other.box.top
            or other.box.bottom < one.box.top
        )
        assert apart, (one.name, other.name)
    for label, (name, (x, y)) in itertools.product(placed(), dots.items()):
        left, top, right, bottom = label.box
        assert not (left <= x <= right and top <= y <= bottom), (label.name, name)


def test_lines_lead_from_a_name_to_its_circle_and_through_no_other_name() -> None:
    plane = plane_of(shelf())
    dots = {s.name: (plane.x(s.macs), plane.y(s.top1)) for s in shelf()}
    led = [label for label in placed() if label.leader is not None]
    assert len(led) > 5
    for label in led:
        assert label.leader is not None
        (x, y), end = label.leader
        assert end == dots[label.name]
        points = [
            (x + (end[0] - x) * t / 50, y + (end[1] - y) * t / 50) for t in range(51)
        ]
        for other in placed():
            left, top, right, bottom = other.box
            if other is not label:
                inside = [left < a < right and top < b < bottom for a, b in points]
                assert not any(inside), (label.name, other.name)


def test_the_names_that_are_placed_are_drawn_there() -> None:
    root = root_of(accuracy(shelf()))
    drawn = {
        (t.text, float(t.get("x", 0)), float(t.get("y", 0)))
        for t in root.findall(f"{SVG}text")
        if t.get("class") == "v halo"
    }
    assert drawn == {
        (p.name, *(float(number(side)) for side in p.base)) for p in placed()
    }


def test_the_plot_of_the_shelf_is_the_one_of_its_spots() -> None:
    assert accuracy_plot() == accuracy(shelf())


# -- scales and the command ------------------------------------------------------------


@pytest.mark.parametrize("highest", [0.3, 1, 7, 23, 99, 100, 101, 1e6, 3.2e9])
def test_steps_reach_the_highest_and_not_much_further(highest: float) -> None:
    found = steps(highest)
    assert found[0] == 0
    assert highest <= found[-1] < 1.7 * highest
    assert 3 <= len(found) <= 9


@pytest.mark.parametrize(("low", "high"), [(1, 1), (13e6, 2e11), (0.3, 8)])
def test_decades_hold_both_ends(low: float, high: float) -> None:
    found = decades(low, high)
    assert found[0] <= low <= high <= found[-1]


def test_nothing_to_plot_has_an_axis_all_the_same() -> None:
    """Of a network without weights, and with more rows than there is room for."""
    assert steps(0) == [0, 1]
    pools = ", ".join(["{maxpool: 1}", "{avgpool: 1}"] * MOST_ROWS)
    network = loads(f"name: a\ninput: [3, 8, 8]\nlayers: [{pools}]\n")
    rows, level = plotted(network.analyze())
    assert (len(rows), level) == (2 * MOST_ROWS + 1, "stages")
    root_of(network_plot(network, network.analyze(), "layers"))


def test_a_scale_maps_ends_to_ends() -> None:
    scale = Scale([(0.0, "0"), (10.0, "10")], 100, 300)
    assert [scale(v) for v in (0, 5, 10)] == [100, 200, 300]


@pytest.mark.parametrize(
    ("words", "short"),
    [("2.00M", "2M"), ("2.50 GB", "2.5 GB"), ("10.0k", "10k"), ("100", "100")],
)
def test_ticks_are_short(words: str, short: str) -> None:
    assert tick(words) == short


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["vgg16", "--kind", "pie"], "AC536"),
        (["--kind", "layers"], "AC536"),
        (["vgg16", "--format", "tikz"], "AC530"),
        (["three-3x3", "--input", "C,H,W"], "AC535"),
        (["three-3x3", "--input", "C,H,W", "--kind", "memory"], "AC541"),
    ],
)
def test_mistakes(
    words: list[str],
    code: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = run(capsys, monkeypatch, "plot", *words)
    assert done.code == 2
    assert code in done.err


@pytest.mark.parametrize("kind", KINDS)
def test_a_plot_is_written_as_svg_and_as_png(
    kind: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ["plot", "--kind", kind, *([] if kind == "accuracy" else ["lenet5"])]
    for ending, begins in ((".svg", b"<svg"), (".png", b"\x89PNG")):
        path = tmp_path / f"{kind}{ending}"
        assert run(capsys, monkeypatch, *words, "-o", str(path)).code == 0
        assert path.read_bytes().startswith(begins)


# -- table --bars ----------------------------------------------------------------------


def barred(name: str, *columns: str) -> Table:
    network = archcalc.load(name)
    report = table_report(network, analysis(name), columns=columns)
    return with_bars(report).tables[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_bars_of_rows_add_up_to_one(name: str) -> None:
    table = barred(name, "layer", "params", "macs", "activations")
    keys = [column.key for column in table.columns]
    assert keys[1::2] == ["params", "macs", "activations"]
    assert keys[2::2] == ["params_bar", "macs_bar", "activations_bar"]
    for at in (2, 4, 6):
        assert sum(_bar(row, at) for row in table.rows if row.kind == "row") == 1
        assert all(_bar(r, at) == 0 for r in table.rows if r.kind in ("total", "aside"))


def _bar(row: Line, at: int) -> object:
    return row.cells[at] or 0


def test_what_does_not_add_up_has_no_bar() -> None:
    keys = [
        c.key for c in barred("resnet50", "layer", "shape", "peak", "params").columns
    ]
    assert keys == ["layer", "shape", "peak", "params", "params_bar"]


def test_nothing_is_no_part_of_nothing() -> None:
    """A network without weights: a whole of 0 has no parts."""
    network = loads("name: a\ninput: [3, 8, 8]\nlayers: [relu, gap]\n")
    report = table_report(network, network.analyze(), columns=("layer", "params"))
    (table,) = with_bars(report).tables
    assert [row.cells[1:] for row in table.rows if row.kind == "row"] == [(0, None)] * 3


def test_bars_fit_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = run(capsys, monkeypatch, "table", "alexnet", "--bars")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "fc6    37,752,832  █████████▋     37,748,736  ▌              4,096" in lines
