"""Layers and inputs from lines such as `{conv: 8, kernel: 3} @ 4x9x9`."""

from __future__ import annotations

from typing import Any, NamedTuple

from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer
from archcalc.playground.examples import example_spec
from archcalc.sizes.expressions import Expression
from archcalc.source import parser as source
from archcalc.source.parser import Mapping, Scalar

Shape = tuple[int, ...]


class Case(NamedTuple):
    """A layer and the shapes of its inputs; `text` is the line it was read from."""

    text: str
    layer: Layer
    inputs: tuple[Shape, ...]

    @property
    def output(self) -> Any:
        return self.layer.shape(*self.inputs)


def read(text: str) -> Case:
    """Return the layer and inputs that a line describes."""
    written, _, shapes = text.partition(" @ ")
    inputs = tuple(shape(part) for part in shapes.split(", ") if part)
    return Case(text, layer(written, inputs[0] if inputs else (1,)), inputs)


def shape(text: str) -> Shape:
    return tuple(int(size) for size in text.split("x"))


def layer(written: str, x: Shape) -> Layer:
    """Return a layer as a step of a spec has it, entered by a tensor of shape x."""
    root = source.parse(written, "example").root
    if isinstance(root, Scalar):
        return CATALOGUE[root.text]()
    assert isinstance(root, Mapping)
    (kind, first), *others = root.items
    found = CATALOGUE[kind.text]
    assert found.principal is not None
    values = {word.text: value for word, value in others}
    alone = found.arity == 1 and not others
    if alone or not isinstance(first, Scalar) or first.text:
        values[found.principal] = first
    names = {"cin": x[0], "h": x[-2:][0], "w": x[-1], "dim": x[-1], "tokens": x[0]}
    return found(
        **{k: value_of(found.fields[k].read(v), names) for k, v in values.items()}
    )


def value_of(read: Any, names: dict[str, int]) -> Any:
    if isinstance(read, tuple):
        return tuple(value_of(part, names) for part in read)
    return read.evaluate(names) if isinstance(read, Expression) else read


EXAMPLES = [
    read(text)
    for key, kind in CATALOGUE.items()
    if key != "input"
    for text in kind.examples
]

FURTHER = [
    read(text)
    for text in (
        "{leaky_relu: 0.2} @ 10",
        "{elu: 2} @ 10",
        "{elu: 1} @ 10",
        "{gelu: tanh} @ 10",
        "softsign @ 10",
        "{dropout: 0.3} @ 10",
        "{dropout: 1} @ 10",
        "{dropout: 0.3, channels: true} @ 8",
        "{dropout: 0.3, channels: true} @ 8x5x6",
        "{droppath: 0.25} @ 3x4",
        "{gn: 2, affine: false} @ 8x5x6",
        "{rms: channels, affine: false} @ 8x5x6",
        "{embedding: 100, dim: 4} @ 7",
        "{conv: 4, kernel: 1, stride: 4, pad: same} @ 2x10x10",
        "{conv: 4, kernel: [1, 3], stride: [2, 1], pad: [0, 1], dilation: 2} @ 2x9x9",
        "{deconv: 6, kernel: [2, 3], stride: [2, 3], dilation: 2, groups: 2} @ 4x5x6",
        "{maxpool: 2, pad: [1, 0], stride: [1, 2]} @ 4x9x9",
        "{window_attention: 3, size: 3, grid: [5, 6]} @ 30x18",
        "{window_attention: 3, size: 3, grid: [6, 5]} @ 30x18",
        "concat @ 8x5x6",
        "multiply @ 8x5x6",
        "{unfold: 1} @ 4x7x8",
        "{fold: [8, 6], kernel: [2, 3], stride: [2, 3]} @ 12x8",
        "{flatten: [1, 1]} @ 8x5x6",
    )
]
"""Arguments that the examples leave at what they are without them."""


def spec_of(case: Case) -> str:
    """Return a spec whose one layer is an example of a kind."""
    return example_spec(type(case.layer), case.text)
