"""Repetitions written out again: the nodes of one that was like them, renumbered.

What a repetition becomes follows from the shapes that enter it and from its overrides.
So where both are as they were before, its nodes are copied with other numbers and
names, unless the one before counted on `i`, or named a step outside itself.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from archcalc.errors import SpecError
from archcalc.graph.graph import Group, Node
from archcalc.graph.resolver import Resolver
from archcalc.graph.scope import Scope, kind_name
from archcalc.language.spec import Spec
from archcalc.language.steps import REPEAT, Step
from archcalc.limits import Limits

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


class Repeater(Resolver):
    """Remembers repetitions, and writes out those that equal one before."""

    def __init__(self, spec: Spec, limits: Limits) -> None:
        super().__init__(spec, limits)
        self.repeats = 1

    @abstractmethod
    def once(
        self,
        step: Step,
        path: str,
        entering: tuple[int, ...],
        scope: Scope,
        override: dict[str, Any],
    ) -> int:
        """Write out one repetition of a step; return the node that leaves it."""

    def repeated(
        self, step: Step, path: str, entering: tuple[int, ...], scope: Scope
    ) -> int:
        """Write out a step as often as it says, with `first` and `last` overrides."""
        count = self.count(step, entering[0], scope)
        outside, self.repeats = self.repeats, self.repeats * count
        if self.repeats > self.limits.nodes:
            raise self.too_many(step)
        group = self.open(path, "repeat", f"{count} × {kind_name(step)}", scope)
        outer, at = scope.values.get("i"), entering[0]
        patterns: dict[tuple[Any, ...], Pattern | None] = {}
        for i in range(1, count + 1):
            scope.values["i"] = i
            override = step.first if i == 1 else {}
            if i == count and step.last:
                override = {**override, **step.last}
            name, first = f"{path}.{i}", len(self.nodes)
            shapes = tuple([self.nodes[n].shape for n in entering])
            key = (i == 1 and bool(step.first), i == count and bool(step.last), shapes)
            like = patterns.get(key)
            if like is not None and self.fits(like, name, step):
                at = self.again(like, name, at)
            else:
                mark, inner = self.mark(), scope.renamed(path, group)
                at = self.once(step, name, entering, inner, override)
                patterns[key] = self.pattern(step, name, mark, entering, at)
            self.names[name] = at
            self.remember(name, first)
            entering = (at, *entering[:-1])
            if step.share is not None and step.share.text == step.name and i > 1:
                self.copy_weights(step, first, self.ranges[f"{path}.1"])
        scope.values.pop("i", None)
        if outer is not None:
            scope.values["i"] = outer
        self.repeats = outside
        self.close(group, at)
        return at

    def count(self, step: Step, at: int, scope: Scope) -> int:
        """Return how often a step is repeated; raise `SpecError` AC151 for a symbol."""
        count = self.checked(step, "repeat", REPEAT, at, scope)
        if not isinstance(count, int):
            message = f"repeat needs a number, not the symbol {count}"
            raise self.error(SpecError, step, "AC151", message)
        return count

    def mark(self) -> Mark:
        """Return how far all has grown, before a repetition."""
        nodes, groups = len(self.nodes), len(self.groups)
        names, ranges = len(self.names), len(self.ranges)
        mark = Mark(nodes, groups, names, ranges, self.unlike, self.reached)
        self.unlike, self.reached = False, nodes
        return mark

    def pattern(
        self, step: Step, path: str, mark: Mark, came: tuple[int, ...], output: int
    ) -> Pattern | None:
        """Return what was written since the mark; None for what cannot be copied."""
        first, end = mark.nodes, len(self.nodes)
        unlike = self.unlike or self.reached < first or len(came) != 1
        self.unlike |= mark.unlike
        self.reached = min(self.reached, mark.reached)
        grouped = step.kind in ("use", "residual") or step.branches is not None
        if unlike or not grouped or step.share is not None:
            return None
        at, own = came[0], self.nodes[first:end]
        if any(i < first and i != at for node in own for i in node.inputs):
            return None
        if any(node.share is not None and node.share < first for node in own):
            return None
        names = tuple(_last(self.names, len(self.names) - mark.names))
        ranges = tuple(_last(self.ranges, len(self.ranges) - mark.ranges))
        groups = mark.groups, len(self.groups)
        found = [node.name for node in own]
        found += [group.name for group in self.groups[slice(*groups)]]
        found += [name for name, _ in names]
        tails = sum(map(len, found)) - len(found) * len(path)
        return Pattern(
            path, first, end, groups, output, names, ranges, len(found), tails
        )

    def again(self, like: Pattern, path: str, at: int) -> int:
        """Write out a repetition like one before; return the node that leaves it."""
        first, cut = like.first, len(like.path)
        by, by_group = len(self.nodes) - first, len(self.groups) - like.groups[0]
        inside, top = self.nodes[first : like.end], like.groups[0]
        self.nodes += [
            Node(
                index + by,
                path + name[cut:],
                layer,
                tuple([i + by if i >= first else at for i in inputs]),
                shape,
                group + by_group if group >= top else group,
                origin,
                None if share is None else share + by,
                aux,
            )
            for index, name, layer, inputs, shape, group, origin, share, aux in inside
        ]
        for group in self.groups[slice(*like.groups)]:
            self.groups.append(
                Group(
                    path + group.name[cut:],
                    group.kind,
                    group.label,
                    group.parent + by_group if group.parent >= top else group.parent,
                    group.first + by,
                    group.end + by,
                    group.output + by if group.output >= first else at,
                )
            )
        for name, index in like.names:
            self.names[path + name[cut:]] = index + by if index >= first else at
        for name, (begin, end) in like.ranges:
            self.ranges[path + name[cut:]] = begin + by, end + by
        return like.output + by if like.output >= first else at

    def fits(self, like: Pattern, path: str, step: Step) -> bool:
        """Say whether a copy stays within the limit of nodes.

        Raises LimitError where its groups or the length of its names do not.
        """
        nodes, groups = like.end - like.first, like.groups[1] - like.groups[0]
        self.name_chars += like.tails + like.named * len(path)
        too_long = self.name_chars > self.limits.name_chars
        if too_long or len(self.groups) + groups > self.limits.nodes:
            raise self.too_many(step)
        return len(self.nodes) + nodes <= self.limits.nodes


def _last(entries: dict[str, T], count: int) -> Iterator[tuple[str, T]]:
    """Return the entries that came last, in their order."""
    return reversed(list(islice(reversed(entries.items()), count)))
