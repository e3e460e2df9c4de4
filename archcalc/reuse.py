"""Totals of many settings of one network, each part of it evaluated once.

A *hole* is a step whose figures depend on the values that vary. A list of steps is
written out with each hole as one node that has only a *profile*: what its neighbours
can tell of it (its shape, how often it reads its input, ...). Holes with equal profiles
are interchangeable, so what follows one is known for all of them, and a network is a
walk: look up a hole by the values that it reads, add its sums, go to what follows.

The steps themselves are written out by `expand` and counted by the rules, as for one
network. Where a name reaches into a hole or out of it, the hole is written out in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from archcalc.analysis import FOLDED
from archcalc.conventions import USUAL, convention
from archcalc.depth import depth, followed, shortcut_marks, weighs
from archcalc.dims import assuming
from archcalc.errors import ArchcalcError, UsageError
from archcalc.expand import _Expander
from archcalc.figures import facts_of
from archcalc.graph import Graph, Node, Origin
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer, Seen, Shape, Window
from archcalc.network import Network
from archcalc.reading import Reading
from archcalc.scope import Scope
from archcalc.shortcuts import strides
from archcalc.steps import CONDITION, REPEAT, Step

LANE = 96
"""Bits of one figure in a sum: several figures are added as one number."""
LARGEST = 1 << 72
FIGURES = ("weights", "biases", "norms", "buffers", "macs", "flops", "values", "depth")
VALUES, DEPTH = FIGURES.index("values") * LANE, FIGURES.index("depth") * LANE
MASK = (1 << LANE) - 1
ELSEWHERE = "\0"
"""The path of a part: no name in a file begins so."""
NAMES = frozenset({"AC153", "AC154"})
"""Errors of a name that a part does not know, though the network may."""

Values = tuple[Any, ...]
Key = Callable[[Values], Any]


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


@dataclass(slots=True)
class Stop:
    """A place on a walk: the next hole, or the end with what is left to add."""

    before: tuple[Profile | None, ...]
    hole: Hole | None
    key: Key
    axes: frozenset[int]
    end: Part
    memo: dict[Any, tuple[int, Stop]] = field(default_factory=dict)
    next: dict[Profile | None, Stop] = field(default_factory=dict)


@dataclass(slots=True)
class Walk:
    """One list of steps, or one repetition of a step, under given circumstances."""

    hole: Hole | None
    override: dict[str, Any]
    i: int | None
    key: Key
    starts: dict[Any, Stop] = field(default_factory=dict)


class _Macro(Layer):
    """A part as one node."""

    key = "part"
    profile: Profile

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self.__dict__["profile"] = profile

    def window(self, *inputs: Shape) -> Seen:
        return tuple(Window(1, stride, 0) for stride in self.profile.strides)


class _PauseError(Exception):
    """The next hole is not known yet."""

    def __init__(self, hole: Hole) -> None:
        super().__init__()
        self.hole = hole


def key_of(axes: frozenset[int]) -> Key:
    """Return what picks these places of a tuple."""
    return itemgetter(*sorted(axes)) if axes else lambda _: None


class Reuse:
    """The totals of a network under many values of its `axes`.

    `network` gives the network for a tuple of values, one for each axis.
    """

    def __init__(
        self,
        base: Network,
        axes: Mapping[str, Sequence[Any]],
        network: Callable[[Values], Network],
        inplace: bool = True,
    ) -> None:
        self.base = base
        self.network = network
        self.inplace = inplace
        self.reading = Reading(base.spec, axes, base.settings)
        self.facts: dict[tuple[Layer, tuple[Shape, ...], Shape], int] = {}
        self.env: tuple[Values, Network] | None = None
        self.plain = len(base.spec.inputs) != 1
        self.forget()

    def forget(self) -> None:
        """Drop what was found, as after a step turned out to stand in place."""
        self.walks: dict[Any, Walk] = {}
        self.pick: dict[Any, tuple[Key, dict[Any, int]]] = {}
        self.root = Walk(None, {}, None, key_of(self.reading.direct))

    # -- walking ---------------------------------------------------------------------

    def sums(self, values: Values) -> int:
        """Return the packed totals; raise `ArchcalcError` where it does not fit."""
        (total,) = self.along(values[:-1], values[-1:])
        if isinstance(total, ArchcalcError):
            raise total
        return total

    def along(self, outer: Values, last: Sequence[Any]) -> list[int | ArchcalcError]:
        """Return the packed totals for each value of the last axis, or why none.

        What does not read the last axis is walked once.
        """
        inline = -1
        while not self.plain:
            try:
                return list(self._along(outer, last))
            except UnfitError:
                self.plain = inline == len(self.reading.inline)
                inline = len(self.reading.inline)
                self.forget()
        return [self.alone((*outer, value)) for value in last]

    def _along(
        self, outer: Values, last: Sequence[Any]
    ) -> Iterator[int | ArchcalcError]:
        place, values = len(outer), (*outer, last[0])
        start, before = None, 0
        try:
            if place not in self.reading.direct:
                start = self.start(self.root, values)
                while start.hole is not None and place not in start.axes:
                    total, start = self.ahead(self.root, start, values)
                    before += total
        except ArchcalcError:
            start = None
            before = 0
        for value in last:
            values = (*outer, value)
            try:
                stop = start or self.start(self.root, values)
                yield before + self.rest(self.root, stop, values).sums
            except ArchcalcError:
                yield self.alone(values)

    def alone(self, values: Values) -> int | ArchcalcError:
        """Return the totals of one network analyzed for itself, or why there are none."""
        try:
            analysis = self.at(values).analyze(inplace=self.inplace)
            total = analysis.total
            deep = depth(analysis.graph)
        except ArchcalcError as error:
            return error
        weights = (total.weights, total.biases, total.norms, total.buffers)
        try:
            return packed((*weights, total.macs, total.flops, total.activations, deep))
        except UnfitError:
            return UsageError.of("AC580", "a sweep needs numbers, not symbols")

    def start(self, walk: Walk, values: Values) -> Stop:
        """Return where a walk begins."""
        key = walk.key(values)
        stop = walk.starts.get(key)
        if stop is None:
            stop = walk.starts[key] = self.stop(walk, values, ())
        return stop

    def walk(self, walk: Walk, values: Values) -> Part:
        """Return a part for these values."""
        return self.rest(walk, self.start(walk, values), values)

    def rest(self, walk: Walk, stop: Stop, values: Values) -> Part:
        """Return what a stop and all that follows add, and the profile of the whole."""
        total = 0
        while stop.hole is not None:
            found = stop.memo.get(stop.key(values))
            if found is None:
                found = self.found(walk, stop, values)
            total += found[0]
            stop = found[1]
        return Part(total + stop.end.sums, stop.end.profile)

    def ahead(self, walk: Walk, stop: Stop, values: Values) -> tuple[int, Stop]:
        """Return the sums of the hole of a stop, and the next stop."""
        found = stop.memo.get(stop.key(values))
        return self.found(walk, stop, values) if found is None else found

    def found(self, walk: Walk, stop: Stop, values: Values) -> tuple[int, Stop]:
        """Evaluate the hole of a stop; return its sums and what follows."""
        hole = stop.hole
        if hole is None:
            raise LookupError("the walk has ended")
        sums, profile = self.part(hole, values)
        if hole.trunk and profile is not None:
            sums += profile.depth << DEPTH
            profile = flat(profile)
        after = stop.next.get(profile)
        if after is None:
            after = self.stop(walk, values, (*stop.before, profile))
            stop.next[profile] = after
        stop.memo[stop.key(values)] = found = (sums, after)
        return found

    def stop(
        self, walk: Walk, values: Values, before: tuple[Profile | None, ...]
    ) -> Stop:
        """Write a walk's steps out up to the first hole that is not known."""
        try:
            end = _Run(self, self.at(values), walk, before).end()
        except _PauseError as pause:
            axes = self.reading.axes(pause.hole.step)
            return Stop(before, pause.hole, key_of(axes), axes, Part(0, None))
        except ArchcalcError as error:
            if walk.hole is not None and NAMES & {p.code for p in error.problems}:
                self.inline(walk.hole.step)
            raise
        except UnfitError:
            if walk.hole is not None:
                self.inline(walk.hole.step)
            raise
        return Stop(before, None, key_of(frozenset()), frozenset(), end)

    def inline(self, step: Step) -> None:
        """Write a step out in place from now on."""
        self.reading.inline.add(id(step))
        raise UnfitError(step.kind)

    def at(self, values: Values) -> Network:
        """Return the network for these values; the last one is kept."""
        if self.env is None or self.env[0] != values:
            self.env = values, self.network(values)
        return self.env[1]

    # -- one step --------------------------------------------------------------------

    def part(self, hole: Hole, values: Values) -> Part:
        """Return a step with its repetitions."""
        step, shape = hole.step, hole.shape
        count = step.repeat
        if step.when is not True or type(count) is not int:
            count = self.count(hole, values)
        if not count:
            return Part(0, None)
        if not (step.first or step.last):
            unit = self.unit(hole, shape, {}, None, values)
            same = unit.profile is not None and unit.profile.shape == shape
            if count == 1 or (same and not self.reading.counts(step)):
                return repeated(unit, count)
        return self.one_by_one(hole, count, values)

    def one_by_one(self, hole: Hole, count: int, values: Values) -> Part:
        """Return a step whose repetitions differ."""
        step, shape = hole.step, hole.shape
        counts = self.reading.counts(step)
        whole: Part | None = None
        i = 1
        while i <= count:
            override = {
                **(step.first if i == 1 else {}),
                **(step.last if i == count else {}),
            }
            unit = self.unit(hole, shape, override, i if counts else None, values)
            if unit.profile is None:
                self.inline(step)
            same = unit.profile is not None and unit.profile.shape == shape
            times = 1
            if same and not override and not counts:
                times = count - i + (0 if step.last else 1)
            whole = chained(whole, repeated(unit, times))
            shape = whole.profile.shape if whole.profile else shape
            i += times
        return whole or Part(0, None)

    def count(self, hole: Hole, values: Values) -> int:
        """Return how often a step stands; 0 where its `when` says no."""
        at = (id(hole.step), hole.shape, hole.locals)
        picked = self.pick.get(at)
        if picked is None:
            axes = self.reading.count_axes(hole.step)
            picked = self.pick[at] = key_of(axes), {}
        key, counts = picked
        known = counts.get(key(values))
        if known is None:
            walk = Walk(hole, {}, None, key)
            run = _Run(self, self.at(values), walk, ())
            known = counts[key(values)] = run.times()
        return known

    def unit(
        self,
        hole: Hole,
        shape: Shape,
        override: dict[str, Any],
        i: int | None,
        values: Values,
    ) -> Part:
        """Return one repetition of a step."""
        key = (id(hole.step), shape, hole.locals, i, *override)
        walk = self.walks.get(key)
        if walk is None:
            axes = self.reading.key(hole.step)
            here = hole._replace(shape=shape)
            walk = self.walks[key] = Walk(here, override, i, key_of(axes))
        return self.walk(walk, values)


@lru_cache(maxsize=4096)
def flat(profile: Profile) -> Profile:
    """Return a profile whose depth is added up outside."""
    return profile._replace(depth=0)


@lru_cache(maxsize=4096)
def row(profile: Profile, times: int) -> tuple[Profile, int]:
    """Return the profile of several equal parts in a row, and what they overwrite."""
    inside = profile.alone if profile.reads == 1 and not profile.kept else 0
    steps = tuple(s**times for s in profile.strides)
    whole = profile._replace(strides=steps, depth=profile.depth * times)
    return whole, (inside << VALUES) * (times - 1)


def repeated(unit: Part, times: int) -> Part:
    """Return a part several times in a row; what enters and leaves has equal shapes."""
    if times == 1 or unit.profile is None:
        return unit
    profile, inside = row(unit.profile, times)
    return Part(unit.sums * times - inside, profile)


def chained(before: Part | None, after: Part) -> Part:
    """Return two parts in a row."""
    if before is None or before.profile is None or after.profile is None:
        return after
    a, b = before.profile, after.profile
    alone = b.alone if b.reads == 1 and not a.kept else 0
    steps = a.strides
    if len(a.strides) == len(b.strides):
        steps = tuple(x * y for x, y in zip(a.strides, b.strides, strict=True))
    profile = Profile(b.shape, a.reads, a.alone, b.kept, steps, a.depth + b.depth)
    return Part(before.sums + after.sums - (alone << VALUES), profile)


class _Run(_Expander):
    """Writes out one walk with what is known of its holes."""

    def __init__(
        self,
        reuse: Reuse,
        network: Network,
        walk: Walk,
        known: tuple[Profile | None, ...],
    ) -> None:
        super().__init__(network.spec, network.limits)
        self.reuse = reuse
        self.network = network
        self.walked = walk
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
            self.trunk = scope if self.reuse.reading.chain else None
            return self.sequence(self.spec.steps, 0, scope)
        scope = self.scope(hole)
        return self.once(
            hole.step, ELSEWHERE, (0,), scope, dict(self.walked.override)
        )

    def enter_scope(self, name: str, shape: Shape) -> Scope:
        """Begin with a node that enters."""
        origin = Origin(self.spec.input_at)
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

    # -- holes -----------------------------------------------------------------------

    def step(self, step: Step, base: str, at: int, scope: Scope) -> int:
        top = scope is self.trunk
        outermost = self.walked.hole is None and scope.parent is None
        if scope.aux or not self.reuse.reading.is_hole(step, outermost):
            return super().step(step, base, at, scope)
        for name in step.sources:
            at = self.reference(name, step, scope)
        if self.seen == len(self.known):
            raise _PauseError(Hole(step, self.nodes[at].shape, self.known_here(step, scope), top))
        profile = self.known[self.seen]
        self.seen += 1
        self.unlike = True  # a copy of this repetition would leave the hole's sums out
        if profile is None:
            return at
        path = f"{scope.path}.{base}" if scope.path and base else scope.path or base
        first = after = len(self.nodes)
        origin = Origin(step.node)
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
        names = self.reuse.reading.names(step) & (self.local | {"i"})
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
        if isinstance(self.nodes[after].layer, _Macro):
            kept += self.nodes[after].layer.profile.kept
        alone = sum(self.alone(n) for n in self.nodes if n.inputs[:1] == (0,) and not n.aux)
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
        known = self.reuse.facts.get(key)
        if known is None:
            fact = facts_of(node.layer, shapes, node.shape, convention(USUAL))
            values = 0 if node.layer.storage == "view" else fact.values
            figures = (fact.weights, fact.biases, fact.norms, fact.buffers)
            known = packed((*figures, fact.macs, fact.flops, values))
            self.reuse.facts[key] = known
        return known if node.share is None else known >> 4 * LANE << 4 * LANE

    def alone(self, node: Node) -> int:
        """Return the values that a node needs not keep if it alone reads its input."""
        if isinstance(node.layer, _Macro):
            return node.layer.profile.alone
        if not self.reuse.inplace or node.layer.role not in FOLDED:
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


def packed(figures: Sequence[Any]) -> int:
    """Return figures as one number; raise `UnfitError` for one that does not fit."""
    total = 0
    for place, figure in enumerate(figures):
        if not isinstance(figure, int) or not 0 <= figure < LARGEST:
            raise UnfitError("symbols")
        total |= figure << place * LANE
    return total


def unpacked(sums: int) -> dict[str, int]:
    """Return every figure of a packed sum by its name."""
    return {
        name: sums >> place * LANE & MASK for place, name in enumerate(FIGURES)
    }
