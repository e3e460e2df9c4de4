"""Which layer of one network is which of another: by path, and by content.

Two ways are tried and the one with fewer changes is taken: names first (a layer keeps
its name and changes its arguments), or content first (layers were put between, so that
the numbers of unnamed ones have moved on). Names that the file gives always come first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Sequence
from itertools import count, pairwise, zip_longest

from archcalc.layers.base import Shape
from archcalc.network.analysis import Analysis
from archcalc.records import dataclass

LEAST_WORK = 5_000
WORK_PER_LAYER = 16
"""Steps that the search for the fewest edits may take: with n layers, about √(32·n)
edits. Where two networks differ in more, layers are paired by how often they came."""


@dataclass(frozen=True, slots=True)
class Item:
    """A layer: its path, whether the file names it, and what makes two layers equal."""

    path: str
    named: bool
    content: Hashable


@dataclass(frozen=True, slots=True)
class Pair:
    """Positions of one layer in both networks; None where it is not there."""

    old: int | None
    new: int | None
    moved: bool = False


def outputs_in_turn(
    analyses: Sequence[Analysis],
) -> Iterator[tuple[str, tuple[Shape | None, ...]]]:
    """Yield the outputs of networks side by side: the first of each, then the second.

    With `output`, or where a network has several, `output 1`, `output 2`, …; None where
    one has fewer.
    """
    each = [analysis.outputs for analysis in analyses]
    several = max(map(len, each)) > 1
    for number, shapes in zip(count(1), zip_longest(*each), strict=False):
        yield f"output {number}" if several else "output", shapes


def align(old: Sequence[Item], new: Sequence[Item]) -> list[Pair]:
    """Return every layer of both once, in the order of the new network.

    What was removed stands where it was, behind what it followed.
    """
    numbers: dict[Hashable, int] = {}
    first, second = (
        [numbers.setdefault(item.content, len(numbers)) for item in items]
        for items in (old, new)
    )
    ways = []
    for stages in (NAMES_FIRST, CONTENT_FIRST):
        matching = _Matching(old, new, first, second)
        for stage in stages:
            stage(matching)
        ways.append(matching)
    best = min(ways, key=lambda matching: matching.cost()).found
    return list(_ordered(len(old), len(new), best))


class _Matching:
    """Pairs positions of two sequences, each at most once.

    `first` and `second` number the contents of `old` and `new`: equal numbers are equal
    contents.
    """

    def __init__(
        self,
        old: Sequence[Item],
        new: Sequence[Item],
        first: Sequence[int],
        second: Sequence[int],
    ) -> None:
        self.old = old
        self.new = new
        self.first = first
        self.second = second
        self.found: dict[int, int] = {}
        self.taken: set[int] = set()
        self.paths = {item.path: at for at, item in enumerate(new)}

    def pair(self, old: int, new: int | None) -> None:
        if new is not None and old not in self.found and new not in self.taken:
            self.found[old] = new
            self.taken.add(new)

    def by_path(self) -> Iterator[tuple[int, int]]:
        """Yield both positions of what has the same path."""
        for at, item in enumerate(self.old):
            if item.path in self.paths:
                yield at, self.paths[item.path]

    def cost(self) -> float:
        """Return how much the pairs say has changed."""
        cost = 2.0 * (len(self.old) + len(self.new) - 2 * len(self.found))
        for a, b in self.found.items():
            old, new = self.old[a], self.new[b]
            if self.first[a] != self.second[b]:
                cost += 3
            if old.path != new.path:
                cost += 1 if old.named or new.named else 0.1
        return cost + len(self.found) - len(_increasing(self.found))


def _same(matching: _Matching) -> None:
    """Pair what has its path and content in both."""
    for at, other in matching.by_path():
        if matching.first[at] == matching.second[other]:
            matching.pair(at, other)


def _named(matching: _Matching) -> None:
    """Pair what the files name alike."""
    for at, other in matching.by_path():
        if matching.old[at].named and matching.new[other].named:
            matching.pair(at, other)


def _by_path(matching: _Matching) -> None:
    """Pair what has the same path."""
    for at, other in matching.by_path():
        matching.pair(at, other)


def _gaps(matching: _Matching) -> None:
    """Pair equal content in order, between what is paired already."""
    end = (len(matching.old), len(matching.new))
    anchors = [(-1, -1), *_increasing(matching.found), end]
    for (a, b), (c, d) in pairwise(anchors):
        left = [i for i in range(a + 1, c) if i not in matching.found]
        right = [i for i in range(b + 1, d) if i not in matching.taken]
        contents = (
            [matching.first[i] for i in left],
            [matching.second[i] for i in right],
        )
        for one, other in in_order(*contents):
            matching.pair(left[one], right[other])


def in_order(
    first: Sequence[Hashable], second: Sequence[Hashable]
) -> list[tuple[int, int]]:
    """Return positions of equal values in both, growing in both."""
    shortest = min(len(first), len(second))
    begin = 0
    while begin < shortest and first[begin] == second[begin]:
        begin += 1
    end = 0
    while end < shortest - begin and first[-1 - end] == second[-1 - end]:
        end += 1
    inner = first[begin : len(first) - end], second[begin : len(second) - end]
    pairs = _fewest_edits(*inner)
    if pairs is None:
        pairs = _by_occurrence(*inner)
    return [
        *((at, at) for at in range(begin)),
        *((begin + a, begin + b) for a, b in pairs),
        *((len(first) - k, len(second) - k) for k in range(end, 0, -1)),
    ]


def _fewest_edits(
    first: Sequence[Hashable], second: Sequence[Hashable]
) -> list[tuple[int, int]] | None:
    """Return a longest common subsequence; None where finding it takes too long.

    The greedy algorithm of E. W. Myers, "An O(ND) Difference Algorithm and Its
    Variations" (1986): for each number of edits, how far one comes on each diagonal.
    """
    ends = len(first), len(second)
    work = LEAST_WORK + WORK_PER_LAYER * sum(ends)
    reached = {1: 0}
    trail: list[list[tuple[int, bool]]] = []
    for edits in count():
        starts = []
        for diagonal in range(-edits, edits + 1, 2):
            lower, upper = reached.get(diagonal - 1, -1), reached.get(diagonal + 1, -1)
            x = start = max(lower + 1, upper)
            y = x - diagonal
            while x < ends[0] and y < ends[1] and first[x] == second[y]:
                x, y = x + 1, y + 1
            reached[diagonal] = x
            starts.append((start, lower < upper))
            work -= 1 + x - start
            if (x, y) == ends:
                return _walked_back([*trail, starts], ends)
        trail.append(starts)
        if work < 0:
            break
    return None


def _walked_back(
    trail: Sequence[Sequence[tuple[int, bool]]], ends: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the pairs on the way to both ends.

    `trail` has for each number of edits and each diagonal where the run of equal
    values starts, and whether something added leads there, not something removed.
    """
    x, y = ends
    pairs = []
    for edits in reversed(range(len(trail))):
        start, added = trail[edits][(x - y + edits) // 2]
        while x > start:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = (x, y - 1) if added else (x - 1, y)
    return pairs[::-1]


def _by_occurrence(
    first: Sequence[Hashable], second: Sequence[Hashable]
) -> list[tuple[int, int]]:
    """Pair the k-th of each value in one with the k-th in the other, in order."""
    places: dict[Hashable, list[int]] = {}
    for at in reversed(range(len(second))):
        places.setdefault(second[at], []).append(at)
    found = {}
    for at, value in enumerate(first):
        if places.get(value):
            found[at] = places[value].pop()
    return _increasing(found)


def _anywhere(matching: _Matching) -> None:
    """Pair equal content wherever it stands."""
    waiting: dict[Hashable, list[int]] = {}
    for at in reversed(range(len(matching.new))):
        if at not in matching.taken:
            waiting.setdefault(matching.new[at].content, []).append(at)
    for at, item in enumerate(matching.old):
        if at not in matching.found and waiting.get(item.content):
            matching.pair(at, waiting[item.content].pop())


NAMES_FIRST = (_same, _named, _by_path, _gaps, _anywhere)
CONTENT_FIRST = (_named, _gaps, _by_path, _anywhere)


def _increasing(found: dict[int, int]) -> list[tuple[int, int]]:
    """Return a longest part of the pairs in which both positions grow."""
    pairs = sorted(found.items())
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, (_, new) in enumerate(pairs):
        place = bisect_left(tails, new)
        before.append(ends[place - 1] if place else -1)
        tails[place : place + 1] = [new]
        ends[place : place + 1] = [at]
    chain: list[tuple[int, int]] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]


def _ordered(old: int, new: int, found: dict[int, int]) -> Iterator[Pair]:
    kept = dict(_increasing(found))
    back = {b: a for a, b in found.items()}
    removed = iter(i for i in range(old) if i not in found)
    waiting = next(removed, None)
    passed = -1
    for at in range(new):
        match = back.get(at)
        if match is not None and match in kept:
            passed = match
        while waiting is not None and waiting < passed:
            yield Pair(waiting, None)
            waiting = next(removed, None)
        yield Pair(match, at, match is not None and match not in kept)
    while waiting is not None:
        yield Pair(waiting, None)
        waiting = next(removed, None)
