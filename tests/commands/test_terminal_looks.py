"""What only a terminal gets: colour that means something, and pictures in files."""

from __future__ import annotations

import re
import sys
import webbrowser
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from commands import Done, archcalc

from archcalc.checks.findings import Checked
from archcalc.errors import Place, Problem
from archcalc.render import render
from archcalc.render.paint import colored_problems, painter, role_of_word, told
from archcalc.render.widths import width
from archcalc.reports.cells import Column, ColumnKind, Line, Table
from archcalc.reports.layers import layers_report
from archcalc.reports.report import Report

Run = Callable[..., Done]
PAINTED = re.compile(r"\x1b\[([\d;]*)m([^\x1b]*)\x1b\[0m")
RED, YELLOW, GREEN, CYAN, BOLD_RED = "31", "33", "32", "36", "1;31"
PROBLEMS = (
    Problem(
        "AC141",
        "conv has no argument 'kernal'",
        Place("net.yaml", 6, 5, "    kernal: 3", 6),
        help="did you mean kernel?",
    ),
    Problem("AC134", "'conve' is not a kind of step"),
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return lambda *words: archcalc(capsys, monkeypatch, *words)


def test_problems_stand_apart_and_colour_changes_no_character() -> None:
    plain = told(PROBLEMS, False)
    assert plain.count("\n\n") == 1
    assert "\x1b" not in plain
    painted = told(PROBLEMS, True)
    assert PAINTED.sub(r"\2", painted) == plain
    looks = {text.strip(): look for look, text in PAINTED.findall(painted)}
    assert looks["error[AC141]:"] == looks["^^^^^^"] == BOLD_RED
    assert looks["help:"] == CYAN


@pytest.mark.parametrize(
    ("line", "looks"),
    [
        ("a.yaml: ok (1 figure agrees)", [(GREEN, "ok")]),
        ("a.yaml: 2 problems, 1 warning", [(BOLD_RED, "2 problems")]),
        ("a.yaml:1:2: warning[AC401]: x", [("1;33", "warning[AC401]:"), ("1", "x")]),
        ("nothing to say", []),
    ],
)
def test_lines_about_files(line: str, looks: list[tuple[str, str]]) -> None:
    assert PAINTED.findall(colored_problems(line, painter(True))) == looks


@pytest.mark.parametrize(
    ("key", "kind", "cell", "look"),
    [
        ("verdict", "text", "exact", GREEN),
        ("verdict", "text", "erratum", YELLOW),
        ("verdict", "text", "FAILS", RED),
        ("change", "text", "removed", RED),
        ("change", "text", "unheard of", None),
        ("what", "text", "exact", None),
        ("share", "percent", Fraction(1, 4), RED),
        ("share", "bar", Fraction(1, 10), YELLOW),
        ("share", "percent", Fraction(1, 11), None),
        ("growth", "growth", Fraction(1, 50), RED),
        ("growth", "growth", Fraction(-1, 50), GREEN),
        ("params", "count", 7, None),
    ],
)
def test_cells_have_the_colour_of_what_they_say(
    key: str, kind: ColumnKind, cell: Any, look: str | None
) -> None:
    columns = (Column("name", "name", "name"), Column(key, key, kind))
    table = Table("", columns, (Line(("row", cell)),))
    last = render(Report("x", "", "", (table,)), color=True).split("\n")[-1]
    assert [found for found, _ in PAINTED.findall(last)] == [look] * (look is not None)


def test_every_verdict_has_one_role() -> None:
    from archcalc.checks.claims.audit import VERDICTS

    assert all(role_of_word(verdict) for verdict in VERDICTS)


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({}, "no figures in `expect`"),
        ({"agrees": 1}, "1 figure agrees"),
        ({"agrees": 78, "erratum": 5}, "78 figures agree, 5 are errata"),
        ({"agrees": 2, "loose": 1}, "2 figures agree, 1 is loose"),
        ({"erratum": 1, "loose": 4}, "1 figure is an erratum, 4 are loose"),
    ],
)
def test_a_file_is_told_in_words(claims: dict[str, int], said: str) -> None:
    assert Checked("a.yaml", claims=Counter(claims)).summary() == f"a.yaml: ok ({said})"


# -- pictures --------------------------------------------------------------------------


def as_a_terminal(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Go to an empty folder, and make stdout look like a terminal."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("draw lenet5", "lenet5.svg"),
        ("draw resnet50:v1.5 --style volumes", "resnet50-v1.5.svg"),
        ("report lenet5 one-1x1", "lenet5-one-1x1.html"),
        ("plot lenet5 --kind memory", "lenet5-memory.svg"),
    ],
)
def test_a_picture_goes_to_a_file_on_a_terminal(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, file: str
) -> None:
    as_a_terminal(monkeypatch, tmp_path)
    done = run(*line.split())
    assert (done.code, done.out, done.err) == (0, "", f"wrote {file}\n")
    assert [path.name for path in tmp_path.iterdir()] == [file]
    assert (tmp_path / file).read_text(encoding="utf-8").startswith("<")


def test_text_that_people_read_and_named_files_are_as_ever(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_a_terminal(monkeypatch, tmp_path)
    assert run("draw", "lenet5", "-f", "mermaid").out.startswith("flowchart")
    assert run("draw", "lenet5", "-o", "x.svg").err == ""
    assert [path.name for path in tmp_path.iterdir()] == ["x.svg"]


def test_a_program_reads_the_picture(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("draw", "lenet5").out.startswith("<svg")
    assert run("report", "lenet5").out.startswith("<!DOCTYPE html>")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("opens", [True, False])
def test_open_shows_the_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opens: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: shown.append(url) or opens)
    done = run("report", "lenet5", "--open")
    assert shown == [(tmp_path / "lenet5.html").as_uri()]
    assert ("no browser could be started" in done.err) != opens
    assert run("draw", "lenet5", "--open", "-o", "a.svg").code == 0
    assert shown[1:] == [(tmp_path / "a.svg").as_uri()]


# -- layers ----------------------------------------------------------------------------


@pytest.mark.parametrize(("room", "left_out"), [(60, True), (80, False), (100, False)])
def test_layers_cuts_nothing_of_what_a_layer_does(room: int, left_out: bool) -> None:
    report = layers_report()
    text = render(report, width=room)
    assert max(map(width, text.split("\n"))) <= room
    assert ("left out at 60 columns: arguments" in text) == left_out
    words = Counter(re.findall(r"\w+", text))
    for row in report.tables[0].rows:
        for cell in row.cells[2:] if left_out else row.cells:
            assert not Counter(re.findall(r"\w+", str(cell))) - words
