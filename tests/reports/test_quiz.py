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
from archcalc.reports.quiz import (
    BLANKS,
    HIDDEN,
    Asker,
    Question,
    blanks_named,
    quiz_report,
    with_hints,
)
from archcalc.reports.sheets import drawn, shares, sheets

GOLDEN = Path(__file__).parents[1] / "golden" / "figures"
Run = Callable[..., Done]
NETWORKS = ("alexnet", "naive-inception", "resnet18", "mobilenet-v1", "vit")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: archcalc(capsys, monkeypatch, *words)


def asked(
    name: str, blanks: str = "shape,params", seed: int = 0, most: int = 1000
) -> list[Question]:
    return Asker(load(name).analyze(), blanks_named(blanks)).draw(seed, most)


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
    first = asked("resnet18", seed=7, most=8)
    assert first == asked("resnet18", seed=7, most=8)
    assert [q.blank for q in first].count("shape") == 4
    assert [q.row for q in first] == sorted(q.row for q in first)


def test_another_machine_draws_the_same() -> None:
    """Pinned, so that a sheet that was printed can be made again."""
    drawn = asked("lenet5", "shape,macs", seed=1, most=4)
    assert [(q.layer, q.blank) for q in drawn] == PINNED


PINNED = [("c1", "macs"), ("c3", "shape"), ("c5", "shape"), ("c5", "macs")]


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg16", "three-3x3", "vit"])
def test_every_seed_gives_another_sheet_as_long_as_there_is_one(name: str) -> None:
    asker = Asker(load(name).analyze(), ("shape", "params"))
    count = asker.sheets(3)
    seeds = range(-10, min(count, 300) - 10)
    found = {tuple((q.row, q.blank) for q in asker.draw(seed, 3)) for seed in seeds}
    assert len(found) == len(seeds)
    assert asker.draw(5, 3) == asker.draw(5 + count, 3)


@pytest.mark.parametrize("sizes", [[0], [1], [3], [5, 2], [4, 4, 1], [0, 6]])
@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_seeds_go_through_all_sheets(sizes: list[int], most: int) -> None:
    piles = [[f"{i}.{j}" for j in range(size)] for i, size in enumerate(sizes)]
    count = sheets(sizes, most)
    every = {str(drawn(piles, most, "text", seed)) for seed in range(count)}
    assert len(every) == count
    taken = [len(pile) for pile in drawn(piles, most, "text", 0)]
    assert taken == shares(sizes, most)
    assert sum(taken) == min(most, sum(sizes))


# -- what gives an answer away ---------------------------------------------------------


@pytest.mark.parametrize("name", [*NETWORKS, "resnet50", "vgg16", "unet"])
@pytest.mark.parametrize("blanks", ["shape,params", "weights,params", "macs,flops"])
@pytest.mark.parametrize("seed", [0, 1])
def test_no_answer_stands_beside_its_question(
    name: str, blanks: str, seed: int
) -> None:
    network = load(name)
    report = quiz_report(network, network.analyze(), seed, blanks_named(blanks))
    sheet = report.tables[0]
    keys = [column.key for column in sheet.columns]
    for question in report.questions:
        place = keys.index(question.blank)
        for i in (question.row - 1, question.row + 1):
            if 0 <= i < len(sheet.rows):
                assert sheet.rows[i].cells[place] != question.answer
        assert question.answer not in sheet.rows[question.row].cells
        for row in sheet.rows:
            if row.cells[1] == question.what:
                assert row.cells[place] != question.answer


def test_equal_neighbours_are_blank_together() -> None:
    network = load("vgg16")
    asker = Asker(network.analyze(), ("shape",))
    (one,) = [q for q in asker.piles[0] if q.layer == "block4.conv4-1"]
    hidden = {asker.rows[i].name for i, _ in one.hidden}
    assert hidden == {f"block4.conv4-{i}" for i in (1, 2, 3)}
    report = quiz_report(network, network.analyze(), 0, ("shape",), 1000)
    cells = [row.cells[2] for row in report.tables[0].rows]
    assert cells.count(HIDDEN) == sum(len(q.hidden) - 1 for q in report.questions)
    assert any(note.text.startswith("? stands for") for note in report.notes)


def test_a_shape_that_the_input_has_is_not_asked_for() -> None:
    text = "{name: a, input: [3, 8, 8], layers: [relu, {conv: 3, kernel: 3, pad: 1}, {conv: 5}]}"
    analysis = loads(text).analyze()
    assert [q.layer for q in Asker(analysis, ("shape",)).piles[0]] == ["conv2"]


def test_what_the_words_of_a_layer_say_is_asked_where_nothing_else_is() -> None:
    assert "fc6" not in {q.layer for q in asked("alexnet", "shape")}
    assert len(asked("lenet5", "biases")) == 5


def test_no_hint_gives_the_answer_to_another_question() -> None:
    told = with_hints(asked("alexnet"), 2)
    for one in told:
        for other in told:
            if other.hints and one.blank == "shape" and one is not other:
                assert isinstance(one.answer, tuple)
                sides = set(re.findall(r"[0-9]+", str(other.hints[-1])))
                if one.answer in other.inputs and len(one.answer) > 1:
                    assert str(one.answer[-1]) not in sides
    hints = {(q.layer, q.blank): [str(h) for h in q.hints] for q in told}
    assert hints["conv1", "shape"] == [
        "H′ = ⌊(H + 2p − k)/s + 1⌋",
        "(227 + 2·0 − 11)/4 + 1",
    ]
    assert hints["pool1", "shape"] == ["H′ = ⌊(H + 2p − k)/s + 1⌋"]
    macs = with_hints(asked("alexnet", "macs,flops"), 2)
    by_name = {(q.layer, q.blank): str(q.hints[-1]) for q in macs}
    assert by_name["conv3", "flops"] == "2·MACs + additions + comparisons"


@pytest.mark.parametrize(("level", "most"), [(0, 0), (1, 1), (2, 2)])
def test_hints_have_levels(level: int, most: int) -> None:
    network = load("alexnet")
    report = quiz_report(network, network.analyze(), hints=level)
    assert max(len(q.hints) for q in report.questions) == most
    assert ("hint" in [c.key for c in report.tables[1].columns]) == (level > 0)
    legend = [n.text for n in report.notes if n.text.startswith("In the hints")]
    assert len(legend) == (level > 0)


def test_no_symbol_means_two_sizes() -> None:
    asked_for = with_hints(asked("resnet18", "params"), 1)
    hints = {q.layer: [*map(str, q.hints)] for q in asked_for}
    assert hints["conv1"] == []  # 3 channels enter the convolution, 64 the norm
    assert hints["conv3.1.conv2"] == ["(k²·C)·N + C + C"]
    assert hints["fc"] == ["H·W·C·N + N"]


@pytest.mark.parametrize("level", [-1, 3])
def test_no_other_level_of_hints(level: int) -> None:
    network = load("alexnet")
    with pytest.raises(UsageError) as caught:
        quiz_report(network, network.analyze(), hints=level)
    assert caught.value.problems[0].code == "AC553"


def test_how_many_sheets_there_are_is_said_where_they_are_few() -> None:
    network = load("lenet5")

    def said(most: int) -> str:
        report = quiz_report(network, network.analyze(), 0, ("shape", "params"), most)
        return " ".join(note.text for note in report.notes)

    assert "Every seed gives this sheet" in said(40)
    assert "There are 25 different sheets" in said(2)
    many = quiz_report(load("vgg16"), load("vgg16").analyze())
    assert not any("sheet" in note.text for note in many.notes)


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
        if row.cells[2] != HIDDEN and row.path not in blank.values():
            assert row.cells[2] == whole.row(row.path).shape


def test_without_the_key_no_answer_is_printed() -> None:
    network = load("alexnet")
    sheet = quiz_report(network, network.analyze(), 0, ("macs",), 3, key=False)
    assert len(sheet.tables) == 2
    text = render(sheet)
    for question in sheet.questions:
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
    assert {row.cells[2] for row in report.tables[1].rows} == {"output size?"}


def test_a_quiz_can_be_copied() -> None:
    network = load("lenet5")
    report = quiz_report(network, network.analyze())
    for again in (copy.deepcopy(report), pickle.loads(pickle.dumps(report))):
        assert again == report
        assert again.questions == report.questions


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
    assert "\\frac{27 + 2 \\cdot 0 - 3}{2} + 1" in text
    assert "H' = \\left\\lfloor \\frac{H + 2p - k}{s} + 1 \\right\\rfloor" in text
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
    assert run("quiz", "alexnet", "--hints", "3").code == 2
    assert "hint" not in run("quiz", "alexnet", "--hints", "0", "--no-key").out
