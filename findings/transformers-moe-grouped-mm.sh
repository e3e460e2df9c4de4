#!/usr/bin/env bash
# transformers 5.24.0 with torch 2.13.0: FlopCounterMode counts none of the experts of a Mixtral that is made with the default settings,
# 1,024,000 FLOPs for 4,169,728 here. All experts run in one grouped matrix product, which has no rule in the counter; nothing says so.
# With experts_implementation="eager" or "batched_mm", the same weights and tokens count in full.
# Guess before the run: two of eight experts count for each token, whatever the implementation.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26" "transformers==5.24.0"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
import transformers
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoModelForCausalLM, MixtralConfig

assert transformers.__version__ == "5.24.0", transformers.__version__
width, hidden, tokens, layers, chosen = 64, 128, 16, 2, 2
experts = layers * tokens * chosen * 3 * 2 * width * hidden
found, given = {}, torch.arange(tokens)[None]
for implementation in (None, "grouped_mm", "batched_mm", "eager"):
    config = MixtralConfig(
        vocab_size=100,
        hidden_size=width,
        intermediate_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        num_local_experts=8,
        num_experts_per_tok=chosen,
    )
    torch.manual_seed(0)
    asked = {"experts_implementation": implementation} if implementation else {}
    model = AutoModelForCausalLM.from_config(config, **asked).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        y = model(given, use_cache=False).logits
    found[implementation] = counter.get_total_flops(), y
    print(f"{implementation or 'default'}: {counter.get_total_flops():,} FLOPs; the experts alone take {experts:,}")
for _, y in found.values():
    torch.testing.assert_close(y, found[None][1])
counts = {name: flops for name, (flops, _) in found.items()}
assert counts[None] == counts["grouped_mm"] == 1_024_000, counts
assert counts["batched_mm"] == counts["eager"] == counts[None] + experts, counts
PYTHON
