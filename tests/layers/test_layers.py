"""The rules of layers: known answers, refusals, words, symbols. torch is not needed."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import pytest
import yaml
from layer_cases import EXAMPLES, Case, read, shape

from archcalc.errors import ShapeError
from archcalc.layers import CATALOGUE
from archcalc.layers.base import KINDS_OF_WORK, Extra, Function, Module, Window
from archcalc.layers.fields import FieldError
from archcalc.sizes.dims import Poly, assuming, symbol

TRICKY: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__)
    .parents[1]
    .joinpath("cases")
    .joinpath("tricky.yaml")
    .read_text("utf-8")
)["cases"]


def count(shapes: dict[str, Any]) -> int:
    return sum(prod(s) for s in shapes.values())


def macs(case: Case) -> Any:
    return case.layer.work(case.output, *case.inputs).get("mac", 0)


@pytest.mark.parametrize(
    "known", [c for c in TRICKY if "error" not in c], ids=lambda c: c["id"]
)
def test_tricky_layers_have_the_known_answers(known: dict[str, Any]) -> None:
    case = read(known["case"])
    assert case.output == shape(str(known["output"]))
    assert count(case.layer.weights(*case.inputs)) == known["params"]
    assert macs(case) == known["macs"]
    assert count(case.layer.buffers(*case.inputs)) == known.get("buffers", 0)


@pytest.mark.parametrize(
    "known", [c for c in TRICKY if "error" in c], ids=lambda c: c["id"]
)
def test_tricky_layers_are_refused(known: dict[str, Any]) -> None:
    if known["error"] == "field":
        with pytest.raises(FieldError, match="below"):
            read(known["case"])
        return
    case = read(known["case"])
    with pytest.raises(ShapeError) as caught:
        case.layer.shape(*case.inputs)
    assert [p.code for p in caught.value.problems] == [known["error"]]


SHAPES = {
    "{conv: 8, kernel: 3, stride: 2, pad: same} @ 4x9x10": "8x5x5",
    "{conv: 8, kernel: 2, pad: half} @ 4x9x10": "8x10x11",
    "{conv: 8, kernel: 3, dilation: 2, pad: half} @ 4x9x10": "8x9x10",
    "{conv: 8, kernel: 5, pad: valid} @ 4x9x10": "8x5x6",
    "{conv: 8, kernel: 1x7, pad: [0, 3]} @ 4x9x10": "8x9x10",
    "{conv: 2*cin, kernel: h} @ 4x9x10": "8x1x2",
    "{deconv: 4, kernel: 4, stride: 2, pad: 1} @ 8x5x6": "4x10x12",
    "{deconv: 4, kernel: 3, dilation: 2, output_pad: 1} @ 8x5x5": "4x10x10",
    "{deconv: 4, kernel: 3, pad: 1} @ 8x1x1": "4x1x1",
    "{avgpool: 2, stride: 1, pad: same} @ 4x9x9": "4x9x9",
    "{avgpool: 3, stride: 2, pad: same} @ 2x2x5x5": "2x1x3x3",
    "in @ 8x1x2": "8x1x2",
    "{maxpool: 3, stride: 2} @ 4x112x112": "4x55x55",
    "{maxpool: 3, stride: 2, rounding: ceil} @ 4x112x112": "4x56x56",
    "{maxpool: 3, stride: 2, pad: half} @ 4x112x112": "4x56x56",
    "{maxpool: 3, pad: same, stride: 4} @ 4x9x9": "4x3x3",
    "gap @ 8x5x6": "8x1x1",
    "gap @ 8x5": "8x1",
    "{fc: 10} @ 8x5x6": "10",
    "{linear: 10} @ 8x5x6": "8x5x10",
    "glu @ 7x16": "7x8",
    "glu @ 16x5x6": "8x5x6",
    "concat @ 8x5x6, 4x5x6": "12x5x6",
    "add @ 8x5x6, 8x1x1": "8x5x6",
    "multiply @ 8x1x1, 8x5x6": "8x5x6",
    "add @ 8x1x1, 8x1x1": "8x1x1",
    "add @ 8x1x1": "8x1x1",
    "{reshape: [-1]} @ 8x5x6": "240",
    "{slice: [1, tokens]} @ 7x16": "6x16",
    "{slice: [2, 3]} @ 8x5x6": "1x5x6",
    "{split: 4, part: 3} @ 8x5x6": "2x5x6",
    "{split: [2, 6], part: 1} @ 8x5x6": "6x5x6",
    "{token: 0} @ 7x16": "16",
    "{token: 6} @ 7x16": "16",
    "{token: -7} @ 7x16": "16",
    "{subsample: 2} @ 8x5x6": "8x3x3",
    "{pad: 1} @ 8x5x6": "8x7x8",
    "{pad: 0, end: 1} @ 8x5x6": "8x6x7",
    "{pad: -2} @ 8x5x6": "8x1x2",
    "{pad: [0, 1], mode: reflect} @ 4x5x6": "4x5x8",
    "{pad: 5, mode: circular} @ 4x5x6": "4x15x16",
    "{pad: 0, channels: [3, 4]} @ 8x5x6": "15x5x6",
    "{conv: 4} @ 8x5x6": "4x5x6",
    "{deconv: 4} @ 8x5x6": "4x5x6",
    "dwconv @ 8x5x6": "8x5x6",
    "{crop: 3} @ 8x5x6": "8x3x3",
    "tokens @ 8x5x6": "30x8",
    "{image: [5, 6]} @ 30x8": "8x5x6",
    "{upsample: 3/2} @ 8x5x7": "8x7x10",
    "{upsample: 1/5} @ 8x5x6": "8x1x1",
    "{resize: 4} @ 8x5x7": "8x4x4",
    "transpose @ 7x16": "16x7",
    "{mean: [0, 1], keep: true} @ 7x16": "1x1",
    "{mean: 1, keep: true} @ 7x16": "7x1",
    "{attention: 4} @ 7x48": "7x16",
    "{window_attention: 2, size: 2} @ 16x12": "16x4",
    "{fold: [5, 6], kernel: 3, pad: 1} @ 18x30": "2x5x6",
    "{fold: [8], kernel: 2, stride: 2} @ 16x16": "4x8x8",
    "{max_unpool: 3, stride: 2, pad: 1} @ 4x5x6": "4x9x11",
    "class_token @ 7x16": "8x16",
    "{lstm: 6, bidirectional: true} @ 5x8": "5x12",
}


@pytest.mark.parametrize(("text", "expected"), SHAPES.items())
def test_shapes(text: str, expected: str) -> None:
    assert read(text).output == shape(expected)


WEIGHTS: dict[str, dict[str, tuple[int, ...]]] = {
    "{conv: 8, kernel: 3, groups: 2} @ 4x9x9": {"weight": (8, 2, 3, 3), "bias": (8,)},
    "{conv: 8, kernel: 3, bias: false} @ 4x9": {"weight": (8, 4, 3)},
    "{dwconv: 2, kernel: 3} @ 4x9x9": {"weight": (8, 1, 3, 3), "bias": (8,)},
    "{deconv: 8, kernel: 3, groups: 2} @ 4x9x9": {"weight": (4, 4, 3, 3), "bias": (8,)},
    "{fc: 10} @ 8x5x6": {"weight": (10, 240), "bias": (10,)},
    "bn @ 8x5x6": {"weight": (8,), "bias": (8,)},
    "ln @ 8x5x6": {"weight": (8,), "bias": (8,)},
    "ln @ 7x16": {"weight": (16,), "bias": (16,)},
    "{ln: last} @ 8x5x6": {"weight": (6,), "bias": (6,)},
    "{ln: all} @ 8x5x6": {"weight": (8, 5, 6), "bias": (8, 5, 6)},
    "rms @ 7x16": {"weight": (16,)},
    "in @ 8x5x6": {},
    "prelu @ 8x5x6": {"weight": (1,)},
    "{prelu: channels} @ 8x5x6": {"weight": (8,)},
    "layer_scale @ 8x5x6": {"scale": (8, 1, 1)},
    "layer_scale @ 7x16": {"scale": (16,)},
    "{class_token: 2} @ 7x16": {"token": (2, 16)},
    "position @ 7x16": {"table": (7, 16)},
    "{window_attention: 2, size: 7} @ 49x12": {
        "relative_position_bias_table": (169, 2)
    },
    "{window_attention: 2, size: 7, bias: false} @ 49x12": {},
}


@pytest.mark.parametrize(("text", "expected"), WEIGHTS.items())
def test_weights_are_shapes(text: str, expected: dict[str, Any]) -> None:
    case = read(text)
    assert case.layer.weights(*case.inputs) == expected


def test_batch_norm_has_buffers() -> None:
    assert CATALOGUE["bn"]().buffers((8, 5, 6)) == {
        "running_mean": (8,),
        "running_var": (8,),
        "num_batches_tracked": (),
    }


WORK: dict[str, dict[str, int]] = {
    "{conv: 8, kernel: 3} @ 4x9x9": {"mac": 8 * 7 * 7 * 36, "add": 8 * 7 * 7},
    "{conv: 8, kernel: 3, bias: false} @ 4x9x9": {"mac": 8 * 7 * 7 * 36},
    "{deconv: 8, kernel: 2, stride: 2} @ 4x9x9": {"mac": 4 * 81 * 32, "add": 8 * 324},
    "{deconv: 8, kernel: 2, stride: 2, bias: false} @ 4x9x9": {"mac": 4 * 81 * 32},
    "{maxpool: 2} @ 4x8x8": {"cmp": 64 * 3},
    "{avgpool: 2} @ 4x8x8": {"add": 64 * 3, "div": 64},
    "{lppool: 2} @ 4x8": {"sqrt": 32 + 16, "add": 16},
    "gap @ 8x5x6": {"add": 8 * 29, "div": 8},
    "{adaptive_avgpool: 2} @ 4x8x8": {"add": 16 * 15, "div": 16},
    "{adaptive_maxpool: 2} @ 4x8x8": {"cmp": 16 * 15},
    "{fc: 10} @ 8x5x6": {"mac": 2400, "add": 10},
    "{linear: 10, bias: false} @ 7x16": {"mac": 1120},
    "{embedding: 100, dim: 4} @ 7": {},
    "bn @ 8x5x6": {"mul": 240, "add": 240},
    "frozen_bn @ 8x5x6": {"mul": 256, "add": 256, "sqrt": 8},
    "ln @ 7x16": {"add": 441, "mul": 336, "div": 21, "sqrt": 7},
    "{ln: features, affine: false} @ 7x16": {
        "add": 329,
        "mul": 224,
        "div": 21,
        "sqrt": 7,
    },
    "grn @ 8x5x6": {"mul": 720, "add": 720, "sqrt": 8, "div": 9},
    "{rnn: 6} @ 5x8": {"mac": 5 * 6 * 14, "add": 5 * 6 * 3, "exp": 30},
    "{selective_scan: 4} @ 5x6, 5x6, 5x4, 5x4": {
        "mac": 120,
        "mul": 3 * 120 + 2 * 30,
        "add": 120 + 30,
        "exp": 120,
    },
    "{rnn: 6, nonlinearity: relu} @ 5x8": {"mac": 420, "add": 90, "cmp": 30},
    "{lstm: 6, proj: 4} @ 5x8": {
        "mac": 5 * (24 * (8 + 4) + 4 * 6),
        "add": 240 + 5 * 48,
        "mul": 90,
        "exp": 150,
        "div": 90,
    },
    "rms @ 7x16": {"add": 112, "mul": 336, "div": 14, "sqrt": 7},
    "{rms: last, affine: false} @ 7x16": {"add": 112, "mul": 224, "div": 14, "sqrt": 7},
    "{gn: 2} @ 8x5x6": {"add": 958, "mul": 720, "div": 6, "sqrt": 2},
    "in @ 8x5x6": {"add": 712, "mul": 480, "div": 24, "sqrt": 8},
    "{lrn: 5} @ 8x5x6": {"mul": 480, "add": 1200, "div": 480, "sqrt": 240},
    "relu @ 8x5x6": {"cmp": 240},
    "relu6 @ 8x5x6": {"cmp": 480},
    "sigmoid @ 10": {"exp": 10, "add": 10, "div": 10},
    "tanh @ 10": {"exp": 10},
    "swish @ 10": {"exp": 10, "add": 10, "div": 10, "mul": 10},
    "hardswish @ 10": {"add": 10, "cmp": 20, "mul": 10, "div": 10},
    "hardsigmoid @ 10": {"add": 10, "cmp": 20, "div": 10},
    "hardtanh @ 10": {"cmp": 20},
    "mish @ 10": {"exp": 30, "add": 10, "mul": 10},
    "softplus @ 10": {"exp": 20, "add": 10},
    "softsign @ 10": {"cmp": 10, "add": 10, "div": 10},
    "selu @ 10": {"cmp": 10, "exp": 10, "add": 10, "mul": 20},
    "elu @ 10": {"cmp": 10, "exp": 10, "add": 10, "mul": 10},
    "celu @ 10": {"cmp": 10, "div": 10, "exp": 10, "add": 10, "mul": 10},
    "leaky_relu @ 10": {"cmp": 10, "mul": 10},
    "prelu @ 10": {"cmp": 10, "mul": 10},
    "gelu @ 10": {"mul": 30, "exp": 10, "add": 10},
    "{gelu: tanh} @ 10": {"mul": 60, "exp": 10, "add": 20},
    "swiglu @ 10": {"exp": 5, "add": 5, "div": 5, "mul": 10},
    "geglu @ 10": {"mul": 20, "exp": 5, "add": 5},
    "{geglu: 0, form: tanh} @ 10": {"mul": 35, "exp": 5, "add": 10},
    "reglu @ 10": {"cmp": 5, "mul": 5},
    "abs @ 10": {"cmp": 10},
    "exp @ 10": {"exp": 10},
    "expm1 @ 10": {"exp": 10, "add": 10},
    "log @ 10": {"exp": 10},
    "log1p @ 10": {"exp": 10, "add": 10},
    "sqrt @ 10": {"sqrt": 10},
    "rsqrt @ 10": {"sqrt": 10, "div": 10},
    "square @ 10": {"mul": 10},
    "reciprocal @ 10": {"div": 10},
    "sin @ 10": {"exp": 10},
    "cos @ 10": {"exp": 10},
    "erf @ 10": {"exp": 10},
    "{clamp: 0} @ 10": {"cmp": 10},
    "{clamp: 0, high: 6} @ 10": {"cmp": 20},
    "{plus: 1} @ 10": {"add": 10},
    "{minus_from: 1} @ 10": {"add": 10},
    "{times: 1/3} @ 10": {"mul": 10},
    "channel_bias @ 7x16": {"add": 112},
    "{sum: 0} @ 7x16": {"add": 96},
    "{max: [h, w]} @ 8x5x6": {"cmp": 8 * 29},
    "{min: channels, keep: true} @ 8x5x6": {"cmp": 7 * 30},
    "{vector_norm: [1, 2]} @ 8x5x6": {"mul": 240, "add": 8 * 29, "sqrt": 8},
    "{vector_norm: -1, order: 1} @ 7x16": {"cmp": 112, "add": 105},
    "glu @ 10": {"exp": 5, "add": 5, "div": 5, "mul": 5},
    "{softmax: 0} @ 3x4x5": {"cmp": 40, "add": 100, "exp": 60, "div": 60},
    "softmax @ 7x16": {"cmp": 105, "add": 217, "exp": 112, "div": 112},
    "log_softmax @ 7x16": {"cmp": 105, "add": 329, "exp": 119},
    "concat @ 8x5x6, 4x5x6": {},
    "add @ 8x5x6, 8x5x6, 8x5x6": {"add": 480},
    "subtract @ 8x5x6, 8x5x6": {"add": 240},
    "average @ 8x5x6, 8x5x6": {"add": 240, "div": 240},
    "multiply @ 8x5x6, 8x1x1": {"mul": 240},
    "matmul @ 3x5x6, 3x6x7": {"mac": 3 * 5 * 6 * 7},
    "matmul @ 3x5x6, 6": {"mac": 3 * 5 * 6},
    "matmul @ 6, 3x6x7": {"mac": 3 * 6 * 7},
    "{einsum: , axes: 'hnd,hmd->hnm'} @ 2x7x4, 2x5x4": {"mac": 2 * 7 * 4 * 5},
    "{einsum: , axes: 'nd,d->nd'} @ 7x16, 16": {"mul": 112},
    "add @ 6, 8x5x6": {"add": 240},
    "{dropout: 0.5} @ 10": {},
    "{droppath: 0.5} @ 10": {},
    "flatten @ 8x5x6": {},
    "{mean: 0} @ 7x16": {"add": 96, "div": 16},
    "{fold: [5, 6], kernel: 3, pad: 1} @ 18x30": {"add": 540},
    "{upsample: 2} @ 8x5x6": {},
    "{upsample: 2, mode: bilinear} @ 8x5x6": {"mul": 960 * 6, "add": 960 * 3},
    "{upsample: 2, mode: bilinear} @ 8x5": {"mul": 160, "add": 80},
    "{upsample: 2, mode: bilinear} @ 4x2x3x5": {"mul": 960 * 14, "add": 960 * 7},
    "position @ 7x16": {"add": 112},
    "layer_scale @ 7x16": {"mul": 112},
    "class_token @ 7x16": {},
    "{attention: 2} @ 7x48": {
        "mac": 2 * 49 * 16,
        "mul": 98,
        "cmp": 98 - 14,
        "add": 196 - 14,
        "exp": 98,
        "div": 98,
    },
    "{experts: 4, active: 2, hidden: 10} @ 7x6": {
        "mac": 7 * 4 * 6 + 7 * 2 * 3 * 6 * 10,
        "cmp": 7 * 3 + 7 * 2 * 4,
        "add": 2 * 28 - 7 + 140 + 7 + 7 * 6,
        "mul": 2 * 140 + 14 * 6,
        "exp": 28 + 140,
        "div": 28 + 140 + 14,
    },
    "{experts: 5, active: 1, hidden: 6, function: relu, normalize: false} @ 3x8": {
        "mac": 3 * 5 * 8 + 3 * 2 * 6 * 8,
        "cmp": 3 * 4 + 3 * 5 + 18,
        "add": 2 * 15 - 3,
        "mul": 3 * 8,
        "exp": 15,
        "div": 15,
    },
    "{attention: 2, kv_heads: 1, scale: false} @ 5x8, 7x4, 7x3, 5x7": {
        "mac": 2 * 5 * 7 * (4 + 3),
        "cmp": 60,
        "add": 2 * 70 - 10 + 70,
        "exp": 70,
        "div": 70,
    },
    "{attention: 2, past: 6} @ 1x12": {
        "mac": 2 * 2 * 7 * 2,
        "mul": 14,
        "cmp": 12,
        "add": 26,
        "exp": 14,
        "div": 14,
    },
    "{rope: 2, features: 4} @ 5x12": {"mul": 5 * 2 * 4 * 2, "add": 5 * 2 * 4},
    "{rope: 2, grid: [2, 3], skip: 1} @ 7x16": {"mul": 6 * 16 * 2, "add": 6 * 16},
    "{grid_attention: 2, size: 2} @ 16x12": {
        "mac": 2 * 16 * 4 * 4,
        "mul": 128,
        "cmp": 96,
        "add": 224 + 128,
        "exp": 128,
        "div": 128,
    },
    "{deform_conv: 4, kernel: 3, pad: 1} @ 3x5x6, 18x5x6": {
        "mul": 4 * 30 * 27,
        "add": 3 * 30 * 27 + 18 * 30 + 4 * 30,
        "mac": 4 * 30 * 27,
    },
    **{
        text: {"mul": 4 * 48 * 4, "add": 3 * 48 * 4 + 48 * 3, "div": 48}
        for text in (
            "{roi_align: 2} @ 3x5x6, 4x4",
            "{roi_align: 2, aligned: false} @ 3x5x6, 4x4",
        )
    },
    "{window_attention: 2, size: 2, shift: 1} @ 16x12": {
        "mac": 2 * 16 * 4 * 4,
        "mul": 128,
        "cmp": 96,
        "add": 224 + 128 + 128,
        "exp": 128,
        "div": 128,
    },
    "{window_attention: 2, size: 3, bias: false} @ 16x12": {
        "mac": 2 * 36 * 9 * 4,
        "mul": 648,
        "cmp": 576,
        "add": 1224,
        "exp": 648,
        "div": 648,
    },
    "{lstm: 6} @ 5x8": {
        "mac": 5 * 24 * 14,
        "add": 240 + 5 * 48,
        "mul": 90,
        "exp": 150,
        "div": 90,
    },
    "{gru: 6} @ 5x8": {
        "mac": 5 * 18 * 14,
        "add": 210 + 5 * 36,
        "mul": 60,
        "exp": 90,
        "div": 60,
    },
}


@pytest.mark.parametrize(("text", "expected"), WORK.items())
def test_work_by_kind(text: str, expected: dict[str, int]) -> None:
    case = read(text)
    assert case.layer.work(case.output, *case.inputs) == expected


def test_every_kind_of_layer_has_its_work_checked() -> None:
    checked = {read(text).layer.key for text in WORK}
    moved = {c.layer.key for c in EXAMPLES if not c.layer.work(c.output, *c.inputs)}
    assert set(CATALOGUE) - checked - moved - {"input", "dwconv"} == set()


def test_attention_between_two_linears_is_multi_head_attention() -> None:
    steps = ["{linear: 48} @ 10x16", "{attention: 2} @ 10x48", "{linear: 16} @ 10x16"]
    cases = [read(text) for text in steps]
    assert sum(macs(case) for case in cases) == 26880 // 2
    assert sum(count(c.layer.weights(*c.inputs)) for c in cases) == 1088


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda c: c.text)
def test_rules_of_examples_agree(case: Case) -> None:
    output = case.output
    assert all(type(size) is int and size > 0 for size in output)
    work = case.layer.work(output, *case.inputs)
    assert set(work) <= set(KINDS_OF_WORK)
    assert all(type(n) is int and n >= 0 for n in work.values())
    saved = case.layer.saved(output, *case.inputs)
    assert set(saved.weights) <= set(case.layer.weights(*case.inputs))
    assert all(type(e) is Extra and e.each >= 0 <= e.once for e in saved.extras)
    assert isinstance(case.layer.torch(*case.inputs), Module | Function)
    assert case.layer.label(*case.inputs).startswith(case.layer.key)
    window = case.layer.window(*case.inputs)
    if isinstance(window, tuple):
        assert len(window) == len(case.inputs[0]) - 1
        assert all(isinstance(w, Window) for w in window)


def at(size: Any, values: dict[str, int]) -> Any:
    if isinstance(size, Poly):
        return size.at(**{n: values[n] for n in size.symbols})
    return size


def named(x: tuple[int, ...]) -> tuple[Any, ...]:
    """Return a shape with a name for every size but 1; equal sizes have equal names."""
    return tuple(1 if n == 1 else symbol(f"N{n}") for n in x)


def known(size: Any) -> Any:
    """Return a size with the numbers put in again."""
    if not isinstance(size, Poly):
        return size
    return size.at(**{name: int(name[1:]) for name in size.symbols})


SQUARES = ("window_attention", "grid_attention", "relative_bias")
"""Layers whose tokens form a square where no grid is given."""
NEEDS_NUMBERS = [
    c.text
    for c in EXAMPLES
    if c.layer.key in SQUARES and getattr(c.layer, "grid", None) is None
]


@pytest.mark.parametrize(
    "case", [c for c in EXAMPLES if c.text not in NEEDS_NUMBERS], ids=lambda c: c.text
)
def test_rules_on_symbols_then_numbers_are_rules_on_numbers(case: Case) -> None:
    rules, inputs = case.layer, [named(x) for x in case.inputs]
    with assuming() as assumed:
        output = rules.shape(*inputs)
        weights = rules.weights(*inputs)
        buffers = rules.buffers(*inputs)
        work = rules.work(output, *inputs)
        saved = rules.saved(output, *inputs)
        windows = rules.window(*inputs)
    assert tuple(map(known, output)) == case.output
    for found, shapes in (
        (weights, rules.weights(*case.inputs)),
        (buffers, rules.buffers(*case.inputs)),
    ):
        assert {n: tuple(map(known, s)) for n, s in found.items()} == shapes
    numbers = {kind: known(n) for kind, n in work.items()}
    assert numbers == rules.work(case.output, *case.inputs)
    plain = rules.saved(case.output, *case.inputs)
    slides = not case.text.startswith("{deconv")
    if "pad: same" in case.text and "stride: 2" in case.text and slides:
        # Whether the padding is even hangs on the size, and that is then assumed.
        assert any("⌊" in claim for claim in assumed)
        return
    assert [(known(e.each), known(e.once)) for e in saved.extras] == [
        (e.each, e.once) for e in plain.extras
    ]
    assert saved.inputs == plain.inputs
    if isinstance(windows, tuple):
        assert [tuple(map(known, w)) for w in windows] == [
            tuple(w) for w in rules.window(*case.inputs) or ()
        ]


def test_a_square_grid_needs_a_number() -> None:
    assert len(NEEDS_NUMBERS) == 6
    with pytest.raises(ShapeError, match="N16 tokens do not form a square"):
        read(NEEDS_NUMBERS[0]).layer.shape((symbol("N16"), 12))
