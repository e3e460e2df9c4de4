"""Findings with their lines drawn, and a line for each file."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.checks.findings import Checked


def render(outcomes: Sequence[Checked]) -> str:
    """Return every finding in full."""
    lines = []
    for outcome in outcomes:
        if outcome.findings:
            lines.append("\n\n".join(finding.show() for finding in outcome.findings))
        lines.append(outcome.summary())
    return "\n".join(lines)
