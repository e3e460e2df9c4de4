"""Number formats of files of weights, with the exact bytes of their blocks.

Those of safetensors are named in its library (`Dtype` in tensor.rs); those of GGUF are
ggml's types, whose blocks hold values and their scales (ggml-common.h; the package gguf
lists them in GGML_QUANT_SIZES, without the newest). Tests compare both with the
libraries.
"""

from __future__ import annotations

from typing import NamedTuple


class Dtype(NamedTuple):
    """A number format: so many values make a block of so many bytes."""

    name: str
    block: int
    size: int

    def bytes(self, values: int) -> int:
        """Return the bytes of values that fill blocks."""
        return values // self.block * self.size

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers, which may be packed ones."""
        kind, bits = self.name[0], self.name[1:]
        return self.name == "BOOL" or (kind in "IU" and bits.isdecimal())


SAFETENSORS = {
    name: Dtype(name, block, size)
    for name, block, size in (
        *(("BOOL", 1, 1), ("U8", 1, 1), ("I8", 1, 1), ("F4", 2, 1)),
        *(("F6_E2M3", 4, 3), ("F6_E3M2", 4, 3)),
        *(("F8_E5M2", 1, 1), ("F8_E4M3", 1, 1), ("F8_E8M0", 1, 1)),
        *(("F8_E4M3FNUZ", 1, 1), ("F8_E5M2FNUZ", 1, 1)),
        *(("I16", 1, 2), ("U16", 1, 2), ("F16", 1, 2), ("BF16", 1, 2)),
        *(("I32", 1, 4), ("U32", 1, 4), ("F32", 1, 4)),
        *(("C64", 1, 8), ("F64", 1, 8), ("I64", 1, 8), ("U64", 1, 8)),
    )
}
GGML = {
    number: Dtype(name, block, size)
    for number, name, block, size in (
        *((0, "F32", 1, 4), (1, "F16", 1, 2)),
        *((2, "Q4_0", 32, 18), (3, "Q4_1", 32, 20)),
        *((6, "Q5_0", 32, 22), (7, "Q5_1", 32, 24)),
        *((8, "Q8_0", 32, 34), (9, "Q8_1", 32, 40)),
        *((10, "Q2_K", 256, 84), (11, "Q3_K", 256, 110), (12, "Q4_K", 256, 144)),
        *((13, "Q5_K", 256, 176), (14, "Q6_K", 256, 210), (15, "Q8_K", 256, 292)),
        *((16, "IQ2_XXS", 256, 66), (17, "IQ2_XS", 256, 74), (18, "IQ3_XXS", 256, 98)),
        *((19, "IQ1_S", 256, 50), (20, "IQ4_NL", 32, 18), (21, "IQ3_S", 256, 110)),
        *((22, "IQ2_S", 256, 82), (23, "IQ4_XS", 256, 136)),
        *((24, "I8", 1, 1), (25, "I16", 1, 2), (26, "I32", 1, 4), (27, "I64", 1, 8)),
        *((28, "F64", 1, 8), (29, "IQ1_M", 256, 56), (30, "BF16", 1, 2)),
        *((34, "TQ1_0", 256, 54), (35, "TQ2_0", 256, 66)),
        *((39, "MXFP4", 32, 17), (40, "NVFP4", 64, 36), (41, "Q1_0", 128, 18)),
        # QK2_0 is 64 in ggml; forks that write blocks of 128 have other bytes
        (42, "Q2_0", 64, 18),
    )
}
GONE = {
    4: "Q4_2",
    5: "Q4_3",
    31: "Q4_0_4_4",
    32: "Q4_0_4_8",
    33: "Q4_0_8_8",
    36: "IQ4_NL_4_4",
    37: "IQ4_NL_4_8",
    38: "IQ4_NL_8_8",
}
"""Types that ggml had once, and files of today no more (ggml.h)."""
