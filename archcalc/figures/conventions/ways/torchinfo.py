"""As torchinfo counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import MADE, REST, Convention, rules
from archcalc.figures.conventions.measure import Measure, View
from archcalc.layers.base import numel
from archcalc.sizes.dims import Dim


def _trainable_at_outputs(view: View) -> Dim:
    """Return parameters times output positions, as torchinfo does for any `Conv`."""
    return m.trainable(view) * numel(view.output[1:])


trainable_at_outputs = Measure("params × output positions", _trainable_at_outputs)


CONVENTION = Convention(
    "torchinfo",
    "MAC",
    "MACs and biases of convolutions; other modules count their parameters once",
    "Parameters times output positions for each module with Conv in the name of its "
    "class, so a transposed convolution is counted at the size of its output; "
    "parameters once for each other module. So biases count, a batch norm counts its 2 "
    "parameters per channel whatever the size of the image, a linear layer over tokens "
    "counts for one token, and an embedding counts its whole table. Only modules are "
    "seen: attention, gates, sums, pools and activations count zero, and so do modules "
    "with weight or spectral norm. torchinfo calls this figure mult-adds.",
    rules(
        {
            REST: {},
            MADE: {},
            "conv dwconv": {m.mac: 1, m.bias: 1},
            "deconv": {trainable_at_outputs: 1},
            "fc linear embedding bn ln rms gn in prelu": {m.trainable: 1},
            "lstm gru rnn": {m.trainable_every_step: 1},
        }
    ),
    source="torchinfo 1.8.0, summary",
)
