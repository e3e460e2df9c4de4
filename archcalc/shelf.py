"""The shelf: every shipped network with its figures, for `archcalc list`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

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
    note = Note(
        "parameters and MACs of inference, side heads left out; batch 1.", "definition"
    )
    table = Table("", COLUMNS, tuple(_lines(found)))
    return Report("list", "Networks", family or "all", (table,), (note,))


def _lines(found: Sequence[Network]) -> Iterator[Row]:
    """Yield the networks of each family under its name."""
    by_family = sorted(found, key=lambda network: network.spec.about.family or "")
    for family, members in groupby(by_family, lambda n: n.spec.about.family or "other"):
        yield Row((family, *[None] * (len(COLUMNS) - 1)), kind="head", path=family)
        yield from map(_row, members)


def _row(network: Network) -> Row:
    analysis = network.analyze()
    total, graph = analysis.total, analysis.graph
    title = (
        network.title
        if network.variant is None
        else f"{network.title}, {network.variant}"
    )
    cells = (
        network.name,
        title,
        total.params,
        total.macs,
        depth(graph),
        graph.nodes[graph.inputs[0]].shape,
    )
    family = network.spec.about.family or "other"
    return Row(cells, kind="row", depth=1, path=f"{family}/{network.name}")
