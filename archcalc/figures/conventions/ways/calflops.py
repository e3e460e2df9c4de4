"""As calflops counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import (
    ENLARGING,
    POOLS,
    REST,
    Convention,
    Spelling,
    rules,
)
from archcalc.figures.conventions.spellings import (
    IN_WORDS,
    SIZED,
    bias_in_words,
    macs_in_words,
    padded_in_words,
    plane,
)

CONVENTION = Convention(
    "calflops",
    "FLOP",
    "2 per MAC; biases of convolutions; per value 2 for batch norms, 1 for ReLU, pools",
    "Two for each multiply-accumulate, and biases of convolutions but not of linear "
    "layers. A batch norm counts 2 per value (1 without a scale), a layer, group or "
    "instance norm 5 (4); ReLU, leaky ReLU, PReLU, ELU, SiLU, GELU and softmax count "
    "1, pools 1 per input value. Products and sums that are written with @, * and + "
    "are not seen: attention, gates and sums count zero, and so do sigmoid, tanh, "
    "ReLU6 and the hard activations. A transposed convolution is divided by its groups "
    "twice, and its biases are counted at the size that a convolution would have; "
    "interpolation counts its input, or one plane whatever the batch if it is told a "
    "size; the projections of an LSTM are not counted. An even kernel written "
    "padding='same' loses a row and a column; these are the figures of padding in "
    "numbers.",
    rules(
        {
            REST: {},
            "conv dwconv": {m.mac: 2, m.bias: 1},
            "fc linear": {m.mac: 2},
            "deconv": {m.deconv_groups_twice: 2, m.deconv_bias_as_conv: 1},
            "bn": {m.leaving: 1, m.leaving_affine: 1},
            "ln gn in": {m.leaving: 4, m.leaving_affine: 1},
            "relu leaky_relu prelu elu swish gelu softmax": {m.leaving: 1},
            "swiglu geglu reglu": {m.leaving: 1},
            "einsum": {m.mac: 2},
            POOLS: {m.entering: 1},
            "lppool": {m.entering: 1, m.leaving: 2},
            "lrn": {m.leaving: 3, m.padded_by_channels: 1},
            ENLARGING: {m.one_plane: 1},
            "lstm": {
                m.mac: 1,
                m.trainable_every_step: 1,
                m.projection_every_step: -2,
                m.states: 2,
            },
            "gru": {m.mac: 1, m.trainable_every_step: 1, m.states: 1},
            "rnn": {m.mac: 1, m.trainable_every_step: 1, m.states: -1},
        }
    ),
    source="calflops 0.3.2, calculate_flops",
    spellings=(
        Spelling(
            IN_WORDS,
            padded_in_words,
            rules({"conv dwconv": {macs_in_words: 2, bias_in_words: 1}}),
        ),
        Spelling(SIZED, lambda _: True, rules({ENLARGING: {plane: 1}})),
    ),
)
