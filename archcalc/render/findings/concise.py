"""A line for each finding, and one for each file in which there are none that fail."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.checks.findings import Checked, Finding
from archcalc.errors import clean


def render(outcomes: Sequence[Checked]) -> str:
    """Return `path:line:column: code message`, a finding a line, then a sum."""
    lines = [_line(finding) for outcome in outcomes for finding in outcome.findings]
    return "\n".join([*lines, total(outcomes)])


def _line(finding: Finding) -> str:
    word = "" if finding.severity == "error" else f"{finding.severity}: "
    return f"{clean(str(finding.place))}: {finding.code} {word}{finding.message}"


def total(outcomes: Sequence[Checked]) -> str:
    """Return one line about all files: `12 files: 3 problems, 1 warning`."""
    counts = {
        "problem": sum(outcome.errors for outcome in outcomes),
        "warning": sum(outcome.warnings for outcome in outcomes),
    }
    said = [f"{n} {word}{'s' * (n != 1)}" for word, n in counts.items() if n]
    files = f"{len(outcomes)} file{'s' * (len(outcomes) != 1)}"
    return f"{files}: {', '.join(said) or 'ok'}"
