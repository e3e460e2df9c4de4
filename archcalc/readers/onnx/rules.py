"""The rules of all operators of the standard; each family has a module of its own."""

from __future__ import annotations

from archcalc.readers.onnx import (
    attention,
    matrices,
    moves,
    pointwise,
    sequences,
    windows,
)
from archcalc.readers.onnx.trace import RULES

FAMILIES = (windows, matrices, attention, moves, pointwise, sequences)
"""The modules of the rules; importing them fills `RULES`."""
__all__ = ["FAMILIES", "RULES"]
