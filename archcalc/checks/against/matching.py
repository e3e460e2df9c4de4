"""Which steps of two networks are the same, and where the two part.

Both graphs are walked from the inputs on. A step is paired with one that reads the same
tensors: the equal one if there is one, else one of the same kind. A step that only one
network has is passed over, so that what comes after it is still compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from archcalc.checks.against.steps import Step, Steps, Value
from archcalc.layers.base import numel
from archcalc.records import NamedTuple

FEW_ARGUMENTS = 2
FARTHEST = 3
"""How many steps of the other network may be passed over in a row."""
MOST_COMPARED = 200
"""Steps that read the same tensor and are compared with one of ours, besides those with
the same steps behind them: more would take quadratic time for many unlike branches."""


class Place(NamedTuple):
    """A place where two networks differ: a step here, one there, or one alone."""

    ours: Step | None
    theirs: Step | None
    what: str = "step"


class Matching(NamedTuple):
    """The pairs of steps, and the places that differ, in the order of ours.

    `lost` counts our steps that could not be compared, as what they read has no
    counterpart.
    """

    pairs: tuple[tuple[Step, Step], ...]
    places: tuple[Place, ...]
    lost: int

    @property
    def equal(self) -> bool:
        """Whether the two are the same network."""
        return not self.places and not self.lost


def match(ours: Steps, theirs: Steps) -> Matching:
    """Return which steps are the same in two networks, and where they differ."""
    return _Walk(ours, theirs).run()


class _Walk:
    """Walks our steps; `values` says which tensor of theirs each of ours is."""

    def __init__(self, ours: Steps, theirs: Steps) -> None:
        self.ours, self.theirs = ours, theirs
        self.values: dict[Value, Value] = {
            -1 - n: -1 - n for n in range(len(ours.graph.inputs))
        }
        self.used: set[int] = set()
        self.pairs: list[tuple[Step, Step]] = []
        self.places: list[Place] = []
        self.owners: dict[int, int] = {}
        self.lost = 0
        self.readers: dict[Value | None, dict[int, None]] = defaultdict(dict)
        """Steps of theirs that are not paired yet, by what they read; None: nothing."""
        self.alike: dict[tuple[object, ...], dict[int, None]] = defaultdict(dict)
        """The same, by what stands behind them too."""
        for number, step in enumerate(theirs.steps):
            for value in step.inputs or (None,):
                self.readers[value][number] = None
                self.alike[value, theirs.contexts[number]][number] = None

    def run(self) -> Matching:
        """Walk all our steps, then see what is left of theirs."""
        entering = len(self.ours.graph.inputs), len(self.theirs.graph.inputs)
        if entering[0] != entering[1]:
            self.places.append(Place(None, None, "inputs"))
        for number, step in enumerate(self.ours.steps):
            self.step(number, step)
        leaving = [self.values.get(value) for value in self.ours.outputs]
        for number, step in enumerate(self.theirs.steps):
            if number not in self.used:
                self.places.append(Place(None, step))
        if not self.places and leaving != [*self.theirs.outputs]:
            self.places.append(Place(None, None, "outputs"))
        return Matching(tuple(self.pairs), tuple(self.places), self.lost)

    def step(self, number: int, step: Step) -> None:
        """Find the counterpart of one of our steps."""
        read = [self.values.get(value) for value in step.inputs]
        if any(value is None for value in read):
            self.lost += 1
            return
        wanted = tuple([value for value in read if value is not None])
        found = self.found(number, step, wanted)
        if found is None:
            self.places.append(Place(step, None))
            if wanted:  # what comes after is compared as if the step were not there
                self.values[number] = wanted[0]
            return
        other = self.theirs.steps[found]
        self.use(found)
        self.values[number] = found
        self.pairs.append((step, other))
        if step.call != other.call:
            self.places.append(Place(step, other))
        elif step.weights:
            self.share(step, other)

    def use(self, number: int) -> None:
        """Note that a step of theirs is paired, or passed over."""
        self.used.add(number)
        for value in self.theirs.steps[number].inputs or (None,):
            self.readers[value].pop(number, None)
            self.alike[value, self.theirs.contexts[number]].pop(number, None)

    def share(self, step: Step, other: Step) -> None:
        """Note a pair of which only one shares its weights, or with another step."""
        if self.owners.setdefault(step.owner, other.owner) != other.owner or (
            (step.owner == step.node.index) != (other.owner == other.node.index)
        ):
            self.places.append(Place(step, other, "share"))

    def found(self, number: int, step: Step, wanted: tuple[Value, ...]) -> int | None:
        """Return the number of the step of theirs that ours is, None for none.

        Steps of theirs that stand before it are noted and passed over.
        """
        near = self.best(number, step, self.reading(number, step, wanted))
        if near is not None and _close(step, self.theirs.steps[near]):
            return near
        passed = self.behind(number, step, wanted)
        return near if passed is None else passed

    def behind(self, number: int, step: Step, wanted: tuple[Value, ...]) -> int | None:
        """Return an equal step that stands a few steps further, and note those before.

        Only steps that read one tensor are passed over.
        """
        for place, value in enumerate(wanted):
            between: list[int] = []
            at = value
            for _ in range(FARTHEST):
                after = self.next(at)
                if after is None:
                    break
                between.append(after)
                at = after
                moved = (*wanted[:place], at, *wanted[place + 1 :])
                found = self.best(number, step, self.reading(number, step, moved))
                if found is not None and self.theirs.steps[found].call == step.call:
                    for extra in between:
                        self.use(extra)
                        self.places.append(Place(None, self.theirs.steps[extra]))
                    return found
        return None

    def next(self, value: Value) -> int | None:
        """Return the step of theirs behind a tensor that is not paired yet."""
        near = islice(self.readers[value], MOST_COMPARED)
        free = [n for n in near if len(self.theirs.steps[n].inputs) == 1]
        return free[0] if len(free) == 1 else None

    def reading(
        self, number: int, step: Step, wanted: tuple[Value, ...]
    ) -> Iterator[int]:
        """Yield steps of theirs that read these tensors and are not paired yet.

        First those that have the same steps behind them as ours.
        """
        first = wanted[0] if wanted else None
        likely = self.alike[first, self.ours.contexts[number]]
        others = islice(self.readers[first], MOST_COMPARED)
        for found in chain(likely, others):
            inputs = self.theirs.steps[found].inputs
            if inputs == wanted or (step.commutes and sorted(inputs) == sorted(wanted)):
                yield found

    def best(self, number: int, step: Step, others: Iterator[int]) -> int | None:
        """Return the step that is most like ours: equal, or at least of its kind.

        Of several equal ones, that with the most in common behind it.
        """
        found, score = None, (0, 0, 0)
        context = self.ours.contexts[number]
        most = 2, len(context), len(step.arguments)
        for other in others:
            there = self.theirs.steps[other]
            if not alike(step, there):
                continue
            deep = sum(
                a == b
                for a, b in zip(context, self.theirs.contexts[other], strict=True)
            )
            own = (1 + (step.call == there.call), deep, _agreeing(step, there))
            if own > score:
                found, score = other, own
            if score == most:  # of many equal branches, the first is enough
                break
        return found


def alike(one: Step, other: Step) -> bool:
    """Say whether two steps may be the same one, written with other arguments."""
    if one.kind == other.kind:
        return True
    both = one.node.layer, other.node.layer
    if both[0].role == both[1].role == "matrix" and _values(one) == _values(other) > 0:
        return True
    family = one.node.layer.family
    if family is not None:
        return family == other.node.layer.family
    return one.node.layer.key == other.node.layer.key


def _values(step: Step) -> Any:
    """Return how many values the weights of a step have."""
    return sum(numel(shape) for shape in step.weights)


def _close(one: Step, other: Step) -> bool:
    """Say whether two steps differ in so little that they must be the same one."""
    differing = len(one.arguments) - _agreeing(one, other)
    return one.kind == other.kind and differing <= FEW_ARGUMENTS


def _agreeing(one: Step, other: Step) -> int:
    """Return how many arguments are equal."""
    return sum(other.arguments.get(k) == v for k, v in one.arguments.items())
