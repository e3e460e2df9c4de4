#!/usr/bin/env bash
# executorch 1.5.1: a dropout in evaluation mode does nothing, but stays in the program as a copy of its input, with memory planned for it.
# A dropout of whole channels leaves nothing. So a dropout between two layers can raise the planned memory of a network.
# Guess before the run: a dropout in evaluation mode leaves no operation, whatever it drops.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "executorch==1.5.1"
"$folder/venv/bin/python" - <<'PYTHON' 2>/dev/null
from importlib.metadata import version

import torch
from executorch.exir import to_edge
from torch import nn

assert version("executorch") == "1.5.1", version("executorch")
x = torch.zeros(1, 8, 16, 16)
planned, operations = {}, {}
for name, between in {
    "none": nn.Identity(),
    "dropout": nn.Dropout(),
    "dropout of channels": nn.Dropout2d(),
}.items():
    network = nn.Sequential(nn.ReLU(), between, nn.AdaptiveAvgPool2d(1)).eval()
    program = to_edge(torch.export.export(network, (x,))).to_executorch()
    module = program.exported_program().graph_module
    planned[name] = sum(module.meta["non_const_buffer_sizes"])
    operations[name] = [
        str(node.target)
        for node in module.graph.nodes
        if node.op == "call_function" and "alloc" not in str(node.target)
    ]
    print(f"{name}: {planned[name]:,} bytes planned, {', '.join(operations[name])}")
assert "dim_order_ops._clone_dim_order.out" in operations["dropout"]
assert operations["dropout of channels"] == operations["none"]
PYTHON
