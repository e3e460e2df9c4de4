"""GitLab's code quality report, a list of issues.

The format is that of GitLab's documentation, "Code Quality report format". A
fingerprint is made of file, rule, message and the text of the line, so that it stays
when lines move.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from archcalc.checks.findings import Checked, Finding, everything
from archcalc.errors import clean
from archcalc.render.findings import repository_path

SEVERITIES = {"error": "major", "warning": "minor"}


def render(outcomes: Sequence[Checked]) -> str:
    """Return the report as JSON."""
    seen: Counter[str] = Counter()
    return json.dumps([_issue(f, seen) for f in everything(outcomes)], indent=2)


def _issue(finding: Finding, seen: Counter[str]) -> dict[str, Any]:
    place = finding.place
    return {
        "description": f"{finding.code}: {finding.message}",
        "check_name": finding.code,
        "fingerprint": fingerprint(finding, seen),
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": clean(repository_path(place.file)),
            "lines": {"begin": place.line, "end": place.line},
        },
        "content": {"body": finding.details},
    }


def fingerprint(finding: Finding, seen: Counter[str]) -> str:
    """Return what identifies a finding from run to run; equal ones are numbered."""
    place = finding.place
    parts = (
        repository_path(place.file),
        finding.code,
        finding.message,
        place.text.strip(),
    )
    same = "\0".join(parts)
    seen[same] += 1
    return hashlib.sha256(f"{same}\0{seen[same]}".encode()).hexdigest()
