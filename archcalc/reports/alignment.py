"""Which layer of one network is which of another: by path, and by content.

Two ways are tried and the one with fewer changes is taken: names first (a layer keeps
its name and changes its arguments), or content first (layers were put between, so that
the numbers of unnamed ones have moved on). Names that the file gives always come first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import count, pairwise, zip_longest

from archcalc.layers.base import Shape
from archcalc.network.analysis import Analysis
from archcalc.records import dataclass

LARGEST_GAP = 2_000
"""Layers in a gap that are still compared in order of content."""


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
    ways = []
    for stages in (NAMES_FIRST, CONTENT_FIRST):
        matching = _Matching(old, new)
        for stage in stages:
            stage(matching)
        ways.append(matching.found)
    best = min(ways, key=lambda found: _cost(old, new, found))
    return list(_ordered(len(old), len(new), best))


class _Matching:
    """Pairs positions of two sequences, each at most once."""

    def __init__(self, old: Sequence[Item], new: Sequence[Item]) -> None:
        self.old = old
        self.new = new
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


def _same(matching: _Matching) -> None:
    """Pair what has its path and content in both."""
    for at, other in matching.by_path():
        if matching.new[other].content == matching.old[at].content:
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
        if left and right and max(len(left), len(right)) <= LARGEST_GAP:
            _in_order(matching, left, right)


def _in_order(matching: _Matching, left: Sequence[int], right: Sequence[int]) -> None:
    first = [matching.old[i].content for i in left]
    second = [matching.new[i].content for i in right]
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    for begin, other, size in matcher.get_matching_blocks():
        for k in range(size):
            matching.pair(left[begin + k], right[other + k])


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


def _cost(old: Sequence[Item], new: Sequence[Item], found: dict[int, int]) -> float:
    """Return how much a matching says has changed."""
    cost = 2.0 * (len(old) + len(new) - 2 * len(found))
    for a, b in found.items():
        if old[a].content != new[b].content:
            cost += 3
        if old[a].path != new[b].path:
            cost += 1 if old[a].named or new[b].named else 0.1
    return cost + len(found) - len(_increasing(found))


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
