"""Recurrent modules: one operator of ONNX for each level.

The standard has samples on the second axis, the weights of both directions in one
tensor, and its gates in another order than torch: input, output, forget, cell for an
LSTM, and update, reset, hidden for a GRU.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archcalc.writers.onnx.page import NoWord
from archcalc.writers.onnx.tensors import Tensor
from archcalc.writers.onnx.weights import Weights

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def recurrent(given: Mapping[str, Any], weights: Weights, x: Tensor) -> Tensor:
    """Return the states of the last level for every position."""
    if given.get("proj_size"):
        raise NoWord("nn.LSTM with projections")
    hidden: int = given["hidden_size"]
    ways = 2 if given.get("bidirectional") else 1
    made = x.transpose(0, 1)
    for level in range(given.get("num_layers", 1)):
        made = one_level(given, weights, made, level, ways, hidden)
    return made.transpose(0, 1)


def one_level(
    given: Mapping[str, Any],
    weights: Weights,
    x: Tensor,
    level: int,
    ways: int,
    hidden: int,
) -> Tensor:
    """Return the states of one level; positions come first, then samples."""
    kind, sheet = weights.kind, x.sheet
    rows = GATES[kind] * hidden
    width: Any = x.shape[2]
    into = weights.joined(f"weight_ih_l{level}", (ways, rows, width))
    again = weights.joined(f"weight_hh_l{level}", (ways, rows, hidden))
    bias = None
    if given.get("bias", True):
        bias = weights.joined(f"bias_l{level}", (ways, 2 * rows))
    attributes: dict[str, Any] = {"hidden_size": hidden}
    attributes["direction"] = "bidirectional" if ways == 2 else "forward"
    if kind == "GRU":
        attributes["linear_before_reset"] = 1
    if kind == "RNN":
        function = given.get("nonlinearity", "tanh").capitalize()
        attributes["activations"] = [function] * ways
    shape = (x.shape[0], ways, x.shape[1], hidden)
    made = sheet.op(kind, [x, into, again, bias], shape, **attributes)
    if ways == 1:
        return made.squeeze(1)
    return made.permute(0, 2, 1, 3).flatten(2, 3)
