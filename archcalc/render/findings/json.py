"""Findings as JSON, in the schema `archcalc/check/1`.

    {"schema": "archcalc/check/1", "exit": 1,
     "files": [{"path", "ok", "variants", "claims": {STATUS: COUNT},
                "findings": [{"code", "name", "severity", "fails", "message",
                              "line", "column", "end_column", "facts", "help",
                              "meant", "used_at": [{"path", "line", "column"}],
                              "fix": {"says", "edits": [{"begin", "end", "text"}]}}]}]}

`meant` is the right word for a wrong one, if the help names it. `begin` and `end` of an
edit count characters of the file's text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from archcalc.checks.catalogue import every_rule
from archcalc.checks.findings import Checked, Finding, exit_code
from archcalc.errors import clean

SCHEMA = "archcalc/check/1"


def render(outcomes: Sequence[Checked]) -> str:
    """Return the outcome of every file."""
    files = [_file(outcome) for outcome in outcomes]
    return json.dumps(
        {"schema": SCHEMA, "exit": exit_code(outcomes), "files": files}, indent=2
    )


def _file(outcome: Checked) -> dict[str, Any]:
    return {
        "path": outcome.path,
        "ok": not outcome.errors,
        "variants": outcome.variants,
        "claims": dict(sorted(outcome.claims.items())),
        "findings": [_finding(finding) for finding in outcome.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place, problem = finding.place, finding.problem
    rule = every_rule().get(finding.code)
    used = [
        {"path": p.file, "line": p.line, "column": p.column}
        for p in dict.fromkeys(problem.via)
    ]
    return {
        "code": finding.code,
        "name": rule.name if rule else None,
        "severity": finding.severity,
        "fails": finding.fails,
        "message": finding.message,
        "line": place.line,
        "column": place.column,
        "end_column": place.column + place.width,
        "facts": list(map(clean, problem.facts)),
        "help": problem.help and clean(problem.help),
        "meant": problem.meant and clean(problem.meant),
        "used_at": used,
        "fix": _fix(finding),
    }


def _fix(finding: Finding) -> dict[str, Any] | None:
    if finding.fix is None:
        return None
    edits = [
        {"begin": e.begin, "end": e.end, "text": e.text} for e in finding.fix.edits
    ]
    return {"says": finding.fix.says, "edits": edits}
