"""What JAX's cost_analysis says of layers: run by `tests/tools/apart.py`.

Layers come as JSON lines: a module of torch, its arguments, the shape of its input. They
are written as flax writes them, with the axes in torch's order; the figure is that of
the program before XLA changes it (`jit(f).lower(x).cost_analysis()`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import jax
from jax import lax
from jax import numpy as jnp

Made = tuple[Callable[..., Any], list[tuple[int, ...]]]
"""A function of the input and of weights, and the shapes of the weights."""
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "ReLU": jax.nn.relu,
    "ReLU6": jax.nn.relu6,
    "LeakyReLU": jax.nn.leaky_relu,
    "ELU": jax.nn.elu,
    "SiLU": jax.nn.silu,
    "Sigmoid": jax.nn.sigmoid,
    "Tanh": jnp.tanh,
    "Hardswish": jax.nn.hard_swish,
    "Softplus": jax.nn.softplus,
    "GELU": lambda x: jax.nn.gelu(x, approximate=False),
}
SPATIAL = "DHW"


def tupled(value: Any, axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value)


def conv(args: Any, given: Any, axes: int) -> Made:
    inner, out, kernel = args
    groups, bias = given.pop("groups", 1), given.pop("bias", True)
    pads = tupled(given.pop("padding", 0), axes)
    stride = tupled(given.pop("stride", 1), axes)
    dilation = tupled(given.pop("dilation", 1), axes)
    shapes = [(out, inner // groups, *tupled(kernel, axes))]
    shapes += [(out, *(1,) * axes)] if bias else []
    words = SPATIAL[-axes:]

    def run(x: Any, weight: Any, shift: Any = None) -> Any:
        y = lax.conv_general_dilated(
            x,
            weight,
            stride,
            [(p, p) for p in pads],
            rhs_dilation=dilation,
            feature_group_count=groups,
            dimension_numbers=(f"NC{words}", f"OI{words}", f"NC{words}"),
        )
        return y + shift if bias else y

    return run, shapes


def transposed(args: Any, given: Any, axes: int) -> Made:
    inner, out, kernel = args
    bias = given.pop("bias", True)
    pads = tupled(given.pop("padding", 0), axes)
    stride = tupled(given.pop("stride", 1), axes)
    sizes = tupled(kernel, axes)
    shapes = [(out, inner, *sizes)] + ([(out, *(1,) * axes)] if bias else [])
    words = SPATIAL[-axes:]

    def run(x: Any, weight: Any, shift: Any = None) -> Any:
        y = lax.conv_general_dilated(
            x,
            weight,
            (1,) * axes,
            [(k - 1 - p, k - 1 - p) for k, p in zip(sizes, pads, strict=True)],
            lhs_dilation=stride,
            dimension_numbers=(f"NC{words}", f"OI{words}", f"NC{words}"),
        )
        return y + shift if bias else y

    return run, shapes


def pool(mean: bool) -> Callable[..., Made]:
    def make(args: Any, given: Any, axes: int) -> Made:
        kernel = tupled(args[0], axes)
        stride = tupled(given.pop("stride", args[0]), axes)
        pads = tupled(given.pop("padding", 0), axes)
        edges = [(0, 0), (0, 0), *((p, p) for p in pads)]
        first, combine = (0.0, lax.add) if mean else (-jnp.inf, lax.max)

        def run(x: Any) -> Any:
            window, step = (1, 1, *kernel), (1, 1, *stride)
            y = lax.reduce_window(x, first, combine, window, step, edges)
            size = 1
            for k in kernel:
                size *= k
            return y / size if mean else y

        return run, []

    return make


def batch_norm(args: Any, given: Any, axes: int) -> Made:
    affine = given.pop("affine", True)
    shape = (args[0], *(1,) * axes)

    def run(x: Any, mean: Any, var: Any, scale: Any = None, shift: Any = None) -> Any:
        factor = lax.rsqrt(var + 1e-5)
        if affine:
            factor = factor * scale
        y = (x - mean) * factor
        return y + shift if affine else y

    return run, [shape] * (4 if affine else 2)


def dense(args: Any, given: Any, axes: int) -> Made:
    inner, out = args
    bias = given.pop("bias", True)

    def run(x: Any, weight: Any, shift: Any = None) -> Any:
        y = x @ weight
        return y + shift if bias else y

    return run, [(inner, out)] + ([(out,)] if bias else [])


def softmax(args: Any, given: Any, axes: int) -> Made:
    axis = given.pop("dim")
    return lambda x: jax.nn.softmax(x, axis=axis), []


def global_mean(args: Any, given: Any, axes: int) -> Made:
    if set(tupled(args[0], axes)) != {1}:
        raise KeyError(str(args))
    return lambda x: x.mean(axis=tuple(range(2, 2 + axes)), keepdims=True), []


def embedding(args: Any, given: Any, axes: int) -> Made:
    return lambda x, table: table[x.astype(int)], [tuple(args)]


def recurrent(args: Any, given: Any, axes: int) -> Made:
    """Return a plain recurrent layer as a scan over its steps."""
    given.pop("batch_first")
    inner, hidden = args

    def run(x: Any, into: Any, over: Any, shift: Any, again: Any) -> Any:
        def step(h: Any, each: Any) -> Any:
            h = jnp.tanh(each @ into + shift + h @ over + again)
            return h, h

        first = jnp.zeros((x.shape[0], hidden))
        return lax.scan(step, first, x.swapaxes(0, 1))[1]

    return run, [(inner, hidden), (hidden, hidden), (hidden,), (hidden,)]


MAKERS: dict[str, Callable[..., Made]] = {
    "Conv": conv,
    "ConvTranspose": transposed,
    "MaxPool": pool(mean=False),
    "AvgPool": pool(mean=True),
    "BatchNorm": batch_norm,
    "Linear": dense,
    "Softmax": softmax,
    "AdaptiveAvgPool": global_mean,
    "Embedding": embedding,
    "RNN": recurrent,
}


def main() -> None:
    for line in sys.stdin:
        case = json.loads(line)
        name = case["target"].removeprefix("nn.")
        axes, given = len(case["input"]) - 1, dict(case["kwargs"])
        word = name[:-2] if name[-2:] in ("1d", "2d", "3d") else name
        try:
            if word in ACTIVATIONS and not given:
                layer, shapes = ACTIVATIONS[word], []
            else:
                layer, shapes = MAKERS[word](case["args"], given, axes)
            if given:
                raise KeyError(str(given))
            x = jnp.zeros((case["batch"], *case["input"]))
            weights = [jnp.zeros(shape) for shape in shapes]
            cost = jax.jit(layer).lower(x, *weights).cost_analysis()
            print(json.dumps({"count": int(cost.get("flops", 0))}), flush=True)
        except (KeyError, TypeError, ValueError) as error:
            text = str(error).splitlines()[0] if str(error) else ""
            print(json.dumps({"none": f"{type(error).__name__}: {text}"}), flush=True)


if __name__ == "__main__":
    main()
