#!/usr/bin/env bash
# torch 2.13.0: a 2-D convolution chooses the memory order of its output from the strides of its input, also where
# those strides mean nothing. x[:, :, ::3, ::3] of a pooled 1x1 map with 3 channels equals x, but its strides
# (3, 1, 3, 3) look like channels last. The convolution then writes its output channels last, with equal values, and
# .view(n, -1) on it raises an error. With steps of 1, 2 or 5 the output is in the usual order, and .view works.
# Guess before the run: a slice that changes neither shape nor values changes nothing after it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26"
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn

assert torch.__version__.startswith("2.13.0"), torch.__version__
torch.manual_seed(0)
x = torch.randn(2, 3, 1, 1)
convolution = nn.Conv2d(3, 8, 1, stride=(1, 2), padding=(0, 1))
plain = convolution(x)
refused = []
for step in range(1, 7):
    part = x[:, :, ::step, ::step]
    assert torch.equal(part, x)
    out = convolution(part)
    assert torch.allclose(out, plain)
    print(f"step {step}: strides {part.stride()} in, {out.stride()} out")
    try:
        out.view(2, -1)
    except RuntimeError as error:
        refused.append(step)
        print(f"  .view(2, -1): {str(error)[:60]}...")
assert refused == [3], refused
PYTHON
