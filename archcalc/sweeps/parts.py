"""A part of a network written out with its holes as single nodes, and its sums.

The steps are written out by `expand` and counted by the rules, as for one network.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from archcalc.figures.conventions import USUAL, convention
from archcalc.figures.facts import facts_of
from archcalc.figures.tally import FOLDED
from archcalc.graph.depth import followed, shortcut_marks, weighs
from archcalc.graph.expand import Expander
from archcalc.graph.graph import Graph, Node
from archcalc.graph.scope import Scope
from archcalc.graph.shortcuts import strides
from archcalc.language.steps import CONDITION, REPEAT, Step
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer, Seen, Shape, Window
from archcalc.network.network import Network
from archcalc.sizes.dims import assuming
from archcalc.sweeps.dependence import Reading
from archcalc.sweeps.packed import DEPTH, LANE, MASK, OF_WEIGHTS, VALUES

FactsMemo = dict[tuple[Layer, tuple[Shape, ...], Shape], int]
LARGEST = 1 << 72
ELSEWHERE = "\0"
"""The path of a part: no name in a file begins so."""
NAMES = frozenset({"AC153", "AC154"})
"""Errors of a name that a part does not know, though the network may."""


class UnfitError(Exception):
    """A step that cannot be one node: it is written out in place."""


class Profile(NamedTuple):
    """What the neighbours of a part can tell of it.

    `reads` counts how often it reads its input; `alone` are the values of a layer that
    may overwrite that input if nothing else reads it; `kept` counts the readers inside
    of what leaves; `depth` is 0 where it is added up outside.
    """

    shape: Shape
    reads: int
    alone: int
    kept: int
    strides: tuple[Any, ...]
    depth: int


class Part(NamedTuple):
    """A part's sums, packed, and its profile; None where it was left out."""

    sums: int
    profile: Profile | None


class Hole(NamedTuple):
    """A step as it stands somewhere: what enters, and what is known there."""

    step: Step
    shape: Shape
    locals: tuple[tuple[str, Any], ...]
    trunk: bool


class Standing(NamedTuple):
    """What is written out: the file's steps, or one repetition of a hole's step."""

    hole: Hole | None
    override: dict[str, Any]
    i: int | None


class Memo(NamedTuple):
    """What every part of a sweep shares."""

    reading: Reading
    inplace: bool
    facts: FactsMemo
    layers: dict[tuple[Any, ...], Layer]


class _Macro(Layer):
    """A part as one node."""

    key = "part"
    profile: Profile

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self.__dict__["profile"] = profile

    def window(self, *_: Shape) -> Seen:
        return tuple(Window(1, stride, 0) for stride in self.profile.strides)


class PauseError(Exception):
    """The next hole is not known yet."""

    def __init__(self, hole: Hole) -> None:
        super().__init__()
        self.hole = hole


class Run(Expander):
    """Writes out one walk with what is known of its holes."""

    def __init__(
        self,
        network: Network,
        place: Standing,
        known: tuple[Profile | None, ...],
        memo: Memo,
    ) -> None:
        super().__init__(network.spec, network.limits)
        self.memo = memo
        self.layers = memo.layers
        self.network = network
        self.walked = place
        self.known = known
        self.seen = 0
        self.local: frozenset[str] = frozenset()
        self.trunk: Scope | None = None

    def end(self) -> Part:
        """Return the sums of all that is no hole, and the profile of the whole."""
        with assuming():
            after = self.write()
        if not all(isinstance(n, int) for node in self.nodes for n in node.shape):
            raise UnfitError("symbols")
        return self.counted(after)

    def write(self) -> int:
        """Write the steps out; return the node that leaves."""
        hole = self.walked.hole
        if hole is None:
            ((name, shape),) = self.network.input_shapes.items()
            scope = self.enter_scope(name, shape)
            self.trunk = scope if self.memo.reading.chain else None
            return self.sequence(self.spec.steps, 0, scope)
        scope = self.scope(hole)
        return self.once(hole.step, ELSEWHERE, (0,), scope, dict(self.walked.override))

    def enter_scope(self, name: str, shape: Shape) -> Scope:
        """Begin with a node that enters."""
        origin = self.spec.input_at
        layer = CATALOGUE["input"]()
        self.nodes.append(Node(0, name, layer, (), shape, 0, origin, None, False))
        self.names[name] = 0
        scope = Scope("", dict(self.network.params), 0)
        scope.outputs[name] = 0
        return scope

    def scope(self, hole: Hole) -> Scope:
        """Return what is known where a hole stands."""
        outer = self.enter_scope(ELSEWHERE, hole.shape)
        self.local = frozenset(name for name, _ in hole.locals)
        inner = outer.inside(ELSEWHERE, 0)
        inner.values.update(hole.locals)
        if self.walked.i is not None:
            inner.values["i"] = self.walked.i
        return inner

    def times(self) -> int:
        """Return how often the step of a hole stands."""
        hole = self.walked.hole
        if hole is None:
            return 1
        step, scope = hole.step, self.scope(hole)
        if step.when is not True and not self.checked(
            step, "when", CONDITION, 0, scope
        ):
            return 0
        count = self.checked(step, "repeat", REPEAT, 0, scope)
        if not isinstance(count, int):
            raise UnfitError("symbols")
        return count

    @cached_property
    def shares(self) -> bool:
        """Whether some step uses the weights of another."""
        return self.memo.reading.shared

    # -- holes -----------------------------------------------------------------------

    def step(self, step: Step, base: str, at: int, scope: Scope) -> int:
        top = scope is self.trunk
        outermost = self.walked.hole is None and scope.parent is None
        if scope.aux or not self.memo.reading.is_hole(step, outermost):
            return super().step(step, base, at, scope)
        for name in step.sources:
            at = self.reference(name, step, scope)
        if self.seen == len(self.known):
            raise PauseError(
                Hole(step, self.nodes[at].shape, self.known_here(step, scope), top)
            )
        profile = self.known[self.seen]
        self.seen += 1
        self.unlike = True  # a copy of this repetition would leave the hole's sums out
        if profile is None:
            return at
        path = f"{scope.path}.{base}" if scope.path and base else scope.path or base
        first = after = len(self.nodes)
        origin = step.node
        inputs = (at,) * profile.reads
        layer = _Macro(profile)
        node = Node(
            after, path, layer, inputs, profile.shape, scope.group, origin, None, False
        )
        self.nodes.append(node)
        self.finish(step, base, path, first, after, scope)
        return after

    def known_here(self, step: Step, scope: Scope) -> tuple[tuple[str, Any], ...]:
        """Return the values of a block's params, and `i`, that a step reads."""
        names = self.memo.reading.names(step) & (self.local | {"i"})
        return tuple((n, scope.values[n]) for n in sorted(names) if n in scope.values)

    def use(
        self,
        step: Step,
        path: str,
        entering: tuple[int, ...],
        scope: Scope,
        override: dict[str, Any],
    ) -> int:
        outside = self.local
        try:
            return super().use(step, path, entering, scope, override)
        finally:
            self.local = outside

    def fill(
        self,
        step: Step,
        params: dict[str, Any],
        given: dict[str, Any],
        at: int,
        inner: Scope,
    ) -> None:
        super().fill(step, params, given, at, inner)
        self.local = frozenset(params)

    # -- sums ------------------------------------------------------------------------

    def counted(self, after: int) -> Part:
        """Return the sums of the nodes that are no holes, and the profile."""
        readers = [0] * len(self.nodes)
        for node in self.nodes:
            for source in node.inputs:
                readers[source] += 1
        kept = readers[after]
        readers[after] += 1
        for node in self.nodes:
            if isinstance(node.layer, _Macro):
                readers[node.index] += node.layer.profile.kept
        total = sum(self.own(node, readers) for node in self.nodes if not node.aux)
        deep = self.deep(after)
        whole = self.walked.hole is None
        if whole:
            return Part(total + (deep << DEPTH), None)
        if after == 0 or not readers[0]:
            raise UnfitError("nothing between")
        last = self.nodes[after].layer
        if isinstance(last, _Macro):
            kept += last.profile.kept
        alone = sum(
            self.alone(n) for n in self.nodes if n.inputs[:1] == (0,) and not n.aux
        )
        profile = Profile(
            self.nodes[after].shape,
            readers[0],
            alone if readers[0] == 1 else 0,
            kept,
            strides(self.nodes, after, 0),
            deep,
        )
        return Part(total, profile)

    def own(self, node: Node, readers: Sequence[int]) -> int:
        """Return the sums that a node adds."""
        source = node.inputs[0] if node.inputs else 0
        over = self.alone(node) if source and readers[source] == 1 else 0
        if isinstance(node.layer, _Macro):
            return -(over << VALUES)
        if not node.inputs and node.index:
            raise UnfitError("a second beginning")
        if not node.index and self.walked.hole is not None:
            return 0
        return self.fact(node) - (over << VALUES)

    def fact(self, node: Node) -> int:
        """Return what the rules say of a node, packed."""
        shapes = tuple(self.nodes[i].shape for i in node.inputs)
        key = (node.layer, shapes, node.shape)
        known = self.memo.facts.get(key)
        if known is None:
            fact = facts_of(node.layer, shapes, node.shape, convention(USUAL))
            values = 0 if node.layer.storage == "view" else fact.values
            figures = weights_of(fact)
            known = packed((*figures, fact.macs, fact.flops, values))
            self.memo.facts[key] = known
        return known if node.share is None else known >> OF_WEIGHTS << OF_WEIGHTS

    def alone(self, node: Node) -> int:
        """Return the values that a node needs not keep if it alone reads its input."""
        if isinstance(node.layer, _Macro):
            return node.layer.profile.alone
        if not self.memo.inplace or node.layer.role not in FOLDED:
            return 0
        return self.fact(node) >> VALUES & MASK

    def deep(self, after: int) -> int:
        """Return the layers with weights on the longest path to a node."""
        nodes = tuple(self.nodes)
        graph = Graph(nodes, tuple(self.groups), (0,), after, self.names)
        marks = shortcut_marks(graph)
        found: list[int] = []
        for node in nodes:
            before = max((found[i] for i in followed(node)), default=0)
            own = 0
            if isinstance(node.layer, _Macro):
                own = node.layer.profile.depth
            elif node.inputs:
                own = weighs(graph, node)
            found.append(before + (0 if marks[node.index] else own))
        return found[after]


def weights_of(counted: Any) -> tuple[Any, ...]:
    """Return weights, biases, norms, buffers and parameters of a node or a total."""
    learned = (counted.weights, counted.biases, counted.norms)
    return (*learned, counted.buffers, sum(learned))


def packed(figures: Sequence[Any]) -> int:
    """Return figures as one number; raise `UnfitError` for one that does not fit."""
    total = 0
    for place, figure in enumerate(figures):
        if not isinstance(figure, int) or not 0 <= figure < LARGEST:
            raise UnfitError("symbols")
        total |= figure << place * LANE
    return total
