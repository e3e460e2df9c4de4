"""The lessons: their answers are right, and wrong ones are told what is wrong.

What is expected here is arithmetic by hand or a figure of the lecture, never what the
engine printed.
"""

from __future__ import annotations

import pytest

from archcalc.api.given import loads
from archcalc.checks.claims.expectations import judge
from archcalc.playground.lesson_check import hint, verdict
from archcalc.playground.lessons import BLANK, LESSONS, Lesson, lesson
from archcalc.records import replace
from archcalc.source.parser import parse

ORDER = (
    *("output-size", "parameters", "padding", "bottleneck"),
    *("residual", "receptive-field", "memory"),
)
CONV = "{conv: 64, kernel: 3, pad: half}"
POOL = "{maxpool: 2}"


def steps(*lines: str) -> str:
    """Return steps for the blank of the last lesson."""
    return "\n  - ".join(lines)


def filled(id: str, *answers: str) -> str:
    """Return a lesson's spec with these answers."""
    one = lesson(id)
    assert len(answers) == len(one.answers)
    return replace(one, answers=answers).solved


def told(id: str, text: str) -> str:
    """Return all that is said of a text that does not solve a lesson."""
    found = verdict(lesson(id), text)
    assert not found.done
    return "\n".join((found.message, *found.details))


def test_order() -> None:
    assert tuple(one.id for one in LESSONS) == ORDER


@pytest.mark.parametrize("one", LESSONS, ids=ORDER)
def test_answers(one: Lesson) -> None:
    """The answers solve the lesson, and the spec is whole: all that it expects holds."""
    found = verdict(one, one.solved)
    assert found.done
    assert found.details == (one.done,)
    assert {judged.status for judged in judge(loads(one.solved))} == {"agrees"}


@pytest.mark.parametrize("one", LESSONS, ids=ORDER)
def test_blanks(one: Lesson) -> None:
    """A lesson begins with blanks, in `layers` alone, and is not solved with them."""
    head, layers, expected = (
        one.spec.partition("layers:")[0],
        one.spec.partition("layers:")[2].partition("expect:")[0],
        one.spec.partition("expect:")[2],
    )
    assert layers.count(BLANK) == len(one.answers)
    assert BLANK not in head + expected
    found = verdict(one, one.spec)
    assert not found.done
    assert found.line == one.spec[: one.spec.index(BLANK)].count("\n") + 1
    assert "blank" in found.message


@pytest.mark.parametrize("one", LESSONS, ids=ORDER)
def test_answers_are_not_given_away(one: Lesson) -> None:
    """Neither the question nor the text, nor what is said of blanks, holds an answer."""
    said = "\n".join((*hint(one), *verdict(one, one.spec).details))
    assert one.solved.partition("layers:")[2] not in said
    for answer in one.answers:
        assert f" = {answer}" not in said


# Each wrong answer with what must be said: the numbers are worked out by hand.
WRONG = (
    # (227 + 2·0 − 11)/5 + 1 = 44.2
    ("output-size", ("5", "2"), 7, "⌊(227 + 2·0 − 11)/5 + 1⌋ = ⌊44.2⌋ = 44"),
    ("output-size", ("4", "3"), 8, "96×18×18, but it should be 96×27×27"),
    ("output-size", ("4", "0"), 5, "0 is below 1"),
    ("output-size", ("four", "2"), 4, "four"),
    # 97 filters: 363·97 + 97 = 35,308
    ("parameters", ("97", "10"), 8, "params: weight + bias = 35,211 + 97 = 35,308"),
    ("parameters", ("96", "1000"), 10, "27·27·96·1000 = 69,984,000"),
    ("padding", ("1", "2", "1"), 8, "(27 + 2·1 − 5)/1 + 1 = 25"),
    ("padding", ("2", "1", "1"), 9, "256×25×25, but it should be 256×13×13"),
    ("padding", ("2", "2", "0"), 10, "(13 + 2·0 − 3)/1 + 1 = 11"),
    # without a reduction: 28·28·(128·256 + 256·256 + 9·256·192 + 256·256 + 25·256·96
    # + 64·256) = 969,801,728
    ("bottleneck", ("256", "256", "64"), 12, "969,801,728, but it should be at most"),
    ("bottleneck", ("64", "64", "256"), 11, "C = 128 + 192 + 96 + 256 = 672"),
    ("residual", ("64", "128", "2"), 5, "64×28×28"),
    ("residual", ("128", "128", "1"), 5, "128×56×56"),
    ("residual", ("128", "64", "2"), 5, "as many channels on both sides"),
    ("receptive-field", ("7", "1"), 7, "200,704, but it should be 110,592"),
    ("receptive-field", ("3", "2"), 6, "5, but it should be 7"),
    ("receptive-field", ("3", "4"), 6, "9, but it should be 7"),
    ("memory", ("gap",), 9, "2, but it should be at least 4"),
    # 3·32·32 + 32·32·32 + 2·64·32·32 + 64 + 10 = 166,986 values of 4 bytes
    ("memory", (steps(CONV, CONV, "gap"),), 13, "667,944, but it should be at most"),
    # 896 + 18,496 + 36,928 + (8·8·64 + 1)·10 = 97,290
    ("memory", (steps(POOL, CONV, POOL, CONV),), 13, "97,290, but it should be at"),
)


@pytest.mark.parametrize(("id", "answers", "line", "words"), WRONG)
def test_wrong_answers(
    id: str, answers: tuple[str, ...], line: int, words: str
) -> None:
    text = filled(id, *answers)
    assert words in told(id, text)
    assert verdict(lesson(id), text).line == line


@pytest.mark.parametrize(("id", "answers", "line", "words"), WRONG)
def test_wrong_figures_are_advised_on(
    id: str, answers: tuple[str, ...], line: int, words: str
) -> None:
    said = told(id, filled(id, *answers))
    if " but it should be " in said:
        assert any(advice in said for advice in lesson(id).advice.values())
    else:  # the engine refuses the answer, and says why
        assert said.startswith(f"Line {line}: ")


ALSO_RIGHT = (
    ("padding", ("half", "2", "same")),
    ("bottleneck", ("32", "16", "64")),
    ("memory", (steps("{conv: 16, kernel: 3, stride: 2}", CONV, "gap"),)),
)


@pytest.mark.parametrize(("id", "answers"), ALSO_RIGHT)
def test_other_answers_are_right(id: str, answers: tuple[str, ...]) -> None:
    """What meets every expectation is right, whatever the lesson's own answer is."""
    assert verdict(lesson(id), filled(id, *answers)).done


SOLVED = lesson("output-size").solved
CHANGED = (
    (SOLVED.replace("227, 227", "228, 228"), 2, "227 here, not 228"),
    (SOLVED.replace("[96, 27, 27]", "[96, 26, 26]"), 8, "27 here, not 26"),
    (SOLVED.replace(", kernel: 11", ""), 4, "`kernel` is missing"),
    (SOLVED.replace("kernel: 11", "kernel: 11, pad: 2"), 4, "no `pad` here"),
    (SOLVED.partition("expect")[0], 1, "`expect` is missing"),
    (SOLVED.replace("maxpool: 3", "maxpool: {a: 3}"), 5, "built differently"),
    (SOLVED + "  - {params: 1}\n", 7, "2 items, not 3"),
    (SOLVED + "frozen: [conv1]\n", 9, "no `frozen` here"),
    ("", 1, "empty"),
    ("layers: [", 1, "never closed"),
    ("[1, 2]", 1, "built differently"),
    ("name: \u202e\x1b[31m", 1, "U+001B"),
    (SOLVED.replace("stride: 4", "stride: 99999999999999999999"), 4, "stride"),
)


@pytest.mark.parametrize(("text", "line", "words"), CHANGED)
def test_only_blanks_may_change(text: str, line: int, words: str) -> None:
    assert words in told("output-size", text)
    assert verdict(lesson("output-size"), text).line == line


def test_style_and_name_are_free() -> None:
    """Values count, not how they are written; a name of one's own is welcome."""
    text = SOLVED.replace("name: output-size", "name: mine\nnotes: my first one")
    block = text.replace("[3, 227, 227]", "\n  - 3\n  - 227\n  - 227")
    assert verdict(lesson("output-size"), block).done


def test_a_step_of_the_lesson_stays() -> None:
    text = lesson("memory").solved.replace("  - {name: scores, fc: 10}\n", "")
    assert "built differently" in told("memory", text)


HINTS = {
    "output-size": "height = ⌊(H + 2p − k)/s + 1⌋",
    "parameters": "weight = (k²·C)·N",
    "padding": "height = ⌊(H + 2p − k)/s + 1⌋",
    "bottleneck": "MACs = H′·W′·N·k²·C",
    "residual": "height = ⌊(H + 2p − k)/s + 1⌋",
    "receptive-field": "field = 1 + (k − 1)·j",
    "memory": "activations = H′·W′·N",
}


@pytest.mark.parametrize(("id", "formula"), HINTS.items())
def test_hints_are_formulas(id: str, formula: str) -> None:
    assert any(line.startswith(formula) for line in hint(lesson(id)))


def test_from_an_empty_page_to_a_network() -> None:
    """The last lesson leaves a network that a student can go on with."""
    text = lesson("memory").solved
    assert BLANK not in text
    analysis = loads(text).analyze()
    # 896 + 18,496 + 36,928 + 650, by hand: (k²·C + 1)·N of each layer
    assert analysis.total.params == 56_970
    assert analysis.output == (10,)
    assert parse(text, "small").root
