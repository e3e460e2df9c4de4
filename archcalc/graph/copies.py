"""Repetitions written out again: the nodes of one that was like them, renumbered.

What a repetition becomes follows from the shapes that enter it and from its overrides.
So where both are as they were before, its nodes are copied with other numbers and
names, unless the one before counted on `i`, or named a step outside itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

from archcalc.graph.graph import Group, node_of
from archcalc.graph.growing import Growing
from archcalc.language.steps import Step
from archcalc.records import NamedTuple

T = TypeVar("T")


class Mark(NamedTuple):
    """How far all had grown before a repetition, and what was known around it."""

    nodes: int
    groups: int
    names: int
    ranges: int
    unlike: bool
    reached: int


class Pattern(NamedTuple):
    """A repetition that can be copied: its nodes, its groups, and the names in it.

    `named` is how many names there are, `tails` how long they are behind the path.
    """

    path: str
    first: int
    end: int
    groups: tuple[int, int]
    output: int
    names: tuple[tuple[str, int], ...]
    ranges: tuple[tuple[str, tuple[int, int]], ...]
    named: int
    tails: int


class Copies:
    """Recognizes a repetition that can be copied, and copies it.

    Around each repetition that is written out stand a `mark` and a `pattern`.
    """

    def __init__(self, growing: Growing) -> None:
        self.growing = growing

    def mark(self) -> Mark:
        """Return how far all has grown, before a repetition."""
        growing = self.growing
        nodes, groups = len(growing.nodes), len(growing.groups)
        names, ranges = len(growing.names), len(growing.ranges)
        mark = Mark(nodes, groups, names, ranges, growing.unlike, growing.reached)
        growing.unlike, growing.reached = False, nodes
        return mark

    def pattern(
        self, step: Step, path: str, mark: Mark, came: tuple[int, ...], output: int
    ) -> Pattern | None:
        """Return what was written since the mark; None for what cannot be copied."""
        growing = self.growing
        first, end = mark.nodes, len(growing.nodes)
        unlike = growing.unlike or growing.reached < first or len(came) != 1
        growing.unlike |= mark.unlike
        growing.reached = min(growing.reached, mark.reached)
        grouped = step.kind in ("use", "residual") or step.branches is not None
        if unlike or not grouped or step.share is not None:
            return None
        at, own = came[0], growing.nodes[first:end]
        if any(i < first and i != at for node in own for i in node.inputs):
            return None
        if any(node.share is not None and node.share < first for node in own):
            return None
        names = tuple(_last(growing.names, len(growing.names) - mark.names))
        ranges = tuple(_last(growing.ranges, len(growing.ranges) - mark.ranges))
        groups = mark.groups, len(growing.groups)
        found = [node.name for node in own]
        found += [group.name for group in growing.groups[slice(*groups)]]
        found += [name for name, _ in names]
        tails = sum(map(len, found)) - len(found) * len(path)
        return Pattern(
            path, first, end, groups, output, names, ranges, len(found), tails
        )

    def fits(self, like: Pattern, path: str, step: Step) -> bool:
        """Say whether a copy stays within the limit of nodes.

        Raises LimitError where its groups or the length of its names do not.
        """
        growing, limits = self.growing, self.growing.limits
        nodes, groups = like.end - like.first, like.groups[1] - like.groups[0]
        growing.name_chars += like.tails + like.named * len(path)
        too_long = growing.name_chars > limits.name_chars
        if too_long or len(growing.groups) + groups > limits.nodes:
            raise growing.too_many(step)
        return len(growing.nodes) + nodes <= limits.nodes

    def again(self, like: Pattern, path: str, at: int) -> int:
        """Write out a repetition like one before; return the node that leaves it."""
        # Every number moves by the same amount. A number from before the repetition can
        # only be that of the node that entered it, as `pattern` saw to, and becomes
        # `at`. Nodes are made from their fields in one pass, not with `_replace`: most
        # nodes of a long network come from here.
        growing = self.growing
        first, cut = like.first, len(like.path)
        by, by_group = len(growing.nodes) - first, len(growing.groups) - like.groups[0]
        own, top = growing.nodes[first : like.end], like.groups[0]
        growing.nodes += [
            node_of(
                (
                    index + by,
                    path + name[cut:],
                    layer,
                    tuple([i + by if i >= first else at for i in inputs]),
                    shape,
                    group + by_group if group >= top else group,
                    origin,
                    None if share is None else share + by,
                    *marks,
                )
            )
            for index, name, layer, inputs, shape, group, origin, share, *marks in own
        ]
        for group in growing.groups[slice(*like.groups)]:
            growing.groups.append(
                Group(
                    path + group.name[cut:],
                    group.kind,
                    group.label,
                    group.parent + by_group if group.parent >= top else group.parent,
                    group.first + by,
                    group.end + by,
                    group.output + by if group.output >= first else at,
                    group.params,
                    group.origin,
                )
            )
        for name, index in like.names:
            growing.names[path + name[cut:]] = index + by if index >= first else at
        for name, (begin, end) in like.ranges:
            growing.ranges[path + name[cut:]] = begin + by, end + by
        return like.output + by if like.output >= first else at


def _last(entries: dict[str, T], count: int) -> Iterator[tuple[str, T]]:
    """Return the entries that came last, in their order."""
    return reversed(list(islice(reversed(entries.items()), count)))
