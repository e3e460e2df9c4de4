#!/usr/bin/env bash
# torch 2.13.0: under torch.no_grad() a linear layer on an input with gaps, such as some tokens of a sequence, copies the input
# first if its weight requires a gradient, and does not copy it if the weight is frozen: two products (mm and bmm), other
# temporary memory. Where gradients are off, the flag of a weight was not expected to matter.
# Guess before the run: under no_grad both layers run the same operations.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26"
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

assert torch.__version__.startswith("2.13.0"), torch.__version__


class Names(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.found.append(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))


tokens = torch.randn(2, 6, 8)[:, 1:3]
found = {}
for trained in (True, False):
    layer = nn.Linear(8, 16, bias=False).requires_grad_(trained)
    with torch.no_grad(), Names() as names:
        layer(tokens)
    found[trained] = names.found
    print(f"weight requires a gradient: {trained}: {', '.join(names.found)}")
copies = {"clone", "_reshape_copy", "copy_"}
assert copies & {*found[True]} and "mm" in found[True], found
assert not copies & {*found[False]} and "bmm" in found[False], found
PYTHON
