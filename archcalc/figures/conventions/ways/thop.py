"""As thop counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import (
    ENLARGING,
    MADE,
    REST,
    Convention,
    rules,
)
from archcalc.figures.conventions.measure import Measure, View
from archcalc.layers.base import numel
from archcalc.sizes.dims import Dim


def _adaptive_ratio(view: View) -> Dim:
    """Return thop's work of an adaptive mean: a window's share, and a division.

    The share is a quotient of sizes in floating point, whose last digits are cut off
    once a batch: where sizes do not divide, it may come out one lower than it is.
    """
    x, y = view.inputs[0], view.output
    share = 1.0
    whole = (numel(x) + numel(y)) * view.batch
    for before, after in zip(x[1:], y[1:], strict=True):
        if not (isinstance(before, int) and isinstance(after, int)):
            return whole
        share *= before / after
    values = numel(y) * view.batch
    return int((share + 1) * values) if isinstance(values, int) else whole


adaptive_ratio = Measure("input and output values", _adaptive_ratio, whole=True)


def _unprojected_every_step(view: View) -> Dim:
    """Return the parameters of an LSTM as if it had no projection, times its steps."""
    plain = view.layer.replace(proj=None)
    shapes = plain.weights(*view.inputs).values()
    return sum(map(numel, shapes), 0) * view.inputs[0][0]


unprojected_every_step = Measure(
    "params without projection × steps", _unprojected_every_step
)


CONVENTION = Convention(
    "thop",
    "MAC",
    "MACs; per value 4 for batch norms, 3 for softmax; params of known modules only",
    "Multiply-accumulates. A batch, layer or instance norm counts 4 per value (2 "
    "without a scale), a PReLU 1, a softmax 3 less one per row. An average pool counts "
    "1 per output value, an adaptive one 1 per input and 1 per output value (a rounded "
    "quotient may lose one). Interpolation counts 1, 5, 11 or 259 per value "
    "(nearest, linear, bilinear, bicubic). A transposed convolution is counted at the "
    "size of its output, which is too much by one stride per axis. Products in code "
    "are not seen, so "
    "attention and gates count zero. A module without a rule counts zero, and so do "
    "its parameters: group and RMS norm, embeddings, learned tokens, positions and "
    "scales, and every module with weight or spectral norm. An LSTM with projections "
    "counts as one without. thop calls this figure MACs.",
    rules(
        {
            REST: {},
            MADE: {},
            "conv dwconv fc linear": {m.mac: 1},
            "deconv": {m.deconv_as_conv: 1},
            "bn ln in": {m.leaving: 2, m.leaving_affine: 2},
            "prelu avgpool": {m.leaving: 1},
            "softmax": {m.leaving: 3, m.rows: -1},
            "gap adaptive_avgpool": {adaptive_ratio: 1},
            ENLARGING: {
                **{m.enlarged(f"nearest{axes}d"): 1 for axes in (1, 2, 3)},
                m.enlarged("linear"): 5,
                m.enlarged("bilinear"): 11,
                m.enlarged("bicubic"): 259,
            },
            "lstm": {unprojected_every_step: 1, m.states: 8},
            "gru": {m.trainable_every_step: 1, m.states: 7},
            "rnn": {m.trainable_every_step: 1, m.states: 1},
        }
    ),
    rules(
        {
            REST: {m.trainable: 1},
            "gn rms grn embedding class_token position layer_scale channel_bias": {},
            "lookup selective_scan deform_conv": {},
            MADE: {},
            "parameter relative_bias unknown window_attention grid_attention": {},
        }
    ),
    "thop 0.1.1.post2209072238, profile",
)
