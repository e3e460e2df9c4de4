"""As torch-pruning counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import (
    ENLARGING,
    MADE,
    POOLS,
    REST,
    Convention,
    rules,
)
from archcalc.figures.conventions.measure import Measure, View
from archcalc.sizes.dims import Dim


def _bias_once(view: View) -> Dim:
    """Return the biases of a linear layer: once, whatever the batch and the tokens."""
    return view.output[-1] if view.layer.bias else 0


def by_features(one: Measure) -> Measure:
    """Return a measure of a recurrent layer times the features that enter, once.

    The tool takes the first sample for the batch: its steps for samples, its features
    for steps.
    """
    symbol = f"{one.symbol} × features"
    return Measure(symbol, lambda view: one(view) * view.inputs[0][1], whole=True)


bias_once = Measure("biases", _bias_once, whole=True)
EVERY_STEP = by_features(m.trainable_every_step)
STATES = by_features(m.states)
CONVENTION = Convention(
    "torch-pruning",
    "MAC",
    "MACs and biases of modules; 2 per value for norms, 1 for ReLU and pools",
    "An early version of ptflops: multiply-accumulates and biases of modules, without "
    "what functions count there again. A batch, layer, group or instance norm counts 2 "
    "per value (1 without a scale), ReLU, PReLU, ELU, GELU, leaky ReLU and ReLU6 1, a "
    "pool 1 per input value. A linear layer counts its biases once, whatever the batch "
    "and the number of tokens; interpolation counts the output of one sample. A "
    "transposed convolution is counted at the size of its output. A recurrent layer "
    "counts its steps times its features, whatever the batch. Attention, gates and "
    "sums in code are not seen, nor modules with weight or spectral norm. The tool "
    "prints the mean of a batch, here is the sum; it calls the figure ops.",
    rules(
        {
            REST: {},
            MADE: {},
            "conv dwconv": {m.mac: 1, m.bias: 1},
            "deconv": {m.deconv_as_conv: 1, m.bias: 1},
            "fc linear": {m.mac: 1, bias_once: 1},
            "bn gn in ln": {m.leaving: 1, m.leaving_affine: 1},
            "leaky_relu relu6 relu prelu elu gelu": {m.leaving: 1},
            POOLS: {m.entering: 1},
            ENLARGING: {m.leaving_once: 1},
            "lstm": {
                EVERY_STEP: 1,
                by_features(m.projection_every_step): -1,
                STATES: 10,
            },
            "gru": {EVERY_STEP: 1, STATES: 7},
            "rnn": {EVERY_STEP: 1, STATES: 1},
        }
    ),
    source="torch-pruning 1.6.1, count_ops_and_params",
)
