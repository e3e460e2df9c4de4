"""Layers that only rearrange values into another shape."""

from __future__ import annotations

from archcalc.layers.base import Call, Layer, Module, Seen, Shape, Work, numel


class Rearrange(Layer):
    """What layers without arithmetic share: role, and no work."""

    role = "shape"

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {}


class Identity(Rearrange):
    """Give the input on unchanged."""

    key = "identity"
    storage = "view"
    examples = ("identity @ 8x5x6",)

    def torch(self, *inputs: Shape) -> Call:
        return Module("nn.Identity")


class Flatten(Rearrange):
    """Lay all values in one row (torch.nn.Flatten). Shape: `(…) -> (F,)`."""

    key = "flatten"
    storage = "view"
    examples = ("flatten @ 8x5x6", "flatten @ 7")

    def shape(self, *inputs: Shape) -> Shape:
        return (numel(inputs[0]),)

    def window(self, *inputs: Shape) -> Seen:
        return "all"

    def torch(self, *inputs: Shape) -> Call:
        return Module("nn.Flatten")
