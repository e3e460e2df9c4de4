#!/usr/bin/env bash
# torch 2.13.0: in a network that parallelize_module splits over ranks, FlopCounterMode counts each linear layer whole on every rank, as
# it sees DTensors of the global size. Attention between them works on plain tensors with a rank's own heads, and counts a rank's
# share. The total of a block is therefore neither that of the network nor that of a rank, and depends on the number of ranks.
# Guess before the run: each rank counts what it computes, 1 / ranks of all matrix products.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0" "numpy>=1.26"
cat > "$folder/ranks.py" <<'PYTHON'
import sys

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.utils.flop_counter import FlopCounterMode

width, heads, tokens = 64, 8, 32
linear, scores = 2 * 4 * tokens * width * width, 2 * 2 * tokens * tokens * width


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))

    def forward(self, x):
        q, k, v = (
            layer(x).unflatten(-1, (-1, width // heads)).transpose(1, 2) for layer in (self.q, self.k, self.v)
        )
        return self.o(((q @ k.mT).softmax(-1) @ v).transpose(1, 2).flatten(2))


def counted(network):
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, tokens, width))
    operators = counter.get_flop_counts()["Global"]
    return operators[torch.ops.aten.mm], operators[torch.ops.aten.bmm]


def run(rank, ranks, store):
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=ranks)
    column, row = ColwiseParallel(), RowwiseParallel()
    plan = {"q": column, "k": column, "v": column, "o": row}
    network = parallelize_module(Attention(), init_device_mesh("cpu", (ranks,)), plan)
    found = counted(network)
    stored = sum(p.to_local().numel() for p in network.parameters())
    print(f"rank {rank} of {ranks}: {stored:,} weights here, FLOPs {found}, in all {sum(found):,}", flush=True)
    assert stored == 4 * width * width // ranks, stored
    assert found == (linear, scores // ranks), found
    dist.destroy_process_group()


if __name__ == "__main__":
    assert torch.__version__.startswith("2.13.0"), torch.__version__
    whole = counted(Attention())
    print(f"one process: FLOPs {whole}, in all {sum(whole):,}", flush=True)
    assert whole == (linear, scores), whole
    for ranks in (2, 4):
        torch.multiprocessing.spawn(run, (ranks, f"{sys.argv[1]}/store{ranks}"), nprocs=ranks)
PYTHON
OMP_NUM_THREADS=1 timeout 300 "$folder/venv/bin/python" -W ignore "$folder/ranks.py" "$folder" 2> "$folder/errors" || { cat "$folder/errors"; exit 1; }
