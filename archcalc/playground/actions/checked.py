"""The second answer to an edit: what a check finds, which takes longer."""

from __future__ import annotations

from typing import Any

from archcalc.checks.checking import Selection, check_source
from archcalc.checks.claims.expectations import Judged, judge_known
from archcalc.language.library import shipped
from archcalc.playground.asked import LIMITS, Asked, shipped_alone
from archcalc.playground.findings import found
from archcalc.playground.reported import noted
from archcalc.records import replace
from archcalc.reports.table import erratum_notes
from archcalc.source.parser import parse


def check(asked: Asked) -> dict[str, Any]:
    """Return the findings of a check, with fixes, and published figures that are wrong.

    Raises `SourceError` where the text is not YAML.
    """
    source = parse(asked.text, asked.name, LIMITS)
    path = _path(asked)
    checked = check_source(source, path, LIMITS, Selection(), shipped_alone())
    errata: list[Judged] = []
    if not checked.errors:
        errata += judge_known(asked.network, asked.analysis, shipped_alone())
    return {
        "findings": [found(finding, source.text) for finding in checked.findings],
        "summary": replace(checked, path=asked.name).summary(),
        "notes": noted(erratum_notes(errata)),
    }


def _path(asked: Asked) -> str:
    """Return what the text is checked as: a shipped spec, if it is unchanged.

    A shipped spec follows its paper and is not linted.
    """
    file = shipped().get(asked.name.removesuffix(".yaml"))
    if file is not None and file.read_text(encoding="utf-8") == asked.text:
        return str(file)
    return asked.name
