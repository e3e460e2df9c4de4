"""Rules of PyTorch's recurrent layers."""

from __future__ import annotations

from typing import Any

from archcalc.readers.onnx.sequences import (
    CELL,
    begun_with,
    beside,
    last_states,
    side_by_side,
)
from archcalc.readers.onnx.sizes import NotKnown
from archcalc.readers.onnx.values import Value
from archcalc.readers.pytorch.calls import Call, Exported, direct, flat
from archcalc.wire.messages import Node

GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
"""How many matrices each has for its gates."""


@direct(*GATES)
def recurrent(trace: Exported, node: Node, call: Call) -> list[Value]:
    """A recurrent layer: all states of the last layer, then the last ones of each.

    Where last states are read of several layers, each of these is a step.
    """
    x, asked = call.value(), bool(call.used & {1, 2})
    at = 0 if call["batch_first"] else 1
    if x.rank != 3:
        raise NotKnown
    args, layers = arguments(call), call["num_layers"]
    split = layers > 1 and asked
    ways = 2 if args["bidirectional"] else 1
    each = args.get("proj", args["hidden"])
    begin = [v for v in flat(call["hx"]) if isinstance(v, Value)]
    made, states = Value(x.sizes, x.op, at), []
    for number in range(layers if split else 1):
        many = {"layers": 1 if split else layers}
        key, full = call.name.partition("_")[0], (*x.sizes[:-1], ways * each)
        made = trace.layer(node, key, [made], full, at, **args, **many)
        made = made if number else begun_with(trace, node, made, begin)
        if asked:
            states.append(last_states(trace, node, made, ways, each))
    if not asked:
        return [made, *(Value(shape) for shape in trace.shapes[1:])]
    last = side_by_side(trace, node, states)
    if call.name != "lstm":
        return [made, last]
    cells = trace.shapes[2]
    assert made.op is not None
    like = Value(cells, None, 1)
    return [made, last, beside(trace, node, like, CELL, [made.op], like.stripped)]


def arguments(call: Call) -> dict[str, Any]:
    """Return the arguments of the layer, which the shapes of its weights tell."""
    first, second = call["params"][:2]
    hidden, given = first.sizes[0] // GATES[call.name], second.sizes[1]
    args = {
        "hidden": hidden,
        "bidirectional": bool(call["bidirectional"]),
        "biases": 2 if call["has_biases"] else 0,
    }
    if given != hidden:
        args["proj"] = given
    if call.name == "rnn_relu":
        args["nonlinearity"] = "relu"
    return args
