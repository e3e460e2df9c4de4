"""From a spec to a graph: blocks, repeats and branches written out as named nodes.

`expand` walks the steps once. It infers each node's shape on the way, since arithmetic
in a step may ask for the channels or size of the tensor that enters it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archcalc.errors import Problem, ShapeError, SpecError, nearest
from archcalc.graph.graph import Graph, Node
from archcalc.graph.repetition import Repeater
from archcalc.graph.resolver import WAITING
from archcalc.graph.scope import Scope, base_names
from archcalc.graph.shortcuts import padding, projection, strides
from archcalc.language.spec import Spec
from archcalc.language.steps import CONDITION, Step, arity
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Shape
from archcalc.limits import DEFAULT, Limits, counting
from archcalc.sizes.dims import assuming, same
from archcalc.sizes.expressions import Expression

DEEPEST_BLOCKS = 64


def expand(
    spec: Spec,
    inputs: Mapping[str, Shape],
    params: Mapping[str, Any],
    limits: Limits = DEFAULT,
) -> Graph:
    """Return the network's graph for these input shapes and params.

    Raises `SpecError` or `ShapeError` with the step, and the `use:` that led to it.
    """
    with assuming() as assumptions, counting(limits):
        return Expander(spec, limits).run(inputs, params, assumptions)


class Expander(Repeater):
    """Walks the steps of a spec and grows the graph."""

    def __init__(self, spec: Spec, limits: Limits) -> None:
        super().__init__(spec, limits)
        self.visits, self.most_visits = 0, 2 * limits.nodes
        self.bases: dict[int, tuple[tuple[Step, ...], tuple[str, ...]]] = {}

    def run(
        self,
        inputs: Mapping[str, Shape],
        params: Mapping[str, Any],
        assumptions: Iterable[str],
    ) -> Graph:
        scope = Scope("", dict(params), 0)
        origin = self.spec.input_at
        for name, shape in inputs.items():
            index = len(self.nodes)
            layer = CATALOGUE["input"]()
            self.nodes.append(
                Node(index, name, layer, (), shape, 0, origin, None, False)
            )
            scope.outputs[name] = self.names[name] = index
        count = len(self.nodes)
        output = self.sequence(self.spec.steps, 0, scope)
        self.groups[0].end, self.groups[0].output = len(self.nodes), output
        return Graph(
            tuple(self.nodes),
            tuple(self.groups),
            tuple(range(count)),
            output,
            self.names,
            tuple(assumptions),
        )

    # -- steps -----------------------------------------------------------------------

    def sequence(self, steps: tuple[Step, ...], at: int, scope: Scope) -> int:
        """Write out a list of steps; return the node that leaves it."""
        for step, base in zip(steps, self.base_names(steps), strict=True):
            at = self.step(step, base, at, scope)
        return at

    def base_names(self, steps: tuple[Step, ...]) -> tuple[str, ...]:
        """Return a name for each step; raise `SpecError` AC150 for one used twice."""
        _, known = self.bases.get(id(steps), (steps, None))
        if known is None:
            first: dict[str, Step] = {}
            for step in steps:
                if (
                    step.name is not None
                    and first.setdefault(step.name, step) is not step
                ):
                    line = self.place(first[step.name].node).line
                    raise self.error(
                        SpecError,
                        step,
                        "AC150",
                        f"the name {step.name!r} is taken",
                        [f"first used in line {line}"],
                    )
            known = base_names(steps)
            self.bases[id(steps)] = steps, known
        return known

    def step(self, step: Step, base: str, at: int, scope: Scope) -> int:
        """Write out one step with its repetitions; return the node that leaves it."""
        self.visits += 1
        if self.visits > self.most_visits:
            raise self.too_many(step)
        if step.plain:
            return self.plain(step, base, at, scope)
        entering: tuple[int, ...] = (at,)
        if step.sources and (step.branches is not None or arity(step) == 1):
            entering = tuple(self.reference(name, step, scope) for name in step.sources)
            at = entering[0]
        if step.when is not True and not self.checked(
            step, "when", CONDITION, at, scope
        ):
            return at
        path = f"{scope.path}.{base}" if scope.path and base else scope.path or base
        first = len(self.nodes)
        if step.repeat == 1 and not (step.first or step.last):
            after = self.once(step, path, entering, scope, {})
        else:
            after = self.repeated(step, path, entering, scope)
        self.finish(step, base, path, first, after, scope)
        return at if step.kind == "aux" else after

    def plain(self, step: Step, base: str, at: int, scope: Scope) -> int:
        """Write out a step that is one layer: most steps of a long network are."""
        path = f"{scope.path}.{base}" if scope.path and base else scope.path or base
        first = len(self.nodes)
        after = self.add(step, path, self.layer(step, {}, at, scope), (at,), scope)
        if step.norm is not None or step.act is not None:
            after = self.followed(step, path, after, scope, {})
        self.finish(step, base, path, first, after, scope)
        return after

    def finish(
        self, step: Step, base: str, path: str, first: int, after: int, scope: Scope
    ) -> None:
        """Remember the step's output under its name, and share weights where asked."""
        if base:
            inside = scope.path or scope.parent is not None
            if inside or step.name is not None or base in scope.outputs:
                scope.outputs[base] = after  # else `names` alone has it, by this name
            if self.names.get(path, after) != after:
                message = f"the name {path!r} is taken by another step"
                raise self.error(SpecError, step, "AC150", message)
        self.names[path] = after
        if step.share is not None:
            self.share(step, first, scope)
        self.remember(path, first)

    def once(
        self,
        step: Step,
        path: str,
        entering: tuple[int, ...],
        scope: Scope,
        override: dict[str, Any],
    ) -> int:
        """Write out one repetition of a step."""
        at = entering[0]
        if step.kind == "use":
            return self.use(step, path, entering, scope, override)
        if step.kind == "residual":
            return self.residual(step, path, at, scope)
        if step.kind in ("stage", "aux"):
            group = self.open(path, step.kind, step.kind, scope)
            inner = scope.inside(path, group, aux=scope.aux or step.kind == "aux")
            after = self.sequence(step.body, at, inner)
            self.close(group, after)
            if step.kind == "stage":
                scope.adopt(inner, step.body)
            return after
        if step.branches is not None:
            return self.joined(step, path, at, scope)
        inputs: tuple[int, ...] = (at,)
        if arity(step) != 1:
            inputs = tuple(self.reference(name, step, scope) for name in step.sources)
        node = self.add(
            step, path, self.layer(step, override, at, scope), inputs, scope
        )
        return self.followed(step, path, node, scope, override)

    # -- one layer -------------------------------------------------------------------

    def followed(
        self, step: Step, path: str, at: int, scope: Scope, override: dict[str, Any]
    ) -> int:
        """Append the `norm` and `act` of a step as nodes of their own."""
        for word, given in (("norm", step.norm), ("act", step.act)):
            follower = override.get(word, given) if override else given
            if isinstance(follower, Expression):
                follower = self.follower(step, word, follower, at, scope)
            if isinstance(follower, Step):
                layer = self.layer(follower, {}, at, scope)
                at = self.add(step, f"{path}.{layer.key}", layer, (at,), scope)
        return at

    # -- structure -------------------------------------------------------------------

    def use(
        self,
        step: Step,
        path: str,
        entering: tuple[int, ...],
        scope: Scope,
        override: dict[str, Any],
    ) -> int:
        """Write out a block with its params."""
        at = entering[0]
        args = {**step.args, **override}
        name = args.pop("use")
        if isinstance(name, Expression):
            name = self.value(step, name, at, scope)
        block = self.spec.blocks.get(name)
        if block is None:
            help = nearest(str(name), self.spec.blocks)
            raise self.error(
                SpecError, step, "AC148", f"there is no block {name!r}", help=help
            )
        if len(self.uses) >= DEEPEST_BLOCKS:
            message = f"blocks use each other more than {DEEPEST_BLOCKS} deep"
            raise self.error(SpecError, step, "AC152", message)
        given = {
            k: self.value(step, v, at, scope) if isinstance(v, WAITING) else v
            for k, v in args.items()
        }
        group = self.open(path, "block", name, scope)
        outer, self.uses = self.uses, (*self.uses, step.node)
        values = {**self.spec_params(scope), **given}
        inner = Scope(path, values, group, scope, aux=scope.aux)
        if block.inputs:
            self.enter(step, block.inputs, entering, inner)
        self.fill(step, block.params, given, at, inner)
        after = self.sequence(block.steps, at, inner)
        self.uses = outer
        self.close(group, after)
        return after

    def enter(
        self,
        step: Step,
        names: tuple[str, ...],
        entering: tuple[int, ...],
        inner: Scope,
    ) -> None:
        """Give the tensors that enter a block the names that it declares for them."""
        self.unlike = True
        if len(names) != len(entering):
            message = f"the block takes {len(names)} inputs, {len(entering)} are given"
            help = f"from: a list of names for {', '.join(names)}"
            raise self.error(SpecError, step, "AC155", message, help=help)
        paths = [inner.path]
        if step.repeat != 1:  # the whole repeat is known by what enters its last block
            paths.append(inner.path.rpartition(".")[0])
        for name, index in zip(names, entering, strict=False):
            inner.outputs[name] = index
            self.names.update((f"{path}.{name}", index) for path in paths)

    def spec_params(self, scope: Scope) -> dict[str, Any]:
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
            raise self.error(
                SpecError, step, "AC149", f"the block {message}", help=help
            )
        for name, default in params.items():
            if name not in given:
                inner.values[name] = self.value(step, default, at, inner)

    def joined(self, step: Step, path: str, at: int, scope: Scope) -> int:
        """Write out branches and the node that joins them."""
        group = self.open(path, step.kind, step.kind, scope)
        inner = scope.inside(path, group)
        ends = []
        for name, steps in step.branches or ():
            ends.append(
                self.branch(name, steps, f"{path}.{name}" if path else name, at, inner)
            )
        layer = self.layer(step, {}, at, scope)
        names = tuple(name for name, _ in step.branches or ())
        joined = self.add(step, f"{path}.{step.kind}", layer, tuple(ends), inner, names)
        after = self.followed(step, path, joined, inner, {})
        self.close(group, after)
        return after

    def branch(
        self, name: str, steps: tuple[Step, ...], path: str, at: int, scope: Scope
    ) -> int:
        """Write out one branch."""
        group = self.open(path, "branch", name, scope)
        after = self.sequence(steps, at, scope.inside(path, group))
        self.close(group, after)
        scope.outputs[name] = after
        self.names[path] = after
        return after

    def residual(self, step: Step, path: str, at: int, scope: Scope) -> int:
        """Write out a residual: its body, its shortcut, the sum."""
        group = self.open(path, "residual", "residual", scope)
        inner = scope.inside(path, group)
        main = self.sequence(step.body, at, inner)
        skip = self.shortcut(step, path, at, main, inner)
        after = main
        if skip is not None:
            after = self.add_sum(step, path, main, skip, inner)
        after = self.followed(step, path, after, inner, {})
        self.close(group, after)
        return after

    def add_sum(self, step: Step, path: str, main: int, skip: int, scope: Scope) -> int:
        """Append the sum of a residual; a clash says what shortcut would fit."""
        body, kept = self.nodes[main].shape, self.nodes[skip].shape
        if len(body) != len(kept) or not all(map(same, body, kept)):
            help = (
                "shortcut: projection, or identity-or-projection for a repeated block"
            )
            problem = Problem(
                "AC201",
                "a residual needs equal shapes",
                facts=(
                    f"body     = {self.entering(main)}",
                    f"shortcut = {self.entering(skip)}",
                ),
                help=help,
            )
            raise ShapeError([problem.at(self.place(step.node), self.via())])
        layer = self.layer(Step("add", step.node), {}, main, scope)
        return self.add(step, f"{path}.add", layer, (main, skip), scope)

    def shortcut(
        self, step: Step, path: str, at: int, main: int, scope: Scope
    ) -> int | None:
        """Write out the shortcut; None where there is no sum."""
        word = step.shortcut
        if isinstance(word, tuple):
            return self.branch("shortcut", word, f"{path}.shortcut", at, scope)
        if isinstance(word, Expression):
            word = self.shortcut_word(step, word, at, scope)
        before, body = self.nodes[at].shape, self.nodes[main].shape
        if word != "projection":
            equal = len(before) == len(body) and all(map(same, before, body))
            if equal or word == "identity":
                return at
            if word == "identity-or-none":
                return None
        ratio = strides(self.nodes, main, at)
        if word == "identity-or-pad":
            steps = padding(step.node, before, body, ratio)
        else:
            steps = projection(
                step.node, self.spec.defaults.get("conv", {}), body, ratio
            )
        return self.branch("shortcut", steps, f"{path}.shortcut", at, scope)
