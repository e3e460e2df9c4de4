"""As flops counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import REST, Convention, rules

CONVENTION = Convention(
    "flops",
    "FLOP",
    "2 for each multiply-accumulate and 1 for every other arithmetic operation",
    "Two operations for each multiply-accumulate, and one for each addition, "
    "multiplication, comparison, division, exponential and root that a layer needs in "
    "inference.",
    rules(
        {REST: {count: 2 if kind == "mac" else 1 for kind, count in m.BY_KIND.items()}}
    ),
)
