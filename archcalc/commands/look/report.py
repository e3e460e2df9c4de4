"""`archcalc report`: networks as a page to explore."""

from __future__ import annotations

from archcalc.commands.options import (
    InputShape,
    LimitOptions,
    NetworkNames,
    Output,
    Settings,
    load_network,
    write,
)


def report(
    nets: NetworkNames,
    output: Output = None,
    input: InputShape = None,
    settings: Settings = None,
    limit: LimitOptions = None,
) -> None:
    """Write one HTML page to explore: drawing, table and formulas, nothing loaded."""
    from archcalc.render.page import page

    networks = [load_network(name, input, settings, limit) for name in nets]
    write(page(networks), output)
