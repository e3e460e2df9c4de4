"""As paddle.flops counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import MADE, REST, Convention, rules
from archcalc.figures.conventions.measure import Measure, View
from archcalc.layers.base import numel
from archcalc.sizes.dims import Dim, product


def _whole_windows(view: View) -> Dim:
    """Return the input values of an adaptive mean, each axis divided and cut off."""
    axes = zip(view.inputs[0][1:], view.output[1:], strict=True)
    return numel(view.output) * product([before // after for before, after in axes])


def _of_image(view: View) -> Dim:
    """Return the values of an image of two spatial axes, 0 of other inputs."""
    return numel(view.output) if len(view.output) == 3 else 0


whole_windows = Measure("output values × (input // output)", _whole_windows)
of_image = Measure("output values of an image", _of_image)
CONVENTION = Convention(
    "paddle",
    "MAC",
    "MACs, biases of convolutions; per value 2 for batch norms of images",
    "paddle.flops, from which the tables of PaddleClas and PaddleDetection come: "
    "multiply-accumulates, and biases of convolutions but not of linear layers. A "
    "batch norm counts 2 per value, with a scale or without, but only over images "
    "(BatchNorm2D); leaky ReLU 1. An average pool counts 1 per output value, an "
    "adaptive one that and a window per output value, whose sides are cut off to whole "
    "numbers. A transposed convolution is counted at the size of its output. Every "
    "other layer counts zero: other norms and activations, max pools, softmax, "
    "interpolation, recurrent layers and attention. Its parameters include the running "
    "means and variances of batch norms, and none of recurrent layers. Paddle calls "
    "this figure FLOPs.",
    rules(
        {
            REST: {},
            MADE: {},
            "conv dwconv": {m.mac: 1, m.bias: 1},
            "deconv": {m.deconv_as_conv: 1, m.bias: 1},
            "fc linear": {m.mac: 1},
            "bn": {of_image: 2},
            "leaky_relu": {m.leaving: 1},
            "avgpool": {m.leaving: 1},
            "gap adaptive_avgpool": {whole_windows: 1, m.leaving: 1},
        }
    ),
    rules(
        {
            REST: {m.trainable: 1},
            "bn": {m.trainable: 1, m.statistics: 1},
            "lstm gru rnn": {},
        }
    ),
    "paddlepaddle 3.3.1, paddle.flops",
)
