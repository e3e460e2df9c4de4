"""The rules run along the graph: parameters, operations and activations of every node.

An `Analysis` is a view of a `Graph` under a setting (batch, dtype, what runs in place).
Totals are sums over nodes, computed when asked, integers to the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from archcalc.errors import UsageError, nearest
from archcalc.figures.conventions import USUAL, Convention, convention
from archcalc.figures.facts import Facts, Figures
from archcalc.figures.formats import dtype_bits, in_bytes
from archcalc.figures.tally import FOLDED as FOLDED
from archcalc.figures.tally import Tally
from archcalc.graph.graph import Graph, Group, Node
from archcalc.layers.base import Shape
from archcalc.network.shown import Shown
from archcalc.sizes.dims import Dim

if TYPE_CHECKING:
    from archcalc.figures.memory.memory import Memory

Level = Literal["ops", "layers", "blocks", "stages"]
LEVELS: tuple[Level, ...] = ("ops", "layers", "blocks", "stages")
WHOLE = ("block", "residual", "concat", "add", "multiply")
"""Kinds of group that are one row at the level of blocks."""


class Row(NamedTuple):
    """One line of a table: a layer with what folds into it, or a group.

    `name` is the full path, `label` says what it is, `depth` how far it is indented;
    `kind` is `row`, or `head` for a group whose rows follow; `output` is the node that
    leaves it.
    """

    name: str
    label: str
    shape: Shape
    figures: Figures
    nodes: tuple[int, ...]
    output: int
    kind: Literal["row", "head"] = "row"
    depth: int = 0
    short: str = ""
    aux: bool = False

    @property
    def params(self) -> Dim:
        """Trainable parameters."""
        return self.figures.params

    @property
    def weights(self) -> Dim:
        """Trainable weights without biases and normalization."""
        return self.figures.weights

    @property
    def biases(self) -> Dim:
        """Biases."""
        return self.figures.biases

    @property
    def macs(self) -> Dim:
        """Multiply-accumulates of the batch."""
        return self.figures.macs

    @property
    def flops(self) -> Dim:
        """Floating-point operations of the batch."""
        return self.figures.flops

    @property
    def activations(self) -> Dim:
        """Output values of the batch that are kept."""
        return self.figures.activations

    @property
    def activation_bytes(self) -> Dim:
        """The same in bytes."""
        return self.figures.activation_bytes


class _Draft(NamedTuple):
    """A row before its figures: a layer's nodes, or a group, and where it stands."""

    name: str
    group: Group | None
    members: range
    depth: int = 0
    kind: Literal["row", "head"] = "row"
    prefix: str = ""


class Branch(NamedTuple):
    """One branch of a module: its name, output shape and figures."""

    name: str
    path: str
    shape: Shape
    figures: Figures


@dataclass(frozen=True, slots=True)
class Setting:
    """What a figure depends on beside the network.

    `optimizer`, `mixed` and `checkpoint` concern training alone, `stored` the number
    format on disk: that of the weights where it is None.
    """

    batch: int = 1
    dtype: str = "float32"
    inplace: bool = True
    optimizer: str = "sgd"
    mixed: bool = False
    checkpoint: str = "none"
    convention: str = USUAL
    stored: str | None = None


@dataclass(frozen=True, repr=False)
class Analysis(Shown):
    """Every figure of a network under one setting; immutable."""

    name: str
    graph: Graph
    setting: Setting

    @cached_property
    def memory(self) -> Memory:
        """The bytes: activations, peaks of inference and training, what is on disk."""
        from archcalc.figures.memory.memory import Memory

        return Memory(self)

    @property
    def convention(self) -> Convention:
        """How `operations` and `reported_params` are counted."""
        return convention(self.setting.convention)

    @cached_property
    def facts(self) -> tuple[Facts, ...]:
        """What the rules say, one entry a node; equal layers share theirs."""
        return tuple(self._tally.facts)

    @cached_property
    def readers(self) -> tuple[int, ...]:
        """How many nodes read each node's output; leaving the network counts as one."""
        counts = [0] * len(self.graph.nodes)
        for node in self.graph.nodes:
            for i in node.inputs:
                counts[i] += 1
        counts[self.graph.output] += 1
        return tuple(counts)

    def in_place(self, node: Node) -> bool:
        """Say whether a node needs no memory of its own for its output.

        A view never does. A normalization, activation or dropout does not where the
        setting lets it run in place and nothing else reads its input.
        """
        return self._tally.gone[node.index]

    @cached_property
    def _tally(self) -> Tally:
        inplace = self.setting.inplace
        return Tally(self.graph, self.convention, self.readers, inplace)

    def figures(self, nodes: Iterable[int]) -> Figures:
        """Return the sums over some nodes."""
        sums = self._tally.sums(nodes)
        weights, biases, norms, buffers, macs, flops, values, counted, reported = sums
        batch = self.setting.batch
        kept = values * batch
        size = in_bytes(kept, dtype_bits(self.setting.dtype))
        operations = (macs * batch, flops * batch, kept, size, counted * batch)
        return Figures(weights, biases, norms, buffers, *operations, reported)

    @cached_property
    def total(self) -> Figures:
        """The network in inference: side heads left out."""
        return self.figures([n.index for n in self.graph.nodes if not n.aux])

    @cached_property
    def aux(self) -> Figures:
        """The side heads alone, which only training runs."""
        return self.figures(n.index for n in self.graph.nodes if n.aux)

    @property
    def output(self) -> Shape:
        """The network's output shape, without the batch axis."""
        return self.graph.nodes[self.graph.output].shape

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """One row a layer, side heads included: norm and activation folded in."""
        return tuple(row for row in self.outline("layers") if row.kind == "row")

    @cached_property
    def ops(self) -> tuple[Row, ...]:
        """One row a node."""
        return tuple(row for row in self.outline("ops") if row.kind == "row")

    @cached_property
    def stages(self) -> tuple[Row, ...]:
        """One row for each group or layer at the top of the network."""
        return tuple(self.outline("stages"))

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """Every branch of every module that joins branches, in order."""
        found = []
        for group in self.graph.groups:
            if group.kind == "branch":
                shape = self.graph.nodes[group.output].shape
                figures = self.figures(range(group.first, group.end))
                name = group.label
                found.append(Branch(name, group.name, shape, figures))
        return tuple(found)

    def row(self, name: str) -> Row:
        """Return a layer or group by its path, or by a last part that only it has.

        Raises `UsageError` with the nearest name.
        """
        found = self._named.get(name)
        if found is not None:
            return self._row(found)
        for draft in self._drafts("ops"):
            if draft.name == name and draft.kind == "row":
                return self._row(draft)
        every = [draft.name for draft in self._named_drafts]
        last = [
            draft for draft in self._named_drafts if draft.name.endswith(f".{name}")
        ]
        if len(last) == 1:
            return self._row(last[0])
        help = nearest(name, every) or f"names: {', '.join(every[:12])}"
        several = f" alone: {', '.join(d.name for d in last[:4])}" if last else ""
        raise UsageError.of(
            "AC502", f"{self.name} has no layer {name!r}{several}", help=help
        )

    @cached_property
    def _named_drafts(self) -> tuple[_Draft, ...]:
        """Every row, and every group as a row."""
        rows = (draft for draft in self._drafts("layers") if draft.kind == "row")
        groups = (_Draft(g.name, g, range(g.first, g.end)) for g in self.graph.groups)
        return (*rows, *islice(groups, 1, None))

    @cached_property
    def _named(self) -> dict[str, _Draft]:
        """Rows and groups by name; where both have it, the row."""
        return {draft.name: draft for draft in reversed(self._named_drafts)}

    # -- rows ------------------------------------------------------------------------

    def outline(self, level: Level) -> Iterator[Row]:
        """Yield heads and rows in order of execution, as a table prints them.

        Raises `UsageError` for a level that is none.
        """
        if level not in LEVELS:
            help = nearest(level, LEVELS) or f"levels: {', '.join(LEVELS)}"
            raise UsageError.of("AC504", f"there is no level {level!r}", help=help)
        if level not in self._outlines:
            self._outlines[level] = tuple(map(self._row, self._drafts(level)))
        yield from self._outlines[level]

    @cached_property
    def _outlines(self) -> dict[Level, tuple[Row, ...]]:
        return {}

    @cached_property
    def _described(self) -> dict[tuple[int, ...], tuple[str, Figures]]:
        return {}

    def _describe(self, members: Sequence[int]) -> tuple[str, Figures]:
        """Return a row's words and figures; rows of equal layers share them."""
        counts = self._tally.counts
        key = tuple([id(counts[i]) for i in members])
        known = self._described.get(key)
        if known is None:
            nodes, entering = self.graph.nodes, self.graph.input_shapes
            words = (nodes[i].layer.label(*entering(nodes[i])) for i in members)
            known = self._described[key] = ", ".join(words), self.figures(members)
        return known

    def _drafts(self, level: Level) -> Iterator[_Draft]:
        groups, nodes = self.graph.groups, self.graph.nodes
        stack: list[tuple[int, str]] = []
        index, upcoming = 0, 1
        while index < len(nodes):
            while stack and groups[stack[-1][0]].end <= index:
                stack.pop()
            while upcoming < len(groups) and groups[upcoming].first <= index:
                group = groups[upcoming]
                upcoming += 1
                if group.end <= index:
                    continue
                prefix = stack[-1][1] if stack else ""
                if self._is_one_row(group, level):
                    inside = range(group.first, group.end)
                    yield _Draft(group.name, group, inside, len(stack), "row", prefix)
                    index = group.end
                    break
                if self._has_head(group):
                    inside = range(group.first, group.end)
                    yield _Draft(group.name, group, inside, len(stack), "head", prefix)
                    stack.append((upcoming - 1, group.name))
            else:
                prefix = stack[-1][1] if stack else ""
                end = index + 1 if level == "ops" else self._end_of_row(index)
                name, inside = nodes[index].name, range(index, end)
                yield _Draft(name, None, inside, len(stack), "row", prefix)
                index = end

    @staticmethod
    def _is_one_row(group: Group, level: Level) -> bool:
        if level == "stages":
            return group.parent == 0
        return level == "blocks" and group.kind in WHOLE

    def _has_head(self, group: Group) -> bool:
        same = group.name == self.graph.groups[group.parent].name
        return group.kind != "branch" and not same

    def _end_of_row(self, index: int) -> int:
        """Return the node after those that fold into a node's row."""
        nodes, readers, end = self.graph.nodes, self.readers, index + 1
        head = nodes[index]
        if head.layer.role == "input":
            return end
        while end < len(nodes) and readers[end - 1] == 1:
            after = nodes[end]
            if after.layer.role not in FOLDED or after.group != head.group:
                break
            if after.inputs != (end - 1,):
                break
            end += 1
        return end

    def _row(self, draft: _Draft) -> Row:
        """Return a row with its words and figures."""
        group, members, nodes = draft.group, draft.members, self.graph.nodes
        if group is None:
            label, figures = self._describe(members)
            output = members[-1]
        else:
            label = (
                group.label
                if group.label != group.kind or group.kind != "stage"
                else ""
            )
            figures, output = self.figures(members), group.output
        return Row(
            draft.name,
            label,
            nodes[output].shape,
            figures,
            tuple(members),
            output,
            draft.kind,
            draft.depth,
            _relative(draft.name, draft.prefix),
            bool(members) and nodes[members[0]].aux,
        )


def _relative(name: str, prefix: str) -> str:
    return name[len(prefix) + 1 :] if prefix and name.startswith(f"{prefix}.") else name
