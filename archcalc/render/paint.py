"""Colour for a terminal, made by rich. Nothing of it is loaded for a pipe or a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from archcalc.errors import Problem

Paint = Callable[[str, str], str]
"""Gives a text the look of a role, or of several with a space between them."""
ROLES = {
    "heading": "bold",
    "total": "bold",
    "aside": "dim",
    "good": "green",
    "doubtful": "yellow",
    "bad": "red",
    "error": "bold red",
    "warning": "bold yellow",
    "help": "cyan",
}
VERDICTS = {
    "good": "exact rounds truncates tolerance budget agrees added",
    "doubtful": "erratum loose changed renamed moved",
    "bad": "fails stale removed",
    "aside": "shipped",
}
ROLE_OF_WORD = {
    word: role for role, words in VERDICTS.items() for word in words.split()
}
HEAD = r"^(.*?)(error|warning)(\[\w+\]: )(.*)$"
MARK = r"^(\s*│ *)(\^+)$"
SOURCE = r"^(\s+[0-9]+ │ )(.*)$"
HELP = r"^(\s+)(help: )(.*)$"
SUMMARY = r"^(.*?: )(ok|[0-9]+ problems?)(.*)$"
"""Compiled where something is painted."""


def unpainted(text: str, role: str) -> str:  # noqa: ARG001  # as `painter` gives it
    """Return the text as it is."""
    return text


def painter(color: bool) -> Paint:
    """Return what gives a text its colours, or leaves it as it is."""
    if not color:
        return unpainted
    from rich.color import ColorSystem
    from rich.style import Style

    def paint(text: str, role: str) -> str:
        if not role or not text.strip():
            return text
        style = Style.parse(" ".join(ROLES[part] for part in role.split()))
        return style.render(text, color_system=ColorSystem.STANDARD)

    return paint


def capable(stream: TextIO) -> bool:
    """Say whether a terminal can show colours."""
    from rich.console import Console

    console = Console(file=stream)
    return console.color_system is not None and not console.legacy_windows


def role_of_word(word: str) -> str:
    """Return the role of a verdict, or of a kind of change; "" for any other word."""
    return ROLE_OF_WORD.get(word.lower(), "")


def told(problems: Iterable[Problem], color: bool, severity: str = "error") -> str:
    """Return problems as text, with an empty line between two of them."""
    text = "\n\n".join(problem.show(severity) for problem in problems)
    return colored_problems(text, painter(color)) if color else text


def colored_problems(text: str, paint: Paint) -> str:
    """Return problems, and lines about files, with the colours of what they say."""
    return "\n".join(_line(line, paint) for line in text.split("\n"))


def _line(line: str, paint: Paint) -> str:
    """Return one line: which one it is shows in how it begins."""
    if found := re.match(HEAD, line):
        place, severity, code, message = found.groups()
        told = paint(f"{severity}{code.rstrip()}", severity)
        return f"{place}{told} {paint(message, 'heading')}"
    if found := re.match(SOURCE, line):
        return paint(found[1], "aside") + found[2]
    if found := re.match(MARK, line):
        return paint(found[1], "aside") + paint(found[2], "error")
    if found := re.match(HELP, line):
        return found[1] + paint(found[2].rstrip(), "help") + f" {found[3]}"
    if found := re.match(SUMMARY, line):
        role = "good" if found[2] == "ok" else "error"
        return found[1] + paint(found[2], role) + found[3]
    return line


def verdict(text: str, ok: bool, color: bool) -> str:
    """Return a text whose first line is a verdict, in its colour."""
    first, *rest = text.split("\n")
    return "\n".join([painter(color)(first, "good" if ok else "error"), *rest])
