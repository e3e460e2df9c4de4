"""Which ways of counting give a published figure, and how many were tried.

Every reading (`readings.py`) of every meaning of the figure (`claimed.py`) is held
against its printed digits. The answer says how many departures from the plain reading
each explanation needs, and how many readings would meet the digits by chance alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice

from archcalc.checks.claims.expectations import Computed, Fit
from archcalc.checks.claims.quoted import EXACT_DIGITS, Asked, Quoted, quoted
from archcalc.checks.claims.readings import Reading, readings
from archcalc.checks.claims.subjects import Subject, subjects
from archcalc.limits import Limits
from archcalc.network.network import Network
from archcalc.records import NamedTuple, dataclass

FEW, MORE = 2, 3
"""The most departures tried, for a figure of few digits and for one of five or more."""
FITS: tuple[Fit, ...] = ("exact", "rounds", "truncates", "bound")
"""How a reading may meet a figure, the best first."""
NEAR = 2
"""Chance is judged by the readings between a claim divided and multiplied by this."""


class Candidate(NamedTuple):
    """A reading of one meaning of a figure.

    `amount` is its value as the claim would print it; `mixed` says that powers of 1000
    and 1024 change places.
    """

    reading: Reading
    asked: Asked
    amount: Fraction
    mixed: bool
    weight: int
    fit: Fit | None = None

    @property
    def off(self) -> Fraction:
        """How far the amount is from the printed figure, as a share of it."""
        claimed = _claimed(self.asked)
        return abs(self.amount - claimed) / claimed

    @property
    def guessed(self) -> bool:
        """Whether it leaves out or doubles one of many rows, which no source does."""
        return bool(self.reading.part.name)

    @property
    def order(self) -> tuple[int, bool, bool, bool, Fraction]:
        """Simplest first; of those equally simple, what a source is known to do.

        Then a rounded figure before one cut off, then the nearest.
        """
        cut = self.fit == "truncates"
        return self.weight, self.guessed, cut, self.mixed, self.off

    @property
    def tag(self) -> str:
        """The reading in a few words."""
        reading = self.reading
        unit = "1024 for 1000" if self.against_unit else ""
        parts = (reading.subject.text, reading.way.tag, reading.part.group, unit)
        return ", ".join(part for part in parts if part)

    @property
    def against_unit(self) -> bool:
        """Whether powers of 1000 and 1024 change places against the unit's name."""
        binary = self.reading.way.binary and not self.asked.binary
        return self.mixed != binary


class Odds(NamedTuple):
    """How wide a search was.

    `tried` readings gave `distinct` values; `near` of them lie within a factor of two
    of the claim; were those spread evenly, `chance` of them would meet its digits.
    """

    tried: int
    distinct: int
    near: int
    chance: float


@dataclass(frozen=True, slots=True)
class Match:
    """Candidates that differ in one thing alone of which there are many.

    It is the row or branch that they leave out or double, or the count of classes.

    The first is the nearest; `equal` those with the same value, `others` the rest.
    """

    first: Candidate
    equal: tuple[Candidate, ...]
    others: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found: explanations, the nearest misses, and how wide the search was.

    `spread` is of every reading, `simple` of those that depart no more than the first
    explanation.
    """

    network: Network
    quoted: Quoted
    plain: tuple[Candidate, ...]
    explanations: tuple[Match, ...]
    nearest: tuple[Candidate, ...]
    spread: Odds
    simple: Odds

    @property
    def ok(self) -> bool:
        """Whether some reading gives the figure."""
        return bool(self.explanations)


def reconcile(network: Network, text: str) -> Reconciled:
    """Return the readings of a network that give a quoted figure, simplest first.

    Raises `UsageError` AC550 for a text that is no figure, AC551 for a network whose
    sizes are names, and `LimitError` AC115 for one of too many variants or readings.

    >>> from archcalc.network.network import load
    >>> found = reconcile(load("vgg16"), "13.6 GFLOP").explanations[0]
    >>> found.first.reading.value, found.first.reading.part.group
    (13620576256, 'one row left out')
    """
    figure = quoted(text)
    most = MORE if figure.digits >= EXACT_DIGITS else FEW
    read = _within(network, subjects(network, most))
    found = _bounded(network.limits, candidates(read, figure, most))
    hits = list(_simplest(_needed([c for c in found if c.fit])))
    misses = () if hits else tuple(nearest(found))
    simple = [c for c in found if not hits or c.weight <= hits[0].weight]
    return Reconciled(
        network,
        figure,
        tuple(c for c in found if c.weight == 0 and not c.reading.weight),
        tuple(_explained(hits)),
        misses,
        _spread(found, figure),
        _spread(simple, figure),
    )


def _within(network: Network, found: Iterable[Subject]) -> Iterator[Subject]:
    """Yield subjects; raise `LimitError` where variants have too many nodes."""
    computed = Computed(network)
    for subject in found:
        if subject.change == "variant":
            computed.count(subject.network)
        yield subject


def _bounded(limits: Limits, found: Iterator[Candidate]) -> list[Candidate]:
    """Return all candidates; raise `LimitError` where they are too many."""
    kept = list(islice(found, limits.readings + 1))
    if len(kept) > limits.readings:
        what = "the ways to read this figure are too many"
        raise limits.exceeded("readings", what)
    return kept


def candidates(
    found: Iterable[Subject], figure: Quoted, most: int
) -> Iterator[Candidate]:
    """Yield every reading of every meaning that departs by at most `most`.

    Few digits meet much by chance. So where few departures are tried, those that many
    values come of are tried alone: another input, another count of classes, powers of
    1024 in a figure that is not of bytes.
    """
    few = most <= FEW
    for subject in found:
        other = subject.change in ("input", "classes")
        plain = few and other
        for asked in figure.asked:
            for reading in readings(subject, asked.kind, most + asked.flop, plain):
                if not _fits_words(reading, asked):
                    continue
                way = reading.way.weight > 0
                for amount, mixed, extra in _amounts(reading, asked):
                    weight = reading.weight + extra
                    far = other or (way and asked.kind != "bytes")
                    if weight <= most and not (few and mixed and far):
                        fit = asked.claim.fit(amount)
                        yield Candidate(reading, asked, amount, mixed, weight, fit)


def _fits_words(reading: Reading, asked: Asked) -> bool:
    """Whether a reading is of what the words beside the figure name."""
    return asked.holds in ("", reading.way.kind, reading.way.holds)


def _amounts(reading: Reading, asked: Asked) -> Iterator[tuple[Fraction, bool, int]]:
    """Yield the value as the claim would print it, and what that departs by more.

    A tool that divides bytes by 2²⁰ and says MB is read so plainly; so are FLOPs that
    count a multiply-accumulate as two.
    """
    less = -1 if asked.flop and reading.way.flop else 0
    swapped = reading.way.binary and not asked.binary
    yield Fraction(reading.value), False, less + swapped
    if asked.factor != 1:
        yield reading.value * asked.factor, True, less + (not swapped)


def nearest(found: Iterable[Candidate], most: int = 4) -> Iterator[Candidate]:
    """Yield the candidates that are nearest to the claim, one of each way of counting.

    However many departures they need; a single row left out or doubled apart, as some
    row of a long network always comes near.
    """
    seen: set[tuple[str, str]] = set()
    sure = [one for one in found if not one.guessed]
    for one in sorted(sure, key=lambda c: (c.off, c.order)):
        kind = (one.reading.way.tag, one.reading.subject.change)
        if kind not in seen and len(seen) < most:
            seen.add(kind)
            yield one


def _needed(hits: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield the hits that need each of their departures.

    Where the whole network meets the figure, it says nothing that it does without a
    part too; where the network itself does, that it does with other classes.
    """
    best: dict[tuple[object, ...], int] = {}
    for hit in hits:
        key = (*_counted(hit), hit.reading.subject.text, hit.reading.part.group)
        best[key] = min(best.get(key, len(FITS)), _quality(hit))
    for hit in hits:
        subject, group = hit.reading.subject.text, hit.reading.part.group
        simpler = {("", group), (subject, ""), ("", "")} - {(subject, group)}
        found = (best.get((*_counted(hit), *key), len(FITS)) for key in simpler)
        if all(quality > _quality(hit) for quality in found):
            yield hit


def _counted(hit: Candidate) -> tuple[object, ...]:
    """Return what a candidate counts, whatever it counts it of."""
    return hit.asked, hit.mixed, hit.reading.way.tag


def _quality(hit: Candidate) -> int:
    """Return how well a hit meets the figure, 0 for exactly."""
    return FITS.index(hit.fit or FITS[-1])


def _simplest(hits: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield hits, simplest first; one whose value a simpler one has adds nothing."""
    least: dict[tuple[Asked, Fraction], int] = {}
    for hit in sorted(hits, key=lambda c: c.order):
        if least.setdefault((hit.asked, hit.amount), hit.weight) == hit.weight:
            yield hit


def _spread(found: Sequence[Candidate], figure: Quoted) -> Odds:
    """Return the spread; near values are taken as even on a scale of ratios."""
    distinct, near, chance = 0, 0, 0.0
    for asked in figure.asked:
        claimed = _claimed(asked)
        amounts = {c.amount for c in found if c.asked is asked}
        close = sum(claimed / NEAR <= a <= claimed * NEAR for a in amounts)
        width = max(3 * asked.claim.half_unit, Fraction(1)) / claimed
        distinct += len(amounts)
        near += close
        chance += close * float(width) / (2 * math.log(NEAR))
    return Odds(len(found), distinct, near, chance)


def _claimed(asked: Asked) -> Fraction:
    return Fraction(asked.claim.value)  # type: ignore[arg-type]  # a number, see `quoted`


def _explained(hits: Sequence[Candidate]) -> Iterator[Match]:
    """Yield hits together that differ only in row, branch or classes."""
    groups: dict[tuple[object, ...], list[Candidate]] = {}
    for hit in hits:
        reading = hit.reading
        change = reading.subject.change
        key = (
            change if change == "classes" else reading.subject,
            reading.way.tag,
            reading.part.group,
            hit.mixed,
            hit.asked,
        )
        groups.setdefault(key, []).append(hit)
    for group in groups.values():
        first, *rest = group
        equal = tuple(c for c in rest if c.amount == first.amount)
        others = tuple(c for c in rest if c.amount != first.amount)
        yield Match(first, equal, others)
