#!/usr/bin/env bash
# deepspeed 0.19.8: the estimates of memory for ZeRO 2 and 3 take parameters at one address for one, and on torch's meta device all
# addresses are 0. So a model without data, as one plans with, has as many parameters as the last of its tensors: 1,024 for 8,393,728
# here, and less than 0.01 GB. The largest layer is summed in another way and stays right, so that the table of ZeRO 3 is a mix.
# Guess before the run: an estimate from sizes alone gives the same for a model on the meta device, or raises.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26" setuptools wheel
DS_BUILD_OPS=0 "$folder/venv/bin/pip" install --quiet --no-build-isolation "deepspeed==0.19.8"
DS_ACCELERATOR=cpu "$folder/venv/bin/python" -W ignore - <<'PYTHON' 2> /dev/null
from importlib.metadata import version

import torch
from deepspeed.runtime.zero import stage3, stage_1_and_2
from torch import nn

assert version("deepspeed") == "0.19.8", version("deepspeed")
found = {}
for device in ("cpu", "meta"):
    with torch.device(device):
        network = nn.Sequential(nn.Linear(1024, 4096), nn.ReLU(), nn.Linear(4096, 1024))
    params = sum(p.numel() for p in network.parameters())
    two = stage_1_and_2.model_to_params(network)
    three, largest = stage3.model_to_params(network)
    _, gpu, _ = stage3.estimate_zero3_model_states_mem_needs(three, largest, num_gpus_per_node=8, cpu_offload=False)
    found[device] = two, three, largest
    print(f"{device}: {params:,} parameters; ZeRO 2 takes {two:,}, ZeRO 3 {three:,} with {largest:,} in the largest layer")
    stage_1_and_2.estimate_zero2_model_states_mem_needs_all_live(network, num_gpus_per_node=8)
assert found["cpu"] == (8_393_728, 8_393_728, 4_198_400), found
assert found["meta"] == (1024, 1024, 4_198_400), found
PYTHON
