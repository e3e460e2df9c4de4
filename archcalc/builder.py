"""The graph while it grows: nodes with their shapes, groups, and where errors stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from archcalc.errors import ArchcalcError, Place, Problem, ShapeError
from archcalc.graph import Group, Node, Origin
from archcalc.layers.base import Layer, Shape, times
from archcalc.limits import Limits
from archcalc.scope import Scope
from archcalc.source import Source, Value
from archcalc.steps import NODE, Step


class Builder:
    """Appends nodes and groups; `uses` are the `use:` steps that led here."""

    def __init__(self, source: Source, name: str, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.nodes: list[Node] = []
        self.groups: list[Group] = [Group("", "network", name, -1, 0)]
        self.uses: tuple[NODE, ...] = ()
        self.shapes: dict[tuple[int, tuple[Shape, ...]], Shape] = {}

    def add(
        self, step: Step, path: str, layer: Layer, inputs: tuple[int, ...], scope: Scope
    ) -> int:
        """Append a node; its rule says the shape, or why there is none."""
        index = len(self.nodes)
        if index >= self.limits.nodes:
            raise self.too_many(step)
        nodes = self.nodes
        shapes = tuple([nodes[i].shape for i in inputs])
        key = (id(layer), shapes)
        shape = self.shapes.get(key)
        if shape is None:
            shape = self.shapes[key] = self.shaped(step, layer, inputs, shapes)
        origin = Origin(step.node, self.uses)
        nodes.append(
            Node(index, path, layer, inputs, shape, scope.group, origin, None, scope.aux)
        )
        return index

    def shaped(
        self, step: Step, layer: Layer, inputs: tuple[int, ...], shapes: tuple[Shape, ...]
    ) -> Shape:
        """Run the layer's rule for the shape; say where it stands if it refuses."""
        try:
            shape = layer.shape(*shapes)
        except ShapeError as error:
            raise self.located(step, error, inputs) from None
        return shape

    def located(self, step: Step, error: ShapeError, inputs: tuple[int, ...]) -> ShapeError:
        """Add the place and, for several inputs, what enters from where."""
        (problem,) = error.problems
        if len(inputs) > 1:
            problem = replace(problem, facts=tuple(map(self.entering, inputs)))
        else:
            entering = f"input: {self.entering(inputs[0])}"
            problem = replace(problem, facts=(*problem.facts, entering))
        return ShapeError([problem.at(self.place(step.node), self.via())])

    def entering(self, index: int) -> str:
        """Return what a node gives, and where it was written."""
        node = self.nodes[index]
        line = self.place(node.origin.node).line
        return f"{node.name} = {times(node.shape)}   from line {line}, {node.layer.key}"

    def open(self, path: str, kind: str, label: str, scope: Scope) -> int:
        """Begin a group; return its number."""
        self.groups.append(Group(path, kind, label, scope.group, len(self.nodes)))
        return len(self.groups) - 1

    def close(self, group: int, output: int) -> None:
        """End a group at the last node."""
        self.groups[group].end = len(self.nodes)
        self.groups[group].output = output

    def place(self, node: Value) -> Place:
        return self.source.place(node)

    def via(self) -> tuple[Place, ...]:
        return tuple(self.place(use) for use in self.uses)

    def error(
        self,
        kind: type[ArchcalcError],
        step: Step,
        code: str,
        message: str,
        facts: Iterable[str] = (),
        help: str | None = None,
    ) -> ArchcalcError:
        """Return an error at a step."""
        problem = Problem(code, message, self.place(step.node), tuple(facts), help, self.via())
        return kind([problem])

    def too_many(self, step: Step) -> ArchcalcError:
        """Return the error of a network that is too large."""
        return self.limits.exceeded(
            "nodes", "the network is too large when written out", place=self.place(step.node)
        )

    def copy_weights(self, step: Step, first: int, other: tuple[int, int]) -> None:
        """Point each node from `first` on at its counterpart in an earlier range."""
        for offset, index in enumerate(range(first, len(self.nodes))):
            twin = other[0] + offset
            node = self.nodes[index]
            if twin >= other[1] or self._weights(index) != self._weights(twin):
                raise self.error(
                    ShapeError, step, "AC208", "share needs steps with equal weights",
                    [self.entering(min(twin, other[1] - 1)), self.entering(index)],
                )
            root = self.nodes[twin].share
            self.nodes[index] = node._replace(share=twin if root is None else root)

    def _weights(self, index: int) -> Any:
        node = self.nodes[index]
        shapes = [self.nodes[i].shape for i in node.inputs]
        return node.layer.key, node.layer.weights(*shapes)
