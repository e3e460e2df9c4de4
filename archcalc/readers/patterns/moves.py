"""Moves of values that undo each other, or that are one layer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archcalc.layers.base import Shape
from archcalc.layers.window import simple
from archcalc.readers.model import Model, Op
from archcalc.readers.patterns.chains import LAID_OUT, alone


def without_undone_moves(model: Model) -> Model:
    """Leave out a move of values that undoes the one before it."""
    dropped: dict[int, int] = {}
    for index, op in enumerate(model.ops):
        if op.kind not in LAID_OUT:
            continue
        (source,) = op.inputs
        while source in dropped:
            source = dropped[source]
        before = model.ops[source]
        if before.kind not in LAID_OUT:
            continue
        begin = before.inputs[0]
        while begin in dropped:
            begin = dropped[begin]
        entering = model.ops[begin].shape
        if op.shape == entering and _undoes(op, before):
            dropped[index] = begin
    return model.without(dropped)


def _undoes(op: Op, before: Op) -> bool:
    """Say whether two moves that follow each other leave values where they were."""
    first, second = (_order(one) for one in (before, op))
    if first is None or second is None:
        return first is second
    return [first[axis] for axis in second] == [*range(len(first))]


def _order(op: Op) -> list[int] | None:
    """Return the order of axes that a move makes; None where values keep theirs."""
    if op.kind in ("reshape", "flatten"):
        return None
    rank = len(op.shape)
    order = [*range(rank)]
    if op.kind == "permute":
        return [*op.args["axes"]]
    one, two = op.args.get("axes", (-2, -1))
    order[one], order[two] = order[two], order[one]
    return order


def merged_moves(model: Model) -> Model:
    """Find `tokens`, `shuffle`, and reshapes that follow each other."""
    users = model.users()
    dropped: dict[int, int] = {}
    for index, op in enumerate(model.ops):
        if len(op.inputs) != 1:
            continue
        source = op.inputs[0]
        before = model.ops[source]
        if alone(users, source) != index or source in dropped or not before.inputs:
            continue
        made = _tokens(model, before, op) or _shuffle(model, users, source, op)
        if made is not None:
            kind, args, x = made
            model.ops[index] = replace(op, kind=kind, args=args, inputs=(x,))
        elif op.kind == before.kind == "reshape":
            dropped[source] = before.inputs[0]
            if model.ops[before.inputs[0]].shape == op.shape:
                dropped[index] = before.inputs[0]
    return model.without(dropped)


def _tokens(model: Model, before: Op, op: Op) -> tuple[str, dict[str, Any], int] | None:
    if before.kind != "flatten" or op.kind != "transpose" or len(op.shape) != 2:
        return None
    x = model.ops[before.inputs[0]]
    if len(x.shape) < 3 or before.args.get("axes") != (1, len(x.shape) - 1):
        return None
    return "tokens", {}, before.inputs[0]


def _shuffle(
    model: Model, users: list[list[int]], source: int, op: Op
) -> tuple[str, dict[str, Any], int] | None:
    """Find channels that are dealt out in turn: reshape, transpose, reshape back."""
    turned = model.ops[source]
    if op.kind not in ("flatten", "reshape") or turned.kind != "transpose":
        return None
    apart = model.ops[turned.inputs[0]]
    if apart.kind != "reshape" or turned.args.get("axes") != (0, 1):
        return None
    if alone(users, turned.inputs[0]) != source:
        return None
    x = model.ops[apart.inputs[0]]
    if x.shape != op.shape or len(apart.shape) != len(x.shape) + 1:
        return None
    return "shuffle", {"groups": apart.shape[0]}, apart.inputs[0]


def merged_crops(model: Model) -> Model:
    """Find a piece of an image, cut out along one axis after the other."""
    users = model.users()
    dropped: dict[int, int] = {}
    for index, op in enumerate(model.ops):
        if op.kind != "slice" or len(op.shape) != 3 or op.args.get("axis") != 2:
            continue
        (source,) = op.inputs
        before = model.ops[source]
        if before.kind != "slice" or before.args.get("axis") != 1:
            continue
        if before.args.keys() | op.args.keys() != {"bounds", "axis"}:
            continue
        if alone(users, source) == index:
            x = before.inputs[0]
            args = _crop(model.ops[x].shape, before.args["bounds"], op.args["bounds"])
            model.ops[index] = replace(op, kind="crop", args=args)
            dropped[source] = x
    return model.without(dropped)


def _crop(
    shape: Shape, rows: tuple[Any, Any], columns: tuple[Any, Any]
) -> dict[str, Any]:
    """Return the arguments of a crop; without an offset it is from the middle."""
    begins, ends = zip(rows, columns, strict=True)
    size = tuple(end - begin for begin, end in zip(begins, ends, strict=True))
    middle = tuple((n - m) // 2 for n, m in zip(shape[1:], size, strict=True))
    args: dict[str, Any] = {"size": simple(size)}
    return args if begins == middle else {**args, "offset": simple(begins)}


def merged_lookups(model: Model) -> Model:
    """Give a table that is read at fixed places the sizes that moves make of it."""
    users = model.users()
    dropped: dict[int, int] = {}
    for index, op in enumerate(model.ops):
        if op.kind not in LAID_OUT or len(op.inputs) != 1:
            continue
        source = op.inputs[0]
        while source in dropped:
            source = dropped[source]
        before = model.ops[source]
        if before.kind == "lookup" and alone(users, op.inputs[0]) == index:
            args = {**before.args, "sizes": op.shape}
            model.ops[source] = replace(before, args=args, shape=op.shape)
            dropped[index] = source
    return model.without(dropped)
