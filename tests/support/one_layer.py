"""Specs whose one layer is an example of a kind, and random inputs of networks."""

from __future__ import annotations

from typing import Any

import torch
from layer_cases import EXAMPLES, FURTHER, Case, spec_of
from torch import Tensor

import archcalc
from archcalc import Network

ONE_LAYER = [
    case
    for case in (*EXAMPLES, *FURTHER)
    if case.inputs and not case.layer.uncounted
    if len(case.inputs) > 1 or case.layer.arity  # no spec joins one tensor
]


def network_of(case: Case) -> Network:
    """Return a network whose one layer is an example of a kind."""
    return archcalc.loads(spec_of(case))


def random_inputs(network: Network, batch: int, device: str) -> list[Tensor]:
    """Return random inputs; whole numbers below two where a layer reads them."""
    graph = network.graph
    ids = graph.ids
    found = []
    for index in graph.inputs:
        size: Any = (batch, *graph.nodes[index].shape)
        given = torch.zeros(size, dtype=torch.int64, device=device)
        found.append(given if index in ids else torch.randn(size, device=device))
    return found


def outputs(value: Any) -> tuple[Tensor, ...]:
    """Return what a module gives as a tuple."""
    return value if isinstance(value, tuple) else (value,)
