#!/usr/bin/env bash
# torch 2.13.0: FlopCounterMode counts 0 FLOPs for nn.TransformerEncoderLayer in evaluation mode under torch.no_grad(), if it is batch
# first and the number of heads is even. The layer then runs as one fused operator, which the counter does not know and cannot take apart. In training mode,
# with gradients, or with an odd number of heads, the same layer counts its matrix products. nn.MultiheadAttention does the same; fvcore
# then loses the products of attention, and keeps those of the two linear layers.
# Guess before the run: evaluation mode and no_grad change nothing in a count, and neither does whether heads are even.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26" "fvcore==0.1.5.post20221221"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import logging

import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

logging.disable(logging.WARNING)
assert torch.__version__.startswith("2.13.0"), torch.__version__
tokens, hidden = 10, 64


def counted(heads: int, width: int, training: bool, gradients: bool) -> tuple[int, int]:
    layer = nn.TransformerEncoderLayer(width, heads, hidden, dropout=0.0, batch_first=True)
    layer.train(training)
    x = torch.zeros(2, tokens, width)
    with torch.set_grad_enabled(gradients):
        with FlopCounterMode(display=False) as counter:
            layer(x)
        fvcore = FlopCountAnalysis(layer, x).unsupported_ops_warnings(False)
        return counter.get_total_flops(), int(fvcore.by_operator()["linear"])


found = {}
for heads, width in ((4, 32), (3, 24)):
    # The products of queries, keys and values, of the output and of the two linear layers.
    linear = 2 * tokens * (4 * width * width + 2 * width * hidden)
    for training, gradients in ((True, True), (True, False), (False, True), (False, False)):
        torch_, fvcore = counted(heads, width, training, gradients)
        found[heads, training, gradients] = torch_, fvcore, linear
        print(
            f"{heads} heads, training: {training}, gradients: {gradients}: {torch_:,} FLOPs by FlopCounterMode, "
            f"{fvcore:,} MACs of linear layers by fvcore; expected {2 * linear:,} and {linear:,}"
        )
for (heads, training, gradients), (torch_, fvcore, linear) in found.items():
    if heads == 4 and not training and not gradients:
        assert torch_ == 0, torch_
        assert fvcore == 2 * tokens * 2 * 32 * hidden, fvcore
    else:
        assert torch_ == 2 * linear, (heads, torch_)
PYTHON
