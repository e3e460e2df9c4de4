"""As fvcore counts."""

from __future__ import annotations

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import (
    ENLARGING,
    REST,
    Convention,
    Spelling,
    rules,
)
from archcalc.figures.conventions.spellings import IN_WORDS, padded_in_words

CONVENTION = Convention(
    "fvcore",
    "MAC",
    "MACs, attention if written out; per value 2 for batch norms, 5 for other norms",
    "Multiply-accumulates, and operations of the layers that it has rules for. "
    "Attention counts if it is written as matrix products (`kernel: unfused`, "
    "`--attention unfused`); a call of F.scaled_dot_product_attention counts zero. A "
    "batch norm counts 2 per value (1 without a scale), a layer, group or instance "
    "norm 5 (4). A two-dimensional adaptive average pool counts 1 per input value, "
    "interpolation over two axes 1 per output value (nearest) or 4 (bilinear). There "
    "is no rule for activations, other pools, softmax, RMS norm, embeddings and "
    "recurrent layers: they count zero, and so do pools and interpolation over one or "
    "three axes. A convolution written padding='same' or 'valid' counts zero; these "
    "are the figures of one with numbers. fvcore calls this figure flops; timm's "
    "benchmark tables use it.",
    rules(
        {
            REST: {m.mac: 1},
            "bn": {m.leaving: 1, m.leaving_affine: 1},
            "ln gn in": {m.leaving: 4, m.leaving_affine: 1},
            "gap adaptive_avgpool": {m.entering_image: 1},
            ENLARGING: {m.enlarged("nearest2d"): 1, m.enlarged("bilinear"): 4},
            "lstm gru rnn": {},
            "attention": {m.mac_written_out: 1},
        }
    ),
    source="fvcore 0.1.5.post20221221, FlopCountAnalysis",
    spellings=(Spelling(IN_WORDS, padded_in_words, rules({"conv dwconv": {}})),),
)
