#!/usr/bin/env bash
# thop 0.1.1.post2209072238, torchinfo 1.8.0 and ptflops 0.7.5 with torch 2.13.0: a layer with weight norm counts zero.
# torch.nn.utils.parametrizations.weight_norm changes the class of its layer to ParametrizedConv1d or ParametrizedLinear. These
# counters look up classes or children that they know, so that such a layer has no operations, and for thop no parameters
# either; no message says so. Vocoders such as HiFi-GAN are made of such layers. fvcore and FlopCounterMode count them.
# Guess before the run: ParametrizedConv1d is a subclass of Conv1d, so that all of them count it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26" "thop==0.1.1.post2209072238" "torchinfo==1.8.0" "ptflops==0.7.5"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import thop
import torch
import torchinfo
from ptflops import get_model_complexity_info
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

channels, length, kernel = 64, 1000, 3
macs = channels * channels * kernel * length


def model(norm: bool) -> nn.Module:
    layer = nn.Conv1d(channels, channels, kernel, padding=1, bias=False)
    return nn.Sequential(weight_norm(layer) if norm else layer)


assert isinstance(model(norm=True)[0], nn.Conv1d)
x, found = torch.zeros(1, channels, length), {}
for norm in (False, True):
    counted = {
        "thop": int(thop.profile(model(norm), (x,), verbose=False)[0]),
        "torchinfo": int(torchinfo.summary(model(norm), input_data=x, verbose=0).total_mult_adds),
        "ptflops": int(
            get_model_complexity_info(
                model(norm), (channels, length), as_strings=False, print_per_layer_stat=False, backend="pytorch"
            )[0]
        ),
    }
    params = int(thop.profile(model(norm), (x,), verbose=False)[1])
    print(f"weight norm: {norm}; {macs:,} MACs expected; {counted}; thop's parameters: {params:,}")
    found[norm] = (*counted.values(), params)
assert found[False] == (macs, macs, macs, channels * channels * kernel), found[False]
assert found[True] == (0, 0, 0, 0), found[True]
PYTHON
