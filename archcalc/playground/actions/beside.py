"""Figures beside others: every convention, another network, a published figure."""

from __future__ import annotations

from typing import Any

from archcalc.checks.claims.reconcile import reconcile as search
from archcalc.errors import ArchcalcError, UsageError
from archcalc.figures.conventions import CONVENTIONS
from archcalc.figures.formats import DTYPES
from archcalc.playground.asked import Asked, read, shipped_alone
from archcalc.playground.reported import reported
from archcalc.reports.comparison import compare_report
from archcalc.reports.conventions import conventions_report
from archcalc.reports.reconcile import reconcile_report

LONGEST_FIGURE = 60
"""Characters of a figure as it was printed."""
OF_ONE_SPEC = ("set", "variant", "input")
"""Settings that each network has for itself; the others hold for both."""


def choices(_: Asked) -> dict[str, Any]:
    """Return what may be chosen: number formats, conventions with a sentence each."""
    counting = [way for way in CONVENTIONS.values() if way.unit]
    told = [{"name": way.name, "brief": way.brief} for way in counting]
    return {"dtypes": list(DTYPES), "conventions": told}


def conventions(asked: Asked) -> dict[str, Any]:
    """Return the network counted by every convention, with a sentence on each."""
    batch = asked.analysis.setting.batch
    return reported(conventions_report(asked.network, batch))


def compare(asked: Asked) -> dict[str, Any]:
    """Return the network beside the `other`, which has a text, a name and settings."""
    other = asked.of("other", dict)
    shared = {k: v for k, v in asked.settings.items() if k not in OF_ONE_SPEC}
    own = read(other).settings
    its = {key: own[key] for key in OF_ONE_SPEC if key in own}
    beside = read({**other, "settings": {**shared, **its}})
    first = asked.analysis
    try:
        second = beside.analysis
    except ArchcalcError as error:
        problem = error.problems[0]
        where = f", line {problem.place.line}" if problem.place else ""
        message = f"{beside.name}{where}: {problem.message}"
        raise UsageError.of("AC508", message, help=problem.help) from error
    return reported(compare_report([first, second], memory=True))


def reconcile(asked: Asked) -> dict[str, Any]:
    """Return the ways of counting that give a `figure` as it was printed."""
    figure = asked.of("figure", str).strip()
    if not figure or len(figure) > LONGEST_FIGURE:
        message = f"a figure has 1 to {LONGEST_FIGURE} characters, such as 3.8 GFLOP"
        raise UsageError.of("AC508", message)
    found = search(asked.network, figure)
    return reported(reconcile_report(found, others=shipped_alone()))
