"""Where tensors come from."""

from __future__ import annotations

from archcalc.layers.base import Call, Function, Layer, Shape, Work


class Input(Layer):
    """An input of the network: declared under `input:`, never written as a step."""

    key = "input"
    role = "input"
    arity = 0
    keeps_ids = True
    examples = ("input: [3, 224, 224]",)

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {}

    def torch(self, *inputs: Shape) -> Call:
        return Function("x")

    def label(self, *inputs: Shape) -> str:
        return "input"
