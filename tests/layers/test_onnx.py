"""ONNX's own node tests: the shapes of their stored arrays against the rules.

The `onnx` package makes a test case of one operator with inputs and outputs. Each that
has the arguments of one of our layers is held against that layer's rule.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from onnx.backend.test.loader import load_model_tests

Attributes = Mapping[str, Any]
Shape = tuple[int, ...]


class UnlikeError(Exception):
    """The operator has an argument that our layer does not have."""


def symmetric(attributes: Attributes) -> Any:
    """Return the padding, or `same`; raise `UnlikeError` where the sides differ."""
    auto = attributes.get("auto_pad", b"NOTSET")
    if auto == b"SAME_UPPER":
        return "same"
    if auto not in (b"NOTSET", b"VALID"):
        raise UnlikeError("pads the odd pixel before")
    pads = attributes.get("pads", [])
    before, after = pads[: len(pads) // 2], pads[len(pads) // 2 :]
    if before != after:
        raise UnlikeError("pads unequally")
    return tuple(before) or 0


def window(attributes: Attributes, kernel: Shape) -> dict[str, Any]:
    """Return the arguments of a window."""
    return {
        "kernel": tuple(attributes.get("kernel_shape", kernel)),
        "stride": tuple(attributes.get("strides", ())) or 1,
        "dilation": tuple(attributes.get("dilations", ())) or 1,
        "pad": symmetric(attributes),
    }


def conv(attributes: Attributes, shapes: list[Shape]) -> Layer:
    weight = shapes[1]
    groups = attributes.get("group", 1)
    given = window(attributes, weight[2:])
    return CATALOGUE["conv"](out=weight[0], groups=groups, **given)


def deconv(attributes: Attributes, shapes: list[Shape]) -> Layer:
    if "output_shape" in attributes:
        raise UnlikeError("is told its output")
    weight = shapes[1]
    groups = attributes.get("group", 1)
    given = window(attributes, weight[2:])
    if given["pad"] == "same":
        raise UnlikeError("pads a transposed convolution with `same`")
    extra = tuple(attributes.get("output_padding", ())) or 0
    out = weight[1] * groups
    return CATALOGUE["deconv"](out=out, groups=groups, output_pad=extra, **given)


def pool(key: str) -> Callable[[Attributes, list[Shape]], Layer]:
    def make(attributes: Attributes, shapes: list[Shape]) -> Layer:
        given = window(attributes, ())
        if key != "maxpool" and given.pop("dilation") != 1:
            raise UnlikeError("dilates a mean")
        if key == "lppool":
            given |= {"power": attributes.get("p", 2)}
            if given.pop("pad"):
                raise UnlikeError("pads a norm")
        given["rounding"] = "ceil" if attributes.get("ceil_mode", 0) else "floor"
        if given.get("pad") not in (0, "same", None):
            half = [
                p <= k // 2 for p, k in zip(given["pad"], given["kernel"], strict=True)
            ]
            if not all(half):
                raise UnlikeError("pads more than half the kernel, which torch refuses")
        return CATALOGUE[key](**given)

    return make


def plain(key: str, **given: Any) -> Callable[[Attributes, list[Shape]], Layer]:
    return lambda attributes, shapes: CATALOGUE[key](**given)


def group_norm(attributes: Attributes, shapes: list[Shape]) -> Layer:
    return CATALOGUE["gn"](groups=attributes["num_groups"])


def depth_to_space(attributes: Attributes, shapes: list[Shape]) -> Layer:
    return CATALOGUE["pixel_shuffle"](factor=attributes["blocksize"])


OPERATORS: dict[str, Callable[[Attributes, list[Shape]], Layer]] = {
    "Conv": conv,
    "ConvTranspose": deconv,
    "MaxPool": pool("maxpool"),
    "AveragePool": pool("avgpool"),
    "LpPool": pool("lppool"),
    "GlobalAveragePool": plain("gap"),
    "BatchNormalization": plain("bn"),
    "InstanceNormalization": plain("in"),
    "GroupNormalization": group_norm,
    "LRN": plain("lrn", size=3),
    "DepthToSpace": depth_to_space,
    "Relu": plain("relu"),
    "Sigmoid": plain("sigmoid"),
    "Tanh": plain("tanh"),
    "Elu": plain("elu"),
    "Selu": plain("selu"),
    "HardSwish": plain("hardswish"),
    "Mish": plain("mish"),
    "Softplus": plain("softplus"),
    "LeakyRelu": plain("leaky_relu"),
    "Gelu": plain("gelu"),
}
SEVERAL = {"Concat": "concat", "Sum": "add"}


def cases() -> tuple[list[Any], Counter[str]]:
    """Return the usable cases (name, layer, inputs, output), and why others are not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tests = load_model_tests(kind="node")
    found, left = [], Counter[str]()
    for test in tests:
        nodes = test.model.graph.node if test.model is not None else []
        if len(nodes) != 1 or nodes[0].op_type not in {*OPERATORS, *SEVERAL}:
            continue
        inputs, outputs = test.data_sets[0]
        shapes = [tuple(array.shape) for array in inputs]
        attributes = {a.name: value(a) for a in nodes[0].attribute}
        try:
            found.append(
                (
                    test.name,
                    *chosen(nodes[0].op_type, attributes, shapes),
                    tuple(outputs[0].shape),
                )
            )
        except UnlikeError as reason:
            left[str(reason)] += 1
    return found, left


def chosen(
    operator: str, attributes: Attributes, shapes: list[Shape]
) -> tuple[Layer, list[Shape]]:
    """Return the layer and its batchless inputs; raise `UnlikeError`."""
    if operator in SEVERAL:
        axis = attributes.get("axis", 1)
        if len(shapes) < 2 or len(shapes[0]) < 2 or axis == 0:
            raise UnlikeError("joins along the batch, or a single tensor")
        given = {"axis": axis - 1 if axis > 0 else axis} if operator == "Concat" else {}
        if axis == -len(shapes[0]):
            raise UnlikeError("joins along the batch, or a single tensor")
        return CATALOGUE[SEVERAL[operator]](**given), [s[1:] for s in shapes]
    if len(shapes[0]) < 2:
        raise UnlikeError("has no batch axis")
    return OPERATORS[operator](attributes, shapes), [shapes[0][1:]]


def value(attribute: Any) -> Any:
    """Return what an attribute holds."""
    return {
        1: attribute.f,
        2: attribute.i,
        3: attribute.s,
        7: list(attribute.ints),
    }.get(attribute.type)


CASES, LEFT_OUT = cases()


@pytest.mark.parametrize(
    ("name", "layer", "inputs", "output"), CASES, ids=[c[0] for c in CASES]
)
def test_shape_is_the_stored_one(
    name: str, layer: Layer, inputs: list[Shape], output: Shape
) -> None:
    assert layer.shape(*inputs) == output[1:]


def test_enough_cases_apply() -> None:
    """How many apply is known; what does not apply says why."""
    assert len(CASES) >= 75, (len(CASES), LEFT_OUT)
    assert all(LEFT_OUT)
