#!/usr/bin/env bash
# torch 2.13.0: nn.AvgPool3d(3, stride=1, padding=1) refuses a volume of 2x2x2, because it compares the window
# with the size before padding. nn.AvgPool2d and nn.MaxPool3d with the same arguments accept the same sizes.
# Guess before the run: all three accept, since the padded size is 4.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26"
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn

assert torch.__version__.startswith("2.13.0"), torch.__version__
window = {"kernel_size": 3, "stride": 1, "padding": 1}
volume, image = torch.zeros(1, 1, 2, 2, 2), torch.zeros(1, 1, 2, 2)
seen = {
    "AvgPool2d": tuple(nn.AvgPool2d(**window)(image).shape[2:]),
    "MaxPool3d": tuple(nn.MaxPool3d(**window)(volume).shape[2:]),
}
try:
    nn.AvgPool3d(**window)(volume)
    seen["AvgPool3d"] = "accepted"
except RuntimeError as error:
    seen["AvgPool3d"] = str(error).splitlines()[0]
for name, what in seen.items():
    print(f"{name}: {what}")
assert seen["AvgPool2d"] == (2, 2), seen
assert seen["MaxPool3d"] == (2, 2, 2), seen
assert "smaller than" in str(seen["AvgPool3d"]), seen
PYTHON
