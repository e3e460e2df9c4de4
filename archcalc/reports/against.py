"""The report of `archcalc against`: a tool's count beside ours, and why they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions import row_of
from archcalc.figures.conventions.measure import Measure
from archcalc.layers.base import Function
from archcalc.network.counters.holding import EACH, Held, Layered, Place, view_of
from archcalc.network.counters.tools import FUNCTIONS
from archcalc.reports.cells import (
    Cell,
    Column,
    ColumnKind,
    Headline,
    Line,
    Note,
    RowKind,
    Table,
)
from archcalc.reports.report import Report
from archcalc.reports.table import convention_note

OURS = {"MAC": "MACs", "FLOP": "2 × MACs"}
WHOLE = "(around all layers)"
OUTSIDE = "not explained: the tool gives it to no part of the network"


def against_report(held: Held) -> Report:
    """Return the report of a network held against a tool."""
    unit = held.way.unit or "MAC"
    settings = {"convention": held.way.name, "version": held.version}
    if held.batch > 1:
        settings["batch"] = f"{held.batch}"
    subject = held.theirs or held.name
    return Report(
        "against",
        f"{subject} in {held.way.name} {held.version}, beside archcalc",
        held.name,
        (_steps(held, unit), *_kinds(held, unit)),
        tuple(_notes(held, unit)),
        settings,
        ok=held.ok,
        headlines=(_headline(held, unit),),
    )


def _columns(held: Held, unit: str) -> tuple[Column, ...]:
    left = Column("left", "not explained", "change", unit=unit)
    name = held.way.name
    return (
        Column("place", "module" if held.theirs else "layer", "name"),
        Column("macs", OURS[unit], "operations", unit=unit),
        Column("convention", "by its rules", "operations", unit=unit),
        Column("tool", name, "operations", unit=unit),
        Column("difference", "difference", "change", unit=unit),
        *((left,) if held.left or held.outside else ()),
        Column("reason", "why", "text", wraps=True),
    )


def _steps(held: Held, unit: str) -> Table:
    """Return the table of all places where one side counts something."""
    with_left = bool(held.left or held.outside)

    def cells(name: str, counts: tuple[int, ...], left: int, why: str) -> Line:
        rest = (left or None,) if with_left else ()
        kind: RowKind = "total" if name == "total" else "row"
        return Line((name, *counts, *rest, why or None), kind, path=name)

    rows = [
        cells(
            place.name or WHOLE,
            (place.macs, place.ours, place.theirs, place.difference),
            place.left,
            "; ".join(dict.fromkeys(one.why for one in reasons(held, place))),
        )
        for place in held.places
        if place.macs or place.ours or place.theirs
    ]
    whole = (held.macs, held.ours, held.operations, held.operations - held.macs)
    left = sum(place.left for place in held.places) + held.outside
    return Table("", _columns(held, unit), (*rows, cells("total", whole, left, "")))


def _kinds(held: Held, unit: str) -> Iterator[Table]:
    """Yield the table of reasons: how often each, and what it makes."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place in held.places:
        for one in reasons(held, place):
            found[one.kind, one.why].append(one.difference)
    if held.outside:
        found[WHOLE, OUTSIDE].append(held.outside)
    if not found:
        return
    columns = (
        Column("layer", "what differs", "name"),
        Column("places", "places", "count"),
        Column("difference", "difference", "change", unit=unit),
        Column("reason", "why", "text", wraps=True),
    )
    ranked = sorted(found.items(), key=lambda item: -abs(sum(item[1])))
    rows = [
        Line((kind, len(counts), sum(counts), why), path=kind)
        for (kind, why), counts in ranked
    ]
    places, whole = sum(map(len, found.values())), held.operations - held.macs
    last = Line(("total", places, whole, None), "total", path="total")
    yield Table("reasons", columns, (*rows, last))


def _notes(held: Held, unit: str) -> Iterator[Note]:
    """Yield the verdict, what is said of parameters, and what the convention is."""
    name, extra = held.way.name, held.operations - held.macs
    left = sum(place.left for place in held.places) + held.outside
    told = f"{name} counts {held.operations:,} {unit}s"
    if not extra and not left:
        yield Note(f"{told}, as archcalc does, to the last operation.")
    else:
        side = "more" if extra > 0 else "fewer"
        differs = f"{abs(extra):,} {side} than archcalc's {held.macs:,}"
        yield Note(f"{told}, {differs if extra else 'as many as archcalc'}.")
    places = [*held.left, *([OUTSIDE] if held.outside else [])]
    if places:
        where = f"in {len(places):,} place{'s' * (len(places) != 1)}"
        yield Note(f"{left:+,} {unit}s {where} are not explained.", "erratum")
    elif extra:
        yield Note("Every operation of the difference is explained.")
    nodes = [node for node in held.graph.nodes if node.layer.uncounted]
    if nodes:
        labels = ", ".join(dict.fromkeys(node.layer.label() for node in nodes))
        yield Note(f"No rule of archcalc counts {labels}.", "loose")
    yield _params(held)
    yield convention_note(held.way)


def _params(held: Held) -> Note:
    """Return what is said of parameters."""
    ours, counted, theirs = held.params
    name = held.way.name
    if theirs == ours:
        return Note(f"{name} and archcalc count {ours:,} parameters.")
    differ = f"{name} reports {theirs:,} parameters, archcalc counts {ours:,}"
    if theirs == counted:
        return Note(f"{differ}; the difference is that of its convention.")
    rest = f"{theirs - counted:+,} are not explained"
    return Note(f"{differ}; by its convention they are {counted:,}: {rest}.", "erratum")


def _headline(held: Held, unit: str) -> Headline:
    figures: list[tuple[Cell, str, ColumnKind]] = [
        (held.operations, f"{unit}s in {held.way.name}", "operations"),
        (held.macs, OURS[unit], "operations"),
    ]
    return Headline(held.name, tuple(figures))


# -- why -------------------------------------------------------------------------------


class Reason(NamedTuple):
    """Why a tool's count differs at a place by so much; reasons of a place add up."""

    kind: str
    why: str
    difference: int


def reasons(held: Held, place: Place) -> Iterator[Reason]:
    """Yield why the tool's count at a place differs from our multiply-accumulates."""
    for one in place.layers:
        if one.ours != one.macs:
            yield Reason(
                one.node.layer.key,
                _by_convention(held, place, one),
                one.ours - one.macs,
            )
    rest = place.theirs - place.ours
    if rest:
        keys = dict.fromkeys(one.node.layer.key for one in place.layers)
        kinds = " + ".join(keys) or place.name or WHOLE
        why = _unexplained(place) if place.left else _written(place)
        yield Reason(kinds, why, rest)


def _unexplained(place: Place) -> str:
    """Return what is said where nothing explains a difference."""
    nodes = [one.node for one in place.layers if one.node.layer.uncounted]
    labels = ", ".join(dict.fromkeys(node.layer.label() for node in nodes))
    return f"not explained; no rule here counts {labels}" if nodes else "not explained"


def _written(place: Place) -> str:
    """Return how a module writes what the reference build writes otherwise."""
    if place.spelling is not None:
        return f"counted as where it is written {place.spelling.written}"
    here, there = _listed(place.parts), _listed(place.reference or {})
    return f"written otherwise here: {here}; in the reference build {there}"


def _listed(parts: Mapping[str, int]) -> str:
    """Return what a tool counts, without the numbers."""
    counted = sorted(what for what, count in parts.items() if count)
    return " + ".join(counted) or "not counted"


def _by_convention(held: Held, place: Place, one: Layered) -> str:
    """Return how a tool counts a layer, where that is not by multiply-accumulates."""
    node, name = one.node, held.way.name
    parts = place.parts if place.reference is None else place.reference
    if not one.ours:
        record = node.layer.torch(*held.graph.input_shapes(node))
        if missed := [what for what, count in parts.items() if not count]:
            return f"not seen: {name} has no rule for {', '.join(sorted(missed))}"
        if isinstance(record, Function):
            return f"not seen: written in code that {name} has no rule for"
        return f"not seen: {name} has no rule for {record.target}"
    view = view_of(held.graph, node, held.batch)
    each = EACH[held.way.unit or "MAC"]
    rule = row_of(held.way.operations, node.layer)
    terms = [
        _term(measure, weight)
        for measure, weight in rule.items()
        if measure(view) and (measure, weight) != (m.mac, each)
    ]
    told = " + ".join(terms)
    if one.macs and m.mac not in rule:
        told = f"{told}, in place of MACs"
    if len(place.layers) == 1 and _twice(parts):
        told = f"{told}: twice, as a module and as the function that it calls"
    return told


def _twice(parts: Mapping[str, int]) -> bool:
    """Say whether a tool counts something as a module and as a function."""
    counted = [what for what, count in parts.items() if count]
    return FUNCTIONS in counted and len(counted) > 1


def _term(measure: Measure, weight: int) -> str:
    """Return how often something is counted."""
    return measure.symbol if weight == 1 else f"{weight} × {measure.symbol}"
