"""Rooflines: what bounds a layer, and devices beside the figures that follow from theirs."""

from __future__ import annotations

from fractions import Fraction

import pytest

import archcalc
from archcalc.figures.memory.devices import DEVICES, device
from archcalc.figures.memory.roofline import Load, load, roof


def test_a_roof_bounds_by_bandwidth_below_its_ridge() -> None:
    limits = roof(device("h100"), "bf16")
    assert limits.ridge == Fraction(989_400_000_000_000, 3_350_000_000_000)
    assert limits.bound(Load(1000, 1000)) == "memory"
    assert limits.bound(Load(10**6, 1000)) == "compute"
    assert limits.bound(Load(0, 0)) is None
    assert limits.reachable(Load(1000, 1000)) == 1 / limits.ridge
    assert limits.reachable(Load(10**9, 1)) == 1


def test_a_linear_layer_of_one_image_moves_its_weights() -> None:
    analysis = archcalc.load("vgg16").analyze()
    row = analysis.row("fc6")
    (moved,) = [load(analysis, row.nodes[:1])]
    assert moved.moved == 4 * (25_088 + 4096 + 102_760_448 + 4096)
    assert moved.flops == 2 * 102_760_448 + 4096
    assert moved.intensity == Fraction(moved.flops, moved.moved)


def test_a_normalization_moves_its_statistics_and_counts_no_batches() -> None:
    """The `num_batches_tracked` of torch is a number of training, read by no inference."""
    text = "name: a\ninput: [3, 8, 8]\nlayers: [bn]\n"
    analysis = archcalc.loads(text).analyze()
    assert load(analysis, [1]).moved == 4 * (2 * 3 * 8 * 8 + 4 * 3)


def test_views_and_inputs_move_nothing() -> None:
    analysis = archcalc.load("vgg16").analyze()
    assert load(analysis, [0]) == (0, 0)


def test_devices_are_plausible() -> None:
    for name, one in DEVICES.items():
        assert name == name.lower()
        assert one.cite
        assert 10 <= roof(one, "float32").ridge * 1 <= 200 or one.peaks["float32"] > 0
        assert all(peak >= one.peaks["float32"] for peak in one.peaks.values())


SHOWN = {
    "t4": 15_360,
    "a10": 23_028,
    "l4": 23_034,
    "l40s": 46_068,
    "rtx-4090": 24_564,
    "a100-40gb": 40_960,
    "h100": 81_559,
    "h100-pcie": 81_559,
    "h200": 143_771,
}
"""MiB of memory, as nvidia-smi shows them."""
UNITS = {
    "gtx-580": (512, 1.544, None),
    "gtx-1080-ti": (3584, 1.582, None),
    "titan-black": (2880, 0.889, None),
    "rtx-2080-ti": (4352, 1.545, 544 * 32),
    "rtx-3060": (3584, 1.777, 112 * 64),
    "rtx-3090": (10_496, 1.695, 328 * 64),
    "a10": (9216, 1.695, 288 * 128),
}
"""Cores, GHz, and what the tensor cores multiply and add in a cycle, in float16.

With sums in float32 those of GeForce cards do half of what the same units do in the
cards for data centres.
"""


@pytest.mark.parametrize("name", SHOWN)
def test_memory_of_a_card_is_what_its_driver_shows(name: str) -> None:
    assert DEVICES[name].memory == SHOWN[name] * 2**20


@pytest.mark.parametrize("name", UNITS)
def test_peaks_of_a_card_follow_from_its_units_and_clock(name: str) -> None:
    cores, ghz, fused = UNITS[name]
    peaks = DEVICES[name].peaks
    assert peaks["float32"] == pytest.approx(2 * cores * ghz * 10**9, rel=5e-3)
    assert ("float16" in peaks) is (fused is not None)
    if fused is not None:
        assert peaks["float16"] == pytest.approx(2 * fused * ghz * 10**9, rel=5e-3)
