"""Giving a step's arguments their values, where the tensor that enters it is known."""

from __future__ import annotations

from typing import Any

from archcalc.errors import SpecError, nearest, suggestion
from archcalc.graph.growing import Growing
from archcalc.graph.scope import Scope
from archcalc.language.lora_reader import FIELDS as LORA
from archcalc.language.steps import (
    SHORTCUTS,
    Lora,
    Step,
    refused,
    without_followers,
)
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer, Shape, times
from archcalc.layers.fields import FieldError
from archcalc.records import replace
from archcalc.sizes.dims import Dim
from archcalc.sizes.expression_scan import OF
from archcalc.sizes.expressions import Expression, ExpressionError
from archcalc.source.parser import Scalar

WAITING = (Expression, tuple)
"""What arithmetic may stand in; any other value is as it was read."""
EVERY = ".*"
"""Behind a name: every repetition of the step."""


class Resolver:
    """Evaluates arithmetic and names by what has grown so far.

    `layers` has each layer by its kind and arguments: equal ones are made once.
    """

    def __init__(
        self, growing: Growing, layers: dict[tuple[Any, ...], Layer] | None = None
    ) -> None:
        self.growing = growing
        self.layers = {} if layers is None else layers

    def layer(
        self, step: Step, override: dict[str, Any], at: int, scope: Scope
    ) -> Layer:
        """Return the layer of a step, its arithmetic done."""
        if step.layer is not None and not override:
            return step.layer
        args = {**step.args, **without_followers(override)} if override else step.args
        values = self.values(step, args, at, scope)
        key = (step.kind, *values.items())
        known = self.layers.get(key)
        if known is None:
            try:
                known = self.layers[key] = CATALOGUE[step.kind](**values)
            except FieldError as error:
                message = refused(step.kind, error)
                problem = self.growing.problem(step, "AC140", message, error.help)
                place = self.growing.place_in(step, error.argument)
                raise SpecError([replace(problem, place=place)]) from None
        return known

    def follower(
        self, step: Step, word: str, given: Expression, at: int, scope: Scope
    ) -> Step | None:
        """Return the step that a param names as norm or act."""
        name = self.value(step, given, at, scope)
        if name == "none":
            return None
        if not isinstance(name, str) or name not in CATALOGUE:
            help = nearest(str(name), CATALOGUE)
            message = f"{word}: {name} is not a kind of layer"
            raise self.growing.error(step, "AC144", message, help)
        return Step(name, step.node)

    def shortcut_word(
        self, step: Step, given: Expression, at: int, scope: Scope
    ) -> str:
        """Return the kind of shortcut that a param holds."""
        word = self.value(step, given, at, scope)
        if word not in SHORTCUTS:
            message = f"shortcut: {given.text} is {word}, which is not a shortcut"
            help = suggestion(str(word), SHORTCUTS, "shortcuts")
            raise self.growing.error(step, "AC147", message, help)
        return str(word)

    def reference(self, name: Scalar, step: Step, scope: Scope) -> int:
        """Return the output of the earlier step with this name."""
        return self.named(name.text, step, name, scope)

    def references(self, name: Scalar, step: Step, scope: Scope) -> list[int]:
        """Return the outputs that a name stands for: `m.*` are all repetitions of m."""
        whole = name.text.removesuffix(EVERY)
        if whole == name.text:
            return [self.reference(name, step, scope)]
        names, found = self.growing.names, []
        for path in scope.paths_of(whole):
            number = 1
            while f"{path}.{number}" in names:
                found.append(names[f"{path}.{number}"])
                number += 1
            if found or path in names:
                break
        if not found:  # a step that is not repeated, or one that is repeated 0 times
            one = self.named(whole, step, name, scope)
            groups = self.growing.groups
            repeated = any(g.kind == "repeat" and g.name == path for g in groups)
            found = [] if repeated else [one]
        self.growing.reached = min([self.growing.reached, *found])
        return found

    def known(self, name: str, scope: Scope) -> int | None:
        """Return the output of an earlier step by its name, None where there is none.

        A name with a dot is a path, from the innermost group outwards.
        """
        found = scope.find(name)
        if found is None:
            paths = scope.paths_of(name) if "." in name else [name]
            names = self.growing.names
            found = next((names[path] for path in paths if path in names), None)
        return found

    def named(self, name: str, step: Step, where: Scalar, scope: Scope) -> int:
        """Return the output of an earlier step by its name, which stands `where`."""
        growing = self.growing
        found = self.known(name, scope)
        if found is None:
            growing.need_head(name)
            help = self._meant(name, scope)
            message = f"no earlier step is named {name!r}"
            problem = growing.problem(step, "AC154", message, help)
            raise SpecError([replace(problem, place=growing.place(where))])
        growing.reached = min(growing.reached, found)
        return found

    def _meant(self, name: str, scope: Scope) -> str:
        """Return which earlier step a name that is none may mean."""
        names = self.growing.names
        parts = [part for part in name.split(".") if not part.isdecimal()]
        last = parts[-1:]
        for known in reversed(names):  # the last repetition: the nearest before
            if "." not in known or known.rpartition(".")[2:] != (*last,):
                continue
            if [part for part in known.split(".") if not part.isdecimal()] == parts:
                return f"did you mean {known}? a repetition has its number in its name"
        top = (known for known in names if "." not in known)
        near = nearest(name, [*scope.visible(), *top])
        return near or "only earlier steps can be named"

    def checked(
        self, step: Step, word: str, accepts: Any, at: int, scope: Scope
    ) -> Any:
        """Return the value of `repeat` or `when`."""
        try:
            return accepts.check(self.value(step, getattr(step, word), at, scope))
        except FieldError as error:
            message = f"{word}: {error.message}"
            raise self.growing.error(step, "AC142", message, error.help) from None

    def lora(self, step: Step, at: int, scope: Scope) -> Lora:
        """Return the adapter of a step, its arithmetic done."""
        found = {}
        for word, given in (step.lora or Lora(1))._asdict().items():
            value = None if given is None else self.value(step, given, at, scope)
            try:
                found[word] = None if value is None else LORA[word].check(value)
            except FieldError as error:
                message = f"lora: {word}: {error.message}"
                raise self.growing.error(step, "AC142", message, error.help) from None
        return Lora(**found)

    def values(
        self, step: Step, args: dict[str, Any], at: int, scope: Scope
    ) -> dict[str, Any]:
        """Return arguments with their arithmetic done."""
        return {
            k: self.value(step, v, at, scope) if isinstance(v, WAITING) else v
            for k, v in args.items()
        }

    def value(self, step: Step, given: Any, at: int, scope: Scope) -> Any:
        """Return a constant, or what arithmetic gives here."""
        if isinstance(given, tuple):
            return tuple(self.value(step, v, at, scope) for v in given)
        if not isinstance(given, Expression):
            return given
        try:
            known = scope.values
            names = {
                n: known[n]
                if n in known and n != "i"
                else self.lookup(n, step, at, scope)
                for n in given.names
            }
            return given.evaluate(names)
        except ExpressionError as error:
            message = f"{given.text}: {error.message}"
            raise self.growing.error(step, "AC142", message, error.help) from None

    def lookup(self, name: str, step: Step, at: int, scope: Scope) -> Any:
        """Return what a name in arithmetic stands for here."""
        if name in scope.values:
            self.growing.unlike |= name == "i"
            return scope.values[name]
        size, of, other = name.partition(OF)
        if of:
            at = self.named(other, step, step.node, scope)
        shape = self.growing.nodes[at].shape
        value = size_of(size, shape)
        if value is None:
            told = f"the shape {'there' if of else 'here'} is {times(shape)}"
            raise ExpressionError(f"{name} has no value here", 0, told)
        return value


def size_of(name: str, shape: Shape) -> Dim | None:
    """Return a size by its name, None where a tensor of this shape has none."""
    if name in ("cin", "channels", "tokens"):
        return shape[0]
    if name in ("w", "dim"):
        return shape[-1]
    if name == "length":
        return shape[-1] if len(shape) == 2 else None
    return shape[-2] if name == "h" and len(shape) > 1 else None
