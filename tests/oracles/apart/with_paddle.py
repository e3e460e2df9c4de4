"""What paddle.flops says of layers: run by `tests/tools/apart.py` in an environment of its own.

Layers come as JSON lines: a module of torch, its arguments, the shape of its input.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import paddle
from paddle import nn

SAME = {
    "ReLU", "LeakyReLU", "ReLU6", "ELU", "GELU", "Sigmoid", "Tanh", "Softmax", "PReLU",
    "Hardswish", "Hardsigmoid", "Softplus", "Mish", "Dropout", "Linear", "Embedding",
    "LayerNorm", "GroupNorm", "Flatten",
}  # fmt: skip
"""Modules with the same name and arguments."""
NAMES = {"SiLU": "Silu", "LogSoftmax": "LogSoftmax", "RNN": "SimpleRNN"}
WORDS = {"bias": "bias_attr", "output_padding": "output_padding", "dim": "axis"}
RECURRENT = ("LSTM", "GRU", "RNN")


def made(target: str, args: list[Any], given: dict[str, Any]) -> Any:
    """Return paddle's layer for a module of torch."""
    name = target.removeprefix("nn.")
    if name in RECURRENT:
        name = NAMES.get(name, name)
        kind = "bidirect" if given.pop("bidirectional", False) else "forward"
        given.pop("batch_first", None)
        if set(given) - {"num_layers"}:
            raise KeyError(str(given))
        return getattr(nn, name)(*args, direction=kind, **given)
    words = worded(name, {WORDS.get(k, k): v for k, v in given.items()})
    last = name[-2:]
    if last in ("1d", "2d", "3d"):
        name = name[:-1] + "D"
        if name.startswith("ConvTranspose"):
            name = f"Conv{last[0]}DTranspose"
    return getattr(nn, NAMES.get(name, name))(*args, **words)


def worded(name: str, words: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments as paddle names them."""
    if words.get("bias_attr", False) is True:
        del words["bias_attr"]
    scaled = {"elementwise_affine", "affine"} & set(words)
    if scaled:
        words["weight_attr"] = words["bias_attr"] = words.pop(scaled.pop()) and None
    elif name.startswith("InstanceNorm"):
        words["weight_attr"] = words["bias_attr"] = False
    if name == "AvgPool2d" and "count_include_pad" in words:
        words["exclusive"] = not words.pop("count_include_pad")
    if name == "Upsample":
        words["data_format"] = {1: "NCW", 2: "NCHW", 3: "NCDHW"}[words.pop("axes")]
    return words


class Held(nn.Layer):
    """A layer in a network: paddle counts what a network holds."""

    def __init__(self, part: Any) -> None:
        super().__init__()
        self.part = part

    def forward(self, x: Any) -> Any:
        if isinstance(self.part, nn.Embedding):
            x = x.astype("int64") * 0
        found = self.part(x)
        return found[0] if isinstance(found, tuple) else found


def main() -> None:
    paddle.set_device("cpu")
    for line in sys.stdin:
        case = json.loads(line)
        try:
            layer = made(case["target"], case["args"], dict(case["kwargs"]))
            with redirect_stdout(StringIO()) as text:
                count = paddle.flops(Held(layer), [case["batch"], *case["input"]])
            params = int(text.getvalue().rpartition(":")[2])
            print(json.dumps({"count": [count, params]}), flush=True)
        except (KeyError, AttributeError, TypeError, ValueError) as error:
            print(json.dumps({"none": f"{type(error).__name__}: {error}"}), flush=True)


if __name__ == "__main__":
    main()
