#!/usr/bin/env bash
# torch 2.13.0: a table of embeddings that is also the last linear layer stands twice in an ONNX file, the second time transposed. The
# older exporter (dynamo=False) does so at any size. The default one does so up to 8,192 numbers, and above that writes the table
# once with a Transpose behind it. So small test networks have more parameters in the file than in PyTorch, and large ones have not.
# Guess before the run: one parameter in PyTorch is one initializer, at any size.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26" "onnx==1.23.2" "onnxscript==0.7.2"
"$folder/venv/bin/python" -W ignore - "$folder/tied.onnx" <<'PYTHON' 2> /dev/null
import contextlib
import io
import math
import sys

import onnx
import torch
from torch import nn

assert torch.__version__.startswith("2.13.0"), torch.__version__
width = 16


class Tied(nn.Module):
    def __init__(self, words: int):
        super().__init__()
        self.table, self.head = nn.Embedding(words, width), nn.Linear(width, words, bias=False)
        self.head.weight = self.table.weight

    def forward(self, tokens):
        return self.head(self.table(tokens))


found = {}
for words in (100, 512, 513, 5000):
    for dynamo in (True, False):
        network = Tied(words).eval()
        with contextlib.redirect_stdout(io.StringIO()):
            torch.onnx.export(network, (torch.zeros(1, 4, dtype=torch.long),), sys.argv[1], dynamo=dynamo)
        graph = onnx.load(sys.argv[1]).graph
        sizes = [tuple(value.dims) for value in graph.initializer]
        parameters = sum(p.numel() for p in network.parameters())
        found[words, dynamo] = sum(math.prod(size) for size in sizes) / parameters
        name = "default exporter" if dynamo else "older exporter"
        steps = ", ".join(node.op_type for node in graph.node)
        print(f"{parameters:,} parameters, {name}: initializers {sizes}; {steps}")
assert found == {(words, dynamo): 1 if dynamo and words > 512 else 2 for words, dynamo in found}, found
PYTHON
