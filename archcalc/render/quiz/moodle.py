"""A quiz in Moodle XML: the sheet as a description, then a question for each blank.

A count is a numerical question without tolerance. A shape is a cloze question with a
number for each size, so that nobody guesses how sizes are to be separated. What has
symbols is a short answer. Hints are shown after a wrong try, where a quiz allows
several.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from archcalc.errors import LONGEST_SHOWN, clean
from archcalc.render.html import table_lines
from archcalc.render.quiz.answers import (
    context,
    how,
    named,
    sizes,
    ways,
    worked,
)
from archcalc.reports.quiz import Question, Quiz

BRACES = str.maketrans({"{": "&#123;", "}": "&#125;"})
"""Braces begin a blank in a cloze question, wherever they stand."""


def render(quiz: Quiz) -> str:
    """Return the XML document."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    category = "$course$/archcalc " + clean(quiz.subject).replace("/", "//")
    lines += ['<question type="category">', f"<category>{_text(category)}</category>"]
    lines += ["</question>", *_sheet(quiz)]
    for number, question in enumerate(quiz.questions, 1):
        lines += _question(quiz, number, question)
    return "\n".join([*lines, "</quiz>"])


def _sheet(quiz: Quiz) -> Iterator[str]:
    """Yield the table with its blanks, as a description that asks nothing."""
    yield '<question type="description">'
    yield f"<name>{_text(f'{quiz.subject} 00 sheet')}</name>"
    html = "".join(table_lines(quiz.tables[0])).replace("\n", "")
    yield from _html("questiontext", f"<p>{_said(quiz.title)}</p>{html}")
    yield "</question>"


def _question(quiz: Quiz, number: int, question: Question) -> Iterator[str]:
    numbers = sizes(question.answer)
    kind = "shortanswer"
    if numbers:
        kind = "numerical" if len(numbers) == 1 else "cloze"
    yield f'<question type="{kind}">'
    yield f"<name>{_text(named(quiz, number, question))}</name>"
    asked = f"({number}) {context(quiz, question)}: {question.text} {how(question)}"
    body = f"<p>{_said(asked.strip())}</p>"
    if kind == "cloze":
        blanks = " × ".join(f"{{1:NUMERICAL:={size}}}" for size in numbers)
        body += f"<p>{blanks}</p>"
    yield from _html("questiontext", body)
    yield from _html("generalfeedback", f"<p>{_said(worked(question))}</p>")
    if kind != "cloze":
        yield "<defaultgrade>1</defaultgrade>"
    yield "<penalty>0.3333333</penalty>"
    yield "<hidden>0</hidden>"
    if kind == "numerical":
        yield from _answer(str(numbers[0]), "<tolerance>0</tolerance>")
    elif kind == "shortanswer":
        yield "<usecase>1</usecase>"
        for way in ways(question.answer):
            yield from _answer(way.replace("*", r"\*"), "")
    for hint in question.hints:
        yield f'<hint format="html">{_text(f"<p>{_said(hint)}</p>")}</hint>'
    yield "</question>"


def _answer(text: str, more: str) -> Iterator[str]:
    yield '<answer fraction="100" format="moodle_auto_format">'
    yield f'{_text(text)}{more}<feedback format="html"><text></text></feedback>'
    yield "</answer>"


def _html(tag: str, html: str) -> Iterator[str]:
    yield f'<{tag} format="html">{_text(html)}</{tag}>'


def _said(text: str) -> str:
    """Return a text as HTML shows it, in which no brace begins a blank."""
    return escape(clean(text, 4 * LONGEST_SHOWN)).translate(BRACES)


def _text(text: str) -> str:
    """Return a text element; what is markup in it is written as characters."""
    return f"<text>{escape(clean(text, 10**7), quote=False)}</text>"
