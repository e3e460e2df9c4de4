"""As lecture counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import JUST_MACS, REST, Convention, rules
from archcalc.figures.conventions.measure import Measure, View
from archcalc.layers.base import numel
from archcalc.sizes.dims import Dim


def _weights_alone(view: View) -> Dim:
    """Return the parameters without biases and without scale and shift."""
    if view.layer.role == "norm":
        return 0
    named = view.layer.weights(*view.inputs).items()
    return sum((numel(shape) for name, shape in named if not m.is_bias(name)), 0)


weights_alone = Measure("weights", _weights_alone)


CONVENTION = Convention(
    "lecture",
    "MAC",
    "multiply-accumulates; parameters are weights, without biases and normalization",
    "The way of CS231n: its conv ops are multiply-accumulates, and its params are "
    "weights only, (3*3*3)*64 = 1,728, without biases, scales and shifts.",
    JUST_MACS,
    rules({REST: {weights_alone: 1}}),
    "CS231n, lecture 9",
)
