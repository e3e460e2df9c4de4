"""A table with blanks, questions with the arithmetic as a hint, and the answers.

The course's own game: "Q: what is the output volume size? Hint: (227-11)/4+1".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Self

from archcalc.catalogue import FIGURES, definition
from archcalc.errors import UsageError, unknown
from archcalc.figures.formulas.formulas import Equation, Formula
from archcalc.figures.formulas.scripts import LATEX, UNICODE, Script
from archcalc.layers.base import Shape, times
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Row
from archcalc.records import dataclass, replace
from archcalc.reports.cells import Cell, Column, Line, Note, Table
from archcalc.reports.explanation import LEARNED, Derivation, Explainer
from archcalc.reports.report import Report
from archcalc.reports.sheets import drawn, sheets
from archcalc.reports.table import COLUMNS, settings
from archcalc.sizes.recorded import names

QUESTIONS = 8
"""Questions of a sheet, unless asked for otherwise."""
HINTS = 2
"""Hints that a question has."""
FEW_SHEETS = 100
"""Where there are no more different sheets than these, the quiz says how many."""
TELLING = 100
"""From here on, a number in a hint is taken for the answer that is equal to it."""
BLANK, HIDDEN = "____", "?"
BLANKS: Mapping[str, str] = {
    "shape": "output volume size?",
    "params": "how many parameters?",
    "weights": "weights without biases?",
    "biases": "how many biases?",
    "macs": "how many MACs?",
    "flops": "how many FLOPs?",
    "activations": "how many values come out?",
}
"""What may be blank, and how it is asked for."""
Spot = tuple[int, str]
"""A cell of the sheet: its row, and its column by key."""


class Working(Equation):
    """The arithmetic that gives an answer, without the answer.

    With `symbols` it is the rule, else the numbers are put in.
    """

    parts: tuple[Formula, ...]
    between: str
    symbols: bool

    def __new__(
        cls, parts: Sequence[Formula], between: str, symbols: bool = False
    ) -> Self:
        written = [_written(part, symbols, UNICODE) for part in parts]
        hint = str.__new__(cls, between.join(written))
        hint.parts, hint.between, hint.symbols = tuple(parts), between, symbols
        return hint

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.parts, self.between, self.symbols

    def latex(self) -> str:
        """Return it in LaTeX, for math mode."""
        parts = [_written(part, self.symbols, LATEX) for part in self.parts]
        return self.between.join(parts)

    @property
    def rule(self) -> Working | None:
        """The same in symbols; None where a symbol would mean two different sizes."""
        values: dict[str, Any] = {}
        for size in names(part.tree for part in self.parts):
            symbol = UNICODE.symbol(size.symbol)
            if values.setdefault(symbol, size.value) != size.value:
                return None
        return Working(self.parts, self.between, True)


def _written(part: Formula, symbols: bool, script: Script) -> str:
    if not symbols:
        return part.numbers(script)
    name = f"{script.symbol(part.name)} = " if part.name else ""
    return f"{name}{part.rule(script)}"


@dataclass(frozen=True, slots=True)
class Question:
    """One blank: where it is, what is asked, how it is computed, what it is.

    `what` says what the layer is, `inputs` are the shapes that enter it (channels
    first), `hidden` the cells that are blank with it, since they hold the same value.
    `hints` are what may be told, the least first.
    """

    row: int
    layer: str
    what: str
    blank: str
    inputs: tuple[Shape, ...]
    hidden: frozenset[Spot]
    hint: Working | None
    answer: Cell
    hints: tuple[Working, ...] = ()

    @property
    def text(self) -> str:
        """The question; what is no image has no volume."""
        text = BLANKS[self.blank]
        flat = isinstance(self.answer, tuple) and len(self.answer) == 1
        return text.replace("volume ", "") if flat else text

    def given_away_by(self, other: Question) -> bool:
        """Say whether the numbers in the other question's hint hold this answer."""
        if self.blank == "shape":
            return self.answer in other.inputs
        large = isinstance(self.answer, int) and self.answer >= TELLING
        return large and self.answer in _numbers(str(other.hint))


def _numbers(text: str) -> set[int]:
    """Return the whole numbers in a text, `1,000` as one."""
    return {int(n.replace(",", "")) for n in re.findall(r"[0-9][0-9,]*", text)}


@dataclass(frozen=True, slots=True, repr=False)
class Quiz(Report):
    """A quiz: the report of its sheet, and its questions with their answers.

    `key` says whether the answers may be told.
    """

    questions: tuple[Question, ...] = ()
    key: bool = True


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


# -- questions -------------------------------------------------------------------------


class Asker:
    """Finds what can be asked about an analysis; `blanks` are the columns it hides."""

    def __init__(self, analysis: Analysis, blanks: Sequence[str]) -> None:
        self.analysis = analysis
        self.blanks = tuple(blanks)
        self.explainer = Explainer(analysis)
        self.rows = [row for row in analysis.rows if not row.aux]
        self.given = frozenset(
            (i, "shape")
            for i, row in enumerate(self.rows)
            if self.explainer.is_input(row)
        )

    @cached_property
    def piles(self) -> list[list[Question]]:
        """The questions for each blank, in the order of the table."""
        return [self.possible(blank) for blank in self.blanks]

    def possible(self, blank: str) -> list[Question]:
        """Return the questions about a figure, the better ones where there are some.

        Better is what has a hint, and what the layer's own words do not tell.
        """
        seen: set[Spot] = set()
        found = []
        for i, row in enumerate(self.rows):
            spot = (i, blank)
            if spot in seen or figure_of(row, blank) == 0:
                continue
            alike = self.alike(spot)
            seen |= alike
            if not alike & self.given:
                found.append(self.question(blank, alike))
        hinted = [one for one in found if one.hint] or found
        return [one for one in hinted if not _told(one)] or hinted

    @cached_property
    def twins(self) -> dict[tuple[str, str], list[Spot]]:
        """The cells of each column in rows of the same words, as in repeated blocks."""
        found: dict[tuple[str, str], list[Spot]] = {}
        for i, row in enumerate(self.rows):
            for key in self.blanks:
                found.setdefault((row.label, key), []).append((i, key))
        return found

    def alike(self, spot: Spot) -> frozenset[Spot]:
        """Return the cells with a cell's value that would give it away.

        They stand beside it, or beside such a cell, or in a row of the same words.
        """
        value = figure_of(self.rows[spot[0]], spot[1])
        found, waiting = {spot}, [spot]
        while waiting:
            i, key = waiting.pop()
            words = self.rows[i].label
            beside = [(i - 1, key), (i + 1, key), *self.twins[words, key]]
            for near in (*beside, *((i, other) for other in self.blanks)):
                inside = 0 <= near[0] < len(self.rows) and near not in found
                if inside and figure_of(self.rows[near[0]], near[1]) == value:
                    found.add(near)
                    waiting.append(near)
        return frozenset(found)

    def question(self, blank: str, alike: frozenset[Spot]) -> Question:
        """Return the question about equal cells: of the first that has a hint."""
        places = sorted(i for i, key in alike if key == blank)
        hints = {i: self.hint(self.rows[i], blank) for i in places}
        i = next((i for i in places if hints[i]), places[0])
        row = self.rows[i]
        inputs = self.analysis.graph.input_shapes(
            self.analysis.graph.nodes[row.nodes[0]]
        )
        answer = figure_of(row, blank)
        return Question(
            i, row.name, row.label, blank, tuple(inputs), alike, hints[i], answer
        )

    def hint(self, row: Row, blank: str) -> Working | None:
        """Return the arithmetic of a figure of a row."""
        return _hint(self.explainer.brief(row).lines, blank)

    def draw(self, seed: int, most: int) -> list[Question]:
        """Return the questions of a seed in the order of the table."""
        text = f"{self.analysis.name} {','.join(self.blanks)} {most}"
        taken = drawn(self.piles, most, text, seed)
        order = list(self.blanks)
        asked = [question for pile in taken for question in pile]
        return sorted(asked, key=lambda q: (q.row, order.index(q.blank)))

    def sheets(self, most: int) -> int:
        """Return how many different sheets there are."""
        return sheets([len(pile) for pile in self.piles], most)


def figure_of(row: Row, blank: str) -> Cell:
    """Return what stands in a row's cell of a column that may be blank."""
    figure: Cell = row.shape if blank == "shape" else getattr(row.figures, blank)
    return figure


def _told(question: Question) -> bool:
    """Say whether the layer's own words hold the answer, as `fc 4096` does."""
    answer, numbers = question.answer, _numbers(question.what)
    if isinstance(answer, tuple):
        return len(answer) == 1 and answer[0] in numbers
    return answer in numbers


def _hint(lines: Sequence[Derivation], blank: str) -> Working | None:
    """Return the arithmetic of a figure; None where it would be the answer itself."""
    if blank == "shape":
        parts = [x.formula for x in lines if x.formula.name and not x.alike]
        return Working(parts, "; ") if parts else None
    wanted = LEARNED if blank == "params" else (FIGURES[blank].label,)
    parts = [line.formula for line in lines if line.figure in wanted]
    given_away = len(parts) == 1 and not parts[0].tree.parts()
    return Working(parts, " + ") if parts and not given_away else None


def with_hints(asked: Sequence[Question], level: int) -> list[Question]:
    """Return questions with the hints of a level: none, the rule, the numbers put in.

    Numbers that would give the answer to another question are left out.
    """
    found = []
    for one in asked:
        hints: tuple[Working, ...] = ()
        if level and one.hint is not None:
            telling = any(q is not one and q.given_away_by(one) for q in asked)
            numbers = one.hint if level > 1 and not telling else None
            hints = tuple(hint for hint in (one.hint.rule, numbers) if hint)
        found.append(replace(one, hints=hints))
    return found


# -- report ----------------------------------------------------------------------------


def quiz_report(
    network: Network,
    analysis: Analysis,
    seed: int = 0,
    blanks: Sequence[str] = ("shape", "params"),
    most: int = QUESTIONS,
    key: bool = True,
    hints: int = HINTS,
) -> Quiz:
    """Return the sheet: a table with blanks, the questions, and with `key` the answers.

    Raises `UsageError` AC553 where nothing can be asked, or nothing is wanted.
    """
    if most < 1:
        raise UsageError.of("AC553", f"a quiz has 1 question or more, not {most}")
    if hints not in range(HINTS + 1):
        raise UsageError.of("AC553", f"hints are 0 to {HINTS}, not {hints}")
    asker = Asker(analysis, blanks)
    asked = with_hints(asker.draw(seed, most), hints)
    if not asked:
        wanted = " or ".join(blanks)
        raise UsageError.of("AC553", f"{network.name} has no {wanted} to ask for")
    tables = [_sheet(asker, asked), _questions(asked)]
    if key:
        tables.append(_answers(asked))
    given = {k: v for k, v in settings(analysis).items() if k in ("input", "batch")}
    return Quiz(
        "quiz",
        f"Quiz: {network.title}",
        network.name,
        tuple(tables),
        tuple(_notes(asker, asked, most)),
        {**given, "seed": seed},
        questions=tuple(asked),
        key=key,
    )


def _notes(asker: Asker, asked: Sequence[Question], most: int) -> Iterator[Note]:
    """Yield what figures are, what symbols stand for, and how many sheets there are."""
    for text in map(definition, asker.blanks):
        if text:
            yield Note(text, "definition")
    meanings: dict[str, list[str]] = {}
    for question in asked:
        for size in _symbols(question):
            said = meanings.setdefault(UNICODE.symbol(size.symbol), [])
            plain = size.meaning in (*said, UNICODE.symbol(size.symbol))
            said += [size.meaning] * (not plain)
    if any(meanings.values()):
        told = [
            f"{name} {' or '.join(said)}" for name, said in meanings.items() if said
        ]
        yield Note(f"In the hints: {', '.join(told)}.")
    if len(asked) < sum(len(question.hidden) for question in asked):
        text = "stands for a value that would give an answer away."
        yield Note(f"{HIDDEN} {text}")
    count = asker.sheets(most)
    if count == 1:
        yield Note("Every seed gives this sheet: it asks all that can be asked.")
    elif count <= FEW_SHEETS:
        text = f"There are {count} different sheets: one for each seed below {count}."
        yield Note(text)


def _symbols(question: Question) -> Iterator[Any]:
    """Yield the named sizes in the hint that is shown, where it is in symbols."""
    if question.hints and question.hints[-1].symbols:
        yield from names(part.tree for part in question.hints[-1].parts)


def _sheet(asker: Asker, asked: Sequence[Question]) -> Table:
    keys = [key for key in COLUMNS if key in {"layer", "what", "shape", *asker.blanks}]
    blank = {spot: HIDDEN for question in asked for spot in question.hidden}
    blank |= {(q.row, q.blank): f"({i}) {BLANK}" for i, q in enumerate(asked, 1)}
    rows = [
        Line(tuple(blank.get((i, k)) or _cell(row, k) for k in keys), path=row.name)
        for i, row in enumerate(asker.rows)
    ]
    return Table("fill in the blanks", tuple(COLUMNS[k] for k in keys), tuple(rows))


def _cell(row: Row, key: str) -> Cell:
    """Return what stands in a column where nothing is blank."""
    words = {"layer": row.name, "what": row.label}
    return words[key] if key in words else figure_of(row, key)


def _questions(asked: Sequence[Question]) -> Table:
    columns = [
        Column("number", "", "name"),
        Column("layer", "layer", "text"),
        Column("question", "question", "text"),
    ]
    hinted = any(question.hints for question in asked)
    if hinted:
        columns.append(Column("hint", "hint", "formula"))
    rows = []
    for i, q in enumerate(asked, 1):
        cells: list[Cell] = [f"({i})", q.layer, q.text]
        if hinted:
            cells.append(q.hints[-1] if q.hints else None)
        rows.append(Line(tuple(cells)))
    return Table("questions", tuple(columns), tuple(rows))


def given_to(question: Question, asked: Sequence[Question]) -> str:
    """Return what enters a question's layer, or which question asks for that."""
    told = []
    for shape in question.inputs:
        asking = {q.row: i for i, q in enumerate(asked, 1) if q.answer == shape}
        above = [i for row, i in asking.items() if row < question.row]
        number = (above or [*asking.values()])[-1:]
        told += [f"as the answer to ({i})" for i in number] or [times(shape)]
    return " and ".join(told)


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
