"""What layers take: whole numbers for look-ups, vectors for zeros, places for unpooling."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
import torch
from linted import lint
from torch.nn import functional

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.layers import CATALOGUE

HEAD = "archcalc: 1\nname: net\n"


def problem(text: str) -> tuple[str, str]:
    with pytest.raises(ArchcalcError) as caught:
        archcalc.loads(HEAD + text).analyze()
    first = caught.value.problems[0]
    return first.code, first.message


IDS = [
    "{embedding: 10, dim: 4}",
    "flatten\n  - {embedding: 10, dim: 4}",
    "{slice: [0, 3], axis: 0}\n  - {embedding: 10, dim: 4}",
]


@pytest.mark.parametrize("steps", IDS)
def test_ids_are_an_input_or_a_part_of_one(steps: str) -> None:
    analysis = archcalc.loads(f"{HEAD}input: [6]\nlayers:\n  - {steps}\n").analyze()
    assert analysis.total.params == 40


@pytest.mark.parametrize(
    ("input", "steps", "code", "message"),
    [
        ("[6]", "{linear: 6}\n  - {embedding: 10, dim: 4}", "AC216", "whole numbers"),
        ("[6]", "relu\n  - {embedding: 10, dim: 4}", "AC216", "whole numbers"),
        (
            "[3, 4, 4]",
            "gap\n  - flatten\n  - {embedding: 10, dim: 4}",
            "AC216",
            "whole numbers",
        ),
        (
            "[6]",
            "{embedding: 10, dim: 4}\n  - {embedding: 9, dim: 2}",
            "AC216",
            "computes",
        ),
        ("[3, 4, 4]", "{embedding: 10, dim: 4}", "AC204", "token ids"),
    ],
)
def test_computed_values_are_no_ids(
    input: str, steps: str, code: str, message: str
) -> None:
    found = problem(f"input: {input}\nlayers:\n  - {steps}\n")
    assert found[0] == code
    assert message in found[1]


def test_many_look_ups_behind_a_long_chain_are_checked_once_each() -> None:
    steps = "\n".join(["  - {reshape: [6]}"] * 2000)
    heads = "\n".join("  - {embedding: 5, dim: 2, from: ids}" for _ in range(2000))
    text = (
        f"{HEAD}input: [6]\nlayers:\n{steps}\n  - {{name: ids, flatten: }}\n{heads}\n"
    )
    assert archcalc.loads(text).analyze().total.params == 2000 * 10


def test_zero_takes_a_vector() -> None:
    analysis = archcalc.loads(f"{HEAD}input: [7]\nlayers: [zero]\n").analyze()
    assert analysis.output == (7,)
    assert problem("input: [7]\nlayers: [{zero: 2}]\n")[0] == "AC204"


def test_a_fraction_enlarges_as_pytorch_does() -> None:
    """PyTorch's floor is of a floating-point product."""
    chance = random.Random(5)
    scales = [Fraction(chance.randint(1, 400), 100) for _ in range(300)]
    for scale in [Fraction(29, 100), Fraction(3, 2), *scales]:
        for n in (100, *(chance.randint(100, 500) for _ in range(4))):
            x = torch.empty(1, 1, n, device="meta")
            given = int(scale) if scale.denominator == 1 else float(scale)
            known = functional.interpolate(x, scale_factor=given).shape[2]
            assert CATALOGUE["upsample"](scale=scale).shape((1, n)) == (1, known)
    assert CATALOGUE["upsample"](scale=Fraction(29, 100)).shape((3, 100)) == (3, 28)


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ("{conv: 8, kernel: 1}\n  - {max_unpool: 2}", True),
        ("{maxpool: 2}\n  - {max_unpool: 2}", False),
        ("{maxpool: 2}\n  - {conv: 5, kernel: 1}\n  - {max_unpool: 2}", True),
        ("{avgpool: 2}\n  - {max_unpool: 2}", True),
    ],
)
def test_an_unpooling_needs_a_pool(steps: str, found: bool) -> None:
    text = f"{HEAD}input: [3, 8, 8]\nlayers:\n  - {steps}\n"
    codes = {finding.code for finding in lint(text)}
    assert ("AC415" in codes) == found


@pytest.mark.parametrize("sizes", [(2, 3, 4), (2, 2, 2), (3, 3, 3), (1, 5, 2)])
@pytest.mark.parametrize("stride", [1, 2])
def test_means_of_a_small_volume(sizes: tuple[int, ...], stride: int) -> None:
    """`same` gives ⌈n/s⌉ on each axis, whatever is odd or even."""
    layer = CATALOGUE["avgpool"](kernel=3, stride=stride, pad="same")
    assert layer.shape((2, *sizes)) == (2, *(-(-n // stride) for n in sizes))
