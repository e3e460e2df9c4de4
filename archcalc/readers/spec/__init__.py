"""From a model to the YAML that a person would have written."""

from __future__ import annotations

from collections import Counter
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.graph.expand import expand
from archcalc.language.spec import read_spec
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer, Shape
from archcalc.limits import DEFAULT, Limits
from archcalc.readers.model import Model
from archcalc.readers.spec.blocks import Blocks
from archcalc.readers.spec.text import Writer
from archcalc.readers.spec.tree import Folding
from archcalc.sizes.dims import assuming, symbol
from archcalc.source.parser import parse


def spec_text(model: Model, limits: Limits = DEFAULT) -> str:
    """Return the YAML of a model, equal structure folded into blocks.

    Where it has structure, it is written out and compared with the model; where it is
    not the same network, or is none, each operator gets a step of its own. So it does
    where weights are shared: a step names the one whose weights it uses.
    """
    if any(op.share is not None for op in model.ops):
        return flat_text(model)
    steps = Folding(model).folded()
    read = {at for step in steps for at in step.takes} | {*model.outputs}
    blocks = Blocks(read)
    row = blocks.folded(steps)
    text = Writer(model, blocks.found).text(row)
    if not blocks.found and not any(step.inside() for step in row):
        return text  # a step for each operator
    try:
        if _counts(model) == _counts_of(text, model, limits):
            return text
    except ArchcalcError:
        pass
    return flat_text(model)


def flat_text(model: Model) -> str:
    """Return the YAML of a model without blocks, one step for each operator."""
    return Writer(model, ()).text(Folding(model, nested=False).folded())


def _counts(model: Model) -> Counter[Any]:
    """Return what operators there are: their kinds, sizes and weights."""
    found: Counter[Any] = Counter()
    for op in model.ops:
        if op.kind != "input":
            layer = CATALOGUE[op.kind](**op.args)
            shapes = [model.ops[source].shape for source in op.inputs]
            found[signature(layer, op.shape, shapes)] += 1
    return found


def _counts_of(text: str, model: Model, limits: Limits) -> Counter[Any]:
    """Return the same of the network in a text."""
    spec = read_spec(parse(text, model.name, limits), limits)
    ops = [op.shape for op in model.ops if op.kind == "input"]
    shapes = {name: shape for (name, _), shape in zip(spec.inputs, ops, strict=True)}
    params = {name: symbol(name) for name in spec.params}
    graph = expand(spec, shapes, params, limits, True)
    return Counter(
        signature(node.layer, node.shape, graph.input_shapes(node))
        for node in graph.nodes
        if node.layer.key != "input"
    )


def signature(layer: Layer, shape: Shape, inputs: Any) -> tuple[Any, ...]:
    """Return what operators have in common that count alike: kind, sizes, weights."""
    with assuming():
        weights = sorted(layer.weights(*inputs).items())
    return layer.key, tuple(map(str, shape)), tuple(map(str, weights))
