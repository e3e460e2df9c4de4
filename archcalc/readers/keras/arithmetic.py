"""Arithmetic on tensors and numbers, most of it operations without a layer."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archcalc.readers.keras.build import Build, NotKnown
from archcalc.readers.keras.pointwise import PLAIN, along, extreme, join
from archcalc.readers.keras.rules import (
    Call,
    Result,
    Tensor,
    layer,
    near,
    only_if,
    operation,
)


@layer("CustomScaleLayer")
def scaled_sum(call: Call) -> Result:
    """A tensor and a share of another (keras.applications.InceptionResNetV2)."""
    if len(call.xs) != 2:
        raise NotKnown
    x, y = call.xs
    share = scaled(call.build, y, float(call.config.number("scale")))
    return join(call.build, "add", [x, share])


@layer("Rescaling")
def rescaling(call: Call) -> Result:
    """A factor and a term; those of each channel have no layer."""
    build, x = call.build, call.x
    scale, offset = (
        call.config.fields.get("scale", 1),
        call.config.fields.get("offset", 0),
    )
    if isinstance(scale, list | dict) or isinstance(offset, list | dict):
        return build.same_hole("Rescaling", x)
    return shifted(build, scaled(build, x, scale), offset)


def scaled(build: Build, x: int, factor: Any) -> int:
    """Append a factor that is not 1."""
    by = near(factor)
    return x if by == 1 else build.put("times", x, by=by)


def shifted(build: Build, x: int, term: Any) -> int:
    """Append a term that is not 0."""
    by = near(term)
    return x if by == 0 else build.put("plus", x, term=by)


def tensors(call: Call) -> list[Any]:
    """Return the two operands of an operation: operators, or numbers."""
    names = ("x1", "x2") if "x1" in call.kwargs or "x2" in call.kwargs else ("x", "y")
    found = [call.argument(at, name) for at, name in enumerate(names)]
    if any(v is None for v in found):
        raise NotKnown
    return found


BINARY = {"add": "add", "subtract": "subtract", "multiply": "multiply"}


@operation(
    *BINARY,
    "truedivide",
    "divide",
    "true_divide",
    "sub",
    "mul",
    "div",
    "add_v2",
    "addv2",
)
def arithmetic(call: Call) -> Result:
    """Arithmetic on two tensors, or on one and a number."""
    word = {"sub": "subtract", "mul": "multiply", "addv2": "add", "add_v2": "add"}.get(
        call.kind, call.kind
    )
    left, right = tensors(call)
    build = call.build
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        if word not in BINARY:
            raise NotKnown
        return join(build, word, [left.op, right.op])
    if isinstance(left, Tensor):
        return with_number(build, word, left.op, right)
    if not isinstance(right, Tensor):
        raise NotKnown
    if word in ("add", "multiply"):
        return with_number(build, word, right.op, left)
    if word == "subtract":
        return build.put("minus_from", right.op, minuend=near(left))
    made = build.put("reciprocal", right.op)
    return scaled(build, made, left)


def with_number(build: Build, word: str, x: int, number: Any) -> int:
    """Append arithmetic on a tensor and a number behind it."""
    if word == "add":
        return shifted(build, x, number)
    if word == "subtract":
        return shifted(build, x, -near(number).numerator / near(number).denominator)
    if word == "multiply":
        return scaled(build, x, number)
    if not number:
        raise NotKnown
    return scaled(build, x, 1 / number)


FUNCTIONS = {
    "abs": "abs",
    "absolute": "abs",
    "exp": "exp",
    "log": "log",
    "sqrt": "sqrt",
    "rsqrt": "rsqrt",
    "square": "square",
    "sin": "sin",
    "cos": "cos",
    "erf": "erf",
    "reciprocal": "reciprocal",
    "expm1": "expm1",
    "log1p": "log1p",
    **{k: v for k, v in PLAIN.items() if k != "exponential"},
}


@operation(*FUNCTIONS)
def plain(call: Call) -> Result:
    """A function of each value."""
    return call.build.put(FUNCTIONS[call.kind], call.x)


@operation("flip", "roll", "sign", "floor", "ceil", "round", "cumsum", "cumprod")
def kept(call: Call) -> Result:
    """What keeps the sizes and has no layer."""
    return call.build.same_hole(call.kind, call.x)


@operation("negative", "neg")
def negative(call: Call) -> Result:
    """The value with the other sign."""
    return call.build.put("times", call.x, by=Fraction(-1))


@operation("gelu")
def gelu(call: Call) -> Result:
    """The Gaussian unit, by tanh if not said otherwise."""
    exact = call.argument(1, "approximate", True) is False
    return call.build.put("gelu", call.x, **only_if(not exact, form="tanh"))


@operation("softmax", "log_softmax", "logsoftmax")
def softmax_operation(call: Call) -> Result:
    """A softmax along an axis."""
    axis = call.argument(1, "axis", -1)
    word = "softmax" if call.kind == "softmax" else "log_softmax"
    return along(call.build, call.x, word, call.build.number(call.x, axis))


@operation("clip", "clip_by_value", "clipbyvalue")
def clip(call: Call) -> Result:
    """A value between two bounds."""
    low, high = near(call.argument(1, "x_min")), near(call.argument(2, "x_max"))
    return call.build.put("clamp", call.x, low=low, high=high)


@operation("maximum", "minimum")
def bounded(call: Call) -> Result:
    """The larger or smaller of a tensor and a number."""
    found = tensors(call)
    xs = [v.op for v in found if isinstance(v, Tensor)]
    numbers = [v for v in found if not isinstance(v, Tensor)]
    if len(xs) != 1:
        return extreme(call.build, call.kind, xs)
    side = "low" if call.kind == "maximum" else "high"
    return call.build.put("clamp", xs[0], **only_if(True, **{side: near(numbers[0])}))


@operation("power", "pow")
def power(call: Call) -> Result:
    """A square; other powers have no layer."""
    base, exponent = tensors(call)
    if not isinstance(base, Tensor) or exponent != 2:
        raise NotKnown
    return call.build.put("square", base.op)
