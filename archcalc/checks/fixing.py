"""Applying the fixes of findings to files."""

from __future__ import annotations

from collections.abc import Iterable

from archcalc.checks.checking import Selection, check_source
from archcalc.checks.findings import Checked, Finding
from archcalc.errors import ArchcalcError
from archcalc.limits import Limits
from archcalc.source.edits import BYTE_ORDER_MARK, Edit, applied
from archcalc.source.parser import parse
from archcalc.source.text import decode, read_bytes
from archcalc.source.writing import write_bytes

MOST_ROUNDS = 20
BROKEN = ("AC1", "AC2", "AC303")
"""What a fix must not bring: no network, or a claim about a step that is gone."""


def fix_file(path: str, limits: Limits, choice: Selection) -> int:
    """Write a file with every fix applied that leaves it a network; return how many."""
    try:
        data = read_bytes(path, limits)
        text = decode(data, path)
    except ArchcalcError:
        return 0  # the check says what is wrong
    fixed, count = fix_text(text, path, limits, choice)
    if fixed != text:
        mark = BYTE_ORDER_MARK if data.startswith(BYTE_ORDER_MARK) else b""
        write_bytes(path, mark + fixed.encode("utf-8"))
    return count


def fix_text(
    text: str, path: str, limits: Limits, choice: Selection
) -> tuple[str, int]:
    """Return a spec with every fix applied, and how many were.

    One fix can make room for the next, so that the spec is checked again after each
    round. A fix that would break the network is left out.
    """
    count, refused = 0, set[tuple[Edit, ...]]()
    for _ in range(MOST_ROUNDS):
        before = _checked(text, path, limits, choice)
        fixes = [
            f.fix.edits for f in before.findings if f.fix and f.fix.edits not in refused
        ]
        if not fixes:
            break
        changed, used = _round(text, fixes, before, path, limits, choice)
        refused |= {edits for edits in fixes if edits not in used}
        if not used:
            break
        text, count = changed, count + len(used)
        refused.clear()
    return text, count


Edits = tuple[Edit, ...]


def _round(
    text: str,
    fixes: Iterable[Edits],
    before: Checked,
    path: str,
    limits: Limits,
    choice: Selection,
) -> tuple[str, list[Edits]]:
    """Return the text with the fixes that fit together and break nothing."""
    known = _breaks(before.findings)
    chosen = _apart(fixes)
    changed = applied(text, (edit for edits in chosen for edit in edits))
    if _breaks(_checked(changed, path, limits, choice).findings) <= known:
        return changed, chosen
    used: list[Edits] = []
    for edits in chosen:
        trial = applied(text, (edit for e in (*used, edits) for edit in e))
        if _breaks(_checked(trial, path, limits, choice).findings) <= known:
            used.append(edits)
    return applied(text, (edit for edits in used for edit in edits)), used


def _apart(fixes: Iterable[Edits]) -> list[Edits]:
    """Return the fixes that do not touch what an earlier one changes."""
    chosen: list[Edits] = []
    taken: list[Edit] = []
    for edits in dict.fromkeys(fixes):
        if not any(
            (a.begin < b.end and b.begin < a.end) or a.begin == b.begin
            for a in edits
            for b in taken
        ):
            chosen.append(edits)
            taken += edits
    return chosen


def _breaks(findings: Iterable[Finding]) -> int:
    return sum(finding.code.startswith(BROKEN) for finding in findings)


def _checked(text: str, path: str, limits: Limits, choice: Selection) -> Checked:
    try:
        return check_source(parse(text, path, limits), path, limits, choice)
    except ArchcalcError as error:
        return Checked(path, tuple(Finding(path, p) for p in error.problems))
