"""Accelerators as data: memory, bandwidth, and the peak of dense arithmetic."""

from __future__ import annotations

from collections.abc import Mapping

from archcalc.errors import unknown
from archcalc.records import NamedTuple

MiB = 2**20
GB_A_SECOND = 10**9
TERA = 10**12


class Device(NamedTuple):
    """One card: bytes of memory, bytes a second, operations a second by format.

    The memory of NVIDIA's cards is the total that nvidia-smi shows, which is below the
    nominal size where error correction or the driver takes some; of AMD's it is the
    nominal size. A process gets less: the CUDA context needs some, and of an A100 with
    40 GiB the runtime reports 42,405,855,232 bytes. Peaks are dense, without sparsity:
    two operations for each multiply-accumulate. `float32` is the plain unit, not TF32;
    tensor cores add up in float32. Nothing reaches the peaks: they bound. `cite` says
    where the rates were read, or from which units and clock they are computed.
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
    title: str, mib: int, gb_a_second: int, cite: str, **teraflops: float
) -> Device:
    peaks = {name: round(value * TERA) for name, value in teraflops.items()}
    return Device(title, mib * MiB, gb_a_second * GB_A_SECOND, peaks, cite)


DEVICES: dict[str, Device] = {
    "gtx-580": _device(
        "GeForce GTX 580",
        3072,
        192,
        "computed: 512 cores at 1.544 GHz, 384 bits at 4.008 GHz",
        float32=1.581,
    ),
    "gtx-1080-ti": _device(
        "GeForce GTX 1080 Ti",
        11_264,
        484,
        "computed: 3,584 cores at 1.582 GHz, 352 bits at 11 GHz",
        float32=11.34,
    ),
    "titan-black": _device(
        "GeForce GTX Titan Black",
        6144,
        336,
        "computed: 2,880 cores at the base clock of 0.889 GHz",
        float32=5.121,
    ),
    "rtx-2080-ti": _device(
        "GeForce RTX 2080 Ti",
        11_264,
        616,
        "computed: 4,352 cores and 544 tensor cores at 1.545 GHz",
        float32=13.4,
        float16=53.8,
    ),
    "rtx-3060": _device(
        "GeForce RTX 3060",
        12_288,
        360,
        "computed: 3,584 cores and 112 tensor cores at 1.777 GHz",
        float32=12.7,
        float16=25.5,
        bfloat16=25.5,
    ),
    "rtx-3090": _device(
        "GeForce RTX 3090",
        24_576,
        936,
        "computed: 10,496 cores and 328 tensor cores at 1.695 GHz",
        float32=35.6,
        float16=71.0,
        bfloat16=71.0,
    ),
    "rtx-4090": _device(
        "GeForce RTX 4090",
        24_564,
        1008,
        "NVIDIA Ada white paper",
        float32=82.6,
        float16=165.2,
        bfloat16=165.2,
        float8=330.3,
    ),
    "t4": _device(
        "Tesla T4",
        15_360,
        320,
        "NVIDIA T4 datasheet",
        float32=8.1,
        float16=65.0,
    ),
    "p100": _device(
        "Tesla P100 SXM2",
        16_384,
        732,
        "NVIDIA P100 datasheet",
        float32=10.6,
        float16=21.2,
    ),
    "v100": _device(
        "Tesla V100 SXM2, 32 GB",
        32_768,
        900,
        "NVIDIA V100 datasheet",
        float32=15.7,
        float16=125.0,
    ),
    "v100-16gb": _device(
        "Tesla V100 SXM2, 16 GB",
        16_384,
        900,
        "NVIDIA V100 datasheet, as the card of 32 GB",
        float32=15.7,
        float16=125.0,
    ),
    "a10": _device(
        "A10",
        23_028,
        600,
        "NVIDIA A10 datasheet; 125 is 288 tensor cores at 1.695 GHz",
        float32=31.2,
        float16=125.0,
        bfloat16=125.0,
    ),
    "a100-40gb": _device(
        "A100 SXM4, 40 GB",
        40_960,
        1555,
        "NVIDIA A100 datasheet",
        float32=19.5,
        tfloat32=156.0,
        float16=312.0,
        bfloat16=312.0,
    ),
    "a100": _device(
        "A100 SXM4, 80 GB",
        81_920,
        2039,
        "NVIDIA A100 datasheet",
        float32=19.5,
        tfloat32=156.0,
        float16=312.0,
        bfloat16=312.0,
    ),
    "l4": _device(
        "L4",
        23_034,
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
        46_068,
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
        81_559,
        3350,
        "NVIDIA H100 white paper, dense",
        float32=67.0,
        tfloat32=494.7,
        float16=989.4,
        bfloat16=989.4,
        float8=1978.9,
    ),
    "h100-pcie": _device(
        "H100 PCIe, 80 GB",
        81_559,
        2039,
        "NVIDIA H100 white paper, dense",
        float32=51.2,
        tfloat32=378.0,
        float16=756.0,
        bfloat16=756.0,
        float8=1513.0,
    ),
    "h200": _device(
        "H200 SXM",
        143_771,
        4800,
        "NVIDIA H200 datasheet; rates of the H100 white paper, dense",
        float32=67.0,
        tfloat32=494.7,
        float16=989.4,
        bfloat16=989.4,
        float8=1978.9,
    ),
    "mi250x": _device(
        "Instinct MI250X, both dies",
        131_072,
        3277,
        "AMD Instinct MI250X datasheet",
        float32=47.9,
        float16=383.0,
        bfloat16=383.0,
    ),
    "mi300x": _device(
        "Instinct MI300X",
        196_608,
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
        raise unknown("AC543", "device", name, DEVICES, "known")
    return found
