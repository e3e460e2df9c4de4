"""LoRA: two matrices of a low rank beside a layer, trained in its place (Hu 2021)."""

from __future__ import annotations

from fractions import Fraction

from archcalc.layers.base import Layer
from archcalc.layers.combine import Add
from archcalc.layers.drop import Dropout
from archcalc.layers.elementwise import Times
from archcalc.sizes.dims import Dim

ADAPTERS = ("lora_a", "lora_b")
"""What the two matrices are called."""
SUM = Add()


def beside(
    layer: Layer, rank: Dim, alpha: Dim | Fraction | None, dropout: Fraction
) -> list[tuple[str, Layer]]:
    """Return what stands beside a layer, in its order; nothing where none can adapt it.

    As `peft` runs it: `layer(x) + B(A(dropout(x))) · alpha / rank`.
    """
    matrices = layer.low_rank(rank)
    if matrices is None:
        return []
    numbers = isinstance(rank, int) and isinstance(alpha, (int, Fraction))
    scale = Fraction(alpha) / rank if numbers else Fraction(1)  # type: ignore[arg-type,operator]  # numbers
    found: list[tuple[str, Layer]] = [*zip(ADAPTERS, matrices, strict=True)]
    if dropout:
        found.insert(0, (Dropout.key, Dropout(rate=dropout)))
    return [*found, ("scale", Times(by=scale))]
