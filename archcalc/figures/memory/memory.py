"""The bytes of a network: four figures, each with its rule.

Activations, the peak of inference, training, and what is on disk. All are whole bytes,
computed when asked, under the analysis' batch, dtype, optimizer and in-place setting.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from archcalc.figures.counted import Counted
from archcalc.figures.memory.activation_rules import activation_bytes
from archcalc.figures.memory.at_rest import Static, on_disk, static, stored_dtype
from archcalc.figures.memory.branch_order import Orders, branch_orders
from archcalc.figures.memory.checkpoints import segments
from archcalc.figures.memory.inference import (
    inference,
    lower_bound,
    peak_keeping_inputs,
    upper_bound,
)
from archcalc.figures.memory.ledger import Peak, Timeline
from archcalc.figures.memory.saved import (
    Kept,
    kept_for_backward,
    saved_per_node,
    with_checkpoints,
)
from archcalc.figures.memory.storages import Storages, number
from archcalc.figures.memory.training import peak_of, play
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim


class Bounds(NamedTuple):
    """The least and the most that inference could need, in bytes.

    `lower`: what the node `at` needs for its inputs, output and workspace, with the
    network's outputs beside them if `held`; `upper`: nothing freed.
    """

    lower: int
    upper: int
    at: int
    held: bool


class Training(NamedTuple):
    """What one step of training needs, in bytes.

    `saved` is what forward keeps for backward, `peak` the most that lives at once,
    parameters and optimizer state included; `extra_macs` are those of the parts that
    run twice under activation checkpointing.
    """

    parameters: int
    buffers: int
    gradients: int
    optimizer_state: int
    saved: int
    peak: int
    extra_macs: Dim
    timeline: Timeline


class Memory:
    """The memory of one analysis.

    Raises `UsageError` AC541 where a figure needs numbers, and `ShapeError` where it
    needs a side head that does not fit.
    """

    def __init__(self, analysis: Counted) -> None:
        self.analysis = analysis

    @property
    def activations(self) -> Dim:
        """Bytes of the outputs that the activations column lists."""
        return self.analysis.total.activation_bytes

    def activations_by(self, rule: str) -> Dim:
        """Bytes of activations by a named rule; raises `UsageError` AC545."""
        return activation_bytes(self.analysis, rule)

    # -- inference -------------------------------------------------------------------

    @cached_property
    def storages(self) -> Storages:
        """Who shares memory with whom in inference."""
        return Storages(self.analysis)

    @cached_property
    def inference(self) -> Timeline:
        """A forward pass step by step, inputs freed after their last reader."""
        return inference(self.storages)

    @cached_property
    def peak_keeping_inputs(self) -> int:
        """The peak of inference where the caller holds the inputs to the end."""
        return peak_keeping_inputs(self.storages, self.inference)

    @cached_property
    def live_per_node(self) -> dict[int, int]:
        """The most bytes that live while each node runs."""
        found: dict[int, int] = {}
        for moment in self.inference.moments:
            found[moment.node] = max(moment.live, found.get(moment.node, 0))
        return found

    def live(self, nodes: Iterable[int]) -> int:
        """Return the most bytes that live while some nodes run."""
        known = self.live_per_node
        return max((known[i] for i in nodes if i in known), default=0)

    @property
    def peak_inference(self) -> int:
        """The most bytes of activations that live at once without gradients."""
        return self.inference.peak

    @cached_property
    def bounds(self) -> Bounds:
        """Between what the peak of inference lies in any order."""
        at, lower, held = lower_bound(self.storages)
        return Bounds(lower, upper_bound(self.storages), at, held)

    @cached_property
    def orders(self) -> Orders | None:
        """What another order of branches would change; None without branches."""
        return branch_orders(self.storages)

    # -- training --------------------------------------------------------------------

    @cached_property
    def training_storages(self) -> Storages:
        """Who shares memory with whom in training."""
        self.analysis.graph.need_heads()
        return Storages(self.analysis, backward=True)

    @cached_property
    def _kept(self) -> dict[int, Kept]:
        """What each node keeps for its backward pass where nothing runs again."""
        return kept_for_backward(self.training_storages)

    @cached_property
    def kept(self) -> dict[int, Kept]:
        """What each node keeps in forward for its backward pass, checkpoints heeded."""
        return with_checkpoints(self.training_storages, self._kept)

    @cached_property
    def saved_per_node(self) -> tuple[int, ...]:
        """Bytes that each node is the first to keep, so that they add up."""
        return tuple(saved_per_node(self.training_storages, self.kept))

    @property
    def saved_for_backward(self) -> int:
        """Bytes that forward keeps for backward, parameters apart; side heads run."""
        return sum(self.saved_per_node)

    def saved(self, nodes: Iterable[int]) -> int:
        """Return the bytes that some nodes are the first to keep for backward."""
        return sum(self.saved_per_node[i] for i in nodes)

    @cached_property
    def static(self) -> Static:
        """What training holds all the time: parameters, buffers, optimizer state."""
        return static(self.analysis)

    @cached_property
    def training_timeline(self) -> Timeline:
        """One step of training, moment by moment."""
        return play(self.training_storages, self.static, kept=self._kept)

    @cached_property
    def peak_training(self) -> Timeline | Peak:
        """The peak of a step of training, without its timeline unless that is known."""
        if "training_timeline" in self.__dict__:
            return self.training_timeline
        return peak_of(self.training_storages, self.static, self._kept)

    @cached_property
    def training(self) -> Training:
        """One step of training."""
        timeline = self.training_timeline
        first = self.analysis.graph.nodes[0]
        weights, buffers, gradients, state = (number(s, first) for s in self.static)
        return Training(
            weights,
            buffers,
            gradients,
            state,
            self.saved_for_backward,
            timeline.peak,
            self._extra_macs(),
            timeline,
        )

    def _extra_macs(self) -> Dim:
        parts = segments(self.analysis.graph, self.analysis.setting.checkpoint)
        nodes = (i for part in parts for i in range(part.first, part.end))
        return self.analysis.figures(nodes).macs

    # -- disk ------------------------------------------------------------------------

    @property
    def on_disk(self) -> Dim:
        """Bytes of a checkpoint, in the format asked for or that of the weights."""
        return self.on_disk_as(stored_dtype(self.analysis))

    def on_disk_as(self, dtype: str) -> Dim:
        """Bytes of a checkpoint in a number format; raises `UsageError` AC503."""
        graph = self.analysis.graph
        graph.need_heads()
        return on_disk(graph.nodes, graph, dtype)

    def disk(self, nodes: Iterable[int]) -> Dim:
        """Return the bytes of the parameters and buffers of some nodes, as stored."""
        total: Dim = 0
        for index in nodes:
            total = total + self._disk_per_node[index]
        return total

    @cached_property
    def _disk_per_node(self) -> list[Dim]:
        graph, dtype = self.analysis.graph, stored_dtype(self.analysis)
        return [on_disk([node], graph, dtype) for node in graph.nodes]
