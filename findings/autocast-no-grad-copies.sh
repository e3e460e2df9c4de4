#!/usr/bin/env bash
# torch 2.13.0: under autocast, inference with no_grad keeps a bfloat16 copy of every weight until the context ends, though nothing will
# need it, if the weights require gradients. If they are frozen, each copy goes after its layer, and is made again in the next call.
# So requires_grad_(False) takes the peak of eight layers of 256×256 from more than eight copies, 1,048,576 bytes, to less than two.
# Guess before the run: without gradients, a copy of a weight goes when its layer is done, frozen or not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26"
"$folder/venv/bin/python" -W ignore - <<'PYTHON' 2> /dev/null
import torch
from torch import nn
from torch.profiler import profile

assert torch.__version__.startswith("2.13.0"), torch.__version__
width, layers = 256, 8
copy = 2 * width * width


def peak(network: nn.Module, calls: int) -> tuple[int, int]:
    """Return the most bytes alive in one context, and how many tensors were cast in it."""
    with profile(profile_memory=True) as seen, torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for _ in range(calls):
            network(torch.zeros(1, width))
    events = sorted(seen.profiler.kineto_results.events(), key=lambda event: event.start_ns())
    live = most = 0
    for event in events:
        if event.name() == "[memory]":
            live += event.nbytes()
            most = max(most, live)
    return most, sum(event.name() == "aten::_to_copy" for event in events)


network = nn.Sequential(*(nn.Linear(width, width) for _ in range(layers))).eval()
found = {}
for trained in (True, False):
    network.requires_grad_(trained)
    for calls in (1, 2):
        found[trained, calls] = most, casts = peak(network, calls)
        print(f"weights require gradients: {trained}, calls: {calls}: {most:,} bytes at most, {casts} casts")
assert found[True, 1][0] > layers * copy, found
assert found[False, 1][0] < 2 * copy, found
assert abs(found[True, 2][0] - found[True, 1][0]) < copy and abs(found[False, 2][0] - found[False, 1][0]) < copy
# A cast of the input for each call, one of each weight and bias in the context or in each call.
assert [found[True, calls][1] for calls in (1, 2)] == [1 + 2 * layers, 2 + 2 * layers], found
assert [found[False, calls][1] for calls in (1, 2)] == [1 + 2 * layers, 2 + 4 * layers], found
PYTHON
