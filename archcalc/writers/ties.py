"""Weights that steps of different classes share, and where each weight stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from archcalc.graph.graph import Graph, Node
from archcalc.writers.bodies import Body
from archcalc.writers.classes import Use
from archcalc.writers.language import Language, Weight, Words
from archcalc.writers.members import Members, is_single

HEAD = re.compile(r"[.\[]")
"""What ends the attribute of the network that a path begins with."""
Weights = dict[str, Weight]
"""Each weight and buffer of a node, with its path, by the name that its layer gives."""


class Paths:
    """Finds the path of every weight in the module that the code makes."""

    def __init__(
        self,
        graph: Graph,
        uses: Mapping[int, Use],
        members: Mapping[int, Members],
        language: Language,
        words: Words,
    ) -> None:
        self.words = words
        self.graph = graph
        self.language = language
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
                path = f"{prefix}{named.path(self.language)}" if named else prefix
                if item.body is not None:
                    if not is_single(use.of, part):
                        path = self.language.inside(path, number)
                    yield from self.of(item.body, f"{path}.")
                elif item.node is not None and part.weights:
                    params = members.parameters.get(index, {})
                    known = self.words.weights(item.node)
                    own = {
                        name: weight._replace(name=f"{prefix}{params[name]}")
                        if name in params
                        else weight._replace(name=f"{path}.{weight.name}")
                        for name, weight in known.items()
                    }
                    yield item.node, own


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
            if mine.name != theirs.name:
                yield mine.name, theirs.name


def frozen(graph: Graph, paths: Mapping[int, Weights]) -> Iterator[str]:
    """Yield what is frozen: attributes of the network, or single weights, by path."""
    whole: dict[str, bool] = {}
    for index, own in paths.items():
        for weight in own.values():
            head = HEAD.split(weight.name)[0]
            whole[head] = whole.get(head, True) and graph.nodes[index].frozen
    yield from (head for head, is_frozen in whole.items() if is_frozen)
    for index, own in paths.items():
        node = graph.nodes[index]
        names = node.layer.weights(*graph.input_shapes(node)) if node.frozen else ()
        for name in names:
            if not whole[HEAD.split(own[name].name)[0]]:
                yield own[name].name
