"""Attention: one layer, or written out as two products and a softmax."""

from __future__ import annotations

from dataclasses import replace
from math import isclose, prod
from typing import Any

from archcalc.readers.model import Model, Op
from archcalc.readers.patterns.chains import LONGEST_CHAIN, MOVING, alone, through


def merged_attention(model: Model) -> Model:
    """Find attention of packed queries, keys and values: one layer, or in its parts."""
    users = model.users()
    for index, op in enumerate(model.ops):
        if op.kind == "attention":
            packed = _packed(model, op.inputs[:3])
            if packed is not None:
                model.ops[index] = replace(op, inputs=(packed, *op.inputs[3:]))
        elif op.kind == "softmax":
            found = _attention(model, users, index)
            if found is not None:
                end, packed, args = found
                last = model.ops[end]
                model.ops[end] = Op("attention", args, (packed,), last.shape, last.path)
    return model


def _packed(model: Model, inputs: tuple[int, ...]) -> int | None:
    """Return what has queries, keys and values of attention side by side."""
    ops = model.ops
    sources = {through(model, at, MOVING)[0] for at in inputs}
    if len({*inputs}) < 3 or len(sources) > 1:
        return None
    (source,) = sources
    width = sum(ops[at].shape[-1] for at in inputs)
    whole = (*ops[inputs[0]].shape[:-1], width)
    return source if ops[source].shape == whole else None


def _attention(
    model: Model, users: list[list[int]], softmax: int
) -> tuple[int, int, dict[str, Any]] | None:
    """Return the last operator, the packed linear layer, and the arguments."""
    ops = model.ops
    scores, factor = through(model, ops[softmax].inputs[0], ())
    second = alone(users, softmax)
    if ops[scores].kind != "matmul" or second is None or ops[second].kind != "matmul":
        return None
    weights, values = ops[second].inputs
    if weights != softmax:
        return None
    read = [through(model, i, MOVING) for i in (*ops[scores].inputs, values)]
    packed, factors = {at for at, _ in read}, [factor, *(by for _, by in read[:2])]
    shape = ops[scores].shape
    if len(packed) != 1 or len(shape) not in (2, 3) or read[2][1] != 1:
        return None
    (source,) = packed
    heads = shape[0] if len(shape) == 3 else 1
    whole = ops[source].shape
    width = ops[ops[scores].inputs[0]].shape[-1]
    features = width * heads
    scaled = _scaled(factors, width)
    if scaled is None or len(whole) != 2 or whole[1] != 3 * features:
        return None
    args = {"heads": heads} | ({} if scaled else {"scale": False})
    end: int | None = second
    for _ in range(LONGEST_CHAIN):
        if end is None or end < 0:
            return None
        if ops[end].shape == (whole[0], features):
            return end, source, args
        end = alone(users, end)
        if end is not None and ops[end].kind not in MOVING:
            return None
    return None


def _scaled(factors: list[float | None], width: Any) -> bool | None:
    """Say whether scores are divided by the root of a head's width; None if by else.

    A factor that the file does not tell is taken for that.
    """
    known = [one for one in factors if one is not None]
    if len(known) < len(factors) or not isinstance(width, int):
        return True
    found = prod(known)
    if isclose(found, width**-0.5, rel_tol=1e-4):
        return True
    return False if isclose(found, 1, rel_tol=1e-4) else None
