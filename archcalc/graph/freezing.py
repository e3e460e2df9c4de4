"""Frozen parts: the nodes whose parameters training leaves as they are.

`frozen` on a step marks its nodes while they are written out. What stands here marks
more by their paths: those that the file lists under `frozen`, and those of a run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import translate
from itertools import zip_longest

from archcalc.errors import ArchcalcError, Place, SpecError, UsageError, suggestion
from archcalc.graph.graph import Graph, Node
from archcalc.layers.low_rank import ADAPTERS
from archcalc.limits import DEFAULT, Limits
from archcalc.records import replace

ADAPTED = "lora"
"""The kind of a group of a layer and its matrices of LoRA, which are trained."""
WILDCARDS = frozenset("*?[")


def frozen(
    graph: Graph,
    patterns: Sequence[str],
    places: Sequence[Place] = (),
    limits: Limits = DEFAULT,
) -> Graph:
    """Return a graph with the nodes frozen whose path, or a group's, fits a pattern.

    `*` stands for any characters. `places` are where the patterns stand in a file; they
    are those of a run without any. Raises `SpecError` AC154 or `UsageError` AC502 for a
    pattern that fits no layer with parameters, `LimitError` for too many patterns.
    """
    at = dict(zip_longest(patterns, places))
    fitting = _Fitting(at, limits)
    matched, learned = Counter[str](), Counter[str]()
    found = set()
    for node in graph.nodes:
        hits = {hit for path in _around(node.name) for hit in fitting.at(path)}
        if not hits:
            continue
        matched.update(hits)
        if node.layer.weights(*graph.input_shapes(node)):
            learned.update(hits)
            if not is_adapter(graph, node):
                found.add(node.index)
    for pattern in patterns:
        if not learned[pattern]:
            raise _nothing(graph, pattern, matched[pattern], at[pattern])
    return _marked(graph, found)


class _Fitting:
    """Which patterns fit a path: those without a wildcard are looked up.

    Raises `LimitError` where all others are compared with too many paths.
    """

    def __init__(self, places: Mapping[str, Place | None], limits: Limits) -> None:
        self.places, self.limits = places, limits
        self.literal = set[str]()
        self.wild = dict[str, Callable[[str], object]]()
        self.known = dict[str, list[str]]()
        self.compared = 0
        for pattern, place in places.items():
            if WILDCARDS.isdisjoint(pattern):
                self.literal.add(pattern)
            elif len(pattern) > limits.expression_chars:
                what, found = f"the pattern {pattern[:20]}… is too long", len(pattern)
                raise limits.exceeded(
                    "expression_chars", what, place=place, found=found
                )
            else:
                self.wild[pattern] = re.compile(translate(pattern)).match

    def at(self, path: str) -> list[str]:
        """Return the patterns that fit a path."""
        found = self.known.get(path)
        if found is None:
            self.compared += len(path) * len(self.wild)
            if self.compared > self.limits.pattern_chars:
                what = "too many patterns say what is frozen"
                place = self.places[next(iter(self.wild))]
                raise self.limits.exceeded("pattern_chars", what, place=place)
            found = [path] if path in self.literal else []
            found += [pattern for pattern, fits in self.wild.items() if fits(path)]
            self.known[path] = found
        return found


def together(graph: Graph) -> Graph:
    """Return a graph in which steps that share weights are frozen as one of them is."""
    nodes = graph.nodes
    shared = [n for n in nodes if n.share is not None]
    roots = {n.share for n in shared if n.frozen}
    roots |= {n.share for n in shared if nodes[n.share or 0].frozen}
    same = {n.index for n in shared if n.share in roots} | roots
    return _marked(graph, {index for index in same if index is not None})


def is_adapter(graph: Graph, node: Node) -> bool:
    """Say whether a node is a matrix of a low rank beside a layer (LoRA)."""
    kind, _, name = graph.groups[node.group].kind, *node.name.rpartition(".")[1:]
    return kind == ADAPTED and name in ADAPTERS


def _marked(graph: Graph, indices: set[int]) -> Graph:
    """Return a graph with more nodes frozen."""
    if all(graph.nodes[index].frozen for index in indices):
        return graph
    nodes = tuple(
        [n._replace(frozen=n.frozen or n.index in indices) for n in graph.nodes]
    )
    return replace(graph, nodes=nodes)


def _around(name: str) -> Iterator[str]:
    """Yield a path and those of the groups around it: `a.b.c`, `a.b`, `a`."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _nothing(
    graph: Graph, pattern: str, matched: int, place: Place | None
) -> ArchcalcError:
    """Return the error of a pattern that freezes nothing, with the nearest path."""
    graph.need_heads(pattern)
    said = "frozen" if place else "--freeze"
    if matched:
        what = "layer" if matched == 1 else "layers"
        message = f"{said}: {pattern!r} fits {matched} {what}, none with parameters"
        help = "name a convolution, a linear layer, a norm, or a group that has some"
    else:
        message = f"{said}: {pattern!r} fits no layer"
        help = _meant(graph, pattern)
    if place is None:
        return UsageError.of("AC502", message, help=help)
    return SpecError.of("AC154", message, place=place, help=help)


def _meant(graph: Graph, pattern: str) -> str:
    """Return what a pattern that fits no layer may have meant."""
    paths = dict.fromkeys(_every(graph.nodes))
    inside = re.compile(translate(f"*.{pattern}")).match
    ending = next((path for path in paths if inside(path)), None)
    if ending is not None:
        return f"a path begins at the top: {ending}, or *.{pattern}"
    top = [path for path in paths if "." not in path]
    plain = pattern.strip("*.")
    return suggestion(plain, [*top, *paths], "paths", most=12)


def _every(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        if node.layer.role != "input":
            yield from _around(node.name)
