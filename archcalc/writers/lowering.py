"""A network in the words of another language than torch: layer by layer, in order.

The words are looked up by what torch calls a module (`nn.Conv2d`), never by the key of
a layer: a new layer that is built of modules and expressions that are known needs
nothing here. Values keep the order of their axes; a layer that wants another one gets
it by a step of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from archcalc.errors import UsageError, clean
from archcalc.graph.graph import Graph, Node
from archcalc.layers.records.calls import Call, Function, Module, kind_of, named
from archcalc.writers.expressions import Expressions, Library
from archcalc.writers.laid import (
    BATCH,
    CannotSay,
    Laid,
    Order,
    channels_last,
    straight,
)
from archcalc.writers.language import Lowered, Step, Weight, Words

KERNEL = {1: (2, 1, 0), 2: (2, 3, 1, 0), 3: (2, 3, 4, 1, 0)}
"""A kernel's axes in terms of torch's where channels lie last, by the spatial axes."""
PHRASES = {
    "ChannelShuffle": "x.unflatten(1, ({groups}, -1)).transpose(1, 2).flatten(1, 2)",
    "PixelShuffle": "x.unflatten(1, (-1, {upscale_factor}, {upscale_factor}))"
    ".permute(0, 1, 4, 2, 5, 3).flatten(4, 5).flatten(2, 3)",
    "PixelUnshuffle": "x.unflatten(3, (-1, {downscale_factor}))"
    ".unflatten(2, (-1, {downscale_factor})).permute(0, 1, 3, 5, 2, 4).flatten(1, 3)",
}
"""Modules that only move axes, as torch expressions of their arguments."""


class Value(NamedTuple):
    """A value between the steps of one layer: the number of its step, shape, order."""

    ref: int
    shape: tuple[Any, ...]
    order: Order


@dataclass
class Making:
    """One layer while it is put into words: what enters, and the steps so far.

    `given` are the arguments of its torch module by torch's names. `alike` says that
    all uses of the step of the spec have padding that the word `same` says.
    """

    node: Node
    record: Call
    inputs: list[Value]
    library: Library
    channels: Callable[[int], Order]
    alike: bool = True

    def __post_init__(self) -> None:
        self.steps: list[Step] = []
        self.before = self.after = None
        self.given: dict[str, Any] = {}
        if isinstance(self.record, Module):
            self.before, self.after = self.record.before, self.record.after
            self.given = named(self.record)
            if self.record.wrap != "{}":
                raise CannotSay(f"`{self.record.wrap.format('')}`".replace("()", ""))

    @property
    def axes(self) -> int:
        """The number of spatial axes of what enters."""
        return len(self.inputs[0].shape) - 2

    def entering(self) -> Value:
        """Return the first input, after the code before the module if there is some."""
        x = self.inputs[0]
        return x if self.before is None else self.code(f"return {self.before}", [x])

    def turned(self, value: Value, order: Order) -> Value:
        """Return a value with its axes in an order."""
        if value.order == order:
            return value
        expressions = Expressions(self.library, [_as("x", value)], {})
        laid = expressions.moves.turned(_as("x", value), order)
        return self.expressed(Function(laid.code), [value], laid)

    def with_channels(self, value: Value) -> Value:
        """Return a value with its channels where convolutions have them."""
        return self.turned(value, self.channels(len(value.shape)))

    def straightened(self, value: Value) -> Value:
        """Return a value with its axes as torch has them."""
        return self.turned(value, straight(len(value.shape)))

    def module(
        self,
        target: str,
        x: Value,
        args: Sequence[Any] = (),
        weights: Mapping[str, Weight] | None = None,
        shape: tuple[Any, ...] | None = None,
        **given: Any,
    ) -> Value:
        """Add a module that reads a value; `shape` is that of its result."""
        record = Module(target, tuple(args), given)
        self.steps.append(Step(record, (x.ref,), weights or {}))
        shape = x.shape if shape is None else shape
        return Value(self.last, shape, x.order)

    def each(self, code: str, x: Value) -> Value:
        """Add a function of each value: code of `x` in the words of the language."""
        return self.expressed(Function(code), [x], _as("x", x))

    def code(self, body: str, inputs: Sequence[Value]) -> Value:
        """Add a torch expression without weights."""
        expressions = Expressions(self.library, _named(inputs), {})
        result = expressions.result(Function(body.removeprefix("return ")))
        made = Function(result.code, steps=tuple(expressions.steps))
        return self.expressed(made, inputs, result)

    def expressed(self, made: Function, inputs: Sequence[Value], laid: Laid) -> Value:
        """Add an expression in words of the language, unless it is its input."""
        if made.code == "x" and not made.steps:
            return Value(inputs[0].ref, laid.shape, laid.order)
        self.steps.append(Step(made, tuple(value.ref for value in inputs)))
        return Value(self.last, laid.shape, laid.order)

    @property
    def last(self) -> int:
        """The number of the last step's value."""
        return len(self.inputs) + len(self.steps) - 1

    def out_axes(self) -> tuple[Any, ...]:
        """Return the spatial axes of the output."""
        return self.node.shape[1:]

    @property
    def same(self) -> bool:
        """Whether all padding is what TensorFlow calls `same`, for every input size."""
        return isinstance(self.record, Module) and self.record.same

    def response(self) -> Value:
        """Return local response normalization over the channels, as torch has it."""
        x = self.with_channels(self.entering())
        size = self.given["size"]
        alpha, beta, k = (
            self.given.get(name, usual)
            for name, usual in (("alpha", 1e-4), ("beta", 0.75), ("k", 1.0))
        )
        place = x.order.index(1)
        pads = [(0, 0)] * len(x.order)
        pads[place] = (size // 2, (size - 1) // 2)
        before = ":, " * place
        prefix, channels = self.library.prefix, x.shape[1]
        steps = (
            f"s = {prefix}.pad({prefix}.square(x), {tuple(pads)})",
            f"s = sum([s[{before}i:i + {channels}] for i in range({size})])",
        )
        code = f"x / ({k} + {alpha} / {size} * s) ** {beta}"
        return self.expressed(Function(code, steps=steps), [x], _as("x", x))

    # -- windows -----------------------------------------------------------------------

    def window(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the kernel and the stride of a pool along each spatial axis."""
        kernel = spread(self.given["kernel_size"], self.axes)
        stride = self.given["stride"]
        return kernel, kernel if stride is None else spread(stride, self.axes)

    def pads(self) -> list[tuple[int, int]]:
        """Return the padding before and after, for each spatial axis.

        It stands in the module, or in the code before it, which is left out then.
        """
        if self.before is None or not self.before.startswith("F.pad("):
            return [(p, p) for p in spread(self.given.get("padding", 0), self.axes)]
        call = ast.parse(self.before, mode="eval").body
        assert isinstance(call, ast.Call)
        flat = ast.literal_eval(call.args[1])
        self.before = None
        pairs = [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)]
        return [*reversed(pairs)]

    def overhanging(
        self,
        pads: list[tuple[int, int]],
        kernel: Sequence[int],
        strides: Sequence[int],
    ) -> list[tuple[int, int]]:
        """Return the padding with what the last window of `ceil_mode` hangs over."""
        if not self.given.get("ceil_mode"):
            return pads
        found = []
        sizes = zip(self.inputs[0].shape[2:], self.out_axes(), strict=True)
        for (n, out), (b, a), k, s in zip(sizes, pads, kernel, strides, strict=True):
            found.append((b, max(a, (out - 1) * s + k - n - b)))
        return found


Word = Callable[[Making], Value]


def spread(value: Any, axes: int) -> tuple[Any, ...]:
    """Return one number for each axis."""
    return value if isinstance(value, tuple) else (value,) * axes


def one_or_each(values: Sequence[Any]) -> Any:
    """Return one number where all axes have the same one, else a number for each."""
    return values[0] if len({*values}) == 1 else tuple(values)


def _as(code: str, value: Value) -> Laid:
    return Laid(code, value.shape, value.order)


def _named(inputs: Sequence[Value]) -> list[Laid]:
    """Return values by the names of inputs in expressions: `x`, or `xs[0]`, `xs[1]`."""
    if len(inputs) == 1:
        return [_as("x", inputs[0])]
    return [_as(f"xs[{number}]", value) for number, value in enumerate(inputs)]


class Lowering:
    """Puts a graph into words; `words` are those for modules, by torch's kind.

    `channels` gives the order in which convolutions have the axes of a value.
    """

    def __init__(
        self,
        title: str,
        library: Library,
        words: Mapping[str, Word],
        channels: Callable[[int], Order] = channels_last,
    ) -> None:
        self.title = title
        self.library = library
        self.words = words
        self.channels = channels

    def __call__(self, graph: Graph) -> Words:
        """Return the words of every node; raise `UsageError` where one has none."""
        orders: dict[int, Order] = {}
        for index in graph.inputs:
            orders[index] = self.entered(graph, index)
        uneven = self.uneven(graph)
        found: dict[int, Lowered] = {}
        for node in graph.nodes[len(graph.inputs) :]:
            if node.aux:
                continue
            shapes = graph.input_shapes(node)
            record = node.layer.torch(*shapes)
            inputs = [
                Value(number, (BATCH, *shape), orders[index])
                for number, (index, shape) in enumerate(
                    zip(node.inputs, shapes, strict=True)
                )
            ]
            alike = id(node.origin) not in uneven
            try:
                steps, orders[node.index] = self.lowered(
                    node, record, inputs, alike, node.index in graph.outputs
                )
            except CannotSay as reason:
                raise self.refused(node, reason) from None
            found[node.index] = steps
        return Words(found, orders)

    def entered(self, graph: Graph, index: int) -> Order:
        """Return the order of an input: that of convolutions for images and signals."""
        rank = len(graph.nodes[index].shape) + 1
        if rank > 3:
            return self.channels(rank)
        for node in graph.nodes:
            if index in node.inputs and not node.aux:
                record = node.layer.torch(*graph.input_shapes(node))
                if isinstance(record, Module) and record.target.endswith("1d"):
                    return self.channels(rank)
        return straight(rank)

    def uneven(self, graph: Graph) -> set[int]:
        """Return the steps of the spec of which some use has a stride above 1.

        With a stride, the word `same` pads otherwise than torch. So all uses of such a
        step are written with their padding as numbers, and stay one class.
        """
        found: set[int] = set()
        for node in graph.nodes[len(graph.inputs) :]:
            if not node.aux:
                record = node.layer.torch(*graph.input_shapes(node))
                if isinstance(record, Module) and record.kwargs.get("stride", 1) != 1:
                    found.add(id(node.origin))
        return found

    def lowered(
        self,
        node: Node,
        record: Call,
        inputs: list[Value],
        alike: bool,
        leaves: bool,
    ) -> tuple[Lowered, Order]:
        """Return the steps of a layer, and the order of its output."""
        making = Making(node, record, inputs, self.library, self.channels, alike)
        if isinstance(record, Function):
            value = self.expression(making, record)
        else:
            value = self.module(making, record)
        if value.shape[1:] != node.shape:
            raise CannotSay(f"a result of {value.shape[1:]} for {node.shape}")
        rank = len(value.shape)
        if leaves and value.order not in (straight(rank), self.channels(rank)):
            value = making.straightened(value)
        if len(value.order) < rank:
            value = making.straightened(value)
        return tuple(making.steps), value.order

    def module(self, making: Making, record: Module) -> Value:
        """Return the result of a module, with the code around it."""
        kind = kind_of(record.target)
        word = self.words.get(kind)
        if word is not None:
            value = word(making)
        elif kind in PHRASES:
            value = making.code(PHRASES[kind].format(**making.given), making.inputs)
        else:
            raise CannotSay(f"`{record.target}`")
        if making.after is not None:
            value = making.code(f"return {making.after}", [value])
        return value

    def expression(self, making: Making, record: Function) -> Value:
        """Return the result of an expression, in words of the library."""
        if record.filled:
            raise CannotSay("a buffer that is filled")
        if record.trains:
            raise CannotSay("code that differs in training")
        held = {
            name: Laid(f"p[{name!r}]", shape, straight(len(shape)))
            for name, shape in {**record.params, **record.buffers}.items()
        }
        expressions = Expressions(self.library, _named(making.inputs), held)
        result = expressions.result(record)
        made = Function(
            result.code,
            record.params,
            tuple(expressions.steps),
            buffers=record.buffers,
        )
        value = making.expressed(made, making.inputs, result)
        if held and making.steps:
            weights = {name: Weight(name) for name in held}
            making.steps[-1] = making.steps[-1]._replace(weights=weights)
        return value

    def refused(self, node: Node, reason: CannotSay) -> UsageError:
        """Return the error of a layer that has no words."""
        return UsageError.of(
            "AC523",
            f"{clean(node.name)} ({node.layer.key}) cannot be written in {self.title}: "
            f"there are no words for {reason}",
            help="--to torch writes every layer",
        )
