"""SARIF 2.1.0 (OASIS): the report that code scanning services read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from archcalc.checks.catalogue import Rule, every_rule
from archcalc.checks.findings import Checked, Finding, Fix, everything, exit_code
from archcalc.errors import Place, clean
from archcalc.render.findings import repository_path
from archcalc.render.findings.gitlab import fingerprint
from archcalc.version import __version__

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(outcomes: Sequence[Checked]) -> str:
    """Return one run as JSON, with the rules that found something."""
    found = list(everything(outcomes))
    codes = sorted({finding.code for finding in found})
    seen: Counter[str] = Counter()
    run = {
        "tool": {"driver": _driver(codes)},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(outcomes)],
        "results": [_result(f, codes.index(f.code), seen) for f in found],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2)


def _driver(codes: Iterable[str]) -> dict[str, Any]:
    known = every_rule()
    return {
        "name": "archcalc",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(known[code]) for code in codes],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    text = f"Wrong:\n\n{rule.wrong}\n\nRight:\n\n{rule.right}"
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.name.replace("-", " ")},
        "fullDescription": {"text": rule.says},
        "help": {"text": clean(text.replace("\n", " ¶ "), 5000).replace(" ¶ ", "\n")},
        "defaultConfiguration": {"level": rule.severity},
    }


def _invocation(outcomes: Sequence[Checked]) -> dict[str, Any]:
    code = exit_code(outcomes)
    return {"executionSuccessful": code != 2, "exitCode": code}


def _result(finding: Finding, index: int, seen: Counter[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": finding.details},
        "locations": [_location(finding.place)],
        "partialFingerprints": {"archcalc/v1": fingerprint(finding, seen)},
    }
    used = dict.fromkeys(finding.problem.via)
    if used:
        said = {"message": {"text": "used here"}}
        result["relatedLocations"] = [{**_location(place), **said} for place in used]
    if finding.fix:
        result["fixes"] = [_fix(finding.place, finding.fix)]
    return result


def _artifact(place: Place) -> dict[str, str]:
    return {"uri": quote(repository_path(place.file))}


def _location(place: Place) -> dict[str, Any]:
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endColumn": place.column + place.width,
    }
    if place.text.strip():
        region["snippet"] = {"text": clean(place.text)}  # type: ignore[assignment]  # beside numbers
    return {
        "physicalLocation": {"artifactLocation": _artifact(place), "region": region}
    }


def _fix(place: Place, fix: Fix) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": {"charOffset": e.begin, "charLength": e.end - e.begin},
            "insertedContent": {"text": e.text},
        }
        for e in fix.edits
    ]
    change = {"artifactLocation": _artifact(place), "replacements": replacements}
    return {"description": {"text": fix.says}, "artifactChanges": [change]}
