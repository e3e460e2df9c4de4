"""Ways of counting in tables, side by side, and on the command line."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import commands
import pytest

import archcalc
from archcalc.figures.conventions import CONVENTIONS
from archcalc.reports.conventions import conventions_report, list_report
from archcalc.reports.table import table_report

# -- tables ----------------------------------------------------------------------------


def table(net: str, name: str, columns: tuple[str, ...]) -> Any:
    network = archcalc.load(net)
    return table_report(network, network.analyze(convention=name), "stages", columns)


def test_a_table_has_its_convention_s_columns_and_says_what_it_counts() -> None:
    report = table("resnet18", "fvcore", ("layer", "params", "macs", "flops"))
    titles = [column.title for column in report.tables[0].columns]
    assert titles == ["layer", "params", "MACs", "fvcore MACs", "FLOPs"]
    assert report.settings["convention"] == "fvcore"
    rows = report.rows()
    assert sum(row["operations"] for row in rows) == 1_819_065_856
    assert CONVENTIONS["fvcore"].about in report.notes[-1].text
    assert report.notes[-1].cite == CONVENTIONS["fvcore"].source


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("macs", ["layer", "params"]),
        ("torch", ["layer", "params", "torch FLOPs"]),
        ("keras", ["layer", "keras params"]),
        ("lecture", ["layer", "lecture params"]),
        ("thop", ["layer", "thop params", "thop MACs"]),
    ],
)
def test_columns_are_a_convention_s_where_it_differs(
    name: str, titles: list[str]
) -> None:
    found = table("lenet5", name, ("layer", "params")).tables[0]
    assert [column.title for column in found.columns] == titles


def test_without_a_convention_nothing_speaks_of_one() -> None:
    report = table("resnet18", "macs", ("layer", "params", "macs"))
    assert not [note for note in report.notes if note.text.startswith("macs:")]
    assert report.settings["convention"] == "macs"


def test_networks_are_compared_under_a_convention() -> None:
    nets = [archcalc.load(n).analyze(convention="thop") for n in ("resnet18", "vgg16")]
    report = archcalc.compare(*nets)
    rows = {row["figure"]: row for row in report.rows()}
    assert rows["thop MACs"]["net0"] == nets[0].total.operations
    assert rows["thop MACs"]["ratio1"] == Fraction(
        nets[0].total.operations, nets[1].total.operations
    )
    assert any(note.text.startswith("thop: ") for note in report.notes)


# -- side by side ----------------------------------------------------------------------


def test_each_difference_is_said_by_kind_of_layer() -> None:
    notes = [n.text for n in conventions_report(archcalc.load("resnet50:v1.5")).notes]
    said = {text.partition(":")[0]: text for text in notes}
    assert said["fvcore"].endswith("Here bn +22,227,968, gap +100,352.")
    assert said["torch"] == f"torch: {CONVENTIONS['torch'].brief}."
    assert said["keras"].endswith("Here parameters +53,120.")
    assert "ultralytics-thop 4,133,742,592" in notes[-1]


@pytest.mark.parametrize("batch", [1, 3])
def test_what_is_said_adds_up(batch: int) -> None:
    report = conventions_report(archcalc.load("squeezenet"), batch)
    rows = {row["convention"]: row for row in report.rows()}
    said = {n.text.partition(":")[0]: n.text for n in report.notes}
    for name, row in rows.items():
        _, _, here = said[name].partition(" Here ")
        parts = [p.rpartition(" ")[2] for p in here.rstrip(".").split(", ") if p]
        known = sum(int(p.replace(",", "")) for p in parts)
        if name not in ("keras", "lecture"):
            assert known == row["beyond"], name


def test_side_heads_and_names_leave_nothing_to_say() -> None:
    """Side heads are not run; a softmax of names has no number of operations."""
    layers = "layers: [{name: x, relu: }, {aux: [{fc: 9}]}, gap, softmax]\n"
    notes = [
        [n.text for n in conventions_report(archcalc.loads(text)).notes]
        for text in (
            f"name: a\ninput: [3, 8, 8]\n{layers}",
            f"name: a\ninput: [C, 8, 8]\n{layers}",
        )
    ]
    assert any("Without it:" in text for text in notes[0])
    assert not any("Without it:" in text for text in notes[1])
    assert not any(" fc " in text for text in notes[0])


def test_symbols_stay_symbols_side_by_side() -> None:
    report = conventions_report(archcalc.load("three-3x3", input="C,H,W"))
    assert "scaled" not in [column.key for column in report.tables[0].columns]
    rows = {str(row["convention"]): row for row in report.rows()}
    assert str(rows["torch"]["operations"]) == "54·C²·H·W"
    assert str(rows["ptflops"]["beyond"]) == "6·C·H·W"


def test_the_paragraphs_can_be_read_without_a_network() -> None:
    report = list_report()
    assert [row["convention"] for row in report.rows()] == [*CONVENTIONS]
    assert [n.text.partition(":")[0] for n in report.notes] == [*CONVENTIONS]


# -- the command line ------------------------------------------------------------------


def test_commands_take_a_convention(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*words: str) -> commands.Done:
        return commands.archcalc(capsys, monkeypatch, *words)

    done = run("table", "lenet5", "--convention", "calflops", "--format", "json")
    assert done.code == 0
    assert json.loads(done.out)["settings"]["convention"] == "calflops"
    done = run("compare", "lenet5", "vgg11", "--convention", "keras")
    assert "convention keras" in done.out
    done = run("conventions", "lenet5")
    assert (done.code, done.err) == (0, "")
    assert all(name in done.out for name in CONVENTIONS)
    assert "lenet5: 416,520 MACs at least" in done.out.splitlines()[-2]
    assert "read and run" in run("conventions").out
    done = run("table", "lenet5", "--convention", "nonsense")
    assert (done.code, done.out) == (2, "")
    assert "AC515" in done.err
