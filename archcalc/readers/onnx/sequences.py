"""Recurrent operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.readers.model import UNKNOWN, Op
from archcalc.readers.onnx.moves import cut, with_batch
from archcalc.readers.onnx.sizes import Ins, NotKnown, given, needed
from archcalc.readers.onnx.trace import Trace, rule
from archcalc.readers.onnx.values import Full, Value
from archcalc.wire.messages import Node

INITIAL, CELL = "initial_state", "last_cell_state"
"""What no layer has: states that a recurrent layer begins with, and its last cells."""
LAID = ("reshape", "transpose", "permute", "flatten", "slice", "token")
"""What only lays values out in another way, or takes a part of them."""
FUNCTIONS = ("Tanh", "Relu")
"""What the plain recurrent layer may have as its function."""


@rule("LSTM", "GRU", "RNN")
def recurrent(trace: Trace, node: Node, ins: Ins) -> list[Value]:
    """A recurrent layer of one or two directions.

    ONNX has directions on an axis of their own: `(L, directions, samples, hidden)`.
    """
    x = needed(ins, 0)
    hidden = node.attributes["hidden_size"]
    first = node.attributes.get("layout", 0)
    ways = 2 if node.attributes.get("direction") == "bidirectional" else 1
    at = 0 if first else 1
    if x.rank != 3:
        raise NotKnown
    if given(ins, 7) is not None:
        raise NotKnown
    x = with_batch(trace, node, x, at)
    length = x.sizes[1 - at]
    joined = [trace.samples, length] if first else [length, trace.samples]
    made = trace.layer(
        node,
        node.op.lower(),
        [x],
        (*joined, ways * hidden),
        at,
        hidden=hidden,
        bidirectional=ways == 2,
        biases=2 if given(ins, 3) is not None else 0,
        **function_of(node),
    )
    begun = begun_with(trace, node, made, [given(ins, 5), given(ins, 6)])
    return [*outputs(trace, node, begun, ways, hidden, bool(first))]


def function_of(node: Node) -> dict[str, Any]:
    """Return the function of a plain recurrent layer, which has a choice of two."""
    if node.op != "RNN":
        return {}
    found = {*node.attributes.get("activations", ["Tanh"])}
    if len(found) != 1 or not found <= {*FUNCTIONS}:
        raise NotKnown
    (function,) = found
    return {} if function == "Tanh" else {"nonlinearity": "relu"}


def begun_with(
    trace: Trace, node: Node, made: Value, states: Sequence[Value | None]
) -> Value:
    """Return what a recurrent layer gives where steps make the states it begins with.

    Layers begin with zeros, so these are read by a step that no rule knows. States that
    are inputs of the network are left out, as nothing makes them.
    """
    ops = trace.model.ops
    live = [v.op for v in states if v is not None and v.op is not None]
    live = [at for at in live if ops[source(ops, at)].kind != "input"]
    if not live or made.op is None:
        return made
    return beside(trace, node, made, INITIAL, [made.op, *live], made.stripped)


def source(ops: Sequence[Op], at: int) -> int:
    """Return the operator behind moves of values."""
    while ops[at].kind in LAID and len(ops[at].inputs) == 1:
        at = ops[at].inputs[0]
    return at


def beside(
    trace: Trace, node: Node, like: Value, what: str, reads: list[int], sizes: Full
) -> Value:
    """Append a step that no rule knows."""
    args = {"op": what, "sizes": sizes}
    op = Op(UNKNOWN, args, tuple(dict.fromkeys(reads)), sizes, trace.path(node), what)
    return Value(like.sizes, trace.add(op), like.batch)


def outputs(
    trace: Trace, node: Node, made: Value, ways: int, hidden: int, first: bool
) -> list[Value]:
    """Return all states with their directions apart, then the last ones."""
    n, length = trace.samples, made.sizes[1 if first else 0]
    batch = 0 if first else 2
    full: Full = (n, length, ways, hidden) if first else (length, ways, n, hidden)
    apart = (length, ways, hidden)
    found = []
    if node.outputs and node.outputs[0]:
        found.append(trace.layer(node, "reshape", [made], full, batch, sizes=apart))
    else:
        found.append(made)
    state, axis = ((n, ways, hidden), 0) if first else ((ways, n, hidden), 1)
    like = Value(state, None, axis)
    for at, name in enumerate(node.outputs[1:]):
        if not name or made.op is None:
            found.append(made)
        elif at:
            found.append(beside(trace, node, like, CELL, [made.op], (ways, hidden)))
        else:
            last = last_states(trace, node, made, ways, hidden)
            found.append(Value(state, last.op, axis))
    return found


def last_states(trace: Trace, node: Node, made: Value, ways: int, hidden: int) -> Value:
    """Return the last state of each direction: `(directions, samples, hidden)`.

    The second direction ends where the first begins.
    """
    n, width = trace.samples, ways * hidden
    rows = []
    for way in range(ways):
        place = {"index": 0 if way else -1}
        state = trace.layer(node, "token", [made], (n, width), 0, **place)
        state = cut(trace, node, state, 1, way * hidden, (way + 1) * hidden)
        one: Full = (1, hidden)
        rows.append(trace.layer(node, "reshape", [state], (1, n, hidden), 1, sizes=one))
    return side_by_side(trace, node, rows)


def side_by_side(trace: Trace, node: Node, rows: list[Value]) -> Value:
    """Join states on the axis before the samples."""
    if len(rows) == 1:
        return rows[0]
    many = sum(row.sizes[0] for row in rows)
    full = (many, *rows[0].sizes[1:])
    return trace.layer(node, "concat", rows, full, 1)
