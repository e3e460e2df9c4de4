#!/usr/bin/env bash
# safetensors 0.8.0 with torch 2.13.0: a tensor of torch.float4_e2m1fn_x2, which holds two numbers a byte, is stored as F4 with its last
# axis doubled: the header states twice the elements that numel() counts. load_file reads it back, but load, which reads
# the same bytes from memory, raises KeyError 'F4', and a slice of the file raises that its doubled shape does not fit.
# Guess before the run: the header has the shape of the tensor, and what save wrote load reads.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26" "safetensors==0.8.0"
"$folder/venv/bin/python" -W ignore - "$folder/weights.safetensors" <<'PYTHON'
import json
import math
import sys
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load, load_file, save, save_file

assert safetensors.__version__ == "0.8.0", safetensors.__version__
weight = torch.arange(32, dtype=torch.uint8).reshape(4, 8).view(torch.float4_e2m1fn_x2)
save_file({"weight": weight}, sys.argv[1])
data = Path(sys.argv[1]).read_bytes()
assert data == save({"weight": weight})
header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["weight"]
print(f"tensor {tuple(weight.shape)}, {weight.numel()} elements; header {header}")
assert header["shape"] == [4, 16] and math.prod(header["shape"]) == 2 * weight.numel()
again = load_file(sys.argv[1])["weight"]
assert again.shape == weight.shape and torch.equal(again.view(torch.uint8), weight.view(torch.uint8))
raised = {}
with safetensors.safe_open(sys.argv[1], "pt") as file:
    part = file.get_slice("weight")
    for name, read in {"load": lambda: load(data), "a slice": lambda: part[1:], "all of a slice": lambda: part[:]}.items():
        try:
            read()
            print(f"{name}: read")
        except (KeyError, RuntimeError) as error:
            raised[name] = type(error).__name__
            print(f"{name}: {type(error).__name__}: {error}")
assert raised["load"] == "KeyError" and raised["a slice"] == "RuntimeError", raised
PYTHON
