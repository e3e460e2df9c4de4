"""Conditions on a change: `macs > +2%`, `params > 10k`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from archcalc.checks.claims.expectations import UNITS
from archcalc.errors import UsageError, nearest
from archcalc.reports.diff import TOTALS, Difference, change_of, growth_of

CONDITION = re.compile(
    r"\s*(?P<metric>[a-z_]+)\s*(?P<bound><=|>=|<|>)\s*(?P<sign>[+-]?)\s*"
    r"(?P<number>[0-9][0-9_]*(?:\.[0-9]+)?)\s*(?P<unit>%|[A-Za-z]{0,3})\s*"
)
BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A bound on how much a total changes, in per cent or in itself."""

    text: str
    metric: str
    bound: str
    value: Fraction
    relative: bool

    def change(self, difference: Difference) -> Any:
        """Return how much the total changes; None for a figure that is not there."""
        totals = {key: (old, new) for key, _, _, old, new in difference.totals}
        change = growth_of if self.relative else change_of
        return change(*totals[self.metric])

    def met(self, difference: Difference) -> bool:
        """Say whether the change is so; that of a figure that is not there is not."""
        change = self.change(difference)
        known = isinstance(change, (int, Fraction))
        return known and BOUNDS[self.bound](change, self.value)


def read_condition(text: str) -> Condition:
    """Return the condition in a text; raise `UsageError` AC570 for none."""
    match = CONDITION.fullmatch(text[:100])
    metrics = [key for key, _, _ in TOTALS]
    if match is None or match["metric"] not in metrics:
        near = nearest(text.split()[0] if text.split() else "", metrics)
        help = near or f'"macs > +2%"; metrics: {", ".join(metrics)}'
        raise UsageError.of(
            "AC570", f"--fail-if {text!r} is not a condition", help=help
        )
    unit = match["unit"]
    if unit not in UNITS:
        raise UsageError.of("AC570", f"--fail-if {text!r}: {unit!r} is not a unit")
    sign = -1 if match["sign"] == "-" else 1
    value = sign * Fraction(match["number"].replace("_", "")) * UNITS[unit]
    return Condition(text, match["metric"], match["bound"], value, unit == "%")
