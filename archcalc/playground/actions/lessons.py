"""The lessons, and whether a text fills in the blanks of one."""

from __future__ import annotations

from typing import Any

from archcalc.playground.asked import LIMITS, Asked
from archcalc.playground.lesson_check import hint, verdict
from archcalc.playground.lessons import LESSONS
from archcalc.playground.lessons import lesson as named


def lessons(_: Asked) -> list[dict[str, Any]]:
    """Return every lesson without its answers, in their order."""
    return [
        {
            "id": one.id,
            "title": one.title,
            "text": list(one.text),
            "question": one.question,
            "spec": one.spec,
        }
        for one in LESSONS
    ]


def lesson(asked: Asked) -> dict[str, Any]:
    """Return whether the text solves the lesson `id`, what is wrong, and the hint."""
    one = named(asked.of("id", str))
    found = verdict(one, asked.text, LIMITS)
    return {**found._asdict(), "details": list(found.details), "hint": list(hint(one))}
