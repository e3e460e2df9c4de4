"""Findings with their lines drawn, and a line for each file."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.checks.findings import Checked
from archcalc.render.paint import colored_problems, painter


def render(outcomes: Sequence[Checked], *, color: bool = False) -> str:
    """Return every finding in full, with `color` in the colours of what they say."""
    lines = []
    for outcome in outcomes:
        if outcome.findings:
            lines.append("\n\n".join(finding.show() for finding in outcome.findings))
        lines.append(outcome.summary())
    text = "\n".join(lines)
    return colored_problems(text, painter(color)) if color else text
