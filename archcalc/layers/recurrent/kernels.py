"""What torch's CPU kernels for recurrent layers allocate, tensor by tensor.

A recurrent layer runs many operations: a product of all inputs, then a few for each
step. `native` and `onednn` follow them in torch's order and take down what is made and
what is let go. Measured with torch 2.13.0, whose oneDNN is 3.12.0. What one operation
takes inside itself is not followed.
"""

from __future__ import annotations

from archcalc.records import NamedTuple, dataclass

PAGE = 4096
LINE = 64
"""Bytes of a line of the cache: oneDNN pads its rows to whole ones."""
FULL = 4
"""Bytes of a value in float32, in which oneDNN adds up gradients and cells."""
SLOW_ROW = 256
"""oneDNN makes a row a line longer if its values are a multiple of this."""


class Sizes(NamedTuple):
    """A recurrent layer and its batch, in numbers.

    `read` are the widths that its layers read, `out` the width that each direction
    gives, `ways` the number of directions, `gates` the number of gates, `biases` those
    of each gate. `in_order` says that the input lies in memory with time first, so that
    no copy is made. `bits` are those of a value.
    """

    steps: int
    batch: int
    hidden: int
    out: int
    read: tuple[int, ...]
    ways: int
    gates: int
    biases: int
    bits: int
    in_order: bool

    def bytes(self, values: int) -> int:
        return -(-values * self.bits // 8)

    @property
    def state(self) -> int:
        """Bytes of a hidden state or a cell of one layer and direction."""
        return self.bytes(self.batch * self.hidden)

    @property
    def given(self) -> int:
        """Bytes of what one layer and direction gives at one step."""
        return self.bytes(self.batch * self.out)

    @property
    def pairs(self) -> int:
        """How many layers and directions there are."""
        return len(self.read) * self.ways

    @property
    def input(self) -> int:
        return self.bytes(self.steps * self.batch * self.read[0])

    @property
    def output(self) -> int:
        return self.steps * self.given * self.ways

    @property
    def zero(self) -> int:
        """Bytes of the zeros that stand for the second bias of each gate."""
        return self.bytes(self.gates * self.hidden) if self.biases == 1 else 0

    @property
    def inner(self) -> int:
        """Bytes of a state that is projected to what goes out, 0 without that."""
        return self.state if self.out != self.hidden else 0

    def shared(self, cell: bool) -> int:
        """Return the bytes of a first state that lies in the first cell, or 0.

        Where there is one bias, both are the same zeros; a part of them is copied
        unless they lie in a row.
        """
        if not cell or self.biases != 1 or (self.inner and self.pairs * self.batch > 1):
            return 0
        return self.given


@dataclass(slots=True)
class Heap:
    """Bytes that live, and the most that lived at one time."""

    live: int = 0
    peak: int = 0

    def take(self, *sizes: int) -> None:
        self.live += sum(sizes)
        self.peak = max(self.peak, self.live)

    def free(self, *sizes: int) -> None:
        self.live -= sum(sizes)


class Step(NamedTuple):
    """One step of a native kernel: what it makes beside what it gives, in states.

    `made` in inference, `trained` in training, of which `stays` are kept for backward;
    `cell` says that a cell is handed on beside the state.
    """

    made: int
    trained: int
    stays: int
    cell: bool = False


STEPS = {
    "lstm": Step(made=6, trained=6, stays=6, cell=True),
    "gru": Step(made=4, trained=6, stays=6),
    "rnn": Step(made=1, trained=1, stays=0),
}
"""The steps of the native kernels, by the key of the layer.

An LSTM makes four gates, the new cell, and its tanh. A GRU makes three gates and the
new gate; in training also copies of a third of the recurrent product and of the state
less the new gate, which else are overwritten. A plain layer makes a sum.
"""


def states_kept(sizes: Sizes, key: str) -> int:
    """Return the bytes that the steps of a native kernel keep for backward.

    The first state takes the place of the last. A plain layer keeps both. Where
    there is one bias, the first state of an LSTM is its first cell as well.
    """
    each = sizes.steps * (STEPS[key].stays * sizes.state + sizes.inner + sizes.given)
    once = 0 if STEPS[key].stays else sizes.given
    return sizes.pairs * (each + once - sizes.shared(STEPS[key].cell))


def native_peak(sizes: Sizes, key: str, training: bool) -> int:
    """Return the most bytes that a native kernel holds beside its input, in forward."""
    step, heap = STEPS[key], Heap()
    states = sizes.given + (sizes.state if step.cell else 0)
    first = sizes.pairs * (states - sizes.shared(step.cell))
    heap.take(first, sizes.zero)
    for level in range(len(sizes.read)):
        gone = 0
        for way in range(sizes.ways):
            gone += _one_way(heap, sizes, step, (level, way), training)
        if sizes.ways == 2:
            heap.take(sizes.output)
            gone += sizes.output  # the two halves
        if level and not training:
            gone += sizes.output  # what this layer read
        heap.free(gone)
    heap.take(sizes.pairs * states)
    return heap.peak


def _one_way(
    heap: Heap, sizes: Sizes, step: Step, at: tuple[int, int], training: bool
) -> int:
    """Run one layer one way; return the bytes that go when the layer is done."""
    level, way = at
    steps, state, given = sizes.steps, sizes.state, sizes.given
    products = steps * sizes.bytes(sizes.batch * sizes.gates * sizes.hidden)
    copied = sizes.input if level == 0 and not sizes.in_order else 0
    heap.take(copied)
    heap.take(products)
    if not training:
        heap.free(copied)
    if way:
        heap.free(products)  # those of the first way
    if training:
        heap.take((steps - 1) * (step.stays * state + sizes.inner + given))
        heap.take(step.trained * state, sizes.inner, given)
        heap.free((step.trained - step.stays) * state)
    else:
        before = state if step.cell and steps > 1 else 0
        heap.take((steps - 1) * given, before)
        heap.take(step.made * state, sizes.inner)
        heap.free(sizes.inner)  # tanh of the cell goes before the projection
        heap.take(given)
        stays = state if step.cell else 0
        heap.free(step.made * state - stays, before)
    heap.take(steps * given)
    last = products if way == sizes.ways - 1 else 0
    return last if training else last + (steps - 1) * given


# -- oneDNN's kernel of an LSTM --------------------------------------------------------


def _pages(size: int) -> int:
    return -(-size // PAGE) * PAGE


def _row(values: int, width: int) -> int:
    """Return the values of a row as oneDNN lays it."""
    line = LINE // width
    padded = -(-values // line) * line
    return padded + line if padded % SLOW_ROW == 0 else padded


def onednn_workspace(sizes: Sizes, level: int) -> int:
    """Return the bytes that oneDNN keeps of one layer and direction for backward.

    In pages: gates; states, and two gradients of states; cells, and their gradients;
    what is multiplied by the recurrent weights. Equal to the byte with the
    instructions of SSE4.1, AVX, AVX2, AVX-512 and its bfloat16.
    """
    width = sizes.bits // 8
    steps, batch, hidden = sizes.steps, sizes.batch, sizes.hidden
    widest = max(sizes.read[level], hidden)
    both = 2 * (steps + 1) * batch
    parts = (
        width * steps * batch * _row(4 * hidden, width),
        width * both * _row(widest, width),
        FULL * both * _row(widest, FULL),
        FULL * both * _row(widest, FULL),
        FULL * both * hidden,
        width * both * hidden,
        width * steps * batch * _row(hidden, width),
    )
    return sum(map(_pages, parts))


def weights_of(sizes: Sizes, level: int) -> int:
    """Return the bytes of the two matrices of one layer and direction."""
    rows = sizes.gates * sizes.hidden
    return sizes.bytes(rows * (sizes.read[level] + sizes.hidden))


def onednn_peak(sizes: Sizes, training: bool) -> int:
    """Return the most bytes that oneDNN's kernel holds beside its input, in forward."""
    heap, one_way = Heap(), sizes.steps * sizes.state
    heap.take(sizes.pairs * (2 * sizes.state - sizes.shared(True)), sizes.zero)
    heap.take(0 if sizes.in_order else sizes.input)
    for level in range(len(sizes.read)):
        for _ in range(sizes.ways):
            zeros = 0 if sizes.biases else weights_of(sizes, level)
            heap.take(zeros, one_way, 2 * sizes.state)
            if training:
                heap.take(onednn_workspace(sizes, level))
            else:
                heap.free(zeros, one_way if level else 0)
        if sizes.ways == 2:
            heap.take(sizes.output)
            heap.free(sizes.output if level and not training else 0)
    heap.take(2 * sizes.pairs * sizes.state)
    return heap.peak
