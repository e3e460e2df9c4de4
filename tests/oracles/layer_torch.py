"""A layer's torch record as a module, for the tests that compare the two."""

from __future__ import annotations

from typing import Any

import torch
from layer_cases import Case
from torch import Tensor, nn
from torch.nn import functional

from archcalc.layers.base import Function, Module
from archcalc.layers.records.calls import code_of

NAMES = {"torch": torch, "nn": nn, "F": functional}


class Built(nn.Module):
    """A layer's record as a module."""

    def __init__(self, record: Module | Function) -> None:
        super().__init__()
        self.record = record
        if isinstance(record, Module):
            kind = getattr(nn, record.target.removeprefix("nn."))
            self.part = run(
                record.wrap.format("x"), kind(*record.args, **record.kwargs)
            )
        else:
            shapes: Any = record.params.items()
            self.part = nn.ParameterDict({k: torch.randn(s) for k, s in shapes})
            for name, shape in record.buffers.items():
                whole: Any = torch.ones(shape)
                whole = whole if shape else whole.long()
                self.part.register_buffer(name, run(record.filled.get(name), whole))

    def forward(self, *xs: Tensor) -> Any:
        if isinstance(self.record, Function):
            first = xs[0] if xs else None
            return code_of(self.record.body, NAMES)(first, xs, self.part)
        x = run(self.record.before, xs[0])
        return run(self.record.after, self.part(x))


def run(code: str | None, x: Any) -> Any:
    """Return what code around a module makes of a value; without code, the value."""
    return x if code is None else code_of(f"return {code}", NAMES)(x, (x,), None)


def build(case: Case, device: str = "cpu") -> Built:
    """Return an example's layer as a module on a device, with random weights."""
    with torch.device(device):
        return Built(case.layer.torch(*case.inputs))


def batch_of(case: Case, batch: int) -> int:
    """Return the batch of a layer's output: a tensor that reads nothing has one."""
    return batch if case.inputs else 1


def inputs(case: Case, batch: int, **how: Any) -> list[Tensor]:
    """Return a batch of inputs for an example: random numbers, or ids of 1."""
    if case.layer.reads_ids:
        device = how.get("device", "cpu")
        return [
            torch.ones((batch, *x), dtype=torch.long, device=device)
            for x in case.inputs
        ]
    return [torch.randn((batch, *x), **how) for x in case.inputs]
