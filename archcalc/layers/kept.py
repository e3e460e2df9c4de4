"""What a layer keeps for its backward pass, and makes while it runs."""

from __future__ import annotations

from typing import NamedTuple

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
    the gradient of its first input alone. `native` is what it keeps instead where torch
    runs its own CPU kernel, None where the layer has one kernel; the rest then speaks
    of oneDNN's. `together`: all inputs stay as soon as one of them gets a gradient.
    `frozen` is what it keeps instead where its weights are frozen and a
    gradient passes on to its inputs, None for the same.
    """

    inputs: tuple[int, ...] = ()
    output: bool = False
    weights: tuple[str, ...] = ()
    extras: tuple[Extra, ...] = ()
    train_only: bool = False
    upcasts: bool = False
    first: Saved | None = None
    casts_for_input: bool = False
    native: Saved | None = None
    frozen: Saved | None = None
    together: bool = False


NOTHING_SAVED = Saved()


def not_yet(output: tuple[Dim, ...]) -> Extra:
    """Return what an output takes off, where it is not made yet."""
    return Extra(NOT_YET, each=-product(output))
