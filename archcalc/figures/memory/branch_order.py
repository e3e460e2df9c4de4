"""The order of branches: which order of a module's branches needs least memory.

Branches of a module read the same input and meet in one node; they may run in any
order. The order that is written is what a framework runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, permutations

from archcalc.figures.memory.inference import inference, last_readers
from archcalc.figures.memory.storages import Storages
from archcalc.figures.memory.workspace import workspace
from archcalc.graph.graph import Graph, Group
from archcalc.records import NamedTuple

MOST_PERMUTED = 4
"""Up to so many branches every order is tried."""


class BranchOrder(NamedTuple):
    """What the order of one module's branches changes: its own peaks in bytes.

    What only passes the module by is left out. `order` is the best one found.
    """

    name: str
    written: int
    best: int
    worst: int
    order: tuple[str, ...]


class Orders(NamedTuple):
    """Peaks of inference in bytes: as written, and with the best and worst order found.

    `changes` has a line for every module with branches that may change places.
    """

    written: int
    best: int
    worst: int
    changes: tuple[BranchOrder, ...]


class _Part(NamedTuple):
    """A branch, or what stands between two: its name, its nodes `first` up to `end`."""

    name: str
    first: int
    end: int


class _Module(NamedTuple):
    """A group and the parts of it that may change places."""

    name: str
    parts: tuple[_Part, ...]


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
    changes = tuple(map(arranger.change, reversed(modules)))
    return Orders(peaks[0], min(peaks), max(peaks), changes)


def _modules(graph: Graph) -> Iterator[_Module]:
    """Yield the modules whose branches may change places, inner ones first."""
    children: dict[int, list[Group]] = {}
    for group in graph.groups:
        if group.kind == "branch" and group.end > group.first:
            children.setdefault(group.parent, []).append(group)
    for number in sorted(children, reverse=True):
        group = graph.groups[number]
        parts = tuple(_parts(group, children[number]))
        if len(parts) > 1 and _independent(graph, parts):
            yield _Module(group.name, parts)


def _parts(group: Group, branches: Sequence[Group]) -> Iterator[_Part]:
    """Yield branches and what stands between them; what follows them joins them."""
    at = group.first
    for branch in branches:
        if branch.first > at:
            yield _Part("main", at, branch.first)
        yield _Part(branch.label, branch.first, branch.end)
        at = branch.end


def _independent(graph: Graph, parts: tuple[_Part, ...]) -> bool:
    """Say whether no part reads what another one makes."""
    first = parts[0].first
    return all(
        i < first or i >= part.first
        for part in parts
        for node in graph.nodes[part.first : part.end]
        for i in node.inputs
    )


Pieces = Sequence[list[int]]
Pick = Callable[..., Pieces]


class _Arranger:
    """Puts the branches of modules in order, one module after another."""

    def __init__(self, storages: Storages) -> None:
        self.storages = storages
        self.written = [node.index for node in storages.ran]
        ran = set(self.written)
        flags = (index in ran for index in range(len(storages.graph.nodes)))
        self.place = list(accumulate(flags, initial=0))
        self.last = last_readers(storages, storages.ran)
        self.work = {n.index: workspace(storages, n) for n in storages.ran}

    def arranged(self, modules: Iterable[_Module], pick: Pick) -> list[int]:
        """Return all nodes with every module's branches in the order that is picked."""
        order = list(self.written)
        for module in modules:
            pieces = self._pieces(module, order)
            flat = [index for piece in self._chosen(pieces, pick) for index in piece]
            start = self.place[module.parts[0].first]
            order[start : start + len(flat)] = flat
        return order

    def change(self, module: _Module) -> BranchOrder:
        """Return what a module needs for itself in each order."""
        pieces = self._pieces(module, self.written)
        best, worst = (self._chosen(pieces, pick) for pick in (min, max))
        peaks = [self._peak(order) for order in (pieces, best, worst)]
        named = {part.first: part.name for part in module.parts}
        names = tuple(named[piece[0]] for piece in best if piece)
        return BranchOrder(module.name, peaks[0], min(peaks), max(peaks), names)

    def _pieces(self, module: _Module, order: list[int]) -> list[list[int]]:
        """Return the nodes of each part, in an order that keeps parts together."""
        place = self.place
        return [order[place[p.first] : place[p.end]] for p in module.parts]

    def _chosen(self, pieces: Pieces, pick: Pick) -> Pieces:
        if len(pieces) > MOST_PERMUTED:
            return sorted(pieces, key=self._beyond, reverse=pick is min)
        return pick(permutations(pieces), key=self._peak)

    def _beyond(self, piece: list[int]) -> int:
        """Return how much a branch needs beyond what it leaves."""
        owners = [self.storages.owner[index] for index in piece[-1:]]
        return self._peak([piece]) - sum(self.storages.size[o] for o in owners)

    def _peak(self, pieces: Iterable[list[int]]) -> int:
        """Return the peak over some nodes, what lives throughout left out."""
        storages, nodes = self.storages, self.storages.graph.nodes
        order = [index for piece in pieces for index in piece]
        if not order:
            return 0
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
