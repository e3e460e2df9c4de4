"""Conditions on a change: `macs > +2%`, `params > 10k`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from archcalc.checks.claims.expectations import BOUNDS
from archcalc.errors import UsageError, nearest
from archcalc.records import dataclass
from archcalc.reports.diff import PEAKS, TOTALS, Difference, change_of, growth_of
from archcalc.sizes.units import read_amount

CONDITION = re.compile(
    r"\s*(?P<metric>[a-z_]+)\s*(?P<bound><=|>=|<|>)\s*(?P<sign>[+-]?)\s*"
    r"(?P<amount>[0-9].*)"
)


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
        totals = {one.key: (old, new) for one, old, new in difference.totals}
        change = growth_of if self.relative else change_of
        return change(*totals[self.metric])

    def met(self, difference: Difference) -> bool:
        """Say whether the change is so; that of a figure that is not there is not."""
        change = self.change(difference)
        known = isinstance(change, (int, Fraction))
        return known and BOUNDS[self.bound](change, self.value)


def peaks_asked(conditions: Iterable[Condition], memory: bool) -> frozenset[str]:
    """Return the peaks to compute: all with `memory`, else those of conditions."""
    return PEAKS if memory else PEAKS & {condition.metric for condition in conditions}


def read_condition(text: str) -> Condition:
    """Return the condition in a text; raise `UsageError` AC570 for none."""
    match = CONDITION.fullmatch(text[:100])
    metrics = [one.key for one in TOTALS]
    if match is None or match["metric"] not in metrics:
        near = nearest(text.split()[0] if text.split() else "", metrics)
        help = near or f'"macs > +2%"; metrics: {", ".join(metrics)}'
        raise UsageError.of(
            "AC570", f"--fail-if {text!r} is not a condition", help=help
        )
    amount = read_amount(match["amount"])
    if amount is None:
        message = f"--fail-if {text!r}: {match['amount']!r} is not an amount"
        raise UsageError.of("AC570", message)
    value = -amount.value if match["sign"] == "-" else amount.value
    return Condition(text, match["metric"], match["bound"], value, amount.unit == "%")
