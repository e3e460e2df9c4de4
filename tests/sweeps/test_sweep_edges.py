"""Sweeps, `solve` and `scale` where little fits, or params hold more than numbers."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import pytest
from commands import archcalc as run

import archcalc
from archcalc.errors import ArchcalcError, UsageError
from archcalc.graph.paths import depth as depth_of
from archcalc.network.network import load, loads
from archcalc.network.network import network as network_of
from archcalc.reports.scaling import scale_report, solve_report
from archcalc.source.parser import parse
from archcalc.sweeps.chunks import Rows
from archcalc.sweeps.scaling import scale, solve
from archcalc.sweeps.values import condition

BLOCKS = """
name: chosen
input: [4, 8, 8]
params: {b: one, c: two, times: 2}
variants: {other: {b: two}}
blocks:
  one: {layers: [{conv: 4, kernel: 1}]}
  two: {params: {c: 3}, layers: [{conv: 4, kernel: 3, pad: 1}, {conv: c, kernel: 1}]}
layers:
  - {repeat: times, stage: [{use: %s}, relu]}
  - {fc: 10}
"""


@pytest.mark.parametrize("name", ["b", "c"])
def test_a_param_may_choose_a_block(name: str) -> None:
    """Also where a block has a param of the same name: `c` is a number in `two`."""
    text = BLOCKS % name
    axes: dict[str, Any] = {name: ["one", "two"], "times": [1, 2, 3]}
    rows = list(archcalc.sweep(loads(text), axes, figures=["params", "macs"]))
    assert len(rows) == 6
    for block, times, params, macs in rows:
        settings = {name: block, "times": times}
        total = network_of(parse(text, "a"), settings=settings).analyze().total
        assert (params, macs) == (total.params, total.macs)


COUNTED = """
name: counted
input: [4, size, size]
params: {size: 8, c: 8, more: 1}
blocks:
  part: {params: {k: 1}, layers: [{conv: 8, kernel: 1, repeat: k}]}
layers:
  - {conv: c, kernel: 3, stride: 2, pad: 1}
  - {conv: 8, kernel: 1, repeat: h//4 + more}
  - {conv: 8, kernel: 1, repeat: cin//4, when: w > 2}
  - {use: part, k: h//2}
  - {use: part, k: 2*more}
"""


def test_how_often_a_step_stands_may_depend_on_what_enters() -> None:
    axes = {"size": [4, 8, 16, 24], "c": [8, 16], "more": [1, 2, 3]}
    rows = list(archcalc.sweep(loads(COUNTED), axes, figures=["params", "depth"]))
    assert len(rows) == 24
    for size, c, more, params, depth in rows:
        settings = {"size": size, "c": c, "more": more}
        alone = network_of(parse(COUNTED, "a"), settings=settings).analyze()
        assert (params, depth) == (alone.total.params, depth_of(alone.graph))


def test_rows_keep_their_types_between_processes() -> None:
    rows = Rows(
        [
            (1, True, Fraction(1, 2), "a", None, 1 << 70, -1),
            (2, False, Fraction(3), "b", None, 3, -(1 << 63)),
        ]
    )
    back = pickle.loads(pickle.dumps(rows))
    assert back == rows
    assert [list(map(type, row)) for row in back] == [list(map(type, r)) for r in rows]
    assert pickle.loads(pickle.dumps(Rows())) == []


def test_what_names_no_block_is_a_combination_that_does_not_fit() -> None:
    found = archcalc.sweep(loads(BLOCKS % "b"), {"b": ["one", "three", 3]})
    assert [row[0] for row in found] == ["one"]
    assert found.refusals == 2
    assert all("there is no block" in reason for reason in found.refused)


def test_names_for_sizes_have_no_rows() -> None:
    text = "name: a\ninput: [C, 8, 8]\nparams: {out: 4}\nlayers: [{conv: out}]\n"
    found = archcalc.sweep(loads(text), {"out": [1, 2]})
    assert list(found) == []
    assert found.refusals == 2
    assert "numbers" in found.refused[0]


CONDITIONS = [
    ("macs <=", "AC581"),
    ("macs <= 6Q", "AC581"),
    ("mac <= 6", "did you mean macs?"),
]


@pytest.mark.parametrize(("text", "said"), CONDITIONS)
def test_a_condition_that_is_none_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        condition(text, ["macs", "params"])
    assert said in str(caught.value)


SMALL = """
name: small
input: [3, size, size]
params: {depth: 1, width: 8, size: 8}
layers:
  - {repeat: depth, stage: [{conv: width, kernel: 3, stride: 2}]}
"""


def test_only_what_fits_is_a_way_to_scale() -> None:
    """Three convolutions of stride 2 leave nothing of 8 pixels: those ways are none."""
    network = loads(SMALL)
    for way in scale(network, Fraction(2), step=Fraction(1, 2)):
        settings = dict(zip(("depth", "width", "size"), way.settings, strict=True))
        total = network_of(parse(SMALL, "a"), settings=settings).analyze().total
        assert total.macs == way.macs
    with pytest.raises(ArchcalcError):
        network_of(parse(SMALL, "a"), settings={"depth": 3}).analyze()


def notes(report: archcalc.Report) -> list[str]:
    return [note.text for note in report.notes]


def test_reports_say_where_nothing_was_found() -> None:
    none = solve(load("efficientnet"), "macs < 1", "width", [1, 2])
    said = notes(solve_report(load("efficientnet"), none, "macs < 1"))
    assert "No value of width that was tried meets macs < 1." in said
    names = ("depth", "width", "size")
    said = notes(scale_report(load("efficientnet"), names, [], Fraction(7)))
    assert said[-1].startswith("No setting comes close enough")


def test_a_search_without_bisection_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    path = tmp_path / "wavy.yaml"
    text = "name: a\ninput: [1, 8, 8]\nparams: {n: 4}\nlayers: [{conv: n % 7 + 1}]\n"
    path.write_text(text, encoding="utf-8")
    words = ["solve", str(path), "--where", "params <= 6", "--maximize", "n=1:30"]
    done = run(capsys, monkeypatch, *words)
    assert done.code == 0
    # n % 7 + 1 channels with a bias have 2 parameters each: three at most fit.
    assert "n = 30 is the largest" in done.out
    assert "so all 30 values were tried" in " ".join(done.out.split())
