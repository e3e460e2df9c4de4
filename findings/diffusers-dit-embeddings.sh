#!/usr/bin/env bash
# diffusers 0.35.2: DiTTransformer2DModel with the configuration of DiT-XL/2 has 749,826,464 parameters, where the
# authors' DiT-XL/2 has 674,834,720: each of its 28 blocks holds an embedding of the time step and the label of its
# own (2,777,472 parameters under norm1.emb), where the authors' network has one for all blocks. Parameters that are
# counted from this class are 11 % too many for the paper.
# Guess before the run: one embedding, as in the paper, and equal parameters.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26" "diffusers==0.35.2"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from collections import Counter

import diffusers
import torch
from diffusers import DiTTransformer2DModel

assert diffusers.__version__ == "0.35.2", diffusers.__version__
with torch.device("meta"):
    network = DiTTransformer2DModel(
        num_attention_heads=16,
        attention_head_dim=72,
        in_channels=4,
        out_channels=8,
        num_layers=28,
        sample_size=32,
        patch_size=2,
        num_embeds_ada_norm=1000,
    )
own = Counter()
for name, parameter in network.named_parameters():
    if ".norm1.emb." in name:
        own[name.split(".")[1]] += parameter.numel()
total = sum(parameter.numel() for parameter in network.parameters())
once = total - sum(own.values()) + own["0"]
print(f"{total:,} parameters; {len(own)} embeddings of {own['0']:,} each; {once:,} with one of them")
assert total == 749_826_464, total
assert set(own.values()) == {2_777_472} and len(own) == 28, own
PYTHON
