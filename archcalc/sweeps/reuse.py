"""Totals of many settings of one network, each fragment of it evaluated once.

A *hole* is a step that depends on a swept value. The rest is written out once with a
placeholder node for each hole. All that the rest can see of a hole is its *profile*;
two values of an axis that give equal profiles share everything behind it. A row of the
sweep is then one look-up per hole and a sum.

The steps themselves are written out by `expand` and counted by the rules, as for one
network. Where a name reaches into a hole or out of it, it is written out in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

from archcalc.errors import ArchcalcError, UsageError
from archcalc.graph.paths import depth
from archcalc.language.steps import Step
from archcalc.layers.base import Shape
from archcalc.network.network import Network
from archcalc.sizes.dims import Dim
from archcalc.sweeps.dependence import Dependence
from archcalc.sweeps.fragments import (
    NAMES,
    Fragment,
    FragmentWriter,
    Hole,
    Memo,
    PauseError,
    Profile,
    Standing,
    weights_of,
)
from archcalc.sweeps.packed import DEPTH, OF_VALUES, UnfitError, packed

MOST_HELD = 100_000
"""Fragments that are held, each with some 3 kB: memory does not grow beyond."""

MOST_NETWORKS = 500
"""Networks that are held, none of them written out: only their params."""

Values = tuple[Any, ...]
Key = Callable[[Values], Any]


@dataclass(slots=True)
class Stop:
    """A place on a walk: the next hole, or the end with what is left to add.

    `before` are the profiles of the holes passed. `memo` has the sums of the hole and
    the stop behind it by the values that the hole depends on, `next` that stop by the
    hole's profile.
    """

    before: tuple[Profile | None, ...]
    hole: Hole | None
    key: Key
    axes: frozenset[int]
    end: Fragment
    memo: dict[Any, tuple[Any, Stop]] = field(default_factory=dict)
    next: dict[Profile | None, Stop] = field(default_factory=dict)


@dataclass(slots=True)
class Walk:
    """One list of steps, or one repetition of a step, under given circumstances.

    `axes` are those that it reads outside of its holes, `key` picks their values.
    `holes` has the next hole by those values and what was passed, `written` the last
    end that was written out.
    """

    standing: Standing
    axes: frozenset[int]
    key: Key
    holes: dict[Any, Hole] = field(default_factory=dict)
    written: tuple[Any, FragmentWriter] | None = None
    starts: dict[Any, Stop] = field(default_factory=dict)


def walk_at(standing: Standing, axes: frozenset[int]) -> Walk:
    """Return a walk of which nothing is known yet."""
    return Walk(standing, axes, key_of(axes))


def key_of(axes: frozenset[int]) -> Key:
    """Return what picks these places of a tuple."""
    return itemgetter(*sorted(axes)) if axes else lambda _: None


class Reuse:
    """The totals of a network under many values of its `axes`.

    `network` gives the network for a tuple of values, one for each axis. With `names`,
    values may be symbols, and sums are polynomials over them.
    """

    def __init__(
        self,
        base: Network,
        axes: Mapping[str, Sequence[Any]],
        network: Callable[[Values], Network],
        inplace: bool = True,
        names: bool = False,
    ) -> None:
        self.base = base
        self.network = network
        self.inplace = inplace
        self.dependence = Dependence(base.spec, axes, base.settings)
        self.memo = Memo(self.dependence, inplace, names, {}, {})
        self.networks: dict[Values, Network] = {}
        # A fragment does not know which steps in it leave the network or are frozen.
        known = base.spec.outputs or base.spec.freezes or base.freeze
        self.plain = len(base.spec.inputs) != 1 or bool(known)
        self.drop_cache()

    def drop_cache(self) -> None:
        """Drop all that was found, as after a step turned out to stand in place."""
        self.held = 0
        self.memo.facts.clear()
        self.memo.layers.clear()
        self.walks: dict[Any, Walk] = {}
        self.pick: dict[int, tuple[Key, bool, dict[Any, int]]] = {}
        self.root = walk_at(Standing(None, {}, None), self.dependence.direct)

    # -- walking ---------------------------------------------------------------------

    def along(self, outer: Values, last: Sequence[Any]) -> list[int | ArchcalcError]:
        """Return the packed totals for each value of the last axis, or why none.

        What does not read the last axis is walked once.
        """
        if self.held > MOST_HELD:
            self.drop_cache()
        inline = -1
        while not self.plain:
            try:
                return list(self._along(outer, last))
            except UnfitError:
                self.plain = inline == len(self.dependence.inline)
                inline = len(self.dependence.inline)
                self.drop_cache()
        return [self.alone((*outer, value)) for value in last]

    def _along(
        self, outer: Values, last: Sequence[Any]
    ) -> Iterator[int | ArchcalcError]:
        root, place, values = self.root, len(outer), (*outer, last[0])
        start, before = None, 0
        try:
            if len(last) > 1 and place not in self.dependence.direct:
                start = self.start(root, values)
                while start.hole is not None and place not in start.axes:
                    total, start = self.ahead(root, start, values)
                    before += total
        except ArchcalcError:
            start, before = None, 0
        for value in last:
            yield self.total((*outer, value), start, before)

    def total(
        self, values: Values, stop: Stop | None = None, before: int = 0
    ) -> int | ArchcalcError:
        """Return the packed totals, walked on from a stop; or why there are none."""
        root = self.root  # as `walk` does, without its calls: this runs for every row
        total = before
        try:
            stop = stop or self.start(root, values)
            while stop.hole is not None:
                found = stop.memo.get(stop.key(values))
                if found is None:
                    found = self.found(root, stop, values)
                total += found[0]
                stop = found[1]
            return total + stop.end.sums  # type: ignore[return-value]  # no names here
        except ArchcalcError:
            return self.alone(values)

    def alone(self, values: Values) -> int | ArchcalcError:
        """Return the totals of one network analyzed alone, or why there are none."""
        try:
            analysis = self.network(values).analyze(inplace=self.inplace)
            total = analysis.total
            deep = depth(analysis.graph)
        except ArchcalcError as error:
            return error
        work = (total.macs, total.flops, total.activations)
        try:
            return packed((*weights_of(total), *work, deep))
        except UnfitError:
            return UsageError.of("AC580", "a sweep needs numbers, not symbols")

    def start(self, walk: Walk, values: Values) -> Stop:
        """Return where a walk begins."""
        key = walk.key(values)
        stop = walk.starts.get(key)
        if stop is None:
            stop = walk.starts[key] = self.stop(walk, values, ())
        return stop

    def walk(self, walk: Walk, values: Values) -> Fragment:
        """Return the sums and the profile of a walk for these values."""
        stop, total = self.start(walk, values), 0
        while stop.hole is not None:
            sums, stop = self.ahead(walk, stop, values)
            total += sums
        return Fragment(total + stop.end.sums, stop.end.profile)

    def ahead(self, walk: Walk, stop: Stop, values: Values) -> tuple[Any, Stop]:
        """Return the sums of the hole of a stop, and the next stop."""
        found = stop.memo.get(stop.key(values))
        return self.found(walk, stop, values) if found is None else found

    def found(self, walk: Walk, stop: Stop, values: Values) -> tuple[Any, Stop]:
        """Evaluate the hole of a stop; return its sums and what follows."""
        hole = stop.hole
        if hole is None:
            raise LookupError("the walk has ended")
        sums, profile = self.fragment(hole, values)
        if hole.trunk and profile is not None:
            sums += profile.depth << DEPTH
            profile = without_depth(profile)
        after = self.behind(walk, stop, profile, values)
        stop.memo[stop.key(values)] = found = (sums, after)
        self.held += 1
        return found

    def behind(
        self, walk: Walk, stop: Stop, profile: Profile | None, values: Values
    ) -> Stop:
        """Return the stop behind a hole of this profile."""
        after = stop.next.get(profile)
        if after is None:
            after = self.stop(walk, values, (*stop.before, profile))
            stop.next[profile] = after
        return after

    def stop(
        self, walk: Walk, values: Values, before: tuple[Profile | None, ...]
    ) -> Stop:
        """Write a walk's steps out up to the first hole that is not known."""
        # Which hole is next depends on the shapes and strides of those before it alone.
        passed = tuple(p and (p.shape, p.strides) for p in before)
        known = walk.key(values), passed
        hole = walk.holes.get(known)
        if hole is not None:
            return self.pause(before, hole)
        try:
            if walk.written is not None and walk.written[0] == known:
                end = walk.written[1].with_profiles(before)
            else:
                writer = self.writer(walk.standing, values, before)
                end = writer.fragment()
                walk.written = known, writer
        except PauseError as pause:
            walk.holes[known] = pause.hole
            return self.pause(before, pause.hole)
        except ArchcalcError as error:
            hole = walk.standing.hole
            if hole is not None and NAMES & {p.code for p in error.problems}:
                self.inline(hole.step)
            raise
        except UnfitError:
            if walk.standing.hole is not None:
                self.inline(walk.standing.hole.step)
            raise
        return Stop(before, None, key_of(frozenset()), frozenset(), end)

    def pause(self, before: tuple[Profile | None, ...], hole: Hole) -> Stop:
        """Return the stop at a hole."""
        axes = self.dependence.axes(hole.step)
        return Stop(before, hole, key_of(axes), axes, Fragment(0, None))

    def inline(self, step: Step) -> None:
        """Write a step out in place from now on."""
        self.dependence.put_in_place(step)
        raise UnfitError(step.kind)

    def at(self, values: Values) -> Network:
        """Return the network for these values, whose params are known; some are kept.

        Tables ask for the first values of all axes that they do not vary, again and
        again.
        """
        network = self.networks.get(values)
        if network is None:
            if len(self.networks) == MOST_NETWORKS:
                self.networks.clear()
            network = self.networks[values] = self.network(values)
        return network

    def writer(
        self, standing: Standing, values: Values, known: Sequence[Profile | None] = ()
    ) -> FragmentWriter:
        """Return what writes a fragment out, with what is known of its holes."""
        return FragmentWriter(self.at(values), standing, known, self.memo)

    # -- one step --------------------------------------------------------------------

    def fragment(self, hole: Hole, values: Values) -> Fragment:
        """Return a step with its repetitions."""
        step, shape = hole.step, hole.shape
        count = step.repeat
        if step.when is not True or type(count) is not int:
            count = self.count(hole, values)
        if not count:
            return Fragment(0, None)
        if not (step.first or step.last):
            unit = self.unit(hole, shape, {}, None, values)
            same = unit.profile is not None and unit.profile.shape == shape
            if count == 1 or (same and not self.dependence.counts(step)):
                return repeated(unit, count)
        return self.one_by_one(hole, count, values)

    def one_by_one(self, hole: Hole, count: int, values: Values) -> Fragment:
        """Return a step whose repetitions differ."""
        step, shape = hole.step, hole.shape
        counts = self.dependence.counts(step)
        whole: Fragment | None = None
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
        return whole or Fragment(0, None)

    def count(self, hole: Hole, values: Values) -> int:
        """Return how often a step stands; 0 where its `when` says no."""
        step = hole.step
        picked = self.pick.get(id(step))
        if picked is None:
            axes = self.dependence.count_axes(step)
            picked = key_of(axes), self.dependence.counts_by_shape(step), {}
            self.pick[id(step)] = picked
        key, by_shape, counts = picked
        at = (key(values), hole.locals, hole.shape if by_shape else None)
        known = counts.get(at)
        if known is None:
            standing = Standing(hole, {}, None)
            known = counts[at] = self.writer(standing, values).times()
        return known

    def unit(
        self,
        hole: Hole,
        shape: Shape,
        override: dict[str, Any],
        i: int | None,
        values: Values,
    ) -> Fragment:
        """Return one repetition of a step."""
        return self.walk(self.walk_of(hole, shape, override, i), values)

    def walk_of(
        self, hole: Hole, shape: Shape, override: dict[str, Any], i: int | None
    ) -> Walk:
        """Return the walk through one repetition of a step."""
        key = (id(hole.step), shape, hole.locals, i, *override)
        walk = self.walks.get(key)
        if walk is None:
            axes = self.dependence.key(hole.step)
            standing = Standing(hole._replace(shape=shape), override, i)
            walk = self.walks[key] = walk_at(standing, axes)
        return walk


@lru_cache(maxsize=4096)
def without_depth(profile: Profile) -> Profile:
    """Return a profile whose depth is added up outside."""
    return profile._replace(depth=0)


@lru_cache(maxsize=4096)
def profile_of_row(profile: Profile, times: int) -> tuple[Profile, Dim]:
    """Return the profile of equal fragments in a row, and what they overwrite."""
    inside = profile.alone if profile.reads == 1 and not profile.kept else 0
    steps = tuple(s**times for s in profile.strides)
    whole = profile._replace(strides=steps, depth=profile.depth * times)
    return whole, inside * ((times - 1) * OF_VALUES)


def repeated(unit: Fragment, times: int) -> Fragment:
    """Return a fragment several times in a row; its shape is that of what enters."""
    if times == 1 or unit.profile is None:
        return unit
    profile, inside = profile_of_row(unit.profile, times)
    return Fragment(unit.sums * times - inside, profile)


def chained(before: Fragment | None, after: Fragment) -> Fragment:
    """Return two fragments in a row."""
    if before is None or before.profile is None or after.profile is None:
        return after
    a, b = before.profile, after.profile
    alone = b.alone if b.reads == 1 and not a.kept else 0
    steps = a.strides
    if len(a.strides) == len(b.strides):
        steps = tuple(x * y for x, y in zip(a.strides, b.strides, strict=True))
    profile = Profile(b.shape, a.reads, a.alone, b.kept, steps, a.depth + b.depth)
    return Fragment(before.sums + after.sums - alone * OF_VALUES, profile)
