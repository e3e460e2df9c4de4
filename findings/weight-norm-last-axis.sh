#!/usr/bin/env bash
# torch 2.13.0: weight_norm(layer, dim=-1) is not the norm along the last axis: it is one norm of the whole weight.
# dim=-2 of a linear layer means its axis 0, as everywhere in torch. dim=-1 means what dim=None means: a single length for the
# whole weight, of shape (). wav2vec 2.0, whose lengths stand along the kernel, must therefore say dim=2.
# Guess before the run: dim=-1 gives a linear layer of 5 inputs and 7 outputs 5 lengths, as dim=1 does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26"
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

print("torch", torch.__version__)
assert torch.__version__.partition("+")[0] == "2.13.0", torch.__version__
found = {}
for dim in (0, 1, -2, -1, None):
    layer = weight_norm(nn.Linear(5, 7), dim=dim)
    found[dim] = tuple(layer.parametrizations.weight.original0.shape)
    print(f"dim={dim}: lengths of shape {found[dim]}")
assert found[-2] == found[0] == (7, 1)
assert found[1] == (1, 5)
assert found[-1] == found[None] == ()
PYTHON
