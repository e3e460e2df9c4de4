"""Putting groups right that do not divide: the fix of AC203."""

from __future__ import annotations

import re

from archcalc.checks.findings import Fix
from archcalc.checks.lint.base import fix
from archcalc.errors import Place, Problem
from archcalc.source.edits import Extents
from archcalc.source.values import Scalar

CODE = "AC203"
CLASH = r"([0-9]+) groups do not divide ([0-9]+)"


def remedy(layout: Extents, problem: Problem) -> Fix | None:
    """Return the fix that takes the nearest number of groups that divides."""
    clash = re.match(CLASH, problem.message) if problem.code == CODE else None
    key = _key_at(layout, problem.place) if clash and problem.place else None
    holder = layout.holder(key) if key is not None else None
    given = holder.get("groups") if holder else None
    if clash is None or not isinstance(given, Scalar) or given.text != clash[1]:
        return None
    groups, channels = int(clash[1]), int(clash[2])
    divisors = [d for d in range(1, min(channels, 2 * groups) + 1) if channels % d == 0]
    best = min(divisors, key=lambda d: (abs(d - groups), d))
    return fix(f"write groups: {best}", layout.replaced(given, str(best)))


def _key_at(layout: Extents, place: Place) -> Scalar | None:
    """Return the key that stands at a place."""
    at = place.line, place.column
    keys = (value for value in layout.every() if isinstance(value, Scalar))
    return next((key for key in keys if (key.line, key.column) == at), None)
