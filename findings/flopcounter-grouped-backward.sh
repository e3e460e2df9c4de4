#!/usr/bin/env bash
# torch 2.13.0: FlopCounterMode counts the gradient of a grouped convolution's weight as if there were no groups. A depthwise
# convolution of 32 channels has a backward pass of 33 times its forward pass by the counter; by hand, it is twice: each of the
# two gradients takes as many multiply-accumulates as the forward pass.
# Guess before the run: backward is twice the forward pass, whatever the groups.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26"
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

assert torch.__version__.startswith("2.13.0"), torch.__version__
ratios = {}
for groups in (1, 2, 8, 32):
    layer = nn.Conv2d(32, 32, 3, padding=1, groups=groups)
    x = torch.randn(1, 32, 8, 8, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        y = layer(x)
        forward = counter.get_total_flops()
        y.sum().backward()
        backward = counter.get_total_flops() - forward
    ratios[groups] = backward / forward
    print(f"groups {groups}: forward {forward:,} FLOPs, backward {backward:,} FLOPs, {ratios[groups]:g} times")
assert ratios == {1: 2, 2: 3, 8: 9, 32: 33}, ratios
PYTHON
