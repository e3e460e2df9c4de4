"""Fragments: some steps of a network written out, their sums, and what they look like.

A fragment is the list of the file's steps, or one repetition of a step. Steps in it
that depend on a swept value are *holes*: one placeholder node stands for each. `expand`
writes the rest out and the rules count it, as for one network.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from archcalc.figures.conventions import USUAL, convention
from archcalc.figures.facts import facts_of
from archcalc.figures.tally import FOLDED
from archcalc.graph.expand import Expander
from archcalc.graph.graph import Graph, Node
from archcalc.graph.holes import Placeholder
from archcalc.graph.paths import depths, weighs
from archcalc.graph.scope import Scope
from archcalc.graph.shortcuts import strides
from archcalc.language.steps import CONDITION, REPEAT, Step
from archcalc.layers.base import Layer, Seen, Shape, Window
from archcalc.network.network import Network
from archcalc.sizes.dims import Dim, Poly, assuming
from archcalc.sweeps.dependence import Dependence
from archcalc.sweeps.packed import DEPTH, OF_VALUES, UnfitError, packed, packed_names


class Fact(NamedTuple):
    """What is counted of a layer, packed; without its weights; and its values."""

    whole: Dim
    work: Dim
    values: Dim


FactsMemo = dict[tuple[Layer, tuple[Shape, ...], Shape], Fact]
ELSEWHERE = "\0"
"""The path of a fragment: no name in a file begins so."""
NAMES = frozenset({"AC153", "AC154"})
"""Errors of a name that a fragment does not know, though the network may."""


class Profile(NamedTuple):
    """What the steps around a fragment can tell of it.

    `reads` counts how often it reads its input; `alone` are the values of a layer that
    may overwrite that input if nothing else reads it; `kept` counts the readers inside
    of what leaves; `depth` is 0 where it is added up outside.
    """

    shape: Shape
    reads: int
    alone: Dim
    kept: int
    strides: tuple[Any, ...]
    depth: int


class Fragment(NamedTuple):
    """A fragment's sums, packed, and its profile; None where it was left out."""

    sums: Dim
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
    """What all fragments of a sweep share; `names`: sizes may be polynomials."""

    dependence: Dependence
    inplace: bool
    names: bool
    facts: FactsMemo
    layers: dict[tuple[Any, ...], Layer]


class _Macro(Layer):
    """The layer of the node that stands for a hole."""

    key = "part"
    keeps_ids = True  # as far as is known here
    profile: Profile

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self.__dict__["profile"] = profile

    def window(self, *_: Shape) -> Seen:
        return tuple(Window(1, stride, 0) for stride in self.profile.strides)


class UncertainError(Exception):
    """What holds for some values of names only; `names`: those to be numbers."""

    def __init__(self, names: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.names = names


class PauseError(Exception):
    """The next hole is not known yet."""

    def __init__(self, hole: Hole) -> None:
        super().__init__()
        self.hole = hole


class _Holes:
    """Gives each hole of a fragment the profile that is known of it, in their order."""

    def __init__(self, dependence: Dependence, known: Sequence[Profile | None]) -> None:
        self.dependence = dependence
        self.known = known
        self.seen = 0

    def is_hole(self, step: Step, scope: Scope) -> bool:
        """Say whether a step depends on a swept value, and can be one node."""
        return not scope.aux and self.dependence.is_hole(step, scope.parent is None)

    def placeholder(self, step: Step, shape: Shape, scope: Scope) -> Placeholder | None:
        """Return a node with the profile of the next hole, None if it is left out.

        Raises `PauseError` where no further profile is known.
        """
        if self.seen == len(self.known):
            names = self._names(step, scope.declared)
            here = tuple((n, scope.values[n]) for n in names if n in scope.values)
            trunk = scope.parent is None and self.dependence.is_chain
            raise PauseError(Hole(step, shape, here, trunk))
        profile = self.known[self.seen]
        self.seen += 1
        if profile is None:
            return None
        return _Macro(profile), profile.shape, profile.reads

    def _names(self, step: Step, declared: Collection[str]) -> list[str]:
        """Return the params of a block, and `i`, that a step reads."""
        names = self.dependence.names(step)
        return sorted(name for name in names if name in declared or name == "i")


class FragmentWriter:
    """Writes out one fragment with what is known of its holes, and sums it up."""

    def __init__(
        self,
        network: Network,
        standing: Standing,
        known: Sequence[Profile | None],
        memo: Memo,
    ) -> None:
        self.memo = memo
        self.network = network
        self.standing = standing
        holes = _Holes(memo.dependence, known)
        self.expander = Expander(network.spec, network.limits, holes, memo.layers)
        self.nodes = self.expander.growing.nodes
        self.after = 0

    def fragment(self) -> Fragment:
        """Return the sums of all that is no hole, and the profile of the whole."""
        with assuming() as assumed:
            self.after = self.write()
        if assumed and self.memo.names:
            raise UncertainError
        if not self.memo.names and not all(
            isinstance(n, int) for node in self.nodes for n in node.shape
        ):
            raise UnfitError("symbols")
        return self.counted(self.after)

    def with_profiles(self, known: Iterable[Profile | None]) -> Fragment:
        """Return the fragment with other profiles of the same shapes and strides."""
        profiles = iter([profile for profile in known if profile is not None])
        for node in self.nodes:
            if isinstance(node.layer, _Macro):
                profile = next(profiles)
                inputs = node.inputs[:1] * profile.reads
                changed = node._replace(layer=_Macro(profile), inputs=inputs)
                self.nodes[node.index] = changed
        return self.counted(self.after)

    def write(self) -> int:
        """Write the steps out; return the node that leaves."""
        network, hole = self.network, self.standing.hole
        if hole is None:
            scope = self.expander.begin(network.input_shapes, network.params)
            return self.expander.sequence(network.spec.steps, 0, scope)
        override = dict(self.standing.override)
        scope = self.scope(hole)
        return self.expander.once(hole.step, ELSEWHERE, (0,), scope, override)

    def scope(self, hole: Hole) -> Scope:
        """Return what is known where a hole stands."""
        outer = self.expander.begin({ELSEWHERE: hole.shape}, self.network.params)
        inner = outer.inside(ELSEWHERE, 0)
        inner.declared = dict(hole.locals)
        inner.values.update(hole.locals)
        if self.standing.i is not None:
            inner.values["i"] = self.standing.i
        return inner

    def times(self) -> int:
        """Return how often the step of a hole stands."""
        hole = self.standing.hole
        if hole is None:
            return 1
        step, scope = hole.step, self.scope(hole)
        checked = self.expander.values.checked
        if step.when is not True and not checked(step, "when", CONDITION, 0, scope):
            return 0
        count = checked(step, "repeat", REPEAT, 0, scope)
        if isinstance(count, Poly):
            if self.memo.names:
                raise UncertainError(count.symbols)
            raise UnfitError("symbols")
        return int(count)

    # -- sums ------------------------------------------------------------------------

    def counted(self, after: int) -> Fragment:
        """Return the sums of the nodes that are no holes, and the profile."""
        # `readers` counts how often each node is read, for activations that overwrite
        # an input which nothing else reads. What leaves the fragment is read once more
        # outside; a hole reads what leaves it as often inside as its profile says.
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
        if self.standing.hole is None:
            return Fragment(total + (deep << DEPTH), None)
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
        return Fragment(total, profile)

    def own(self, node: Node, readers: Sequence[int]) -> Dim:
        """Return the sums that a node adds."""
        source = node.inputs[0] if node.inputs else 0
        over = self.alone(node) if source and readers[source] == 1 else 0
        over = over * OF_VALUES
        if isinstance(node.layer, _Macro):
            return -over
        if not node.inputs and node.index:
            raise UnfitError("a second beginning")
        if not node.index and self.standing.hole is not None:
            return 0
        fact = self.fact(node)
        return (fact.whole if node.share is None else fact.work) - over

    def fact(self, node: Node) -> Fact:
        """Return what the rules say of a node."""
        shapes = tuple(self.nodes[i].shape for i in node.inputs)
        key = (node.layer, shapes, node.shape)
        known = self.memo.facts.get(key)
        if known is None:
            fact = facts_of(node.layer, shapes, node.shape, convention(USUAL))
            values = 0 if node.layer.storage == "view" else fact.values
            figures = weights_of(fact)
            work = (fact.macs, fact.flops, values)
            pack = packed_names if self.memo.names else packed
            own = pack((*figures, *work))
            known = Fact(own, pack((*(0 for _ in figures), *work)), values)
            self.memo.facts[key] = known
        return known

    def alone(self, node: Node) -> Dim:
        """Return the values that a node needs not keep if it alone reads its input."""
        if isinstance(node.layer, _Macro):
            return node.layer.profile.alone
        if not self.memo.inplace or node.layer.role not in FOLDED:
            return 0
        return self.fact(node).values

    def deep(self, after: int) -> int:
        """Return the layers with weights on the longest path to a node."""
        growing = self.expander.growing
        nodes, groups = tuple(self.nodes), tuple(growing.groups)
        return depths(Graph(nodes, groups, (0,), (after,), growing.names), _weighed)[
            after
        ]


def _weighed(graph: Graph, node: Node) -> int:
    """Return the layers with weights that a node stands for."""
    if isinstance(node.layer, _Macro):
        return node.layer.profile.depth
    return weighs(graph, node)


def weights_of(counted: Any) -> tuple[Any, ...]:
    """Return weights to buffers, then parameters: all, and those of some kinds.

    They are frozen, trainable, and those that one token uses.
    """
    learned = (counted.weights, counted.biases, counted.norms)
    every, frozen = sum(learned), counted.frozen
    kinds = (frozen, every - frozen, every - counted.idle)
    return (*learned, counted.buffers, every, *kinds)
