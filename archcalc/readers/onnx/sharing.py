"""Which operators of a model share their weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archcalc.layers import CATALOGUE
from archcalc.layers.base import Shape
from archcalc.readers.model import UNKNOWN, Model, Op
from archcalc.readers.onnx.values import Value


class Sharing:
    """The first owner of each tensor of a file, while `model` grows.

    `given_on` has the constants that also stand in the model as learned tensors, by
    the number of the operator.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.owners: dict[int, int] = {}
        self.given_on: dict[int, Value] = {}

    def sharing(self, op: Op, read: Sequence[Value | None]) -> Op:
        """Return an operator as one that shares its weights, where it does.

        They are constants that it reads, and are then those of an earlier operator.
        Scales and norms are left alone: exporters write equal ones as one tensor, and
        all those of a network that was never trained are equal.
        """
        if begins_alike(op):
            return op
        index = len(self.model.ops)
        known = [v for v in read if v is not None and not v.scale]
        held = {number for v in known for number, _ in v.origin}
        if not held or not self.weights(op):
            return op
        first = {self.owners.setdefault(number, index) for number in held}
        if len(first) > 1 or index in first:
            return op
        (source,) = first
        alike = self.weights(op) == self.weights(self.model.ops[source])
        return replace(op, share=source) if alike else op

    def weights(self, op: Op) -> list[Shape]:
        """Return the shapes of an operator's weights, in an order of their own."""
        if op.kind == UNKNOWN:
            return [(op.args["learned"],)] if op.args.get("learned") else []
        shapes = [self.model.ops[i].shape for i in op.inputs]
        return sorted(CATALOGUE[op.kind](**op.args).weights(*shapes).values(), key=str)

    def settle(self) -> None:
        """Let learned tensors that are read as steps own what others share of them."""
        ops = self.model.ops
        read = {at for op in ops for at in op.inputs}
        for index, constant in self.given_on.items():
            first = {self.owners.get(number, -1) for number, _ in constant.origin}
            at = max(first) if len(first) == 1 else -1
            owns = index in read and at > index and not begins_alike(ops[at])
            if owns and self.weights(ops[at]) == self.weights(ops[index]):
                ops[at] = replace(ops[at], share=index)


def begins_alike(op: Op) -> bool:
    """Say whether operators of this kind all begin with equal weights: ones, zeros."""
    if op.kind == UNKNOWN:
        return False
    role = CATALOGUE[op.kind].role
    return role in ("norm", "activation") or op.kind in ("layer_scale", "channel_bias")
