#!/usr/bin/env bash
# torch 2.13.0: FlopCounterMode under torch.no_grad() raises "Expected gradient function to be set" where a view of a
# parameter enters a module, as learned queries and position tables do: layer(queries[None]). Without the counter the
# same call works; so it does with a copy, with a detached view, and with the parameter itself.
# Guess before the run: a counter changes nothing that a module computes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26"
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

assert torch.__version__.startswith("2.13.0"), torch.__version__
queries, layer = nn.Parameter(torch.zeros(6, 12)), nn.Linear(12, 3)
ways = {
    "the parameter": lambda: queries,
    "a view": lambda: queries[None],
    "a reshape": lambda: queries.reshape(1, 6, 12),
    "a copy": lambda: queries.clone()[None],
    "a detached view": lambda: queries.detach()[None],
}
raised = []
for name, way in ways.items():
    with torch.no_grad():
        layer(way())
        try:
            with FlopCounterMode(display=False) as counter:
                layer(way())
            print(f"{name}: {counter.get_total_flops()} FLOPs")
        except AssertionError as error:
            raised.append(name)
            print(f"{name}: AssertionError: {error}")
assert raised == ["a view", "a reshape"], raised
PYTHON
