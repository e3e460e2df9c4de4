"""The graph while it grows: its nodes and groups, their names, where errors stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archcalc.errors import (
    ArchcalcError,
    LimitError,
    Place,
    Problem,
    ShapeError,
    SpecError,
    nearest,
)
from archcalc.graph.graph import Group, Node, Unfit, node_of
from archcalc.graph.scope import Scope, member
from archcalc.language.spec import Spec
from archcalc.language.steps import Step
from archcalc.layers.base import Layer, Shape, times
from archcalc.limits import Limits
from archcalc.records import replace
from archcalc.source.parser import Value

MOST_INPUTS_SHOWN = 12
"""Inputs that an error tells one by one."""


class Growing:
    """Nodes and groups, appended in the order of execution.

    `names` has the output node of each step by its path. `ranges` has the first node of
    each step and the one behind its last; it is filled only where the spec shares
    weights. `uses` are the `use:` steps that led here, for errors.

    Two fields say what the steps since some moment depended on, for `Copies`: `unlike`,
    whether on the number of a repetition; `reached`, the earliest node that a name in
    them stood for. `ids` are nodes that are known to hold an input's whole numbers.
    """

    def __init__(self, spec: Spec, limits: Limits) -> None:
        self.source = spec.source
        self.shares = spec.shares
        self.limits = limits
        self.nodes: list[Node] = []
        self.groups: list[Group] = [Group("", "network", spec.name, -1, 0)]
        self.names: dict[str, int] = {}
        self.ranges: dict[str, tuple[int, int]] = {}
        self.uses: tuple[Value, ...] = ()
        self.unfit: list[Unfit] = []
        self.unlike = False
        self.reached = 0
        self.shapes: dict[tuple[Any, ...], Shape] = {}
        self.ids: set[int] = set()
        self.name_chars = 0

    # -- nodes and groups --------------------------------------------------------------

    def put(
        self,
        path: str,
        layer: Layer,
        inputs: tuple[int, ...],
        shape: Shape,
        origin: Value,
        group: int = 0,
    ) -> int:
        """Append a node whose shape is known; return its number."""
        index = len(self.nodes)
        node = Node(index, path, layer, inputs, shape, group, origin, None, False)
        self.nodes.append(node)
        return index

    def add(
        self,
        step: Step,
        path: str,
        layer: Layer,
        inputs: tuple[int, ...],
        scope: Scope,
        names: tuple[str, ...] = (),
    ) -> int:
        """Append a node; its rule says the shape, or why there is none.

        `names` are what several inputs are called in an error, such as branches.
        """
        nodes = self.nodes
        index = len(nodes)
        self.name_chars += len(path)
        if index >= self.limits.nodes or self.name_chars > self.limits.name_chars:
            raise self.too_many(step)
        if len(inputs) == 1:
            key: tuple[Any, ...] = (id(layer), nodes[inputs[0]].shape)
        else:
            key = (id(layer), *[nodes[i].shape for i in inputs])
        if layer.reads_ids:
            self.check_ids(step, inputs[0])
        shape = self.shapes.get(key)
        if shape is None:
            shape = self.shapes[key] = self.shaped(step, layer, inputs, names)
        marks = scope.group, step.node, None, scope.aux, scope.frozen
        nodes.append(node_of((index, path, layer, inputs, shape, *marks)))
        return index

    def free(self, path: str, key: str) -> str:
        """Return the path of what a step adds; a number tells it from steps inside."""
        name, number = member(path, key), 1
        while name in self.names:
            number += 1
            name = member(path, f"{key}{number}")
        return name

    def check_ids(self, step: Step, at: int) -> None:
        """Raise `ShapeError` AC216 where what a look-up reads was computed."""
        waiting = [at]
        while waiting:
            node = self.nodes[waiting.pop()]
            if not node.layer.keeps_ids:
                message = f"{step.kind} reads whole numbers, and this computes others"
                facts = (f"{node.name} = {self.entering(node.index, '')}",)
                help = "from: an input of token ids, or linear for values"
                raise ShapeError([self.problem(step, "AC216", message, help, facts)])
            self.ids.add(node.index)
            waiting += (i for i in node.inputs if i not in self.ids)

    def shaped(
        self, step: Step, layer: Layer, inputs: tuple[int, ...], names: tuple[str, ...]
    ) -> Shape:
        """Run the layer's rule for the shape; say where it stands if it refuses."""
        try:
            return layer.shape(*[self.nodes[i].shape for i in inputs])
        except LimitError as error:
            placed = [p.at(self.place(step.node), self.via()) for p in error.problems]
            raise LimitError(placed) from None
        except ShapeError as error:
            (problem,) = error.problems
            if len(inputs) != 1:
                problem = self.clash(problem, layer, inputs, names)
            else:
                entering = f"input: {self.entering(inputs[0])}"
                problem = replace(problem, facts=(*problem.facts, entering))
        place = self.place_in(step, problem.argument)
        raise ShapeError([problem.at(place, self.via())])

    def open(
        self,
        path: str,
        kind: str,
        label: str,
        scope: Scope,
        origin: Value | None = None,
    ) -> int:
        """Begin a group; return its number."""
        self.name_chars += len(path)
        group = Group(path, kind, label, scope.group, len(self.nodes), origin=origin)
        self.groups.append(group)
        return len(self.groups) - 1

    def close(self, group: int, output: int) -> None:
        """End a group at the last node."""
        self.groups[group].end = len(self.nodes)
        self.groups[group].output = output

    def mark(self) -> tuple[Any, ...]:
        """Return how far all has grown, for `undo`."""
        grown = self.nodes, self.groups, self.names, self.ranges
        return *[len(known) for known in grown], self.uses

    def undo(self, mark: tuple[Any, ...]) -> None:
        """Take back what was written since a mark; a copy would not do the same."""
        nodes, groups, names, ranges, self.uses = mark
        del self.nodes[nodes:], self.groups[groups:]
        for known, before in ((self.names, names), (self.ranges, ranges)):
            for _ in range(len(known) - before):
                known.popitem()
        self.unlike = True

    def need_head(self, name: str) -> None:
        """Raise the `ShapeError` of a side head that is left out where a name asks."""
        for head in self.unfit:
            if head.holds(name):
                raise ShapeError(head.error.problems)

    # -- shared weights ----------------------------------------------------------------

    def remember(self, path: str, first: int) -> None:
        """Remember the nodes of a step, where a spec shares weights at all."""
        if self.shares:
            self.ranges[path] = (first, len(self.nodes))

    def share(self, step: Step, first: int, scope: Scope) -> None:
        """Give the nodes from `first` on the weights of the step that `share` names."""
        name = step.share.text if step.share else ""
        if name == step.name:
            return
        around = scope.path
        path = scope.path_of(name)
        while path not in self.ranges and around:  # from the innermost group outwards
            around = around.rpartition(".")[0]
            path = f"{around}.{name}" if around else name
        if path not in self.ranges:
            self.need_head(name)
            message = f"share: no earlier step {name!r}"
            raise self.error(step, "AC153", message, nearest(name, self.ranges))
        self.copy_weights(step, first, self.ranges[path])

    def copy_weights(self, step: Step, first: int, other: tuple[int, int]) -> None:
        """Point each node from `first` on at its counterpart in an earlier range."""
        for offset, index in enumerate(range(first, len(self.nodes))):
            twin = other[0] + offset
            node = self.nodes[index]
            if twin >= other[1] or self._unlike(index, twin):
                raise self.unlike_weights(step, min(twin, other[1] - 1), index)
            root = self.nodes[twin].share
            self.nodes[index] = node._replace(share=twin if root is None else root)

    def _unlike(self, index: int, twin: int) -> bool:
        """Say whether two nodes cannot use one tensor for each of their weights."""
        own, other = self._weights(index), self._weights(twin)
        nodes = self.nodes
        if nodes[index].layer.key == nodes[twin].layer.key:
            return own != other
        return not own or list(own.values()) != list(other.values())

    def _weights(self, index: int) -> Mapping[str, Shape]:
        node = self.nodes[index]
        return node.layer.weights(*[self.nodes[i].shape for i in node.inputs])

    def unlike_weights(self, step: Step, twin: int, index: int) -> ShapeError:
        """Return the error of two steps that cannot share: their weights."""
        facts = []
        for i in (twin, index):
            node, weights = self.nodes[i], self._weights(i)
            told = ", ".join(f"{name} {times(w)}" for name, w in weights.items())
            label = node.layer.label(*[self.nodes[n].shape for n in node.inputs])
            facts.append(
                f"{node.name}: {told or 'no weights'}   from line "
                f"{self.line(node)}, {label}"
            )
        message = "share needs steps with equal weights"
        help = None
        if "bias" in {*self._weights(index)} ^ {*self._weights(twin)}:
            help = "bias: false, where only one of them has a bias"
        return ShapeError([self.problem(step, "AC214", message, help, facts)])

    # -- errors ------------------------------------------------------------------------

    def clash(
        self,
        problem: Problem,
        layer: Layer,
        inputs: tuple[int, ...],
        names: tuple[str, ...],
    ) -> Problem:
        """Say what enters under which name, and what would make it fit.

        Of very many inputs, the first of each shape is told.
        """
        names = names or tuple(self.nodes[i].name for i in inputs)
        pairs = list(zip(names, inputs, strict=True))
        told = pairs
        if len(pairs) > MOST_INPUTS_SHOWN:
            first_of: dict[Shape, tuple[str, int]] = {}
            for name, i in pairs:
                first_of.setdefault(self.nodes[i].shape, (name, i))
            told = list(first_of.values())[:MOST_INPUTS_SHOWN]
        width = max((len(name) for name, _ in told), default=0)
        facts = [f"{name:{width}} = {self.entering(i, '')}" for name, i in told]
        facts = facts or list(problem.facts)
        if len(told) < len(pairs):
            facts.append(f"and {len(pairs) - len(told)} more inputs")
        help = problem.help
        if problem.code == "AC201" and len(pairs) <= MOST_INPUTS_SHOWN:
            from archcalc.graph.clashes import join_help

            joins = layer.joins() is not None
            help = join_help(self.nodes, inputs, names, joins, self.line) or help
        return replace(problem, facts=tuple(facts), help=help)

    def unlike_sum(self, step: Step, at: int, main: int, skip: int) -> ShapeError:
        """Return the error of a residual whose two sides do not fit."""
        from archcalc.graph.clashes import sum_help

        help = sum_help(self.nodes, main, skip, at, self.line)
        message = "a residual needs equal shapes"
        facts = (
            f"body     = {self.entering(main)}",
            f"shortcut = {self.entering(skip)}",
        )
        return ShapeError([self.problem(step, "AC201", message, help, facts)])

    def line(self, node: Node) -> int:
        """Return the line in which a node was written."""
        return self.place(node.origin).line

    def entering(self, index: int, name: str | None = None) -> str:
        """Return what a node gives, and where it was written."""
        node = self.nodes[index]
        line = self.place(node.origin).line
        given = f"{node.name} = " if name is None else name
        label = node.layer.label(*[self.nodes[i].shape for i in node.inputs])
        return f"{given}{times(node.shape)}   from line {line}, {label}"

    def place_in(self, step: Step, argument: str) -> Place:
        """Return where an argument of a step is written, or the step."""
        known = argument and argument not in {**step.first, **step.last}
        key = self.source.key_beside(step.node, argument) if known else step.node
        return self.place(key)

    def place(self, node: Value) -> Place:
        """Return where a value of the file stands."""
        return self.source.place(node)

    def via(self) -> tuple[Place, ...]:
        """Return the `use:` steps that led here."""
        return tuple(self.place(use) for use in self.uses)

    def problem(
        self,
        step: Step,
        code: str,
        message: str,
        help: str | None = None,
        facts: Iterable[str] = (),
    ) -> Problem:
        """Return what is wrong with a step."""
        place = self.place(step.node)
        return Problem(code, message, place, tuple(facts), help, self.via())

    def error(
        self,
        step: Step,
        code: str,
        message: str,
        help: str | None = None,
        facts: Iterable[str] = (),
    ) -> SpecError:
        """Return the error of a step that is not in the language."""
        return SpecError([self.problem(step, code, message, help, facts)])

    def too_many(self, step: Step) -> ArchcalcError:
        """Return the error of a network that is too large."""
        place = self.place(step.node)
        if self.name_chars > self.limits.name_chars:
            what = "the names of the nodes are too long together"
            return self.limits.exceeded("name_chars", what, place=place)
        what = "the network is too large with all repetitions written out"
        return self.limits.exceeded("nodes", what, place=place)
