"""As ultralytics-thop counts."""

from __future__ import annotations

from math import gcd

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import ENLARGING, REST, Convention, rules
from archcalc.figures.conventions.measure import Measure, View
from archcalc.sizes.dims import Dim, ceil_div, divides, largest, least, product


def _adaptive_windows(view: View) -> Dim:
    """Return the values in all windows of an adaptive pool, overlaps counted again.

    Along an axis, `o` windows over `i` values hold `i + o - gcd(i, o)`.
    """
    x, y = view.inputs[0], view.output
    return product([x[0], *map(_covered, x[1:], y[1:])])


adaptive_windows = Measure("values in windows", _adaptive_windows)


def _covered(i: Dim, o: Dim) -> Dim:
    if isinstance(i, int) and isinstance(o, int):
        return i + o - gcd(i, o)
    return i if divides(o, i) else i + o - 1


def _mean_windows(view: View) -> Dim:
    """Return the values in all windows of an average pool.

    What hangs over the end does not count, nor does padding where `count_pad` is no.
    """
    layer, x = view.layer, view.inputs[0]
    sliding = layer.sliding(x)
    axes = zip(
        x[1:],
        view.output[1:],
        sliding.kernel,
        sliding.stride,
        sliding.pads,
        strict=True,
    )
    covered = [x[0]]
    for n, o, k, s, (before, after) in axes:
        left = 0 if layer.count_pad else _clipped(before, s, o)
        end = n + after if layer.count_pad else n
        hanging = largest((o - 1) * s - before + k - end, 0)
        covered.append(o * k - left - _clipped(hanging, s, o))
    return product(covered)


mean_windows = Measure("values in windows", _mean_windows)


def _clipped(outside: Dim, stride: Dim, windows: Dim) -> Dim:
    """Return what windows lose that reach `outside`, the next ones a stride less."""
    count = least(windows, ceil_div(outside, stride))
    return count * outside - stride * count * (count - 1) // 2


CONVENTION = Convention(
    "ultralytics-thop",
    "MAC",
    "MACs, attention included; per value 4 for norms, 3 for softmax layers",
    "thop as Ultralytics maintains it: multiply-accumulates, matrix products in code "
    "included. A norm counts 4 per value (2 without a scale), a PReLU 1, a softmax 3 "
    "less one per row, a log-softmax one more per row. An average pool counts each "
    "value in its windows and one division per window. Interpolation counts 5, 11, "
    "31 or 259 per value (linear, bilinear, trilinear, bicubic); nearest counts zero. "
    "A softmax in code counts zero, and so do ReLU and other activations, max pools, "
    "biases, gates and sums. Ultralytics calls this figure MACs, and twice of it "
    "FLOPs.",
    rules(
        {
            REST: {m.mac: 1},
            "bn ln in gn rms": {m.leaving: 2, m.leaving_affine: 2},
            "prelu": {m.leaving: 1},
            "softmax": {m.leaving: 3, m.rows: -1},
            "log_softmax": {m.leaving: 3},
            "avgpool": {mean_windows: 1, m.leaving: 1},
            "gap adaptive_avgpool": {adaptive_windows: 1, m.leaving: 1},
            ENLARGING: {
                m.enlarged("linear"): 5,
                m.enlarged("bilinear"): 11,
                m.enlarged("bicubic"): 259,
                m.enlarged("trilinear"): 31,
            },
            "lstm": {m.trainable_every_step: 1, m.states: 8},
            "gru": {m.trainable_every_step: 1, m.states: 7},
            "rnn": {m.trainable_every_step: 1, m.states: 1},
        }
    ),
    source="ultralytics-thop 2.2.3, profile",
)
