"""Layers that are applied at each position of a sequence: `TimeDistributed`."""

from __future__ import annotations

from typing import Any

from archcalc.readers.keras.build import NotKnown
from archcalc.readers.keras.moves import PASSED, REDUCTIONS, regrouped
from archcalc.readers.keras.rules import LAYERS, Call, Result
from archcalc.readers.records import Record
from archcalc.sizes.dims import product

LAST = (
    *("Dense", "Activation", "ReLU", "LeakyReLU", "ELU", "Dropout", "Rescaling"),
    *("BatchNormalization", "LayerNormalization", "RMSNormalization", *PASSED),
)
"""Layers that work on the last axis alone, or value by value."""
STATED = {
    **dict.fromkeys(("Max", "Average"), "pool_size"),
    "Zero": "padding",
    "Cropping": "cropping",
    "UpSampling": "size",
}
"""What a layer must state, for another size would hold for the positions too."""
GROWN = ("kernel_size", "strides", "dilation_rate", "pool_size", "size")
PAIRED = ("padding", "cropping")
SLIDING = (
    "Conv",
    "Depthwise",
    "Separable",
    "Max",
    "Average",
    "Zero",
    "Cropping",
    "UpS",
)
AXIS_NAMED = ("BatchNormalization", "LayerNormalization", "RMSNormalization")


def distributed(call: Call) -> Result:
    """Return what a layer gives at each position: the axis of positions stays first."""
    build, kind = call.build, call.kind
    sizes = build.sizes(call.x)
    if kind in LAST:
        axis = call.config.get("axis")
        axes = axis if isinstance(axis, list) else [axis]
        if kind in AXIS_NAMED and any(isinstance(a, int) and a > 0 for a in axes):
            raise NotKnown
        return LAYERS[kind](call)
    if kind == "Flatten":
        return regrouped(build, call.x, (sizes[0], product(sizes[1:])))
    if kind == "Reshape":
        target = call.config.items("target_shape")
        if not all(type(n) is int and n > 0 for n in target):
            raise NotKnown
        return regrouped(build, call.x, (sizes[0], *target))
    if kind.startswith("Global") and not call.first():
        if call.config.flag("keepdims", usual=False) or len(sizes) < 3:
            raise NotKnown
        word = REDUCTIONS["max" if "Max" in kind else "mean"]
        order = build.orders[call.x]
        gone = range(1, len(sizes) - 1)
        inner = tuple(sorted(order.index(axis) for axis in gone))
        after = tuple({0: 0, len(sizes) - 1: 1}[a] for a in order if a not in gone)
        return build.put(word, call.x, order=after, axes=inner)
    if kind.startswith(SLIDING) and "Transpose" not in kind and not call.first():
        return LAYERS[kind](widened(call))
    raise NotKnown


def widened(call: Call) -> Call:
    """Return a call whose windows have one more axis, over which they are 1 long."""
    digit = next((n for n in (1, 2) if f"{n}D" in call.kind), None)
    if digit is None:
        raise NotKnown
    fields: dict[str, Any] = dict(call.config.fields)
    if any(call.kind.startswith(k) and n not in fields for k, n in STATED.items()):
        raise NotKnown
    for name in GROWN:
        value = fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = [value] * digit
        if isinstance(value, list):
            fields[name] = [1, *value]
    for name in PAIRED:
        value = fields.get(name)
        if isinstance(value, list):
            pairs = [value] if digit == 1 and not isinstance(value[:1], list) else value
            fields[name] = [[0, 0], *pairs]
    config = Record(call.config.file, call.config.path, fields)
    kind = call.kind.replace(f"{digit}D", f"{digit + 1}D")
    return call._replace(config=config, kind=kind)
