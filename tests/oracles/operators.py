"""Operators of torch that no layer is: their code, and tensors that they take.

`tests/data/operators_counted.json` has what each counter says of them; `python
tests/oracles/operators.py` runs the counters and writes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import more_counters
import torch
from peers import ON_CPU, ON_META, count
from torch import Tensor, nn
from torch.nn import functional

from archcalc.errors import UsageError

RECORDED = Path(__file__).parents[1] / "data" / "operators_counted.json"
COUNTERS = (*ON_META, *ON_CPU, *more_counters.RUN)


class Operator(NamedTuple):
    """Code over `x`, `y`, `z` or a module's code, the tensors, and their type.

    `macs` are its multiply-accumulates, counted by hand.
    """

    code: str
    sizes: tuple[tuple[int, ...], ...]
    macs: int
    dtype: torch.dtype = torch.float32


OPERATORS = (
    Operator("torch.mm(x, y)", ((3, 4), (4, 5)), 3 * 4 * 5),
    Operator("x @ y", ((3, 4), (4, 5)), 3 * 4 * 5),
    Operator("torch.tensordot(x, y, 1)", ((3, 4), (4, 5)), 3 * 4 * 5),
    Operator(
        "torch.baddbmm(x, y, z)", ((2, 3, 5), (2, 3, 4), (2, 4, 5)), 2 * 3 * 4 * 5
    ),
    Operator("torch.addbmm(x, y, z)", ((3, 5), (2, 3, 4), (2, 4, 5)), 2 * 3 * 4 * 5),
    Operator(
        "functional.grouped_mm(x, y)",
        ((2, 16, 16), (2, 16, 16)),
        2 * 16**3,
        torch.bfloat16,
    ),
    Operator("torch._int_mm(x, y)", ((32, 16), (16, 32)), 32 * 16 * 32, torch.int8),
    Operator("functional.linear(x, y)", ((3, 4), (5, 4)), 3 * 4 * 5),
    Operator("functional.conv2d(x, y)", ((1, 3, 8, 8), (4, 3, 3, 3)), 36 * 4 * 27),
    Operator("torch.conv_tbc(x, y, z)", ((7, 1, 4), (3, 4, 5), (5,)), 5 * 5 * 3 * 4),
    Operator(
        "nn.Conv2d(3, 4, 3, bias=False, dtype=torch.complex64)",
        ((1, 3, 8, 8),),
        36 * 4 * 27,
        torch.complex64,
    ),
    Operator("nn.Bilinear(4, 5, 6)", ((3, 4), (3, 5)), 3 * 6 * (4 * 5 + 5)),
    *(
        Operator(
            f"nn.TransformerEncoderLayer(12, {heads}, 16, batch_first=True)",
            ((1, 7, 12),),
            7 * (4 * 12 * 12 + 2 * 12 * 16) + 2 * 7 * 7 * 12,
        )
        for heads in (2, 3)
    ),
    Operator("nn.Softmax2d()", ((1, 3, 4, 5),), 0),
    Operator("nn.MaxUnpool2d(2)", ((1, 3, 4, 4), (1, 3, 4, 4)), 0),
)


class Expression(nn.Module):
    """An expression; torch is looked up when it runs, since counters replace it."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.run: Callable[..., Tensor] = eval(
            f"lambda x=None, y=None, z=None: {code}",
            {"torch": torch, "functional": functional},
        )

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.run(*inputs)


def made(operator: Operator) -> tuple[nn.Module, list[Tensor]]:
    """Return a module that runs the operator alone, and its inputs, on the CPU."""
    inputs = [torch.zeros(size, dtype=operator.dtype) for size in operator.sizes]
    code = operator.code
    if code.startswith("nn.MaxUnpool"):
        inputs[1] = torch.arange(16).mul(4).view(1, 1, 4, 4).expand(1, 3, 4, 4)
    module = eval(code) if code.startswith("nn.") else Expression(code)
    return nn.Sequential(module) if len(inputs) == 1 else Held(module), inputs


class Held(nn.Module):
    """A module in another: a lone leaf has no parameters for thop."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: Tensor) -> Any:
        return self.module(*inputs)


def counts(operator: Operator) -> dict[str, int | None]:
    """Return what each counter says; None where it fails."""
    return {name: counted(name, operator) for name in COUNTERS}


def counted(name: str, operator: Operator) -> int | None:
    run = more_counters.count if name in more_counters.RUN else count
    try:
        return run(name, *made(operator)).operations
    except (UsageError, TypeError):
        return None


if __name__ == "__main__":
    torch.set_num_threads(1)
    found = {one.code: {"macs": one.macs, **counts(one)} for one in OPERATORS}
    RECORDED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
