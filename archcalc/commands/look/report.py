"""`archcalc report`: networks as a page to explore."""

from __future__ import annotations

from archcalc.commands.options import Loading, NetworkNames, Output, write


def report(
    nets: NetworkNames,
    output: Output = None,
    *,
    loading: Loading,
) -> None:
    """Write one HTML page to explore: drawing, table and formulas, nothing loaded."""
    from archcalc.render.page import page

    networks = [loading.load(name) for name in nets]
    write(page(networks), output)
