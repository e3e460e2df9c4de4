"""Giving a step's arguments their values, where the tensor that enters it is known."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

from archcalc.errors import SpecError, nearest, suggestion
from archcalc.graph.builder import Builder
from archcalc.graph.scope import Scope
from archcalc.language.spec import Spec
from archcalc.language.steps import SHORTCUTS, Step, without_followers
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer
from archcalc.layers.fields import FieldError
from archcalc.limits import Limits
from archcalc.sizes.expressions import Expression, ExpressionError
from archcalc.source.parser import Scalar

WAITING = (Expression, tuple)
"""What arithmetic may stand in; any other value is as it was read."""


class Resolver(Builder):
    """Evaluates arithmetic and names.

    `names` are the outputs of steps by path, `ranges` their nodes (where a spec shares
    weights, which alone asks for them). `unlike` says that
    something depended on which repetition this is, `reached` is the earliest node that
    was named: what `repetition` asks before it copies.
    """

    def __init__(self, spec: Spec, limits: Limits) -> None:
        super().__init__(spec.source, spec.name, limits)
        self.spec = spec
        self.names: dict[str, int] = {}
        self.ranges: dict[str, tuple[int, int]] = {}
        self.layers: dict[tuple[Any, ...], Layer] = {}
        self.unlike = False
        self.reached = 0

    def layer(
        self, step: Step, override: dict[str, Any], at: int, scope: Scope
    ) -> Layer:
        """Return the layer of a step, its arithmetic done."""
        if step.layer is not None and not override:
            return step.layer
        args = {**step.args, **without_followers(override)} if override else step.args
        values = {
            k: self.value(step, v, at, scope) if isinstance(v, WAITING) else v
            for k, v in args.items()
        }
        key = (step.kind, *values.items())
        known = self.layers.get(key)
        if known is None:
            try:
                known = self.layers[key] = CATALOGUE[step.kind](**values)
            except FieldError as error:
                message = f"{step.kind}: {error.message}"
                raise self.error(
                    SpecError, step, "AC140", message, help=error.help
                ) from None
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
            raise self.error(SpecError, step, "AC144", message, help=help)
        return Step(name, step.node)

    def shortcut_word(
        self, step: Step, given: Expression, at: int, scope: Scope
    ) -> str:
        """Return the kind of shortcut that a param holds."""
        word = self.value(step, given, at, scope)
        if word not in SHORTCUTS:
            message = f"shortcut: {given.text} is {word}, which is not a shortcut"
            help = suggestion(str(word), SHORTCUTS, "shortcuts")
            raise self.error(SpecError, step, "AC147", message, help=help)
        return str(word)

    def reference(self, name: Scalar, step: Step, scope: Scope) -> int:
        """Return the output of the earlier step with this name."""
        found = scope.find(name.text)
        if found is None:
            found = self.names.get(name.text)
        if found is None:
            top = (known for known in self.names if "." not in known)
            help = (
                nearest(name.text, [*scope.visible(), *top])
                or "only earlier steps can be named"
            )
            error = self.error(
                SpecError,
                step,
                "AC154",
                f"no earlier step is named {name.text!r}",
                help=help,
            )
            raise SpecError([replace(error.problems[0], place=self.place(name))])
        self.reached = min(self.reached, found)
        return found

    def checked(
        self, step: Step, word: str, accepts: Any, at: int, scope: Scope
    ) -> Any:
        """Return the value of `repeat` or `when`."""
        try:
            return accepts.check(self.value(step, getattr(step, word), at, scope))
        except FieldError as error:
            message = f"{word}: {error.message}"
            raise self.error(
                SpecError, step, "AC142", message, help=error.help
            ) from None

    def value(self, step: Step, given: Any, at: int, scope: Scope) -> Any:
        """Return a constant, or what arithmetic gives here."""
        if isinstance(given, tuple):
            return tuple(self.value(step, v, at, scope) for v in given)
        if not isinstance(given, Expression):
            return given
        try:
            return given.evaluate({n: self.lookup(n, at, scope) for n in given.names})
        except ExpressionError as error:
            message = f"{given.text}: {error.message}"
            raise self.error(
                SpecError, step, "AC142", message, help=error.help
            ) from None

    def lookup(self, name: str, at: int, scope: Scope) -> Any:
        """Return what a name in arithmetic stands for here."""
        if name in scope.values:
            self.unlike |= name == "i"
            return scope.values[name]
        shape = self.nodes[at].shape
        if name in ("cin", "tokens"):
            return shape[0]
        if name in ("w", "dim"):
            return shape[-1]
        if name == "h" and len(shape) > 1:
            return shape[-2]
        raise ExpressionError(f"{name} has no value here", 0, None)

    @cached_property
    def shares(self) -> bool:
        """Whether some step uses the weights of another."""
        return self.spec.shares

    def remember(self, path: str, first: int) -> None:
        """Remember the nodes of a step, where a spec shares weights at all."""
        if self.shares:
            self.ranges[path] = (first, len(self.nodes))

    def share(self, step: Step, first: int, scope: Scope) -> None:
        """Give the nodes from `first` on the weights of the step that `share` names."""
        name = step.share.text if step.share else ""
        if name == step.name:
            return
        path = f"{scope.path}.{name}" if scope.path else name
        while path not in self.ranges and "." in path:
            scope_path, _, _ = path[: -len(name) - 1].rpartition(".")
            path = f"{scope_path}.{name}" if scope_path else name
        if path not in self.ranges:
            help = nearest(name, self.ranges)
            raise self.error(
                SpecError, step, "AC153", f"share: no earlier step {name!r}", help=help
            )
        self.copy_weights(step, first, self.ranges[path])
