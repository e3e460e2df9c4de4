"""The tables of `archcalc compare` where figures stayed formulas."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.network.analysis import Analysis
from archcalc.reports.cells import Column, Line, Table
from archcalc.sizes.comparing import quotient_text, where_more
from archcalc.sizes.polynomials import Poly

FIGURES = {
    "params": "parameters",
    "macs": "MACs",
    "flops": "FLOPs",
    "activations": "activations",
}


def closed_form_tables(analyses: Sequence[Analysis]) -> list[Table]:
    """Return how each network's closed forms stand to the first one's.

    There is a table for each other network, and none where all figures are numbers.
    """
    first, *others = analyses
    tables = []
    for other in others:
        columns = (
            Column("figure", "closed forms", "name"),
            Column("ratio", f"{other.name} to {first.name}", "formula"),
            Column("more", f"{first.name} has more", "formula"),
        )
        rows = []
        for key, title in FIGURES.items():
            one, two = getattr(first.total, key), getattr(other.total, key)
            if isinstance(one, Poly) or isinstance(two, Poly):
                cells = (title, quotient_text(two, one), where_more(one, two))
                rows.append(Line(cells, path=title))
        if rows:
            tables.append(Table("", columns, tuple(rows)))
    return tables
