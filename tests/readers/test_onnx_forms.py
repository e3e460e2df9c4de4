"""How operators are written that exporters take apart, or that have no layer alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_models import model, read, single, weight, whole
from onnx_sizes import work

from archcalc.network.network import loads
from archcalc.readers.model import Model
from archcalc.readers.onnx.inputs import sample_axes
from archcalc.readers.onnx.moves import scaled
from archcalc.readers.spec import spec_text
from archcalc.wire.messages import Value as Declared


def real(name: str, value: float) -> Any:
    """Return a single real number that stands in the file."""
    return numpy_helper.from_array(np.array(value, np.float32), name)


def bytes_of(name: str, *sizes: int) -> Any:
    """Return a tensor of whole numbers of 8 bits."""
    return numpy_helper.from_array(np.zeros(sizes, np.int8), name)


def node(text: str, **given: Any) -> Any:
    """Return an operator of `output = Op(input, …)`."""
    output, _, call = text.partition(" = ")
    op, _, inputs = call.rstrip(")").partition("(")
    names = [name.strip() for name in output.split(",")]
    return helper.make_node(op, inputs.replace(" ", "").split(","), names, **given)


def norm_in_parts(scaled: bool) -> Any:
    """Return a layer norm as an exporter writes it before opset 17."""
    nodes = [
        node("m = ReduceMean(x)", axes=[-1]),
        node("d = Sub(x, m)"),
        node("s = Pow(d, two)"),
        node("v = ReduceMean(s)", axes=[-1]),
        node("e = Add(v, small)"),
        node("r = Sqrt(e)"),
        node("n = Div(d, r)"),
    ]
    nodes += [node("k = Mul(n, w)"), node("y = Add(k, b)")] if scaled else []
    tensors = [
        real("two", 2),
        real("small", 1e-5),
        weight("w", [16]),
        weight("b", [16]),
    ]
    return model(nodes, {"x": [1, 7, 16]}, {"y" if scaled else "n": None}, tensors, 14)


def root_mean_square() -> Any:
    """Return an RMS norm in parts."""
    nodes = [
        node("s = Pow(x, two)"),
        node("v = ReduceMean(s)", axes=[-1]),
        node("e = Add(v, small)"),
        node("r = Sqrt(e)"),
        node("n = Div(x, r)"),
        node("y = Mul(n, w)"),
    ]
    tensors = [real("two", 2), real("small", 1e-5), weight("w", [16])]
    return model(nodes, {"x": [1, 7, 16]}, {"y": None}, tensors, 14)


def letters() -> Any:
    """Return a product by letters with a table that is read at places."""
    nodes = [
        node("r = Gather(t, places)"),
        node("y = Einsum(x, r)", equation="zyc, kc -> zky"),
    ]
    tensors = [weight("t", [3, 4]), whole("places", [0, 1, 1, 2])]
    return model(nodes, {"x": ["n", 2, 4]}, {"y": None}, tensors)


def pairs() -> Any:
    """Return the products of all rows of a sample."""
    nodes = [node("y = Einsum(x, x)", equation="Bnd,Bmd->Bnm")]
    return model(nodes, {"x": ["n", 7, 4]}, {"y": None}, [])


def quantized() -> Any:
    """Return a linear layer that is quantized as its values come."""
    nodes = [
        node("q, s, z = DynamicQuantizeLinear(x)"),
        node("p = MatMulInteger(q, w, z, zero)"),
        node("f = Cast(p)", to=TensorProto.FLOAT),
        node("k = Mul(s, scale)"),
        node("m = Mul(f, k)"),
        node("y = Add(m, b)"),
    ]
    tensors = [bytes_of("w", 16, 24), bytes_of("zero"), real("scale", 0.1)]
    return model(nodes, {"x": [1, 16]}, {"y": None}, [*tensors, weight("b", [24])])


def states() -> Any:
    """Return a recurrent layer whose state has its layers before the samples."""
    call = node("y, h = LSTM(x, w, r, b, , state, cell)", hidden_size=8)
    tensors = [weight("w", [1, 32, 5]), weight("r", [1, 32, 8]), weight("b", [1, 64])]
    inputs = {"x": [9, "batch", 5], "state": [1, "batch", 8], "cell": [1, "batch", 8]}
    return model([call], inputs, {"y": None}, tensors)


def table() -> Any:
    return weight("t", (3, 1, 7))


def rows() -> Any:
    """Return a batch norm of rows, as one after a flattened linear layer is."""
    nodes = [
        node("f = Reshape(x, s)"),
        node("n = BatchNormalization(f, w, b, m, v)"),
        node("y = Reshape(n, t)"),
    ]
    tensors = [whole("s", [7, 16]), whole("t", [1, 7, 16])]
    tensors += [weight(name, [16]) for name in "wbmv"]
    return model(nodes, {"x": [1, 7, 16]}, {"y": None}, tensors)


FORMS: dict[str, tuple[Callable[[], Any], str, int]] = {
    "layer norm": (lambda: norm_in_parts(True), "ln", 32),
    "layer norm without weights": (lambda: norm_in_parts(False), "ln", 0),
    "RMS norm": (root_mean_square, "rms", 16),
    "product by letters": (letters, "lookup einsum", 12),
    "product of samples by letters": (pairs, "einsum", 0),
    "quantized linear layer": (quantized, "fc", 16 * 24 + 24),
    "states of layers first": (states, "lstm reshape", 32 * 5 + 32 * 8 + 64),
    "batch norm of rows": (rows, "transpose bn transpose", 32),
    "table added": (lambda: single("Add", (1, 3, 7, 7), table()), "parameter add", 21),
    "table times": (
        lambda: single("Mul", (1, 3, 7, 7), table()),
        "parameter multiply",
        21,
    ),
    "table joined": (
        lambda: single("Concat", (1, 3, 7), weight("t", (1, 2, 7)), axis=1),
        "parameter concat",
        14,
    ),
    "bias of channels": (
        lambda: single("Add", (1, 3, 7, 7), weight("t", (3, 1, 1))),
        "channel_bias",
        3,
    ),
    "square": (
        lambda: model([node("y = Mul(x, x)")], {"x": [1, 4]}, {"y": None}),
        "square",
        0,
    ),
    "larger than nothing": (lambda: single("Max", (1, 4), real("b", 0)), "relu", 0),
    "smaller than a number": (lambda: single("Min", (1, 4), real("b", 3)), "clamp", 0),
    "clip": (lambda: single("Clip", (1, 4), real("a", 1), real("b", 5)), "clamp", 0),
    "hard sigmoid of Paddle": (
        lambda: single("HardSigmoid", (1, 4), alpha=0.2),
        "times plus clamp",
        0,
    ),
    "every second row": (
        lambda: single(
            *("Slice", (1, 3, 8, 6), whole("a", [1, 1]), whole("b", [8, 6])),
            *(whole("c", [2, 3]), whole("d", [2, 1])),
        ),
        "crop subsample",
        0,
    ),
    "every second channel": (
        lambda: single(
            *("Slice", (1, 8, 6), whole("a", [0]), whole("b", [8])),
            *(whole("c", [1]), whole("d", [2])),
        ),
        "reshape slice flatten",
        0,
    ),
    "signal padded by itself": (
        lambda: single("Pad", (1, 9), whole("p", [0, 0, 0, 4]), mode="reflect"),
        "reshape pad reshape",
        0,
    ),
    "length": (
        lambda: single("ReduceL2", (1, 4, 6), whole("a", [2])),
        "vector_norm",
        0,
    ),
    "largest": (
        lambda: single("ReduceMax", (1, 4, 6), whole("a", [1]), keepdims=0),
        "max",
        0,
    ),
    "mean of a row": (
        lambda: single("ReduceMean", (1, 6), whole("a", [1]), keepdims=0),
        "mean",
        0,
    ),
}


def kinds(made: Model) -> str:
    return " ".join(op.kind for op in made.ops if op.kind != "input")


@pytest.mark.parametrize("name", FORMS)
def test_how_a_form_is_written(name: str) -> None:
    make, expected, params = FORMS[name]
    made = read(make())
    assert kinds(made) == expected
    assert loads(spec_text(made)).analyze().total.params == params


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"x": (None, None), "state": (2, None, 128)}, {"x": 0, "state": 1}),
        ({"x": ("n", 3), "state": (2, "n", 128)}, {"x": 0, "state": 1}),
        ({"x": ("n", 3), "table": (4, 5)}, {"x": 0, "table": None}),
        ({"x": ("n", 3), "one": (1, 5)}, {"x": 0, "one": 0}),
        ({"x": (7, "batch", 3), "y": (1, "batch")}, {"x": 1, "y": 1}),
        ({"x": (4, 3), "y": (4, 5)}, {"x": 0, "y": 0}),
    ],
)
def test_the_axis_of_the_samples(inputs: dict[str, Any], expected: Any) -> None:
    """States may have their layers before the samples; a fixed table has no samples."""
    declared = [Declared(name, 1, dims) for name, dims in inputs.items()]
    assert sample_axes(declared) == expected


def test_weights_of_operators_without_a_rule() -> None:
    """A norm's statistics are not learned; weights of one value are."""
    nodes = [
        node("t = Transpose(x)", perm=[1, 0]),
        node("y = BatchNormalization(t, w, b, m, v)"),
    ]
    tensors = [weight(name, [1]) for name in "wbmv"]
    made = read(model(nodes, {"x": [1, 5]}, {"y": None}, tensors))
    assert loads(spec_text(made)).analyze().total.params == 2


def test_kernels_that_are_used_twice_count_once() -> None:
    """Two convolutions of one kernel, as heads of detectors are; a third has its own."""
    nodes = [
        node("a = Conv(x, w)", pads=[1, 1, 1, 1]),
        node("b = Conv(a, w)", pads=[1, 1, 1, 1]),
        node("y = Conv(b, v)", pads=[1, 1, 1, 1]),
    ]
    tensors = [weight("w", [4, 4, 3, 3]), weight("v", [4, 4, 3, 3])]
    made = read(model(nodes, {"x": [1, 4, 6, 6]}, {"y": None}, tensors))
    total = loads(spec_text(made)).analyze().total
    assert (total.params, total.macs) == (2 * 144, 3 * 144 * 36)


def test_a_step_that_others_read_stays_outside_of_blocks() -> None:
    """Two pairs of convolutions are alike; the first of the second pair is read later."""
    nodes, tensors, last = [], [], "x"
    for at in range(4):
        tensors.append(weight(f"w{at}", [8, 8, 3, 3]))
        nodes.append(node(f"c{at} = Conv({last}, w{at})", pads=[1, 1, 1, 1]))
        nodes.append(node(f"r{at} = Relu(c{at})"))
        if at % 2:
            nodes.append(node(f"s{at} = Add(r{at}, {'x' if at == 1 else 's1'})"))
        last = f"s{at}" if at % 2 else f"r{at}"
    nodes.append(node("y = Concat(s3, r2)", axis=1))
    made = model(nodes, {"x": [1, 8, 6, 6]}, {"y": None}, tensors)
    net = loads(spec_text(read(made)))
    assert net.analyze().output == (16, 6, 6)
    assert net.analyze().total.macs == 4 * 8 * 8 * 9 * 36


def test_sizes_with_names_are_taken_as_equal_where_they_meet() -> None:
    """Half of an odd height doubled is another size: a sum of both assumes it is not."""
    nodes = [
        node("c = Conv(x, w)", strides=[2, 2], pads=[1, 1, 1, 1]),
        node("u = Resize(c, none, s)", mode="nearest"),
        node("y = Add(x, u)"),
    ]
    empty = helper.make_tensor("none", TensorProto.FLOAT, [0], [])
    factors = helper.make_tensor("s", TensorProto.FLOAT, [4], [1, 1, 2, 2])
    tensors = [weight("w", [3, 3, 3, 3]), empty, factors]
    made = read(model(nodes, {"x": ["n", 3, "h", "w_"]}, {"y": None}, tensors))
    assert not made.unknown()
    assert kinds(made) == "conv upsample add"


@pytest.mark.parametrize("places", ["align_corners", "half_pixel"])
def test_corners_are_aligned_where_the_file_says_so(places: str) -> None:
    made = single(
        *("Resize", (1, 6, 9, 9), None, None, whole("s", [1, 6, 12, 20])),
        mode="linear",
        coordinate_transformation_mode=places,
    )
    text = spec_text(read(made))
    assert "mode: bilinear" in text
    assert ("align_corners: true" in text) == (places == "align_corners")


@pytest.mark.parametrize(
    ("pixels", "factor", "size"),
    [(10, 0.7, 7), (10, 2.3, 23), (10, 0.6, 6), (10, 0.79, 7), (100, 0.29, 29)],
)
def test_a_factor_is_multiplied_as_runtimes_do(
    pixels: int, factor: float, size: int
) -> None:
    """The sizes of onnxruntime 1.32.0, and of PyTorch for all but 100 pixels."""
    factors = helper.make_tensor("s", TensorProto.FLOAT, [4], [1, 1, factor, factor])
    made = single("Resize", (1, 6, pixels, pixels), None, factors)
    assert loads(spec_text(read(made))).analyze().output == (6, size, size)


def test_a_factor_of_no_end_is_a_size() -> None:
    assert scaled(3, 2.0**100) == 3 * 2**100


def test_the_oracle_counts_by_the_standards_definition() -> None:
    made = single("Conv", (1, 6, 9, 9), weight("w", (4, 3, 3, 3)), group=2)
    import onnx

    assert work(onnx.shape_inference.infer_shapes(made)) == 4 * 27 * 49
