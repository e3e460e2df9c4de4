"""Scaled dot-product attention, whose heads go back among the features of tokens."""

from __future__ import annotations

from math import isclose
from typing import Any, NamedTuple

from archcalc.readers.onnx.moves import moved, regrouped, with_batch
from archcalc.readers.onnx.pointwise import near
from archcalc.readers.onnx.sizes import Ins, NotKnown, given, needed
from archcalc.readers.onnx.trace import Trace, rule
from archcalc.readers.onnx.values import Value, same
from archcalc.wire.messages import Node


class Asked(NamedTuple):
    """How attention is called; `scale` is None where it is that of a head's width."""

    mask: Value | None = None
    causal: bool = False
    scale: float | None = None


@rule("Attention")
def attention(trace: Trace, node: Node, ins: Ins) -> list[Value]:
    """Scaled dot-product attention of opset 23.

    Heads stand on an axis of their own, or in the features; keys and values may have
    fewer of them, which are then used again. A mask that no step makes is left out.
    """
    q, k, v = (needed(ins, at) for at in range(3))
    if any(x.batch != 0 for x in (q, k, v)) or any(node.outputs[1:]):
        raise NotKnown
    if any(given(ins, at) is not None for at in (4, 5)):
        raise NotKnown
    own = node.attributes
    mask = given(ins, 3)
    mask = None if mask is None or mask.op is None else mask
    asked = Asked(mask, bool(own.get("is_causal")), own.get("scale"))
    if q.rank != 3:
        return [attended(trace, node, (q, k, v), asked)]
    heads = own["q_num_heads"], own["kv_num_heads"]
    asked = aligned(trace, node, asked, 4, 0)
    return [layer(trace, node, [q, k, v], heads, asked)]


def attended(
    trace: Trace, node: Node, read: tuple[Value, Value, Value], asked: Asked
) -> Value:
    """Append attention of heads that stand before the tokens, or of one head."""
    q, k, v = read
    if q.rank < 2 or (q.batch is not None and q.batch >= q.rank - 2):
        raise NotKnown
    k, v = (with_batch(trace, node, x, q.batch) for x in (k, v))
    asked = aligned(trace, node, asked, q.rank, q.batch)
    if q.rank == 2 or q.batch == q.rank - 3:
        return layer(trace, node, [q, k, v], (1, 1), asked)
    heads = q.sizes[-3], k.sizes[-3]
    flat = [beside(trace, node, x) for x in (q, k, v)]
    made = layer(trace, node, flat, heads, asked)
    *lead, length, _ = made.sizes
    own = regrouped(trace, node, made, (*lead, length, heads[0], v.sizes[-1]))
    return turned(trace, node, own)


def layer(
    trace: Trace, node: Node, read: list[Value], heads: tuple[Any, Any], asked: Asked
) -> Value:
    """Append attention of tokens.

    Where scores are multiplied by another number than the usual, queries are. Later
    tokens are hidden where there are as many queries as keys.
    """
    (q, k, v), (many, few) = read, heads
    args = {"heads": many} if same(many, few) else {"heads": many, "kv_heads": few}
    if asked.causal and same(q.sizes[-2], k.sizes[-2]):
        args["causal"] = True
    if not is_usual(asked.scale, q.sizes[-1] // many):
        args["scale"] = False
        q = multiplied(trace, node, q, asked.scale or 0)
    full = (*q.sizes[:-1], v.sizes[-1] // few * many)
    read = [q, k, v]
    if asked.mask is not None:
        read.append(asked.mask)
    return trace.layer(node, "attention", read, full, q.batch, **args)


def is_usual(scale: float | None, width: Any) -> bool:
    """Say whether scores are divided by the root of a head's width."""
    if scale is None:
        return True
    return isinstance(width, int) and isclose(scale, width**-0.5, rel_tol=1e-6)


def multiplied(trace: Trace, node: Node, x: Value, by: float) -> Value:
    """Return a tensor times a number."""
    if by == 1:
        return x
    return trace.layer(node, "times", [x], x.sizes, x.batch, by=near(by))


def turned(trace: Trace, node: Node, x: Value) -> Value:
    """Exchange the axes of heads and of tokens, the two before the features."""
    order = [*range(x.rank - 3), x.rank - 2, x.rank - 3, x.rank - 1]
    return moved(trace, node, x, order)


def beside(trace: Trace, node: Node, x: Value) -> Value:
    """Return tokens whose features are those of all heads side by side."""
    tokens = turned(trace, node, x)
    *lead, heads, width = tokens.sizes
    return regrouped(trace, node, tokens, (*lead, heads * width))


def aligned(
    trace: Trace, node: Node, asked: Asked, rank: int, batch: int | None
) -> Asked:
    """Return a call whose mask has the axis of the samples where scores have it.

    One that has samples elsewhere is left out: a mask multiplies nothing.
    """
    mask = asked.mask
    if mask is not None and mask.rank == rank:
        mask = with_batch(trace, node, mask, batch)
    elif mask is not None and mask.batch is not None:
        mask = None
    return asked._replace(mask=mask)
