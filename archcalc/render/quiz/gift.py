"""A quiz in GIFT, the text format that Moodle and other course systems import.

A question ends at an empty line, so that none stands inside one. GIFT has no hints:
they are part of the question.
"""

from __future__ import annotations

from archcalc.errors import LONGEST_SHOWN, clean
from archcalc.render.quiz.answers import context, how, named, sizes, ways, worked
from archcalc.reports.quiz import Question, Quiz

MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\~=#{}:"})
"""What has a meaning in GIFT, and how it is written as a character."""


def render(quiz: Quiz) -> str:
    """Return the questions, each with a name, its answers and the arithmetic."""
    parts = [f"// {_cleaned(quiz.title)}: {len(quiz.questions)} questions"]
    parts += [_question(quiz, *pair) for pair in enumerate(quiz.questions, 1)]
    return "\n\n".join(parts)


def _question(quiz: Quiz, number: int, question: Question) -> str:
    hints = [f"Hint: {hint}." for hint in question.hints[-1:]]
    asked = f"({number}) {context(quiz, question)}: {question.text}"
    text = " ".join(filter(None, [asked, how(question), *hints]))
    numbers = sizes(question.answer)
    if len(numbers) == 1:
        answers = f"#{numbers[0]}"
    else:
        literal = [way.replace("*", "\\*") for way in ways(question.answer)]
        answers = " ".join(f"={_said(way)}" for way in literal)
    name = _said(named(quiz, number, question))
    feedback = _said(worked(question))
    return f"::{name}::[plain]{_said(text)} {{\n{answers}\n####{feedback}\n}}"


def _said(text: str) -> str:
    return _cleaned(text).translate(MARKS)


def _cleaned(text: str) -> str:
    return clean(text, 4 * LONGEST_SHOWN)
