"""The shelf: every shipped network with its figures, for `archcalc list`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import compress, groupby

from archcalc.errors import unknown
from archcalc.graph.paths import depth
from archcalc.language.library import shipped
from archcalc.network.network import Network, load
from archcalc.reports.cells import Column, Line, Note, Table, column
from archcalc.reports.report import Report

COLUMNS = (
    Column("name", "name", "name"),
    Column("title", "title", "text"),
    column("params"),
    column("active_params", gives_way=1),
    column("macs"),
    column("depth"),
    Column("input", "input", "shape", gives_way=2),
)


def networks(variants: bool) -> Iterator[Network]:
    """Yield every shipped network, and variants where asked or named."""
    for name in shipped():
        network = load(name)
        yield network
        named = network.spec.aliases.values()
        for variant in network.variants:
            if variants or variant in named:
                yield Network(network.spec, variant)


Tracker = Callable[[Iterable[Network]], Iterable[Network]]


def list_report(
    family: str | None = None, variants: bool = False, track: Tracker = iter
) -> Report:
    """Return the report of `archcalc list`; raise `UsageError` for an unknown family.

    `track` passes networks on while they are read, so that progress can be shown.
    """
    found = [n for n in track(networks(variants)) if family in (None, family_of(n))]
    if not found:
        families = sorted({family_of(network) for network in networks(False)})
        raise unknown("AC510", "family", family or "", families, "families")
    note = Note(
        "parameters and MACs of inference, without side heads, for one image.",
        "definition",
    )
    lines = []
    for name, members in groupby(sorted(found, key=family_of), family_of):
        lines.append(Line((name, *[None] * (len(COLUMNS) - 1)), kind="head", path=name))
        lines += map(_row, track(members))
    table = _without_empty(Table("", COLUMNS, tuple(lines)))
    return Report("list", "Networks", family or "all", (table,), (note,))


def _without_empty(table: Table) -> Table:
    """Return a table without columns in which no line has a cell."""
    cells = zip(*(line.cells for line in table.rows), strict=True)
    kept = [any(cell is not None for cell in column) for column in cells]
    columns = tuple(compress(table.columns, kept))
    rows = (replace(r, cells=tuple(compress(r.cells, kept))) for r in table.rows)
    return replace(table, columns=columns, rows=tuple(rows))


def family_of(network: Network) -> str:
    """Return the family that a network is listed under."""
    return network.spec.about.family or "other"


def _row(network: Network) -> Line:
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
        total.active_params if total.idle != 0 else None,
        total.macs,
        depth(graph),
        graph.nodes[graph.inputs[0]].shape,
    )
    return Line(cells, depth=1, path=f"{family_of(network)}/{network.name}")
