"""The report of `archcalc audit`: figures under their sources, counts, reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, Literal

from archcalc.checks.claims.audit import AGREE, VERDICTS, Published, Verdict
from archcalc.checks.claims.citations import KINDS, REFERENCES
from archcalc.errors import UsageError, unknown
from archcalc.reports.cells import Cell, Column, Line, Note, Table
from archcalc.reports.report import Report
from archcalc.sizes.dims import Poly

Medium = Literal["terminal", "document", "data"]
FIGURE = Column("figure", "figure", "name")
PUBLISHED = Column("published", "published", "value")
STATED = Column("published", "stated", "value")
"""Heads the figures of the spec that were printed nowhere."""
COMPUTED = Column("computed", "computed", "value")
VERDICT = Column("verdict", "verdict", "text")
SAID = Column("said", "as it is printed", "text")
CITE = Column("cite", "where", "text")
WHY = Column("why", "why", "text")
KIND = Column("source_kind", "kind of source", "text")
SOURCE = Column("source", "source", "text")
COLUMNS: dict[Medium, tuple[Column, ...]] = {
    "terminal": (FIGURE, PUBLISHED, COMPUTED, VERDICT),
    "document": (FIGURE, PUBLISHED, COMPUTED, VERDICT, SAID, CITE, WHY),
    "data": (FIGURE, PUBLISHED, COMPUTED, VERDICT, SAID, CITE, WHY, KIND, SOURCE),
}
GROUPS: dict[str, tuple[Verdict, ...]] = {
    "agree": AGREE,
    "errata": ("erratum",),
    "loose": ("loose",),
    "named": ("shipped",),
    "fail": ("fails", "stale"),
}


def audit_report(found: Sequence[Published], subject: str, layout: Medium) -> Report:
    """Return the report of some findings.

    A terminal has a table a source, the counts last, and the reasons as notes; a
    document has the counts first and the reasons in a column; data have one table with
    everything. The counts are of published figures: what is computed here and printed
    nowhere is listed, and counted apart in the last note.
    """
    counts = _counts_by_source(found)
    if layout == "data":
        tables = [
            Table("figures", COLUMNS[layout], tuple(_rows(found, layout))),
            counts,
        ]
    else:
        tables = list(_by_source(found, layout))
        tables.insert(0 if layout == "document" else len(tables), counts)
    explained = [f for f in found if f.verdict in ("erratum", "loose")]
    reasons = map(_reason, explained) if layout == "terminal" else ()
    notes = (*reasons, *_references(found), Note(_met(found)))
    title = f"Published figures of {subject}, compared with computed ones"
    ok = not any(f.verdict in GROUPS["fail"] for f in found)
    return Report("audit", title, subject, tuple(tables), notes, ok=ok)


def chosen(
    found: Sequence[Published], only: str | None, source: str | None
) -> list[Published]:
    """Return the findings with these verdicts (`errata,loose`) and from this source.

    Raises `UsageError` AC552 for a verdict that is none, or a source nobody cites.
    """
    verdicts: set[str] = set()
    for word in filter(None, map(str.strip, (only or "").split(","))):
        if word not in VERDICTS and word not in GROUPS:
            raise unknown("AC552", "verdict", word, (*GROUPS, *VERDICTS))
        verdicts |= set(GROUPS.get(word, (word,)))
    kept = [f for f in found if not verdicts or f.verdict in verdicts]
    if source is None:
        return kept
    if not any(_is_from(f, source) for f in found):
        help = f"kinds: {', '.join(KINDS)}; or a part of a citation"
        raise UsageError.of("AC552", f"no figure is from {source!r}", help=help)
    return [f for f in kept if _is_from(f, source)]


def _is_from(one: Published, source: str) -> bool:
    if source in KINDS:
        return one.source.kind == source
    return source.casefold() in one.cite.casefold()


# -- tables ----------------------------------------------------------------------------


def _by_source(found: Sequence[Published], layout: Medium) -> Iterator[Table]:
    for source, figures in groupby(found, key=lambda f: f.source):
        title = f"{KINDS[source.kind]}: {source.name}"
        columns = COLUMNS[layout]
        if source.kind == "computed":
            columns = tuple(STATED if one is PUBLISHED else one for one in columns)
        yield Table(title, columns, tuple(_rows(figures, layout)))


def _rows(found: Iterable[Published], layout: Medium) -> Iterator[Line]:
    for one in found:
        name = f"{one.subject} {one.what}"
        published, computed = _pair(one, layout)
        more = (one.said, one.cite, _why(one), one.source.kind, one.source.name)
        cells = (name, published, computed, _word(one), *more)
        yield Line(cells[: len(COLUMNS[layout])], path=name, kinds="count")


def _pair(one: Published, layout: Medium) -> tuple[Cell, Cell]:
    """Return the two figures; a terminal has no room for a list of words."""
    if layout == "data":
        return one.published, _raw(one)
    words = isinstance(one.value, tuple) and isinstance(one.value[0], str)
    if words and layout == "terminal":
        return f"{len(one.published.split())} words", f"{len(one.value)} words"
    return one.published, one.computed


def _raw(one: Published) -> Cell:
    """Return a computed value as data."""
    value: Any = one.value
    if isinstance(value, (bool, int, Fraction, Poly)):
        return value
    if isinstance(value, tuple) and not isinstance(value[0], str):
        return value
    return one.computed


def _word(one: Published) -> str:
    return one.verdict.upper() if one.verdict in GROUPS["fail"] else one.verdict


def _counts_by_source(found: Sequence[Published]) -> Table:
    """Return how many figures each source has, by verdict; empty columns left out."""
    found = [f for f in found if f.source.kind != "computed"]
    keys = [key for key in GROUPS if any(f.verdict in GROUPS[key] for f in found)]
    columns = [
        Column("source", "source", "name"),
        Column("figures", "figures", "count"),
    ]
    columns += [Column(key, key, "count") for key in keys]
    rows = []
    for kind, figures in groupby(found, key=lambda f: f.source.kind):
        of_kind = list(figures)
        rows.append(Line((kind, *_counts(of_kind, keys)), "subtotal", path=kind))
        for name, own in groupby(of_kind, key=lambda f: f.source.name):
            cells = (name, *_counts(list(own), keys))
            rows.append(Line(cells, depth=1, path=f"{kind}: {name}"))
    rows.append(Line(("total", *_counts(found, keys)), "total", path="total"))
    return Table("sources", tuple(columns), tuple(rows))


def _counts(found: Sequence[Published], keys: Sequence[str]) -> tuple[int, ...]:
    verdicts = Counter(f.verdict for f in found)
    return len(found), *(sum(verdicts[v] for v in GROUPS[key]) for key in keys)


# -- words -----------------------------------------------------------------------------


def _why(one: Published) -> str:
    near = f"nearest reading: {one.near}" if one.near else ""
    return "; ".join(part for part in (one.why, near) if part)


def _reason(one: Published) -> Note:
    said = one.said or one.published
    text = f'{one.subject} {one.what}: {one.computed}, published "{said}"; {_why(one)}'
    return Note(text, "erratum" if one.verdict == "erratum" else "loose", one.cite)


def _references(found: Sequence[Published]) -> Iterator[Note]:
    """Yield what the short names of sources among the findings stand for."""
    names = {name for f in found for name in f.source.name.split("; ")}
    for name, full in REFERENCES.items():
        if name in names:
            yield Note(f"{name}: {full}.")


def _met(found: Sequence[Published]) -> str:
    """Return how many figures are met in each way, published ones first."""
    computed = [f for f in found if f.source.kind == "computed"]
    published = [f for f in found if f.source.kind != "computed"]
    told = f"{len(published):,} published figures: {_ways(published)}."
    if computed:
        ways = _ways(computed)
        told += f" {len(computed):,} figures that are only computed here: {ways}."
    return told


def _ways(found: Sequence[Published]) -> str:
    """Return how many figures are met in each way."""
    verdicts = Counter(f.verdict for f in found)
    parts = [f"{verdicts[v]:,} {VERDICTS[v]}" for v in VERDICTS if verdicts[v]]
    return ", ".join(parts) or "none"
