#!/usr/bin/env bash
# transformers 4.57.3: DetrForObjectDetection(DetrConfig()) asks the Hub for a file of weights. A model that is made
# from a config has random weights, as the documentation says of every model; DETR's default config has
# use_pretrained_backbone=True, and its backbone loads timm's ResNet-50 while the model is made, on the meta device
# too. Without the Hub the constructor raises; with use_pretrained_backbone=False it makes 41,524,768 parameters.
# Guess before the run: a model from a config opens no file and no connection.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "transformers==4.57.3" "torch==2.13.0" "torchvision==0.28.0" "timm==1.0.31" pillow
HF_HUB_OFFLINE=1 HF_HOME="$folder/home" "$folder/venv/bin/python" - <<'PYTHON'
import importlib.util
from pathlib import Path

import torch
import transformers

assert transformers.__version__ == "4.57.3", transformers.__version__
place = Path(importlib.util.find_spec("torchvision").origin)
try:
    torch.ops.load_library(place.with_name("_C.so"))
except OSError:  # torchvision for CUDA beside torch for the CPU: its operators are declared by hand
    stubs = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        stubs.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from transformers import BertConfig, BertModel, DetrConfig, DetrForObjectDetection

with torch.device("meta"):
    print("BERT from its config:", sum(p.numel() for p in BertModel(BertConfig()).parameters()))
    try:
        DetrForObjectDetection(DetrConfig())
        said = "made"
    except Exception as error:
        said = type(error).__name__
        print(f"DETR from its config: {said}: {str(error).splitlines()[0][:100]}")
    detr = DetrForObjectDetection(DetrConfig(use_pretrained_backbone=False, num_labels=91))
params = sum(p.numel() for p in detr.parameters())
print("DETR without a pretrained backbone:", params)
assert DetrConfig().use_pretrained_backbone is True
assert said == "LocalEntryNotFoundError", said
assert params == 41_524_768, params
PYTHON
