"""Quizzes for courses: a page that marks itself, Moodle XML, GIFT."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from commands import Done, archcalc
from odd_texts import ODD

from archcalc import Quiz, load, loads, quiz
from archcalc.errors import UsageError
from archcalc.render.quiz import FORMATS, render_quiz

if TYPE_CHECKING:
    from playwright.sync_api import Page

TRAPS = (
    '"}{1:NUMERICAL:=5}~=#:\\\\',
    "</text></question><!--",
    "]]>&amp;<script>alert(1)</script>",
    "{#1} =right ~wrong #no ####all ->there %50%",
    "::name:: // $CATEGORY: x",
    "[html]<b>",
)
"""Names that mean something to a course system."""


def hostile(name: str) -> Quiz:
    """Return a quiz about a network that has a name, as have its title and a layer."""
    told = "".join(f"\\U{ord(c):08x}" for c in name[:200])
    text = (
        f'{{name: "{told}", title: "{told}", input: [3, 12, 12], layers: '
        f'[{{name: "{told}", conv: 4, kernel: 3}}, {{maxpool: 2}}, {{fc: 5}}]}}'
    )
    return quiz(loads(text))


# -- Moodle XML ------------------------------------------------------------------------


def moodle(made: Quiz) -> list[ET.Element]:
    """Return the questions of a document, read as XML."""
    root = ET.fromstring(render_quiz(made, "moodle"))
    assert root.tag == "quiz"
    return list(root)


def told(question: ET.Element, path: str) -> str:
    """Return the HTML of a part of a question."""
    return question.findtext(f"{path}/text") or ""


def test_moodle_has_a_category_the_sheet_and_every_question() -> None:
    made = quiz("alexnet", seed=4)
    category, sheet, *asked = moodle(made)
    assert category.findtext("category/text") == "$course$/archcalc alexnet"
    assert (category.get("type"), sheet.get("type")) == ("category", "description")
    assert told(sheet, "questiontext").count("____") == len(made.questions)
    assert len(asked) == len(made.questions)
    names = [told(question, "name") for question in asked]
    assert len(set(names)) == len(names)
    for element, question in zip(asked, made.questions, strict=True):
        text = told(element, "questiontext")
        if question.blank == "shape":
            assert element.get("type") == "cloze"
            assert isinstance(question.answer, tuple)
            blanks = re.findall(r"\{1:NUMERICAL:=(\d+)\}", text)
            assert tuple(map(int, blanks)) == question.answer
        else:
            assert element.get("type") == "numerical"
            (answer,) = element.findall("answer")
            assert answer.get("fraction") == "100"
            assert answer.findtext("text") == str(question.answer)
            assert answer.findtext("tolerance") == "0"
        hints = [
            unescape(re.sub("<.*?>", "", told(h, "."))) for h in element.iter("hint")
        ]
        assert hints == list(question.hints)


def test_moodle_asks_for_sizes_with_symbols_as_text() -> None:
    made = quiz(load("three-3x3", input="C,H,W"), blank="params")
    (asked,) = moodle(made)[2:]
    assert asked.get("type") == "shortanswer"
    answers = [answer.findtext("text") for answer in asked.iter("answer")]
    assert answers == ["9C²", "9C^2"]


@pytest.mark.parametrize("name", [*ODD.values(), *TRAPS])
def test_no_name_changes_what_moodle_asks(name: str) -> None:
    made = hostile(name)
    _, sheet, *asked = moodle(made)
    assert sheet.get("type") == "description"
    assert len(asked) == len(made.questions)
    for question in asked:
        if question.get("type") == "cloze":
            braces = re.findall(r"[{}]", told(question, "questiontext"))
            assert braces == ["{", "}"] * 3  # a blank for each size, and no other


# -- GIFT ------------------------------------------------------------------------------

QUESTION = re.compile(
    r"::(?P<name>(?:\\.|[^\\:])+)::\[plain\](?P<text>(?:\\.|[^\\~=#{}:])+)"
    r"\{\n(?P<answers>[^\n]+)\n####(?P<feedback>(?:\\.|[^\\~=#{}:])+)\n\}"
)
"""A question of GIFT, as Moodle's description of the format has it."""


def gift(made: Quiz) -> list[dict[str, str]]:
    """Return the questions of a text in GIFT."""
    _, *parts = render_quiz(made, "gift").split("\n\n")
    matches = [QUESTION.fullmatch(part) for part in parts]
    assert all(matches), parts
    return [match.groupdict() for match in matches if match]


def test_gift_has_every_question_with_its_answers() -> None:
    made = quiz("alexnet", seed=4)
    found = gift(made)
    assert len(found) == len(made.questions)
    for one, question in zip(found, made.questions, strict=True):
        if question.blank == "params":
            assert one["answers"] == f"#{question.answer}"
        else:
            assert isinstance(question.answer, tuple)
            answers = [a.strip() for a in one["answers"].split("=")[1:]]
            assert "x".join(map(str, question.answer)) in answers
            for answer in answers:
                sizes = tuple(map(int, re.findall(r"\d+", answer)))
                assert sizes == question.answer


def test_gift_asks_for_a_vector_by_its_number() -> None:
    made = quiz(loads("{name: a, input: [3, 8, 8], layers: [{fc: 10}]}"), blank="shape")
    assert gift(made)[0]["answers"] == "#10"


@pytest.mark.parametrize("name", [*ODD.values(), *TRAPS])
def test_no_name_changes_what_gift_asks(name: str) -> None:
    made = hostile(name)
    assert len(gift(made)) == len(made.questions)


# -- the page --------------------------------------------------------------------------

Opened = Callable[[Quiz], "Page"]


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Opened]:
    """Return what opens a quiz; the test fails on requests, messages and dialogs."""
    heard: list[str] = []

    def open_page(made: Quiz) -> Page:
        made.save(tmp_path / "quiz.html")
        page: Page = browser.new_page(offline=True)
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.goto((tmp_path / "quiz.html").as_uri())
        return page

    yield open_page
    assert heard == []


def test_the_page_marks_what_is_typed(opened: Opened) -> None:
    made = quiz("alexnet")
    page = opened(made)
    page.fill("#a1", "96 x 55 x 55")
    page.fill("#a2", "34'944")
    page.fill("#a3", "614,655")
    page.fill("#a4", "(256, 13, 13)")
    page.fill("#a6", "256x13")
    page.fill("#a7", "many")
    page.click("button[type=submit]")
    assert page.text_content("#score") == "3 of 8 right, 2 still open"
    marks = [page.text_content(f"#m{i}") for i in range(1, 9)]
    assert marks == ["✓", "✓", "✗", "✓", "", "✗", "✗", ""]
    assert page.get_attribute("#a3", "aria-invalid") == "true"
    assert page.text_content("#w2") == "34,944, from (11·11·3)·96 + 96"
    assert page.text_content("#w3") == ""
    page.click("#show")
    page.click("button[type=submit]")
    assert page.text_content("#score") == "8 of 8 right"
    page.click("button[type=reset]")
    assert page.input_value("#a1") == page.text_content("#m1") == ""


def test_the_page_takes_symbols_as_they_are_typed(opened: Opened) -> None:
    page = opened(quiz(load("three-3x3", input="C,H,W"), blank="params"))
    for typed, right in (("9C^2", 1), ("9 C²", 1), ("9·C^2", 1), ("9c²", 0), ("9", 0)):
        page.fill("#a1", typed)
        page.click("button[type=submit]")
        assert page.text_content("#score") == f"{right} of 1 right"


def test_hints_are_folded(opened: Opened) -> None:
    page = opened(quiz("alexnet", hints=1))
    hint = page.locator("details code").first
    assert not hint.is_visible()
    page.click("summary >> nth=0")
    assert hint.is_visible()


def test_without_the_key_the_page_holds_no_answer(opened: Opened) -> None:
    made = quiz("lenet5", blank="macs", key=False, hints=0)
    page = opened(made)
    assert page.locator("button").count() == 0
    text = page.content()
    for question in made.questions:
        assert f"{question.answer:,}" not in text
        assert str(question.answer) not in text


@pytest.mark.parametrize("name", TRAPS)
def test_no_name_runs_in_the_page(name: str, opened: Opened) -> None:
    made = hostile(name)
    page = opened(made)
    assert page.locator("input").count() == len(made.questions)
    page.click("#show")
    page.click("button[type=submit]")
    count = len(made.questions)
    assert page.text_content("#score") == f"{count} of {count} right"


# -- the command -----------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_on_the_command_line(
    format: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def run(*words: str) -> Done:
        return archcalc(capsys, monkeypatch, "quiz", "lenet5", *words)

    ending = FORMATS[format][0]
    path = tmp_path / f"quiz{ending}"
    assert run("-o", str(path)).code == 0
    written, printed = path.read_text(encoding="utf-8"), run("--format", format).out
    assert written.split() == printed.split()  # a pipe has 80 columns, a file has not
    if format in ("html", "latex"):
        assert run("--format", format, "--standalone").code == 0
    without = run("--format", format, "--no-key")
    if format in ("moodle", "gift"):
        assert without.code == 2
        assert "always holds the answers" in without.err
    else:
        assert without.code == 0
        assert "48,120" not in without.out


def test_a_quiz_has_no_other_format() -> None:
    with pytest.raises(UsageError) as caught:
        quiz("lenet5").text("svg")
    assert caught.value.problems[0].code == "AC530"
