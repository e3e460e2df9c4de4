"""As macs counts."""

from __future__ import annotations

from archcalc.figures.conventions.convention import JUST_MACS, Convention

CONVENTION = Convention(
    "macs",
    "MAC",
    "multiply-accumulates of convolutions, linear layers and matrix products",
    "Multiply-accumulates of convolutions, linear layers and matrix products. Products "
    "with padding count; biases, normalization, activations and pooling do not. "
    "torchvision publishes this figure; papers call it operations, and most also "
    "FLOPs.",
    JUST_MACS,
)
