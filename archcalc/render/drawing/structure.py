"""What stands below and what stands beside what: a diagram as a tree of parts.

Between two steps that everything passes, what runs side by side are branches; each
branch is taken apart in the same way. What cannot be taken apart is a grid: its steps
in rows by their longest path. A link that has nothing on it is a lane of its own, which
is how a skip runs beside its block.

A cluster is one step of what is around it; a value enters and leaves it at ports.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from archcalc.limits import DEFAULT, Limits
from archcalc.records import NamedTuple, dataclass, field
from archcalc.reports.diagram import Diagram

BEFORE, AFTER = -1, 1 << 60
"""The ends of a link that begins before, or ends behind, what is looked at."""
NOTHING = -1
"""The value on a link that is not drawn: it only holds its ends in place."""
DEEPEST = 40


class Link(NamedTuple):
    """A value on its way: from a step, to a step, made by a box of the diagram."""

    source: int
    target: int
    value: int


@dataclass(frozen=True, slots=True)
class Element:
    """A box, a cluster with what is in it, or a port of the cluster around.

    `which` counts in the diagram; of a port it is the value. `enters` and `leaves` are
    the values drawn at its upper and lower edge.
    """

    kind: Literal["box", "cluster", "in", "out"]
    which: int
    enters: tuple[int, ...]
    leaves: tuple[int, ...]
    inside: Chain | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A value that passes with nothing on its way."""

    value: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Parts below each other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Branches:
    """Parts side by side between the same two steps."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of steps and lanes, each fed by rows above."""

    rows: tuple[tuple[Element | Lane, ...], ...]


Part = Element | Lane | Chain | Branches | Grid


@dataclass(slots=True)
class _Level:
    """The steps directly in a cluster (or in the whole), and the links among them."""

    steps: dict[tuple[str, int], int] = field(default_factory=dict)
    links: set[tuple[tuple[str, int], tuple[str, int], int]] = field(
        default_factory=set
    )


def structure(one: Diagram, limits: Limits = DEFAULT) -> Chain:
    """Return a diagram as a tree of parts; raise `LimitError` for too many lanes."""
    return _Structure(one, limits).level(None)


class _Structure:
    def __init__(self, one: Diagram, limits: Limits) -> None:
        self.one = one
        self.lanes = _Lanes(limits)
        self.levels: dict[int | None, _Level] = defaultdict(_Level)
        for index, box in enumerate(one.boxes):
            self._enrol(("box", index), box.cluster)
        for source, target in one.links:
            self._link(source, target)

    def around(self, box: int) -> list[int | None]:
        """Return the clusters around a box, outermost first, the whole before them."""
        chain: list[int | None] = []
        at = self.one.boxes[box].cluster
        while at is not None:
            chain.append(at)
            at = self.one.clusters[at].parent
        return [None, *reversed(chain)]

    def _enrol(self, step: tuple[str, int], cluster: int | None) -> None:
        """Put a step into its cluster, and the cluster into the one around it."""
        steps = self.levels[cluster].steps
        if step in steps:
            return
        steps[step] = len(steps)
        if cluster is not None:
            self._enrol(("cluster", cluster), self.one.clusters[cluster].parent)

    def _link(self, source: int, target: int) -> None:
        """Add a link at the level where its ends part, and ports on the way there."""
        out, into = self.around(source), self.around(target)
        same = sum(1 for a, b in zip(out, into, strict=False) if a == b)
        here = ("box", source)
        for cluster in reversed(out[same:]):
            self.levels[cluster].links.add((here, ("out", source), source))
            here = ("cluster", cluster or 0)
        inner = into[same:]
        for level, entered in zip(into[same - 1 :], [*inner, None], strict=False):
            there = ("box", target) if entered is None else ("cluster", entered)
            self.levels[level].links.add((here, there, source))
            here = ("in", source)

    def level(self, cluster: int | None) -> Chain:
        """Return what is in a cluster."""
        level = self.levels[cluster]
        ends = [end for link in level.links for end in link[:2]]
        enter = sorted({end for end in ends if end[0] == "in"})
        leave = sorted({end for end in ends if end[0] == "out"})
        keys = [*enter, *level.steps, *leave]
        place = {key: i for i, key in enumerate(keys)}
        links = sorted(Link(place[a], place[b], v) for a, b, v in level.links)
        enters: dict[int, set[int]] = defaultdict(set)
        leaves: dict[int, set[int]] = defaultdict(set)
        for link in links:
            enters[link.target].add(link.value)
            leaves[link.source].add(link.value)
        steps = [
            self.step(key, sorted(enters.get(i, ())), sorted(leaves.get(i, ())))
            for i, key in enumerate(keys)
        ]
        bound = list(links)
        bound += [Link(BEFORE, i, NOTHING) for i in range(len(keys)) if i not in enters]
        bound += [
            Link(i, AFTER, NOTHING) for i, key in enumerate(keys) if key[0] == "out"
        ]
        return _Taker(steps, self.lanes).chain(range(len(keys)), bound, 0)

    def step(
        self, key: tuple[str, int], enters: list[int], leaves: list[int]
    ) -> Element:
        """Return a step with the values at its edges."""
        kind, which = key
        if kind == "in":
            enters = [which]
        if kind == "out":
            leaves = [which]
        inside = self.level(which) if kind == "cluster" else None
        return Element(kind, which, tuple(enters), tuple(leaves), inside)  # type: ignore[arg-type]  # one of the four


class _Lanes:
    """Lanes beside rows so far: of n lines past n steps there are n²."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.count = 0

    def add(self, count: int) -> None:
        """Count some more; raise `LimitError` beyond the limit."""
        self.count += count
        if self.count > self.limits.lanes:
            what = "too many lines of the picture run beside its boxes"
            raise self.limits.exceeded("lanes", what)


class _Taker:
    """Takes the steps of one level apart."""

    def __init__(self, steps: Sequence[Element], lanes: _Lanes) -> None:
        self.steps = steps
        self.lanes = lanes

    def chain(self, items: Sequence[int], links: Sequence[Link], depth: int) -> Chain:
        """Return steps in a row, with branches where not everything passes one step."""
        place = {item: i for i, item in enumerate(items)}
        passed = self._passed(place, links)
        gap, gap_of = 0, {}
        for item, all_pass in zip(items, passed, strict=True):
            gap += all_pass
            gap_of[item] = gap
        within: list[list[Link]] = [[] for _ in range(gap + 1)]
        for link in links:  # none passes by a step that all pass
            within[gap_of.get(link.source, 0)].append(link)
        parts: list[Part] = []
        before: int = BEFORE
        inside: list[int] = []
        for item, all_pass in zip(items, passed, strict=True):
            if all_pass:
                own = within[gap_of[item] - 1]
                parts += self._between(before, inside, item, own, depth)
                parts.append(self.steps[item])
                before, inside = item, []
            else:
                inside.append(item)
        parts += self._between(before, inside, AFTER, within[gap], depth)
        return Chain(tuple(parts))

    @staticmethod
    def _passed(place: dict[int, int], links: Iterable[Link]) -> list[bool]:
        """Say of each step whether no link runs beside it."""
        change = [0] * (len(place) + 2)
        for link in links:
            start = place.get(link.source, -1)
            change[start + 1] += 1
            change[place.get(link.target, len(place))] -= 1
        beside, found = 0, []
        for step in change[: len(place)]:
            beside += step
            found.append(beside == 0)
        return found

    def _between(
        self,
        before: int,
        inside: Sequence[int],
        behind: int,
        links: Sequence[Link],
        depth: int,
    ) -> Iterator[Part]:
        """Yield what is between two steps, if anything."""
        if not inside:
            return
        direct = [
            Lane(link.value)
            for link in links
            if (link.source, link.target) == (before, behind) and link.value != NOTHING
        ]
        groups = _connected(inside, links)
        if len(groups) + len(direct) == 1 or depth > DEEPEST:
            (cut,) = _cut(links, before, [inside], behind)
            yield self.grid(inside, cut)
            return
        parts: list[Part] = [
            self.chain(group, cut, depth + 1)
            for group, cut in zip(
                groups, _cut(links, before, groups, behind), strict=True
            )
        ]
        yield Branches((*parts, *direct))

    def grid(self, items: Sequence[int], links: Sequence[Link]) -> Grid:
        """Return steps in rows by their longest path; lanes pass the rows between."""
        row = dict.fromkeys(items, 0)
        for link in links:  # sorted by source: a step's row is known when it is read
            if link.source in row and link.target in row:
                row[link.target] = max(row[link.target], row[link.source] + 1)
        count = 1 + max(row.values())
        rows: list[list[Element | Lane]] = [[] for _ in range(count)]
        for item in items:
            rows[row[item]].append(self.steps[item])
        spans: dict[int, tuple[int, int]] = {}
        for link in links:
            if link.value != NOTHING:
                start = row.get(link.source, -1)
                first, last = spans.get(link.value, (start, -1))
                end = row.get(link.target, count)
                spans[link.value] = min(first, start), max(last, end)
        for value, (first, last) in sorted(spans.items()):
            self.lanes.add(max(0, last - first - 1))
            for between in range(first + 1, last):
                rows[between].append(Lane(value))
        return Grid(tuple(map(tuple, rows)))


def _cut(
    links: Iterable[Link], before: int, groups: Sequence[Sequence[int]], behind: int
) -> list[list[Link]]:
    """Return the links of each group of steps; around them is BEFORE or AFTER."""
    group_of = {item: i for i, group in enumerate(groups) for item in group}
    found: list[list[Link]] = [[] for _ in groups]
    for link in links:
        source, target, value = link
        out, into = group_of.get(source), group_of.get(target)
        if out is not None and out == into:
            found[out].append(link)
        elif into is not None and source == before:
            found[into].append(Link(BEFORE, target, value))
        elif out is not None and target == behind:
            found[out].append(Link(source, AFTER, value))
    return found


def _connected(items: Sequence[int], links: Iterable[Link]) -> list[list[int]]:
    """Return steps in groups that no link joins, in order."""
    leader = {item: item for item in items}

    def lead(item: int) -> int:
        while leader[item] != item:
            leader[item] = leader[leader[item]]
            item = leader[item]
        return item

    for link in links:
        if link.source in leader and link.target in leader:
            a, b = sorted((lead(link.source), lead(link.target)))
            leader[b] = a
    groups: dict[int, list[int]] = {}
    for item in items:
        groups.setdefault(lead(item), []).append(item)
    return list(groups.values())
