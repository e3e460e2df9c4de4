"""A quiz as a page of its own: the sheet to fill in, hints to unfold, and marks.

With the key the page holds the answers and marks what is typed, without any server; who
reads its source finds them. Without the key it holds none, and cannot mark.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from archcalc.render.html import PAGE_STYLE, STYLE, shown
from archcalc.render.notes import footnotes, sentence
from archcalc.render.numbers import cell
from archcalc.render.page.document import data_text, policy
from archcalc.render.quiz import answers
from archcalc.reports.cells import Column, Line
from archcalc.reports.quiz import BLANK, Question, Quiz

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; {policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main class="archcalc">
{body}
</main>
{end}
</body>
</html>"""
BUTTONS = """\
<p class="buttons"><button type="submit">Check</button>
<button type="button" id="show">Show the answers</button>
<button type="reset">Start again</button></p>
<p id="score" role="status"></p>"""


def render(quiz: Quiz) -> str:
    """Return the page."""
    style = f"{PAGE_STYLE}\n{STYLE}\n{_asset('quiz.css')}"
    script = _asset("quiz.js")
    return PAGE.format(
        policy=f"{policy(style, script)}; base-uri 'none'; form-action 'none'",
        title=shown(quiz.title),
        style=style,
        body="\n".join(_body(quiz)),
        end="\n".join(_end(quiz, script)),
    )


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _body(quiz: Quiz) -> Iterator[str]:
    yield f'<h1 class="title">{shown(quiz.title)}</h1>'
    told = {answers.how(question) for question in quiz.questions} - {""}
    yield from (f"<p>{shown(text)}</p>" for text in told)
    yield '<form id="quiz" autocomplete="off">'
    yield from _sheet(quiz)
    yield "<ol>"
    for number, question in enumerate(quiz.questions, 1):
        yield from _question(number, question)
    yield "</ol>"
    if quiz.key:
        yield BUTTONS
    yield "</form>"
    notes = [f"<li>{shown(sentence(note))}</li>" for note in footnotes(quiz)]
    if notes:
        yield "\n".join(["<ul>", *notes, "</ul>"])


def _sheet(quiz: Quiz) -> Iterator[str]:
    """Yield the table; a blank is a field."""
    table = quiz.tables[0]
    places = {(q.row, q.blank): i for i, q in enumerate(quiz.questions, 1)}
    heads = "".join(
        f'<th scope="col"{_side(column)}>{shown(column.title)}</th>'
        for column in table.columns
    )
    yield f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>"
    for i, row in enumerate(table.rows):
        cells = zip(row.cells, table.columns, strict=True)
        inside = [
            _field(quiz, places[i, column.key])
            if (i, column.key) in places
            else _cell(value, row, column)
            for value, column in cells
        ]
        yield f"<tr>{''.join(inside)}</tr>"
    yield "</tbody>\n</table>"


def _cell(value: Any, row: Line, column: Column) -> str:
    text = shown(cell(value, row, column))
    if column.kind == "name":
        return f'<th scope="row">{text}</th>'
    return f"<td{_side(column)}>{text}</td>"


def _side(column: Column) -> str:
    """Return the class of a cell: figures stand right."""
    return ' class="figure"' if column.align == "right" else ""


def _field(quiz: Quiz, number: int) -> str:
    question = quiz.questions[number - 1]
    label = shown(f"({number}) {question.layer}: {question.text}")
    return (
        f'<td class="figure"><label>({number}) <input id="a{number}" size="14" '
        f'aria-label="{label}" placeholder="{BLANK}"></label>'
        f'<span id="m{number}" class="mark"></span></td>'
    )


def _question(number: int, question: Question) -> Iterator[str]:
    text = f"{question.layer}: {question.text}"
    yield f'<li><label for="a{number}">{shown(text)}</label>'
    for word, hint in zip(("Hint", "Another hint"), question.hints, strict=False):
        summary = f"<summary>{word}</summary>"
        yield f"<details>{summary}<code>{shown(hint)}</code></details>"
    yield f'<span id="w{number}" class="worked"></span></li>'


def _end(quiz: Quiz, script: str) -> Iterator[str]:
    """Yield the answers and what marks; nothing for a quiz without its key."""
    if quiz.key:
        data = [_answer(question) for question in quiz.questions]
        yield f'<script type="application/json" id="key">{data_text(data)}</script>'
        yield f"<script>{script}</script>"


def _answer(question: Question) -> dict[str, Any]:
    """Return an answer as the script compares and shows it."""
    return {
        "sizes": answers.sizes(question.answer),
        "shape": isinstance(question.answer, tuple),
        "ways": answers.ways(question.answer),
        "text": answers.shown(question.answer),
        "worked": answers.worked(question),
    }
