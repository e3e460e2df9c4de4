"""How operations and bytes are counted: conventions and number formats, as data."""

from __future__ import annotations

from typing import overload

from archcalc.errors import unknown
from archcalc.sizes.dims import Dim

DTYPES = {
    "float64": 64,
    "float32": 32,
    "tfloat32": 32,
    "bfloat16": 16,
    "float16": 16,
    "float8": 8,
    "int8": 8,
    "int4": 4,
}
"""Bits of a value in each number format."""

DTYPE_NAMES = {
    "fp64": "float64",
    "fp32": "float32",
    "bf16": "bfloat16",
    "fp16": "float16",
    "fp8": "float8",
}


def dtype_bits(name: str) -> int:
    """Return the bits of a number format; raise `UsageError` for an unknown one."""
    bits = DTYPES.get(DTYPE_NAMES.get(name, name))
    if bits is None:
        raise unknown("AC503", "dtype", name, [*DTYPES, *DTYPE_NAMES], "known")
    return bits


@overload
def in_bytes(values: int, bits: int) -> int: ...
@overload
def in_bytes(values: Dim, bits: int) -> Dim: ...
def in_bytes(values: Dim, bits: int) -> Dim:
    """Return the bytes of so many values, a part of a byte rounded up."""
    return -(-values * bits // 8)
