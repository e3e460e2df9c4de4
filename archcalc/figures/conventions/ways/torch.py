"""As torch counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import REST, Convention, rules

CONVENTION = Convention(
    "torch",
    "FLOP",
    "2 for each multiply-accumulate, nothing else",
    "torch.utils.flop_counter.FlopCounterMode: two for each multiply-accumulate of "
    "convolutions and matrix products, attention included, and nothing else. On the "
    "CPU it misses an LSTM without projections, though not GRU or RNN; fused "
    "attention, though not where values are wider than keys; and without gradients "
    "torch's own attention and encoder layers that are in evaluation, batch first and "
    "have an even number of heads. These are its figures on the meta device, where it "
    "sees all of them. A matrix times a single vector counts zero. In training, the "
    "gradient of grouped weights counts once for each group too often.",
    rules({REST: {m.mac: 2}}),
    source="torch 2.13.0, FlopCounterMode",
    counts_training=True,
)
