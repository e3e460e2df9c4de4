"""Optimizers as data: how many tensors of a parameter's size each keeps for it."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.errors import unknown

SCALAR_BYTES = 4


class Optimizer(NamedTuple):
    """What torch.optim keeps for each parameter.

    `copies` tensors of its shape and dtype by name, and `scalars` of 4 bytes (the count
    of steps).
    """

    copies: tuple[str, ...] = ()
    scalars: int = 0
    cite: str = ""


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer((), 0, "torch.optim.SGD, momentum 0"),
    "momentum": Optimizer(("momentum",), 0, "torch.optim.SGD, momentum above 0"),
    "nesterov": Optimizer(("momentum",), 0, "torch.optim.SGD, nesterov"),
    "adam": Optimizer(("mean", "variance"), 1, "torch.optim.Adam; Kingma and Ba 2014"),
    "adamw": Optimizer(
        ("mean", "variance"), 1, "torch.optim.AdamW; Loshchilov and Hutter 2017"
    ),
    "amsgrad": Optimizer(
        ("mean", "variance", "largest variance"), 1, "torch.optim.Adam, amsgrad"
    ),
    "nadam": Optimizer(("mean", "variance"), 2, "torch.optim.NAdam"),
    "radam": Optimizer(("mean", "variance"), 1, "torch.optim.RAdam"),
    "adamax": Optimizer(("mean", "largest"), 1, "torch.optim.Adamax"),
    "adagrad": Optimizer(("sum of squares",), 1, "torch.optim.Adagrad"),
    "adadelta": Optimizer(
        ("mean of squares", "mean of steps"), 1, "torch.optim.Adadelta"
    ),
    "rmsprop": Optimizer(("mean of squares",), 1, "torch.optim.RMSprop"),
    "rmsprop-momentum": Optimizer(
        ("mean of squares", "momentum"), 1, "torch.optim.RMSprop, momentum above 0"
    ),
    "rprop": Optimizer(("gradient", "step size"), 1, "torch.optim.Rprop"),
    "lion": Optimizer(("momentum",), 0, "Chen 2023, algorithm 2"),
}
"""The optimizers that are known, each with where its state is defined."""


def optimizer(name: str) -> Optimizer:
    """Return an optimizer; raise `UsageError` AC540 for an unknown name."""
    found = OPTIMIZERS.get(name.lower())
    if found is None:
        raise unknown("AC540", "optimizer", name, OPTIMIZERS, "known")
    return found
