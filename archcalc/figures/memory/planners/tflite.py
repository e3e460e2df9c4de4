"""TensorFlow Lite's files, as two runtimes plan them: Micro, and LiteRT's references.

The converter fuses a ReLU into the operation before it, folds a batch norm into the
weights before it, and leaves dropout out. Tensors lie with channels last. The
convolutions of both runtimes need no scratch in the kernels meant here. A window that
is neither `valid` nor `same` gets a padded copy of its input first.
"""

from __future__ import annotations

from archcalc.figures.memory.planners.placing import largest_first, tightest_gap
from archcalc.figures.memory.planners.planner import (
    Aside,
    Lowering,
    Planner,
    cannot_state,
    rule_for,
    rules,
)
from archcalc.graph.graph import Node
from archcalc.layers.window import Sliding, same_total

FUSING = frozenset(["conv", "dwconv", "fc", "linear", "add", "multiply"])
"""Operations with a fused ReLU; others run it as an operation of its own."""
FOLDING = frozenset(["conv", "dwconv", "deconv", "fc", "linear"])
SHARING = frozenset(["add", "multiply"])
"""Operations that LiteRT lets write over an input."""
ACCUMULATOR_BITS = 32


class _File:
    """The operations of one TensorFlow Lite file, written down for one runtime.

    LiteRT keeps the caller's input to the end, and lets an elementwise operation write
    over an input that nothing else reads; it takes scratch for sums from elsewhere.
    """

    def __init__(self, lowering: Lowering, name: str, is_micro: bool) -> None:
        self.lowering = lowering
        self.name = name
        self.keeps_inputs = self.shares = not is_micro
        self.sums_in_arena = is_micro
        self.readers = lowering.counted.readers
        self.kinds: dict[int, str] = {}
        """The kind of the operation that made a value, by its number."""

    def write(self) -> None:
        """Write every operation down."""
        for node in self.lowering.nodes:
            if node.layer.role == "input":
                size = self.lowering.size(node)
                made = self.lowering.make("input", node, size, self.keeps_inputs)
                self.lowering.values[node.index] = made
            else:
                rule_for(KNOWN, node, self.name)(self, node)

    def follows(self, node: Node, kinds: frozenset[str]) -> bool:
        """Say whether a node alone reads an operation of these kinds."""
        (before,) = node.inputs
        value = self.lowering.values[before]
        return self.readers[before] == 1 and self.kinds.get(value) in kinds

    def make(self, node: Node, kind: str | None = None, scratch: int = 0) -> None:
        """Write an operation down that makes a tensor of its own."""
        lowering = self.lowering
        aside = [Aside("scratch", scratch)] if scratch else []
        size = lowering.size(node)
        shared = self.shared(node, size) if kind in SHARING else None
        if shared is None:
            made = lowering.step(node, size, aside=aside)
        else:
            made = lowering.reuse(node, shared)
        self.kinds[made] = kind or ""

    def shared(self, node: Node, size: int) -> int | None:
        """Return the first input that an operation may write over, if there is one."""
        graph = self.lowering.graph
        if not self.shares or node.index in graph.outputs:
            return None
        for index in node.inputs:
            value = self.lowering.values[index]
            alone = self.readers[index] == 1 and index not in graph.inputs
            if alone and self.lowering.tensors[value].bytes == size:
                return value
        return None


def _own(file: _File, node: Node) -> None:
    file.make(node, node.layer.key)


def _flattened(file: _File, node: Node, what: str, leaves: bool) -> int:
    """A reshape: a copy, or in LiteRT a view unless it is an end of the network."""
    lowering = file.lowering
    (before,) = node.inputs
    if file.shares and before not in lowering.graph.inputs and not leaves:
        return lowering.reuse(node, lowering.values[before])
    (x,) = lowering.graph.input_shapes(node)
    return lowering.step(node, lowering.size(node, x), what=what)


def _flatten(file: _File, node: Node) -> None:
    if len(node.shape) != 1:
        raise cannot_state(file.name, node, "it reshapes what lies channels last")
    leaves = node.index in file.lowering.graph.outputs
    _flattened(file, node, "output", leaves)


def _linear(file: _File, node: Node) -> None:
    """What a fully connected layer flattens first is reshaped."""
    (x,) = file.lowering.graph.input_shapes(node)
    if len(x) > 1 and not node.layer.flattens:
        raise cannot_state(file.name, node, "it reads more than one row")
    reads = None
    if len(x) > 1:
        reads = [_flattened(file, node, "flattened input", leaves=False)]
    made = file.lowering.step(node, file.lowering.size(node), reads)
    file.kinds[made] = node.layer.key


def _fused(file: _File, node: Node) -> None:
    """A ReLU is part of the operation before it where nothing else reads that."""
    if file.follows(node, FUSING):
        file.lowering.pass_on(node)
    else:
        file.make(node)


def _folded(file: _File, node: Node) -> None:
    """A batch norm is folded into the weights before it."""
    if not file.follows(node, FOLDING):
        raise cannot_state(
            file.name, node, "a batch norm that follows no convolution is not folded"
        )
    file.lowering.pass_on(node)


def _window(file: _File, node: Node) -> None:
    """Padding that is neither `valid` nor `same` is an operation before the window."""
    lowering = file.lowering
    (x,) = lowering.graph.input_shapes(node)
    sliding = Sliding(node.layer, x[1:])
    if any(map(any, sliding.pads)) and not is_same(sliding):
        size = lowering.size(node, (x[0], *sliding.padded()))
        padded = lowering.step(node, size, what="padded input")
        lowering.step(node, lowering.size(node), reads=[padded])
        file.kinds[lowering.values[node.index]] = node.layer.key
    else:
        file.make(node, node.layer.key)


def is_same(sliding: Sliding) -> bool:
    """Say whether padding is TensorFlow's `SAME`: the larger half at the end."""
    for n, k, s, d, pads in zip(
        sliding.axes,
        sliding.kernel,
        sliding.stride,
        sliding.dilation,
        sliding.pads,
        strict=True,
    ):
        total = same_total(n, k, s, d)
        if tuple(pads) != (total // 2, total - total // 2):
            return False
    return True


def _transposed(file: _File, node: Node) -> None:
    """In int8, a transposed convolution is summed in 32 bits, in Micro's arena."""
    lowering = file.lowering
    wide = file.sums_in_arena and lowering.bits < ACCUMULATOR_BITS
    scratch = lowering.size(node, bits=ACCUMULATOR_BITS) if wide else 0
    file.make(node, node.layer.key, scratch)


def _left_out(file: _File, node: Node) -> None:
    file.lowering.pass_on(node)


KNOWN = rules(
    {
        "conv dwconv maxpool avgpool": _window,
        "add multiply concat gap softmax sigmoid tanh": _own,
        "fc linear": _linear,
        "flatten": _flatten,
        "relu relu6": _fused,
        "bn": _folded,
        "deconv": _transposed,
        "dropout droppath identity": _left_out,
    }
)


def _micro(lowering: Lowering) -> None:
    _File(lowering, TFLM.name, is_micro=True).write()


def _reference(lowering: Lowering) -> None:
    _File(lowering, LITERT.name, is_micro=False).write()


CONVERTED = (
    "the converter fuses ReLU into the operation before it and folds batch norms",
    "a window that is neither `valid` nor `same` reads a padded copy of its input",
    "the file has the order of the spec",
)
TFLM = Planner(
    "tflm",
    "TensorFlow Lite Micro",
    (
        *CONVERTED,
        "in int8 a transposed convolution sums in 32 bits",
        "the largest tensor is placed first, each in the first gap that holds it",
    ),
    "tflite-micro 0.dev20261023182759 (greedy_memory_planner.cc), run",
    ("float32", "int8"),
    16,
    _micro,
    largest_first,
)
LITERT = Planner(
    "litert",
    "LiteRT, reference kernels",
    (
        *CONVERTED,
        "the caller's input stays to the end; an addition writes over its input",
        "the largest tensor is placed first, each in the tightest gap that holds it",
    ),
    "ai-edge-litert 2.3.0 (arena_planner.cc, simple_memory_arena.cc), run",
    ("float32", "int8"),
    1,
    _reference,
    tightest_gap,
)
