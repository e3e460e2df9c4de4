"""Workloads of ZigZag: loops over dimensions, as YAML (zigzag-dse 3.9.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from archcalc.errors import clean
from archcalc.writers.products.loops import Product, products_of

if TYPE_CHECKING:
    from archcalc.network.network import Network

AXES = "ZYX"
LOST = (
    "ZigZag reads convolutions and matrix products of one sample: pools, norms, "
    "activations and sums are left out. Of a sum, the source is its first term.",
    "Widths of numbers are those of ZigZag's reader of ONNX, 8 bits and 16 for what is "
    "added up; a spec has none.",
    "A transposed convolution is a matrix product, and so is a step of an LSTM or GRU, "
    "without its order in time.",
)
PRECISION = "{W: 8, I: 8, O: 16, O_final: 8}"


def write(network: Network) -> str:
    """Return a workload with a layer for each product."""
    lines = [f"# {clean(network.title)}, written by archcalc."]
    lines += [f"# {text}" for text in LOST]
    for number, product in enumerate(products_of(network)):
        lines += layer(number, product)
    return "\n".join(lines) + "\n"


def layer(number: int, product: Product) -> Iterator[str]:
    """Yield the lines of one layer."""
    yield f"- id: {number}"
    yield f"  name: {json.dumps(clean(product.step))}"
    yield f"  operator_type: {'Conv' if product.kernel else 'Gemm'}"
    yield from loops(product) if product.kernel else matrix(product)
    yield f"  operand_precision: {PRECISION}"
    sources = [f"W: {number if product.right is None else product.right}"]
    if product.left is not None:
        sources.append(f"I: {product.left}")
    yield f"  operand_source: {{{', '.join(sources)}}}"


def matrix(product: Product) -> Iterator[str]:
    """Yield the loops of matrix products: groups, rows, columns, and what is added."""
    sizes = product.groups, product.rows, product.out, product.into
    yield '  equation: "O[g][d][k]+=W[g][c][k]*I[g][d][c]"'
    yield "  dimension_relations: []"
    yield "  loop_dims: [G, D, K, C]"
    yield f"  loop_sizes: [{', '.join(map(str, sizes))}]"


def loops(product: Product) -> Iterator[str]:
    """Yield the loops of a convolution; the input's axes follow from the others."""
    rank = len(product.kernel)
    axes = AXES[-rank:]
    small = axes.lower()
    positions = "".join(f"[o{axis}]" for axis in small)
    kernel = "".join(f"[f{axis}]" for axis in small)
    entering = "".join(f"[i{axis}]" for axis in small)
    outer = [f"O{axis}" for axis in axes]
    inner = [f"F{axis}" for axis in axes]
    yield f'  equation: "O[g][k]{positions}+=W[g][k][c]{kernel}*I[g][c]{entering}"'
    relations = [
        f'"i{axis}={stride}*o{axis}+{dilation}*f{axis}"'
        for axis, stride, dilation in zip(
            small, product.stride, product.dilation, strict=True
        )
    ]
    yield f"  dimension_relations: [{', '.join(relations)}]"
    yield f"  loop_dims: [{', '.join(['G', 'K', 'C', *outer, *inner])}]"
    outermost = product.groups, product.out, product.into
    sizes = (*outermost, *product.output, *product.kernel)
    yield f"  loop_sizes: [{', '.join(map(str, sizes))}]"
    yield f"  pr_loop_dims: [{', '.join(f'I{axis}' for axis in axes)}]"
    yield f"  pr_loop_sizes: [{', '.join(map(str, unpadded(product)))}]"
    padding = [f"[{before}, {after}]" for before, after in product.padding]
    yield f"  padding: [{', '.join(padding)}]"


def unpadded(product: Product) -> Iterator[int]:
    """Yield the input positions of each axis that windows reach, without padding."""
    columns = zip(
        product.output,
        product.kernel,
        product.stride,
        product.dilation,
        product.padding,
        strict=True,
    )
    for size, kernel, stride, dilation, padding in columns:
        yield (size - 1) * stride + dilation * (kernel - 1) + 1 - sum(padding)
