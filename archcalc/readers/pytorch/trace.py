"""The walk through a graph that `torch.export` made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any

from archcalc.errors import ShapeError
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Shape, numel
from archcalc.layers.fields import FieldError
from archcalc.readers.model import UNKNOWN, Model, Op
from archcalc.readers.onnx.messages import Node
from archcalc.readers.onnx.sizes import Ins, NotKnown
from archcalc.readers.onnx.trace import Result
from archcalc.readers.onnx.values import Full, Value, stripped
from archcalc.readers.pytorch.calls import Call, Exported, Learned
from archcalc.readers.pytorch.rules import DIRECT
from archcalc.readers.pytorch.words import WORDS


class ExportedTrace(Exported):
    """The walk through an exported graph; `full` are the sizes of what is made now."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.modules: tuple[str, ...] = ()
        self.found: dict[str, Any] = {}
        self.sizes_of: dict[str, int] = {}
        self.counted: dict[str, int] = {}

    def path(self, node: Node) -> tuple[str, ...]:
        return self.modules

    def sized(self, node: Node, ins: Ins) -> Full:
        return self.full

    def guessed(
        self,
        node: Node,
        ins: Ins,
        name: str,
        full: Full | None,
        batch: int | None,
    ) -> tuple[Full | None, int | None]:
        return self.full, sample_axis(self.full)

    def graph(self, program: Any) -> None:
        """Walk through an exported program."""
        weights = {
            spec.arg.name: spec.target
            for spec in program.graph_signature.input_specs
            if spec.target is not None
        }
        for node in program.graph.nodes:
            if node.op == "placeholder":
                self.found[node.name] = self.placeholder(node, weights)
            elif node.op == "call_function":
                self.found[node.name] = self.called(node)
            elif node.op == "output":
                for value in flat(self.read(node.args)):
                    if isinstance(value, Value) and value.op is not None:
                        self.model.outputs.append(value.op)

    def placeholder(self, node: Any, weights: Mapping[str, str]) -> Any:
        """Take an input, or a weight as a constant."""
        tensor = node.meta.get("val")
        if not hasattr(tensor, "shape"):
            return tensor
        full = tuple(int(n) for n in tensor.shape)
        if node.name in weights or not node.users:
            real, name = tensor.dtype.is_floating_point, weights.get(node.name, "")
            self.sizes_of[name] = prod(full)
            learned = real and is_parameter(tensor)
            return Learned(
                full, floating=learned, names=frozenset({name} if learned else ())
            )
        batch = sample_axis(full)
        op = Op("input", {}, (), stripped(full, batch), (node.name,))
        return Value(full, self.model.add(op), batch)

    def read(self, argument: Any) -> Any:
        """Return an argument of a call with its tensors as values."""
        if hasattr(argument, "op") and hasattr(argument, "users"):
            return self.found[argument.name]
        if isinstance(argument, list | tuple):
            return [self.read(one) for one in argument]
        return argument

    def called(self, node: Any) -> Any:
        """Return what a call gives: a value, or a list of them."""
        target = getattr(node.target, "__name__", str(node.target))
        args = [self.read(one) for one in node.args]
        if target == "getitem":
            return args[0][args[1]]
        schema = getattr(node.target, "_schema", None)
        names = [one.name for one in schema.arguments] if schema else []
        given = dict(zip(names, args, strict=False))
        given |= {name: self.read(one) for name, one in node.kwargs.items()}
        made = node.meta.get("val")
        shapes: list[Full] = [
            tuple(map(int, t.shape)) for t in flat(made) if hasattr(t, "shape")
        ]
        self.full = shapes[0] if shapes else ()
        self.modules = modules_of(node)
        name = target.split(".")[0].rstrip("_") if target[0] != "_" else target
        used = frozenset(
            u.args[1] for u in node.users if u.users and "getitem" in str(u.target)
        )
        call = Call(name.removesuffix("_"), given, [node.name] * len(shapes), used)
        return self.made(call, shapes)

    def made(self, call: Call, shapes: list[Full]) -> Any:
        """Return what a call gives, by its rule or as unknown."""
        ins = [v for v in flat(list(call.given.values())) if isinstance(v, Value)]
        names = names_in(ins)
        if call.name in MADE or not any(v.op is not None for v in ins):
            learned = bool(names) and call.name not in MADE
            names = names if learned else frozenset()
            constants = [Learned(s, floating=learned, names=names) for s in shapes]
            return constants[0] if len(constants) == 1 else constants
        self.shapes = shapes
        node = Node(call.name, outputs=call.outputs)
        before = len(self.model.ops)
        try:
            found = self.ruled(node, call)
        except UNFIT:
            found = []
        results = found if isinstance(found, list) else [found]
        if results and len(results) > max(call.used, default=0):
            results += [Value(shape) for shape in shapes[len(results) :]]
        fits = len(results) == len(shapes) and all(
            v.sizes == s for v, s in zip(results, shapes, strict=False)
        )
        if not fits or not self.weighed(before, names):
            del self.model.ops[before:]
            results = (
                self.part_known(node, call, names)
                or self.with_parameter(node, call)
                or self.unknown_call(node, ins, shapes)
            )
        for name in names:
            self.counted.setdefault(name, before)
        return results[0] if len(shapes) == 1 else results

    def ruled(self, node: Node, call: Call) -> Result:
        if call.name in DIRECT:
            return DIRECT[call.name](self, node, call)
        if call.name not in WORDS:
            raise NotKnown
        name, ins, attributes = WORDS[call.name](call)
        standard = Node(name, outputs=node.outputs, attributes=attributes)
        if name not in self.rules:
            raise NotKnown
        return self.rules[name](self, standard, ins)

    def weighed(self, before: int, names: frozenset[str]) -> bool:
        """Say whether new layers have as many weights as the call read, and not again.

        A layer that reads the weights of an earlier one shares them.
        """
        made = self.model.ops[before:]
        if self.held(made) != sum(self.sizes_of[name] for name in names):
            return False
        first = {self.counted[name] for name in names if name in self.counted}
        if not first:
            return True
        known = names <= self.counted.keys() and len(first) == len(made) == 1
        (source,) = first if len(first) == 1 else (0,)
        if not known or self.weights(made[0]) != self.weights(self.model.ops[source]):
            return False
        self.model.ops[before] = replace(made[0], share=source)
        return True

    def held(self, ops: list[Op]) -> int:
        """Return how many weights operators have in all."""
        sizes = [numel(shape) for op in ops for shape in self.weights(op)]
        return sum(size for size in sizes if isinstance(size, int))

    def weights(self, op: Op) -> list[Shape]:
        """Return the shapes of an operator's weights, in order of their sizes."""
        if op.kind == UNKNOWN:
            return [(op.args["learned"],)] if op.args.get("learned") else []
        shapes = [self.model.ops[i].shape for i in op.inputs]
        return sorted(CATALOGUE[op.kind](**op.args).weights(*shapes).values(), key=str)

    def part_known(self, node: Node, call: Call, names: frozenset[str]) -> list[Value]:
        """Return a product whose weights are made of others, and the rest as unknown.

        The kernel of a convolution may be normalized, a bias may be put together.
        """
        if call.name not in PRODUCTS or names & self.counted.keys():
            return []
        before = len(self.model.ops)
        without = Call(call.name, {**call.given, "bias": None}, call.outputs)
        try:
            made = self.ruled(node, without)
        except UNFIT:
            return []
        assert isinstance(made, Value)
        assert made.op is not None
        rest = sum(self.sizes_of[name] for name in names)
        rest -= self.held(self.model.ops[-1:])
        if rest < 1:
            del self.model.ops[before:]
            return []
        what = "weights_of_the_weight"
        args = {"op": what, "sizes": made.stripped, "learned": rest}
        return [self.append(node, UNKNOWN, args, made, what)]

    def with_parameter(self, node: Node, call: Call) -> list[Value]:
        """Return arithmetic on a tensor and a learned one, a step of its own."""
        given = [call["self"], call["other"]]
        learned = [v for v in given if isinstance(v, Learned) and v.names]
        if (
            call.name not in JOINS
            or len(learned) != 1
            or call["alpha"] not in (None, 1)
        ):
            return []
        (constant,) = learned
        other = given[1 - given.index(constant)]
        sizes = constant.sizes
        total = sum(self.sizes_of[name] for name in constant.names)
        if not isinstance(other, Value) or other.op is None or prod(sizes) != total:
            return []
        if constant.names & self.counted.keys() or other.batch not in (0, None):
            return []
        if other.batch == 0 and len(sizes) == other.rank:
            if sizes[0] != 1:
                return []
            sizes = sizes[1:]
        before = len(self.model.ops)
        sizes = sizes or (1,)
        source = Op("parameter", {"sizes": sizes}, (), sizes, self.modules)
        index = self.model.add(source)
        made = Value(sizes, index)
        values = [made if v is constant else other for v in given]
        try:
            return [self.joined(node, JOINS[call.name], values, other.batch)]
        except (NotKnown, ShapeError, FieldError):
            del self.model.ops[before:]
            return []

    def joined(
        self, node: Node, kind: str, values: list[Value], batch: int | None
    ) -> Value:
        """Append a join of tensors that may have unlike shapes."""
        shapes = [self.model.ops[v.op or 0].shape for v in values]
        shape = CATALOGUE[kind]().shape(*shapes)
        if shape != stripped(self.full, batch):
            raise NotKnown
        sources = tuple(v.op for v in values if v.op is not None)
        op = Op(kind, {}, sources, shape, self.path(node))
        return Value(self.full, self.model.add(op), batch)

    def unknown_call(self, node: Node, ins: Ins, shapes: list[Full]) -> list[Value]:
        """Append what no rule knows; its weights are those that no call read before."""
        total = sum(self.sizes_of[name] for name in names_in(ins) - self.counted.keys())
        live: list[Value | None] = [
            v for v in ins if v is not None and v.op is not None
        ]
        learned = [Value((total,), floating=True)] if total > 1 else []
        found = []
        for at, shape in enumerate(shapes):
            self.full = shape
            given = live if at else [*live, *learned]
            found += self.unknown(Node(node.op, outputs=["out"]), given)
        return found


UNFIT = (NotKnown, ShapeError, FieldError, IndexError, TypeError, KeyError)
"""What a rule raises where a call is not of its form."""
JOINS = {"add": "add", "mul": "multiply", "sub": "subtract"}
PRODUCTS = {"linear", "conv1d", "conv2d", "conv3d"}
MADE = {
    *("new_zeros", "new_ones", "new_full", "new_empty", "zeros_like", "ones_like"),
    *("full_like", "empty_like"),
}
"""What makes a constant of a tensor's sizes alone."""


def names_in(values: Ins) -> frozenset[str]:
    """Return the weights that lead to values, by their names."""
    learned = (v.names for v in values if isinstance(v, Learned))
    return frozenset[str]().union(*learned)


def sample_axis(full: Full) -> int | None:
    """Return the axis of the samples, of which one is exported: the first."""
    return 0 if full and full[0] == 1 else None


def is_parameter(tensor: Any) -> bool:
    """Say whether a weight is a parameter; buffers are none."""
    return type(tensor).__name__ == "Parameter" or bool(tensor.requires_grad)


def modules_of(node: Any) -> tuple[str, ...]:
    """Return the names of the modules in which a call stands, the outermost first."""
    stack = list(node.meta.get("nn_module_stack", {}).values())
    path = stack[-1][0] if stack else ""
    return tuple(part for part in path.split(".") if part)


def flat(value: Any) -> list[Any]:
    """Return the values of nested lists in turn."""
    if isinstance(value, list | tuple):
        return [leaf for one in value for leaf in flat(one)]
    return [value]
