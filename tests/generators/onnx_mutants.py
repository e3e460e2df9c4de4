"""Random ONNX models, and models with something changed: in the graph or in the bytes.

`grown` makes a graph of operators that fit together, with weights in the file; what
`onnx` infers of it is the oracle. `bent` and `mutated` change a model so that nearly
anything may be in it: it must give a result or a message.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from math import prod
from typing import Any

import onnx
from onnx import AttributeProto, TensorProto, helper
from onnx_models import model, weight, whole

Sizes = list[int]
LARGEST = 40_000
"""Values of a tensor in a random graph."""


class Graph:
    """A graph while it grows: its tensors with their sizes as they were meant."""

    def __init__(self, draw: random.Random, x: Sizes) -> None:
        self.draw = draw
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []
        self.shapes: dict[str, Sizes] = {"x": x}
        self.read: set[str] = set()

    def held(self, *sizes: int) -> str:
        """Return the name of a new weight."""
        name = f"w{len(self.tensors)}"
        self.tensors.append(weight(name, sizes))
        return name

    def numbers(self, values: Sizes) -> str:
        """Return the name of a new row of whole numbers."""
        name = f"n{len(self.tensors)}"
        self.tensors.append(whole(name, values))
        return name

    def add(self, op: str, inputs: list[str], sizes: Sizes, **given: Any) -> str:
        """Append an operator; return the name of its output."""
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **given))
        self.shapes[name] = sizes
        self.read.update(inputs)
        return name

    def made(self, opset: int) -> Any:
        """Return the model; what nothing reads leaves it."""
        leaves = {n: None for n in self.shapes if n not in self.read and n != "x"}
        return model(self.nodes, {"x": self.shapes["x"]}, leaves, self.tensors, opset)


def grown(draw: random.Random) -> Any:
    """Return a random model of operators that fit."""
    rank = draw.choice((2, 3, 3, 4, 4, 4, 4))
    sizes = [1, *(draw.randrange(1, 9) * draw.choice((1, 2)) for _ in range(rank - 1))]
    graph = Graph(draw, sizes)
    for _ in range(draw.randrange(1, 14)):
        name = draw.choice(list(graph.shapes)[-4:])
        shape = graph.shapes[name]
        grow = draw.choice([g for g, ranks in GROWING if len(shape) in ranks])
        grow(graph, name, shape)
        if prod(graph.shapes[next(reversed(graph.shapes))]) > LARGEST:
            break
    return graph.made(draw.randrange(18, 25))


def slid(draw: random.Random, size: int) -> tuple[int, int, int, int, int, int]:
    """Return kernel, stride, dilation, two pads, and how many windows fit."""
    for _ in range(20):
        kernel, stride = draw.randrange(1, 5), draw.randrange(1, 4)
        dilation = draw.choice((1, 1, 1, 2, 3))
        before, after = (draw.choice((0, 0, 1, 1, 2)) for _ in range(2))
        after = before if draw.random() < 0.7 else after
        span = dilation * (kernel - 1) + 1
        if span <= size and before < span and after < span:
            room = size + before + after - span
            return kernel, stride, dilation, before, after, room // stride + 1
    return 1, 1, 1, 0, 0, size


def conv(graph: Graph, name: str, shape: Sizes) -> None:
    """A convolution of any rank, in groups perhaps."""
    draw, channels = graph.draw, shape[1]
    windows = [slid(draw, size) for size in shape[2:]]
    groups = draw.choice([g for g in (1, 1, 1, 2, 3, channels) if channels % g == 0])
    out = groups * draw.randrange(1, 5)
    inputs = [name, graph.held(out, channels // groups, *(w[0] for w in windows))]
    inputs += [graph.held(out)] if draw.random() < 0.5 else []
    given: dict[str, Any] = {"group": groups, "strides": [w[1] for w in windows]}
    given["dilations"] = [w[2] for w in windows]
    given["pads"] = [w[3] for w in windows] + [w[4] for w in windows]
    graph.add("Conv", inputs, [shape[0], out, *(w[5] for w in windows)], **given)


def deconv(graph: Graph, name: str, shape: Sizes) -> None:
    """A transposed convolution."""
    draw, out = graph.draw, graph.draw.randrange(1, 5)
    kernel, stride = draw.randrange(1, 4), draw.randrange(1, 4)
    extra = draw.randrange(stride)
    spatial = [(size - 1) * stride + kernel + extra for size in shape[2:]]
    inputs = [name, graph.held(shape[1], out, *([kernel] * len(spatial)))]
    given = {
        "strides": [stride] * len(spatial),
        "output_padding": [extra] * len(spatial),
    }
    graph.add("ConvTranspose", inputs, [shape[0], out, *spatial], **given)


def pool(graph: Graph, name: str, shape: Sizes) -> None:
    """A pool."""
    windows = [slid(graph.draw, size) for size in shape[2:]]
    op = graph.draw.choice(("MaxPool", "AveragePool"))
    given: dict[str, Any] = {"kernel_shape": [w[0] for w in windows]}
    given["strides"] = [w[1] for w in windows]
    given["pads"] = [min(w[3], w[0] - 1) for w in windows]
    given["pads"] += [min(w[4], w[0] - 1) for w in windows]
    sizes = [
        (size + before + after - kernel) // stride + 1
        for size, kernel, stride, before, after in zip(
            shape[2:],
            given["kernel_shape"],
            given["strides"],
            given["pads"][: len(windows)],
            given["pads"][len(windows) :],
            strict=True,
        )
    ]
    graph.add(op, [name], [*shape[:2], *sizes], **given)


def norm(graph: Graph, name: str, shape: Sizes) -> None:
    """A norm of channels, or of the last axis."""
    kind = graph.draw.choice(("BatchNormalization", "LayerNormalization"))
    if kind == "LayerNormalization":
        width = shape[-1]
        inputs = [name, graph.held(width), graph.held(width)]
        graph.add(kind, inputs, shape, axis=graph.draw.choice((-1, len(shape) - 1)))
    else:
        inputs = [name, *(graph.held(shape[1]) for _ in range(4))]
        graph.add(kind, inputs, shape)


def activation(graph: Graph, name: str, shape: Sizes) -> None:
    """An operator that works value by value on one tensor."""
    kinds = ("Relu", "Sigmoid", "Tanh", "Erf", "Exp", "Softplus", "HardSwish", "Sqrt")
    graph.add(graph.draw.choice((*kinds, "Elu", "LeakyRelu", "Neg")), [name], shape)


def softmax(graph: Graph, name: str, shape: Sizes) -> None:
    """A softmax along any axis."""
    axis = graph.draw.randrange(-len(shape), len(shape))
    graph.add("Softmax", [name], shape, axis=axis)


def sum_of(graph: Graph, name: str, shape: Sizes) -> None:
    """A sum, product or difference with another tensor that fits."""
    others = [n for n, s in graph.shapes.items() if len(s) == len(shape)]
    others = [n for n in others if fits(graph.shapes[n], shape)]
    other = graph.draw.choice(others)
    sizes = [max(a, b) for a, b in zip(shape, graph.shapes[other], strict=True)]
    op = graph.draw.choice(("Add", "Mul", "Sub", "Div", "Max"))
    graph.add(op, [name, other], sizes)


def fits(a: Sizes, b: Sizes) -> bool:
    """Say whether two sizes of one rank stretch to one another."""
    return all(m == n or 1 in (m, n) for m, n in zip(a, b, strict=True))


def joined(graph: Graph, name: str, shape: Sizes) -> None:
    """Tensors behind each other."""
    axis = graph.draw.randrange(len(shape))
    rest = shape[:axis] + shape[axis + 1 :]
    others = [
        n
        for n, s in graph.shapes.items()
        if len(s) == len(shape) and s[:axis] + s[axis + 1 :] == rest
    ]
    other = graph.draw.choice(others)
    sizes = list(shape)
    sizes[axis] += graph.shapes[other][axis]
    graph.add("Concat", [name, other], sizes, axis=axis)


def sliced(graph: Graph, name: str, shape: Sizes) -> None:
    """A part of one axis, perhaps every second value."""
    axis = graph.draw.randrange(len(shape))
    start = graph.draw.randrange(shape[axis])
    stop = graph.draw.randrange(start + 1, shape[axis] + 1)
    step = graph.draw.choice((1, 1, 1, 2))
    given = [graph.numbers([n]) for n in (start, stop, axis, step)]
    sizes = list(shape)
    sizes[axis] = len(range(start, stop, step))
    graph.add("Slice", [name, *given], sizes)


def turned(graph: Graph, name: str, shape: Sizes) -> None:
    """Axes in another order."""
    order = list(range(len(shape)))
    graph.draw.shuffle(order)
    graph.add("Transpose", [name], [shape[axis] for axis in order], perm=order)


def reshaped(graph: Graph, name: str, shape: Sizes) -> None:
    """Other sizes for the same values; one may be left to work out."""
    draw, left = graph.draw, prod(shape)
    sizes = []
    for _ in range(draw.randrange(1, 4)):
        part = draw.choice([d for d in range(1, left + 1) if left % d == 0])
        sizes.append(part)
        left //= part
    sizes = [*([1] if draw.random() < 0.5 else []), *sizes, left]
    written = list(sizes)
    if draw.random() < 0.5:
        written[draw.randrange(len(sizes))] = -1
    graph.add("Reshape", [name, graph.numbers(written)], sizes)


def flattened(graph: Graph, name: str, shape: Sizes) -> None:
    """Two axes of all."""
    axis = graph.draw.randrange(len(shape) + 1)
    graph.add("Flatten", [name], [prod(shape[:axis]), prod(shape[axis:])], axis=axis)


def widened(graph: Graph, name: str, shape: Sizes) -> None:
    """An axis of one position more."""
    axis = graph.draw.randrange(len(shape) + 1)
    sizes = [*shape[:axis], 1, *shape[axis:]]
    graph.add("Unsqueeze", [name, graph.numbers([axis])], sizes)


def reduced(graph: Graph, name: str, shape: Sizes) -> None:
    """Axes that are reduced."""
    draw = graph.draw
    axes = sorted(draw.sample(range(len(shape)), draw.randrange(1, len(shape))))
    keep = draw.randrange(2)
    sizes = [1 if at in axes else n for at, n in enumerate(shape)]
    if not keep:
        sizes = [n for at, n in enumerate(shape) if at not in axes]
    op = draw.choice(("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"))
    graph.add(op, [name, graph.numbers(axes)], sizes, keepdims=keep)


def gathered(graph: Graph, name: str, shape: Sizes) -> None:
    """Some positions of an axis."""
    draw, axis = graph.draw, graph.draw.randrange(len(shape))
    picked = [draw.randrange(shape[axis]) for _ in range(draw.randrange(1, 4))]
    sizes = [*shape[:axis], len(picked), *shape[axis + 1 :]]
    graph.add("Gather", [name, graph.numbers(picked)], sizes, axis=axis)


def multiplied(graph: Graph, name: str, shape: Sizes) -> None:
    """A product with a weight, or with what the same tensor becomes."""
    out = graph.draw.randrange(1, 9)
    if graph.draw.random() < 0.7:
        graph.add("MatMul", [name, graph.held(shape[-1], out)], [*shape[:-1], out])
        return
    order = [*range(len(shape) - 2), len(shape) - 1, len(shape) - 2]
    other = graph.add("Transpose", [name], [shape[at] for at in order], perm=order)
    graph.add("MatMul", [name, other], [*shape[:-1], shape[-2]])


def gemm(graph: Graph, name: str, shape: Sizes) -> None:
    """A linear layer of a matrix."""
    out = graph.draw.randrange(1, 9)
    inputs = [name, graph.held(out, shape[1]), graph.held(out)]
    graph.add("Gemm", inputs, [shape[0], out], transB=1)


def resized(graph: Graph, name: str, shape: Sizes) -> None:
    """Interpolation to sizes."""
    sizes = [*shape[:2], *(graph.draw.randrange(1, 12) for _ in shape[2:])]
    graph.add("Resize", [name, "", "", graph.numbers(sizes)], sizes)


def padded(graph: Graph, name: str, shape: Sizes) -> None:
    """Values put around."""
    before = [graph.draw.choice((0, 0, 1, 2)) for _ in shape]
    after = [graph.draw.choice((0, 0, 1, 2)) for _ in shape]
    sizes = [b + n + a for b, n, a in zip(before, shape, after, strict=True)]
    graph.add("Pad", [name, graph.numbers([*before, *after])], sizes)


def stretched(graph: Graph, name: str, shape: Sizes) -> None:
    """Axes of one position stretched, or all of them repeated."""
    times = [graph.draw.choice((1, 1, 2)) for _ in shape]
    if graph.draw.random() < 0.5:
        sizes = [n * t for n, t in zip(shape, times, strict=True)]
        graph.add("Tile", [name, graph.numbers(times)], sizes)
    else:
        sizes = [t if n == 1 else n for n, t in zip(shape, times, strict=True)]
        graph.add("Expand", [name, graph.numbers(sizes)], sizes)


def measured(graph: Graph, name: str, shape: Sizes) -> None:
    """A reshape to sizes that `Shape`, `Gather` and `Concat` work out."""
    sizes = graph.add("Shape", [name], [len(shape)])
    axis = graph.draw.randrange(len(shape))
    one = graph.add("Gather", [sizes, graph.numbers([axis])], [1])
    joined_ = graph.add("Concat", [one, graph.numbers([-1])], [2], axis=0)
    for made in (sizes, one, joined_):  # no operator of a network reads them
        del graph.shapes[made]
    whole_ = prod(shape)
    graph.add("Reshape", [name, joined_], [shape[axis], whole_ // shape[axis]])


ANY, WIDE, IMAGES = range(1, 7), range(2, 7), (3, 4)
GROWING: tuple[tuple[Callable[[Graph, str, Sizes], None], Any], ...] = (
    *((grow, IMAGES) for grow in (conv, conv, deconv, pool, resized)),
    *((grow, WIDE) for grow in (norm, multiplied, reduced, flattened, measured)),
    *((grow, ANY) for grow in (activation, softmax, sum_of, joined, sliced)),
    *((grow, range(1, 5)) for grow in (turned, reshaped, widened, gathered)),
    *((grow, ANY) for grow in (padded, stretched)),
    (gemm, (2,)),
)


def bent(draw: random.Random, data: bytes) -> bytes:
    """Return a model whose graph was changed in a few places."""
    made = onnx.load_from_string(data)
    for _ in range(draw.choice((1, 1, 2, 4, 8))):
        draw.choice(BENDING)(draw, made)
    return bytes(made.SerializeToString())


def anywhere(draw: random.Random, made: Any) -> Any | None:
    """Return some operator of a model, perhaps of a graph inside another."""
    nodes = list(made.graph.node) + [n for f in made.functions for n in f.node]
    for node in list(nodes):
        nodes += [n for a in node.attribute for n in a.g.node]
    return draw.choice(nodes) if nodes else None


def bend_number(draw: random.Random, made: Any) -> None:
    """Change numbers of an attribute, or drop it."""
    node = anywhere(draw, made)
    if node is None or not node.attribute:
        return
    attribute = draw.choice(node.attribute)
    if draw.random() < 0.2:
        node.attribute.remove(attribute)
        return
    number = draw.choice((0, -1, 1, 2, 3, 7, 100, 2**31, 2**62, -(2**62)))
    if attribute.ints and draw.random() < 0.8:
        attribute.ints[draw.randrange(len(attribute.ints))] = number
    elif draw.random() < 0.5:
        attribute.ints.extend([number] * draw.randrange(1, 4))
    else:
        attribute.i, attribute.type = number, AttributeProto.INT


def bend_word(draw: random.Random, made: Any) -> None:
    """Change the name of an operator, its domain, or a text."""
    node = anywhere(draw, made)
    if node is None:
        return
    what = draw.randrange(4)
    if what < 2:
        node.op_type = draw.choice(OPERATORS)
    elif what == 2:
        node.domain = draw.choice(("", "ai.onnx.ml", "com.microsoft", "x" * 300))
    else:
        node.attribute.append(
            helper.make_attribute("auto_pad", draw.choice(("SAME_UPPER", "VALID")))
        )


def bend_wire(draw: random.Random, made: Any) -> None:
    """Let an operator read or write another tensor, or none."""
    node, names = anywhere(draw, made), names_of(made)
    if node is None:
        return
    row = draw.choice((node.input, node.input, node.output))
    if row and draw.random() < 0.7:
        row[draw.randrange(len(row))] = draw.choice((*names, ""))
    else:
        row.append(draw.choice(names))


def names_of(made: Any) -> list[str]:
    """Return the names of a model's tensors."""
    graph = made.graph
    found = [v.name for v in (*graph.input, *graph.initializer)]
    return found + [name for node in graph.node for name in node.output] or ["x"]


def bend_sizes(draw: random.Random, made: Any) -> None:
    """Change sizes of a weight or of an input."""
    graph = made.graph
    if graph.initializer and draw.random() < 0.6:
        tensor = draw.choice(graph.initializer)
        size = draw.choice((0, 1, 2, 3, 5, 1000, 2**31, 2**39))
        if tensor.dims and draw.random() < 0.8:
            tensor.dims[draw.randrange(len(tensor.dims))] = size
        else:
            tensor.dims.append(size)
        return
    values = [*graph.input, *graph.output, *graph.value_info]
    sizes = draw.choice(values).type.tensor_type.shape.dim if values else ()
    if sizes:
        dim = draw.choice(sizes)
        if draw.random() < 0.5:
            dim.dim_param = draw.choice(("n", "batch", "?", "a b", "h+1", "N" * 99))
        else:
            dim.dim_value = draw.choice((0, 1, 2, 3, 17, -1, 2**31, 2**60))


def bend_values(draw: random.Random, made: Any) -> None:
    """Change a whole number of a constant."""
    rows = [t for t in made.graph.initializer if t.data_type == TensorProto.INT64]
    rows = [t for t in rows if t.int64_data]
    if rows:
        tensor = draw.choice(rows)
        at = draw.randrange(len(tensor.int64_data))
        tensor.int64_data[at] = draw.choice((0, -1, -2, 1, 5, 2**31, 2**62, -(2**62)))


def bend_order(draw: random.Random, made: Any) -> None:
    """Move, double or drop an operator; or put the graph into a branch."""
    nodes = made.graph.node
    if not nodes:
        return
    what = draw.randrange(4)
    node = draw.choice(nodes)
    if what == 0:
        nodes.remove(node)
    elif what == 1:
        nodes.append(node)
    elif what == 2:
        nodes.insert(0, node)
    else:
        inner = onnx.GraphProto()
        inner.CopyFrom(made.graph)
        op = draw.choice(("If", "Loop", "Scan"))
        name = "then_branch" if op == "If" else "body"
        outer = helper.make_node(op, [draw.choice(names_of(made))], [node.output[0]])
        attribute = outer.attribute.add()
        attribute.name, attribute.type = name, AttributeProto.GRAPH
        attribute.g.CopyFrom(inner)
        nodes.append(outer)


def bend_opset(draw: random.Random, made: Any) -> None:
    """State another version."""
    for opset in made.opset_import:
        opset.version = draw.choice((7, 8, 9, 10, 11, 12, 13, 17, 20, 23, 26))


BENDING = (
    *(bend_number, bend_number, bend_word, bend_wire, bend_wire, bend_sizes),
    *(bend_values, bend_values, bend_order, bend_opset),
)
OPERATORS = sorted(
    {s.name for s in onnx.defs.get_all_schemas() if s.domain in ("", "ai.onnx.ml")}
)


def mutated(draw: random.Random, data: bytes) -> bytes:
    """Return a model with some of its bytes changed."""
    changed = bytearray(data)
    for _ in range(draw.choice((1, 2, 5, 20))):
        at, kind = draw.randrange(len(changed) + 1), draw.randrange(5)
        if kind == 0:
            del changed[at : at + draw.randrange(1, 30)]
        elif kind == 1:
            changed[at:at] = draw.randbytes(draw.randrange(1, 9))
        elif kind == 2:
            changed[at:at] = changed[at // 2 : at // 2 + draw.randrange(200)]
        elif kind == 3:
            changed[at:at] = b"\xff" * 8 + b"\x7f"
        elif at < len(changed):
            changed[at] ^= 1 << draw.randrange(8)
    return bytes(changed)
