"""Every way to read a figure of a network: what is counted, of which part, of what.

A reading departs from the plain one by the *way* of counting (`ways.py`), by a *part*
left out or counted twice, and by the *subject*: a variant, a kindred network, another
input or count of classes (`subjects.py`). Each departure weighs 1; a single row or
branch, of which there are many, 2.

As a search goes to three departures at most (four, where FLOPs plainly mean two a MAC),
single rows meet either another way or another subject, never both. So of a kind there
are at most `ways · subjects · LARGE_PARTS + rows · (ways + subjects) · 2` readings, the
branches among the rows: linear in the size of the network.
"""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.checks.claims.subjects import EVERYTHING, Portion, Subject
from archcalc.checks.claims.ways import Kind, Way
from archcalc.records import NamedTuple


class Reading(NamedTuple):
    """One way to read a figure, and its exact value."""

    subject: Subject
    way: Way
    part: Portion
    value: int

    @property
    def weight(self) -> int:
        """How far it is from the plain reading."""
        return self.subject.weight + self.way.weight + self.part.weight


def readings(
    subject: Subject, kind: Kind, most: int, plain: bool = False
) -> Iterator[Reading]:
    """Yield every reading of one kind that weighs at most `most`.

    A part that changes nothing is no reading of its own. With `plain`, another way of
    counting is not read.
    """
    for way in subject.ways(kind, plain):
        room = most - subject.weight - way.weight
        if room >= 0:
            yield from _of_parts(subject, way, room)


def _of_parts(subject: Subject, way: Way, room: int) -> Iterator[Reading]:
    if way.nodes is None:
        yield Reading(subject, way, EVERYTHING, way.whole)
        return
    nodes = way.nodes
    total = sum(nodes[i] for i in subject.counted)
    for part in subject.parts_within(room):
        change = sum(nodes[i] for i in part.more) - sum(nodes[i] for i in part.less)
        if change or part is EVERYTHING:
            yield Reading(subject, way, part, total + change)
