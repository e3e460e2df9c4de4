#!/usr/bin/env bash
# accelerate 1.15.0: init_empty_weights() makes a parameter anew whenever it is assigned, so that a matrix shared by a table of
# embeddings and the last layer becomes two, and both are counted. include_buffers=True takes another way, torch's meta device, and
# keeps the sharing. A GPT-2 of transformers so has 163,037,184 parameters for 124,439,808, until tie_weights() is called.
# Guess before the run: a model without data has the parameters of the real one, as on torch's meta device.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26" "accelerate==1.15.0" "transformers==4.57.3"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import accelerate
import torch
from accelerate import init_empty_weights
from torch import nn
from transformers import AutoModelForCausalLM, GPT2Config

assert accelerate.__version__ == "1.15.0", accelerate.__version__


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.head = nn.Embedding(1000, 32), nn.Linear(32, 1000, bias=False)
        self.head.weight = self.table.weight


def counted(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


makers = {"plain": Tied, "GPT-2": lambda: AutoModelForCausalLM.from_config(GPT2Config())}
table = {"plain": 1000 * 32, "GPT-2": 50257 * 768}
for name, make in makers.items():
    with torch.device("meta"):
        meta = make()
    with init_empty_weights():
        empty = make()
    with init_empty_weights(include_buffers=True):
        with_buffers = make()
    print(
        f"{name}: {counted(meta):,} parameters on the meta device, {counted(empty):,} by init_empty_weights(), "
        f"{counted(with_buffers):,} with include_buffers=True"
    )
    assert counted(with_buffers) == counted(meta)
    assert counted(empty) == counted(meta) + table[name]
assert counted(meta) == 124_439_808
empty.tie_weights()
print(f"GPT-2 after tie_weights(): {counted(empty):,}")
assert counted(empty) == counted(meta)
PYTHON
