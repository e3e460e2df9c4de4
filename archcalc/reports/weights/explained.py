"""Why a file of weights has so many parameters and bytes: sizes, blocks, sums."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from archcalc.errors import UsageError, nearest
from archcalc.figures.formulas.formulas import Formula
from archcalc.readers.weights.record import NO_GRAPH, Tensor, Weights
from archcalc.reports.explanation import Derivation, Explanation, Section
from archcalc.reports.weights.outline import outline
from archcalc.reports.weights.table import (
    UNKNOWN,
    bits,
    dtypes_named,
    weights_settings,
)
from archcalc.sizes.recorded import Constant, Product, Quotient, Recorded, Sum

MOST_TERMS = 12
PARAMS, BYTES = "params", "bytes"


def explain_weights(weights: Weights, at: str | None = None) -> Explanation:
    """Return the figures of a file with their formulas, or those of a part of it.

    `at` is the name of a tensor, or what several names begin with. Raises `UsageError`
    AC591 where there is none.
    """
    if at is None:
        rows = [p for p in outline(weights, "layers", True) if not p.head]
        parts = [_sum(p.path, p.what, p.tensors) for p in rows]
        parts.append(_sum("total", "", weights.tensors))
    else:
        found = _named(weights, at)
        parts = [] if len(found) == 1 else [_sum(at, "", found)]
        if len(found) <= MOST_TERMS:
            parts = [*map(_tensor, found), *parts]
    title = weights.name if at is None else f"{weights.name}, {at}"
    settings = weights_settings(weights)
    return Explanation(title, title, tuple(parts), at is None, settings, (UNKNOWN,))


def _named(weights: Weights, at: str) -> tuple[Tensor, ...]:
    """Return the tensor of a name, or all whose names begin with it and a dot."""
    if at in weights.ties:
        at = weights.ties[at]
    found = tuple(
        tensor
        for tensor in weights.tensors
        if tensor.name == at or tensor.name.startswith(f"{at}.")
    )
    if not found:
        names = dict.fromkeys(
            name
            for tensor in weights.tensors
            for name in (tensor.name, tensor.name.rpartition(".")[0])
        )
        message = f"{weights.name} has no tensor {at!r}"
        raise UsageError.of(NO_GRAPH, message, help=nearest(at, names))
    return found


def _tensor(tensor: Tensor) -> Section:
    """Return a tensor: the product of its sizes, and the bytes of its blocks."""
    dtype = tensor.dtype
    label = f"{dtype.name}, {bits(dtype)} bits a value"
    lines = (
        Derivation(PARAMS, Formula(_product(tensor.shape)), symbols=False),
        Derivation(BYTES, Formula(_bytes(tensor)), symbols=False),
    )
    remarks: tuple[str, ...] = ()
    if tensor.begin is not None:
        remarks = (f"begins at byte {tensor.begin:,} of the values",)
    return Section(tensor.name, label, lines=lines, remarks=remarks)


def _product(sizes: Sequence[int]) -> Recorded:
    if len(sizes) < 2:
        return Constant(prod(sizes))
    return Product(tuple(map(Constant, sizes)), prod(sizes))


def _bytes(tensor: Tensor) -> Recorded:
    values, dtype = Constant(tensor.values), tensor.dtype
    if dtype.block == 1:
        return Product((values, Constant(dtype.size)), tensor.bytes)
    blocks = Quotient(
        values, Constant(dtype.block), False, tensor.values // dtype.block
    )
    return Product((blocks, Constant(dtype.size)), tensor.bytes)


def _sum(name: str, what: str, tensors: Sequence[Tensor]) -> Section:
    """Return the sums over some tensors; of many, only the values."""
    label = f"{what}, {dtypes_named(tensors)}".removeprefix(", ")
    lines = (
        Derivation(PARAMS, Formula(_added([t.values for t in tensors])), symbols=False),
        Derivation(BYTES, Formula(_added([t.bytes for t in tensors])), symbols=False),
    )
    return Section(name, label, lines=lines)


def _added(values: Sequence[int]) -> Recorded:
    """Return a sum, equal terms as a product."""
    counts: dict[int, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    if len(counts) > MOST_TERMS or len(values) < 2:
        return Constant(sum(values))
    terms = tuple(
        (1, _product((n, value)) if n > 1 else Constant(value))
        for value, n in counts.items()
    )
    return terms[0][1] if len(terms) == 1 else Sum(terms, sum(values))
