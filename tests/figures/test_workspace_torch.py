"""What single operations need while they run, against torch: copies, windows, masks."""

from __future__ import annotations

from random import Random

import pytest
import torch
from torch_memory import inference, prepared, saved_bytes

import archcalc

ROWS = "{slice: [1, 3]}"
COLUMNS = "{slice: [1, 3], axis: 1}"
CASES = [
    ("4, 6", ROWS, "{linear: 3}"),
    ("4, 6", ROWS, "{linear: 9}"),
    ("4, 6", ROWS, "{linear: 9, bias: false}"),
    ("4, 6", COLUMNS, "{linear: 3}"),
    ("4, 6", COLUMNS, "{linear: 3, bias: false}"),
    ("4, 6", COLUMNS, "{fc: 3}"),
    ("4, 6", COLUMNS, "{linear: 3, weight_norm: first}"),
    (
        "24, 18",
        "{window_attention: 2, size: 3, grid: [4, 6]}",
        "{linear: 3, spectral_norm: true}",
    ),
    ("6", ROWS, "{linear: 3}"),
    ("4, 2, 2", ROWS, "{gn: 2}"),
    ("4, 2, 2", ROWS, "in"),
    ("4, 5, 6", "{ln: channels}", "{gn: 2}"),
    ("4, 6", "{ln: channels}", "{gn: 2}"),
    ("4, 5, 6", "{ln: channels}", "in"),
    ("4, 5, 6", "{ln: channels}", "{linear: 3}"),
    ("4, 5, 6", "{crop: 3}", "tokens"),
    ("4, 5, 6", "{crop: [3, 6]}", "tokens"),
    ("4, 6, 6", "identity", "{unfold: 2, stride: 3}"),
    ("4, 48", "identity", "{attention: 1}"),
    ("4, 48", "identity", "{attention: 2}"),
    ("1, 48", "identity", "{attention: 2}"),
    ("64, 6", "identity", "{attention: 2, causal: true}"),
    ("16, 96", "identity", "{window_attention: 2, size: 2}"),
    ("16, 96", "identity", "{window_attention: 2, size: 2, shift: 1}"),
    ("16, 48", "identity", "{window_attention: 1, size: 2}"),
    ("16, 96", "identity", "{window_attention: 1, size: 4}"),
    ("12, 96", "identity", "{window_attention: 1, size: 4, grid: [3, 4]}"),
    ("5, 3", "identity", "{window_attention: 1, size: 4, grid: [1, 5], shift: 1}"),
    ("8, 15", "identity", "{window_attention: 1, size: 2, grid: [2, 4], shift: 1}"),
    ("6, 42", "identity", "{window_attention: 1, size: 3, grid: [3, 2]}"),
    ("30, 18", "identity", "{window_attention: 3, size: 3, grid: [5, 6]}"),
    ("30, 18", "identity", "{window_attention: 3, size: 3, grid: [6, 5]}"),
    ("5, 2, 6", "identity", "{rms: channels, affine: false}"),
    ("12, 5", "identity", "{rms: channels, affine: false}"),
    ("5, 1, 1", "identity", "{rms: channels, affine: false}"),
    ("1, 5, 2", "identity", "{rms: channels, affine: false}"),
    ("5, 2, 6", "identity", "{rms: all, affine: false}"),
]


def some_attention(seed: int) -> tuple[str, str, str]:
    """Return an attention over a few tokens, in windows or not."""
    random = Random(seed)
    heads, width = random.choice((1, 2, 3, 4)), random.choice((1, 2, 3, 5, 8, 13))
    if random.random() < 0.5:
        tokens, causal = random.randint(2, 30), random.choice(("true", "false"))
        step = f"{{attention: {heads}, causal: {causal}}}"
        return f"{tokens}, {3 * heads * width}", "identity", step
    height, across, size = (random.randint(1, most) for most in (7, 7, 4))
    bias = random.choice(("true", "false"))
    how = f"size: {size}, grid: [{height}, {across}], bias: {bias}"
    shift = random.choice((0, 0, 1))
    step = f"{{window_attention: {heads}, {how}, shift: {shift}}}"
    return f"{height * across}, {3 * heads * width}", "identity", step


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("shape", "first", "step"), [*CASES, *map(some_attention, range(40))]
)
def test_what_an_operation_needs(shape: str, first: str, step: str, dtype: str) -> None:
    text = f"archcalc: 1\nname: x\ninput: [{shape}]\nlayers: [{first}, {step}]\n"
    analysis = archcalc.loads(text).analyze(batch=2, dtype=dtype, inplace=False)
    kind = getattr(torch, dtype)
    theirs = inference(prepared(analysis.graph, kind), 2, kind)[-1]
    ours = analysis.memory.inference.moments[-1]
    assert (ours.live, ours.after) == (theirs.peak, theirs.after)


@pytest.mark.parametrize(
    ("shape", "size"),
    [("3, 4, 11", 5), ("4, 4, 11", 5), ("2, 4, 11", 4), ("9, 4, 11", 5)],
)
def test_padded_squares_of_few_channels(shape: str, size: int) -> None:
    """In float32: torch has no average pool of volumes in bfloat16."""
    test_what_an_operation_needs(shape, "identity", f"{{lrn: {size}}}", "float32")


LAST = "{name: q, conv: 4}, {ln: channels}"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("shape", "steps"),
    [
        ("4, 5, 6", "{gn: 2}, relu, {gn: 2}"),
        ("4, 5, 6", "in, relu"),
        ("4, 5, 6", "{slice: [1, 3]}, relu, {gn: 2}"),
        ("4, 5, 6", "{droppath: 0.5}, {gn: 2}"),
        ("4, 5, 6", "{dropout: 0.5}, {gn: 2}"),
        ("4, 5, 6", "{crop: 3}, {gn: 2}"),
        ("4, 6", "{gn: 2}, sigmoid"),
    ],
)
def test_what_is_kept_of_channels_that_lie_last(
    shape: str, steps: str, dtype: str
) -> None:
    text = f"archcalc: 1\nname: x\ninput: [{shape}]\nlayers: [{LAST}, {steps}]\n"
    analysis = archcalc.loads(text).analyze(batch=2, dtype=dtype, inplace=False)
    kind = getattr(torch, dtype)
    theirs = saved_bytes(prepared(analysis.graph, kind), 2, kind)
    assert analysis.memory.saved_for_backward == theirs
