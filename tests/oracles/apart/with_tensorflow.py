"""What TensorFlow's profiler says of Keras layers: run by `tests/tools/apart.py`.

Layers come as JSON lines: a module of torch, its arguments, the shape of its input. The
channels of an image are last here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import tensorflow as tf
from keras import layers
from tensorflow.compat.v1.profiler import ProfileOptionBuilder, profile

Made = Callable[[Any], Any]
ACTIVATIONS = {
    "ReLU": layers.ReLU,
    "LeakyReLU": layers.LeakyReLU,
    "ELU": layers.ELU,
    **{
        name: (lambda word=word: layers.Activation(word))
        for name, word in {
            "ReLU6": "relu6", "GELU": "gelu", "SiLU": "silu", "Sigmoid": "sigmoid",
            "Tanh": "tanh", "Hardswish": "hard_silu", "Softplus": "softplus",
            "Mish": "mish",
        }.items()
    },
}  # fmt: skip


def tupled(value: Any, axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value)


def conv(args: Any, given: Any, axes: int) -> Made:
    inner, out, kernel = args
    groups = given.pop("groups", 1)
    pads = tupled(given.pop("padding", 0), axes)
    words = {
        "strides": tupled(given.pop("stride", 1), axes),
        "dilation_rate": tupled(given.pop("dilation", 1), axes),
        "use_bias": given.pop("bias", True),
    }
    if groups == inner and axes < 3:
        kind = getattr(layers, f"DepthwiseConv{axes}D")
        layer = kind(kernel, depth_multiplier=out // inner, **words)
    else:
        layer = getattr(layers, f"Conv{axes}D")(out, kernel, groups=groups, **words)
    return padded(layer, pads)


def padded(layer: Any, pads: tuple[int, ...]) -> Made:
    def run(x: Any) -> Any:
        if any(pads):
            x = tf.pad(x, [(0, 0), *((p, p) for p in pads), (0, 0)])
        return layer(x)

    return run


def transposed(args: Any, given: Any, axes: int) -> Made:
    _, out, kernel = args
    words = {"strides": given.pop("stride", 1), "use_bias": given.pop("bias", True)}
    return getattr(layers, f"Conv{axes}DTranspose")(out, kernel, **words)


def pool(kind: str) -> Callable[..., Made]:
    def make(args: Any, given: Any, axes: int) -> Made:
        stride = given.pop("stride", args[0])
        return getattr(layers, f"{kind}Pooling{axes}D")(args[0], stride)

    return make


def made(target: str, args: list[Any], given: dict[str, Any], axes: int) -> Made:
    """Return the Keras layer for a module of torch; KeyError for what has none."""
    name = target.removeprefix("nn.")
    if name in ACTIVATIONS:
        return ACTIVATIONS[name]()
    makers: dict[str, Callable[..., Made]] = {
        "Conv": conv,
        "ConvTranspose": transposed,
        "MaxPool": pool("Max"),
        "AvgPool": pool("Average"),
        "BatchNorm": lambda a, g, n: layers.BatchNormalization(
            center=g.get("affine", True), scale=g.pop("affine", True)
        ),
        "Linear": lambda a, g, n: layers.Dense(a[1], use_bias=g.pop("bias", True)),
        "LayerNorm": lambda a, g, n: layers.LayerNormalization(
            axis=[-1 - i for i in range(1 if isinstance(a[0], int) else len(a[0]))],
            center=g.get("elementwise_affine", True),
            scale=g.pop("elementwise_affine", True),
        ),
        "Embedding": lambda a, g, n: layers.Embedding(*a),
        "Softmax": lambda a, g, n: layers.Softmax({1: -1, -1: -1}[g.pop("dim")]),
        "LSTM": recurrent,
        "GRU": recurrent,
        "RNN": recurrent,
    }
    word = name[:-2] if name[-2:] in ("1d", "2d", "3d") else name
    if word == "AdaptiveAvgPool" and args[0] in (1, [1, 1], [1, 1, 1]):
        return getattr(layers, f"GlobalAveragePooling{axes}D")()
    found = makers[word]
    layer = found(name, args, given) if found is recurrent else found(args, given, axes)
    if given:
        raise KeyError(str(given))
    return layer


def recurrent(name: str, args: Any, given: dict[str, Any]) -> Made:
    given.pop("batch_first")
    kind = {"LSTM": layers.LSTM, "GRU": layers.GRU, "RNN": layers.SimpleRNN}[name]
    return kind(args[1], return_sequences=True)


def counted(layer: Made, shape: tuple[int, ...], ids: bool) -> int:
    """Return the operations of a graph that runs a layer once, in inference."""
    inputs = tf.TensorSpec(shape, tf.int32 if ids else tf.float32)
    layer(tf.zeros(shape, inputs.dtype))  # makes its weights
    graph = tf.function(layer).get_concrete_function(inputs).graph
    options = ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return int(profile(graph, options=options).total_float_ops)


def main() -> None:
    for line in sys.stdin:
        case = json.loads(line)
        shape, target = case["input"], case["target"]
        image = target[-2:] in ("1d", "2d", "3d") or "Norm" not in target
        axes = len(shape) - 1
        steps = target in ("nn.Linear", "nn.LayerNorm", "nn.Embedding", "nn.Softmax")
        steps = steps or target in ("nn.LSTM", "nn.GRU", "nn.RNN")
        if image and not steps and len(shape) > 1:
            shape = [*shape[1:], shape[0]]
        try:
            with redirect_stdout(StringIO()):
                layer = made(target, case["args"], dict(case["kwargs"]), axes)
                batched = (case["batch"], *shape)
                count = counted(layer, batched, target == "nn.Embedding")
            print(json.dumps({"count": count}), flush=True)
        except (KeyError, AttributeError, TypeError, ValueError) as error:
            text = str(error).splitlines()[0] if str(error) else ""
            print(json.dumps({"none": f"{type(error).__name__}: {text}"}), flush=True)


if __name__ == "__main__":
    main()
