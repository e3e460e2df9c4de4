#!/usr/bin/env bash
# transformers 5.24.0: get_memory_footprint states for weights that torchao 0.18.0 or optimum-quanto 0.2.7 quantized the bytes that they
# had before: 3.39 MB for a network in bfloat16, in int8 and in int4. Such a weight is a tensor that calls itself bfloat16, and its nbytes
# are those of a bfloat16 tensor. The footprint of bitsandbytes 0.50.2 in 4 bits leaves out the scales of the blocks, an eighth of what the
# 4-bit weights take. And torchao's IntxWeightOnlyConfig keeps one byte for each int4 weight: its file is larger than that of int8.
# Guess before the run: the footprint is the bytes that are held, scales too; and int4 takes half of int8.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26" "transformers==5.24.0" "accelerate==1.12.0" "torchao==0.18.0" \
  "optimum-quanto==0.2.7" "bitsandbytes==0.50.2"
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_PROGRESS_BARS=1 TRANSFORMERS_VERBOSITY=error
"$folder/venv/bin/python" -W ignore - "$folder/plain" "$folder/quantized" 2>/dev/null <<'PYTHON'
import sys
from pathlib import Path

import torch
import transformers
from torchao.quantization import Int8WeightOnlyConfig, IntxWeightOnlyConfig, PerGroup
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, LlamaConfig, LlamaForCausalLM, QuantoConfig, TorchAoConfig

assert transformers.__version__ == "5.24.0", transformers.__version__
sizes = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2, "vocab_size": 1000}
heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False}
plain = LlamaForCausalLM(LlamaConfig(**sizes, **heads)).to(torch.bfloat16)
plain.save_pretrained(sys.argv[1])
layers = [m for m in plain.modules() if isinstance(m, torch.nn.Linear) and m is not plain.lm_head]
weights, before = sum(layer.weight.numel() for layer in layers), plain.get_memory_footprint()
print(f"bfloat16: footprint {before:,}; {weights:,} weights are quantized below")
int4 = IntxWeightOnlyConfig(weight_dtype=torch.int4, granularity=PerGroup(32))
ways = {
    "torchao int8": TorchAoConfig(Int8WeightOnlyConfig()),
    "torchao int4": TorchAoConfig(int4),
    "quanto int8": QuantoConfig(weights="int8"),
    "quanto int4": QuantoConfig(weights="int4"),
    "bitsandbytes 4 bits": BitsAndBytesConfig(load_in_4bit=True),
}
footprints, files = {}, {}
for name, config in ways.items():
    model = AutoModelForCausalLM.from_pretrained(sys.argv[1], quantization_config=config, dtype=torch.bfloat16)
    weight = model.model.layers[0].mlp.gate_proj.weight
    footprints[name] = model.get_memory_footprint()
    said = f"{type(weight).__name__} of {weight.dtype}, {weight.nbytes:,} bytes"
    if "quanto" not in name:
        folder = Path(sys.argv[2], name)
        model.save_pretrained(folder)
        files[name] = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
        said += f"; saved in {files[name]:,}"
    print(f"{name}: footprint {footprints[name]:,}; a weight is a {said}")
for name in ("torchao int8", "torchao int4", "quanto int8", "quanto int4"):
    assert before <= footprints[name] < before + 1000, name
assert files["torchao int8"] < files["torchao int4"] < 0.75 * before, files
without_scales = before - 2 * weights + weights // 2
assert without_scales <= footprints["bitsandbytes 4 bits"] < without_scales + 1000, footprints
assert files["bitsandbytes 4 bits"] > footprints["bitsandbytes 4 bits"] + 4 * weights // 64
PYTHON
