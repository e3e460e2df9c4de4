"""Single operators: the node tests of the standard, and `onnx`'s shape inference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from onnx_models import (
    cases_of,
    frozen,
    inferred,
    read,
    single,
    sizes_of,
    weight,
    whole,
)

import archcalc
from archcalc.network.network import loads
from archcalc.readers.spec import spec_text

RULED = (
    *(
        "BatchNormalization",
        "Celu",
        "Conv",
        "ConvInteger",
        "DepthToSpace",
        "Elu",
        "Gelu",
    ),
    *("GlobalAveragePool", "GlobalMaxPool", "GroupNormalization", "HardSwish", "LRN"),
    *("InstanceNormalization", "LeakyRelu", "Mish", "Pad", "Relu", "Selu", "Sigmoid"),
    *("Softplus", "Softsign", "SpaceToDepth", "Split", "Squeeze", "Swish", "Tanh"),
    *(
        "Unsqueeze",
        "Upsample",
        "QLinearConv",
        "ConvTranspose",
        "MaxPool",
        "AveragePool",
    ),
    *("LpPool", "Gemm", "MatMul", "Softmax", "LogSoftmax", "Resize", "ReduceMean"),
    *("Reshape", "Slice", "Gather", "Flatten", "Expand", "Transpose"),
    *("LSTM", "GRU", "Attention", "LayerNormalization", "RMSNormalization"),
    *("Clip", "HardSigmoid", "PRelu", "ThresholdedRelu", "Add", "Sub", "Mul", "Div"),
    *("Pow", "Sqrt", "Erf", "Neg", "Exp", "Log", "Abs", "Reciprocal", "Sin", "Cos"),
    *("Concat", "Sum", "Mean", "Max", "Min", "ReduceSum", "ReduceMax", "ArgMax"),
    *("Cast", "Identity", "Dropout", "Tile", "Where", "Shape", "Size", "Range"),
    *("ConstantOfShape", "Equal", "NonZero", "TopK", "Einsum", "MatMulInteger"),
    *("DequantizeLinear", "QuantizeLinear", "CumSum", "OneHot", "ScatterND"),
)
"""Operators with rules; some of their tests are of forms that no layer has."""
CASES = {case.name: case for case in cases_of(*RULED)}


def fits(shape: Any, declared: tuple[int, ...]) -> bool:
    """Say whether a shape is one sample's of sizes with the batch somewhere."""
    without = [declared[:at] + declared[at + 1 :] for at in range(len(declared))]
    return shape in (declared, *without) or (shape == (1,) and len(declared) < 2)


@pytest.mark.parametrize("name", CASES)
def test_a_node_test_of_the_standard(name: str) -> None:
    """Whatever the rule says, sizes are those of the standard, and it is a spec."""
    case = CASES[name]
    made = frozen(case)
    declared = sizes_of(case.model.graph.output[0])
    if made is None or 0 in declared or 0 in sizes_of(made.graph.input[0]):
        pytest.skip("no tensor, or one without values")
    for opset in made.opset_import:
        opset.version = min(opset.version, 26)
    try:
        model = read(made)
    except archcalc.ArchcalcError:  # it passes its input on: nothing is left
        model = None
    if model is None:
        assert case.model.graph.node[0].op_type not in ("Conv", "MaxPool", "Gemm")
        return
    assert fits(model.ops[model.outputs[0]].shape, declared)
    net = loads(spec_text(model))
    assert fits(net.analyze().output, declared)


def test_most_node_tests_have_a_layer() -> None:
    """The table above cannot pass by knowing nothing."""
    read_whole = 0
    for case in CASES.values():
        made = frozen(case)
        if made is None:
            continue
        for opset in made.opset_import:
            opset.version = min(opset.version, 26)
        try:
            read_whole += not read(made).unknown()
        except archcalc.ArchcalcError:
            continue
    assert read_whole >= 190


X = (2, 6, 19, 23)


def conv(**attributes: Any) -> Callable[[], Any]:
    groups = attributes.get("group", 1)
    return lambda: single("Conv", X, weight("w", (12, 6 // groups, 3, 5)), **attributes)


def pool(op: str, opset: int = 22, **attributes: Any) -> Callable[[], Any]:
    return lambda: single(op, X, opset=opset, **attributes)


SAME = ("SAME_UPPER", "SAME_LOWER", "VALID")
INFERRED: dict[str, Callable[[], Any]] = {
    "conv": conv(strides=[2, 1], pads=[1, 2, 1, 2]),
    "conv padded on one side": conv(strides=[2, 2], pads=[0, 1, 2, 0]),
    "conv dilated": conv(dilations=[2, 3], pads=[2, 2, 2, 2]),
    "conv in groups": conv(group=3),
    "conv depthwise": conv(group=6),
    **{f"conv {word}": conv(auto_pad=word, strides=[2, 3]) for word in SAME},
    **{
        f"{op} {word}": pool(op, kernel_shape=[3, 2], strides=[2, 2], auto_pad=word)
        for op in ("MaxPool", "AveragePool")
        for word in SAME
    },
    **{
        f"{op} ceil {opset}": pool(
            op,
            opset,
            kernel_shape=[2, 3],
            strides=[3, 4],
            pads=[1, 1, 1, 1],
            ceil_mode=1,
        )
        for op in ("MaxPool", "AveragePool")
        for opset in (11, 19, 22)
    },
    "deconv": lambda: single(
        "ConvTranspose",
        X,
        weight("w", (6, 4, 3, 3)),
        strides=[2, 3],
        pads=[1, 0, 1, 0],
        output_padding=[1, 0],
    ),
    "deconv to a shape": lambda: single(
        "ConvTranspose",
        X,
        weight("w", (6, 4, 3, 3)),
        strides=[2, 2],
        output_shape=[38, 46],
    ),
    "reshape": lambda: single("Reshape", X, whole("s", [0, -1, 23])),
    "slice": lambda: single(
        "Slice", X, whole("a", [1]), whole("b", [-2]), whole("c", [2])
    ),
    "pad": lambda: single("Pad", X, whole("p", [0, 0, 1, 2, 0, 0, 3, 0])),
    "gather": lambda: single("Gather", X, whole("i", [2, 3]), axis=1),
    "split": lambda: single("Split", X, axis=2, num_outputs=4, outputs=4),
    "resize": lambda: single("Resize", X, None, None, whole("s", [2, 6, 40, 40])),
}


@pytest.mark.parametrize("name", INFERRED)
def test_sizes_are_those_that_onnx_infers(name: str) -> None:
    made = INFERRED[name]()
    model = read(made)
    found = [model.ops[output].shape for output in model.outputs]
    assert found == [sizes[1:] for sizes in inferred(made)]
    assert not model.unknown()


@pytest.mark.parametrize(
    ("opset", "windows"), [(10, 5), (11, 5), (19, 5), (21, 5), (22, 4), (26, 4)]
)
def test_ceil_mode_as_the_opset_of_the_file_says(opset: int, windows: int) -> None:
    """A last window that begins behind the input counts before opset 22 alone."""
    made = single(
        *("MaxPool", (1, 2, 7)),
        opset=opset,
        kernel_shape=[2],
        strides=[2],
        pads=[1, 1],
        ceil_mode=1,
    )
    # 7 + 2 = 9 positions: windows begin at 0, 2, 4, 6 and, counted up, at 8, which is
    # behind the input (it ends at 8).
    assert read(made).ops[-1].shape == (2, windows)


@pytest.mark.parametrize(
    ("sizes", "pads", "strides"),
    [
        ((9, 9), [0, 0, 1, 1], [3, 3]),  # a last window would begin in the padding
        ((9, 9), [0, 1, 1, 1], [3, 3]),
        ((10, 10), [0, 0, 1, 0], [3, 3]),  # none does so
        ((9, 9), [0, 0, 1, 1], [3, 2]),  # along one axis, and the other needs it
    ],
)
@pytest.mark.parametrize("opset", [21, 22])
def test_ceil_mode_with_unlike_padding(
    sizes: tuple[int, int], pads: list[int], strides: list[int], opset: int
) -> None:
    made = single(
        *("MaxPool", (1, 2, *sizes)),
        opset=opset,
        kernel_shape=[2, 2],
        strides=strides,
        pads=pads,
        ceil_mode=1,
    )
    model = read(made)
    assert model.unknown() or model.ops[-1].shape == inferred(made)[0][1:]
