"""From a spec to a graph: blocks, repeats and branches written out as named nodes.

`expand` walks the steps once. It infers each node's shape on the way, since arithmetic
in a step may ask for the channels or size of the tensor that enters it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from archcalc.errors import ShapeError
from archcalc.graph.adapting import LORA, adapted
from archcalc.graph.blocks import Blocks
from archcalc.graph.copies import Copies, Pattern
from archcalc.graph.freezing import ADAPTED, frozen, together
from archcalc.graph.graph import Graph, Unfit
from archcalc.graph.growing import Growing
from archcalc.graph.leaving import leaving
from archcalc.graph.resolver import Resolver
from archcalc.graph.scope import Scope, base_names, kind_name, member
from archcalc.graph.shortcuts import padding, projection, strides
from archcalc.language.spec import Spec
from archcalc.language.steps import CONDITION, COPIES, REPEAT, Step, arity
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer, Shape
from archcalc.limits import DEFAULT, Limits, counting
from archcalc.sizes.dims import assuming, same
from archcalc.sizes.expressions import Expression
from archcalc.source.parser import Scalar

if TYPE_CHECKING:
    from archcalc.graph.holes import Holes


def expand(
    spec: Spec,
    inputs: Mapping[str, Shape],
    params: Mapping[str, Any],
    limits: Limits = DEFAULT,
    heads: bool = True,
) -> Graph:
    """Return the network's graph for these input shapes and params.

    Without `heads`, a side head that does not fit is left out, and told in `unfit`.

    Raises `SpecError` or `ShapeError` with the step, and the `use:` that led to it.
    """
    with assuming() as assumptions, counting(limits):
        expander = Expander(spec, limits)
        expander.heads = heads
        return expander.run(inputs, params, assumptions)


MORE_FOR_A_USE = 3
"""How many steps more a use of a block counts as: its params and names take longer."""


class Expander:
    """Walks the steps of a spec and grows the graph.

    `growing` holds what is written, `values` does arithmetic on it, `copies` writes
    equal repetitions. `holes` may keep steps from being written out; `layers` may be
    given to share layers between graphs.
    """

    def __init__(
        self,
        spec: Spec,
        limits: Limits,
        holes: Holes | None = None,
        layers: dict[tuple[Any, ...], Layer] | None = None,
    ) -> None:
        self.spec = spec
        self.limits = limits
        self.growing = Growing(spec, limits)
        self.values = Resolver(self.growing, layers)
        self.copies = Copies(self.growing)
        self.blocks = Blocks(spec, self.growing, self.values)
        self.holes = holes
        self.repeats = 1
        self.heads = True
        self.visits, self.most_visits = 0, 2 * limits.nodes
        self.bases: dict[int, tuple[tuple[Step, ...], tuple[str, ...]]] = {}

    def run(
        self,
        inputs: Mapping[str, Shape],
        params: Mapping[str, Any],
        assumptions: Iterable[str],
    ) -> Graph:
        """Write the whole network out."""
        growing = self.growing
        scope = self.begin(inputs, params)
        count = len(growing.nodes)
        after = self.sequence(self.spec.steps, 0, scope)
        growing.close(0, after)
        graph = Graph(
            tuple(growing.nodes),
            tuple(growing.groups),
            tuple(range(count)),
            leaving(self.spec.outputs, growing, scope) or (after,),
            growing.names,
            tuple(assumptions),
            tuple(self.growing.unfit),
            self.visits,
        )
        if names := self.spec.frozen:
            places = [*map(growing.place, names)]
            graph = frozen(graph, [n.text for n in names], places, self.growing.limits)
        return together(graph) if growing.shares else graph

    def begin(self, inputs: Mapping[str, Shape], params: Mapping[str, Any]) -> Scope:
        """Append the nodes that enter; return the outermost scope."""
        scope = Scope("", dict(params), 0)
        for name, shape in inputs.items():
            layer = CATALOGUE["input"]()
            index = self.growing.put(name, layer, (), shape, self.spec.input_at)
            scope.outputs[name] = self.growing.names[name] = index
        return scope

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
                name = step.name
                if name is not None and first.setdefault(name, step) is not step:
                    line = self.growing.place(first[name].node).line
                    message = f"the name {name!r} is taken"
                    facts = [f"first used in line {line}"]
                    raise self.growing.error(step, "AC150", message, facts=facts)
            known = base_names(steps)
            self.bases[id(steps)] = steps, known
        return known

    def step(self, step: Step, base: str, at: int, scope: Scope) -> int:
        """Write out one step with its repetitions; return the node that leaves it."""
        if self.holes is not None and self.holes.is_hole(step, scope):
            return self.hole(self.holes, step, base, at, scope)
        # Nodes are limited, but steps that make none could be walked without end.
        self.visits += 1
        if self.visits > self.most_visits:
            raise self.growing.too_many(step)
        if step.plain:
            return self.plain(step, base, at, scope)
        # `from` says what enters, except for a layer that joins the tensors itself.
        # That comes first: `when` and `repeat` may ask for the shape of what enters.
        entering: tuple[int, ...] = (at,)
        if step.sources and (step.branches is not None or arity(step) == 1):
            entering = self.references(step, scope)
            at = entering[0]
        if step.when is not True and not self.values.checked(
            step, "when", CONDITION, at, scope
        ):
            return at
        if step.kind == "aux":
            self.head(step, base, entering, scope)
            return at
        return self.written(step, base, entering, scope)

    def written(
        self, step: Step, base: str, entering: tuple[int, ...], scope: Scope
    ) -> int:
        """Write out a step that is there, under its name."""
        path, first = scope.path_of(base), len(self.growing.nodes)
        if step.repeat == 1 and not (step.first or step.last):
            after = self.once(step, path, entering, scope, {})
        else:
            after = self.repeated(step, path, entering, scope)
        self.finish(step, base, path, first, after, scope)
        return after

    def head(
        self, step: Step, base: str, entering: tuple[int, ...], scope: Scope
    ) -> None:
        """Write out a side head; without `heads`, leave out one that does not fit."""
        mark, values = self.growing.mark(), dict(scope.values)
        repeats, around = self.repeats, scope.frozen
        try:
            self.written(step, base, entering, scope)
        except ShapeError as error:
            if self.heads:
                raise
            self.growing.undo(mark)
            self.repeats, scope.frozen = repeats, around
            scope.values.clear()  # those of repetitions around share them
            scope.values.update(values)
            self.growing.unfit.append(Unfit(scope.path_of(base), error))

    def hole(self, holes: Holes, step: Step, base: str, at: int, scope: Scope) -> int:
        """Append the node that stands for a step."""
        growing = self.growing
        for name in step.sources:
            at = self.values.reference(name, step, scope)
        found = holes.placeholder(step, growing.nodes[at].shape, scope)
        growing.unlike = True  # a copy would leave the hole's sums out
        if found is None:
            return at
        layer, shape, reads = found
        path, inputs = scope.path_of(base), (at,) * reads
        after = growing.put(path, layer, inputs, shape, step.node, scope.group)
        self.finish(step, base, path, after, after, scope)
        return after

    def plain(self, step: Step, base: str, at: int, scope: Scope) -> int:
        """Write out a step that is one layer: most steps of a long network are."""
        path, first = scope.path_of(base), len(self.growing.nodes)
        layer = self.values.layer(step, {}, at, scope)
        after = self.growing.add(step, path, layer, (at,), scope)
        if step.norm is not None or step.act is not None:
            after = self.followed(step, path, after, scope, {})
        self.finish(step, base, path, first, after, scope)
        return after

    def finish(
        self, step: Step, base: str, path: str, first: int, after: int, scope: Scope
    ) -> None:
        """Remember the step's output under its name, and share weights where asked."""
        names = self.growing.names
        if base:
            inside = scope.path or scope.parent is not None
            if inside or step.name is not None or base in scope.outputs:
                scope.outputs[base] = after  # else `names` alone has it, by this name
            if names.get(path, after) != after:
                message = f"the name {path!r} is taken by another step"
                raise self.growing.error(step, "AC150", message)
            names[path] = after  # a step without a name leaves its group's to the group
        if step.share is not None:
            self.growing.share(step, first, scope)
        self.growing.remember(path, first)

    def references(self, step: Step, scope: Scope) -> tuple[int, ...]:
        """Return the outputs of the steps that `from` names."""
        found: list[int] = []
        for name in step.sources:
            found += self.values.references(name, step, scope)
        if step.sources and not found:
            message = f"{step.sources[0].text}: that step is repeated 0 times"
            raise self.growing.error(step, "AC145", message)
        self.visits += len(found) - len(step.sources)
        if self.visits > self.most_visits:  # `m.*` may be very many
            raise self.growing.too_many(step)
        return tuple(found)

    # -- repetitions -----------------------------------------------------------------

    def repeated(
        self, step: Step, path: str, entering: tuple[int, ...], scope: Scope
    ) -> int:
        """Write out a step as often as it says, with `first` and `last` overrides."""
        growing, copies = self.growing, self.copies
        count = self.count(step, "repeat", entering[0], scope)
        outside, self.repeats = self.repeats, self.repeats * count
        if self.repeats > self.limits.nodes:
            raise growing.too_many(step)
        label = f"{count} × {kind_name(step, scope.values)}"
        group = growing.open(path, "repeat", label, scope, step.node)
        outer, at = scope.values.get("i"), entering[0]
        patterns: dict[tuple[Any, ...], Pattern | None] = {}
        for i in range(1, count + 1):
            scope.values["i"] = i
            override = step.first if i == 1 else {}
            if i == count and step.last:
                override = {**override, **step.last}
            name, first = f"{path}.{i}", len(growing.nodes)
            shapes = tuple([growing.nodes[n].shape for n in entering])
            key = (i == 1 and bool(step.first), i == count and bool(step.last), shapes)
            like = patterns.get(key)
            if like is not None and copies.fits(like, name, step):
                at = copies.again(like, name, at)
            else:
                mark, inner = copies.mark(), scope.renamed(path, group)
                at = self.once(step, name, entering, inner, override)
                patterns[key] = copies.pattern(step, name, mark, entering, at)
            growing.names[name] = at
            growing.remember(name, first)
            entering = (at, *entering[:-1])
            if step.share is not None and step.share.text == step.name and i > 1:
                growing.copy_weights(step, first, growing.ranges[f"{path}.1"])
        scope.values.pop("i", None)
        if outer is not None:
            scope.values["i"] = outer
        self.repeats = outside
        growing.close(group, at)
        return at

    def count(self, step: Step, word: str, at: int, scope: Scope) -> int:
        """Return how often a step stands; raise `SpecError` AC151 for a symbol."""
        accepts = COPIES if word == "copies" else REPEAT
        count = self.values.checked(step, word, accepts, at, scope)
        if not isinstance(count, int):
            said = "branches" if word == "copies" else word
            message = f"{said} needs a number, not the symbol {count}"
            raise self.growing.error(step, "AC151", message)
        return count

    def once(
        self,
        step: Step,
        path: str,
        entering: tuple[int, ...],
        scope: Scope,
        override: dict[str, Any],
    ) -> int:
        """Write out one repetition of a step; `frozen` holds for all in it."""
        at, around = entering[0], scope.frozen
        if step.frozen is not None:
            scope.frozen = self.values.checked(step, "frozen", CONDITION, at, scope)
        if step.kind == "use":
            after = self.use(step, path, entering, scope, override)
        elif step.kind == "residual":
            after = self.residual(step, path, at, scope)
        elif step.kind in ("stage", "aux"):
            after = self.stage(step, path, at, scope)
        elif step.branches is not None or step.parts:
            after = self.joined(step, path, at, scope, override)
        else:
            after = self.layer(step, path, at, scope, override)
        scope.frozen = around
        return after

    # -- one layer -------------------------------------------------------------------

    def layer(
        self, step: Step, path: str, at: int, scope: Scope, override: dict[str, Any]
    ) -> int:
        """Append a layer, with what adapts it, and its `norm` and `act`."""
        inputs: tuple[int, ...] = (at,)
        if arity(step) != 1:
            inputs = self.references(step, scope)
        layer = self.values.layer(step, override, at, scope)
        if step.lora is not None:
            beside = scope.inside(path, self.growing.open(path, ADAPTED, LORA, scope))
            both = adapted(self.values, step, layer, at, beside)
            after = self.followed(step, path, both, beside, override)
            self.growing.close(beside.group, after)
            return after
        node = self.growing.add(step, path, layer, inputs, scope)
        return self.followed(step, path, node, scope, override)

    def followed(
        self, step: Step, path: str, at: int, scope: Scope, override: dict[str, Any]
    ) -> int:
        """Append the `norm` and `act` of a step as nodes of their own."""
        if step.norm is None and step.act is None and not override:
            return at
        for word, given in (("norm", step.norm), ("act", step.act)):
            follower = override.get(word, given) if override else given
            if isinstance(follower, Expression):
                follower = self.values.follower(step, word, follower, at, scope)
            if isinstance(follower, Step):
                layer = self.values.layer(follower, {}, at, scope)
                name = self.growing.free(path, layer.key)
                at = self.growing.add(step, name, layer, (at,), scope)
        return at

    # -- structure -------------------------------------------------------------------

    def stage(self, step: Step, path: str, at: int, scope: Scope) -> int:
        """Write out a stage or a side head; steps outside may read those of a stage."""
        group = self.growing.open(path, step.kind, step.kind, scope, step.node)
        inner = scope.inside(path, group, aux=scope.aux or step.kind == "aux")
        after = self.sequence(step.body, at, inner)
        self.growing.close(group, after)
        if step.kind == "stage":
            scope.adopt(inner, step.body)
        return after

    def use(
        self,
        step: Step,
        path: str,
        entering: tuple[int, ...],
        scope: Scope,
        override: dict[str, Any],
    ) -> int:
        """Write out a block with its params."""
        self.visits += MORE_FOR_A_USE
        growing, at = self.growing, entering[0]
        block, args = self.blocks.found(step, override, at, scope)
        given = self.values.values(step, args, at, scope)
        group = growing.open(path, "block", block.name, scope, step.node)
        outer, growing.uses = growing.uses, (*growing.uses, step.node)
        inner = self.blocks.scope(step, block, given, path, group, entering, scope)
        growing.groups[group].params = {n: inner.values[n] for n in block.params}
        after = self.sequence(block.steps, at, inner)
        growing.uses = outer
        growing.close(group, after)
        return after

    def joined(
        self, step: Step, path: str, at: int, scope: Scope, override: dict[str, Any]
    ) -> int:
        """Write out branches, or inputs by name, and the node that joins them."""
        group = self.growing.open(path, step.kind, step.kind, scope, step.node)
        inner = scope.inside(path, group)
        ends = []
        outside, branches = self.repeats, step.branches or step.parts
        if step.copies is not None:
            branches = self.copied(step, at, scope)
        for i, (name, steps) in enumerate(branches, 1):
            if step.copies is not None:
                inner.values["i"] = i
            if isinstance(steps, Scalar):
                ends.append(self.values.reference(steps, step, scope))
            elif name:
                ends.append(self.branch(name, steps, member(path, name), at, inner))
            else:  # an input that is not named is what enters
                ends.append(at)
        self.repeats = outside
        layer = self.values.layer(step, override, at, scope)
        names = tuple(name or layer.unnamed for name, _ in branches)
        joined = self.growing.add(
            step, member(path, step.kind), layer, tuple(ends), inner, names
        )
        after = self.followed(step, path, joined, inner, override)
        self.growing.close(group, after)
        return after

    def copied(
        self, step: Step, at: int, scope: Scope
    ) -> tuple[tuple[str, tuple[Step, ...]], ...]:
        """Return the equal branches of a step, called by their numbers."""
        count = self.count(step, "copies", at, scope)
        self.repeats *= count
        if self.repeats > self.limits.nodes:
            raise self.growing.too_many(step)
        ((_, steps),) = step.branches or ()
        return tuple((str(i), steps) for i in range(1, count + 1))

    def branch(
        self, name: str, steps: tuple[Step, ...], path: str, at: int, scope: Scope
    ) -> int:
        """Write out one branch."""
        group = self.growing.open(path, "branch", name, scope)
        after = self.sequence(steps, at, scope.inside(path, group))
        self.growing.close(group, after)
        scope.outputs[name] = after
        self.growing.names[path] = after
        return after

    def residual(self, step: Step, path: str, at: int, scope: Scope) -> int:
        """Write out a residual: its body, its shortcut, the sum."""
        group = self.growing.open(path, "residual", "residual", scope, step.node)
        inner = scope.inside(path, group)
        main = self.sequence(step.body, at, inner)
        skip = self.shortcut(step, path, at, main, inner)
        after = main
        if skip is not None:
            after = self.add_sum(step, path, at, main, skip, inner)
        after = self.followed(step, path, after, inner, {})
        self.growing.close(group, after)
        return after

    def add_sum(
        self, step: Step, path: str, at: int, main: int, skip: int, scope: Scope
    ) -> int:
        """Append the sum of a residual; a clash says what shortcut would fit."""
        body, kept = (self.growing.nodes[i].shape for i in (main, skip))
        if len(body) != len(kept) or not all(map(same, body, kept)):
            raise self.growing.unlike_sum(step, at, main, skip)
        layer = self.values.layer(Step("add", step.node), {}, main, scope)
        name = self.growing.free(path, "add")
        return self.growing.add(step, name, layer, (main, skip), scope)

    def shortcut(
        self, step: Step, path: str, at: int, main: int, scope: Scope
    ) -> int | None:
        """Write out the shortcut; None where there is no sum."""
        word = step.shortcut
        if isinstance(word, tuple):
            return self.branch("shortcut", word, member(path, "shortcut"), at, scope)
        if isinstance(word, Expression):
            word = self.values.shortcut_word(step, word, at, scope)
        before, body = self.growing.nodes[at].shape, self.growing.nodes[main].shape
        if word != "projection":
            equal = len(before) == len(body) and all(map(same, before, body))
            if equal or word == "identity":
                return at
            if word == "identity-or-none":
                return None
        ratio = strides(self.growing.nodes, main, at)
        if word == "identity-or-pad":
            steps = padding(step.node, before, body, ratio)
        else:
            steps = projection(
                step.node, self.spec.defaults.get("conv", {}), body, ratio
            )
        return self.branch("shortcut", steps, member(path, "shortcut"), at, scope)
