"""Weights that steps of different classes share, and where each weight stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archcalc.graph.graph import Graph, Node
from archcalc.writers.pytorch.bodies import Body
from archcalc.writers.pytorch.classes import Use
from archcalc.writers.pytorch.members import Members, is_single

Weights = dict[str, str]
"""The path of each weight and buffer of a node, by the name that its layer gives."""


class Paths:
    """Finds the path of every weight in the module that the code makes."""

    def __init__(
        self, graph: Graph, uses: Mapping[int, Use], members: Mapping[int, Members]
    ) -> None:
        self.graph = graph
        self.uses = uses
        self.members = members

    def of(self, body: Body, prefix: str = "") -> Iterator[tuple[Node, Weights]]:
        """Yield each layer that has weights of its own module, with their paths."""
        use = self.uses[id(body)]
        members = self.members[id(use.of)]
        for index, part in enumerate(use.of.parts):
            items = use.of.ranges[use.number][index]
            if items is None:
                continue
            named = members.named.get(index)
            for number, at in enumerate(items):
                item = body.items[at]
                path = f"{prefix}{named.path}" if named else prefix
                row = "" if is_single(use.of, part) else f".{number}"
                if item.body is not None:
                    yield from self.of(item.body, f"{path}{row}.")
                elif item.node is not None:
                    params = members.parameters.get(index)
                    yield item.node, self.weights(item.node, path, prefix, params)

    def weights(
        self, node: Node, path: str, prefix: str, params: Weights | None
    ) -> Weights:
        """Return the paths of a node's weights and buffers."""
        shapes = self.graph.input_shapes(node)
        if params is not None:
            return {name: f"{prefix}{own}" for name, own in params.items()}
        names = [*node.layer.weights(*shapes), *node.layer.buffers(*shapes)]
        return {name: f"{path}.{name}" for name in names}


def ties(graph: Graph, paths: Mapping[int, Weights]) -> Iterator[tuple[str, str]]:
    """Yield pairs of paths: a weight, and that which it is."""
    for node in graph.nodes:
        if node.share is None or node.aux:
            continue
        own, lent = (paths.get(n.index, {}) for n in (node, graph.owner(node)))
        same = own.keys() <= lent.keys()
        pairs = (
            ((own[k], lent[k]) for k in own)
            if same
            else zip(own.values(), lent.values(), strict=False)
        )
        for mine, theirs in pairs:
            if mine != theirs:
                yield mine, theirs


def frozen(graph: Graph, paths: Mapping[int, Weights]) -> Iterator[str]:
    """Yield what is frozen: attributes of the network, or single weights, by path."""
    whole: dict[str, bool] = {}
    for index, own in paths.items():
        for path in own.values():
            head = path.partition(".")[0]
            whole[head] = whole.get(head, True) and graph.nodes[index].frozen
    yield from (head for head, is_frozen in whole.items() if is_frozen)
    for index, own in paths.items():
        node = graph.nodes[index]
        names = node.layer.weights(*graph.input_shapes(node)) if node.frozen else ()
        for name in names:
            if not whole[own[name].partition(".")[0]]:
                yield own[name]
