#!/usr/bin/env bash
# torch 2.13.0: a TorchDispatchMode that only watches changes what F.linear does. On a three-dimensional input with gaps, F.linear adds
# its bias in place (aten::add_); while a mode is active it calls aten::add and makes a second tensor as large as its output. So bytes
# that are measured with a mode are more than those of a run without one.
# Guess before the run: the mode sees the same operators that a profiler sees.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26"
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode

assert torch.__version__.startswith("2.13.0"), torch.__version__


class Watching(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.seen.append(str(function))
        return function(*args, **(kwargs or {}))


x = torch.randn(3, 2, 5).transpose(0, 1)
weight, bias = torch.randn(7, 5), torch.randn(7)
with torch.no_grad():
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        functional.linear(x, weight, bias)
    with Watching() as watching:
        functional.linear(x, weight, bias)
names = {event.key for event in profiled.key_averages()}
print("profiler:", sorted(name for name in names if "add" in name))
print("mode:", [name for name in watching.seen if "add" in name])
assert "aten::add_" in names and "aten::add" not in names, names
assert "aten.add.Tensor" in watching.seen, watching.seen
PYTHON
