"""Quantities of one layer that conventions weigh.

A quantity that one tool alone counts stands beside its rules, in `ways/`. They all use
only what rules may use on sizes.
"""

from __future__ import annotations

from math import prod

from archcalc.figures.conventions.measure import Measure, View
from archcalc.layers.base import KINDS_OF_WORK, numel, per_axis
from archcalc.layers.pool import AvgPool, MaxPool, pads_itself
from archcalc.layers.resize import LINEAR
from archcalc.sizes.dims import Dim, product

# -- operations ------------------------------------------------------------------------


NAMES = {"mac": "MACs"}


def kind_of_work(kind: str) -> Measure:
    """Return the measure of one kind of operation, as a layer's own rule has it."""
    return Measure(NAMES.get(kind, kind), lambda view: view.work.get(kind, 0))


BY_KIND = {kind: kind_of_work(kind) for kind in KINDS_OF_WORK}
mac = BY_KIND["mac"]


def _mac_written_out(view: View) -> Dim:
    """Return the multiply-accumulates of attention that is not one call."""
    return 0 if view.layer.kernel == "fused" else mac(view)


mac_written_out = Measure("MACs if unfused", _mac_written_out)


def _bias(view: View) -> Dim:
    """Return the additions of a bias: one per value that leaves, 0 without one."""
    return numel(view.output) if view.layer.bias else 0


bias = Measure("output values if biased", _bias)


def _leaving(view: View) -> Dim:
    """Return how many values leave the layer."""
    return numel(view.output)


leaving = Measure("output values", _leaving)


def _leaving_affine(view: View) -> Dim:
    """Return how many values leave a normalization that scales them, 0 without."""
    return numel(view.output) if view.layer.affine else 0


leaving_affine = Measure("output values if scaled", _leaving_affine)


def _entering(view: View) -> Dim:
    """Return how many values enter the torch module, padded by a call before it."""
    layer, x = view.layer, view.inputs[0]
    if isinstance(layer, (MaxPool, AvgPool)):
        sliding = layer.sliding(x)
        alone = isinstance(layer, AvgPool) and not layer.count_pad
        if pads_itself(sliding) and not (alone and sliding.pads_one_side()):
            return numel((x[0], *sliding.padded()))
    return numel(x)


entering = Measure("input values", _entering)


def _entering_image(view: View) -> Dim:
    """Return how many values enter, for an image of two spatial axes alone."""
    return entering(view) if len(view.inputs[0]) == 3 else 0


entering_image = Measure("input values of an image", _entering_image)


def _padded_by_channels(view: View) -> Dim:
    """Return the values of a local response norm's input with padded channels."""
    channels, *axes = view.inputs[0]
    return numel((channels + view.layer.size - 1, *axes))


padded_by_channels = Measure("input values with padded channels", _padded_by_channels)


def _leaving_once(view: View) -> Dim:
    """Return how many values of the first sample leave the layer."""
    return numel(view.output)


leaving_once = Measure("output values of one sample", _leaving_once, whole=True)


def enlarged(mode: str) -> Measure:
    """Return the measure of values that leave an interpolation of a torch mode."""

    def of(view: View) -> Dim:
        axes, own = len(view.output) - 1, view.layer.mode
        used = {"nearest": f"nearest{axes}d", "bilinear": LINEAR[axes]}.get(own, own)
        return numel(view.output) if used == mode else 0

    return Measure(f"output values if {mode}", of)


def unrounded_and(before: Dim, view: View) -> Dim:
    """Return a count, and what an interpolation gives if no axis were rounded alone.

    Tools multiply by scales in floating point, add, and cut off what is no whole
    number.
    """
    (x,) = view.inputs
    values = numel(x) * view.batch
    told = view.layer.how(x).get("scale_factor")
    if told is not None and isinstance(values, int) and isinstance(before, int):
        scale = prod(told) if isinstance(told, tuple) else told ** (len(x) - 1)
        return int(before + values * scale)
    whole: Dim = 1
    for old, new in view.layer.ratios(x):
        values, whole = values * new, whole * old
    return before + values // whole


def _unrounded(view: View) -> Dim:
    """Return what an interpolation would give if no axis were rounded on its own."""
    return unrounded_and(0, view)


unrounded = Measure("input values × scale", _unrounded, whole=True)


def _rows(view: View) -> Dim:
    """Return how many vectors a softmax normalizes."""
    axis = view.layer.along(view.output)
    return numel(view.output[:axis] + view.output[axis + 1 :])


rows = Measure("rows", _rows)


def _states(view: View) -> Dim:
    """Return the hidden values of a recurrent layer, over steps, layers, directions."""
    steps: Dim = view.inputs[0][0] * view.layer.states()
    return steps


states = Measure("hidden values", _states)


# -- parameters ------------------------------------------------------------------------


def _trainable(view: View) -> Dim:
    """Return all trainable parameters."""
    shapes = view.layer.weights(*view.inputs).values()
    return sum(map(numel, shapes), 0)


trainable = Measure("params", _trainable)


def _statistics(view: View) -> Dim:
    """Return the running means and variances that a batch norm keeps."""
    shapes = view.layer.buffers(*view.inputs).values()
    return sum((numel(shape) for shape in shapes if shape), 0)


statistics = Measure("statistics", _statistics)


def is_bias(name: str) -> bool:
    """Say whether a parameter is a bias, by its torch name."""
    return name.rpartition(".")[2].startswith("bias")


def _trainable_every_step(view: View) -> Dim:
    """Return the parameters of a recurrent layer times its steps."""
    return trainable(view) * view.inputs[0][0]


trainable_every_step = Measure("params × steps", _trainable_every_step)


def _projection_every_step(view: View) -> Dim:
    """Return the parameters that project an LSTM's states, times its steps."""
    named = view.layer.weights(*view.inputs).items()
    own = sum((numel(size) for name, size in named if name.startswith("weight_hr")), 0)
    return own * view.inputs[0][0]


projection_every_step = Measure("projection × steps", _projection_every_step)


# -- what single tools make of a layer -------------------------------------------------


def kernel_of(view: View) -> Dim:
    """Return how many positions a kernel covers."""
    return product(per_axis(view.layer.kernel, len(view.inputs[0]) - 1, "kernel"))


def _deconv_as_conv(view: View) -> Dim:
    """Return a transposed convolution's work by its output's size."""
    layer, (x,) = view.layer, view.inputs
    inner: Dim = x[0] // layer.groups
    return numel(view.output) * inner * kernel_of(view)


deconv_as_conv = Measure("MACs at outputs", _deconv_as_conv)


def _deconv_groups_twice(view: View) -> Dim:
    """Return calflops' work of a transposed convolution: divided by groups twice."""
    layer, (x,) = view.layer, view.inputs
    filters: Dim = layer.out // layer.groups // layer.groups
    return numel(x) * filters * kernel_of(view)


deconv_groups_twice = Measure("MACs / groups", _deconv_groups_twice)


def _deconv_bias_as_conv(view: View) -> Dim:
    """Return calflops' biases of a transposed convolution: at a convolution's size."""
    layer, (x,) = view.layer, view.inputs
    if not layer.bias:
        return 0
    axes = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, (k, s, p, _, d) in zip(x[1:], layer.axis_values(x), strict=True)
    ]
    return product([layer.out // layer.groups, *axes])


deconv_bias_as_conv = Measure("bias at a convolution's size", _deconv_bias_as_conv)


def _one_plane(view: View) -> Dim:
    """Return calflops' work of an interpolation.

    One plane of the output, whatever the batch, where it is told a size; the values
    that enter where it is told a scale. One side alone if the size is a single number.
    """
    told = view.layer.how(view.inputs[0])
    if "scale_factor" in told:
        return numel(view.inputs[0]) * view.batch
    size = told["size"]
    return product(size) if isinstance(size, tuple) else size


one_plane = Measure("one plane, or input values", _one_plane, whole=True)
