"""Rules of PyTorch's operators that multiply tensors, or add and scale them."""

from __future__ import annotations

from fractions import Fraction

from archcalc.readers.onnx.attention import Asked, attended
from archcalc.readers.onnx.moves import moved, with_batch
from archcalc.readers.onnx.pointwise import near
from archcalc.readers.onnx.sizes import NotKnown
from archcalc.readers.onnx.trace import Result
from archcalc.readers.onnx.values import Full, Value
from archcalc.readers.pytorch.calls import Call, Exported, Stretched, direct
from archcalc.wire.messages import Node


@direct("linear")
def linear_layer(trace: Exported, node: Node, call: Call) -> Value:
    """A linear layer, or a product with a weight that is a step of its own."""
    x, weight = call.value(), call.value("weight")
    if weight.op is not None:
        return with_made_weight(trace, node, call)
    if x.op is None or x.batch == x.rank - 1:
        raise NotKnown
    args = {"out": weight.sizes[0], "bias": call["bias"] is not None}
    return trace.layer(node, "linear", [x], trace.full, x.batch, **args)


def with_made_weight(trace: Exported, node: Node, call: Call) -> Value:
    """Multiply by a matrix that other steps made, and add its bias."""
    x, full = call.value(), trace.full
    weight = with_batch(trace, node, call.value("weight"), None)
    turned = moved(trace, node, weight, [1, 0])
    made = product(trace, node, x, turned, full)
    if call["bias"] is None:
        return made
    return joined(trace, node, "Add", made, trace.stepped(call["bias"]), full)


@direct("scaled_dot_product_attention")
def attention(trace: Exported, node: Node, call: Call) -> Value:
    """Scaled dot-product attention, with the heads back among the features.

    A mask that is neither learned nor computed is left out: it multiplies nothing.
    """
    q, k, v = (call.value(name) for name in ("query", "key", "value"))
    given, mask = call["attn_mask"], None
    if isinstance(given, Value) and (given.op is not None or given.floating):
        mask = trace.stepped(given)
    asked = Asked(mask, bool(call["is_causal"]), call["scale"])
    return attended(trace, node, (q, k, v), asked)


@direct("matmul", "bmm")
def matmul(trace: Exported, node: Node, call: Call) -> Result:
    """A linear layer, or the product of two tensors that the input decides."""
    x = call["self"]
    y = call["other"] if "other" in call.given else call["mat2"]
    if x.op is None or y.op is None or min(x.rank, y.rank) < 2:
        return trace.worded(node, call)
    rank = max(x.rank, y.rank)
    x, y = (ranked(value, rank) for value in (x, y))
    batch = x.batch if x.batch is not None else y.batch
    if batch is not None and batch >= rank - 2:
        x, y = (without_samples(trace, node, value) for value in (x, y))
        batch = None
    x, y = (with_batch(trace, node, value, batch) for value in (x, y))
    return product(trace, node, x, y, trace.full)


@direct("baddbmm")
def sum_and_product(trace: Exported, node: Node, call: Call) -> Value:
    """A product of two tensors, and a third that is added to it."""
    if any(call[name] not in (None, 1) for name in ("alpha", "beta")):
        raise NotKnown
    full = trace.full
    given = {"self": call.value("batch1"), "mat2": call.value("batch2")}
    made = matmul(trace, node, Call("bmm", given, call.outputs))
    assert isinstance(made, Value)
    return joined(trace, node, "Add", made, trace.stepped(call.value("self")), full)


def without_samples(trace: Exported, node: Node, x: Value) -> Value:
    """Return the tensor of one sample with its axis as any other."""
    return with_batch(trace, node, x, None)


def product(trace: Exported, node: Node, x: Value, y: Value, full: Full) -> Value:
    """Append the product of two tensors as matrices in their last axes."""
    return trace.layer(node, "matmul", [x, y], full, x.batch)


@direct("einsum")
def summed(trace: Exported, node: Node, call: Call) -> Value:
    """A product of two tensors by letters; the samples have one of their own."""
    left, right = call["tensors"]
    parts = call["equation"].replace(" ", "").replace("->", ",").split(",")
    first, second, out = parts
    for x, letters in ((left, first), (right, second)):
        if x.constant or x.batch not in (0, None) or len(letters) != x.rank:
            raise NotKnown
    letter = first[0] if left.batch == 0 else second[0] if right.batch == 0 else ""
    found = [letters.replace(letter, "") for letters in (first, second, out)]
    for x, before, after in zip((left, right), (first, second), found, strict=False):
        if before != (letter + after if x.batch == 0 else after):
            raise NotKnown
    if out != letter + found[2]:
        raise NotKnown
    first, second, out = found
    axes = f"{first},{second}->{out}".lower()
    batch = 0 if letter else None
    return trace.layer(node, "einsum", [left, right], trace.full, batch, axes=axes)


JOINS = {"add": "Add", "sub": "Sub", "rsub": "Sub", "mul": "Mul", "div": "Mul"}


@direct(*JOINS)
def arithmetic(trace: Exported, node: Node, call: Call) -> Result:
    """Arithmetic on two tensors that steps make; else by the standard's rules."""
    given = [call["self"], call["other"]]
    live = [v for v in given if isinstance(v, Value) and v.op is not None]
    if call.name == "rsub" and isinstance(call["other"], int | float):
        args = {"minuend": near(call["other"])}
        (x,) = live
        return trace.layer(node, "minus_from", [x], x.sizes, x.batch, **args)
    if len(live) < 2:
        return trace.worded(node, call)
    alpha = call["alpha"]
    if call["rounding_mode"] is not None or alpha not in (None, 1):
        raise NotKnown
    first, second = (v.narrow if isinstance(v, Stretched) else v for v in live)
    full = trace.full
    if call.name == "rsub":
        first, second = second, first
    if call.name == "div":
        sizes, batch = second.sizes, second.batch
        second = trace.layer(node, "reciprocal", [second], sizes, batch)
    if first.op == second.op and call.name == "mul":
        return trace.layer(node, "square", [first], full, first.batch)
    if first.op == second.op and call.name == "add":
        by = {"by": Fraction(2)}
        return trace.layer(node, "times", [first], full, first.batch, **by)
    return joined(trace, node, JOINS[call.name], first, second, full)


def joined(
    trace: Exported, node: Node, kind: str, first: Value, second: Value, full: Full
) -> Value:
    """Join two tensors; the axis of the samples is that of the one that has it."""
    pair = [ranked(value, len(full)) for value in (first, second)]
    whole = next((v for v in pair if v.sizes == full), pair[0])
    batch = whole.batch
    if batch is not None and any(v.sizes[batch] != 1 for v in pair):
        batch = None
    pair = [with_batch(trace, node, value, batch) for value in pair]
    trace.full = full
    return trace.rules[kind](trace, Node(kind), [*pair])  # type: ignore[return-value]  # one value


def ranked(value: Value, rank: int) -> Value:
    """Return a tensor with axes of one position before its own."""
    more = rank - value.rank
    if not more:
        return value
    batch = None if value.batch is None else value.batch + more
    return Value((*(1 for _ in range(more)), *value.sizes), value.op, batch)


@direct("addcmul")
def sum_of_product(trace: Exported, node: Node, call: Call) -> Value:
    """A tensor and the product of two others."""
    if call["value"] not in (None, 1):
        raise NotKnown
    full = trace.full
    first, second = (trace.stepped(call.value(n)) for n in ("tensor1", "tensor2"))
    made = joined(trace, node, "Mul", first, second, full)
    return joined(trace, node, "Add", made, trace.stepped(call.value("self")), full)
