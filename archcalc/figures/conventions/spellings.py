"""Layers that are written otherwise in torch: padding as a word, a size for each axis.

Our torch records give padding in numbers and scales as scales; some tools read only
that, or count it otherwise.
"""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.measure import Measure, View
from archcalc.layers.base import Shape, numel
from archcalc.sizes.dims import Dim, product, same

IN_WORDS = "padding='same' or 'valid'"
SIZED = "a size for each axis of an interpolation"


def padded_in_words(view: View) -> bool:
    """Say whether torch can pad a convolution by a word: `valid` or `same`."""
    sliding = view.layer.sliding(view.inputs[0])
    if all(same(p, 0) for pair in sliding.pads for p in pair):
        return True
    axes = zip(
        sliding.kernel, sliding.stride, sliding.dilation, sliding.pads, strict=True
    )
    return all(
        same(s, 1) and same(p, d * (k - 1) // 2) and same(p + q, d * (k - 1))
        for k, s, d, (p, q) in axes
    )


def _positions(view: View) -> Shape:
    """Return the axes that leave, as calflops has them of a word for padding.

    It pads both sides with half of what is needed, rounded down: an even kernel, whose
    padding is odd, loses a position.
    """
    sliding = view.layer.sliding(view.inputs[0])
    return tuple(
        n if same(before, after) else n - 1
        for n, (before, after) in zip(view.output[1:], sliding.pads, strict=True)
    )


def _macs_in_words(view: View) -> Dim:
    """Return a convolution's multiply-accumulates, a position short if it is even."""
    layer, (x,) = view.layer, view.inputs
    inner: Dim = x[0] // layer.group_count(x)
    values = numel((view.output[0], *_positions(view)))
    return values * inner * m.kernel_of(view)


def _bias_in_words(view: View) -> Dim:
    """Return a convolution's biases, a position short if it is even."""
    if not view.layer.bias:
        return 0
    return numel((view.output[0], *_positions(view)))


def _plane(view: View) -> Dim:
    """Return one plane of an interpolation's output, whatever the batch."""
    return product(view.output[1:])


macs_in_words = Measure("MACs", _macs_in_words)
bias_in_words = Measure("output values if biased", _bias_in_words)
plane = Measure("one plane", _plane, whole=True)
