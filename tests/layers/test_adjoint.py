"""A transposed convolution is the adjoint of the convolution with the same padding."""

from __future__ import annotations

import pytest
import torch
from layer_cases import read
from layer_torch import build


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_same_padding_is_that_of_keras(kernel: int, stride: int) -> None:
    """`⟨conv(y), x⟩ = ⟨y, deconv(x)⟩` where `pad: same` pads as TensorFlow does."""
    given = f"kernel: {kernel}, stride: {stride}, pad: same, bias: false"
    n = 4
    forth = build(read(f"{{conv: 3, {given}}} @ 2x{n * stride}x{n * stride}"))
    back = build(read(f"{{deconv: 2, {given}}} @ 3x{n}x{n}"))
    with torch.no_grad():
        back.part.weight.copy_(forth.part.weight)
        y, x = torch.randn(1, 2, n * stride, n * stride), torch.randn(1, 3, n, n)
        assert torch.allclose((forth(y) * x).sum(), (y * back(x)).sum(), atol=1e-4)
