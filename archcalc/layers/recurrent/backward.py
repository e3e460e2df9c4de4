"""What torch's CPU kernels for recurrent layers allocate in the backward pass.

The kernels are those of `recurrent.kernels`. Their backward passes run through the
layers, ways and steps in the opposite order. Measured with torch 2.13.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from archcalc.layers.base import Extra, Inside, Saved
from archcalc.layers.recurrent.kernels import (
    STEPS,
    Heap,
    Sizes,
    native_peak,
    onednn_peak,
    onednn_workspace,
    states_kept,
    weights_of,
)
from archcalc.records import NamedTuple

FEW = 5
"""From the third step on, all but the last step of a way are alike."""


def native(sizes: Sizes, key: str, weights: tuple[str, ...]) -> Inside:
    """Return what a native kernel keeps and makes.

    A layer reads its input once for each way, each with a copy of its own that puts
    time first. With frozen weights no product needs what it read.
    """
    later = sizes.output * (len(sizes.read) - 1)
    copied = 0 if sizes.in_order else sizes.input * sizes.ways
    each = STEPS[key].stays * sizes.state or sizes.given
    saved = Saved(
        inputs=(0,) if sizes.in_order else (),
        weights=tuple(name for name in weights if name.startswith("weight")),
        extras=tuple(
            _bytes(
                ("inputs of layers, time first", copied + later),
                (
                    "states" if key == "rnn" else "gates and states",
                    states_kept(sizes, key),
                ),
            )
        ),
        frozen=Saved(extras=tuple(_bytes(("gates", sizes.pairs * sizes.steps * each)))),
    )
    return Inside(
        saved,
        native_peak(sizes, key, training=False),
        native_peak(sizes, key, training=True),
        partial(native_backward, sizes, key),
    )


def onednn(sizes: Sizes, weights: tuple[str, ...]) -> Inside:
    """Return what oneDNN's kernel of an LSTM keeps and makes.

    torch hands it zeros for biases that are missing; without any they are as large as
    the weights.
    """
    levels, one_way = range(len(sizes.read)), sizes.steps * sizes.state
    joined = (len(levels) - 1) * sizes.output if sizes.ways == 2 else -sizes.output
    missing = sizes.ways * sum(weights_of(sizes, level) for level in levels)
    states = sizes.pairs * (4 * sizes.state - sizes.shared(True))
    works = (onednn_workspace(sizes, level) for level in levels)
    saved = Saved(
        inputs=(0,) if sizes.in_order else (),
        output=sizes.ways == 1,
        weights=weights,
        extras=tuple(
            _bytes(
                ("input, time first", 0 if sizes.in_order else sizes.input),
                ("outputs of layers", sizes.pairs * one_way + joined),
                ("first and last states", states),
                ("zeros for biases", sizes.zero if sizes.biases else missing),
                ("oneDNN's workspace", sizes.ways * sum(works)),
            )
        ),
    )
    return Inside(
        saved,
        onednn_peak(sizes, training=False),
        onednn_peak(sizes, training=True),
        partial(onednn_backward, sizes),
    )


def _bytes(*named: tuple[str, int]) -> Iterable[Extra]:
    """Yield what is kept by its name and bytes; nothing that takes none."""
    return (Extra(what, once=size, width=1) for what, size in named if size)


class Place(NamedTuple):
    """Where a native backward pass is: which layer and way, and which step of it.

    `number` counts the steps from 1, in the order in which backward takes them.
    `given` are the bytes of the gradient that this layer was given, if it goes when the
    way that runs is done with it.
    """

    level: int
    way: int
    number: int
    steps: int
    given: int

    @property
    def first(self) -> bool:
        return self.number == 1

    @property
    def last(self) -> bool:
        return self.number == self.steps

    @property
    def leaves(self) -> bool:
        """Say whether the last gradient of a state is added up in this step."""
        return self.number == max(1, self.steps - 1)

    @property
    def ends(self) -> bool:
        """Say whether it is the step that reads the first states last."""
        return self.last and self.level == 0 and self.way == 0


def native_backward(
    sizes: Sizes, key: str, onward: bool, held: bool, _adding: bool
) -> int:
    """Return the most bytes beyond what lives when its backward pass begins.

    What it kept and its gradient live then. `onward` says that its input needs a
    gradient, `held` that somebody else holds the gradient of its output. Those of the
    input that two ways make are never added up in place, whatever is said.
    """
    heap = Heap()
    levels, ways = len(sizes.read), sizes.ways
    for level in reversed(range(levels)):
        given = 0 if held and level == levels - 1 else sizes.output
        onwards = onward or level > 0
        read = sizes.steps * sizes.bytes(sizes.batch * sizes.read[level])
        for way in reversed(range(ways)):
            _steps(heap, sizes, key, level, way, 0 if way else given)
            _products(heap, sizes, level, way, read if onwards else 0)
        if ways == 2 and onwards:
            heap.take(read)
            heap.free(2 * read)
    return heap.peak


def _steps(
    heap: Heap, sizes: Sizes, key: str, level: int, way: int, given: int
) -> None:
    """Go through the steps of one layer and way, those that are alike at once."""
    steps, number = sizes.steps, 1
    while number <= steps:
        before = heap.live
        CELLS[key](heap, sizes, Place(level, way, number, steps, given))
        number += 1
        if number == 4 and steps > FEW + 1:
            skipped = steps - FEW
            heap.take(skipped * (heap.live - before))
            number += skipped


def _lstm(heap: Heap, sizes: Sizes, place: Place) -> None:
    state = sizes.state
    projects = sizes.inner > 0
    if projects:
        _projection(heap, sizes, place)
    run(heap, state, (1, 1) if place.first and not projects else (1, 1, -1))
    if place.steps == 1:
        heap.free(place.given)
    run(heap, state, (1, -1, -1) if place.first else (1, -1, -1, -1))
    run(heap, state, (3, -1) if place.last else (4, -2))
    if place.ends and not sizes.shared(True):
        heap.free(sizes.pairs * state)
    run(heap, state, (1, -1, 1, -1, 1, -1, 1, -1, -4, 4, -4))
    _recurrent(heap, sizes, place, "lstm")


def _projection(heap: Heap, sizes: Sizes, place: Place) -> None:
    """Go back through the product that projects a state."""
    matrix = sizes.bytes(sizes.hidden * sizes.out)
    heap.take(matrix, sizes.state)
    heap.free(0 if place.first else sizes.given, sizes.state)
    _add_up(heap, place, matrix)


def _gru(heap: Heap, sizes: Sizes, place: Place) -> None:
    state = sizes.state
    run(heap, state, (1, 1, -1))
    moves = {
        (True, True): (1, -1, 1, -1),
        (True, False): (1, 1, 1, -2),
        (False, False): (1, 1, -2),
        (False, True): (1, -2),
    }
    run(heap, state, moves[place.first, place.last])
    if place.leaves:
        heap.free(place.given)
    run(heap, state, (1, -1, -1, 1, 1, -1, 1, -1, 1, -1, -3, 3, -1))
    _recurrent(heap, sizes, place, "gru")
    run(heap, state, (3, -3))


def _rnn(heap: Heap, sizes: Sizes, place: Place) -> None:
    run(heap, sizes.state, (1, -1) if place.first else (1, -2))
    if place.steps == 1:
        heap.free(place.given)
    _recurrent(heap, sizes, place, "rnn")


CELLS = {"lstm": _lstm, "gru": _gru, "rnn": _rnn}


def run(heap: Heap, size: int, moves: tuple[int, ...]) -> None:
    """Take so many blocks of a size, or free them, one move after another."""
    for move in moves:
        if move > 0:
            heap.take(move * size)
        else:
            heap.free(-move * size)


def _recurrent(heap: Heap, sizes: Sizes, place: Place, key: str) -> None:
    """Go back through the recurrent product: gradients of state, weights and bias.

    The first two gradients of a weight are added up into a third tensor, as torch does;
    later ones are added in place.
    """
    state = sizes.given
    matrix = sizes.bytes(sizes.gates * sizes.hidden * sizes.out)
    bias = sizes.bytes(sizes.gates * sizes.hidden) if sizes.biases == 2 else 0
    heap.take(0 if place.last else state, matrix, bias)
    if key == "gru":
        heap.free(3 * state)
    if place.ends:
        heap.free(sizes.pairs * state)
    elif key != "rnn" and not place.last:
        heap.free(state)
    if place.number == 2:
        heap.take(bias)
        heap.free(bias)
    if key != "gru" and not place.last:
        heap.take(state)
        heap.free(place.given if place.leaves else 0)
    heap.free(0 if place.first else bias, 0 if place.last else state)
    _add_up(heap, place, matrix)


def _add_up(heap: Heap, place: Place, matrix: int) -> None:
    """Add the gradient of a matrix to that of the steps before."""
    if place.number == 2:
        heap.take(matrix)
        heap.free(matrix)
    heap.free(0 if place.first else matrix)


def _products(heap: Heap, sizes: Sizes, level: int, way: int, read: int) -> None:
    """Go back through the product of all inputs of one layer and way."""
    rows = sizes.gates * sizes.hidden
    products = sizes.steps * sizes.bytes(sizes.batch * rows)
    bias = sizes.bytes(rows) if sizes.biases else 0
    heap.take(products)
    heap.free(products)
    heap.take(bias, sizes.bytes(rows * sizes.read[level]), read)
    heap.free(products)
    if level and way == 0:
        heap.free(sizes.output)
    elif level == 0 and not sizes.in_order:
        heap.free(sizes.input)


# -- oneDNN's kernel of an LSTM --------------------------------------------------------


def onednn_backward(sizes: Sizes, onward: bool, held: bool, adding: bool) -> int:
    """Return the most bytes beyond what lives when its backward pass begins.

    As `native_backward`; `adding` says that two gradients are added up in place.
    """
    heap = Heap()
    levels, ways, one_way = len(sizes.read), sizes.ways, sizes.steps * sizes.state
    for level in reversed(range(levels)):
        top = level == levels - 1
        read = sizes.steps * sizes.bytes(sizes.batch * sizes.read[level])
        onwards = onward or level > 0
        for _ in range(ways):
            _onednn_way(heap, sizes, level, read)
            heap.free(0 if onwards else read)
            heap.free(one_way)  # its output, which was kept
        if ways == 2 and onwards:
            heap.take(0 if adding else read)
            heap.free(read if adding else 2 * read)
        heap.free(0 if held and top else sizes.output)
        if level and ways == 2:
            heap.free(sizes.output)
    return heap.peak


def _onednn_way(heap: Heap, sizes: Sizes, level: int, read: int) -> None:
    state, matrices = sizes.state, weights_of(sizes, level)
    bias = sizes.bytes(sizes.gates * sizes.hidden)
    heap.take(read, 2 * state, matrices, 2 * bias)
    heap.free(2 * state, (2 - sizes.biases) * bias)
    heap.free(onednn_workspace(sizes, level), 2 * state)
    heap.free(0 if sizes.biases else matrices)
