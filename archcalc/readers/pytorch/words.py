"""PyTorch's operators in the words of the ONNX standard, whose rules make them layers.

No ONNX file is made, and no exporter of ONNX has a part in it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from archcalc.readers.onnx.sizes import NotKnown
from archcalc.readers.onnx.values import Value
from archcalc.readers.pytorch.calls import Call, several

Standard = tuple[str, list[Value | None], dict[str, Any]]
"""The name of a standard operator, what it reads, and its attributes."""
Wording = Callable[[Call], Standard]
WORDS: dict[str, Wording] = {}
"""How each operator of PyTorch is said in the words of the standard."""


def word(*names: str) -> Callable[[Wording], Wording]:
    """Give operators their wording."""

    def register(function: Wording) -> Wording:
        WORDS.update(dict.fromkeys(names, function))
        return function

    return register


def numbers(*values: int) -> Value:
    """Return whole numbers as a constant."""
    return Value((len(values),), data=list(values))


# -- what passes its input on, activations ---------------------------------------------

PASSED = (
    *("alias", "clone", "contiguous", "detach", "dropout", "feature_dropout"),
    *("lift_fresh_copy", "to", "_to_copy", "type_as", "identity", "alpha_dropout"),
    *(
        "feature_alpha_dropout",
        "resolve_conj",
        "resolve_neg",
        "_assert_tensor_metadata",
    ),
)
SAME_NAME = {
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "selu": "Selu",
    "hardswish": "HardSwish",
    "softsign": "Softsign",
    "mish": "Mish",
    "silu": "Swish",
    "sqrt": "Sqrt",
    "erf": "Erf",
    "neg": "Neg",
    "exp": "Exp",
    "log": "Log",
    "abs": "Abs",
    "reciprocal": "Reciprocal",
    "sin": "Sin",
    "cos": "Cos",
    "matmul": "MatMul",
    "bmm": "MatMul",
}


@word(*SAME_NAME)
def same_form(call: Call) -> Standard:
    """What has the same form in the standard."""
    ins = [v for v in call.given.values() if isinstance(v, Value)]
    return SAME_NAME[call.name], [*ins], {}


@word(*PASSED)
def passed(call: Call) -> Standard:
    """What passes its input on in inference."""
    return "Identity", [call.value()], {}


@word("hardsigmoid")
def hardsigmoid(call: Call) -> Standard:
    """The hard sigmoid, with a slope of 1/6."""
    return "HardSigmoid", [call.value()], {"alpha": 1 / 6, "beta": 0.5}


@word("softplus")
def softplus(call: Call) -> Standard:
    """Softplus with a factor of 1."""
    if call["beta"] not in (None, 1):
        raise NotKnown
    return "Softplus", [call.value()], {}


@word("leaky_relu")
def leaky(call: Call) -> Standard:
    """A ReLU with a slope below 0."""
    slope = call["negative_slope"]
    return "LeakyRelu", [call.value()], {"alpha": 0.01 if slope is None else slope}


@word("elu", "celu")
def elu(call: Call) -> Standard:
    """An exponential unit."""
    alpha = call["alpha"]
    name = "Celu" if call.name == "celu" else "Elu"
    return name, [call.value()], {"alpha": 1.0 if alpha is None else alpha}


@word("gelu")
def gelu(call: Call) -> Standard:
    """The Gaussian unit, exact or by tanh."""
    return "Gelu", [call.value()], {"approximate": call["approximate"] or "none"}


@word("prelu")
def prelu(call: Call) -> Standard:
    """A ReLU with learned slopes."""
    return "PRelu", [call.value(), call.value("weight")], {}


@word("relu6", "hardtanh", "clamp", "clamp_min", "clamp_max")
def clipped(call: Call) -> Standard:
    """A value between two bounds."""
    low, high = {"relu6": (0, 6), "hardtanh": (-1, 1)}.get(call.name, (-inf, inf))
    found = [call["min_val"], call["min"]], [call["max_val"], call["max"]]
    low = next((n for n in found[0] if n is not None), low)
    high = next((n for n in found[1] if n is not None), high)
    return "Clip", [call.value()], {"min": low, "max": high}


@word("softmax", "log_softmax")
def softmax(call: Call) -> Standard:
    """A softmax along an axis."""
    name = "Softmax" if call.name == "softmax" else "LogSoftmax"
    return name, [call.value()], {"axis": call["dim"]}


# -- arithmetic ------------------------------------------------------------------------

BINARY = {"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow"}


@word(*BINARY)
def binary(call: Call) -> Standard:
    """Arithmetic on two tensors, or on one and a number."""
    if call["alpha"] not in (None, 1) or call["rounding_mode"] is not None:
        raise NotKnown
    given = [call["self"], call["exponent" if call.name == "pow" else "other"]]
    ins = [v if isinstance(v, Value) else Value((), data=[v]) for v in given]
    return BINARY[call.name], [*ins], {}


@word("rsub")
def turned(call: Call) -> Standard:
    """A subtraction the other way round."""
    other = call["other"]
    ins = other if isinstance(other, Value) else Value((), data=[other])
    return "Sub", [ins, call.value()], {}


# -- windows ---------------------------------------------------------------------------


def sliding(call: Call, rank: int) -> dict[str, Any]:
    """Return stride, padding and dilation in the words of the standard."""
    pads = call["padding"]
    attributes: dict[str, Any] = {
        "strides": several(call["stride"] or 1, rank),
        "dilations": several(call["dilation"] or 1, rank),
    }
    if isinstance(pads, str):
        attributes["auto_pad"] = "VALID" if pads == "valid" else "SAME_UPPER"
        if pads == "same" and any(n != 1 for n in attributes["strides"]):
            raise NotKnown
    else:
        attributes["pads"] = several(0 if pads is None else pads, rank) * 2
    return attributes


@word("conv1d", "conv2d", "conv3d")
def conv(call: Call) -> Standard:
    """A convolution, whose kernel is that of its weight."""
    weight = call.value("weight")
    attributes = sliding(call, len(weight.sizes) - 2)
    attributes["group"] = call["groups"] or 1
    return "Conv", [call.value(), weight, call["bias"]], attributes


@word("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def deconv(call: Call) -> Standard:
    """A transposed convolution."""
    weight = call.value("weight")
    rank = len(weight.sizes) - 2
    attributes = sliding(call, rank)
    attributes["group"] = call["groups"] or 1
    attributes["output_padding"] = several(call["output_padding"] or 0, rank)
    return "ConvTranspose", [call.value(), weight, call["bias"]], attributes


@word(*(f"{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2, 3)))
def pool(call: Call) -> Standard:
    """A pool; without a stride its windows lie side by side."""
    rank = int(call.name[-2])
    kernel = several(call["kernel_size"], rank)
    attributes = sliding(
        Call(call.name, {**call.given, "stride": call["stride"] or kernel}, []), rank
    )
    attributes |= {"kernel_shape": kernel, "ceil_mode": bool(call["ceil_mode"])}
    if call.name.startswith("max"):
        return "MaxPool", [call.value()], attributes
    if call["divisor_override"] is not None:
        raise NotKnown
    attributes["count_include_pad"] = call["count_include_pad"] is not False
    return "AveragePool", [call.value()], attributes


@word("pad", "constant_pad_nd")
def pad(call: Call) -> Standard:
    """Padding, which PyTorch gives from the last axis on."""
    x, given = call.value(), list(call["pad"])
    before, after = [0] * x.rank, [0] * x.rank
    for at in range(len(given) // 2):
        before[x.rank - 1 - at], after[x.rank - 1 - at] = given[2 * at : 2 * at + 2]
    mode = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    word = mode.get(call["mode"] or "constant", "constant")
    return "Pad", [x, numbers(*before, *after)], {"mode": word}


# -- matrices and norms ----------------------------------------------------------------


@word("addmm")
def addmm(call: Call) -> Standard:
    """A product of matrices and a sum."""
    return "Gemm", [call.value("mat1"), call.value("mat2"), call.value("self")], {}


@word("group_norm")
def group_norm(call: Call) -> Standard:
    """A norm over groups of channels."""
    ins = [call.value(), call["weight"], call["bias"]]
    return "GroupNormalization", ins, {"num_groups": call["num_groups"]}


@word("layer_norm", "rms_norm")
def layer_norm(call: Call) -> Standard:
    """A norm over the last axes."""
    names = {"layer_norm": "LayerNormalization", "rms_norm": "RMSNormalization"}
    axis = -len(call["normalized_shape"])
    ins = [call.value(), call["weight"], call["bias"]]
    return names[call.name], ins, {"axis": axis}


@word("scaled_dot_product_attention")
def attention(call: Call) -> Standard:
    """Scaled dot-product attention."""
    ins = [call.value("query"), call.value("key"), call.value("value")]
    return "Attention", [*ins, call["attn_mask"]], {}


@word("embedding")
def embedding(call: Call) -> Standard:
    """A look-up of rows by ids."""
    return "Gather", [call.value("weight"), call.value("indices")], {"axis": 0}


# -- moves -----------------------------------------------------------------------------


@word(
    "view",
    "reshape",
    "flatten",
    "unflatten",
    "_unsafe_view",
    "_reshape_alias",
    "view_as",
)
def reshape(call: Call) -> Standard:
    """Other sizes for the same values."""
    return "Reshape", [call.value()], {}


@word("expand", "expand_as", "broadcast_to")
def expand(call: Call) -> Standard:
    """Axes of one position stretched."""
    return "Expand", [call.value()], {}


@word("permute", "transpose", "t", "mT", "swapaxes", "swapdims", "movedim")
def permute(call: Call) -> Standard:
    """Axes in another order."""
    x = call.value()
    order = list(range(x.rank))
    if call.name == "permute":
        order = call.axes("dims", x.rank)
    elif call.name == "movedim":
        source, to = call.axes("source", x.rank), call.axes("destination", x.rank)
        left = [axis for axis in order if axis not in source]
        for at, axis in sorted(zip(to, source, strict=True)):
            left.insert(at, axis)
        order = left
    else:
        pairs = [("dim0", "dim1"), ("axis0", "axis1")]
        first, second = (
            next((call[a], call[b]) for a, b in pairs if b in call.given)
            if call.name not in ("t", "mT")
            else (x.rank - 2, x.rank - 1)
        )
        first, second = first % x.rank, second % x.rank
        order[first], order[second] = order[second], order[first]
    return "Transpose", [x], {"perm": order}


@word("unsqueeze", "squeeze")
def resized(call: Call) -> Standard:
    """Axes of one position added or dropped."""
    x = call.value()
    if call.name == "unsqueeze":
        return "Unsqueeze", [x, numbers(*call.axes("dim", x.rank + 1))], {}
    axes = call.axes("dim", x.rank) if "dim" in call.given else range(x.rank)
    return "Squeeze", [x, numbers(*(a for a in axes if x.sizes[a] == 1))], {}


@word("cat", "concat")
def concat(call: Call) -> Standard:
    """Tensors behind each other; PyTorch passes over empty ones."""
    tensors = [v for v in call["tensors"] if 0 not in v.sizes]
    return "Concat", [*tensors], {"axis": call["dim"] or 0}


@word("slice")
def slice_(call: Call) -> Standard:
    """A part of one axis."""
    x = call.value()
    axis = (call["dim"] or 0) % x.rank
    size = call.size(axis)
    stop = min(size if call["end"] is None else call["end"], size)
    start = call["start"] or 0
    step = call["step"] or 1
    ends = [start % size if start < 0 else start, stop % size if stop < 0 else stop]
    ins = [x, *(numbers(n) for n in (*ends, axis, step))]
    return "Slice", [*ins], {}


@word("narrow")
def narrow(call: Call) -> Standard:
    """So many positions of an axis, from one on."""
    x = call.value()
    axis, start, length = call["dim"] % x.rank, call["start"], call["length"]
    start = start % x.sizes[axis] if start < 0 else start
    ins = [x, *(numbers(n) for n in (start, start + length, axis, 1))]
    return "Slice", [*ins], {}


@word("select")
def select(call: Call) -> Standard:
    """One position of an axis."""
    x = call.value()
    axis = call["dim"] % x.rank
    index = Value((), data=[call["index"] % x.sizes[axis]])
    return "Gather", [x, index], {"axis": axis}


@word("chunk", "split", "split_with_sizes")
def split(call: Call) -> Standard:
    """Pieces of an axis; the last may be smaller."""
    x = call.value()
    axis = (call["dim"] or 0) % x.rank
    size = x.sizes[axis]
    if not isinstance(size, int):
        raise NotKnown
    asked = call["split_sizes"] or call["split_size"]
    if call.name == "chunk":
        asked = -(-size // call["chunks"])
    if isinstance(asked, int):
        asked = [min(asked, size - at) for at in range(0, size, asked)]
    return "Split", [x, numbers(*asked)], {"axis": axis}


REDUCTIONS = {
    "mean": "ReduceMean",
    "sum": "ReduceSum",
    "amax": "ReduceMax",
    "amin": "ReduceMin",
    "linalg_vector_norm": "ReduceL2",
}


@word(*REDUCTIONS)
def reduced(call: Call) -> Standard:
    """A mean, sum, norm, largest or smallest value along axes."""
    x, name = call.value(), REDUCTIONS[call.name]
    if call["ord"] not in (None, 1, 2):
        raise NotKnown
    name = "ReduceL1" if call["ord"] == 1 else name
    axes = call.axes("dim", x.rank) or list(range(x.rank))
    return name, [x, numbers(*axes)], {"keepdims": int(bool(call["keepdim"]))}


@word("pixel_shuffle")
def pixel_shuffle(call: Call) -> Standard:
    """Channels traded for positions."""
    return "DepthToSpace", [call.value()], {"blocksize": call["upscale_factor"]}


@word("pixel_unshuffle")
def pixel_unshuffle(call: Call) -> Standard:
    """Positions traded for channels."""
    return "SpaceToDepth", [call.value()], {"blocksize": call["downscale_factor"]}


UPSAMPLE = {"nearest": "nearest", "linear": "linear", "bilinear": "linear"}
