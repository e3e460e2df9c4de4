"""Gradients of activations on their way back: which are new, which are shared.

A sum hands the same gradient to all its inputs, a concatenation gives each a view of
it, a reshape passes it on; every other operation makes a new one. Where two arrive at
the same output, the second is added into the first if nothing else holds that, else
their sum is a third: as torch's engine does. Where a layer's output is its input itself
(an identity), gradients arrive at once where that was made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator

from archcalc.figures.memory.ledger import Ledger, Peak
from archcalc.figures.memory.storages import Storages
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import numel
from archcalc.sizes.dims import same


class Gradients:
    """The gradients that live while backward runs, in a ledger.

    With `adding` false no gradient is added into another: torch does not while a
    dispatch mode watches it.
    """

    def __init__(
        self,
        storages: Storages,
        ledger: Ledger | Peak,
        needed: list[bool],
        adding: bool,
    ) -> None:
        self.storages = storages
        self.adding = adding
        self.ledger = ledger
        self.needed = needed
        self.of: dict[int, Hashable] = {}
        self.holders: dict[Hashable, int] = {}
        self.pieces: set[int] = set()
        self.meeting = deque[tuple[int, Hashable, Hashable]]()
        self.maker = list(range(len(needed)))
        for node in storages.ran:
            if self._is_input_itself(node):
                self.maker[node.index] = self.maker[node.inputs[0]]

    def _is_input_itself(self, node: Node) -> bool:
        dropped = node.layer.role == "drop" and self.storages.is_view(node)
        return dropped or node.layer.gradient == "its input's"

    def begin(self, node: Node) -> Iterator[Hashable]:
        """Give the gradient of an output of the network, which its loss made.

        Yield what may go; gradients that must be summed apart are left to `meet`.
        """
        yield from self._arrive(node.index, self._new(node.index), False)

    def is_shared(self, index: int) -> bool:
        """Say whether the gradient of an output is that of others too."""
        return self.holders[self.of[index]] > 1

    def used_up(self, index: int) -> Iterator[Hashable]:
        """Leave nothing of the gradient of an output; yield it where it may go."""
        key, self.of[index] = self.of[index], object()
        self.ledger.hold(self.of[index], "gradient", index, 0)
        self.holders[self.of[index]] = 1
        yield from self.release(key)

    def back(self, node: Node) -> Iterator[Hashable]:
        """Pass a node's gradient to its inputs; yield what may go after this step.

        Gradients that must be summed apart are left to `meet`.
        """
        own, kind = self.of.pop(node.index), node.layer.gradient
        shared: Hashable | None = None
        for position, index in enumerate(node.inputs):
            if not self.needed[index]:
                continue
            if self._hands_on(node, position):
                key = own
            elif kind == "one for all":
                if shared is None:
                    shared = self._new(index)
                    self.holders[shared] = 1  # until every input has had it
                key = shared
            else:
                key = self._new(index)
                self._product(node, index)
            yield from self._arrive(index, key, kind == "piece")
        for key in (own, shared):
            if key is not None:
                yield from self.release(key)

    def _product(self, node: Node, index: int) -> None:
        """Use the product at full size of a factor that was stretched."""
        full = self.storages.tensor_bytes(node)
        if node.layer.gradient == "product" and self._size(index) < full:
            self.ledger.use("product at full size", node.index, full)

    def meet(self) -> Iterator[tuple[int, Hashable, Hashable]]:
        """Sum two gradients of an output into a third; yield it and what may go."""
        while self.meeting:
            index, before, key = self.meeting.popleft()
            total = self._new(index)
            self.holders[total] = 1
            self.of[index] = total
            self.pieces.discard(index)
            yield index, before, key

    def _hands_on(self, node: Node, position: int) -> bool:
        kind = node.layer.gradient
        if kind == "passed on" or (kind == "passed to first" and position == 0):
            return _equal(self.storages.graph, node, position)
        return kind == "piece"

    def _arrive(self, index: int, key: Hashable, piece: bool) -> Iterator[Hashable]:
        """Set the gradient of an output, add to it, or leave two to be summed."""
        index = self.maker[index]
        self.holders[key] = self.holders.get(key, 0) + 1
        before = self.of.get(index)
        if before is None:
            self.of[index] = key
            if piece:
                self.pieces.add(index)
        elif self.adding and self.holders[before] == 1 and index not in self.pieces:
            yield from self.release(key)
        else:
            self.meeting.append((index, before, key))

    def _size(self, index: int) -> int:
        return self.storages.tensor_bytes(self.storages.graph.nodes[index])

    def _new(self, index: int) -> Hashable:
        key: Hashable = object()
        self.ledger.hold(key, "gradient", index, self._size(index))
        return key

    def release(self, key: Hashable) -> Iterator[Hashable]:
        """Hold a gradient once less; yield it where nobody does any more."""
        self.holders[key] -= 1
        if not self.holders[key]:
            yield key


def _equal(graph: Graph, node: Node, position: int) -> bool:
    shape = graph.nodes[node.inputs[position]].shape
    return bool(same(numel(shape), numel(node.shape)))
