"""Measure training on a GPU, and compare it with what `archcalc fit` would say.

    python tests/tools/measure_gpu.py > table.md

Twelve networks with three batches each run two steps with SGD. The table has the most
bytes of `torch.cuda.max_memory_allocated` in the second step, the peak that archcalc
gives, and the difference, which is what archcalc leaves out: workspaces of cuDNN, and
kernels that keep other tensors than those on a CPU. The context of the device is beside
both. Without a GPU it says so; no test and no figure depends on it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "oracles")]

import archcalc  # noqa: E402  # the folder is found first
from archcalc.network.torch_network import build  # noqa: E402

NETWORKS: dict[str, str | None] = {
    "lenet5": None,
    "alexnet": None,
    "vgg16": None,
    "squeezenet": None,
    "resnet18": None,
    "resnet50": None,
    "densenet121": None,
    "mobilenet-v2": None,
    "efficientnet": None,
    "convnext": None,
    "unet": None,
    "vit": None,
}
BATCHES = (1, 8, 32)


def step(module: Any, inputs: list[torch.Tensor], optimizer: Any) -> None:
    """Run one step; the gradient of each output is one."""
    found = module(*inputs)
    outputs = found if isinstance(found, (list, tuple)) else [found]
    torch.autograd.backward(outputs, [torch.ones_like(value) for value in outputs])
    optimizer.step()
    optimizer.zero_grad()


def measured(name: str, input: str | None, batch: int) -> tuple[int, int]:
    """Return the peak that archcalc gives, and the one that was measured."""
    analysis = archcalc.load(name, input=input).analyze(batch=batch, inplace=False)
    graph = analysis.graph
    module = build(graph, "cuda").train()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    shapes = [(batch, *graph.nodes[index].shape) for index in graph.inputs]
    for _ in range(2):
        torch.cuda.reset_peak_memory_stats()
        step(module, [torch.randn(shape, device="cuda") for shape in shapes], optimizer)
    torch.cuda.synchronize()
    return analysis.memory.training.peak, torch.cuda.max_memory_allocated()


def main() -> None:
    if not torch.cuda.is_available():
        print("There is no GPU that torch can use, so nothing was measured.")
        return
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}\n")
    print("| network | batch | archcalc | measured | difference | share |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, input in NETWORKS.items():
        for batch in BATCHES:
            try:
                ours, theirs = measured(name, input, batch)
            except torch.cuda.OutOfMemoryError:
                print(f"| {name} | {batch} | | did not fit | | |")
                continue
            finally:
                torch.cuda.empty_cache()
            more = theirs - ours
            share = f"{100 * more / theirs:.1f}%"
            print(f"| {name} | {batch} | {ours:,} | {theirs:,} | {more:,} | {share} |")


if __name__ == "__main__":
    main()
