"""The report of `archcalc reconcile`: readings, what each departs by, and the odds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from archcalc.checks.claims.expectations import Judged, judge
from archcalc.checks.claims.reconcile import Candidate, Match, Odds, Reconciled
from archcalc.layers.base import times
from archcalc.network.named_figures import Others
from archcalc.network.network import Network
from archcalc.reports.cells import Column, Headline, Line, Note, Table
from archcalc.reports.report import Report

SHOWN = 8
"""So many explanations are printed unless all are asked for."""
NAMES_SHOWN = 6
LITTLE, SURE, LUCK = 0.001, 0.05, 0.5
"""Where fewer match by chance than these, it is not said how few, a match is hardly
luck, or it is no sign of luck."""
DEPARTURES = (
    "how many steps a reading is away from the plain one. Another way of counting, a "
    "part left out or added, another variant, network, input, number of classes or "
    "unit is one step; one row or branch is two."
)
FIGURE = Column("figure", "exact", "count")
READS = Column("reads", "reads", "formula")
WEIGHT = Column("departures", "departures", "count", note=DEPARTURES, short="dep.")
READING = Column("reading", "reading", "text")


def reconcile_report(
    found: Reconciled, everything: bool = False, others: Others | None = None
) -> Report:
    """Return the report of what was found; `everything` shows every explanation.

    `others` are the networks that claims of the network's own file may name.
    """
    network = found.network
    shown = found.explanations if everything else found.explanations[:SHOWN]
    table = _explanations(shown) if found.ok else _misses(found.nearest)
    notes = (
        Note(_plainly(found.plain)),
        *(Note(f"{i}: {_told(e)}.") for i, e in enumerate(shown, 1)),
        *_more(found, len(shown)),
        Note(_odds(found)),
        *_known(found, others),
    )
    title = f"{network.name}: {found.quoted.text}"
    inputs = [times(shape) for shape in network.input_shapes.values()]
    settings = {"input": ", ".join(inputs)}
    return Report(
        "reconcile",
        title,
        network.name,
        (table,),
        notes,
        settings,
        ok=found.ok,
        headlines=(_simplest(found),) if found.ok else (),
    )


def _simplest(found: Reconciled) -> Headline:
    """Return the first reading of all."""
    count, first = len(found.explanations), found.explanations[0]
    which = "the only reading" if count == 1 else f"the simplest of {count:,} readings"
    value, name = first.first.reading.value, f"({first.first.tag})"
    return Headline(f"{found.quoted.text}, {which}", ((value, name, "count"),))


def _explanations(shown: Sequence[Match]) -> Table:
    columns = (Column("number", "", "name"), FIGURE, READS, WEIGHT, READING)
    rows = tuple(
        Line((str(i), e.first.reading.value, _reads(e.first), e.first.weight, _tags(e)))
        for i, e in enumerate(shown, 1)
    )
    return Table("readings that match", columns, rows)


def _misses(nearest: Sequence[Candidate]) -> Table:
    columns = (
        Column("reading", "reading", "name"),
        FIGURE,
        READS,
        Column("off", "off by", "percent"),
        WEIGHT,
    )
    rows = tuple(
        Line((c.tag, c.reading.value, _printed(c), c.off, c.weight)) for c in nearest
    )
    return Table("no reading matches; the nearest ones", columns, rows)


# -- words -----------------------------------------------------------------------------


def _printed(candidate: Candidate) -> str:
    """Return the value as the claim prints it, with two digits more."""
    asked = candidate.asked
    number = Fraction(candidate.amount, asked.scale)
    places = len(asked.claim.text.partition(".")[2]) + 2 if asked.scale > 1 else 2
    shown = f"{float(number):,.{places}f}".rstrip("0").rstrip(".")
    return f"{shown} {asked.unit}".strip()


def _reads(candidate: Candidate) -> str:
    if candidate.fit == "exact":
        return "exactly"
    return f"{_printed(candidate)}, {candidate.fit}"


def _tags(explanation: Match) -> str:
    count = len(explanation.equal) + len(explanation.others)
    words = explanation.first.tag
    return f"{words} (one of {count + 1})" if count else words


def _told(explanation: Match) -> str:
    """Return an explanation as a sentence without its end."""
    first = explanation.first
    reading = first.reading
    told = [f"{reading.value:,}: {reading.way.text}"]
    if reading.part.name:
        told.append(_named(explanation))
    elif reading.part.group:
        told.append(reading.part.group)
    if reading.subject.text:
        sized = reading.subject.change in ("input", "classes")
        told.append(f"{'with' if sized else 'of'} {reading.subject.text}")
    if explanation.others and not reading.part.name:
        count = len(explanation.others)
        noun = "number of classes matches" if count == 1 else "numbers of classes match"
        told.append(f"{count} other {noun} too")
    if first.asked.implied:
        told.append(f"read as {_unit(first)}")
    if first.mixed:
        told.append(_mixed(first))
    if first.fit == "truncates":
        told.append("cut off instead of rounded")
    return "; ".join(told)


def _unit(candidate: Candidate) -> str:
    """Return the unit that a figure without one was read in."""
    asked = candidate.asked
    return asked.unit if asked.kind == "bytes" else f"{asked.unit} {asked.kind}"


def _mixed(candidate: Candidate) -> str:
    asked = candidate.asked
    power = {1: "10", 2: "20", 3: "30", 4: "40"}[len(str(asked.scale)) // 3]
    if asked.binary:
        return f"{asked.unit} taken as powers of 1000"
    raised = power.translate(str.maketrans("01234", "⁰¹²³⁴"))
    return f"{asked.unit} taken as 2{raised}"


def _named(explanation: Match) -> str:
    """Return which row or branch: the label where it is one, names where several."""
    first = explanation.first.reading
    done = first.part.group.replace("one row", "row").replace("one branch", "branch")
    if not explanation.equal:
        label = next(
            (r.label for r in first.subject.analysis.rows if r.name == first.part.name),
            "",
        )
        words = f"{done}: {first.part.name}" + (f" ({label})" if label else "")
    else:
        names = [c.reading.part.name for c in (explanation.first, *explanation.equal)]
        more = ", …" if len(names) > NAMES_SHOWN else ""
        listed = ", ".join(names[:NAMES_SHOWN])
        words = f"{done}, one of these, which are equal: {listed}{more}"
    count = len(explanation.others)
    if not count:
        return words
    others = "other of this kind matches" if count == 1 else "others of this kind match"
    return f"{words}; {count} {others} too"


def _plainly(plain: Sequence[Candidate]) -> str:
    """Return what the plain readings give, each once."""
    found = {c.reading.way.text: c.reading.value for c in plain}
    said = "; ".join(f"{value:,} ({text})" for text, value in found.items())
    return f"plain readings: {said}."


def _more(found: Reconciled, shown: int) -> Iterator[Note]:
    rest = len(found.explanations) - shown
    if rest:
        yield Note(f"{rest} more, with as many departures or more; --all lists them.")


# -- odds ------------------------------------------------------------------------------


def _odds(found: Reconciled) -> str:
    """Return how many ways were tried, and what a match therefore proves."""
    spread, simple = found.spread, found.simple
    tried = (
        f"{spread.tried:,} ways of counting were tried ({spread.distinct:,} different "
        "values)"
    )
    if not found.ok:
        return f"{tried}; none matches, and {_expected(spread)}."
    if simple.tried == spread.tried:
        return f"{tried}; {_expected(spread)}, {_proves(simple)}."
    those = (
        "For the plain reading alone"
        if simple.tried == 1
        else f"Among the {simple.tried:,} ways that are as simple as the first match"
    )
    chance = f"{_expected(spread)}. {those}, {_expected(simple)}"
    return f"{tried}; {chance}, {_proves(simple)}."


def _expected(spread: Odds) -> str:
    """Return how many ways match by chance, in words."""
    if spread.chance >= LUCK:
        return f"about {max(1, round(spread.chance)):,} would match by chance"
    if spread.chance < LITTLE:
        least = round(1 / LITTLE)
        return f"a match by chance happens in less than 1 of {least:,} searches"
    return (
        f"a match by chance happens in about 1 of {round(1 / spread.chance):,} searches"
    )


def _proves(spread: Odds) -> str:
    """Return what a match proves among so many ways."""
    if spread.chance >= LUCK:
        return "so this match alone proves little"
    if spread.chance >= SURE:
        return "so this match may be chance"
    return "so this match is unlikely to be chance"


def _known(found: Reconciled, others: Others | None) -> Iterator[Note]:
    """Yield what the network's own file says of this very figure."""
    for one in _judged(found.network, others):
        value = one.claim.value
        meant = any(value == asked.claim.value for asked in found.quoted.asked)
        if meant and one.status in ("erratum", "loose"):
            why = " ".join((one.entry.why or "").split())
            said = one.entry.said or one.claim.text
            text = f"published as {one.what}, {said}: {why}"
            yield Note(text, one.status, one.entry.cite)


def _judged(network: Network, others: Others | None) -> Iterator[Judged]:
    if not network.settings and not network.input:
        yield from judge(network, others)
