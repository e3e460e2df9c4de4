"""The sizes and windows of layers, exhaustively small, against torch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any

import pytest
import torch
from layer_cases import EXAMPLES, Case, read
from layer_torch import Built, build
from torch import Tensor, nn
from torch.nn import functional

from archcalc.errors import ShapeError
from archcalc.layers import CATALOGUE

SIZES, KERNELS, STRIDES, PADS, DILATIONS = (
    range(1, 15),
    range(1, 7),
    range(1, 6),
    range(4),
    (1, 2),
)
WINDOWS = list(product(SIZES, KERNELS, STRIDES, PADS, DILATIONS))


def ours(key: str, n: int, **given: Any) -> int | None:
    """Return the output size of an axis, None where the rule refuses it."""
    kind = CATALOGUE[key]
    if "out" in kind.fields:
        given["out"] = 1
    try:
        size = kind(**given).shape((1, n))[1]
    except ShapeError:
        return None
    assert type(size) is int
    return size


def theirs(pool: Callable[..., Tensor], x: Tensor, *given: Any) -> int | None:
    """Return the size of torch's output along its third axis, None where it refuses."""
    try:
        size = pool(x, *given).shape[2]
    except (RuntimeError, ValueError):
        return None
    return size if size > 0 else None


def column(n: int) -> Tensor:
    """Return one channel of n × 1 without memory."""
    return torch.empty((1, 1, n, 1), device="meta")


@pytest.mark.parametrize("rounding", ["floor", "ceil"])
def test_every_small_max_pool_has_torchs_size(rounding: str) -> None:
    ceil = rounding == "ceil"
    for n, k, s, p, d in WINDOWS:
        given = {"kernel": k, "stride": s, "pad": p, "dilation": d}
        found = ours("maxpool", n, rounding=rounding, **given)
        sizes = ((k, 1), (s, 1), (p, 0), (d, 1), ceil)
        known = theirs(functional.max_pool2d, column(n), *sizes)
        assert found == known, (n, k, s, p, d)


@pytest.mark.parametrize("rounding", ["floor", "ceil"])
def test_every_small_average_pool_has_torchs_size(rounding: str) -> None:
    ceil = rounding == "ceil"
    for n, k, s, p in product(SIZES, KERNELS, STRIDES, PADS):
        found = ours("avgpool", n, kernel=k, stride=s, pad=p, rounding=rounding)
        sizes = ((k, 1), (s, 1), (p, 0), ceil)
        known = theirs(functional.avg_pool2d, column(n), *sizes)
        assert found == known, (n, k, s, p)


def test_every_small_convolution_has_torchs_size() -> None:
    for n, k, s, p, d in WINDOWS:
        weight = torch.empty((1, 1, k, 1), device="meta")
        found = ours("conv", n, kernel=k, stride=s, pad=p, dilation=d)
        sizes = (weight, None, (s, 1), (p, 0), (d, 1))
        assert found == theirs(functional.conv2d, column(n), *sizes), (n, k, s, p, d)


def test_every_small_transposed_convolution_has_torchs_size() -> None:
    """On real tensors: the meta device takes some that the CPU refuses."""
    sizes = product((1, 2, 5), (1, 2, 3, 4), (1, 2, 3), (0, 1, 2), (0, 1, 2), (1, 2))
    for n, k, s, p, extra, d in sizes:
        given = {"stride": s, "pad": p, "output_pad": extra, "dilation": d}
        found = ours("deconv", n, kernel=k, **given)
        how = (torch.zeros((1, 1, k)), None, s, p, extra, 1, d)
        known = theirs(functional.conv_transpose1d, torch.zeros((1, 1, n)), *how)
        assert found == known, (n, k, s, p, extra, d)


def test_every_small_unpooling_has_torchs_size() -> None:
    """On real tensors; torch checks neither padding nor stride against the kernel."""
    for n, k, s, p in product((1, 2, 5), (1, 2, 3, 4), (1, 2, 3), (0, 1, 2)):
        found = ours("max_unpool", n, kernel=k, stride=s, pad=p)
        x, at = torch.zeros((1, 1, n)), torch.zeros((1, 1, n), dtype=torch.int64)
        known = theirs(functional.max_unpool1d, x, at, k, s, p)
        assert found == known, (n, k, s, p)


def test_same_padding_gives_the_size_over_the_stride() -> None:
    """In the rules and in the torch code that pads by hand."""
    for n, k, s, d in product(range(1, 9), KERNELS, STRIDES, DILATIONS):
        for key, given in (("conv", {"out": 1, "dilation": d}), ("avgpool", {})):
            rule = CATALOGUE[key](kernel=k, stride=s, pad="same", **given)
            with torch.device("meta"):
                built = Built(rule.torch((1, n)))
            y = built(torch.empty((1, 1, n), device="meta"))
            assert rule.shape((1, n)) == tuple(y.shape[1:]) == (1, -(-n // s))


@pytest.mark.parametrize("count_pad", [True, False])
def test_same_padding_around_an_average(count_pad: bool) -> None:
    """As TensorFlow has it: the odd position at the end; padding counted or not."""
    for n, k, s in product(range(1, 9), KERNELS, (2, 3)):
        rule = CATALOGUE["avgpool"](kernel=k, stride=s, pad="same", count_pad=count_pad)
        x = torch.randn(n)
        y = Built(rule.torch((1, n)))(x[None, None])[0, 0]
        total = max((-(-n // s) - 1) * s + k - n, 0)
        for place, mean in enumerate(y):
            start = place * s - total // 2
            seen = x[max(0, start) : max(0, start + k)]
            expected = seen.sum() / (k if count_pad else len(seen))
            assert torch.isclose(mean, expected, atol=1e-6), (n, k, s, place)


def seen_by(case: Case) -> Tensor:
    """Return whether output position (second index) sees input position (first).

    Each sample has one input position lit, in all channels; weights are positive.
    """
    (x,) = case.inputs
    positions = prod(x[1:])
    lit = torch.eye(positions).reshape(positions, 1, *x[1:]).expand(-1, x[0], *x[1:])
    built = build(case).eval()
    for parameter in built.parameters():
        nn.init.ones_(parameter)
    with torch.no_grad():
        y, dark = built(lit), built(torch.zeros(1, *x))
    changed = ((y - dark).abs() > 1e-6).any(1)
    return changed.reshape(*x[1:], *changed.shape[1:])


SLIDING = [c for c in EXAMPLES if isinstance(c.layer.window(*c.inputs), tuple)]
SLIDING += [
    read(text)
    for text in (
        "{deconv: 2, kernel: 3, stride: 2, pad: 1} @ 2x5x6",
        "{deconv: 2, kernel: 5, stride: 3, dilation: 2} @ 2x7",
        "{deconv: 2, kernel: 2, stride: 3, output_pad: 2} @ 2x7",
        "{deconv: 2, kernel: 4, stride: 2, pad: 3} @ 2x7",
        "{resize: 5} @ 2x7",
        "{resize: 5, mode: bilinear} @ 2x7",
        "{resize: 9, mode: bilinear} @ 2x6",
        "{resize: 10} @ 2x7",
        "{adaptive_avgpool: 4} @ 2x6",
        "{adaptive_avgpool: 9} @ 2x6",
        "{crop: 3, offset: 1} @ 2x7",
        "{crop: 2} @ 2x9",
        "{conv: 2, kernel: 2, pad: half} @ 2x7",
        "{maxpool: 3, pad: same, stride: 2} @ 2x8",
    )
]


@pytest.mark.parametrize("case", SLIDING, ids=lambda c: c.text)
def test_windows_are_what_outputs_see(case: Case) -> None:
    """First and last position along every axis, wherever they lie inside the input.

    What is mirrored or repeated is seen outside of it; what is unpooled has one place.
    """
    windows = case.layer.window(*case.inputs)
    assert isinstance(windows, tuple)
    seen = seen_by(case)
    if case.layer.key == "zero":
        assert not seen.any()
        return
    rank, mode = len(windows), dict(case.layer.items()).get("mode")
    for axis, (size, stride, before, fraction) in enumerate(windows):
        others = [a for a in range(2 * rank) if a not in (axis, axis + rank)]
        pairs = seen.any(others) if others else seen  # (input, output) along this axis
        for place in range(pairs.shape[1]):
            start = place * stride - before
            first, last = -(-start // fraction), (start + size - 1) // fraction
            expected = [n for n in range(first, last + 1) if 0 <= n < pairs.shape[0]]
            found = pairs[:, place].nonzero().flatten().tolist()
            if case.layer.key == "max_unpool":
                assert set(found) <= set(expected), place  # one place of its window
                continue
            if mode in ("reflect", "replicate") and not expected:
                assert found, place  # outside the input stands something of it
                continue
            if mode == "bicubic" and len(found) == 1:
                assert set(found) <= set(expected), place  # the others weigh 0
                continue
            if dict(case.layer.items()).get("dilation", 1) != 1:
                assert set(found) <= set(expected), place  # the window has holes
                expected = expected if len(expected) == size else found
            assert found[:1] + found[-1:] == expected[:1] + expected[-1:], place
