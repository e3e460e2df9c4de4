#!/usr/bin/env bash
# torch 2.13.0: F.interpolate(x, scale_factor=0.29) makes 28 positions of 100, not 29. The size is the floor of a
# product in floating point, and 100 * 0.29 is 28.999999999999996. Of 0.01 to 0.99 in steps of a hundredth,
# several scales lose a position of 100 positions this way, although every exact product is a whole number.
# Guess before the run: 29, and no scale of a hundredth loses a position.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26"
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch.nn import functional

assert torch.__version__.startswith("2.13.0"), torch.__version__
x = torch.zeros(1, 1, 100)
lost = [
    percent
    for percent in range(1, 100)
    if functional.interpolate(x, scale_factor=percent / 100).shape[2] != percent
]
print("scales in hundredths that lose a position of 100:", lost)
assert lost == [29, 57, 58], lost
PYTHON
