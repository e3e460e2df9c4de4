"""The tables of `archcalc compare` where figures stayed formulas."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.catalogue import figures
from archcalc.network.analysis import Analysis
from archcalc.reports.cells import Column, Line, Table, telling
from archcalc.sizes.comparing import quotient_text, where_more
from archcalc.sizes.polynomials import Poly

FIGURES = figures("params", "active_params", "macs", "flops", "activations")


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
        for figure in telling(FIGURES, (first.total, other.total)):
            one, two = (getattr(net.total, figure.key) for net in (first, other))
            if isinstance(one, Poly) or isinstance(two, Poly):
                title = figure.total
                cells = (title, quotient_text(two, one), where_more(one, two))
                rows.append(Line(cells, path=title))
        if rows:
            tables.append(Table("", columns, tuple(rows)))
    return tables
