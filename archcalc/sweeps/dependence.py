"""Which swept axes each step depends on, directly or through the blocks it uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from archcalc.language.spec import Spec
from archcalc.language.steps import DYNAMIC, Step, reads_others
from archcalc.sizes.expressions import Expression

VARIANT, INPUT, BATCH = "variant", "input", "batch"
"""Axes that are no params."""


class Dependence:
    """The axes that the steps of a spec depend on, by their place in `axes`.

    A block's own param hides a param of the file: reading it counts as reading both.
    """

    def __init__(
        self, spec: Spec, axes: Mapping[str, Sequence[Any]], settings: Mapping[str, Any]
    ) -> None:
        self.spec = spec
        self.given = {**axes, **{n: [v] for n, v in settings.items() if n not in axes}}
        self.places = {name: place for place, name in enumerate(axes)}
        self.inline: set[int] = set()
        self.is_chain = not any(map(reads_others, spec.steps))
        self.known: dict[int, frozenset[str]] = {}
        self.keys: dict[int, frozenset[int]] = {}
        self.under: dict[int, frozenset[int]] = {}
        self.params = {name: self._param(name, frozenset()) for name in spec.params}

    def _param(self, name: str, above: frozenset[str]) -> frozenset[int]:
        """Return the axes that a param depends on."""
        found = {self.places[name]} if name in self.places else set()
        values = [self.spec.params[name]]
        for variant in self.spec.variants.values():
            if name in variant:
                values.append(variant[name])
                found |= {self.places[VARIANT]} if VARIANT in self.places else set()
        for other in names_in(values) & self.spec.params.keys() - {name} - above:
            found |= self._param(other, above | {name})
        return frozenset(found)

    def behind(self, names: Iterable[str]) -> frozenset[int]:
        """Return the axes behind names."""
        return frozenset().union(*(self.params.get(name, ()) for name in names))

    @cached_property
    def direct(self) -> frozenset[int]:
        """The axes of the input and of the steps of the file that are no holes."""
        given = [size for _, sizes in self.spec.inputs for size in sizes]
        words = {size for size in given if isinstance(size, str)}
        found = self.behind(names_in(given) | words)
        if INPUT in self.places:
            found |= {self.places[INPUT]}
        return found.union(*(self._outside(step) for step in self.spec.steps))

    def put_in_place(self, step: Step) -> None:
        """Have a step written out where it stands: what is around it reads more."""
        self.inline.add(id(step))
        self.keys.clear()
        self.__dict__.pop("direct", None)

    def is_hole(self, step: Step, top: bool) -> bool:
        """Say whether a step is one node of what is around it."""
        if id(step) in self.inline or self.spec.shares or step.kind == "aux":
            return False
        if top:
            return not reads_others(step) and self._is_trunk_hole(step)
        return step.kind == "use" and len(step.sources) < 2 and bool(self.axes(step))

    def _is_trunk_hole(self, step: Step) -> bool:
        return step.kind == "use" or step.repeat != 1 or bool(self.axes(step))

    def names(self, step: Step) -> frozenset[str]:
        """Return the names that a step and all that it uses read."""
        known = self.known.get(id(step))
        if known is None:
            under = self._under(step)
            known = frozenset().union(*map(_own, under))
            for name in {name for inner in under for name in self._used(inner)}:
                known |= names_in(self.spec.blocks[name].params.values())
            self.known[id(step)] = known
        return known

    def axes(self, step: Step) -> frozenset[int]:
        """Return the axes that a step and all that it uses read."""
        known = self.under.get(id(step))
        if known is None:
            known = self.under[id(step)] = self.behind(self.names(step))
        return known

    def key(self, step: Step) -> frozenset[int]:
        """Return the axes that one repetition reads outside of its holes."""
        known = self.keys.get(id(step))
        if known is None:
            known = self.behind(_written(step))
            known |= self._within(step, {id(step)})
            self.keys[id(step)] = known
        return known

    def _within(self, step: Step, seen: set[int]) -> frozenset[int]:
        """Return the axes that what stands in a step reads, inner holes left out."""
        inside = list(step.inside())
        found: frozenset[int] = frozenset()
        for name in self._used(step):
            block = self.spec.blocks[name]
            found |= self.behind(names_in(block.params.values()))
            inside += block.steps
        for inner in inside:
            if id(inner) not in seen and not self.is_hole(inner, top=False):
                seen.add(id(inner))
                found |= self.behind(_own(inner)) | self._within(inner, seen)
        return found

    def counts(self, step: Step) -> bool:
        """Say whether the repetitions of a step read their number, `i`."""
        several = step.repeat != 1 or bool(step.first or step.last)
        return several and "i" in self.names(step)

    def count_axes(self, step: Step) -> frozenset[int]:
        """Return the axes that say how often a step stands."""
        return self.behind(names_in([step.repeat, step.when]))

    @cached_property
    def repeating(self) -> frozenset[int]:
        """The axes that say how often any step is repeated."""
        under = (inner for step in self.spec.steps for inner in self._under(step))
        return self.behind(names_in(inner.repeat for inner in under))

    def counts_by_shape(self, step: Step) -> bool:
        """Say whether how often a step stands depends on what enters it, or on `i`."""
        return not DYNAMIC.isdisjoint(names_in([step.repeat, step.when]))

    def _outside(self, step: Step) -> frozenset[int]:
        """Return the axes that a step of the file reads where it is no hole."""
        if self.is_hole(step, top=True):
            return frozenset()
        return self.behind(_own(step)) | self._within(step, {id(step)})

    def _used(self, step: Step) -> tuple[str, ...]:
        """Return the blocks that a step may use."""
        if step.kind != "use":
            return ()
        given = (step.args, step.first, step.last)
        names = [args["use"] for args in given if "use" in args]
        words = frozenset().union(*map(self._words, names))
        return tuple(name for name in self.spec.blocks if name in words)

    def _words(self, name: Any) -> Collection[str]:
        """Return the blocks that may be meant: a word, or what a param can be."""
        if not isinstance(name, Expression):
            return (name,)
        hidden = any(name.text in block.params for block in self.spec.blocks.values())
        if name.text not in self.spec.params or hidden:
            return self.spec.blocks
        sets = [self.spec.params, *self.spec.variants.values()]
        values = [given[name.text] for given in sets if name.text in given]
        values += self.given.get(name.text, ())
        if all(isinstance(value, str) for value in values):
            return values
        return self.spec.blocks

    def _under(self, step: Step) -> list[Step]:
        """Return a step and every step under it, blocks included, each once."""
        found: dict[int, Step] = {}
        waiting = [step]
        while waiting:
            at = waiting.pop()
            if id(at) in found:
                continue
            found[id(at)] = at
            waiting += at.inside()
            for name in self._used(at):
                waiting += self.spec.blocks[name].steps
        return list(found.values())


def _own(step: Step) -> frozenset[str]:
    """Return the names that a step's own fields read."""
    return _written(step) | names_in([step.repeat, step.when])


def _written(step: Step) -> frozenset[str]:
    """Return the names that one repetition reads, beside how often it stands."""
    given = (step.args, step.first, step.last)
    values = [value for args in given for value in args.values()]
    values += [step.norm, step.act, step.shortcut, step.frozen, step.lora]
    return names_in(values)


def names_in(values: Iterable[Any]) -> frozenset[str]:
    """Return the names that arithmetic among values reads."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, Expression):
            found |= value.names
        elif isinstance(value, Step):
            found |= _own(value)
        elif isinstance(value, tuple):
            found |= names_in(v for v in value if not isinstance(v, Step))
        elif isinstance(value, dict):
            found |= names_in(value.values())
    return frozenset(found)
