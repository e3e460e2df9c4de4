"""The walk through a graph that `torch.export` made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from archcalc.readers.model import UNKNOWN, Op
from archcalc.readers.onnx.sizes import Ins, NotKnown
from archcalc.readers.onnx.trace import Result
from archcalc.readers.onnx.values import Full, Value, stripped
from archcalc.readers.pytorch import products, recurrent, rules
from archcalc.readers.pytorch.calls import DIRECT, Call, Learned, Stretched, flat
from archcalc.readers.pytorch.weights import HELD, UNFIT, Followed, Later, names_in
from archcalc.readers.pytorch.words import WORDS
from archcalc.wire.messages import Node

FAMILIES = (products, recurrent, rules)
"""The modules of rules; importing them fills `DIRECT`."""


class ExportedTrace(Followed):
    """The walk through an exported graph; `full` are the sizes of what is made now."""

    found: dict[str, Any]
    parameters: set[str]
    """The names that the exported graph has for parameters, frozen ones too."""
    prefix = ""

    def path(self, node: Node) -> tuple[str, ...]:
        return self.modules

    def sized(self, node: Node, ins: Ins) -> Full:
        return self.full

    def guessed(
        self, node: Node, ins: Ins, name: str
    ) -> tuple[Full | None, int | None]:
        return self.full, sample_axis(self.full)

    def graph(self, program: Any) -> None:
        """Walk through an exported program."""
        self.found = {}
        weights = {
            spec.arg.name: spec.target
            for spec in program.graph_signature.input_specs
            if spec.target is not None
        }
        self.parameters = {*program.graph_signature.inputs_to_parameters}
        for node in program.graph.nodes:
            if node.op == "placeholder":
                self.found[node.name] = self.placeholder(node, weights)
        for value in flat(self.walked(program.graph_module)):
            if isinstance(value, Value) and value.op is not None:
                self.model.outputs.append(value.op)

    def walked(self, module: Any) -> Any:
        """Walk through the calls of a graph, whose inputs are known."""
        given: Any = None
        for node in module.graph.nodes:
            if node.op == "call_function":
                self.found[node.name] = self.called(node)
            elif node.op == "get_attr":
                self.found[node.name] = getattr(module, node.target, None)
            elif node.op == "output":
                given = self.read(node.args)
        return given

    def inner(self, module: Any, given: Sequence[Any]) -> Any:
        """Walk through a graph that is an argument of a call: code in a context."""
        outer = self.found, self.prefix
        names = [n.name for n in module.graph.nodes if n.op == "placeholder"]
        self.found = dict(zip(names, given, strict=True))
        self.prefix = f"{outer[1]}{len(self.later)}."
        (made,) = self.walked(module)
        self.found, self.prefix = outer
        return made

    def placeholder(self, node: Any, weights: Mapping[str, str]) -> Any:
        """Take an input, or a weight as a constant."""
        tensor = node.meta.get("val")
        if not hasattr(tensor, "shape"):
            return tensor
        full = tuple(int(n) for n in tensor.shape)
        if node.name in weights or not node.users:
            real, name = tensor.dtype.is_floating_point, weights.get(node.name, "")
            self.sizes_of[name] = prod(full)
            learned = real and node.name in self.parameters
            names = frozenset({name} if learned else ())
            self.spread |= names if len(node.users) > 1 else set()
            return Learned(full, floating=learned, names=names, at=node.name, real=real)
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
        for at, one in enumerate(args):
            if hasattr(one, "graph"):
                return self.inner(one, args[at + 1 :])
        schema = getattr(node.target, "_schema", None)
        names = [one.name for one in schema.arguments] if schema else []
        given = dict(zip(names, args, strict=False))
        given |= {name: self.read(one) for name, one in node.kwargs.items()}
        gives = node.meta.get("val")
        tensors = [t for t in flat(gives) if hasattr(t, "shape")]
        shapes: list[Full] = [tuple(map(int, t.shape)) for t in tensors]
        self.modules = modules_of(node)
        base = target.split(".")[0]
        used = frozenset(
            u.args[1] for u in node.users if u.users and "getitem" in str(u.target)
        )
        if not shapes:
            return None
        outputs = [f"{self.prefix}{node.name}"]
        if len(shapes) > 1:
            outputs = [f"{outputs[0]}#{at}" for at in range(len(shapes))]
        call = Call(base.rstrip("_"), given, outputs, used)
        made = self.made(call, shapes, [t.dtype.is_floating_point for t in tensors])
        if isinstance(gives, list | tuple) and len(shapes) == 1:
            return [made]
        if isinstance(made, Learned) and len(node.users) > 1:
            self.spread |= made.names
        if base.endswith("_") and base[0] != "_" and isinstance(made, Value):
            self.overwritten(node.args[0], made)
        return made

    def overwritten(self, node: Any, made: Value) -> None:
        """Note what a tensor holds after a call wrote into it.

        Where a part of it was written, the whole depends on both.
        """
        if self.found[node.name].shape == made.shape:
            self.found[node.name] = made
        whole = node
        while part_of(whole):
            whole = whole.args[0]
        before = self.found[whole.name]
        if whole is node or made.op is None or before.op is None:
            return
        self.full = before.sizes
        given = [before, made]
        self.found[whole.name] = self.unknown_call(
            Node("copy", outputs=["out"]), [*given], [before.sizes]
        )[0]

    def made(self, call: Call, shapes: list[Full], real: list[bool]) -> Any:
        """Return what a call gives, by its rule or as unknown."""
        ins = call.tensors
        empty = any(0 in shape for shape in shapes)
        if call.name in MADE or empty or not any(v.op is not None for v in ins):
            constants = self.constants(call, shapes, real)
            return constants[0] if len(constants) == 1 else constants
        found = self.tried(call, shapes)
        if found is None:
            self.shapes = shapes
            ins = self.wide(call).tensors
            found = self.unknown_call(Node(call.name), [*ins], shapes)
        return found[0] if len(shapes) == 1 else found

    def constants(
        self, call: Call, shapes: list[Full], real: list[bool]
    ) -> list[Learned]:
        """Return what no input reaches; it is followed where a step reads it."""
        names = frozenset() if call.name in MADE else names_in(call.tensors)
        if self.shares_out(call, shapes):
            return self.pieces(call, shapes)
        found = []
        for at, full, floats in zip(call.outputs, shapes, real, strict=True):
            self.later[at] = Later(call, shapes, self.modules)
            learned = bool(names)
            found.append(
                Learned(full, floating=learned, names=names, at=at, real=floats)
            )
        return found

    def shares_out(self, call: Call, shapes: list[Full]) -> bool:
        """Say whether a call splits a weight into pieces that are all read.

        Nothing else may read the weight.
        """
        if call.name not in SPLITS or len(call.used) < len(shapes):
            return False
        (whole,) = call.tensors
        alone = isinstance(whole, Learned) and whole.at not in self.later
        return alone and len(names_in([whole]) - self.spread) == 1

    def pieces(self, call: Call, shapes: list[Full]) -> list[Learned]:
        """Return the pieces of a weight, each as a weight of its own."""
        (name,) = names_in(call.tensors)
        found = []
        for at, (out, full) in enumerate(zip(call.outputs, shapes, strict=True)):
            own = f"{name}[{at}]"
            self.sizes_of[own] = prod(n for n in full if isinstance(n, int))
            names = frozenset({own})
            found.append(Learned(full, floating=True, names=names, at=out, real=True))
        return found

    def tried(self, call: Call, shapes: list[Full]) -> list[Value] | None:
        """Return what a call gives by its rule.

        Where that does not fit, constants become steps of their own: learned ones, and
        then all of them.
        """
        before = len(self.model.ops)
        attempts: tuple[Callable[[], list[Value] | None], ...] = (
            lambda: None if self.spreads(call) else self.by_rule(call),
            lambda: self.by_rule(self.with_steps(call)),
            lambda: self.part_known(call),
            lambda: self.by_rule(self.with_steps(self.wide(call), True)),
            lambda: self.by_rule(self.with_steps(self.wide(call), True, True)),
        )
        for attempt in attempts:
            self.shapes, self.full = shapes, shapes[0]
            try:
                found = attempt()
            except UNFIT:
                found = None
            if found is not None and fits(found, shapes):
                return found
            self.undo(before)
        return None

    def spreads(self, call: Call) -> bool:
        """Say whether other calls read, as tensors, learned ones that this one reads.

        Then no layer of this call may hold them.
        """
        given = {k: v for k, v in call.given.items() if k not in (*HELD, "weight")}
        return bool(names_in(Call("", given, []).tensors) & self.spread)

    def by_rule(self, call: Call) -> list[Value] | None:
        """Return what a call gives by its rule; None where weights are left over."""
        before, names = len(self.model.ops), names_in(call.tensors)
        made = self.ruled(Node(call.name, outputs=call.outputs), call)
        found = made if isinstance(made, list) else [made]
        if found and len(found) > max(call.used, default=0):
            found += [Value(shape) for shape in self.shapes[len(found) :]]
        if not self.weighed(before, names):
            return None
        self.count(names, before)
        return found

    def wide(self, call: Call) -> Call:
        """Return a call whose stretched tensors are steps, which no rule knows."""

        def change(name: str, value: Value) -> Value:
            if not isinstance(value, Stretched):
                return value
            self.full = value.sizes
            node, given = Node("expand"), [value.narrow]
            return self.unknown_call(node, [*given], [value.sizes])[0]

        wide = call.replaced(change)
        self.full = self.shapes[0]
        return wide

    def ruled(self, node: Node, call: Call) -> Result:
        stretched = any(isinstance(v, Stretched) for v in call.tensors)
        if stretched and call.name not in products.JOINS:
            raise NotKnown
        if call.name in DIRECT:
            return DIRECT[call.name](self, node, call)
        return self.worded(node, call)

    def worded(self, node: Node, call: Call) -> Result:
        if call.name not in WORDS or any(
            isinstance(v, Stretched) for v in call.tensors
        ):
            raise NotKnown
        name, ins, attributes = WORDS[call.name](call)
        standard = Node(name, outputs=node.outputs, attributes=attributes)
        if name not in self.rules:
            raise NotKnown
        return self.rules[name](self, standard, ins)

    def part_known(self, call: Call) -> list[Value] | None:
        """Return a product whose weights are made of others, and the rest as unknown.

        The kernel of a convolution may be normalized, a bias may be put together.
        """
        names = names_in(call.tensors)
        if call.name not in PRODUCTS or names & self.counted.keys():
            return None
        node = Node(call.name, outputs=call.outputs)
        made = self.ruled(node, Call(call.name, {**call.given, "bias": None}, []))
        assert isinstance(made, Value)
        rest = sum(self.sizes_of[name] for name in names)
        rest -= self.held(self.model.ops[-1:])
        if rest < 1:
            return None
        self.count(names, len(self.model.ops) - 1)
        what = "weights_of_the_weight"
        args = {"op": what, "sizes": made.stripped, "learned": rest}
        return [self.append(node, UNKNOWN, args, made, what)]


SPLITS = ("split", "split_with_sizes", "chunk", "unbind", "tensor_split")
"""What gives each value of a tensor in one of several pieces."""
PRODUCTS = {"linear", "conv1d", "conv2d", "conv3d"}
MADE = {
    *("new_zeros", "new_ones", "new_full", "new_empty", "zeros_like", "ones_like"),
    *("full_like", "empty_like"),
}
"""What makes a constant of a tensor's sizes alone."""
PARTS = ("slice", "select", "view", "narrow", "unsqueeze", "squeeze", "transpose")


def fits(found: list[Value], shapes: list[Full]) -> bool:
    """Say whether values have the sizes that PyTorch says."""
    return len(found) == len(shapes) and all(
        v.sizes == s for v, s in zip(found, shapes, strict=True)
    )


def part_of(node: Any) -> bool:
    """Say whether a call gives a part of a tensor, or the same values otherwise."""
    target = getattr(node.target, "__name__", "")
    return node.op == "call_function" and target.split(".")[0] in PARTS


def sample_axis(full: Full) -> int | None:
    """Return the axis of the samples, of which one is exported: the first."""
    return 0 if full and full[0] == 1 else None


def modules_of(node: Any) -> tuple[str, ...]:
    """Return the names of the modules in which a call stands, the outermost first."""
    stack = list(node.meta.get("nn_module_stack", {}).values())
    path = stack[-1][0] if stack else ""
    return tuple(part for part in path.split(".") if part)
