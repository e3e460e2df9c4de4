"""A quiz as text: what any report can be, a page that marks itself, Moodle, GIFT.

`html`, `moodle` and `gift` are modules here; the other formats are those of reports.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from archcalc.errors import UsageError
from archcalc.render import FORMATS as OF_REPORTS
from archcalc.render import format_of, render, renderer

if TYPE_CHECKING:
    from archcalc.reports.quiz import Quiz

COURSES = {"moodle": (".xml",), "gift": (".gift",)}
"""Formats of course systems, which always hold the answers."""
FORMATS = {
    name: OF_REPORTS[name]
    for name in ("terminal", "markdown", "html", "latex", "csv", "json")
} | COURSES


def quiz_format(format: str | None, output: PurePath | None = None) -> str:
    """Return the format asked for by name, else by a file's ending, else `terminal`.

    Raises `UsageError` AC530 for one that a quiz does not have.
    """
    return format_of(format, output, FORMATS, "format of a quiz")


def render_quiz(quiz: Quiz, format: str = "terminal", **options: Any) -> str:
    """Return a quiz in a format; `options` are those of its module.

    Raises `UsageError` AC531 for an option that the format does not have, and where a
    quiz without its answers is asked of a course system.
    """
    if format in COURSES and not quiz.key:
        message = f"format {format} always holds the answers"
        help = "leave out --no-key (key=False): the course system hides them"
        raise UsageError.of("AC531", message, help=help)
    if format in (*COURSES, "html"):
        return renderer(__name__, format, options)(quiz, **options)
    return render(quiz, format, **options)
