"""The order of branches: which order of a module's branches needs least memory.

Branches of a module read the same input and meet in one node; they may run in any
order. The order that is written is what a framework runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, permutations
from typing import NamedTuple

from archcalc.graph import Graph, Group
from archcalc.memory_inference import inference, last_readers
from archcalc.memory_storage import Storages
from archcalc.memory_workspace import workspace

MOST_PERMUTED = 4
"""Up to so many branches every order is tried."""

Parts = tuple[range, ...]


class Orders(NamedTuple):
    """Peaks of inference in bytes: as written, and with the best and worst order found.

    `modules` is how many modules have branches to order.
    """

    written: int
    best: int
    worst: int
    modules: int


def branch_orders(storages: Storages) -> Orders | None:
    """Return what other orders of branches need; None where there are no branches.

    In a module of up to four branches every order is tried; of more, the best is taken
    to be that of falling need beyond what a branch leaves (Liu 1987), the worst its
    reverse. Inner modules are ordered first.
    """
    modules = list(_modules(storages.graph))
    if not modules:
        return None
    arranger = _Arranger(storages)
    best, worst = (arranger.arranged(modules, pick) for pick in (min, max))
    peaks = [inference(storages, order).peak for order in (None, best, worst)]
    return Orders(peaks[0], min(peaks), max(peaks), len(modules))


def _modules(graph: Graph) -> Iterator[Parts]:
    """Yield the parts of every module that can change places, inner modules first."""
    children: dict[int, list[Group]] = {}
    for group in graph.groups:
        if group.kind == "branch" and group.end > group.first:
            children.setdefault(group.parent, []).append(group)
    for number in sorted(children, reverse=True):
        parts = tuple(_parts(graph.groups[number], children[number]))
        if len(parts) > 1 and _independent(graph, parts):
            yield parts


def _parts(group: Group, branches: Sequence[Group]) -> Iterator[range]:
    """Yield branches and what stands between them; what follows them joins them."""
    at = group.first
    for branch in branches:
        if branch.first > at:
            yield range(at, branch.first)
        yield range(branch.first, branch.end)
        at = branch.end


def _independent(graph: Graph, parts: Parts) -> bool:
    """Say whether no part reads what another one makes."""
    first = parts[0].start
    return all(
        i < first or i in part
        for part in parts
        for index in part
        for i in graph.nodes[index].inputs
    )


Pick = Callable[..., tuple[range, ...]]


class _Arranger:
    """Puts the branches of modules in order, one module after another."""

    def __init__(self, storages: Storages) -> None:
        self.storages = storages
        self.written = [node.index for node in storages.ran]
        ran = set(self.written)
        flags = (index in ran for index in range(len(storages.graph.nodes)))
        self.place = [0, *accumulate(flags)]
        self.last = last_readers(storages, storages.ran)
        self.work = {n.index: workspace(storages, n) for n in storages.ran}

    def arranged(self, modules: Iterable[Parts], pick: Pick) -> list[int]:
        """Return all nodes with every module's branches in the order that is picked."""
        order = list(self.written)
        for parts in modules:
            pieces = [order[self.place[p.start] : self.place[p.stop]] for p in parts]
            pieces = [piece for piece in pieces if piece]
            if len(pieces) > 1:
                chosen = self._chosen(pieces, pick)
                start = self.place[parts[0].start]
                flat = [index for piece in chosen for index in piece]
                order[start : start + len(flat)] = flat
        return order

    def _chosen(self, pieces: list[list[int]], pick: Pick) -> Sequence[list[int]]:
        if len(pieces) > MOST_PERMUTED:
            return sorted(pieces, key=self._beyond, reverse=pick is min)
        return pick(permutations(pieces), key=self._peak)  # type: ignore[return-value]  # one of them

    def _beyond(self, piece: list[int]) -> int:
        """Return how much a branch needs beyond what it leaves."""
        return self._peak([piece]) - self.storages.size[self.storages.owner[piece[-1]]]

    def _peak(self, pieces: Iterable[list[int]]) -> int:
        """Return the peak over some nodes, what lives throughout left out."""
        storages, nodes = self.storages, self.storages.graph.nodes
        order = [index for piece in pieces for index in piece]
        end = max(order)
        touched = [self._touched(index) for index in order]
        left = Counter(owner for owners in touched for owner in owners)
        inside = set(order)
        live = peak = sum(storages.size[o] for o in left if o not in inside)
        for index, owners in zip(order, touched, strict=True):
            if storages.owner[nodes[index].index] == index:
                live += storages.size[index]
            peak = max(peak, live + self.work[index])
            for owner in owners:
                left[owner] -= 1
                if not left[owner] and self.last[owner] <= end:
                    live -= storages.size[owner]
        return peak

    def _touched(self, index: int) -> set[int]:
        node = self.storages.graph.nodes[index]
        return {self.storages.owner[index], *self.storages.read(node)}
