"""Functions of each value that are no activations, and one learned number per channel.

A plain one is a row of data, as an activation is: its key, formula, operations
by kind, and what backward keeps.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from archcalc.layers.activation import KEPT, Activation
from archcalc.layers.axes import feature_axis
from archcalc.layers.base import (
    NOTHING_SAVED,
    Call,
    Extra,
    Function,
    Layer,
    Shape,
    Shapes,
    Work,
    numbers,
    numel,
)
from archcalc.layers.fields import LARGEST_BITS, FieldError, RatioField, Rational

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid

Bound = Annotated[Fraction | None, RatioField(Fraction(-(2**LARGEST_BITS)))]


class OfEach(Activation):
    """A function of each value, as a torch expression over `x`."""

    code: ClassVar[str] = ""

    def torch(self, *inputs: Shape) -> Call:
        return Function(self.code)


def function(
    key: str,
    formula: str,
    each: Work,
    keeps: Literal["input", "output"],
    derived: int = 0,
) -> type[OfEach]:
    """Return the class of a function of each value that torch has by the same name."""
    return type(
        key.title(),
        (OfEach,),
        {
            "__module__": __name__,
            "__doc__": f"`{formula}` for each value (torch.{key}). Shape unchanged. "
            f"Backward keeps the {keeps}.",
            "key": key,
            "code": f"torch.{key}(x)",
            "each": each,
            "keeps": KEPT[keeps],
            "derived": derived,
            "examples": (f"{key} @ 8x5x6", f"{key} @ 7"),
        },
    )


Abs = function("abs", "|x|", {"cmp": 1}, "input", 1)
Exp = function("exp", "eˣ", {"exp": 1}, "output")
Expm1 = function("expm1", "eˣ - 1", {"exp": 1, "add": 1}, "output", 1)
Log = function("log", "log x", {"exp": 1}, "input")
Log1p = function("log1p", "log(1 + x)", {"exp": 1, "add": 1}, "input", 1)
Sqrt = function("sqrt", "√x", {"sqrt": 1}, "output", 1)
Rsqrt = function("rsqrt", "1 / √x", {"sqrt": 1, "div": 1}, "output", 2)
Square = function("square", "x²", {"mul": 1}, "input", 2)
Reciprocal = function("reciprocal", "1 / x", {"div": 1}, "output", 2)
Sin = function("sin", "sin x", {"exp": 1}, "input", 1)
Cos = function("cos", "cos x", {"exp": 1}, "input", 2)
Erf = function("erf", "erf x", {"exp": 1}, "input", 4)


class Clamp(Activation):
    """Raise what is below `low` to it, lower what is above `high` (torch.clamp).

    Shape unchanged; one of the two bounds may be left out. Backward keeps the input.
    """

    key = "clamp"
    words: ClassVar[dict[str, str]] = {
        "low": "The smallest value that is left.",
        "high": "The largest value that is left.",
    }
    examples = (
        "{clamp: 0, high: 1} @ 8x5x6",
        "{clamp: -2.5} @ 7",
    )

    low: Bound = None
    high: Bound = None

    def agree(self) -> None:
        if self.low is None and self.high is None:
            raise FieldError("clamp needs a bound: {clamp: 0} or {clamp: 0, high: 1}")
        if None not in (self.low, self.high) and self.low > self.high:  # type: ignore[operator]  # both are numbers
            raise FieldError(f"{self.low} is above {self.high}: nothing is between")

    def back(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """Which values lie inside each bound; a zero for those that do not."""
        count = (self.low, self.high).count(None)
        masks = Extra("masks", each=(2 - count) * numel(output), width=1)
        return [[masks, Extra("zero", once=1)]]

    def work(self, output: Shape, *inputs: Shape) -> Work:
        bounds = [bound for bound in (self.low, self.high) if bound is not None]
        return {"cmp": len(bounds) * numel(output)}

    def torch(self, *inputs: Shape) -> Call:
        given = {"min": self.low, "max": self.high}
        said = [f"{k}={float(v)!r}" for k, v in given.items() if v is not None]
        return Function(f"x.clamp({', '.join(said)})")


class WithConstant(Activation):
    """Arithmetic of each value with one number, which is not learned."""

    keeps = NOTHING_SAVED
    code: ClassVar[str] = ""

    def torch(self, *inputs: Shape) -> Call:
        ((_, number),) = self.items()
        return Function(self.code.format(float(number)))


class Plus(WithConstant):
    """Add a number to each value: `{plus: 1}` is `x + 1`.

    Shape unchanged. Backward keeps nothing.
    """

    key = "plus"
    gradient = "passed on"
    code = "x + {!r}"
    each: ClassVar[Work] = {"add": 1}
    words: ClassVar[dict[str, str]] = {"term": "The number that is added."}
    examples = ("{plus: 1} @ 8x5x6", "{plus: -0.5} @ 7")

    term: Rational


class From(WithConstant):
    """Subtract each value from a number: `{minus_from: 1}` is `1 - x` (torch.rsub).

    Shape unchanged. Backward keeps nothing.
    """

    key = "minus_from"
    code = "{!r} - x"
    each: ClassVar[Work] = {"add": 1}
    words: ClassVar[dict[str, str]] = {"minuend": "What each value is taken from."}
    examples = ("{minus_from: 1} @ 8x5x6",)

    minuend: Rational


class Times(WithConstant):
    """Multiply each value by a number: `{times: 1/2}` halves it.

    Shape unchanged. Backward keeps nothing.
    """

    key = "times"
    code = "x * {!r}"
    each: ClassVar[Work] = {"mul": 1}
    words: ClassVar[dict[str, str]] = {"by": "The number that each value is scaled by."}
    examples = ("{times: 1/2} @ 8x5x6", "{times: -1} @ 7")

    by: Rational


class ChannelBias(Layer):
    """Add a learned number to each feature, as a bias does.

    Shape unchanged; a number for each feature of a vector or of tokens, or for each
    channel of an image. `layer_scale` is the gain. Backward keeps nothing.
    """

    key = "channel_bias"
    gradient = "passed on"
    examples = ("channel_bias @ 7x16", "channel_bias @ 8x5x6", "channel_bias @ 16")

    def weights(self, *inputs: Shape) -> Shapes:
        (x,) = inputs
        axis = feature_axis(x)
        return {"bias": (x[axis], *(1 for _ in x[axis + 1 :]))}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {"add": numel(output)}

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        return inputs[0].beside(*map(numbers, self.weights(output[1:]).values()))

    def torch(self, *inputs: Shape) -> Call:
        return Function("x + p['bias']", self.weights(*inputs))
