"""The shelf: every shipped network with its figures, for `archcalc list`."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.depth import depth
from archcalc.errors import UsageError
from archcalc.fields import nearest
from archcalc.library import shipped
from archcalc.network import Network, load
from archcalc.report import Column, Note, Report, Row, Table

COLUMNS = (
    Column("name", "name", "name"),
    Column("title", "title", "text"),
    Column("params", "params", "count"),
    Column("macs", "MACs", "operations", unit="MAC"),
    Column("depth", "depth", "count"),
    Column("input", "input", "shape"),
    Column("family", "family", "text"),
)


def networks(variants: bool) -> Iterator[Network]:
    """Yield every shipped network, with its variants where asked or where they have names."""
    for name in shipped():
        network = load(name)
        yield network
        named = network.spec.aliases.values()
        for variant in network.variants:
            if variants or variant in named:
                yield Network(network.spec, variant)


def list_report(family: str | None = None, variants: bool = False) -> Report:
    """Return the report of `archcalc list`; raise `UsageError` for an unknown family."""
    found = [n for n in networks(variants) if family in (None, n.spec.about.family)]
    if not found:
        families = sorted({n.spec.about.family or "" for n in networks(False)} - {""})
        help = nearest(family or "", families) or f"families: {', '.join(families)}"
        raise UsageError.of("AC510", f"there is no family {family!r}", help=help)
    rows = tuple(_row(network) for network in found)
    note = Note("parameters and MACs of inference, side heads left out; batch 1.", "definition")
    return Report("list", "Networks", family or "all", (Table("", COLUMNS, rows),), (note,), {})


def _row(network: Network) -> Row:
    analysis = network.analyze()
    total, graph = analysis.total, analysis.graph
    title = network.title if network.variant is None else f"{network.title}, {network.variant}"
    cells = (
        network.name,
        title,
        total.params,
        total.macs,
        depth(graph),
        graph.nodes[graph.inputs[0]].shape,
        network.spec.about.family,
    )
    return Row(cells, kind="row", depth=0, path=network.name)
