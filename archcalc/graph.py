"""The network written out: blocks, repeats and branches unrolled into named nodes.

`expand` walks the steps once. It infers each node's shape on the way, since arithmetic
in a step may ask for the channels or size of the tensor that enters it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from archcalc.dims import Dim, assuming, same
from archcalc.errors import ArchcalcError, Place, Problem, ShapeError, SpecError
from archcalc.expressions import Expression, ExpressionError
from archcalc.fields import FieldError, nearest
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer, Shape, times
from archcalc.limits import DEFAULT, Limits
from archcalc.source import Scalar
from archcalc.spec import Spec
from archcalc.steps import CONDITION, NODE, REPEAT, STRUCTURES, Step, arity, without_followers

DEEPEST_BLOCKS = 64


class Origin(NamedTuple):
    """Where a node was written, and the `use:` steps that led there, outermost first."""

    node: NODE
    uses: tuple[NODE, ...] = ()


class Node(NamedTuple):
    """One operation: its inputs are earlier nodes, its shape has no batch axis.

    `share` is the node whose weights it uses; `aux` says that it belongs to a side head.
    """

    index: int
    name: str
    layer: Layer
    inputs: tuple[int, ...]
    shape: Shape
    group: int
    origin: Origin
    share: int | None
    aux: bool


@dataclass(slots=True)
class Group:
    """A stage, block, repetition, residual, branch or side head: a range of nodes.

    `nodes` from `first` up to `end`; `output` is the node that leaves it.
    """

    name: str
    kind: str
    label: str
    parent: int
    first: int
    end: int = 0
    output: int = 0


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in execution order and the tree of groups above them (0 is the whole)."""

    nodes: tuple[Node, ...]
    groups: tuple[Group, ...]
    inputs: tuple[int, ...]
    output: int
    names: Mapping[str, int]
    assumptions: tuple[str, ...] = ()

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """Return the shapes that enter a node."""
        nodes = self.nodes
        return tuple([nodes[i].shape for i in node.inputs])

    def children(self, group: int) -> list[int]:
        """Return the groups directly inside a group."""
        return [i for i, g in enumerate(self.groups) if g.parent == group and i]


@dataclass(slots=True)
class Scope:
    """What names mean while a list of steps is written out."""

    path: str
    values: dict[str, Any]
    group: int
    parent: Scope | None = None
    outputs: dict[str, int] = field(default_factory=dict)
    aux: bool = False

    def find(self, name: str) -> int | None:
        """Return the output node of an earlier step by its name, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.outputs:
                return scope.outputs[name]
            scope = scope.parent
        return None

    def visible(self) -> list[str]:
        """Return every name that `find` knows."""
        return [*self.outputs, *(self.parent.visible() if self.parent else [])]


def expand(
    spec: Spec,
    inputs: Mapping[str, Shape],
    params: Mapping[str, Any],
    limits: Limits = DEFAULT,
) -> Graph:
    """Return the network's graph for these input shapes and params.

    Raises `SpecError` or `ShapeError` with the step, and the `use:` that led to it.
    """
    with assuming() as assumptions:
        return _Expander(spec, limits).run(inputs, params, assumptions)


class _Expander:
    """Holds the graph while it grows."""

    def __init__(self, spec: Spec, limits: Limits) -> None:
        self.spec = spec
        self.limits = limits
        self.nodes: list[Node] = []
        self.groups: list[Group] = [Group("", "network", spec.name, -1, 0)]
        self.names: dict[str, int] = {}
        self.ranges: dict[str, tuple[int, int]] = {}
        self.uses: tuple[Step, ...] = ()
        self.visits = 0
        self.bases: dict[int, tuple[str, ...]] = {}
        self.layers: dict[tuple[Any, ...], Layer] = {}
        self.shape_memo: dict[tuple[Any, ...], Shape] = {}

    def run(
        self,
        inputs: Mapping[str, Shape],
        params: Mapping[str, Any],
        assumptions: Iterable[str],
    ) -> Graph:
        scope = Scope("", dict(params), 0)
        origin = Origin(self.spec.input_at)  # type: ignore[arg-type]  # a value of the file
        for name, shape in inputs.items():
            index = len(self.nodes)
            layer = CATALOGUE["input"]()
            self.nodes.append(Node(index, name, layer, (), shape, 0, origin, None, False))
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
        """Return a name for each step: its own, or its kind with an ordinal."""
        known = self.bases.get(id(steps))
        if known is None:
            known = self.bases[id(steps)] = self._base_names(steps)
        return known

    def _base_names(self, steps: tuple[Step, ...]) -> tuple[str, ...]:
        given: dict[str, Step] = {}
        for step in steps:
            if step.name is not None:
                if step.name in given:
                    first = self.place(given[step.name].node)
                    raise self.error(
                        SpecError, step, "AC150", f"the name {step.name!r} is taken",
                        [f"first used in line {first.line}"],
                    )
                given[step.name] = step
        if len(steps) == 1 and steps[0].name is None and self._is_group(steps[0]):
            return ("",)
        kinds = [_kind_name(step) for step in steps if step.name is None]
        several = {k for k in kinds if kinds.count(k) > 1} if len(kinds) < 50 else set(kinds)
        return tuple(_numbered(steps, several, given))

    @staticmethod
    def _is_group(step: Step) -> bool:
        grouped = step.kind in STRUCTURES or step.branches is not None
        return grouped and step.kind != "aux" and step.repeat == 1

    def step(self, step: Step, base: str, at: int, scope: Scope) -> int:
        """Write out one step with its repetitions; return the node that leaves it."""
        self.visits += 1
        if self.visits > 4 * self.limits.nodes:
            raise self.too_many(step)
        if step.sources and (step.branches is not None or arity(step) == 1):
            at = self.reference(step.sources[0], step, scope)
        if step.when is not True and not self.checked(step, "when", CONDITION, at, scope):
            return at
        path = f"{scope.path}.{base}" if scope.path and base else scope.path or base
        first = len(self.nodes)
        if step.repeat == 1 and not (step.first or step.last):
            after = self.once(step, path, at, scope, {})
        else:
            after = self.repeated(step, path, at, scope)
        self.finish(step, base, path, first, after, scope)
        return at if step.kind == "aux" else after

    def finish(
        self, step: Step, base: str, path: str, first: int, after: int, scope: Scope
    ) -> None:
        """Remember the step's output under its name, and share weights where asked."""
        if base:
            scope.outputs[base] = after
        if path in self.names and self.names[path] != after and base:
            message = f"the name {path!r} is taken by another step"
            raise self.error(SpecError, step, "AC150", message)
        self.names[path] = after
        if step.share is not None:
            self.share(step, first, scope)
        self.ranges[path] = (first, len(self.nodes))

    def repeated(self, step: Step, path: str, at: int, scope: Scope) -> int:
        """Write out a step as often as it says, with `first` and `last` overrides."""
        count = self.checked(step, "repeat", REPEAT, at, scope)
        if not isinstance(count, int):
            message = f"repeat needs a number, not the symbol {count}"
            raise self.error(SpecError, step, "AC151", message)
        if count > self.limits.nodes:
            raise self.too_many(step)
        group = self.open(path, "repeat", f"{count} × {_said(step)}", scope)
        outer = scope.values.get("i")
        for i in range(1, count + 1):
            scope.values["i"] = i
            override = {**(step.first if i == 1 else {}), **(step.last if i == count else {})}
            inner = replace_scope(scope, path, group)
            name = f"{path}.{i}"
            first = len(self.nodes)
            at = self.once(step, name, at, inner, override)
            self.names[name], self.ranges[name] = at, (first, len(self.nodes))
            if step.share is not None and step.share.text == step.name and i > 1:
                self.copy_weights(step, first, self.ranges[f"{path}.1"])
        scope.values.pop("i", None)
        if outer is not None:
            scope.values["i"] = outer
        self.close(group, at)
        return at

    def once(
        self, step: Step, path: str, at: int, scope: Scope, override: dict[str, Any]
    ) -> int:
        """Write out one repetition of a step."""
        if step.kind == "use":
            return self.use(step, path, at, scope, override)
        if step.kind == "residual":
            return self.residual(step, path, at, scope)
        if step.kind in ("stage", "aux"):
            group = self.open(path, step.kind, step.kind, scope)
            inner = self.inside(scope, path, group, aux=scope.aux or step.kind == "aux")
            after = self.sequence(step.body, at, inner)
            self.close(group, after)
            return after
        if step.branches is not None:
            return self.joined(step, path, at, scope)
        inputs = (at,)
        if arity(step) != 1:
            inputs = tuple(self.reference(name, step, scope) for name in step.sources)
        node = self.add(step, path, self.layer(step, override, at, scope), inputs, scope)
        return self.followed(step, path, node, scope, override)

    # -- one layer -------------------------------------------------------------------

    def layer(self, step: Step, override: dict[str, Any], at: int, scope: Scope) -> Layer:
        """Return the layer of a step, its arithmetic done."""
        if step.layer is not None and not override:
            return step.layer
        args = {**step.args, **without_followers(override)}
        values = {k: self.value(step, v, at, scope) for k, v in args.items()}
        key = (step.kind, *values.items())
        known = self.layers.get(key)
        if known is None:
            try:
                known = self.layers[key] = CATALOGUE[step.kind](**values)
            except FieldError as error:
                message = f"{step.kind}: {error.message}"
                raise self.error(SpecError, step, "AC140", message, help=error.help) from None
        return known

    def add(
        self, step: Step, path: str, layer: Layer, inputs: tuple[int, ...], scope: Scope
    ) -> int:
        """Append a node; its rule says the shape, or why there is none."""
        index = len(self.nodes)
        if index >= self.limits.nodes:
            raise self.too_many(step)
        nodes = self.nodes
        shapes = tuple([nodes[i].shape for i in inputs])
        key = (id(layer), shapes)
        shape = self.shape_memo.get(key)
        if shape is None:
            shape = self.shape_memo[key] = self.shaped(step, layer, inputs, shapes)
        origin = Origin(step.node, self.uses)
        nodes.append(
            Node(index, path, layer, inputs, shape, scope.group, origin, None, scope.aux)
        )
        return index

    def shaped(
        self, step: Step, layer: Layer, inputs: tuple[int, ...], shapes: tuple[Shape, ...]
    ) -> Shape:
        """Run the layer's rule for the shape; say where it stands if it refuses."""
        try:
            shape = layer.shape(*shapes)
        except ShapeError as error:
            raise self.located(step, error, inputs) from None
        return shape

    def located(self, step: Step, error: ShapeError, inputs: tuple[int, ...]) -> ShapeError:
        """Add the place and, for several inputs, what enters from where."""
        (problem,) = error.problems
        if len(inputs) > 1:
            problem = replace(problem, facts=tuple(map(self.entering, inputs)))
        else:
            entering = f"input: {self.entering(inputs[0])}"
            problem = replace(problem, facts=(*problem.facts, entering))
        return ShapeError([problem.at(self.place(step.node), self.via())])

    def entering(self, index: int) -> str:
        """Return what a node gives, and where it was written."""
        node = self.nodes[index]
        line = self.place(node.origin.node).line
        return f"{node.name} = {times(node.shape)}   from line {line}, {node.layer.key}"

    def followed(
        self, step: Step, path: str, at: int, scope: Scope, override: dict[str, Any]
    ) -> int:
        """Append the `norm` and `act` of a step as nodes of their own."""
        for word, given in (("norm", step.norm), ("act", step.act)):
            follower = override.get(word, given)
            if isinstance(follower, Expression):
                follower = self.follower(step, word, follower, at, scope)
            if isinstance(follower, Step):
                layer = self.layer(follower, {}, at, scope)
                own = replace(follower, node=step.node)
                at = self.add(own, f"{path}.{layer.key}", layer, (at,), scope)
        return at

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

    # -- structure -------------------------------------------------------------------

    def use(
        self, step: Step, path: str, at: int, scope: Scope, override: dict[str, Any]
    ) -> int:
        """Write out a block with its params."""
        args = {**step.args, **override}
        name = args.pop("use")
        if isinstance(name, Expression):
            name = self.value(step, name, at, scope)
        block = self.spec.blocks.get(name)
        if block is None:
            help = nearest(str(name), self.spec.blocks)
            raise self.error(SpecError, step, "AC148", f"there is no block {name!r}", help=help)
        if len(self.uses) >= DEEPEST_BLOCKS:
            message = f"blocks use each other more than {DEEPEST_BLOCKS} deep"
            raise self.error(SpecError, step, "AC152", message)
        given = {k: self.value(step, v, at, scope) for k, v in args.items()}
        group = self.open(path, "block", name, scope)
        outer, self.uses = self.uses, (*self.uses, step)
        inner = self.inside(scope, path, group)
        inner.values = {**self.spec_params(scope), **given}
        self.fill(step, block.params, given, at, inner)
        after = self.sequence(block.steps, at, inner)
        self.uses = outer
        self.close(group, after)
        return after

    def spec_params(self, scope: Scope) -> dict[str, Any]:
        """Return what a block sees beside its params: the file's params, and `i`."""
        outermost = scope
        while outermost.parent is not None:
            outermost = outermost.parent
        seen = dict(outermost.values)
        if "i" in scope.values:
            seen["i"] = scope.values["i"]
        return seen

    def fill(
        self, step: Step, params: dict[str, Any], given: dict[str, Any], at: int, inner: Scope
    ) -> None:
        """Give every param of a block its value, in the order of declaration."""
        unknown = [k for k in given if k not in params]
        missing = [k for k, v in params.items() if v is None and k not in given]
        if unknown or missing:
            message = f"has no param {unknown[0]!r}" if unknown else f"needs {missing[0]!r}"
            help = nearest(unknown[0], params) if unknown else None
            raise self.error(SpecError, step, "AC149", f"the block {message}", help=help)
        for name, default in params.items():
            if name not in given:
                inner.values[name] = self.value(step, default, at, inner)

    def joined(self, step: Step, path: str, at: int, scope: Scope) -> int:
        """Write out branches and the node that joins them."""
        group = self.open(path, step.kind, step.kind, scope)
        inner = self.inside(scope, path, group)
        ends = []
        for name, steps in step.branches or ():
            ends.append(self.branch(name, steps, f"{path}.{name}" if path else name, at, inner))
        layer = self.layer(step, {}, at, scope)
        joined = self.add(step, f"{path}.{step.kind}", layer, tuple(ends), inner)
        after = self.followed(step, path, joined, inner, {})
        self.close(group, after)
        return after

    def branch(
        self, name: str, steps: tuple[Step, ...], path: str, at: int, scope: Scope
    ) -> int:
        """Write out one branch."""
        group = self.open(path, "branch", name, scope)
        after = self.sequence(steps, at, self.inside(scope, path, group))
        self.close(group, after)
        scope.outputs[name] = after
        self.names[path] = after
        return after

    def residual(self, step: Step, path: str, at: int, scope: Scope) -> int:
        """Write out a residual: its body, its shortcut, the sum."""
        group = self.open(path, "residual", "residual", scope)
        inner = self.inside(scope, path, group)
        main = self.sequence(step.body, at, inner)
        skip = self.shortcut(step, path, at, main, inner)
        after = main
        if skip is not None:
            joined = replace(step, kind="add")
            after = self.add_sum(joined, path, main, skip, inner)
        after = self.followed(step, path, after, inner, {})
        self.close(group, after)
        return after

    def add_sum(self, step: Step, path: str, main: int, skip: int, scope: Scope) -> int:
        """Append the sum of a residual; a clash of shapes says what shortcut would fit."""
        body, kept = self.nodes[main].shape, self.nodes[skip].shape
        if len(body) != len(kept) or not all(map(same, body, kept)):
            help = "shortcut: projection, or identity-or-projection for a repeated block"
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
        return self.add(step, f"{path}.add", CATALOGUE["add"](), (main, skip), scope)

    def shortcut(
        self, step: Step, path: str, at: int, main: int, scope: Scope
    ) -> int | None:
        """Write out the shortcut; None where there is no sum."""
        word = step.shortcut
        if not isinstance(word, str):
            return self.branch("shortcut", word, f"{path}.shortcut", at, scope)
        before, body = self.nodes[at].shape, self.nodes[main].shape
        if word != "projection":
            equal = len(before) == len(body) and all(map(same, before, body))
            if equal or word == "identity":
                return at
            if word == "identity-or-none":
                return None
        ratio = self.strides(main, at)
        steps = self.padded(step, before, body, ratio) if word.endswith("pad") else None
        if steps is None:
            steps = self.projected(step, body, ratio)
        return self.branch("shortcut", steps, f"{path}.shortcut", at, scope)

    def projected(self, step: Step, body: Shape, ratio: tuple[Dim, ...]) -> tuple[Step, ...]:
        """Return the projection of a shortcut: a 1×1 convolution with the body's stride."""
        defaults = {**self.spec.defaults.get("conv", {})}
        norm = defaults.pop("norm", None)
        args = {k: v for k, v in defaults.items() if k in ("bias",)}
        args |= {"out": body[0], "kernel": 1, "stride": _single(ratio)}
        return (Step("conv", step.node, args, norm=norm, act="none"),)

    def padded(
        self, step: Step, before: Shape, body: Shape, ratio: tuple[Dim, ...]
    ) -> tuple[Step, ...]:
        """Return He 2015's option A: every stride-th pixel, new channels zero."""
        steps = []
        if any(r != 1 for r in ratio):
            pool = {"kernel": 1, "stride": _single(ratio)}
            steps.append(Step("avgpool", step.node, pool))
        extra = body[0] - before[0]
        if extra != 0:
            steps.append(Step("pad", step.node, {"channels": (extra // 2, extra - extra // 2)}))
        return tuple(steps)

    def strides(self, main: int, at: int) -> tuple[Dim, ...]:
        """Return the product of strides from `at` to `main` along first inputs."""
        rank = max(len(self.nodes[at].shape) - 1, 0)
        ratio: list[Dim] = [1] * rank
        index = main
        while index > at:
            node = self.nodes[index]
            windows = node.layer.window(*[self.nodes[i].shape for i in node.inputs])
            if isinstance(windows, tuple) and len(windows) == rank:
                ratio = [r * w.stride for r, w in zip(ratio, windows, strict=True)]
            if not node.inputs:
                break
            index = node.inputs[0]
        return tuple(ratio)

    # -- weights used twice ----------------------------------------------------------

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
            raise self.error(SpecError, step, "AC153", f"share: no earlier step {name!r}",
                             help=help)
        self.copy_weights(step, first, self.ranges[path])

    def copy_weights(self, step: Step, first: int, other: tuple[int, int]) -> None:
        """Point each node from `first` on at its counterpart in an earlier range."""
        for offset, index in enumerate(range(first, len(self.nodes))):
            twin = other[0] + offset
            node = self.nodes[index]
            if twin >= other[1] or self._weights(index) != self._weights(twin):
                raise self.error(
                    ShapeError, step, "AC208", "share needs steps with equal weights",
                    [self.entering(min(twin, other[1] - 1)), self.entering(index)],
                )
            root = self.nodes[twin].share
            self.nodes[index] = node._replace(share=twin if root is None else root)

    def _weights(self, index: int) -> Any:
        node = self.nodes[index]
        shapes = [self.nodes[i].shape for i in node.inputs]
        return node.layer.key, node.layer.weights(*shapes)

    # -- names, values, places -------------------------------------------------------

    def reference(self, name: Scalar, step: Step, scope: Scope) -> int:
        """Return the output of the earlier step with this name."""
        found = scope.find(name.text)
        if found is None:
            found = self.names.get(name.text)
        if found is None:
            help = nearest(name.text, scope.visible()) or "only earlier steps can be named"
            error = self.error(SpecError, step, "AC154", f"no earlier step is named {name.text!r}",
                               help=help)
            raise SpecError([replace(error.problems[0], place=self.place(name))])
        return found

    def checked(self, step: Step, word: str, accepts: Any, at: int, scope: Scope) -> Any:
        """Return the value of `repeat` or `when`."""
        try:
            return accepts.check(self.value(step, getattr(step, word), at, scope))
        except FieldError as error:
            message = f"{word}: {error.message}"
            raise self.error(SpecError, step, "AC142", message, help=error.help) from None

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
            raise self.error(SpecError, step, "AC142", message, help=error.help) from None

    def lookup(self, name: str, at: int, scope: Scope) -> Any:
        """Return what a name in arithmetic stands for here."""
        if name in scope.values:
            return scope.values[name]
        shape = self.nodes[at].shape
        if name in ("cin", "tokens"):
            return shape[0]
        if name in ("w", "dim"):
            return shape[-1]
        if name == "h" and len(shape) > 1:
            return shape[-2]
        raise ExpressionError(f"{name} has no value here", 0, None)

    def open(self, path: str, kind: str, label: str, scope: Scope) -> int:
        """Begin a group; return its number."""
        self.groups.append(Group(path, kind, label, scope.group, len(self.nodes)))
        return len(self.groups) - 1

    def close(self, group: int, output: int) -> None:
        """End a group at the last node."""
        self.groups[group].end = len(self.nodes)
        self.groups[group].output = output

    def inside(self, scope: Scope, path: str, group: int, aux: bool | None = None) -> Scope:
        """Return the scope of a group's steps."""
        aux = scope.aux if aux is None else aux
        return Scope(path, dict(scope.values), group, scope, aux=aux)

    def place(self, node: Any) -> Place:
        return self.spec.source.place(node)

    def via(self) -> tuple[Place, ...]:
        return tuple(self.place(use.node) for use in self.uses)

    def error(
        self,
        kind: type[ArchcalcError],
        step: Step,
        code: str,
        message: str,
        facts: Iterable[str] = (),
        help: str | None = None,
    ) -> ArchcalcError:
        """Return an error at a step."""
        problem = Problem(code, message, self.place(step.node), tuple(facts), help, self.via())
        return kind([problem])

    def too_many(self, step: Step) -> ArchcalcError:
        """Return the error of a network that is too large."""
        return self.limits.exceeded(
            "nodes", "the network is too large when written out", place=self.place(step.node)
        )


def replace_scope(scope: Scope, path: str, group: int) -> Scope:
    """Return a scope that shares names and values but stands in another group."""
    return Scope(path, scope.values, group, scope.parent, scope.outputs, scope.aux)


def _single(ratio: tuple[Dim, ...]) -> Any:
    return ratio[0] if len(set(ratio)) == 1 else ratio


def _kind_name(step: Step) -> str:
    if step.kind == "use":
        return str(step.args.get("use", "use"))
    return step.kind


def _said(step: Step) -> str:
    return _kind_name(step)


def _numbered(steps: tuple[Step, ...], several: set[str], given: Mapping[str, Any]) -> Any:
    """Yield each step's name; unnamed kinds that stand several times are numbered."""
    counts: dict[str, int] = {}
    for step in steps:
        if step.name is not None:
            yield step.name
            continue
        kind = _kind_name(step)
        name = kind
        while kind in several or name in given:
            counts[kind] = counts.get(kind, 0) + 1
            name = f"{kind}{counts[kind]}"
            if name not in given:
                break
        yield name
