"""The largest value that fits, and compound scaling."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from commands import archcalc as run

import archcalc
from archcalc.network.network import load, loads
from archcalc.reports.scaling import scale_report
from archcalc.sweeps.scaling import scalable, scale, solve

WAVY = """
name: wavy
input: [1, 8, 8]
params: {n: 4}
layers:
  - {conv: n % 7 + 1, kernel: 1, bias: false}
"""


ROW = """
name: row
input: [16]
layers: [{fc: 10}]
"""


@pytest.mark.parametrize("constraint", ["macs <= 600M", "params <= 5M and depth < 99"])
def test_the_largest_value_fits_and_the_next_does_not(constraint: str) -> None:
    values = [Fraction(i, 20) for i in range(2, 60)]
    solved = solve(load("efficientnet"), constraint, "width", values)
    rows = archcalc.sweep("efficientnet", {"width": values}, where=constraint)
    assert list(rows)
    fitting = [row[0] for row in rows]
    assert solved.monotone
    assert solved.row is not None
    assert solved.row["width"] == max(fitting)
    assert solved.next_row is not None


def test_what_is_not_monotone_is_tried_whole() -> None:
    solved = solve(loads(WAVY), "params <= 3", "n", range(1, 1001))
    assert not solved.monotone
    assert solved.tried == 1000
    assert solved.row is not None
    assert solved.row["n"] == max(n for n in range(1, 1001) if n % 7 + 1 <= 3)


@pytest.mark.parametrize("wanted", ["macs < 1", "macs > 0"])
def test_none_and_all_fit(wanted: str) -> None:
    solved = solve(load("efficientnet"), wanted, "width", [1, 2, 3])
    if wanted == "macs < 1":
        assert solved.row is None
    else:
        assert solved.row is not None
        assert solved.row["width"] == 3
    assert (solved.next_row is None) == (wanted == "macs > 0")


def test_scaled_networks_have_the_macs_that_they_claim() -> None:
    network = load("efficientnet")
    base = network.analyze().total.macs
    ways = scale(network, Fraction(2), step=Fraction(1, 10))
    assert ways
    for way in ways[:5]:
        depth, width, size = way.settings
        net = load("efficientnet", set={"depth": depth, "width": width, "size": size})
        total = net.analyze().total
        assert (total.macs, total.params) == (way.macs, way.params)
        assert way.ratio == Fraction(total.macs, base)
        assert abs(way.ratio / 2 - 1) <= Fraction(1, 50)
    assert [abs(w.ratio - 2) for w in ways] == sorted(abs(w.ratio - 2) for w in ways)


def test_what_has_no_param_stays_as_it_is() -> None:
    network = load("mobilenet-v2")
    names = scalable(network, None, None, None)
    assert names == (None, "width", "size")
    ways = scale(network, Fraction(2), names, step=Fraction(1, 10))
    assert ways
    for way in ways:
        width, size = way.settings
        total = load("mobilenet-v2", set={"width": width, "size": size}).analyze().total
        assert (total.macs, total.params) == (way.macs, way.params)
    report = scale_report(network, names, ways, Fraction(2))
    assert "No param for depth: that stays as it is." in [n.text for n in report.notes]
    resolution = scale(load("resnet50"), Fraction(2), (None, None, "resolution"))
    assert [way.settings for way in resolution] == [(312,)]
    assert scalable(loads(ROW), None, None, None) == (None, None, None)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("scale efficientnet --target-macs 2x --step 0.1 --top 2", 0),
        ("scale efficientnet --target-macs two", 2),
        ("scale vgg16 --top 1", 0),
        ("scale vgg16 --width width", 2),
        ("scale ./row.yaml", 2),
        ("solve resnet50 --where macs<=3G --maximize resolution", 0),
        ("solve efficientnet --where macs<=600M --maximize width=0.5:2:0.05", 0),
        ("solve efficientnet --where macs<=600M", 2),
        ("solve efficientnet --where mac<=600M --maximize width", 2),
        ("solve efficientnet --where macs<=600M --maximize widht", 2),
    ],
)
def test_commands(
    words: str,
    code: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("row.yaml").write_text(ROW, encoding="utf-8")
    done = run(capsys, monkeypatch, *words.split())
    assert done.code == code
    assert code == 0 or "AC58" in done.err
