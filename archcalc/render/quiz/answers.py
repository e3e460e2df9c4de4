"""Answers and questions as words, the same on a page and in a course system."""

from __future__ import annotations

from archcalc.layers.base import times
from archcalc.reports.cells import Cell
from archcalc.reports.quiz import Question, Quiz, given_to


def sizes(answer: Cell) -> list[int]:
    """Return an answer's numbers: a shape's sizes, or one count; none for symbols."""
    parts = answer if isinstance(answer, tuple) else (answer,)
    numbers = [part for part in parts if type(part) is int]
    return numbers if len(numbers) == len(parts) else []


def shown(answer: Cell) -> str:
    """Return an answer as people write it: `96×55×55`, `34,944`, `9C²`."""
    if isinstance(answer, tuple):
        return times(answer)
    return f"{answer:,}" if isinstance(answer, int) else str(answer)


def ways(answer: Cell) -> list[str]:
    """Return how a shape or a size with symbols may be typed."""
    text = shown(answer)
    if not isinstance(answer, tuple):
        plain = text.replace("²", "^2").replace("³", "^3")
        return list(dict.fromkeys([text, plain]))
    parts = list(map(str, answer))
    return list(dict.fromkeys([text, *(by.join(parts) for by in BETWEEN)]))


BETWEEN = ("x", " x ", "*", ", ", ",", " ")
"""What may stand between the sizes of a shape."""


def context(quiz: Quiz, question: Question) -> str:
    """Return what a question needs when it stands alone: layer, words, input."""
    given = given_to(question, quiz.questions)
    entering = f"; input {given}" if given else ""
    return f"{quiz.subject}, layer {question.layer} ({question.what}{entering})"


def worked(question: Question) -> str:
    """Return the answer with the arithmetic that gives it."""
    answer = shown(question.answer)
    return f"{answer}, from {question.hint}" if question.hint else answer


def named(quiz: Quiz, number: int, question: Question) -> str:
    """Return a question's name: the network, its number, the layer, what is blank."""
    return f"{quiz.subject} {number:02} {question.layer} {question.blank}"


def how(question: Question) -> str:
    """Return how an answer is to be written."""
    if isinstance(question.answer, tuple) and len(question.answer) > 1:
        return "Shapes have the channels first, and no batch."
    return ""
