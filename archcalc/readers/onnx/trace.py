"""Walking through a graph: each operator becomes layers, a constant, or an unknown.

Nothing is run. A value that no input reaches is a constant, and is worked out where
sizes depend on it; all else becomes operators of a `Model` by the rules of the modules
`windows`, `matrices`, `moves`, `pointwise` and `sequences`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from archcalc.errors import ShapeError
from archcalc.layers import CATALOGUE
from archcalc.layers.fields import FieldError
from archcalc.limits import spend
from archcalc.readers.model import UNKNOWN, Model, Op
from archcalc.readers.onnx import constants, sizes
from archcalc.readers.onnx.inputs import axis_size, sample_axes
from archcalc.readers.onnx.naming import Sizes
from archcalc.readers.onnx.sharing import Sharing
from archcalc.readers.onnx.sizes import Ins, NotKnown
from archcalc.readers.onnx.values import Full, Value, origin_of, same, stripped
from archcalc.readers.onnx.weights import is_weight, source, weights_of
from archcalc.sizes.dims import Dim, assuming
from archcalc.sizes.polynomials import Poly
from archcalc.wire.messages import (
    MOST_AXES,
    File,
    Graph,
    Node,
    Tensor,
)
from archcalc.wire.messages import (
    Value as Declared,
)
from archcalc.wire.reading import Wire

Result = Value | list[Value]
Rule = Callable[["Trace", Node, Ins], Result]
RULES: dict[str, Rule] = {}
"""The rule of each operator of the standard that becomes layers, by its name."""
MOST_STEPS = 10_000
"""Operators that are walked through, those of functions and branches at each use."""
MOST_READS = 30_000
"""Layers that operators become, and tensors that these read, counted together."""
MOST_WORK = 1_000_000
"""Values of constants that are worked out in one file."""
DEEPEST_CALLS = 16
"""Functions and branches inside one another."""
LONGEST_INTEGER = 96
"""Bits of a whole number that is worked out; sizes have 63."""
LARGEST = 2**48
"""A size, or a factor of a size with names, is below this."""
MOST_TERMS, LONGEST_SIZE = 32, 150
"""Terms, and characters as text, of a size with names."""
TOO_LARGE = "a tensor has sizes that no tensor can have"
OPSETS = range(7, 27)
ALIKE = {("com.microsoft", "DynamicQuantizeLSTM"): "LSTM"}
"""Operators of other domains that take what one of the standard takes."""
PART = re.compile(r"[A-Za-z0-9_-]+")
NOTHING = Value(None)
LAYING = {
    *("Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose"),
    *("Expand", "Slice", "Gather", "Split"),
}
"""Operators that lay the values of their first input out in another way."""
MISFITS = (
    *(NotKnown, ShapeError, FieldError),
    *(LookupError, TypeError, ValueError, ArithmeticError, AttributeError),
)
"""What a rule raises where an operator has attributes or inputs that it cannot have.

A file may hold a text where a number belongs; such an operator is an unknown one.
"""


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Give operators their rule."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return register


class Trace:
    """The walk through one file by `rules`; `model` grows as it goes."""

    def __init__(
        self, file: File, wire: Wire, model: Model, rules: Mapping[str, Rule]
    ) -> None:
        self.file = file
        self.wire = wire
        self.model = model
        self.rules = rules
        self.opset = file.opsets.get("", 0)
        self.known: Mapping[str, Declared] = {}
        self.samples: Dim = 1
        self.steps = MOST_STEPS
        self.reads = MOST_READS
        self.ins: Ins = ()
        self.shares = Sharing(model)
        self.open = Sizes()
        self.tensors = 0
        self.work = MOST_WORK

    # -- graphs ----------------------------------------------------------------------

    def whole(self, graph: Graph) -> None:
        """Walk through the graph of the file."""
        named = {v.name: v for v in graph.inputs if v.name not in graph.tensors}
        inputs = [*named.values()]
        self.known = {**graph.known, **{v.name: v for v in graph.outputs}}
        at = sample_axes(inputs)
        found = {axis_size(v, at[v.name]) for v in inputs}
        fixed = {size for size in found if isinstance(size, int)}
        self.samples = fixed.pop() if len(fixed) == 1 else 1
        env: dict[str, Value] = {}
        for declared in inputs:
            env[declared.name] = self.input(declared, at[declared.name])
        self.walk(graph.nodes, graph.tensors, env, 0)
        self.shares.settle()
        made = (env.get(declared.name, NOTHING).op for declared in graph.outputs)
        outputs = dict.fromkeys(op for op in made if op is not None)
        self.model.outputs = [
            op for op in outputs if self.model.ops[op].kind != "input"
        ]

    def input(self, declared: Declared, batch: int | None) -> Value:
        """Take an input of the network, with its sizes as far as the file has them."""
        if declared.dims is None:
            raise self.wire.wrong(f"the input {declared.name!r} has no sizes")
        full = tuple(
            self.samples if axis == batch else self.open.named(size)
            for axis, size in enumerate(declared.dims)
        )
        shape = stripped(full, batch)
        if len(shape) > 4 or any(n == 0 for n in shape if isinstance(n, int)):
            what = "more than four sizes" if len(shape) > 4 else "a size of 0"
            raise self.wire.wrong(f"the input {declared.name!r} has {what}")
        op = Op("input", {}, (), shape, (declared.name,))
        return Value(full, self.add(op), batch)

    def walk(
        self,
        nodes: Sequence[Node],
        tensors: Mapping[str, Tensor],
        env: dict[str, Value],
        depth: int,
    ) -> None:
        """Walk through the operators of a graph; `env` has what their names mean."""
        if depth > DEEPEST_CALLS:
            raise self.wire.wrong("functions or branches lie too deep in one another")
        env.update({name: self.tensor(tensor) for name, tensor in tensors.items()})
        for node in nodes:
            self.steps -= 1
            if self.steps < 0:
                what = f"it has more than {MOST_STEPS} operators"
                raise self.wire.wrong(
                    f"{what}, those of functions and branches counted"
                )
            ins = [env.get(name) if name else None for name in node.inputs]
            made = self.node(node, ins, env, depth)
            made = made if isinstance(made, list) else [made]
            left_out = [NOTHING] * (len(node.outputs) - len(made))
            env.update(zip(node.outputs, [*made, *left_out], strict=False))

    def node(self, node: Node, ins: Ins, env: dict[str, Value], depth: int) -> Result:
        """Return what an operator gives."""
        known = [value for value in ins if value is not None]
        if node.op in ("If", "Loop", "Scan") and not node.domain:
            return self.control(node, ins, env, depth)
        function = self.file.functions.get((node.domain, node.op))
        if function is not None:
            inner = dict(zip(function.inputs, known, strict=False))
            body = [linked(one, node) for one in function.nodes]
            self.walk(body, {}, inner, depth + 1)
            return [inner.get(name, NOTHING) for name in function.outputs]
        constant = all(value.constant for value in known)
        if not node.domain and (constant or node.op in ("Shape", "Size")):
            try:
                return self.constant(node, ins)
            except MISFITS:
                return [NOTHING] * max(len(node.outputs), 1)
        try:
            name = ALIKE.get((node.domain, node.op), "" if node.domain else node.op)
            if name not in self.rules:
                return self.unknown(node, ins)
            self.ins = ins
            return self.rules[name](self, node, ins)
        except MISFITS:
            return self.unknown(node, ins)

    def control(
        self, node: Node, ins: Ins, env: dict[str, Value], depth: int
    ) -> Result:
        """Take the branch of an `If` that is known, else the first; loops are unknown.

        A loop is counted as unknown with the weights of its body.
        """
        if node.op == "If":
            test = ins[0].number if ins and ins[0] is not None else None
            name = "else_branch" if test is not None and not test else "then_branch"
            branch = node.attributes.get(name)
            if isinstance(branch, Graph):
                inner = dict(env)
                self.walk(branch.nodes, branch.tensors, inner, depth + 1)
                return [inner.get(v.name, NOTHING) for v in branch.outputs]
        return self.unknown(node, ins)

    def add(self, op: Op) -> int:
        """Append an operator of the model; return its number."""
        self.reads -= 1 + len(op.inputs)
        if self.reads < 0:
            what = f"its layers and what they read are more than {MOST_READS}"
            raise self.wire.wrong(what)
        return self.model.add(op)

    # -- constants -------------------------------------------------------------------

    def constant(self, node: Node, ins: Ins) -> Result:
        """Return a constant: its sizes and, where they are few, its values."""
        if node.op == "Constant":
            return self.constant_of(node)
        known = [v for v in ins if v is not None]
        scales = any(v.scale for v in known)
        real = [v for v in known if is_weight(v)]
        floats = bool(real)
        if node.op == "DequantizeLinear":
            floats = True
        elif node.op in ("Shape", "Size", "ArgMax", "Equal", "Range"):
            floats = False
        elif node.op in LAYING:
            floats = known[0].floating and bool(known[0].shape)
            real = known[:1]
        origin = origin_of(real) if floats else frozenset()
        try:
            shape = self.sized(node, ins)
        except MISFITS:
            unsized = Value(None, floating=floats, origin=origin)
            return [unsized] * max(len(node.outputs), 1)
        if scales:
            return Value(shape, scale=True)
        data = self.values(node, ins, shape)
        asked = any(v.asked or v.op is not None for v in known)
        normed = node.op == "ReduceL2" or any(v.normed for v in known)
        facts: dict[str, Any] = {"origin": origin, "asked": asked, "normed": normed}
        made = Value(shape, data=data, floating=floats, **facts)
        spread = node.op == "Expand" and known[1].asked and not known[0].asked
        return self.parameter(node, made) if spread and is_weight(made) else made

    def parameter(self, node: Node, constant: Value) -> Value:
        """Append a learned tensor that is given to every sample, as a step of its own.

        `given_on` keeps the constant for operators that have weights of their own.
        """
        sizes = constant.sizes[1:]
        if not sizes or not same(constant.sizes[0], self.samples):
            return constant
        index = self.add(source(constant, sizes, self.path(node)))
        self.shares.given_on[index] = constant
        return Value(constant.sizes, index, 0)

    def held_by(self, values: Sequence[Value]) -> list[Value]:
        """Return values, learned ones that are given to every sample as constants.

        At least one stays as it is.
        """
        found = [
            v if v.op is None else self.shares.given_on.get(v.op, v) for v in values
        ]
        if all(v.constant for v in found):
            return list(values)
        self.ins = found
        return found

    def tensor(self, tensor: Tensor) -> Value:
        """Return a tensor of the file as a constant."""
        self.tensors += 1
        origin = frozenset({(self.tensors, prod(tensor.dims))})
        return Value(
            tensor.dims,
            data=tensor.values(),
            floating=tensor.floating,
            origin=origin if tensor.floating else frozenset(),
        )

    def constant_of(self, node: Node) -> Value:
        """Return the value of a `Constant` node, however it is written."""
        given = node.attributes
        value = next(iter(given.values()), None)
        if isinstance(value, Tensor):
            return self.tensor(value)
        floats = "value_float" in given or "value_floats" in given
        if isinstance(value, list):
            return Value((len(value),), data=value, floating=floats)
        if isinstance(value, int | float):
            return Value((), data=[value], floating=floats)
        return NOTHING

    def sized(self, node: Node, ins: Ins) -> Full:
        """Return the sizes that an operator gives; raise `NotKnown`."""
        if node.op not in sizes.RULES:
            raise NotKnown
        shape = sizes.RULES[node.op](node, ins)
        if len(shape) > MOST_AXES:
            raise NotKnown
        return shape

    def values(self, node: Node, ins: Ins, shape: Full) -> Sequence[Any] | None:
        """Return the values of a constant operator where they are known and few."""
        try:
            found = constants.evaluated(node, ins, shape)
        except MISFITS:
            return None
        spend(1)
        self.work -= len(found) + 1
        if self.work < 0:
            raise self.wire.wrong("its shapes take too long to work out")
        large = (n.bit_length() > LONGEST_INTEGER for n in found if isinstance(n, int))
        return None if any(large) else found

    # -- operators -------------------------------------------------------------------

    def path(self, node: Node) -> tuple[str, ...]:
        """Return the modules in which an operator stands, as far as the file says.

        The name of a weight is the surest sign: where a norm was merged into a
        convolution, the operator may carry the norm's module.
        """
        for name in node.inputs[1:2]:
            modules = name.removesuffix(".weight").split(".")
            if name.endswith(".weight") and all(map(PART.fullmatch, modules)):
                return tuple(modules)
        if node.scopes:
            return tuple(s.split(".")[-1] for s in node.scopes[:-1] if s)
        if not node.name.startswith("/"):
            return ()
        parts = node.name.strip("/").split("/")[:-1]
        return tuple("_".join(PART.findall(p.split(".")[-1])) or "part" for p in parts)

    def layer(
        self,
        node: Node,
        kind: str,
        ins: Sequence[Value],
        full: Full | None = None,
        batch: int | None = 0,
        **args: Any,
    ) -> Value:
        """Append a layer, whose own rule gives the sizes; return what leaves it.

        `full` are the sizes with the batch where they are known: they have to agree.
        Without them the batch comes first. Raises `NotKnown` where it does not fit.
        """
        shapes = [value.stripped for value in ins]
        layer = CATALOGUE[kind](**args)
        with assuming():  # of sizes that are names, as the graph does
            shape = layer.shape(*shapes)
        if any(map(too_large, shape)):
            raise self.wire.wrong(TOO_LARGE)
        if not all(map(possible, shape)):
            raise NotKnown
        if full is None:
            full = (self.samples, *shape)
        elif shape != stripped(full, batch):
            raise NotKnown
        sources = tuple(value.op for value in ins if value.op is not None)
        if len(sources) < len(ins):
            raise NotKnown
        op = Op(kind, args, sources, shape, self.path(node))
        if self.ins:  # the PyTorch reader knows weights by name
            op = self.shares.sharing(op, self.ins)
        index = self.add(op)
        return Value(full, index, batch)

    def append(
        self, node: Node, kind: str, args: dict[str, Any], x: Value, what: str
    ) -> Value:
        """Append an operator that keeps the sizes of what enters."""
        if not all(map(possible, x.sizes)):
            raise NotKnown
        op = Op(kind, args, (x.op or 0,), x.stripped, self.path(node), what)
        return Value(x.sizes, self.add(op), x.batch)

    def unknown(self, node: Node, ins: Ins) -> list[Value]:
        """Append operators that no rule knows, one for each output that has a name.

        Their weights are the constants of real numbers that they read; they stand in
        the first. Sizes come from the rules, else from the file, else they are symbols.
        """
        live = [v for v in ins if v is not None and v.op is not None]
        total = weights_of(node, ins)
        if too_large(total):
            raise self.wire.wrong(TOO_LARGE)
        found = []
        sources = tuple(dict.fromkeys(v.op for v in live if v.op is not None))
        what = f"{node.domain}:{node.op}" if node.domain else node.op
        for at, name in enumerate(node.outputs):
            sizes_, axis = self.guessed(node, ins, name)
            if sizes_ is not None and any(map(too_large, sizes_)):
                raise self.wire.wrong(TOO_LARGE)
            if sizes_ is not None and not all(map(possible, sizes_)):
                sizes_, axis = None, None
            shape = (
                stripped(sizes_, axis) if sizes_ is not None else (self.open.unnamed(),)
            )
            args: dict[str, Any] = {"op": word(what), "sizes": shape}
            if at == 0 and not same(total, 0):
                args["learned"] = total
            op = Op(UNKNOWN, args, sources or (0,), shape, self.path(node), what)
            found.append(Value(sizes_, self.add(op), axis))
            if "learned" in args:  # the others read it, so that it is never left out
                sources = (*sources, len(self.model.ops) - 1)
        return found or [NOTHING]

    def guessed(
        self, node: Node, ins: Ins, name: str
    ) -> tuple[Full | None, int | None]:
        """Return sizes of an unknown operator's output, and the axis of the samples."""
        first = next((v for v in ins if v is not None and v.op is not None), None)
        axis = first.batch if first is not None else None
        try:
            if not node.domain:
                found = self.sized(node, ins)
                fits = first is not None and len(found) == first.rank
                if fits and axis is not None and found[axis] == self.samples:
                    return found, axis
                leads = bool(found) and axis == 0 and found[0] == self.samples
                return found, 0 if leads else None
        except MISFITS:
            pass
        declared = self.known.get(name)
        if declared is None or declared.dims is None or len(declared.dims) > MOST_AXES:
            return None, None
        dims = declared.dims
        leads = bool(dims) and (dims[0] is None or isinstance(dims[0], str))
        leads = leads or (bool(dims) and dims[0] == self.samples)
        sizes_ = tuple(
            self.samples if leads and at == 0 else self.open.named(size)
            for at, size in enumerate(dims)
        )
        return sizes_, 0 if leads else None


def word(text: str) -> str:
    """Return an operator's name as a spec may hold it."""
    return re.sub(r"[^A-Za-z0-9_.:-]+", "_", text)[:64].strip("_.:-") or "unnamed"


def possible(size: Dim) -> bool:
    """Say whether a tensor that holds something can have a size."""
    return isinstance(size, Poly) or (type(size) is int and size > 0)


def too_large(size: Dim) -> bool:
    """Say whether a size, or one with names, is beyond what a tensor can have."""
    if isinstance(size, Poly):
        terms = size.terms()
        found = any(abs(n.numerator) >= LARGEST for n in terms.values())
        return found or len(terms) > MOST_TERMS or len(str(size)) > LONGEST_SIZE
    return isinstance(size, int) and size >= LARGEST


def linked(inner: Node, call: Node) -> Node:
    """Return an operator of a function with the attributes that the call gives."""
    given = {
        name: call.attributes[link]
        for name, link in inner.links.items()
        if link in call.attributes
    }
    return Node(
        inner.op,
        inner.domain,
        call.name or inner.name,
        inner.inputs,
        inner.outputs,
        {**inner.attributes, **given},
        {},
        call.scopes or inner.scopes,
    )
