"""Modules that work value by value."""

from __future__ import annotations

from typing import Any

from archcalc.writers.onnx.functions import silu
from archcalc.writers.onnx.tensors import Tensor
from archcalc.writers.onnx.weights import Weights
from archcalc.writers.onnx.words import WORDS, Given, Word, word

PLAIN: dict[str, str] = {
    "ReLU": "Relu",
    "SELU": "Selu",
    "Sigmoid": "Sigmoid",
    "Tanh": "Tanh",
    "Mish": "Mish",
    "Softplus": "Softplus",
    "Softsign": "Softsign",
    "Hardswish": "HardSwish",
}
"""Modules that are one operator without attributes."""


def plain(op: str) -> Word:
    """Return the word of an operator without attributes."""

    def written(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
        return x.each(op)

    return written


WORDS.update({name: plain(op) for name, op in PLAIN.items()})


@word("Identity", "Dropout")
def identity(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """What passes its input on, outside of training."""
    return x


@word("ReLU6", "Hardtanh")
def bounded(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Values between two bounds."""
    return x.clamp(0.0, 6.0) if weights.kind == "ReLU6" else x.clamp(-1.0, 1.0)


@word("Hardsigmoid")
def hard_sigmoid(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A line of the slope 1/6 between two bounds."""
    return x.each("HardSigmoid", alpha=1 / 6, beta=0.5)


@word("SiLU")
def swish(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """The swish."""
    return silu(x)


@word("GELU")
def gelu(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """The Gaussian unit, exact or by tanh."""
    return x.each("Gelu", approximate=given.get("approximate", "none"))


@word("LeakyReLU")
def leaky(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A ReLU with a slope below 0."""
    return x.each("LeakyRelu", alpha=float(given.get("negative_slope", 0.01)))


@word("ELU", "CELU")
def elu(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """An exponential unit."""
    op = weights.kind.capitalize()
    return x.each(op, alpha=float(given.get("alpha", 1.0)))


@word("PReLU")
def prelu(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A ReLU with learned slopes, which stand on the axis of the channels."""
    slopes = weights.tensor("weight", ones=x.rank - 2)
    return x.sheet.op("PRelu", [x, slopes], shape)


@word("Softmax", "LogSoftmax")
def softmax(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A softmax along an axis."""
    return x.each(weights.kind, axis=given["dim"])


@word("GLU")
def glu(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Half of the features times the sigmoid of the other half."""
    values, gate = x.chunk(2, given["dim"])
    return values * gate.each("Sigmoid")
