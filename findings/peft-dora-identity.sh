#!/usr/bin/env bash
# peft 0.21.2: each forward pass of a DoRA layer sends an identity matrix of the layer's width through the adapter, to learn the product
# of its two matrices. That is rank × in × (in + out) multiply-accumulates, whatever the number of tokens, in evaluation under
# no_grad too. For one token, a layer of 256 to 512 features with rank 8 takes 13 times its base layer; LoRA takes 1.05 times.
# Guess before the run: DoRA multiplies the two matrices with each other, rank × in × out, and in evaluation it keeps the result.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26" "peft==0.21.2" "transformers==4.57.3"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import peft
import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

assert peft.__version__ == "0.21.2", peft.__version__
width, out, rank = 256, 512, 8


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(width, out, bias=False)

    def forward(self, x):
        return self.layer(x)


def macs(network: nn.Module, tokens: int) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(tokens, width))
    return counter.get_total_flops() // 2


def adapted(**options: bool) -> nn.Module:
    return get_peft_model(Network(), LoraConfig(r=rank, target_modules=["layer"], **options))


identity = rank * width * (width + out)
for tokens in (1, 1000):
    base, lora = macs(Network(), tokens), macs(adapted().eval(), tokens)
    dora, trained = (macs(adapted(use_dora=True).train(mode), tokens) for mode in (False, True))
    print(f"{tokens} tokens: base {base:,}, LoRA {lora:,}, DoRA {dora:,} in evaluation and {trained:,} in training")
    assert base == tokens * width * out
    assert lora == base + tokens * rank * (width + out)
    assert dora == trained == lora + identity, (dora - lora, identity)
PYTHON
