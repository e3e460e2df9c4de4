"""Quizzes: the same for a seed, answered by the engine, hinted at by the rules."""

from __future__ import annotations

import copy
import json
import pickle
import re
from collections.abc import Callable
from math import prod
from pathlib import Path

import pytest
from commands import Done, archcalc
from goldens import check_golden

from archcalc import load, loads
from archcalc.errors import UsageError
from archcalc.render import render
from archcalc.reports.quiz import BLANKS, Question, blanks_named, questions, quiz_report

GOLDEN = Path(__file__).parents[1] / "golden" / "figures"
Run = Callable[..., Done]
NETWORKS = ("alexnet", "naive-inception", "resnet18", "mobilenet-v1", "vit")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: archcalc(capsys, monkeypatch, *words)


def asked(name: str, blanks: str = "shape,params", seed: int = 0) -> list[Question]:
    return questions(load(name).analyze(), seed, blanks_named(blanks), 1000)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("blank", BLANKS)
def test_answers_are_the_figures(name: str, blank: str) -> None:
    analysis = load(name).analyze()
    for question in asked(name, blank):
        row = analysis.row(question.layer)
        figure = row.shape if blank == "shape" else getattr(row.figures, blank)
        assert question.answer == figure != 0


def value(arithmetic: str) -> list[int]:
    """Return what a hint's parts come to, floors apart; [] for what Python cannot read."""
    found = []
    for part in arithmetic.split("; "):
        code = part.replace("·", "*").replace("−", "-").replace("/", "//")
        code = code.replace("⌊", "(").replace("⌋", ")")
        if not re.fullmatch(r"[0-9()+*/ -]+", code):
            return []
        found.append(eval(code))  # digits and signs alone, as matched above
    return found


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("blank", ["params", "weights", "macs", "activations"])
def test_a_hint_comes_to_its_answer(name: str, blank: str) -> None:
    hinted = [q for q in asked(name, blank) if q.hint]
    assert hinted
    for question in hinted:
        assert value(str(question.hint)) in ([], [question.answer]), question


def test_a_hint_at_a_shape_gives_its_sides() -> None:
    hints = {q.layer: q for q in asked("alexnet", "shape")}
    assert str(hints["conv1"].hint) == "(227 + 2·0 − 11)/4 + 1"
    assert hints["conv1"].answer == (96, 55, 55)
    for question in hints.values():
        assert isinstance(question.answer, tuple)
        assert set(value(str(question.hint))) <= set(question.answer)
    assert "norm1" not in hints  # nothing to compute


def test_a_hint_can_be_copied() -> None:
    hint = next(q.hint for q in asked("alexnet", "params") if q.hint)
    for again in (copy.deepcopy(hint), pickle.loads(pickle.dumps(hint))):
        assert (str(again), again.latex()) == (str(hint), hint.latex())


def test_a_hint_does_not_give_the_answer_away() -> None:
    biases = {q.layer for q in asked("lenet5", "biases")}
    assert biases  # nothing has a hint, so that all may be asked
    assert all(q.hint is None for q in asked("lenet5", "biases"))


def test_the_same_seed_asks_the_same() -> None:
    analysis = load("resnet18").analyze()
    blanks = ("shape", "params")
    first = questions(analysis, 7, blanks)
    assert first == questions(load("resnet18").analyze(), 7, blanks)
    assert first != questions(analysis, 8, blanks)
    assert [q.blank for q in first].count("shape") == 4
    assert [q.row for q in first] == sorted(q.row for q in first)


def test_another_machine_draws_the_same() -> None:
    """Pinned, so that a sheet that was printed can be made again."""
    drawn = questions(load("lenet5").analyze(), 1, ("shape", "macs"), 4)
    assert [(q.layer, q.blank) for q in drawn] == [
        ("c1", "macs"),
        ("s2", "shape"),
        ("c5", "shape"),
        ("f6", "macs"),
    ]


def test_blanks_hide_the_answers_and_nothing_else() -> None:
    network = load("alexnet")
    report = quiz_report(network, network.analyze(), 3)
    sheet, asking, answers = report.tables
    blank = {
        str(cell): row.path
        for row in sheet.rows
        for cell in row.cells
        if isinstance(cell, str) and "____" in cell
    }
    numbers = [str(row.cells[0]) for row in asking.rows]
    assert [text.split()[0] for text in blank] == numbers
    assert [row.cells[0] for row in answers.rows] == numbers
    assert [row.cells[1] for row in answers.rows] == list(blank.values())
    whole = network.analyze()
    for row in sheet.rows:
        if row.path not in blank.values():
            assert row.cells[2] == whole.row(row.path).shape


def test_without_the_key_no_answer_is_printed() -> None:
    network = load("alexnet")
    sheet = quiz_report(network, network.analyze(), 0, ("macs",), 3, key=False)
    assert len(sheet.tables) == 2
    text = render(sheet)
    for question in questions(network.analyze(), 0, ("macs",), 3):
        assert f"{question.answer:,}" not in text.split("questions")[1]


def test_blanks_are_named() -> None:
    assert blanks_named(" shape ,macs,shape") == ("shape", "macs")
    for wrong in ("shapes", "", "shape,,params"):
        with pytest.raises(UsageError) as caught:
            blanks_named(wrong)
        assert caught.value.problems[0].code == "AC553"


def test_nothing_to_ask() -> None:
    network = loads("{name: own, input: [3, 8, 8], layers: [relu]}")
    with pytest.raises(UsageError) as caught:
        quiz_report(network, network.analyze(), 0, ("params",))
    assert caught.value.problems[0].code == "AC553"


def test_a_vector_has_no_volume() -> None:
    network = loads("{name: own, input: [3, 8, 8], layers: [{fc: 10}, {fc: 5}]}")
    report = quiz_report(network, network.analyze(), 0, ("shape",))
    assert {row.cells[2] for row in report.tables[1].rows} == {
        "what is the output size?"
    }


def test_sizes_may_stay_names() -> None:
    network = load("three-3x3", input="C,H,W")
    report = quiz_report(network, network.analyze(), 0, ("params",))
    answers = render(report).split("answers")[1]
    assert "9C²" in answers
    assert prod([9, 64, 64]) == 36_864


GOLDENS = {
    "quiz-terminal": ("terminal", {"width": 80}),
    "quiz-markdown": ("markdown", {}),
}


@pytest.mark.parametrize("name", GOLDENS)
def test_golden(name: str) -> None:
    format, options = GOLDENS[name]
    network = load("alexnet")
    report = quiz_report(network, network.analyze())
    check_golden(GOLDEN / f"{name}.txt", render(report, format, **options))


def test_latex_sets_hints_as_mathematics() -> None:
    network = load("alexnet")
    text = render(quiz_report(network, network.analyze()), "latex")
    assert "11 \\cdot 11 \\cdot 3" in text
    assert "\\frac{27 + 2 \\cdot 2 - 5}{1} + 1" in text
    assert text.count("\\_\\_\\_\\_") == 8


def test_the_command(run: Run) -> None:
    done = run("quiz", "alexnet", "--seed", "5", "--blank", "macs", "-n", "3")
    assert done.code == 0
    assert (
        done.out
        == run(
            "quiz", "alexnet", "--seed", "5", "--blank", "macs", "--questions", "3"
        ).out
    )
    assert done.out.count("____") == 3
    tables = json.loads(run("quiz", "alexnet", "--format", "json").out)["tables"]
    assert [table["title"] for table in tables] == [
        "fill in the blanks",
        "questions",
        "answers",
    ]
    assert len(run("quiz", "alexnet", "--no-key").out) < len(run("quiz", "alexnet").out)
    assert run("quiz", "alexnet", "--blank", "colour").code == 2
    assert run("quiz", "alexnet", "--questions", "0").code == 2
