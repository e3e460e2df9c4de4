"""Blocks in use: which one is meant, and what its names stand for inside it."""

from __future__ import annotations

from typing import Any

from archcalc.errors import nearest
from archcalc.graph.growing import Growing
from archcalc.graph.resolver import Resolver
from archcalc.graph.scope import Scope
from archcalc.language.spec import Spec
from archcalc.language.steps import Block, Step
from archcalc.sizes.expressions import Expression

DEEPEST_BLOCKS = 64


class Blocks:
    """Finds the block that a step uses; gives its params and inputs their values."""

    def __init__(self, spec: Spec, growing: Growing, values: Resolver) -> None:
        self.spec = spec
        self.growing = growing
        self.values = values

    def found(
        self, step: Step, override: dict[str, Any], at: int, scope: Scope
    ) -> tuple[Block, dict[str, Any]]:
        """Return the block that a step uses, and the arguments as they are written."""
        args = {**step.args, **override}
        name = args.pop("use")
        if isinstance(name, Expression):
            name = self.values.value(step, name, at, scope)
        block = self.spec.blocks.get(name)
        if block is None:
            message = f"there is no block {name!r}"
            help = nearest(str(name), self.spec.blocks)
            raise self.growing.error(step, "AC148", message, help)
        if len(self.growing.uses) >= DEEPEST_BLOCKS:
            message = f"blocks are nested more than {DEEPEST_BLOCKS} deep"
            help = "a block that uses itself ends by `when`: `n: n - 1, when: n > 1`"
            raise self.growing.error(step, "AC152", message, help)
        return block, args

    def scope(
        self,
        step: Step,
        block: Block,
        given: dict[str, Any],
        path: str,
        group: int,
        entering: tuple[int, ...],
        outside: Scope,
    ) -> Scope:
        """Return the scope of a block's steps: its inputs and params by their names."""
        values = {**self.around(outside), **given}
        params = block.params
        inner = Scope(path, values, group, outside, {}, outside.aux, params)
        inner.frozen = outside.frozen
        if block.inputs:
            self.enter(step, block.inputs, entering, inner)
        self.fill(step, params, given, entering[0], inner)
        self.hand(params, inner, outside)
        return inner

    def enter(
        self,
        step: Step,
        names: tuple[str, ...],
        entering: tuple[int, ...],
        inner: Scope,
    ) -> None:
        """Give the tensors that enter a block the names that it declares for them."""
        self.growing.unlike = True
        if len(names) != len(entering):
            message = f"the block takes {len(names)} inputs, {len(entering)} are given"
            help = f"from: a list of names for {', '.join(names)}"
            raise self.growing.error(step, "AC155", message, help)
        paths = [inner.path]
        if step.repeat != 1:  # the whole repeat is known by what enters its last block
            paths.append(inner.path.rpartition(".")[0])
        for name, index in zip(names, entering, strict=False):
            inner.outputs[name] = index
            self.growing.names.update((f"{path}.{name}", index) for path in paths)

    def around(self, scope: Scope) -> dict[str, Any]:
        """Return what a block sees beside its params: the file's params, and `i`."""
        seen = dict(scope.outermost().values)
        if "i" in scope.values:
            seen["i"] = scope.values["i"]
        return seen

    def fill(
        self,
        step: Step,
        params: dict[str, Any],
        given: dict[str, Any],
        at: int,
        inner: Scope,
    ) -> None:
        """Give every param of a block its value, in the order of declaration."""
        unknown = [k for k in given if k not in params]
        missing = [k for k, v in params.items() if v is None and k not in given]
        if unknown or missing:
            message = (
                f"has no param {unknown[0]!r}" if unknown else f"needs {missing[0]!r}"
            )
            help = nearest(unknown[0], params) if unknown else None
            raise self.growing.error(step, "AC149", f"the block {message}", help)
        for name, default in params.items():
            if name not in given:
                inner.values[name] = self.values.value(step, default, at, inner)

    def hand(self, params: dict[str, Any], inner: Scope, outside: Scope) -> None:
        """Let a param that holds a step's name stand for that step: `from: keys`."""
        for param in params:
            name = inner.values[param]
            found = self.values.known(name, outside) if isinstance(name, str) else None
            if found is not None and param not in inner.outputs:
                inner.outputs[param] = found
