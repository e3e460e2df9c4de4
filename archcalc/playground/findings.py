"""Findings as the editor of the page marks them: from where to where, and fixes.

Columns and offsets count UTF-16 units, as JavaScript does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.checks.catalogue import rule
from archcalc.checks.findings import Finding
from archcalc.errors import Place, Problem, clean, nearest
from archcalc.playground.lessons import BLANK
from archcalc.source.edits import Edit
from archcalc.source.text import Text

FILL_IN = "a blank to fill in"


def problem_found(problem: Problem, severity: str = "error") -> dict[str, Any]:
    """Return a problem as a finding, with the fix that its help names, if any."""
    lines = [problem.message, *problem.facts]
    lines += [f"used at {place}" for place in dict.fromkeys(problem.via)]
    begin, end = _range(problem.place)
    return {
        "code": problem.code,
        "rule": rule(problem.code).name,
        "severity": severity,
        "message": "\n".join(map(clean, lines)),
        "help": clean(problem.help) if problem.help else None,
        "from": begin,
        "to": end,
        "fixes": [],
    }


def found(finding: Finding, text: str) -> dict[str, Any]:
    """Return a finding of a check, with its fix."""
    severity = finding.severity if finding.fails else "hint"
    told = problem_found(finding.problem, severity)
    if finding.fix:
        edits = [_edit(edit, text) for edit in finding.fix.edits]
        told["fixes"] = [{"title": clean(finding.fix.says), "edits": edits}]
    return told


def with_words(problem: Problem, written: Text) -> dict[str, Any]:
    """Return a problem of a text; a word that was meant becomes a fix.

    The blank of a lesson is an error to the engine; here it asks to be filled in.
    """
    told = problem_found(problem)
    place = problem.place
    if place and place.text[place.column - 1 :][: place.width] == BLANK:
        return {**told, "severity": "hint", "message": FILL_IN, "help": None}
    told["fixes"] = list(_meant(problem, written))
    return told


def _meant(problem: Problem, written: Text) -> Iterator[dict[str, Any]]:
    """Yield the fix that writes what the help says was meant."""
    place, word = problem.place, problem.meant
    if place is None or word is None:
        return
    at = place.text[place.column - 1 :][: place.width]
    bare = at.strip("\"'")
    if f"'{bare}'" not in problem.message and not nearest(bare, [word]):
        return  # what is marked has more in it than the wrong word
    begin = _offset(written, place)
    edit = Edit(begin, begin + len(at), word)
    title = f"write {clean(word)}"
    yield {"title": title, "edits": [_edit(edit, written.text)]}


def _offset(written: Text, place: Place) -> int:
    """Return the offset of a place in a text."""
    lines = written.text.splitlines(keepends=True)
    return sum(map(len, lines[: place.line - 1])) + place.column - 1


def _range(place: Place | None) -> tuple[dict[str, int], dict[str, int]]:
    """Return where a mark begins and ends; it has a width where its line has text."""
    if place is None:
        return {"line": 1, "column": 1}, {"line": 1, "column": 1}
    line = place.text
    begin = min(place.column - 1, len(line))
    end = min(begin + max(place.width, 1), len(line))
    if begin == end and begin:  # behind the last character: mark that one
        begin -= 1
    return (
        {"line": place.line, "column": units(line[:begin]) + 1},
        {"line": place.line, "column": units(line[:end]) + 1},
    )


def _edit(edit: Edit, text: str) -> dict[str, Any]:
    begin = units(text[: edit.begin])
    end = begin + units(text[edit.begin : edit.end])
    return {"from": begin, "to": end, "text": edit.text}


def units(text: str) -> int:
    """Return how many UTF-16 units a text has.

    >>> units("añ𝛼")
    4
    """
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)
