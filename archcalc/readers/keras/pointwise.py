"""What works value by value: activations, sums and products, scales, norms' helpers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.layers.axes import feature_axis
from archcalc.readers.keras.build import Build, NotKnown
from archcalc.readers.keras.rules import (
    Call,
    Result,
    layer,
    near,
    only_if,
)

PLAIN = {
    "relu": "relu",
    "relu6": "relu6",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "softplus": "softplus",
    "softsign": "softsign",
    "selu": "selu",
    "elu": "elu",
    "celu": "celu",
    "mish": "mish",
    "silu": "swish",
    "swish": "swish",
    "exponential": "exp",
    "hard_tanh": "hardtanh",
    "hardtanh": "hardtanh",
    "hard_silu": "hardswish",
    "hardsilu": "hardswish",
    "hard_swish": "hardswish",
    "hardswish": "hardswish",
}
"""Activations without arguments, by Keras' names."""
PASSED = ("linear", None)


def function(call: Call, name: Any, x: int, approximate: bool = False) -> int:
    """Append an activation by its name."""
    build = call.build
    if name in PASSED:
        return x
    if isinstance(name, dict):  # {"class_name": "function", "config": "relu6"}
        inner = name.get("config")
        inner = inner.get("name") if isinstance(inner, dict) else inner
        name = inner if isinstance(inner, str) else name.get("class_name")
    if not isinstance(name, str):
        call.config.wrong("an activation has a name", "activation")
    word = name.rpartition(".")[2].rpartition(">")[2]
    if word in PLAIN:
        return build.put(PLAIN[word], x)
    if word == "gelu":
        return build.put("gelu", x, **only_if(approximate, form="tanh"))
    if word == "leaky_relu":
        return build.put("leaky_relu", x, slope=Fraction(1, 5))
    if word in ("softmax", "log_softmax"):
        return along(build, x, word, build.rank(x) - 1)
    if word in ("hard_sigmoid", "hardsigmoid"):
        return hard_sigmoid(call, x)
    return build.same_hole(operator_name(word), x)


def hard_sigmoid(call: Call, x: int) -> int:
    """Append a hard sigmoid: of slope 1/6 since Keras 3, of 0.2 before."""
    build = call.build
    if not build.legacy:
        return build.put("hardsigmoid", x)
    x = build.put("times", x, by=Fraction(1, 5))
    x = build.put("plus", x, term=Fraction(1, 2))
    return build.put("clamp", x, low=Fraction(0), high=Fraction(1))


def along(build: Build, x: int, kind: str, axis: int) -> int:
    """Append a softmax along an axis of Keras, counted without the batch."""
    inner = build.orders[x].index(axis)
    usual = inner == feature_axis(build.shape(x))
    return build.put(kind, x, **only_if(not usual, axis=inner))


def operator_name(word: str) -> str:
    """Return a name that an unknown operator may have."""
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in word)[:60]
    return plain if plain[:1].isalnum() else f"op{plain}"[:60]


def activated(call: Call, x: int) -> int:
    """Append the activation of a layer."""
    return function(call, call.config.get("activation"), x)


@layer("Activation")
def activation(call: Call) -> Result:
    """An activation that is a layer of its own."""
    return function(call, call.config.needed("activation"), call.x)


@layer("ReLU")
def relu(call: Call) -> Result:
    """A ReLU, maybe with an upper bound or a slope below 0."""
    config, build = call.config, call.build
    top = config.number("max_value") if "max_value" in config else None
    slope, bend = config.number("negative_slope", 0), config.number("threshold", 0)
    if bend or (slope and top is not None):
        return build.same_hole("ReLU", call.x)
    if slope:
        return build.put("leaky_relu", call.x, slope=slope)
    if top is None:
        return build.put("relu", call.x)
    if top == 6:
        return build.put("relu6", call.x)
    return build.put("clamp", call.x, low=Fraction(0), high=top)


@layer("LeakyReLU")
def leaky(call: Call) -> Result:
    """A ReLU with a slope below 0, 0.3 if not said."""
    name = "alpha" if "alpha" in call.config else "negative_slope"
    slope = call.config.number(name, 0.3)
    return call.build.put("leaky_relu", call.x, slope=near(float(slope)))


@layer("ELU")
def elu(call: Call) -> Result:
    """An exponential unit."""
    alpha = near(float(call.config.number("alpha", 1.0)))
    return call.build.put("elu", call.x, **only_if(alpha != 1, alpha=alpha))


@layer("ThresholdedReLU")
def thresholded(call: Call) -> Result:
    """A ReLU that begins at a threshold, for which there is no layer."""
    return call.build.same_hole("ThresholdedReLU", call.x)


@layer("Softmax")
def softmax(call: Call) -> Result:
    """A softmax along an axis."""
    axis = call.config.get("axis")
    if isinstance(axis, list):
        if len(axis) != 1:
            raise NotKnown
        (axis,) = axis
    axis = -1 if axis is None else axis
    return along(call.build, call.x, "softmax", call.build.number(call.x, axis))


@layer("PReLU")
def prelu(call: Call) -> Result:
    """A ReLU with learned slopes: one a channel, one in all, or one a value."""
    build, x = call.build, call.x
    shared = {build.number(x, axis) for axis in call.config.items("shared_axes")}
    sizes = build.sizes(x)
    own = [axis for axis, n in enumerate(sizes) if axis not in shared and n != 1]
    if not own:
        return build.put("prelu", x)
    if own == [build.orders[x][0]]:
        return build.put("prelu", x, slopes="channels")
    learned: Any = 1
    for axis in own:
        learned *= sizes[axis]
    return build.same_hole("PReLU", x, learned)


# -- several tensors -------------------------------------------------------------------

JOINS = {
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "multiply",
    "Average": "average",
}


@layer(*JOINS)
def joined(call: Call) -> Result:
    """Arithmetic on several tensors."""
    return join(call.build, JOINS[call.kind], call.xs)


def join(build: Build, kind: str, xs: Sequence[int]) -> int:
    """Append arithmetic on tensors with as many axes; axes of one position stretch."""
    if not xs or len({build.rank(x) for x in xs}) != 1:
        raise NotKnown
    if len(xs) == 1:
        return xs[0]
    if len({*xs}) == 1 and len(xs) == 2 and kind in ("add", "multiply"):
        if kind == "multiply":
            return build.put("square", xs[0])
        return build.put("times", xs[0], by=Fraction(2))
    if len({*xs}) < len(xs):
        raise NotKnown
    lead = min(xs, key=lambda x: sum(n == 1 for n in build.shape(x)))
    order = build.orders[lead]
    return build.put(kind, *(build.arranged(x, order) for x in xs), order=order)


@layer("Maximum", "Minimum")
def largest(call: Call) -> Result:
    """The larger or smaller of several tensors."""
    return extreme(call.build, call.kind, call.xs)


def extreme(build: Build, kind: str, xs: Sequence[int]) -> int:
    """Append the larger or smaller of several tensors, for which there is no layer."""
    if len({build.sizes(x) for x in xs}) != 1:
        raise NotKnown
    order = build.orders[xs[0]]
    xs = [build.arranged(x, order) for x in xs]
    build.read.update(xs)
    at = build.unknown(kind, xs, build.shape(xs[0]))
    build.orders[at] = order
    return at


@layer("Concatenate")
def concatenate(call: Call) -> Result:
    """Tensors behind each other."""
    axis = call.config.get("axis")
    return concat(call.build, call.xs, -1 if axis is None else axis)


def concat(build: Build, xs: Sequence[int], axis: Any) -> int:
    """Append tensors behind each other along an axis of Keras."""
    if not xs or len({build.rank(x) for x in xs}) != 1:
        raise NotKnown
    if len(xs) == 1:
        return xs[0]
    order = build.orders[max(xs, key=lambda x: build.rank(x))]
    xs = [build.arranged(x, order) for x in xs]
    inner = order.index(build.number(xs[0], axis))
    return build.put("concat", *xs, **only_if(inner, axis=inner))


@layer("Dot")
def dot(call: Call) -> Result:
    """The product of two tensors along an axis of each."""
    build, named = call.build, call.config.needed("axes")
    axes = named if isinstance(named, list) else [named, named]
    if (
        len(call.xs) != 2
        or len(axes) != 2
        or call.config.flag("normalize", usual=False)
    ):
        raise NotKnown
    return contracted(
        build, call.xs, [build.number(x, a) for x, a in zip(call.xs, axes, strict=True)]
    )


def contracted(build: Build, xs: Sequence[int], axes: Sequence[int]) -> int:
    """Append the product of two tensors, summed along one axis of each."""
    left, right = (build.plain(x) for x in xs)
    if build.rank(left) == build.rank(right) == 1:
        row = build.put("reshape", left, order=(0, 1), sizes=(1, *build.shape(left)))
        return build.put("matmul", row, right, order=(0,))
    first = "abcdefgh"[: build.rank(left)]
    second = "ijklmnop"[: build.rank(right)]
    second = second.replace(second[axes[1]], first[axes[0]])
    out = (first + second).replace(first[axes[0]], "")
    order = tuple(range(len(out)))
    letters = f"{first},{second}->{out}"
    return build.put("einsum", left, right, order=order, axes=letters)
