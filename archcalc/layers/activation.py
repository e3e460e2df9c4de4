"""Activations: one function of each value, and softmax.

A plain one is a row of data: its key, torch name, formula, operations by kind,
what backward keeps, and who described it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from archcalc.layers.axes import feature_axis, on_axis
from archcalc.layers.base import (
    Call,
    Extra,
    Layer,
    Module,
    Overwriting,
    Saved,
    Shape,
    Shapes,
    Work,
    numel,
)
from archcalc.layers.fields import Axis, Factor, Rational, WordField
from archcalc.sizes.dims import Dim

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid

KEPT = {"input": Saved(inputs=(0,)), "output": Saved(output=True)}

Slopes = Annotated[Literal["shared", "channels"], WordField(("shared", "channels"))]
Form = Annotated[Literal["exact", "tanh"], WordField(("exact", "tanh"))]


class Activation(Layer):
    """A function of each value on its own; the shape stays."""

    role = "activation"
    storage = "elementwise"
    target: ClassVar[str] = ""
    each: ClassVar[Work] = {}
    keeps: ClassVar[Saved] = KEPT["input"]
    derived: ClassVar[int] = 0
    """Tensors that live while its derivative is multiplied by the gradient."""

    def back(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        made = Extra("derivative", each=self.derived * numel(output))
        return [[made]] if self.derived else []

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {kind: count * numel(output) for kind, count in self.each.items()}

    def torch(self, *inputs: Shape) -> Call:
        return Module(self.target, (), self.arguments())

    def arguments(self) -> dict[str, Any]:
        """Return the torch arguments that differ from torch's defaults."""
        return {}


def plain(
    key: str,
    target: str,
    formula: str,
    each: Work,
    keeps: Literal["input", "output"],
    source: str,
    overwrites: Overwriting | None = None,
) -> type[Activation]:
    """Return the class of an activation that has no arguments."""
    about = f"`{formula}` for each value ({source}). Shape unchanged. "
    return type(
        target.removeprefix("nn."),
        (Activation,),
        {
            "__module__": __name__,
            "__doc__": f"{about}Backward keeps the {keeps}.",
            "key": key,
            "target": target,
            "each": each,
            "keeps": KEPT[keeps],
            "overwrites": overwrites,
            "examples": (f"{key} @ 8x5x6", f"{key} @ 7"),
        },
    )


def torch_name(name: str) -> str:
    """Return a source that says: as torch.nn defines it."""
    return f"torch.nn.{name}"


ReLU = plain(
    "relu",
    "nn.ReLU",
    "max(0, x)",
    {"cmp": 1},
    "output",
    "Nair and Hinton 2010",
    overwrites="output",
)
ReLU6 = plain(
    "relu6",
    "nn.ReLU6",
    "min(max(0, x), 6)",
    {"cmp": 2},
    "input",
    "Krizhevsky 2010",
    overwrites="copy",
)
SELU = plain(
    "selu",
    "nn.SELU",
    "1.0507·(x if x > 0 else 1.6733·(eˣ - 1))",
    {"cmp": 1, "exp": 1, "add": 1, "mul": 2},
    "input",
    "Klambauer 2017",
    overwrites="output",
)
Sigmoid = plain(
    "sigmoid",
    "nn.Sigmoid",
    "1 / (1 + e⁻ˣ)",
    {"exp": 1, "add": 1, "div": 1},
    "output",
    torch_name("Sigmoid"),
)
Tanh = plain("tanh", "nn.Tanh", "tanh x", {"exp": 1}, "output", torch_name("Tanh"))
Swish = plain(
    "swish",
    "nn.SiLU",
    "x / (1 + e⁻ˣ)",
    {"exp": 1, "add": 1, "div": 1, "mul": 1},
    "input",
    "Ramachandran 2017, also called SiLU",
    overwrites="copy",
)
Hardswish = plain(
    "hardswish",
    "nn.Hardswish",
    "x·min(max(0, x + 3), 6) / 6",
    {"add": 1, "cmp": 2, "mul": 1, "div": 1},
    "input",
    "Howard 2019, MobileNetV3",
    overwrites="copy",
)
Hardsigmoid = plain(
    "hardsigmoid",
    "nn.Hardsigmoid",
    "min(max(0, x + 3), 6) / 6",
    {"add": 1, "cmp": 2, "div": 1},
    "input",
    "Howard 2019, MobileNetV3",
    overwrites="copy",
)
Hardtanh = plain(
    "hardtanh",
    "nn.Hardtanh",
    "min(max(-1, x), 1)",
    {"cmp": 2},
    "input",
    torch_name("Hardtanh"),
    overwrites="copy",
)
Mish = plain(
    "mish",
    "nn.Mish",
    "x·tanh(log(1 + eˣ))",
    {"exp": 3, "add": 1, "mul": 1},
    "input",
    "Misra 2019",
    overwrites="copy",
)
Softplus = plain(
    "softplus",
    "nn.Softplus",
    "log(1 + eˣ)",
    {"exp": 2, "add": 1},
    "input",
    torch_name("Softplus"),
)


class LeakyReLU(Activation):
    """`x` if positive, else `slope·x` (Maas 2013).

    Shape unchanged. Backward keeps the input.
    """

    key = "leaky_relu"
    target = "nn.LeakyReLU"
    overwrites = "output"
    each: ClassVar[Work] = {"cmp": 1, "mul": 1}
    examples = ("leaky_relu @ 8x5x6", "{leaky_relu: 0.2} @ 7")

    slope: Rational = Fraction(1, 100)

    def arguments(self) -> dict[str, Any]:
        usual = self.slope == type(self).slope
        return {} if usual else {"negative_slope": float(self.slope)}


class ELU(Activation):
    """`x` if positive, else `alpha·(eˣ - 1)` (Clevert 2015).

    Shape unchanged. Backward keeps the input.
    """

    key = "elu"
    target = "nn.ELU"
    overwrites = "output"
    each: ClassVar[Work] = {"cmp": 1, "exp": 1, "add": 1, "mul": 1}
    examples = ("elu @ 8x5x6", "{elu: 0.5} @ 7")

    alpha: Factor = Fraction(1)

    def arguments(self) -> dict[str, Any]:
        return {} if self.alpha == 1 else {"alpha": float(self.alpha)}


class CELU(ELU):
    """`x` if positive, else `alpha·(e^(x/alpha) - 1)` (Barron 2017).

    Shape unchanged. Backward keeps the input.
    """

    key = "celu"
    target = "nn.CELU"
    each: ClassVar[Work] = {"cmp": 1, "div": 1, "exp": 1, "add": 1, "mul": 1}
    examples = ("celu @ 8x5x6", "{celu: 0.5} @ 7")


class GELU(Activation):
    """`x·Φ(x)`, Φ the normal distribution (Hendrycks and Gimpel 2016).

    Shape unchanged. `form: tanh` approximates Φ with tanh, as the paper and GPT-2 do.
    Backward keeps the input.
    """

    key = "gelu"
    target = "nn.GELU"
    examples = ("gelu @ 8x5x6", "{gelu: tanh} @ 7x16")

    form: Form = "exact"

    def work(self, output: Shape, *inputs: Shape) -> Work:
        n = numel(output)
        if self.form == "exact":
            return {"mul": 3 * n, "exp": n, "add": n}
        return {"mul": 6 * n, "exp": n, "add": 2 * n}

    def arguments(self) -> dict[str, Any]:
        return {"approximate": "tanh"} if self.form == "tanh" else {}


class PReLU(Activation):
    """`x` if positive, else a learned slope times `x` (He 2015).

    Shape unchanged. One slope for all channels (`shared`, as torch.nn.PReLU does by
    default) or one per channel (`channels`). Backward keeps the input and the slopes.
    """

    key = "prelu"
    sums_products = True
    keeps = Saved(inputs=(0,), weights=("weight",))
    target = "nn.PReLU"
    each: ClassVar[Work] = {"cmp": 1, "mul": 1}
    examples = ("prelu @ 8x5x6", "{prelu: channels} @ 8x5x6", "{prelu: channels} @ 7")

    slopes: Slopes = "shared"

    def count(self, x: Shape) -> Dim:
        """Return how many slopes are learned."""
        return x[0] if self.slopes == "channels" else 1

    def weights(self, *inputs: Shape) -> Shapes:
        return {"weight": (self.count(inputs[0]),)}

    def torch(self, *inputs: Shape) -> Call:
        args = (self.count(inputs[0]),) if self.slopes == "channels" else ()
        return Module(self.target, args)


class Softsign(Activation):
    """`x / (1 + |x|)` for each value (torch.nn.Softsign).

    Shape unchanged. Backward keeps the input and the denominator.
    """

    key = "softsign"
    target = "nn.Softsign"
    derived = 3
    each: ClassVar[Work] = {"cmp": 1, "add": 1, "div": 1}
    examples = ("softsign @ 8x5x6",)

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        return Saved(inputs=(0,), extras=(Extra("denominators", each=numel(output)),))


def softmax_work(values: Dim, rows: Dim) -> Work:
    """Return the operations of `rows` softmaxes over `values` values in all.

    The largest value is found and subtracted first, so that nothing overflows.
    """
    return {
        "cmp": values - rows,
        "add": 2 * values - rows,
        "exp": values,
        "div": values,
    }


class Softmax(Layer):
    """`eˣ / Σ eˣ` along an axis: values that sum to 1. Shape unchanged.

    `axis` counts without the batch; left out, it is the last axis of a vector or of
    tokens, and the channels of an image. Backward keeps the output.
    """

    key = "softmax"
    role = "activation"
    storage = "elementwise"
    keeps = KEPT["output"]
    left_to_loss: ClassVar[bool] = True
    target: ClassVar[str] = "nn.Softmax"
    examples: ClassVar[tuple[str, ...]] = (
        "softmax @ 10",
        "softmax @ 8x5x6",
        "{softmax: -1} @ 8x5x6",
        "softmax @ 7x16",
    )

    axis: Axis = None

    def along(self, x: Shape) -> int:
        """Return the axis, counted from 0 without the batch."""
        return feature_axis(x) if self.axis is None else on_axis(self.axis, x)

    def shape(self, *inputs: Shape) -> Shape:
        self.along(inputs[0])
        return inputs[0]

    def work(self, output: Shape, *inputs: Shape) -> Work:
        axis = self.along(output)
        return softmax_work(numel(output), numel(output[:axis] + output[axis + 1 :]))

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        return None

    def torch(self, *inputs: Shape) -> Call:
        return Module(self.target, (), {"dim": self.along(inputs[0]) + 1})


class LogSoftmax(Softmax):
    """`x - log Σ eˣ` along an axis, as `softmax`. Shape unchanged; keeps the output."""

    key = "log_softmax"
    left_to_loss = False
    target = "nn.LogSoftmax"
    examples = ("log_softmax @ 10", "{log_softmax: 0} @ 7x16")

    def work(self, output: Shape, *inputs: Shape) -> Work:
        work = super().work(output, *inputs)
        del work["div"]
        rows = numel(output) - work["cmp"]
        return {**work, "add": work["add"] + numel(output), "exp": work["exp"] + rows}
