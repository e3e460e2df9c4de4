"""One step of training, played through: forward, backward, update.

Forward keeps what backward needs (`memory_saved`). Backward goes through the nodes in
reverse: a node's gradients and those of its weights are made while its own gradient and
what it kept still live; then these go. Parameters, buffers and the optimizer's state
live all the time, gradients of weights from when they are made to the end of the step.
Where they are accumulated over batches, those of earlier batches live all the time too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from itertools import accumulate
from operator import add

from archcalc.figures.counted import Counted
from archcalc.figures.memory.at_rest import Static, size_of, temporaries, weight_dtype
from archcalc.figures.memory.checkpoints import Segment, entering, segments
from archcalc.figures.memory.gradients import Gradients
from archcalc.figures.memory.ledger import Ledger, Peak, Timeline
from archcalc.figures.memory.saved import Kept, kept_for_backward
from archcalc.figures.memory.storages import Storages, number
from archcalc.figures.memory.workspace import workspace, workspace_back
from archcalc.graph.graph import Node

NOWHERE = -1
PADDED = "padded input"
EARLIER = "gradients of earlier batches"
UPDATING = "temporary tensors of the optimizer"
BESIDE, NOT_AT_ONCE = "workspace of the backward pass", "less what has gone before"


def play(
    storages: Storages,
    static: Static,
    adding: bool = True,
    kept: dict[int, Kept] | None = None,
) -> Timeline:
    """Return the timeline of one step, from the second on: the optimizer has its state.

    `adding` lets gradients that meet be added up in place, as torch does; `kept` is
    what nodes keep for backward, where that is known.
    """
    kept = kept_for_backward(storages) if kept is None else kept
    ledger = Ledger()
    _Play(storages, adding, kept, ledger).run(static)
    return ledger.end()


def peak_of(storages: Storages, static: Static, kept: dict[int, Kept]) -> Peak:
    """Return the peak of the same step, without its timeline."""
    ledger = Peak()
    _Play(storages, True, kept, ledger).run(static)
    return ledger


class _Play:
    """The state of a step: a ledger, and who still needs each storage."""

    def __init__(
        self,
        storages: Storages,
        adding: bool,
        kept: dict[int, Kept],
        ledger: Ledger | Peak,
    ) -> None:
        self.storages = storages
        self.analysis: Counted = storages.analysis
        self.graph = storages.graph
        self.kept = kept
        self.needed = storages.differs
        self.last = max(self.graph.outputs)
        self.ledger = ledger
        self.summed: set[Hashable] = set()
        self.sums: list[int] = []
        self.needs: Counter[Hashable] = Counter()
        self.gradients = Gradients(storages, self.ledger, self.needed, adding)
        parts = segments(self.graph, self.analysis.setting.checkpoint)
        self.starts = {part.first: part for part in parts}
        self.ends = {part.end - 1: part for part in parts}
        self.inside = {i for part in parts for i in range(part.first, part.end)}

    def run(self, static: Static) -> None:
        for what, size in static._asdict().items():
            words = what.replace("_", " ")
            if what == "gradients":
                if not self.analysis.setting.accumulate:
                    continue
                words = EARLIER
            self.ledger.hold(what, words, NOWHERE, int(size))
        self.forward()
        self.backward()
        self.ledger.use(UPDATING, self.last, temporaries(self.analysis))
        self.ledger.step("update", self.last)

    # -- forward ---------------------------------------------------------------------

    def forward(self) -> None:
        """Run every node; parts that are checkpointed keep their inputs alone."""
        nodes = self.storages.ran
        self.count(nodes)
        for node in self.leaves():
            self.needs[self.storages.owner[node.index]] += 1
        for node in nodes:
            if node.index in self.starts:
                for owner in entering(self.storages, self.starts[node.index]):
                    self.needs[owner] += 1
            self.run_node(node, "forward", keeping=node.index not in self.inside)

    def leaves(self) -> list[Node]:
        """Return the outputs, each with a loss: the network's, and of side heads."""
        read = {i for node in self.storages.ran for i in node.inputs}
        outputs = [n for n in self.storages.ran if n.index not in read and n.aux]
        return [*(self.graph.nodes[i] for i in self.graph.outputs), *outputs]

    def touched(self, node: Node) -> Iterable[int]:
        """Return the storages that a node reads or writes, each once."""
        return {self.storages.owner[node.index], *self.storages.read(node)}

    def count(self, nodes: Iterable[Node]) -> None:
        """Count who needs each storage in a forward pass over some nodes."""
        for node in nodes:
            self.needs.update(self.touched(node))

    def run_node(self, node: Node, phase: str, keeping: bool) -> None:
        """Run one node forward; with `keeping` it keeps what its backward needs."""
        index, storages = node.index, self.storages
        if storages.owner[index] == index:
            self.ledger.hold(index, "output", index, storages.size[index])
        kept = self.kept.get(index, Kept()) if keeping else Kept()
        for what, key, size in self.extras(index, kept):
            self.ledger.hold(key, what, index, size)
        self.needs.update(kept.storages)
        made = sum(size for _, size in kept.extras)
        most = workspace(storages, node, keeping and index in self.kept)
        self.ledger.use("workspace", index, max(0, most - made))
        self.ledger.step(phase, index, tuple(self.done(self.touched(node))))

    def extras(self, index: int, kept: Kept) -> Iterator[tuple[str, Hashable, int]]:
        """Yield name, key and bytes of what a node keeps beside tensors."""
        for place, (what, size) in enumerate(kept.extras):
            yield what, (index, place), size
        if kept.copies:
            yield "weights in the run's format", (index, NOWHERE), kept.copies

    def done(self, keys: Iterable[Hashable]) -> Iterator[Hashable]:
        """Need each storage once less; yield those that nobody needs any more."""
        for key in keys:
            self.needs[key] -= 1
            if self.needs[key] == 0 and key in self.ledger:
                yield key

    # -- backward --------------------------------------------------------------------

    def backward(self) -> None:
        """Begin with the gradients of the outputs, then go through nodes in reverse."""
        leaves = self.leaves()
        gone = [key for node in leaves for key in self.gradients.begin(node)]
        gone += self.done(self.storages.owner[n.index] for n in leaves)
        self.ledger.step("loss", self.last, gone)
        self.sum_gradients()
        for node in reversed(self.storages.ran):
            if node.index in self.ends:
                self.run_again(self.ends[node.index])
            self.back(node)
            if node.index in self.starts:
                self.leave(self.starts[node.index])

    def run_again(self, part: Segment) -> None:
        """Run a checkpointed part forward once more, this time keeping.

        What forward made in it has gone: all that read it has run backward.
        """
        nodes = self.graph.nodes[part.first : part.end]
        self.count(nodes)
        for node in nodes:
            self.run_node(node, "again", keeping=True)

    def leave(self, part: Segment) -> None:
        """Let the inputs of a checkpointed part go."""
        gone = tuple(self.done(entering(self.storages, part)))
        if gone:
            self.ledger.step("backward", part.first, gone)

    def back(self, node: Node) -> None:
        """Run one node backward."""
        index = node.index
        kept = self.kept.get(index, Kept())
        gone: list[Hashable] = []
        held = [key for _, key, _ in self.extras(index, kept)]
        held += self.done(kept.storages)
        if self.needed[index] and index in self.gradients.of:
            if self.steps(node, held):
                held = []
            gone += self.gradients.back(node)
            if any(self.needed[i] for i in node.inputs):
                beside = workspace_back(self.storages, node)
                self.ledger.use(BESIDE if beside > 0 else NOT_AT_ONCE, index, beside)
            self.padding(node, kept)
            if not node.frozen:
                self.weight_gradients(node)
        self.ledger.step("backward", index, (*gone, *held))
        if self.sums:
            self.ledger.use("gradient of weights", index, self.most_in_sums(node))
            self.ledger.step("sum", index)
            self.sums.clear()
        if self.analysis.setting.accumulate:
            self.accumulate(node)
        self.sum_gradients()

    def accumulate(self, node: Node) -> None:
        """Add a node's gradients of weights in place to those of earlier batches.

        Those of a shared layer wait until its own run: it was the first in forward.
        """
        count = len(node.layer.weights(*self.storages.entering[node.index]))
        keys = [(node.index, f"weight {place}") for place in range(count)]
        gone = tuple(key for key in keys if key in self.ledger)
        if gone:
            self.ledger.step("sum", node.index, gone)

    def sum_gradients(self) -> None:
        """Sum gradients that meet into new ones, one sum after another."""
        for met, *both in self.gradients.meet():
            parted = [k for key in both for k in self.gradients.release(key)]
            self.ledger.step("sum", met, tuple(parted))

    def steps(self, node: Node, held: list[Hashable]) -> bool:
        """Run a node backward that runs in many operations; say whether it is one.

        They let go of what it held, and of its gradient, one after another.
        """
        inside = self.storages.inside(node)
        if inside is None or node.frozen:
            return False
        onward = self.needed[node.inputs[0]]
        shared = self.gradients.is_shared(node.index)
        most = inside.backward(onward, shared, self.gradients.adding)
        self.ledger.use("workspace", node.index, most)
        gone = (*held, *self.gradients.used_up(node.index))
        self.ledger.step("backward", node.index, gone)
        return True

    def padding(self, node: Node, kept: Kept) -> None:
        """Use what the gradient of a padded input has more than that of the input."""
        padded = sum(size for what, size in kept.extras if what == PADDED)
        if padded and self.needed[node.inputs[0]]:
            own = self.storages.tensor_bytes(self.graph.nodes[node.inputs[0]])
            self.ledger.use("padding of its gradient", node.index, padded - own)

    def weight_gradients(self, node: Node) -> None:
        """Make the gradients of a node's weights, or add to those of a shared layer.

        torch adds the first two gradients of a matrix to a new tensor, when all else
        that its layer held has gone; it adds later ones, and those of a convolution, in
        place. Where nothing is added in place, each sum is a new tensor.
        """
        if node.layer.sums_products:
            full = self.storages.tensor_bytes(node)
            self.ledger.use("product at full size", node.index, full)
        dtype = weight_dtype(self.analysis)
        owner = node.index if node.share is None else node.share
        shapes = node.layer.weights(*self.storages.entering[node.index])
        for place, (name, shape) in enumerate(shapes.items()):
            size = number(size_of(name, shape, dtype), node)
            key = owner, f"weight {place}"
            if key in self.ledger:
                self.ledger.use("gradient of weights", node.index, size)
                matrix = node.layer.family != "convolution" and key not in self.summed
                if matrix or not self.gradients.adding:
                    self.summed.add(key)
                    self.sums.append(size)
            else:
                self.ledger.hold(key, "gradient of weights", node.index, size)

    def most_in_sums(self, node: Node) -> int:
        """Return what lives at most while gradients of weights are added up.

        That is, the new gradient and the sum, one weight after another. A convolution
        makes the gradients of its weight and bias at once, so that later ones wait.
        """
        waits = node.layer.family == "convolution"
        later = accumulate(reversed(self.sums)) if waits else reversed(self.sums)
        most: int = max(map(add, later, reversed(self.sums)))
        return most
