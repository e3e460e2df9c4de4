#!/usr/bin/env bash
# transformers 4.57.3 with torch 2.13.0: FlopCounterMode counts a language model's table of angles as a matrix product.
# Rotary embeddings multiply positions and frequencies as matrices, so a Llama of any depth has context x head / 2
# multiply-accumulates more than its projections, its attention and its last layer together: 8,192 x 64 = 524,288 for
# Llama 3 8B with 8,192 tokens. And such a model does not run on the meta device without help: torch.autocast, which
# transformers turns off around the angles, knows no meta device, even with enabled=False.
# Guess before the run: sines and cosines are no multiply-accumulates, and autocast that is off does nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26" "transformers==4.57.3"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from contextlib import nullcontext

import torch
import transformers
from torch.utils.flop_counter import FlopCounterMode

assert transformers.__version__ == "4.57.3", transformers.__version__
width, depth, heads, few, mlp, tokens, words = 4096, 32, 32, 8, 14336, 8192, 128256
config = transformers.LlamaConfig(
    hidden_size=width,
    num_hidden_layers=depth,
    num_attention_heads=heads,
    num_key_value_heads=few,
    intermediate_size=mlp,
    vocab_size=words,
    attn_implementation="eager",
)
with torch.device("meta"):
    model = transformers.LlamaForCausalLM(config).eval()
    ids = torch.zeros((1, tokens), dtype=torch.long)
    try:
        model(input_ids=ids)
        raise SystemExit("the model now runs on the meta device")
    except RuntimeError as error:
        print(f"on the meta device: RuntimeError: {error}")
    torch.autocast = lambda **options: nullcontext()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(input_ids=ids)
head = width // heads
layer = 2 * width * width + 2 * width * few * head + 3 * width * mlp
attention = 2 * tokens * width
expected = tokens * (depth * (layer + attention) + width * words)
counted = counter.get_total_flops() // 2
angles = sum(counter.get_flop_counts()["LlamaForCausalLM.model.rotary_emb"].values()) // 2
print(f"{counted:,} MACs counted, {expected:,} expected, {angles:,} for the angles")
assert counted - expected == angles == tokens * head // 2 == 524_288
PYTHON
