"""The rows of a table: a layer with what folds into it, or a group of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Literal

from archcalc.errors import UsageError, suggestion, unknown
from archcalc.figures.counted import Counted
from archcalc.figures.facts import Figures
from archcalc.figures.tally import FOLDED
from archcalc.graph.graph import Group
from archcalc.layers.base import Shape
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim

Level = Literal["ops", "layers", "blocks", "stages"]
LEVELS: tuple[Level, ...] = ("ops", "layers", "blocks", "stages")
WHOLE = ("block", "residual", "concat", "add", "multiply", "lora")
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
        """Parameters, frozen ones too."""
        return self.figures.params

    @property
    def weights(self) -> Dim:
        """Weights without biases and normalization."""
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


def _blind(name: str) -> str:
    """Return a layer's name as people may write it: `Conv1_1` for `conv1-1`."""
    return name.lower().replace("_", "-")


def _blinder(name: str) -> str:
    """Return a layer's name without hyphens: `conv11` for `conv1-1`."""
    return _blind(name).replace("-", "")


def _named_group(group: Group) -> str:
    """Return a group's name, its kind where it is all of a network and has none."""
    return group.name or group.kind


class Draft(NamedTuple):
    """A row before its figures: a layer's nodes, or a group, and where it stands."""

    name: str
    group: Group | None
    members: range
    depth: int = 0
    kind: Literal["row", "head"] = "row"
    prefix: str = ""


class Rows:
    """The rows of a counted graph at each level, found once for a level."""

    def __init__(self, counted: Counted) -> None:
        self.counted = counted

    def outline(self, level: Level) -> tuple[Row, ...]:
        """Return heads and rows in order of execution, as a table prints them.

        Raises `UsageError` for a level that is none.
        """
        if level not in LEVELS:
            raise unknown("AC504", "level", level, LEVELS)
        if level not in self._outlines:
            self._outlines[level] = tuple(map(self._row, self._drafts(level)))
        return self._outlines[level]

    def figures(self, members: Sequence[int]) -> Figures:
        """Return the figures of the nodes of a layer's row."""
        return self._describe(members)[1]

    def named(self, name: str) -> Row:
        """Return a layer or group by its path, or by a last part that only it has.

        Case, hyphens and underscores do not count where no name is written like this.
        Raises `UsageError` with the nearest name, or all that fit.
        """
        found = self._named.get(name)
        if found is not None:
            return self._row(found)
        for draft in self._drafts("ops"):
            if draft.name == name and draft.kind == "row":
                return self._row(draft)
        last = self._ending(name, str)
        last = last or self._ending(name, _blind) or self._ending(name, _blinder)
        if len(last) == 1:
            return self._row(last[0])
        self.counted.graph.need_heads(name)
        every = [draft.name for draft in self._named_drafts]
        help = suggestion(name, every, "names", most=12)
        message = f"{self.counted.name} has no layer {name!r}"
        if last:
            shown = ", ".join(draft.name for draft in last[:4])
            more = ", …" if len(last) > 4 else ""
            message = f"{name!r} can be several layers of {self.counted.name}: "
            message, help = (
                f"{message}{shown}{more}",
                "write one of these names in full",
            )
        raise UsageError.of("AC502", message, help=help)

    def _ending(self, name: str, form: Callable[[str], str]) -> list[Draft]:
        """Return what has this path, or this last part of it, in a form of writing.

        Of a group and one in it with the same path, the outer one.
        """
        wanted = form(name)
        found: dict[str, Draft] = {}
        for draft in self._named_drafts:
            if f".{form(draft.name)}".endswith(f".{wanted}"):
                found.setdefault(draft.name, draft)
        return [*found.values()]

    @cached_property
    def _named_drafts(self) -> tuple[Draft, ...]:
        """Every row, and every group as a row."""
        rows = (draft for draft in self._drafts("layers") if draft.kind == "row")
        groups = (
            Draft(_named_group(g), g, range(g.first, g.end))
            for g in self.counted.graph.groups
        )
        return (*rows, *islice(groups, 1, None))

    @cached_property
    def _named(self) -> dict[str, Draft]:
        """Rows and groups by name; where both have it, the row."""
        return {draft.name: draft for draft in reversed(self._named_drafts)}

    @cached_property
    def _outlines(self) -> dict[Level, tuple[Row, ...]]:
        return {}

    @cached_property
    def _described(self) -> dict[tuple[int, ...], tuple[str, Figures]]:
        return {}

    def _describe(self, members: Sequence[int]) -> tuple[str, Figures]:
        """Return a row's words and figures; rows of equal layers share them."""
        counts = self.counted.tally.counts
        key = tuple([id(counts[i]) for i in members])
        known = self._described.get(key)
        if known is None:
            nodes, entering = self.counted.graph.nodes, self.counted.graph.input_shapes
            words = (nodes[i].layer.label(*entering(nodes[i])) for i in members)
            known = self._described[key] = (
                ", ".join(words),
                self.counted.figures(members),
            )
        return known

    def _drafts(self, level: Level) -> Iterator[Draft]:
        groups, nodes = self.counted.graph.groups, self.counted.graph.nodes
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
                    name = _named_group(group)
                    yield Draft(name, group, inside, len(stack), "row", prefix)
                    index = group.end
                    break
                if self._has_head(group):
                    inside = range(group.first, group.end)
                    yield Draft(group.name, group, inside, len(stack), "head", prefix)
                    stack.append((upcoming - 1, group.name))
            else:
                prefix = stack[-1][1] if stack else ""
                end = index + 1 if level == "ops" else self._end_of_row(index)
                name, inside = nodes[index].name, range(index, end)
                yield Draft(name, None, inside, len(stack), "row", prefix)
                index = end

    @staticmethod
    def _is_one_row(group: Group, level: Level) -> bool:
        if level == "stages":
            return group.parent == 0
        return level == "blocks" and group.kind in WHOLE

    def _has_head(self, group: Group) -> bool:
        same = group.name == self.counted.graph.groups[group.parent].name
        return group.kind != "branch" and not same

    def _end_of_row(self, index: int) -> int:
        """Return the node after those that fold into a node's row."""
        nodes, readers, end = self.counted.graph.nodes, self.counted.readers, index + 1
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

    def _row(self, draft: Draft) -> Row:
        """Return a row with its words and figures."""
        group, members, nodes = draft.group, draft.members, self.counted.graph.nodes
        if group is None:
            label, figures = self._describe(members)
            output = members[-1]
        else:
            label = (
                group.label
                if group.label != group.kind or group.kind != "stage"
                else ""
            )
            figures, output = self.counted.figures(members), group.output
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
