"""What a figure as it was printed may mean: digits, units, bounds."""

from __future__ import annotations

import pytest

from archcalc import load
from archcalc.checks.claims.quoted import quoted
from archcalc.checks.claims.reconcile import reconcile
from archcalc.errors import UsageError

QUOTED = [
    ("3.8G", 2, [("operations", 3.8e9), ("parameters", 3.8e9), ("values", 3.8e9)]),
    ("96MB", 2, [("bytes", 96e6)]),
    ("58.1 MiB", 3, [("bytes", 58.1 * 2**20)]),
    ("13.6 GFLOP", 3, [("operations", 13.6e9)]),
    ("4.1 GMACs", 2, [("operations", 4.1e9)]),
    ("12 MACs", 2, [("operations", 12)]),
    ("854M ops", 3, [("operations", 854e6)]),
    ("5M params", 1, [("parameters", 5e6)]),
    ("5 million parameters", 1, [("parameters", 5e6)]),
    ("5.3B", 2, [("operations", 5.3e9), ("parameters", 5.3e9), ("values", 5.3e9)]),
    ("24M values", 2, [("values", 24e6)]),
    ("~138M", 3, [("operations", 138e6), ("parameters", 138e6), ("values", 138e6)]),
    ("3.8e9 FLOPs", 2, [("operations", 3.8e9)]),
    ("600M mult-adds", 1, [("operations", 6e8)]),
    ("0.6 billion multiply-adds", 1, [("operations", 6e8)]),
    ("569 million multiply-accumulates / image", 3, [("operations", 569e6)]),
    ("4.1 GMACs per image", 2, [("operations", 4.1e9)]),
    ("65.879 BFLOPS", 5, [("operations", 65.879e9)]),
    ("11.1M acts", 3, [("values", 11.1e6)]),
    ("24M features an image", 2, [("values", 24e6)]),
    ("96 MB of features", 2, [("bytes", 96e6)]),
    ("58 MiB of the activations", 2, [("bytes", 58 * 2**20)]),
    ("model size 97.5 MB", 3, [("bytes", 97.5e6)]),
    ("97.5MB model size", 3, [("bytes", 97.5e6)]),
    ("102 MB of params", 3, [("bytes", 102e6)]),
    ("receptive field 483", 3, [("field", 483)]),
    ("483 receptive field", 3, [("field", 483)]),
    ("The receptive field is 1,027", 4, [("field", 1027)]),
    ("depth 107", 3, [("depth", 107)]),
    ("Depth = 107", 3, [("depth", 107)]),
    ("22 layers", 2, [("depth", 22)]),
]


@pytest.mark.parametrize(("text", "digits", "meanings"), QUOTED)
def test_what_a_figure_may_mean(
    text: str, digits: int, meanings: list[tuple[str, float]]
) -> None:
    found = quoted(text)
    values = [(a.kind, float(a.claim.value)) for a in found.asked]  # type: ignore[arg-type]
    assert found.digits == digits
    assert values == [(kind, pytest.approx(value)) for kind, value in meanings]


def test_a_whole_number_is_exact_and_a_short_one_has_a_unit_left_out() -> None:
    exact = quoted("4,133,742,592").asked
    assert {a.claim.half_unit for a in exact} == {0}
    assert [a.kind for a in exact] == ["operations", "parameters", "values", "bytes"]
    short = quoted("218.59").asked
    assert all(a.implied for a in short)
    assert ("bytes", "MB") in [(a.kind, a.unit) for a in short]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "many",
        "3.8 X",
        "96 MiP",
        "1.2.3",
        "-5M",
        "5 Mi",
        "3G MB",
        "3 GFLOP MACs",
        "depth",
        "receptive field",
        "receptive field 10.5",
        "receptive field 483 MB",
        "depth 1M",
        "depth 0",
        "3 GFLOPs model size",
        "5M params of features",
        "model size",
        "MB of features",
        "per image",
        "of of of of",
        "4.1 G" + " per image" * 9,
        "9" * 80,
    ],
)
def test_no_figure(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        reconcile(load("lenet5"), text)
    assert caught.value.problems[0].code == "AC550"


def test_a_network_with_names_for_sizes_has_no_figure_to_meet() -> None:
    with pytest.raises(UsageError) as caught:
        reconcile(load("three-3x3", input="C,H,W"), "27M")
    assert caught.value.problems[0].code == "AC551"
