"""Recurrent operators."""

from __future__ import annotations

from archcalc.readers.onnx.moves import with_batch
from archcalc.readers.onnx.sizes import Ins, NotKnown, given, needed
from archcalc.readers.onnx.trace import Trace, rule
from archcalc.readers.onnx.values import Full, Value
from archcalc.wire.messages import Node


@rule("LSTM", "GRU")
def recurrent(trace: Trace, node: Node, ins: Ins) -> list[Value]:
    """A recurrent layer of one or two directions; its states stay inside.

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
    biases = 2 if given(ins, 3) is not None else 0
    length = x.sizes[1 - at]
    joined = [trace.samples, length] if first else [length, trace.samples]
    made = trace.layer(
        node,
        "gru" if node.op == "GRU" else "lstm",
        [x],
        (*joined, ways * hidden),
        at,
        hidden=hidden,
        bidirectional=ways == 2,
        biases=biases,
    )
    return [*outputs(trace, node, made, ways, hidden, bool(first))]


def outputs(
    trace: Trace, node: Node, made: Value, ways: int, hidden: int, first: bool
) -> list[Value]:
    """Return all states with their directions apart, then the last one."""
    n, length = trace.samples, made.sizes[1 if first else 0]
    batch = 0 if first else 2
    full: Full = (n, length, ways, hidden) if first else (length, ways, n, hidden)
    apart = (length, ways, hidden)
    found = []
    if node.outputs and node.outputs[0]:
        found.append(trace.layer(node, "reshape", [made], full, batch, sizes=apart))
    else:
        found.append(made)
    for name in node.outputs[1:]:
        if not name:
            found.append(made)
            continue
        last = trace.layer(node, "token", [made], (n, ways * hidden), 0, index=-1)
        state, axis = ((n, ways, hidden), 0) if first else ((ways, n, hidden), 1)
        found.append(
            trace.layer(node, "reshape", [last], state, axis, sizes=(ways, hidden))
        )
    return found
