#!/usr/bin/env bash
# torch 2.13.0, torch.onnx.export(dynamo=False): weights of equal values are written once, and the others become
# Identity nodes. A model that is freshly made has many of them (scales of ones, biases of zeros), so the same module
# has 160 values in its file before training and 176, its number of parameters, after it: parameters that are counted
# from a file depend on the values of the weights.
# Guess before the run: a file holds as many weights as the module has parameters, whatever their values are.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "onnx==1.23.2" "numpy>=1.26"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import io
import math

import onnx
import torch
from torch import nn

assert torch.__version__.startswith("2.13.0"), torch.__version__


def held(module):
    """Return how many values the file of a module holds, and its Identity nodes."""
    file = io.BytesIO()
    torch.onnx.export(module, (torch.zeros(1, 4, 8),), file, dynamo=False)
    graph = onnx.load_from_string(file.getvalue()).graph
    identities = sum(node.op_type == "Identity" for node in graph.node)
    return sum(math.prod(tensor.dims) for tensor in graph.initializer), identities


module = nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8), nn.Linear(8, 8), nn.LayerNorm(8)).eval()
parameters = sum(parameter.numel() for parameter in module.parameters())
fresh = held(module)
with torch.no_grad():
    for parameter in module.parameters():
        parameter.copy_(torch.randn_like(parameter))
trained = held(module)
print(f"{parameters} parameters; the file holds {fresh[0]} values of the fresh module, {trained[0]} later")
assert (parameters, fresh, trained) == (176, (160, 2), (176, 0)), (parameters, fresh, trained)
PYTHON
