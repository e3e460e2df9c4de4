"""As darknet counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import REST, Convention, rules
from archcalc.figures.conventions.measure import Measure, View
from archcalc.layers.base import numel
from archcalc.sizes.dims import Dim


def _pooled_windows(view: View) -> Dim:
    """Return darknet's work of a pool: the whole kernel for each value that leaves."""
    return numel(view.output) * m.kernel_of(view)


pooled_windows = Measure("output values × kernel", _pooled_windows)


def _sums(view: View) -> Dim:
    """Return the additions of a sum: one less than its inputs, for each value."""
    return numel(view.output) * (len(view.inputs) - 1)


sums = Measure("output values × (inputs − 1)", _sums)


CONVENTION = Convention(
    "darknet",
    "FLOP",
    "2 per MAC of convolutions; the kernel per value of a pool, 1 per value of a sum",
    "The BFLOPs that darknet prints for each layer and in total: two for each "
    "multiply-accumulate of a convolution (groups divide), the size of the kernel for "
    "each output value of a max pool or a local average pool, and one for each value "
    "that a shortcut adds. Linear layers, batch norms, biases, activations, "
    "upsampling, joins and the global average pool count zero. Earlier versions do not "
    "count shortcuts: they print 65.864 for YOLOv3, later ones 65.879.",
    rules(
        {
            REST: {},
            "conv dwconv": {m.mac: 2},
            "maxpool avgpool": {pooled_windows: 1},
            "add": {sums: 1},
        }
    ),
    source="AlexeyAB/darknet, src/convolutional_layer.c, maxpool_layer.c, "
    "shortcut_layer.c",
)
