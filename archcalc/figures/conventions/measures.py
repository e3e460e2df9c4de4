"""What a convention may weigh: quantities of one layer with its input shapes.

A measure is a function of a `View`; a convention is a whole number of each (see
`tools.py`). They are for one sample, and use only what rules may use on sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import gcd
from typing import Any, NamedTuple

from archcalc.layers.base import KINDS_OF_WORK, Shape, Work, numel, per_axis
from archcalc.layers.pool import AvgPool, MaxPool, pads_itself
from archcalc.layers.resize import LINEAR
from archcalc.sizes.dims import Dim, ceil_div, divides, largest, least, product


class View(NamedTuple):
    """One layer, the shapes of its inputs and output, and its work by kind."""

    layer: Any
    inputs: tuple[Shape, ...]
    output: Shape
    work: Work


Measure = Callable[[View], Dim]
Weights = Mapping[Measure, int]


def weighed(view: View, weights: Weights) -> Dim:
    """Return the sum of measures, each as often as its weight says."""
    total: Dim = 0
    for measure, weight in weights.items():
        total = total + measure(view) * weight
    return total


# -- operations ------------------------------------------------------------------------


def kind_of_work(kind: str) -> Measure:
    """Return the measure of one kind of operation, as a layer's own rule has it."""

    def measure(view: View) -> Dim:
        return view.work.get(kind, 0)

    return measure


BY_KIND = {kind: kind_of_work(kind) for kind in KINDS_OF_WORK}
mac = BY_KIND["mac"]


def mac_written_out(view: View) -> Dim:
    """Return the multiply-accumulates of attention that is not one call."""
    return 0 if view.layer.kernel == "fused" else mac(view)


def bias(view: View) -> Dim:
    """Return the additions of a bias: one per value that leaves, 0 without one."""
    return numel(view.output) if view.layer.bias else 0


def leaving(view: View) -> Dim:
    """Return how many values leave the layer."""
    return numel(view.output)


def leaving_affine(view: View) -> Dim:
    """Return how many values leave a normalization that scales them, 0 without."""
    return numel(view.output) if view.layer.affine else 0


def entering(view: View) -> Dim:
    """Return how many values enter the torch module, padded by a call before it."""
    layer, x = view.layer, view.inputs[0]
    if isinstance(layer, (MaxPool, AvgPool)):
        sliding = layer.sliding(x)
        alone = isinstance(layer, AvgPool) and not layer.count_pad
        if pads_itself(sliding) and not (alone and sliding.pads_one_side()):
            return numel((x[0], *sliding.padded()))
    return numel(x)


def entering_image(view: View) -> Dim:
    """Return how many values enter, for an image of two spatial axes alone."""
    return entering(view) if len(view.inputs[0]) == 3 else 0


def padded_by_channels(view: View) -> Dim:
    """Return the values of a local response norm's input with padded channels."""
    channels, *axes = view.inputs[0]
    return numel((channels + view.layer.size - 1, *axes))


def enlarged(mode: str) -> Measure:
    """Return the measure of values that leave an interpolation of a torch mode."""

    def measure(view: View) -> Dim:
        axes, own = len(view.output) - 1, view.layer.mode
        used = {"nearest": f"nearest{axes}d", "bilinear": LINEAR[axes]}.get(own, own)
        return numel(view.output) if used == mode else 0

    return measure


def unrounded(view: View) -> Dim:
    """Return what an interpolation would give if no axis were rounded on its own."""
    (x,) = view.inputs
    values = numel(x)
    whole: Dim = 1
    for before, after in view.layer.ratios(x):
        values, whole = values * after, whole * before
    return values // whole


def rows(view: View) -> Dim:
    """Return how many vectors a softmax normalizes."""
    axis = view.layer.along(view.output)
    return numel(view.output[:axis] + view.output[axis + 1 :])


def states(view: View) -> Dim:
    """Return the hidden values of a recurrent layer, over steps, layers, directions."""
    steps: Dim = view.inputs[0][0] * view.layer.states()
    return steps


# -- parameters ------------------------------------------------------------------------


def trainable(view: View) -> Dim:
    """Return all trainable parameters."""
    shapes = view.layer.weights(*view.inputs).values()
    return sum(map(numel, shapes), 0)


def weights_alone(view: View) -> Dim:
    """Return the parameters without biases and without scale and shift."""
    if view.layer.role == "norm":
        return 0
    named = view.layer.weights(*view.inputs).items()
    return sum((numel(shape) for name, shape in named if not is_bias(name)), 0)


def is_bias(name: str) -> bool:
    """Say whether a parameter is a bias, by its torch name."""
    return name.rpartition(".")[2].startswith("bias")


def statistics(view: View) -> Dim:
    """Return the running means and variances that a batch norm keeps."""
    shapes = view.layer.buffers(*view.inputs).values()
    return sum((numel(shape) for shape in shapes if shape), 0)


def second_biases(view: View) -> Dim:
    """Return the biases of a recurrent layer that add to hidden states."""
    named = view.layer.weights(*view.inputs).items()
    return sum((numel(shape) for name, shape in named if name.startswith("bias_hh")), 0)


def trainable_every_step(view: View) -> Dim:
    """Return the parameters of a recurrent layer times its steps."""
    return trainable(view) * view.inputs[0][0]


def projection_every_step(view: View) -> Dim:
    """Return the parameters that project an LSTM's states, times its steps."""
    named = view.layer.weights(*view.inputs).items()
    own = sum((numel(size) for name, size in named if name.startswith("weight_hr")), 0)
    return own * view.inputs[0][0]


def unprojected_every_step(view: View) -> Dim:
    """Return the parameters of an LSTM as if it had no projection, times its steps."""
    plain = view.layer.replace(proj=None)
    shapes = plain.weights(*view.inputs).values()
    return sum(map(numel, shapes), 0) * view.inputs[0][0]


# -- what single tools make of a layer -------------------------------------------------


def kernel_of(view: View) -> Dim:
    """Return how many positions a kernel covers."""
    return product(per_axis(view.layer.kernel, len(view.inputs[0]) - 1, "kernel"))


def pooled_windows(view: View) -> Dim:
    """Return darknet's work of a pool: the whole kernel for each value that leaves."""
    return numel(view.output) * kernel_of(view)


def sums(view: View) -> Dim:
    """Return the additions of a sum: one less than its inputs, for each value."""
    return numel(view.output) * (len(view.inputs) - 1)


def deconv_as_conv(view: View) -> Dim:
    """Return a transposed convolution's work as thop has it: from the output size."""
    layer, (x,) = view.layer, view.inputs
    inner: Dim = x[0] // layer.groups
    return numel(view.output) * inner * kernel_of(view)


def trainable_at_outputs(view: View) -> Dim:
    """Return parameters times output positions, as torchinfo does for any `Conv`."""
    return trainable(view) * numel(view.output[1:])


def deconv_groups_twice(view: View) -> Dim:
    """Return calflops' work of a transposed convolution: divided by groups twice."""
    layer, (x,) = view.layer, view.inputs
    filters: Dim = layer.out // layer.groups // layer.groups
    return numel(x) * filters * kernel_of(view)


def deconv_bias_as_conv(view: View) -> Dim:
    """Return calflops' biases of a transposed convolution: at a convolution's size."""
    layer, (x,) = view.layer, view.inputs
    if not layer.bias:
        return 0
    axes = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, (k, s, p, _, d) in zip(x[1:], layer.axis_values(x), strict=True)
    ]
    return product([layer.out // layer.groups, *axes])


def one_plane(view: View) -> Dim:
    """Return calflops' work of an interpolation.

    One plane of the output where it is told a size, the values that enter where it is
    told a scale; one side alone where all sides of that size are equal.
    """
    told = view.layer.how(view.inputs[0])
    if "scale_factor" in told:
        return numel(view.inputs[0])
    size = told["size"]
    return product(size) if isinstance(size, tuple) else size


def adaptive_ratio(view: View) -> Dim:
    """Return thop's work of an adaptive mean: a window's share, and a division.

    The share is a quotient of sizes in floating point, whose last digits are cut off:
    where sizes do not divide, the whole may come out one lower than it is.
    """
    x, y = view.inputs[0], view.output
    share = 1.0
    for n, m in zip(x[1:], y[1:], strict=True):
        if not (isinstance(n, int) and isinstance(m, int)):
            return numel(x) + numel(y)
        share *= n / m
    values = numel(y)
    return int((share + 1) * values) if isinstance(values, int) else numel(x) + values


def adaptive_windows(view: View) -> Dim:
    """Return the values in all windows of an adaptive pool, overlaps counted again.

    Along an axis, `o` windows over `i` values hold `i + o - gcd(i, o)`.
    """
    x, y = view.inputs[0], view.output
    return product([x[0], *map(_covered, x[1:], y[1:])])


def _covered(i: Dim, o: Dim) -> Dim:
    if isinstance(i, int) and isinstance(o, int):
        return i + o - gcd(i, o)
    return i if divides(o, i) else i + o - 1


def mean_windows(view: View) -> Dim:
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


def _clipped(outside: Dim, stride: Dim, windows: Dim) -> Dim:
    """Return what windows lose that reach `outside`, the next ones a stride less."""
    count = least(windows, ceil_div(outside, stride))
    return count * outside - stride * count * (count - 1) // 2
