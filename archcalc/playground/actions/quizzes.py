"""A table with blanks to fill in, and marks for what was filled in."""

from __future__ import annotations

import re
from typing import Any

from archcalc.errors import clean
from archcalc.playground.asked import Asked
from archcalc.playground.reported import reported
from archcalc.render.quiz.answers import how, shown, sizes, ways, worked
from archcalc.reports.quiz import Question, quiz_report

MOST_QUESTIONS = 20
BLANKS_ASKED = ("shape", "params")
"""Columns of which cells are left blank."""
BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s,.'’_]+(?=\d)")
A_NUMBER = re.compile(r"\d+")
ONLY_NUMBERS = re.compile(r"[\d\s,;×x*()\[\]]+", re.IGNORECASE)
LONGEST = 200
"""Characters of an answer that are read."""


def quiz(asked: Asked) -> dict[str, Any]:
    """Return the sheet of a `seed`; with `answers`, whether each is right.

    An answer that was not given is "". What is right comes with its arithmetic.
    """
    seed = asked.of("seed", int, 0)
    count = min(asked.of("count", int, 6), MOST_QUESTIONS)
    sheet = quiz_report(
        asked.network, asked.analysis, seed, BLANKS_ASKED, count, key=False
    )
    given = asked.of("answers", list, [])
    texts = [str(text)[:LONGEST] for text in given[: len(sheet.questions)]]
    texts += [""] * (len(sheet.questions) - len(texts))
    told = reported(sheet)
    told["tables"] = told["tables"][:1]
    pairs = zip(sheet.questions, texts, strict=True)
    questions = [_question(one, text) for one, text in pairs]
    return {**told, "questions": questions}


def _question(question: Question, given: str) -> dict[str, Any]:
    right = is_right(question, given) if given.strip() else None
    return {
        "row": question.row,
        "layer": clean(question.layer),
        "what": clean(question.what),
        "blank": question.blank,
        "text": question.text,
        "how": how(question),
        "hints": [clean(str(hint), 2000) for hint in question.hints],
        "right": right,
        "worked": clean(worked(question), 2000) if right else None,
    }


def is_right(question: Question, text: str) -> bool:
    """Say whether a text is the answer, however its numbers are written."""
    wanted = sizes(question.answer)
    if not wanted:
        return any(_bare(way) == _bare(text) for way in ways(question.answer))
    several = len(wanted) > 1
    plain = text if several else BETWEEN_DIGITS.sub("", text)
    if not ONLY_NUMBERS.fullmatch(plain):
        return False
    return list(map(int, A_NUMBER.findall(plain))) == wanted


def _bare(text: str) -> str:
    """Return a text without blanks and signs of multiplication, to compare it."""
    return re.sub(r"[\s·]", "", text)


def solution(asked: Asked) -> dict[str, Any]:
    """Return the answers to the sheet of a `seed`, each with its arithmetic."""
    seed = asked.of("seed", int, 0)
    count = min(asked.of("count", int, 6), MOST_QUESTIONS)
    sheet = quiz_report(asked.network, asked.analysis, seed, BLANKS_ASKED, count)
    return {
        "answers": [
            {"text": shown(one.answer), "worked": clean(worked(one), 2000)}
            for one in sheet.questions
        ]
    }
