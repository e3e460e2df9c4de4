"""What the page knows of a network, as plain data for JSON.

    {"version", "conventions": [{"name", "unit", "brief", "about", "source"}, …],
     "dtypes": {"float32": 32, …},
     "networks": [{"name", "title", "about", "depth", "notes", "formulas",
                   "rows": {KEY: [one value a row, …], …},
                   "operations": {CONVENTION: […]}, "params": {CONVENTION: […]},
                   "further": {CONVENTION: […] or null}}, …]}

Rows are those of the table, heads of groups among them. Counts are for one sample:
the page multiplies by the batch. `further` has what each further sample adds where a
convention counts something once a batch, null where that is no single number. Of a
head counts are 0; the page sums its rows.
A whole number beyond 2⁵³ is a text. Formulas are indices into `formulas`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from archcalc.checks.claims.expectations import judge_known
from archcalc.errors import UsageError, clean
from archcalc.figures.conventions import CONVENTIONS
from archcalc.figures.facts import Figures
from archcalc.figures.formats import DTYPES
from archcalc.figures.formulas.scripts import UNICODE
from archcalc.graph.graph import Graph
from archcalc.graph.paths import depth, depths
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Row
from archcalc.records import replace
from archcalc.render.page.side_by_side import lanes
from archcalc.reports.diagram import Folding
from archcalc.reports.explanation import Derivation, Explainer
from archcalc.reports.table import erratum_notes
from archcalc.sizes.dims import Dim
from archcalc.version import __version__

EXACT = 2**53
SIDE_HEAD = "side head, training only"
COUNTED = ("weights", "biases", "norms", "buffers", "activations")


def content(networks: Sequence[Network]) -> dict[str, Any]:
    """Return everything that the page shows.

    Raises `UsageError` AC534 where a size stayed a name.
    """
    return {
        "version": __version__,
        "conventions": [
            {key: getattr(one, key) for key in ("name", "unit", "brief", "source")}
            for one in CONVENTIONS.values()
        ],
        "dtypes": DTYPES,
        "networks": [_network(network) for network in networks],
    }


def _network(network: Network) -> dict[str, Any]:
    analysis = network.analyze()
    sizes = chain.from_iterable(analysis.outputs)
    whole = (*sizes, analysis.total.macs, analysis.total.params)
    if not all(isinstance(size, int) for size in whole):
        message = f"a page shows numbers, and {network.name} has symbolic sizes"
        raise UsageError.of("AC534", message, help="--input 3x224x224")
    rows = list(analysis.outline("layers"))
    formulas = _Formulas(analysis)
    judged = list(judge_known(network, analysis))
    return {
        "name": clean(network.name),
        "title": clean(network.title),
        "depth": depth(analysis.graph),
        "outputs": _outputs(analysis, rows),
        "notes": [_note(note) for note in erratum_notes(judged)],
        "rows": {
            **_described(analysis.graph, rows),
            **_joined(analysis, rows),
            **_counted(analysis, rows),
            **_placed(analysis, rows),
            "formulas": [formulas.place(row) for row in rows],
        },
        "formulas": formulas.known,
        **_conventions(analysis, rows),
    }


def _outputs(analysis: Analysis, rows: Sequence[Row]) -> list[int]:
    """Return the rows that end with the nodes which leave the network."""
    ends = {row.output: at for at, row in enumerate(rows) if row.kind == "row"}
    return [ends[i] for i in analysis.graph.outputs]


def _note(note: Any) -> str:
    cite = f" ({clean(note.cite)})" if note.cite else ""
    return f"{note.kind}: {clean(' '.join(note.text.split()), 4000)}{cite}"


# -- rows ------------------------------------------------------------------------------


def _described(graph: Graph, rows: Sequence[Row]) -> dict[str, list[Any]]:
    return {
        "name": [clean(row.name) for row in rows],
        "short": [clean(row.short or row.name) for row in rows],
        "what": [clean(SIDE_HEAD if row.label == "aux" else row.label) for row in rows],
        "shape": [row.shape for row in rows],
        "head": [int(row.kind == "head") for row in rows],
        "level": [row.depth for row in rows],
        "aux": [int(row.aux) for row in rows],
        "role": [_role(graph, row) for row in rows],
    }


def _role(graph: Graph, row: Row) -> str:
    """Return what kind of layer begins a row; the page colours by it."""
    return graph.nodes[row.nodes[0]].layer.role if row.nodes else "group"


def _joined(analysis: Analysis, rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Return which rows enter each row, its lane beside others, and what it equals."""
    folding = Folding(analysis)
    place = [at for at, row in enumerate(rows) if row.kind == "row"]
    sources = iter(folding.sources)
    named = {row.name: at for at, row in reversed(list(enumerate(rows)))}
    alike = folding.alike
    return {
        "sources": [
            [place[source] for source in next(sources)] if row.kind == "row" else []
            for row in rows
        ],
        "lane": lanes(analysis.graph, rows),
        "like": [
            named.get(alike.get(row.name, row.name), at) for at, row in enumerate(rows)
        ],
    }


def _counted(analysis: Analysis, rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Return the counts of one sample, activations also where nothing is in place."""
    own = [row.figures if row.kind == "row" else None for row in rows]
    found = {key: _column(own, key) for key in COUNTED}
    apart = _figures_with(analysis, rows, inplace=False)
    return {**found, "kept": _column(apart, "activations")}


def _figures_with(
    analysis: Analysis, rows: Sequence[Row], **setting: Any
) -> list[Figures | None]:
    """Return the figures of rows with another setting; of a head, None."""
    other = replace(analysis, setting=replace(analysis.setting, **setting))
    return [other.of_row(row) if row.kind == "row" else None for row in rows]


def _column(found: Sequence[Figures | None], key: str) -> list[int | str]:
    return [exact(getattr(one, key)) if one is not None else 0 for one in found]


def exact(value: Dim) -> int | str:
    """Return a whole number as JavaScript reads it exactly."""
    return value if isinstance(value, int) and value < EXACT else str(value)


def _placed(analysis: Analysis, rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Return the depth and the receptive field of what leaves each row."""
    deep, fields = depths(analysis.graph), analysis.receptive
    seen = [fields[row.output] for row in rows]
    return {
        "depth": [deep[row.output] for row in rows],
        "field": [[f.size for f in found] if found else None for found in seen],
    }


def _conventions(
    analysis: Analysis, rows: Sequence[Row]
) -> dict[str, Mapping[str, Any]]:
    """Return operations by every convention, and parameters where they differ."""
    operations, params, further = {}, {}, {}
    for name, one in CONVENTIONS.items():
        alone = _figures_with(analysis, rows, convention=name, batch=1)
        if one.unit is not None:
            operations[name] = _column(alone, "operations")
        if one.counts_params:
            params[name] = _column(alone, "reported_params")
        if one.counts_batches:
            first, second, third = (
                [*map(_operations, found)]
                for found in (
                    alone,
                    _figures_with(analysis, rows, convention=name, batch=2),
                    _figures_with(analysis, rows, convention=name, batch=3),
                )
            )
            more = [b - a for a, b in zip(first, second, strict=True)]
            if more != first:
                same = more == [b - a for a, b in zip(second, third, strict=True)]
                further[name] = list(map(exact, more)) if same else None
    return {"operations": operations, "params": params, "further": further}


def _operations(found: Figures | None) -> Dim:
    return 0 if found is None else found.operations


# -- formulas --------------------------------------------------------------------------


class _Formulas:
    """The formulas of every row, equal ones once: `[[[figure, formula], …], …]`."""

    def __init__(self, analysis: Analysis) -> None:
        parts = Explainer(analysis).explain(None).parts[:-1]
        shared = {id(part.lines): part.lines for part in parts}  # by equal layers
        written = {key: [*map(_line, lines)] for key, lines in shared.items()}
        self.of = {part.name: written[id(part.lines)] for part in parts}
        self.reasons = {part.name: part.remarks for part in parts}
        self.known: list[list[list[str]]] = []
        self.places: dict[tuple[str, ...], int] = {}

    def place(self, row: Row) -> int:
        """Return where a row's formulas stand; of a head, the number of none."""
        lines = self.of.get(row.name, []) if row.kind == "row" else []
        place = self.places.setdefault(
            tuple(text for line in lines for text in line), len(self.known)
        )
        if place == len(self.known):
            self.known.append(lines)
        return place


def _line(line: Derivation) -> list[str]:
    formula = line.formula
    if line.alike:
        shown = f"{formula.result(UNICODE)} as the {line.alike}"
    else:
        shown = " = ".join(formula.steps(UNICODE, symbols=False))
    return [clean(line.figure), clean(shown, 2000)]
