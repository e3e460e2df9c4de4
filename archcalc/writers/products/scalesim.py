"""Layer tables of SCALE-Sim: one convolution or one matrix product a line.

The header is the first line, whatever it says; there are no comments. Every line ends
with a comma (scalesim 3.0.0, `topology_utils.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from archcalc.writers.products.loops import Product, products_of

if TYPE_CHECKING:
    from archcalc.network.network import Network

CONV = (
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, "
    "Num Filter, Strides,"
)
GEMM = "Layer name, M, N, K,"
DEPTHWISE = "DP"
"""What in a name makes SCALE-Sim take each channel as a layer of its own."""
LOST = (
    "SCALE-Sim reads convolutions and matrix products of one sample, one after the "
    "other: pools, norms, activations, sums and what reads what are left out.",
    "Padding is part of the input, whose last rows and columns are left out where no "
    "window reaches them; dilated kernels stand as dense ones on a smaller input.",
    "A convolution in groups is a line for each group, attention one for each head; a "
    "depthwise one has DP in its name. Linear layers, transposed convolutions, and "
    "convolutions of three axes or two strides are matrix products.",
)
LOST_IN_GEMM = (
    LOST[0],
    "Windows are laid out as rows, so that input that windows share is counted for "
    "each of them; padding is part of them.",
    "A convolution in groups is a line for each group, attention one for each head.",
)


def write(network: Network) -> str:
    """Return the table of convolutions; matrix products are those of one position."""
    lines = [CONV]
    for product in products_of(network):
        lines += conv_lines(product)
    return "\n".join(lines) + "\n"


def write_gemm(network: Network) -> str:
    """Return the table of matrix products; convolutions are those of their windows."""
    lines = [GEMM]
    for product in products_of(network):
        sizes = product.rows, product.out, product.depth
        lines += repeated(product, sizes)
    return "\n".join(lines) + "\n"


def conv_lines(product: Product) -> Iterator[str]:
    """Yield the lines of a product in the table of convolutions."""
    kernel, stride = product.kernel, product.stride
    sizes: tuple[int, ...]
    if len(kernel) not in (1, 2) or len({*stride}) > 1:
        sizes = (product.rows, 1, 1, 1, product.depth, product.out, 1)
        yield from repeated(product, sizes)
        return
    window, output = (*kernel, 1)[:2], (*product.output, 1)[:2]
    step = stride[0]
    entering = [(n - 1) * step + k for n, k in zip(output, window, strict=True)]
    if product.groups > 1 and product.into == 1:
        sizes = (*entering, *window, product.groups, product.out, step)
        yield line(f"{called(product)}_{DEPTHWISE}", sizes)
        return
    sizes = (*entering, *window, product.into, product.out, step)
    yield from repeated(product, sizes)


def repeated(product: Product, sizes: tuple[int, ...]) -> Iterator[str]:
    """Yield a line for each group."""
    name = called(product)
    for group in range(product.groups):
        yield line(name if product.groups == 1 else f"{name}_{group + 1}", sizes)


def called(product: Product) -> str:
    """Return a name that a line may have, and that asks for nothing."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", product.step)
    return name.replace(DEPTHWISE, DEPTHWISE.capitalize())


def line(name: str, sizes: tuple[int, ...]) -> str:
    """Return one line."""
    return f"{name}, {', '.join(map(str, sizes))},"
