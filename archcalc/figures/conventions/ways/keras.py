"""As keras counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import REST, Convention, rules
from archcalc.figures.conventions.measure import Measure, View
from archcalc.layers.base import numel
from archcalc.sizes.dims import Dim


def _second_biases(view: View) -> Dim:
    """Return the biases of a recurrent layer that add to hidden states."""
    named = view.layer.weights(*view.inputs).items()
    return sum((numel(shape) for name, shape in named if name.startswith("bias_hh")), 0)


second_biases = Measure("hidden biases", _second_biases)


CONVENTION = Convention(
    "keras",
    None,
    "parameters with the running means and variances of batch norms; no operations",
    "Keras counts parameters, not operations. Its Total params include the running "
    "mean and variance of batch norms, so a batch norm has 4 per channel where torch "
    "has 2; a gate of an LSTM has one bias where torch has two. The networks in Keras "
    "itself may also differ: its ResNet-50 has a bias before each batch norm, "
    "25,636,712 parameters in total.",
    {},
    rules(
        {
            REST: {m.trainable: 1},
            "bn": {m.trainable: 1, m.statistics: 1},
            "lstm": {m.trainable: 1, second_biases: -1},
        }
    ),
    "Keras 3.15.1, count_params",
)
