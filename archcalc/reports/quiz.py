"""A table with blanks, questions with the arithmetic as a hint, and the answers.

The course's own game: "Q: what is the output volume size? Hint: (227-11)/4+1".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Self

from archcalc.catalogue import FIGURES, definition
from archcalc.errors import UsageError, unknown
from archcalc.figures.formulas.formulas import Equation, Formula
from archcalc.figures.formulas.scripts import LATEX
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Row
from archcalc.reports.cells import Cell, Column, Line, Note, Table
from archcalc.reports.explanation import LEARNED, Derivation, Explainer
from archcalc.reports.report import Report
from archcalc.reports.table import COLUMNS, settings

QUESTIONS = 8


BLANKS: Mapping[str, str] = {
    "shape": "what is the output volume size?",
    "params": "how many parameters?",
    "weights": "how many weights, biases aside?",
    "biases": "how many biases?",
    "macs": "how many multiply-accumulates?",
    "flops": "how many FLOPs?",
    "activations": "how many values come out?",
}
"""What may be blank, and how it is asked for."""


class Working(Equation):
    """The arithmetic that gives an answer, without the answer."""

    parts: tuple[Formula, ...]
    between: str

    def __new__(cls, parts: Sequence[Formula], between: str) -> Self:
        hint = str.__new__(cls, between.join(part.numbers() for part in parts))
        hint.parts, hint.between = tuple(parts), between
        return hint

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.parts, self.between

    def latex(self) -> str:
        """Return it in LaTeX, for math mode."""
        return self.between.join(part.numbers(LATEX) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Question:
    """One blank: where it is, what is asked, how it is computed, what it is."""

    row: int
    layer: str
    blank: str
    hint: Working | None
    answer: Cell


def blanks_named(text: str) -> tuple[str, ...]:
    """Return the blanks in `shape,params`; raise `UsageError` AC553 for an unknown one.

    >>> blanks_named("shape, params")
    ('shape', 'params')
    """
    names = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    for name in names:
        if name not in BLANKS:
            raise unknown("AC553", "blank", name, BLANKS)
    return names


def questions(
    analysis: Analysis, seed: int, blanks: Sequence[str], most: int = QUESTIONS
) -> list[Question]:
    """Return questions in the order of the table, the same ones for the same seed.

    The blanks have their turns, so that each gets as many questions as another where
    there are enough.
    """
    random = Random(f"{analysis.name} {seed}")
    drawn = {
        blank: sorted(_possible(analysis, blank), key=lambda _: random.random())
        for blank in blanks
    }
    turns = [one for turn in _zipped(list(drawn.values())) for one in turn]
    order = list(blanks)
    return sorted(turns[:most], key=lambda q: (q.row, order.index(q.blank)))


def _zipped(piles: Sequence[Sequence[Question]]) -> Iterator[list[Question]]:
    """Yield the first of every pile, then the second of every pile, and so on."""
    for i in range(max(map(len, piles))):
        yield [pile[i] for pile in piles if i < len(pile)]


def _possible(analysis: Analysis, blank: str) -> Iterator[Question]:
    """Yield the questions about a figure that have a hint; all where none has."""
    explainer = Explainer(analysis)
    found = []
    for i, row in enumerate(_asked_rows(analysis)):
        answer = _figure(row, blank)
        if answer != 0 and not explainer.is_input(row):
            hint = _hint(explainer.brief(row).lines, blank)
            found.append(Question(i, row.name, blank, hint, answer))
    yield from [one for one in found if one.hint] or found


def _asked_rows(analysis: Analysis) -> list[Row]:
    return [row for row in analysis.rows if not row.aux]


def _figure(row: Row, blank: str) -> Cell:
    figure: Cell = row.shape if blank == "shape" else getattr(row.figures, blank)
    return figure


def _hint(lines: Sequence[Derivation], blank: str) -> Working | None:
    """Return the arithmetic of a figure; None where it would be the answer itself."""
    if blank == "shape":
        parts = [x.formula for x in lines if x.formula.name and not x.alike]
        return Working(parts, "; ") if parts else None
    wanted = LEARNED if blank == "params" else (FIGURES[blank].label,)
    parts = [line.formula for line in lines if line.figure in wanted]
    given_away = len(parts) == 1 and not parts[0].tree.parts()
    return Working(parts, " + ") if parts and not given_away else None


# -- report ----------------------------------------------------------------------------


def quiz_report(
    network: Network,
    analysis: Analysis,
    seed: int = 0,
    blanks: Sequence[str] = ("shape", "params"),
    most: int = QUESTIONS,
    key: bool = True,
) -> Report:
    """Return the sheet: a table with blanks, the questions, and with `key` the answers.

    Raises `UsageError` AC553 where nothing can be asked, or nothing is wanted.
    """
    if most < 1:
        raise UsageError.of("AC553", f"a quiz has 1 question or more, not {most}")
    asked = questions(analysis, seed, blanks, most)
    if not asked:
        wanted = " or ".join(blanks)
        raise UsageError.of("AC553", f"{network.name} has no {wanted} to ask for")
    tables = [_sheet(analysis, asked, blanks), _questions(asked)]
    if key:
        tables.append(_answers(asked))
    notes = [Note(text, "definition") for text in map(definition, blanks) if text]
    given = {k: v for k, v in settings(analysis).items() if k in ("input", "batch")}
    title = f"Quiz: {network.title}"
    given = {**given, "seed": seed}
    return Report("quiz", title, network.name, tuple(tables), tuple(notes), given)


def _sheet(
    analysis: Analysis, asked: Sequence[Question], blanks: Sequence[str]
) -> Table:
    keys = [key for key in COLUMNS if key in {"layer", "what", "shape", *blanks}]
    numbers = {(q.row, q.blank): i for i, q in enumerate(asked, 1)}
    rows = [
        Line(
            tuple(
                f"({numbers[i, key]}) ____" if (i, key) in numbers else _cell(row, key)
                for key in keys
            ),
            path=row.name,
        )
        for i, row in enumerate(_asked_rows(analysis))
    ]
    return Table("fill in the blanks", tuple(COLUMNS[k] for k in keys), tuple(rows))


def _cell(row: Row, key: str) -> Cell:
    """Return what stands in a column where nothing is blank."""
    words = {"layer": row.name, "what": row.label}
    return words[key] if key in words else _figure(row, key)


def _questions(asked: Sequence[Question]) -> Table:
    columns = (
        Column("number", "", "name"),
        Column("layer", "layer", "text"),
        Column("question", "question", "text"),
        Column("hint", "hint", "formula"),
    )
    rows = tuple(
        Line((f"({i})", q.layer, _asks(q), q.hint)) for i, q in enumerate(asked, 1)
    )
    return Table("questions", columns, rows)


def _asks(question: Question) -> str:
    """Return the question; what is no image has no volume."""
    text = BLANKS[question.blank]
    flat = isinstance(question.answer, tuple) and len(question.answer) == 1
    return text.replace("volume ", "") if flat else text


def _answers(asked: Sequence[Question]) -> Table:
    columns = (
        Column("number", "", "name"),
        Column("layer", "layer", "text"),
        Column("figure", "figure", "text"),
        Column("answer", "answer", "value"),
    )
    rows = tuple(
        Line(
            (f"({i})", q.layer, COLUMNS[q.blank].title, q.answer),
            kinds=COLUMNS[q.blank].kind,
        )
        for i, q in enumerate(asked, 1)
    )
    return Table("answers", columns, rows)
