"""What layers say and refuse: messages, labels, torch records, registration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from layer_cases import layer, read, shape

import archcalc
from archcalc import layers
from archcalc.errors import ShapeError
from archcalc.layers import CATALOGUE, register
from archcalc.layers import named_rules as rules
from archcalc.layers.base import Function, Layer
from archcalc.layers.fields import FieldError, Size
from archcalc.layers.named_rules import SHAPE_RULES
from archcalc.sizes.dims import symbol

RULES = Path(str(rules.__file__))

REFUSALS = [
    (
        "{conv: 8, kernel: 3} @ 4",
        "AC204",
        "conv needs channels and 1 or 2 or 3 spatial",
    ),
    (
        "{conv: 8, kernel: [3, 3]} @ 4x9",
        "AC205",
        "kernel has 2 numbers for 1 spatial axis",
    ),
    (
        "{conv: 8, kernel: [3]} @ 4x9x9",
        "AC205",
        "kernel has 1 numbers for 2 spatial axes",
    ),
    ("{conv: 8, kernel: 3} @ 4x2x9", "AC202", "larger than its input: 3 > 2"),
    (
        "{conv: 8, kernel: 3, dilation: 2, pad: 1} @ 4x2x9",
        "AC202",
        "5 (kernel 3, dilation 2) > 4 (2 and 1 of padding on each side)",
    ),
    (
        "{conv: 8, groups: 3} @ 4x9x9",
        "AC203",
        "3 groups do not divide 4 input channels",
    ),
    (
        "{conv: 9, groups: 4} @ 4x9x9",
        "AC203",
        "4 groups do not divide 9 output channels",
    ),
    (
        "{deconv: 9, groups: 2} @ 4x9x9",
        "AC203",
        "2 groups do not divide 9 output channels",
    ),
    (
        "{deconv: 9, groups: 3} @ 4x9x9",
        "AC203",
        "3 groups do not divide 4 input channels",
    ),
    (
        "{deconv: 8, kernel: 3, stride: 2, output_pad: 2} @ 4x9x9",
        "AC206",
        "output_pad 2 must be below the stride 2 or the dilation 1",
    ),
    ("{deconv: 8, kernel: 1, pad: 1} @ 4x1x9", "AC207", "output size would be -1"),
    (
        "{maxpool: 3, pad: 2} @ 4x9x9",
        "AC209",
        "padding 2 is more than half of the kernel 3",
    ),
    ("{avgpool: 2, pad: [1, 2]} @ 4x9x9", "AC209", "padding 2 is more than half"),
    ("{maxpool: 3, stride: 2} @ 4x2x2", "AC202", "3 > 2"),
    ("{maxpool: 9, stride: 2, rounding: ceil} @ 4x2x2", "AC202", "9 > 2"),
    ("{avgpool: 2, stride: 1, pad: same, count_pad: false} @ 4x9x9", "AC209", "`same`"),
    ("gap @ 10", "AC204", "gap needs channels"),
    ("bn @ 2x3x4x5x6", "AC204", "bn needs channels and 0 or 1 or 2 or 3 spatial axes"),
    ("in @ 8", "AC204", "in needs channels"),
    ("{gn: 3} @ 8x5x6", "AC203", "3 groups do not divide 8 input channels"),
    ("in @ 8x1x1", "AC220", "in would normalize single values"),
    ("{gn: 8} @ 8x1", "AC220", "gn would normalize single values"),
    ("{lrn: 5} @ 8", "AC204", "lrn needs channels and a spatial axis"),
    ("{softmax: 3} @ 8x5x6", "AC208", "there is no axis 3: the tensor has 3"),
    ("{softmax: -4} @ 8x5x6", "AC208", "there is no axis -4: the tensor has 3"),
    ("glu @ 7x5", "AC210", "2 does not divide 5: glu halves this axis"),
    ("add @ 8x5x6, 4x5x6", "AC201", "add needs equal shapes"),
    ("multiply @ 8x5x6, 8", "AC201", "multiply needs inputs with as many axes"),
    ("concat @ 8x5x6, 8x5", "AC201", "concat needs inputs with as many axes"),
    ("concat @ 8x5x6, 8x5x7", "AC201", "concat needs equal sizes beside its channels"),
    ("{concat: 1} @ 7x16, 6x16", "AC201", "concat needs equal sizes beside its axis 1"),
    ("{concat: 1} @ 8x5x6, 8x5x7", "AC201", "equal sizes beside its axis 1"),
    ("concat @ 7x16, 7x15", "AC201", "concat needs equal sizes beside its axis 0"),
    ("{concat: 2} @ 7x16, 7x16", "AC208", "there is no axis 2"),
    ("matmul @ 5x6, 5x6", "AC211", "cannot multiply rows of 6 with columns of 5"),
    ("matmul @ 3x4x6, 3x5x7", "AC211", "cannot multiply rows of 6 with columns of 5"),
    ("matmul @ 3x5x6, 2x6x5", "AC201", "equal sizes before the last two axes"),
    ("matmul @ 5, 5", "AC201", "as many axes, two at least"),
    ("matmul @ 5x6, 3x6x7", "AC201", "as many axes, two at least"),
    ("{reshape: [8, 7]} @ 8x5x6", "AC212", "240 values do not fit into 56"),
    ("{reshape: [7, -1]} @ 8x5x6", "AC210", "7 does not divide 240: -1 must be what"),
    ("{permute: [0, 1]} @ 8x5x6", "AC208", "permute needs each of 3 axes once"),
    ("{permute: [0, 0, 1]} @ 8x5x6", "AC208", "not [0, 0, 1]"),
    ("{transpose: [0, 3]} @ 8x5x6", "AC208", "there is no axis 3"),
    ("{image: [5, 5]} @ 30x8", "AC212", "30 tokens do not fill an image of 5×5"),
    ("{image: [5, 6]} @ 30", "AC204", "image needs tokens"),
    ("tokens @ 30", "AC204", "tokens needs channels"),
    ("{flatten: [2, 1]} @ 8x5x6", "AC208", "goes from axis 2 to 1, backwards"),
    ("{mean: [0, 1]} @ 7x16", "AC208", "mean leaves no axis of 7×16"),
    ("{slice: [2, 9]} @ 8x5x6", "AC213", "the slice ends at 9, its axis at 8"),
    ("{slice: [3, 3]} @ 8x5x6", "AC213", "nothing lies between 3 and 3"),
    ("{split: 3} @ 8x5x6", "AC210", "3 does not divide 8: split cuts equal pieces"),
    (
        "{split: [3, 2]} @ 8x5x6",
        "AC213",
        "pieces of 3 + 2 = 5 do not make up an axis of 8",
    ),
    ("{token: 7} @ 7x16", "AC213", "token 7 ends at 8, its axis at 7"),
    ("{token: -8} @ 7x16", "AC213", "token -8 ends at 8, its axis at 7"),
    ("{token: 0} @ 16", "AC204", "token needs a sequence"),
    ("{crop: 6} @ 8x5x6", "AC213", "the crop ends at 6, its axis at 5"),
    ("{crop: 3, offset: 3} @ 8x5x6", "AC213", "the crop ends at 6, its axis at 5"),
    ("{crop: [1, 2, 3]} @ 8x5x6", "AC205", "crop has 3 numbers for 2 spatial axes"),
    ("{crop: 3, offset: [1]} @ 8x5x6", "AC205", "offset has 1 numbers"),
    ("{subsample: [1, 2, 3]} @ 8x5x6", "AC205", "stride has 3 numbers"),
    ("{roll: [1, 2, 3]} @ 8x5x6", "AC205", "roll has 3 numbers"),
    ("{resize: [4, 4, 4]} @ 8x5x6", "AC205", "size has 3 numbers"),
    ("{pad: [1, 2, 3]} @ 8x5x6", "AC205", "pad has 3 numbers"),
    ("{pad: 1, end: [1]} @ 8x5x6", "AC205", "end has 1 numbers"),
    # torch gives zeros alone for these, and none of the input
    ("{pad: 5, end: -5} @ 8x5x6", "AC207", "padding 5 and -5 leaves none of 5"),
    ("{pad: -5, end: 5} @ 8x5x6", "AC207", "padding -5 and 5 leaves none of 5"),
    (
        "{pad: 5, end: 1, mode: reflect} @ 4x5x6",
        "AC213",
        "padding 5 by mode reflect needs 6 positions, there are 5",
    ),
    (
        "{pad: 1, end: 5, mode: reflect} @ 4x5x6",
        "AC213",
        "padding 5 by mode reflect needs 6 positions, there are 5",
    ),
    ("{unfold: 3} @ 4x7", "AC204", "unfold needs channels and 2 spatial axes"),
    ("{fold: [8, 8], kernel: 2} @ 16", "AC204", "fold needs columns"),
    ("{fold: [8, 8], kernel: 3} @ 16x9", "AC210", "9 does not divide 16: a column"),
    ("{fold: [8, 8, 8], kernel: 2} @ 16x9", "AC205", "size has 3 numbers"),
    ("{fold: [8, 8], kernel: [2, 2, 2]} @ 16x9", "AC205", "kernel has 3 numbers"),
    (
        "{fold: [8, 8], kernel: 2, stride: 2} @ 16x15",
        "AC212",
        "15 columns are not the 16 windows of the image",
    ),
    ("{max_unpool: [2, 2]} @ 4x5", "AC205", "kernel has 2 numbers for 1 spatial axis"),
    ("{max_unpool: 2, stride: [2]} @ 4x5x6", "AC205", "stride has 1 numbers"),
    ("{max_unpool: 2, pad: [0]} @ 4x5x6", "AC205", "pad has 1 numbers"),
    ("{upsample: 1/8} @ 8x5x6", "AC207", "5 times 1/8 leaves nothing"),
    ("{shuffle: 3} @ 8x5x6", "AC203", "3 groups do not divide 8"),
    ("{shuffle: 2} @ 8", "AC204", "shuffle needs channels"),
    ("{pixel_shuffle: 2} @ 6x5x6", "AC210", "4 does not divide 6"),
    ("{pixel_shuffle: 2} @ 8x5", "AC204", "pixel_shuffle needs channels and 2 spatial"),
    ("{pixel_unshuffle: 2} @ 3x8x9", "AC210", "2 does not divide 9"),
    ("{pixel_unshuffle: 2} @ 3x8", "AC204", "needs channels and 2 spatial axes"),
    ("{attention: 4} @ 7x16", "AC210", "3 does not divide 16"),
    ("{attention: 3} @ 7x48", "AC210", "3 does not divide 16: heads must divide"),
    ("{attention: 4} @ 8x5x6", "AC204", "attention needs tokens"),
    ("{window_attention: 2, size: 2} @ 15x12", "AC212", "15 tokens are no square"),
    (
        "{window_attention: 2, size: 2, grid: [3, 6]} @ 16x12",
        "AC212",
        "16 tokens do not fill a grid of 3×6",
    ),
    ("class_token @ 8x5x6", "AC204", "class_token needs tokens"),
    ("{lstm: 6} @ 8", "AC204", "lstm needs a sequence"),
]


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


ARGUMENTS: list[tuple[str, dict[str, Any], str]] = [
    ("conv", {}, "conv needs out"),
    ("embedding", {}, "embedding needs dim, num"),
    ("conv", {"out": 8, "kernal": 3}, "conv has no argument 'kernal'"),
    ("conv", {"out": 0}, "0 is below 1"),
    ("conv", {"out": True}, "a whole number is needed here, not true"),
    ("conv", {"out": 8, "pad": "some"}, "'some' is not a whole number"),
    ("conv", {"out": 8, "bias": 1}, "true or false is needed here, not 1"),
    ("maxpool", {"kernel": 2, "rounding": "up"}, "'up' is not one of floor, ceil"),
    ("dropout", {"rate": 2}, "at most 1"),
    ("reshape", {"sizes": (-1, -1)}, "only one size can be -1"),
    ("reshape", {"sizes": (0, 3)}, "a size cannot be 0"),
    ("reshape", {"sizes": (-2, 3)}, "-2 is below -1"),
    ("split", {"pieces": 2, "part": 2}, "part 2 of 2: parts count from 0"),
    ("pad", {"size": (1, -1), "mode": "reflect"}, "mode reflect only adds"),
    ("upsample", {"scale": 0}, "above 0"),
    ("slice", {"bounds": (1,)}, "2 whole numbers are needed, not 1"),
    ("lstm", {"hidden": 6, "layers": symbol("N")}, "cannot stay a name: N"),
]


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
    "{upsample: 3/2} @ 8x6x7": "nn.Upsample(size=(9, 10))",
    "{upsample: 2, mode: bilinear} @ 8x6": "nn.Upsample(scale_factor=2, mode='linear')",
    "add @ 8x5x6, 8x5x6, 8x5x6": "xs[0] + xs[1] + xs[2]",
    "concat @ 8x5x6, 8x5x6": "torch.cat(xs, 1)",
    "{slice: [1, 3], axis: -1} @ 8x5x6": "x[:, :, :, 1:3]",
    "{pad: [1, 2], end: 3} @ 8x5x6": "F.pad(x, (2, 3, 1, 3))",
    "{pad: 0, channels: [3, 4]} @ 8x5x6": "F.pad(x, (0, 0, 0, 0, 3, 4))",
    "{roll: [1, -2]} @ 8x5x6": "x.roll((1, -2), (2, 3))",
    "{crop: 2} @ 8x5x6": "x[:, :, 1:3, 2:4]",
    "{gru: 6, layers: 2} @ 5x8": "nn.GRU(8, 6, batch_first=True, num_layers=2)",
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
