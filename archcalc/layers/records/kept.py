"""What a layer keeps for its backward pass, and makes while it runs."""

from __future__ import annotations

from collections.abc import Callable

from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim, product

NOT_YET = "less its output"
"""What is taken off where an output is not made yet; its bytes are below 0."""


class Extra(NamedTuple):
    """Something that a layer keeps for its backward pass beside its tensors.

    `each` values for every sample, `once` for the batch; `width` bytes each, or None
    for the dtype of the run. `only_for` are the positions of the inputs whose gradients
    alone need it, none for all; `training` says that it is made in training alone.
    """

    what: str
    each: Dim = 0
    once: Dim = 0
    width: int | None = None
    only_for: tuple[int, ...] = ()
    training: bool = False


class Saved(NamedTuple):
    """What autograd keeps of a layer for its backward pass.

    `inputs` are the positions of the inputs it keeps; `weights` the names of weights;
    `train_only` whether `extras` appear in training mode alone (the statistics of a
    batch norm, the mask of a dropout). `upcasts`: the layer computes in float32 or
    wider, so that in a narrower run it keeps float32 copies of inputs and extras.
    `first` is what it keeps instead where no gradient goes to its inputs, None for the
    same. `casts_for_input`: a cast copy of its weights, in mixed precision, is kept for
    the gradient of its first input alone. `together`: all inputs stay as soon as one of
    them gets a gradient. `frozen` is what it keeps instead where its weights are frozen
    and a gradient passes on to its inputs, None for the same.
    """

    inputs: tuple[int, ...] = ()
    output: bool = False
    weights: tuple[str, ...] = ()
    extras: tuple[Extra, ...] = ()
    train_only: bool = False
    upcasts: bool = False
    first: Saved | None = None
    casts_for_input: bool = False
    frozen: Saved | None = None
    together: bool = False


NOTHING_SAVED = Saved()


def not_yet(output: tuple[Dim, ...]) -> Extra:
    """Return what an output takes off, where it is not made yet."""
    return Extra(NOT_YET, each=-product(output))


class Kernel(NamedTuple):
    """Which kernel runs: the bits of a value, and whether it is oneDNN's.

    Of a layer for which torch's CPU has two.
    """

    bits: int
    onednn: bool


class Inside(NamedTuple):
    """What a layer keeps and makes that runs in many operations, with its batch.

    `inference` and `training` are the most bytes that live beside its input and output
    in a forward pass, without gradients or with what it keeps. `backward` returns the
    most bytes beyond those that live when its backward pass begins. Its arguments say
    whether its input needs a gradient, whether somebody else holds the gradient of its
    output, and whether gradients that meet are added up in place.
    """

    saved: Saved
    inference: int
    training: int
    backward: Callable[[bool, bool, bool], int]
