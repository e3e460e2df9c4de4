"""What layers say and refuse: messages, labels, torch records, registration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from layer_cases import layer, read, shape
from layer_refusals import ARGUMENTS, REFUSALS

import archcalc
from archcalc import layers
from archcalc.errors import ShapeError
from archcalc.layers import CATALOGUE, register
from archcalc.layers import named_rules as rules
from archcalc.layers.base import Function, Layer
from archcalc.layers.fields import FieldError, Size
from archcalc.layers.named_rules import SHAPE_RULES

RULES = Path(str(rules.__file__))


@pytest.mark.parametrize(("text", "code", "said"), REFUSALS)
def test_refusals_name_the_numbers(text: str, code: str, said: str) -> None:
    case = read(text)
    with pytest.raises(ShapeError) as caught:
        case.layer.shape(*case.inputs)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert said in problem.message


def test_every_code_of_a_shape_error_has_a_rule_and_a_refusal() -> None:
    package = Path(archcalc.__file__).parent
    text = "".join(f.read_text("utf-8") for f in package.rglob("*.py") if f != RULES)
    assert set(re.findall(r'"(AC2\d\d)"', text)) == set(SHAPE_RULES)
    elsewhere = {"AC214", "AC216", "AC290"}  # shared weights, computed ids, names
    assert {code for _, code, _ in REFUSALS} == set(SHAPE_RULES) - elsewhere


def test_clashing_inputs_are_facts_in_their_order_with_what_would_help() -> None:
    with pytest.raises(ShapeError) as caught:
        CATALOGUE["add"]().shape((128, 28, 28), (64, 55, 56))
    (problem,) = caught.value.problems
    assert problem.facts == ("input 1 = 128×28×28", "input 2 = 64×55×56")
    assert problem.help == "a 1×1 conv of 128 with stride 2 on input 2"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ("8x5x6, 4x5x6", "a 1×1 conv of 4 on input 1"),
        ("4x2x1, 8x4x1", "a 1×1 conv of 4 with stride 2 on input 2"),
        ("8x5x6, 8x4x6", None),
        ("8x5x6, 8x4x3", None),
        ("7x16, 8x16", None),
        ("8x5x6, 4x5x6, 8x5x6", None),
    ],
)
def test_help_only_where_a_projection_would_fit(inputs: str, said: str | None) -> None:
    shapes = [shape(part) for part in inputs.split(", ")]
    with pytest.raises(ShapeError) as caught:
        CATALOGUE["add"]().shape(*shapes)
    assert caught.value.problems[0].help == said


@pytest.mark.parametrize(("key", "given", "said"), ARGUMENTS)
def test_arguments_are_refused(key: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(FieldError) as caught:
        CATALOGUE[key](**given)
    assert said in caught.value.message


LABELS = {
    "{conv: 64, kernel: 3, pad: 1} @ 3x9x9": "conv 3×3, 64, pad 1",
    "{conv: 64, kernel: [1, 7], stride: 2, groups: 3} @ 3x9x9": (
        "conv 1×7, 64, stride 2, groups 3"
    ),
    "{conv: 64, kernel: 3} @ 3x9": "conv 3, 64",
    "{dwconv: 1, kernel: 5, pad: same} @ 3x9x9": "dwconv 5×5, pad same",
    "{dwconv: 2, kernel: 5} @ 3x9x9": "dwconv 5×5, ×2",
    "{deconv: 8, kernel: 4, stride: 2, output_pad: 1} @ 3x9x9": (
        "deconv 4×4, 8, stride 2, output pad 1"
    ),
    "{maxpool: 3, stride: 2, rounding: ceil} @ 3x9x9": ("maxpool 3×3, stride 2, ceil"),
    "{maxpool: 2, stride: 2} @ 3x9x9": "maxpool 2×2",
    "{avgpool: [1, 2], pad: [0, 1]} @ 3x9x9": "avgpool 1×2, pad 0×1",
    "{fc: 10} @ 84": "fc 10",
    "{fc: 10, bias: false} @ 84": "fc 10, no bias",
    "bn @ 8x5x6": "bn",
    "{gn: 4} @ 8x5x6": "gn 4",
    "{leaky_relu: 0.2} @ 8": "leaky_relu 0.2",
    "{ln: last, affine: false} @ 7x16": "ln last, affine no",
    "{dropout: 0.5} @ 8": "dropout",
    "{reshape: [8, -1]} @ 8x5x6": "reshape 8×-1",
    "{window_attention: 2, size: 2, shift: 1} @ 16x12": (
        "window_attention 2, size 2, shift 1"
    ),
}


@pytest.mark.parametrize(("text", "expected"), LABELS.items())
def test_labels(text: str, expected: str) -> None:
    case = read(text)
    assert case.layer.label(*case.inputs) == expected


RECORDS = {
    "{conv: 64, kernel: 7, stride: 2, pad: 3} @ 3x9x9": (
        "nn.Conv2d(3, 64, 7, stride=2, padding=3)"
    ),
    "{conv: 8, kernel: [1, 7], pad: [0, 3], bias: false} @ 3x9x9": (
        "nn.Conv2d(3, 8, (1, 7), padding=(0, 3), bias=False)"
    ),
    "{dwconv: 2, kernel: 3} @ 3x9": "nn.Conv1d(3, 6, 3, groups=3)",
    "{deconv: 8, kernel: 4} @ 3x9x9": "nn.ConvTranspose2d(3, 8, 4)",
    "{maxpool: 3, stride: 2, pad: 1} @ 3x9x9": "nn.MaxPool2d(3, stride=2, padding=1)",
    "{maxpool: 2, rounding: ceil} @ 3x9": "nn.MaxPool1d(2, stride=2, ceil_mode=True)",
    "gap @ 8x5x6": "nn.AdaptiveAvgPool2d(1)",
    "{adaptive_maxpool: [3, 2]} @ 8x5x6": "nn.AdaptiveMaxPool2d((3, 2))",
    "{fc: 10, bias: false} @ 84": "nn.Linear(84, 10, bias=False)",
    "{bn: false} @ 8x5x6": "nn.BatchNorm2d(8, affine=False)",
    "bn @ 8": "nn.BatchNorm1d(8)",
    "{ln: all} @ 8x5x6": "nn.LayerNorm((8, 5, 6))",
    "{leaky_relu: 0.2} @ 8": "nn.LeakyReLU(negative_slope=0.2)",
    "softmax @ 8x5x6": "nn.Softmax(dim=1)",
    "softmax @ 7x16": "nn.Softmax(dim=2)",
    "{upsample: 3/2} @ 8x6x7": "nn.Upsample(scale_factor=1.5)",
    "{upsample: 2, mode: bilinear} @ 8x6": "nn.Upsample(scale_factor=2, mode='linear')",
    "add @ 8x5x6, 8x5x6, 8x5x6": "xs[0] + xs[1] + xs[2]",
    "concat @ 8x5x6, 8x5x6": "torch.cat(xs, 1)",
    "{slice: [1, 3], axis: -1} @ 8x5x6": "x[:, :, :, 1:3]",
    "{pad: [1, 2], end: 3} @ 8x5x6": "F.pad(x, (2, 3, 1, 3))",
    "{pad: 0, channels: [3, 4]} @ 8x5x6": "F.pad(x, (0, 0, 0, 0, 3, 4))",
    "{roll: [1, -2]} @ 8x5x6": "x.roll((1, -2), (2, 3))",
    "{crop: 2} @ 8x5x6": "x[:, :, 1:3, 2:4]",
    "{gru: 6, layers: 2} @ 5x8": "nn.GRU(8, 6, batch_first=True, num_layers=2)",
    "{lstm: 6, proj: 4} @ 5x8": "nn.LSTM(8, 6, batch_first=True, proj_size=4)",
    "{rnn: 6, nonlinearity: relu} @ 5x8": (
        "nn.RNN(8, 6, batch_first=True, nonlinearity='relu')"
    ),
}


@pytest.mark.parametrize(("text", "expected"), RECORDS.items())
def test_torch_records_read_like_the_code_one_would_write(
    text: str, expected: str
) -> None:
    case = read(text)
    assert str(case.layer.torch(*case.inputs)) == expected


def test_statements_come_before_the_expression() -> None:
    record = Function("y", steps=("y = x", "y = y + 1"))
    assert record.body == "y = x\ny = y + 1\nreturn y"
    assert str(record) == "y = x; y = y + 1; y"


def test_a_layer_is_immutable_and_equal_by_its_arguments() -> None:
    conv = CATALOGUE["conv"](out=8, kernel=3)
    assert conv == CATALOGUE["conv"](kernel=3, out=8)
    assert hash(conv) == hash(CATALOGUE["conv"](kernel=3, out=8))
    assert conv != CATALOGUE["conv"](out=8, kernel=5)
    assert CATALOGUE["add"]() != CATALOGUE["concat"]()
    assert conv != "conv"
    assert conv.replace(kernel=5) == CATALOGUE["conv"](out=8, kernel=5)
    with pytest.raises(AttributeError, match="immutable"):
        conv.out = 9  # type: ignore[attr-defined]  # what must fail
    assert repr(CATALOGUE["gn"](groups=4)) == "GroupNorm(groups=4, affine=True)"
    assert dict(conv.items())["kernel"] == 3


def test_every_layer_says_its_shape_and_source() -> None:
    for key, kind in CATALOGUE.items():
        doc = kind.__doc__ or ""
        assert key == "input" or re.search("[Ss]hape|->", doc), key


class Half(Layer):
    """A layer without rules: only a test makes one."""

    key: ClassVar[str] = "half"
    examples: ClassVar[tuple[str, ...]] = ("half @ 8",)
    count: Size = 1


def test_registration_refuses_a_layer_without_rules() -> None:
    with pytest.raises(TypeError, match="layer 'half' lacks work, torch"):
        register(Half)


def test_registration_misses_words_unless_python_leaves_them_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Silent(Layer):
        key = "silent"

    lacking = "layer 'silent' lacks {}examples, work, torch"
    with pytest.raises(TypeError, match=lacking.format("__doc__, ")):
        register(Silent)
    monkeypatch.setattr(layers, "__doc__", None)  # as with -OO
    with pytest.raises(TypeError, match=lacking.format("")):
        register(Silent)


def test_an_input_gives_what_comes_in() -> None:
    given = CATALOGUE["input"]()
    assert given.label() == "input"
    assert given.torch() == Function("x")


def test_registration_refuses_a_key_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGUE, "half", CATALOGUE["conv"])
    with pytest.raises(TypeError, match="two layers have the key 'half'"):
        register(Half)


def test_an_unfinished_layer_says_so() -> None:
    half = Half()
    assert half.shape((8,)) == (8,)
    assert half.buffers((8,)) == {}
    assert half.window((8,)) is None
    for rule in (lambda: half.work((8,), (8,)), lambda: half.torch((8,))):
        with pytest.raises(NotImplementedError):
            rule()


def test_fields_come_in_the_order_of_the_language() -> None:
    assert layer("{conv: 8, kernel: 3}", (3, 9, 9)).principal == "out"
    principals = {"maxpool": "kernel", "dropout": "rate", "dwconv": "multiplier"}
    for key, principal in principals.items():
        assert CATALOGUE[key].principal == principal
    assert CATALOGUE["gap"].principal is None
    assert CATALOGUE["conv"].required == {"out"}
