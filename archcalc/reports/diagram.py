"""A network as boxes, clusters and links: what diagrams of any format draw.

A box is a layer with what folds into its row, a cluster a stage, block or module.
Repetitions that differ in sizes alone are drawn once, with how often they come.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from archcalc.records import dataclass
from archcalc.sizes.polynomials import Dim

if TYPE_CHECKING:
    from archcalc.graph.graph import Group
    from archcalc.layers.base import Shape
    from archcalc.network.analysis import Analysis
    from archcalc.network.rows import Level, Row

OUTSIDE = -1


@dataclass(frozen=True, slots=True)
class Box:
    """A layer: `cluster` is the innermost cluster around it, None at the top.

    `last` is the shape that the last repetition has, where it stands for several.
    """

    name: str
    what: str
    shape: tuple[Dim, ...]
    last: tuple[Dim, ...]
    cluster: int | None = None
    times: int = 1
    aux: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """A stage, block or module that comes `times` in a row, inside its `parent`."""

    name: str
    what: str
    parent: int | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes in order of execution; links run from an earlier to a later box."""

    name: str
    title: str
    boxes: tuple[Box, ...]
    clusters: tuple[Cluster, ...]
    links: tuple[tuple[int, int], ...]


def diagram(analysis: Analysis, title: str = "", level: Level = "layers") -> Diagram:
    """Return a network's diagram, a box for each row of its table at a level."""
    return Folding(analysis, level).diagram(analysis.name, title)


class Folding:
    """Which rows are drawn, and which one stands for each of the others.

    `sources` are the rows whose outputs enter each row; `alike` gives for the name of a
    repetition the name of the first one that it equals, itself included.
    """

    def __init__(self, analysis: Analysis, level: Level = "layers") -> None:
        self.graph = analysis.graph
        several = len(self.graph.outputs) > 1
        self.leaving = frozenset(self.graph.outputs if several else ())
        self.rows = tuple(r for r in analysis.outline(level) if r.kind == "row")
        self.row_of = {i: at for at, row in enumerate(self.rows) for i in row.nodes}
        self.sources = [tuple(self.entering(row)) for row in self.rows]
        self.stands_for = list(range(len(self.rows)))
        self.times: dict[str, int] = {}
        self.alike: dict[str, str] = {}
        self.whole: set[str] = set()
        for group in self.graph.groups:
            if group.kind == "repeat":
                self.fold(group)

    def entering(self, row: Row) -> Iterator[int]:
        """Yield the rows whose outputs enter a row."""
        members = set(row.nodes)
        for i in row.nodes:
            for source in self.graph.nodes[i].inputs:
                if source not in members:
                    yield self.row_of[source]

    def diagram(self, name: str, title: str) -> Diagram:
        """Return boxes, clusters and links of what is drawn."""
        last = {self.shown(at): row.shape for at, row in enumerate(self.rows)}
        shown = [at for at, other in enumerate(self.stands_for) if at == other]
        place = {at: index for index, at in enumerate(shown)}
        clusters, around = self.clusters(shown)
        boxes = tuple(self.box(at, last[at], around.get(at)) for at in shown)
        links = {
            (self.shown(source), self.shown(at))
            for at, sources in enumerate(self.sources)
            for source in sources
        }
        kept = sorted((place[a], place[b]) for a, b in links if a < b)
        return Diagram(name, title, boxes, clusters, tuple(kept))

    def box(self, at: int, last: Shape, cluster: int | None) -> Box:
        """Return what is drawn for a row."""
        row = self.rows[at]
        times = self.times.get(row.name, 1)
        what = row.label
        if not self.leaving.isdisjoint(row.nodes):
            what = ", ".join(filter(None, (row.label, "an output")))
        return Box(row.name, what, row.shape, last, cluster, times, row.aux)

    def shown(self, at: int) -> int:
        """Return the row that is drawn for a row."""
        while self.stands_for[at] != at:
            at = self.stands_for[at]
        return at

    # -- repetitions -----------------------------------------------------------------

    def fold(self, group: Group) -> None:
        """Let the first of equal repetitions in a row stand for the others."""
        parts = list(self.repetitions(group))
        for _, equal in groupby(parts, key=lambda part: self.signature(*part)):
            (name, first), *others = equal
            self.times[name] = 1 + len(others)
            self.alike |= dict.fromkeys([name, *(other for other, _ in others)], name)
            if len(others) + 1 == len(parts):
                self.whole.add(name)
            if self.stands_for[first[0]] != first[0]:
                continue
            for _, rows in others:
                for at, stand_in in zip(rows, first, strict=True):
                    self.stands_for[at] = stand_in

    def repetitions(self, group: Group) -> Iterator[tuple[str, list[int]]]:
        """Yield the name and rows of each repetition."""
        start = len(group.name) + 1
        rows = sorted({self.row_of[i] for i in range(group.first, group.end)})

        def number(at: int) -> str:
            return self.rows[at].name[start:].partition(".")[0]

        for which, members in groupby(rows, key=number):
            yield f"{group.name}.{which}", list(members)

    def signature(self, name: str, rows: list[int]) -> tuple[object, ...]:
        """Return what a repetition is: its layers, how they are joined, its outputs."""
        first = rows[0]
        return tuple(
            (
                self.rows[at].name.removeprefix(name),
                self.rows[at].label,
                tuple(s - first if s >= first else OUTSIDE for s in self.sources[at]),
                self.leaving.isdisjoint(self.rows[at].nodes),
            )
            for at in rows
        )

    # -- clusters --------------------------------------------------------------------

    def clusters(self, shown: list[int]) -> tuple[tuple[Cluster, ...], dict[int, int]]:
        """Return the clusters of two boxes or more, and the innermost of each box."""
        found: list[Cluster] = []
        place: dict[int, int | None] = {}
        around: dict[int, int] = {}
        firsts = [self.rows[at].nodes[0] for at in shown]
        for index, group in enumerate(self.graph.groups):
            begin, end = (bisect_left(firsts, n) for n in (group.first, group.end))
            place[index] = place.get(group.parent)
            if index and self.is_drawn(group, end - begin):
                cluster = self.cluster(group, place[index])
                around |= dict.fromkeys(shown[begin:end], len(found))
                place[index] = len(found)
                found.append(cluster)
        return tuple(found), around

    def cluster(self, group: Group, parent: int | None) -> Cluster:
        """Return the frame of a group."""
        what = "" if group.kind == "stage" else group.label
        return Cluster(group.name, what, parent, self.times.get(group.name, 1))

    def is_drawn(self, group: Group, boxes: int) -> bool:
        """Say whether a group has a frame: it holds several boxes, or comes often.

        Branches have none, nor has a name said twice; where all repetitions are alike,
        the frame of the repeat says how many.
        """
        parent = self.graph.groups[group.parent]
        if group.kind == "branch" or group.name == parent.name:
            return False
        if group.name in self.whole and boxes > 1:
            return False
        return boxes > 1 or (boxes == 1 and self.times.get(group.name, 1) > 1)
