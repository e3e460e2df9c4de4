"""As ptflops counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import (
    ENLARGING,
    MADE,
    MATRICES,
    POOLS,
    REST,
    Convention,
    rules,
)
from archcalc.figures.conventions.measure import Measure, View
from archcalc.sizes.dims import Dim


def _interpolated(view: View) -> Dim:
    """Return the output values of one sample, and the input values times the scale."""
    return m.unrounded_and(m.leaving_once(view), view)


interpolated = Measure(
    "output values of one sample + input values × scale", _interpolated, whole=True
)
CONVENTION = Convention(
    "ptflops",
    "MAC",
    "MACs and biases; 2 per value for batch norms, ReLU and pools; no attention",
    "Multiply-accumulates and biases of modules. A batch, group or instance norm "
    "counts 2 per value (1 without a scale), a layer norm 1. What both a module and "
    "the function that it calls report is counted twice: ReLU, PReLU, ELU and GELU "
    "count 2 per value, pools 2 per input value, interpolation 2 per output value of "
    "the first sample and 1 of each further one. Leaky ReLU, ReLU6, SiLU and softmax "
    "count 1. Products and sums that are written with @, * and + are not seen, so "
    "gates, sums and attention count zero (nn.MultiheadAttention has a rule); so do "
    "sigmoid, tanh, their hard versions and RMS norm, and modules with weight or "
    "spectral norm. The projections of an LSTM are not counted. These are the figures "
    "of the default backend, pytorch; ptflops calls them MACs.",
    rules(
        {
            REST: {},
            MADE: {},
            MATRICES: {m.mac: 1, m.bias: 1},
            "bn gn in": {m.leaving: 1, m.leaving_affine: 1},
            "ln leaky_relu relu6 swish softmax": {m.leaving: 1},
            "swiglu geglu reglu": {m.leaving: 1},
            "relu prelu elu gelu": {m.leaving: 2},
            POOLS: {m.entering: 2},
            "lppool": {m.entering: 1, m.leaving: 2},
            "lrn": {m.leaving: 3, m.padded_by_channels: 1},
            ENLARGING: {interpolated: 1},
            "lstm": {
                m.trainable_every_step: 1,
                m.projection_every_step: -1,
                m.states: 10,
            },
            "gru": {m.trainable_every_step: 1, m.states: 7},
            "rnn": {m.trainable_every_step: 1, m.states: 1},
        }
    ),
    source="ptflops 0.7.5, get_model_complexity_info",
)
