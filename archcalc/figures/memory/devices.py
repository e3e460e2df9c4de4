"""Accelerators as data: memory, bandwidth, and the peak of dense arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archcalc.errors import UsageError, nearest

GiB = 2**30
GB_A_SECOND = 10**9
TERA = 10**12


class Device(NamedTuple):
    """One card: bytes of memory, bytes a second, operations a second by format.

    Peaks are the maker's, dense, without sparsity: two operations for each
    multiply-accumulate. `float32` is the plain unit, not TF32. Nothing reaches them:
    they bound.
    """

    title: str
    memory: int
    bandwidth: int
    peaks: Mapping[str, int]
    cite: str

    def peak(self, dtype: str) -> int | None:
        """Return operations a second in a number format, None where it has no unit."""
        return self.peaks.get(dtype)


def _device(
    title: str, gib: int, gb_a_second: int, cite: str, **teraflops: float
) -> Device:
    peaks = {name: round(value * TERA) for name, value in teraflops.items()}
    return Device(title, gib * GiB, gb_a_second * GB_A_SECOND, peaks, cite)


DEVICES: dict[str, Device] = {
    "gtx-580": _device(
        "GeForce GTX 580", 3, 192, "NVIDIA, GeForce GTX 580, 3 GB", float32=1.581
    ),
    "gtx-1080-ti": _device(
        "GeForce GTX 1080 Ti", 11, 484, "NVIDIA, GeForce 10 series", float32=11.34
    ),
    "titan-black": _device(
        "GeForce GTX Titan Black", 6, 336, "NVIDIA, GTX Titan Black", float32=5.121
    ),
    "rtx-2080-ti": _device(
        "GeForce RTX 2080 Ti",
        11,
        616,
        "NVIDIA Turing whitepaper, Table 1",
        float32=13.4,
        float16=53.8,
    ),
    "rtx-3060": _device(
        "GeForce RTX 3060",
        12,
        360,
        "NVIDIA, GeForce RTX 3060, 12 GB",
        float32=12.7,
        float16=51.0,
        bfloat16=25.5,
    ),
    "rtx-3090": _device(
        "GeForce RTX 3090",
        24,
        936,
        "NVIDIA Ampere GA102 whitepaper, Table 9",
        float32=35.6,
        float16=71.0,
        bfloat16=71.0,
    ),
    "rtx-4090": _device(
        "GeForce RTX 4090",
        24,
        1008,
        "NVIDIA Ada whitepaper, Table 2",
        float32=82.6,
        float16=165.2,
        bfloat16=165.2,
        float8=330.3,
    ),
    "t4": _device(
        "Tesla T4", 16, 320, "NVIDIA T4 datasheet", float32=8.1, float16=65.0
    ),
    "p100": _device(
        "Tesla P100 SXM2", 16, 732, "NVIDIA P100 datasheet", float32=10.6, float16=21.2
    ),
    "v100": _device(
        "Tesla V100 SXM2, 32 GB",
        32,
        900,
        "NVIDIA V100 datasheet",
        float32=15.7,
        float16=125.0,
    ),
    "v100-16gb": _device(
        "Tesla V100 SXM2, 16 GB",
        16,
        900,
        "NVIDIA V100 datasheet",
        float32=15.7,
        float16=125.0,
    ),
    "a10": _device(
        "A10",
        24,
        600,
        "NVIDIA A10 datasheet",
        float32=31.2,
        float16=125.0,
        bfloat16=125.0,
    ),
    "a100-40gb": _device(
        "A100 SXM4, 40 GB",
        40,
        1555,
        "NVIDIA A100 datasheet",
        float32=19.5,
        tfloat32=156.0,
        float16=312.0,
        bfloat16=312.0,
    ),
    "a100": _device(
        "A100 SXM4, 80 GB",
        80,
        2039,
        "NVIDIA A100 datasheet",
        float32=19.5,
        tfloat32=156.0,
        float16=312.0,
        bfloat16=312.0,
    ),
    "l4": _device(
        "L4",
        24,
        300,
        "NVIDIA L4 datasheet, halved where it counts sparsity",
        float32=30.3,
        tfloat32=60.0,
        float16=121.0,
        bfloat16=121.0,
        float8=242.5,
    ),
    "l40s": _device(
        "L40S",
        48,
        864,
        "NVIDIA L40S datasheet",
        float32=91.6,
        tfloat32=183.0,
        float16=362.0,
        bfloat16=362.0,
        float8=733.0,
    ),
    "h100": _device(
        "H100 SXM5, 80 GB",
        80,
        3350,
        "NVIDIA H100 datasheet, halved for sparsity",
        float32=67.0,
        tfloat32=494.7,
        float16=989.4,
        bfloat16=989.4,
        float8=1978.9,
    ),
    "h100-pcie": _device(
        "H100 PCIe, 80 GB",
        80,
        2039,
        "NVIDIA H100 whitepaper, Table 3",
        float32=51.2,
        tfloat32=378.0,
        float16=756.0,
        bfloat16=756.0,
        float8=1513.0,
    ),
    "h200": _device(
        "H200 SXM",
        141,
        4800,
        "NVIDIA H200 datasheet, halved for sparsity",
        float32=67.0,
        tfloat32=494.7,
        float16=989.4,
        bfloat16=989.4,
        float8=1978.9,
    ),
    "mi250x": _device(
        "Instinct MI250X, both dies",
        128,
        3277,
        "AMD Instinct MI250X datasheet",
        float32=47.9,
        float16=383.0,
        bfloat16=383.0,
    ),
    "mi300x": _device(
        "Instinct MI300X",
        192,
        5300,
        "AMD Instinct MI300X datasheet",
        float32=163.4,
        tfloat32=653.7,
        float16=1307.4,
        bfloat16=1307.4,
        float8=2614.9,
    ),
}
"""Common cards by name: `--device h100`."""


def device(name: str) -> Device:
    """Return a card; raise `UsageError` AC543 for an unknown one."""
    found = DEVICES.get(name.lower())
    if found is None:
        help = nearest(name.lower(), DEVICES) or f"known: {', '.join(DEVICES)}"
        raise UsageError.of("AC543", f"there is no device {name!r}", help=help)
    return found
