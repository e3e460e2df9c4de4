"""As deepspeed's flops profiler counts, of which calflops was made."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import (
    ENLARGING,
    REST,
    Convention,
    rules,
)
from archcalc.figures.conventions.measure import Measure, View
from archcalc.figures.conventions.ways.calflops import CONVENTION as CALFLOPS
from archcalc.sizes.dims import Dim


def _enlarged(view: View) -> Dim:
    """Return the values that leave an interpolation, or one plane if told a size."""
    scaled = "scale_factor" in view.layer.how(view.inputs[0])
    return m.unrounded(view) if scaled else m.one_plane(view)


enlarged = Measure("input values × scale, or one plane", _enlarged, whole=True)
CONVENTION = Convention(
    "deepspeed",
    "FLOP",
    "as calflops, attention and products included; transposed convolutions put right",
    "The flops profiler of DeepSpeed, of which calflops was made; most rules are the "
    "same. It sees products that are written with @ and calls of "
    "F.scaled_dot_product_attention, so attention counts 2 per multiply-accumulate. A "
    "transposed convolution counts as it works, its biases too. Interpolation by a "
    "scale counts 1 per output value, before sizes are rounded; told a size, one plane "
    "whatever the batch. Sums and products that are written with + and * are not seen.",
    {
        **CALFLOPS.operations,
        **rules(
            {
                REST: {m.mac: 2},
                "deconv": {m.mac: 2, m.bias: 1},
                ENLARGING: {enlarged: 1},
            }
        ),
    },
    source="deepspeed 0.19.8, get_model_profile",
    spellings=CALFLOPS.spellings,
)
