"""Modules with matrices, tables and norms."""

from __future__ import annotations

from typing import Any

from archcalc.wire.writing import FLOAT
from archcalc.writers.onnx.page import NoWord
from archcalc.writers.onnx.recurrent import recurrent
from archcalc.writers.onnx.tensors import Tensor
from archcalc.writers.onnx.weights import Weights
from archcalc.writers.onnx.words import Given, per_axis, word


@word("Linear")
def linear(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A linear layer: one operator for a vector, a product and a sum for more axes."""
    if x.rank == 2:
        matrix = weights.tensor("weight")
        read = [x, matrix, weights.bias()]
        return x.sheet.op("Gemm", read, shape, transB=1)
    made = x.sheet.op("MatMul", [x, weights.turned("weight")], shape)
    bias = weights.bias()
    return made if bias is None else made + bias


@word("Embedding")
def embedding(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Rows of a table, looked up."""
    return x.sheet.op("Gather", [weights.tensor("weight"), x], shape, FLOAT, axis=0)


@word("LSTM", "GRU", "RNN")
def cells(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Recurrent layers, one operator for each level."""
    return recurrent(given, weights, x)


@word("BatchNorm")
def batch_norm(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A batch norm; without a scale and a shift those are ones and zeros."""
    names = ("running_mean", "running_var")
    read = [x, *weights.scaled(x.shape[1]), *map(weights.tensor, names)]
    return x.sheet.op("BatchNormalization", read, shape)


@word("InstanceNorm")
def instance_norm(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """An instance norm."""
    read = [x, *weights.scaled(x.shape[1])]
    return x.sheet.op("InstanceNormalization", read, shape)


@word("GroupNorm")
def group_norm(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A group norm; of a vector too, whose features are channels of one position."""
    wide = x if x.rank > 2 else x.unsqueeze(-1)
    read = [wide, *weights.scaled(x.shape[1])]
    groups = {"num_groups": given["num_groups"]}
    made = x.sheet.op("GroupNormalization", read, wide.shape, **groups)
    if x.rank > 2:
        return made
    x.sheet.state(made)  # no inference of onnx gives its type (onnx 1.23)
    return made.squeeze(-1)


@word("LayerNorm")
def layer_norm(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A norm over the last axes."""
    sizes = per_axis(given["normalized_shape"], 1)
    scale = weights.maybe("weight") or x.sheet.filled(sizes, 1.0, FLOAT)
    read = [x, scale, weights.bias()]
    return x.sheet.op("LayerNormalization", read, shape, axis=-len(sizes))


@word("RMSNorm")
def rms_norm(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A norm by the root mean square, in its parts: opset 21 has no operator for it."""
    axes = range(-len(per_axis(given["normalized_shape"], 1)), 0)
    mean = (x * x).mean(tuple(axes), keepdim=True)
    made = x / (mean + EPSILON).sqrt()
    scale = weights.maybe("weight")
    return made if scale is None else made * scale


EPSILON = 2.0**-23
"""What torch adds where nothing else is said: the distance of 1 to the next float."""


@word("LocalResponseNorm")
def local_response(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A norm over neighbouring channels."""
    if given["size"] % 2 == 0:  # ONNX has the odd one behind a channel, torch before it
        raise NoWord("nn.LocalResponseNorm of an even size")
    return x.each("LRN", size=given["size"])
