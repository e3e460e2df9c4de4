"""What becomes of weights: a layer holds them, or they are steps of their own."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any, NamedTuple

from archcalc.errors import ShapeError
from archcalc.layers.base import numel
from archcalc.layers.fields import FieldError
from archcalc.readers.model import UNKNOWN, Model, Op
from archcalc.readers.onnx.sizes import Ins, NotKnown
from archcalc.readers.onnx.trace import Result
from archcalc.readers.onnx.values import Full, Value, stripped
from archcalc.readers.pytorch.calls import Call, Exported, Learned
from archcalc.wire.messages import Node

UNFIT = (NotKnown, ShapeError, FieldError, IndexError, TypeError, KeyError, ValueError)
"""What a rule raises where a call is not of its form."""
PICKS = ("index", "index_select", "gather", "take")
"""What takes values of a tensor at fixed places."""
MOVES = {
    *("view", "reshape", "permute", "transpose", "unsqueeze", "squeeze", "flatten"),
    *("contiguous", "clone", "to", "alias", "_unsafe_view", "cat", "stack"),
}
"""What gives all values of its tensors, and computes nothing with them."""
HELD = {"bias", "running_mean", "running_var", "params", "indices"}
"""Arguments that are never steps of their own."""
FIXED = "fixed_tensor"
"""What a tensor is called that is neither learned nor depends on the input."""


class Later(NamedTuple):
    """A call that no input reaches: it is followed where a step reads what it gives."""

    call: Call
    shapes: list[Full]
    modules: tuple[str, ...]


class Followed(Exported):
    """A walk that knows where each weight is held.

    `counted` has the operator that holds a weight first, `as_steps` the constants
    that became steps, and `standing` the weights that these hold. `spread` are weights
    that several calls lead on.
    """

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.modules: tuple[str, ...] = ()
        self.sizes_of: dict[str, int] = {}
        self.counted: dict[str, int] = {}
        self.later: dict[str, Later] = {}
        self.as_steps: dict[str, Value] = {}
        self.standing: dict[str, int] = {}
        self.spread: set[str] = set()

    @abstractmethod
    def ruled(self, node: Node, call: Call) -> Result:
        """Return what a call gives by its rule; raise one of `UNFIT`."""

    def undo(self, before: int) -> None:
        """Drop the operators from a number on, and what is known of them."""
        del self.model.ops[before:]
        self.as_steps = {k: v for k, v in self.as_steps.items() if (v.op or 0) < before}
        self.standing = {k: at for k, at in self.standing.items() if at < before}
        self.counted = {k: at for k, at in self.counted.items() if at < before}

    # -- layers that hold weights ----------------------------------------------------

    def weighed(self, before: int, names: frozenset[str]) -> bool:
        """Say whether new layers have as many weights as the call read, and not again.

        A layer that reads the weights of an earlier one shares them. What stands as a
        step of its own is read from there.
        """
        made = self.model.ops[before:]
        names = frozenset(n for n in names if self.standing.get(n, before) >= before)
        if self.held(made) != sum(self.sizes_of[name] for name in names):
            return False
        first = {self.counted[n] for n in names if self.counted.get(n, before) < before}
        if not first:
            return True
        known = names <= self.counted.keys() and len(first) == len(made) == 1
        (source,) = first if len(first) == 1 else (0,)
        if not known or self.shares.weights(made[0]) != self.shares.weights(
            self.model.ops[source]
        ):
            return False
        self.model.ops[before] = replace(made[0], share=source)
        return True

    def held(self, ops: list[Op]) -> int:
        """Return how many weights operators have in all."""
        sizes = [numel(shape) for op in ops for shape in self.shares.weights(op)]
        return sum(size for size in sizes if isinstance(size, int))

    def count(self, names: frozenset[str], at: int) -> None:
        """Note the operator that holds weights, where none did before."""
        for name in names:
            self.counted.setdefault(name, at)

    # -- constants that are steps ----------------------------------------------------

    def with_steps(
        self, call: Call, fixed: bool = False, weights: bool = False
    ) -> Call:
        """Return a call whose constants are steps: learned ones, or with `fixed` all.

        What is called a weight is one only where `weights` asks for it.
        """

        def change(name: str, value: Value) -> Value:
            if not isinstance(value, Learned) or not value.real or name in HELD:
                return value
            steps = (fixed or value.names) and (weights or name != "weight")
            return self.stepped(value) if steps else value

        return call.replaced(change)

    def stepped(self, constant: Value) -> Value:
        """Return a constant as a step of its own; a tensor that is one as it is."""
        if constant.op is not None:
            return constant
        if not isinstance(constant, Learned):
            raise NotKnown
        key = constant.at
        if key not in self.as_steps:
            before = self.full, self.shapes, self.modules
            try:
                self.as_steps[key] = self._step(constant)
            finally:
                self.full, self.shapes, self.modules = before
        return self.as_steps[key]

    def _step(self, constant: Learned) -> Value:
        if not constant.names:
            return self._source(constant.sizes, UNKNOWN, op=FIXED)
        if constant.at not in self.later:
            return self._parameter(constant)
        later = self.later[constant.at]
        self.modules = later.modules
        found = self._looked_up(constant)
        return self._followed(later, constant) if found is None else found

    def _parameter(self, weight: Learned) -> Value:
        """Append a learned tensor that stands alone."""
        if weight.names & self.counted.keys():
            raise NotKnown
        found = self._source(weight.sizes, "parameter")
        assert found.op is not None
        self._stand(weight.names, found.op)
        return found

    def _looked_up(self, constant: Learned) -> Value | None:
        """Append a table that is read at fixed places, where nothing is computed."""
        call = self.later[constant.at].call
        todo = [call] if call.name in PICKS else []
        while todo:
            for one in todo.pop().tensors:
                if not isinstance(one, Learned) or not one.names:
                    continue
                if one.at in self.as_steps or one.names & self.counted.keys():
                    return None
                if one.at in self.later:
                    before = self.later[one.at].call
                    if before.name not in MOVES:
                        return None
                    todo.append(before)
        total = sum(self.sizes_of[name] for name in constant.names)
        if call.name not in PICKS or total < 1:
            return None
        found = self._source(constant.sizes, "lookup", learned=total)
        assert found.op is not None
        self._stand(constant.names, found.op)
        return found

    def _followed(self, later: Later, constant: Learned) -> Value:
        """Follow the calls that make a constant."""
        node = Node(later.call.name, outputs=later.call.outputs)
        before = len(self.model.ops)
        at = later.call.outputs.index(constant.at) if len(later.shapes) > 1 else 0
        for fixed, weights in ((False, False), (True, False), (True, True)):
            try:
                call = self.with_steps(later.call, fixed, weights)
                self.shapes, self.full = later.shapes, later.shapes[0]
                begin = len(self.model.ops)
                found = self.ruled(node, call)
                one = found[at] if isinstance(found, list) else found
                names = names_in(call.tensors)
                fits = one.sizes == constant.sizes and one.op is not None
                if fits and self.weighed(begin, names):
                    self.count(names, begin)
                    return one
            except UNFIT:
                pass
            self.undo(before)
        live = self.with_steps(later.call).tensors
        self.full = constant.sizes
        return self.unknown_call(node, live, [constant.sizes])[0]

    def _source(self, full: Full, kind: str, **args: Any) -> Value:
        """Append a step that reads nothing; one that is unknown reads the input."""
        batch = 0 if len(full) > 1 and full[0] == 1 else None
        sizes = stripped(full, batch)
        inputs, what = ((0,), FIXED) if kind == UNKNOWN else ((), "")
        op = Op(kind, {"sizes": sizes, **args}, inputs, sizes, self.modules, what)
        return Value(full, self.model.add(op), batch)

    def _stand(self, names: frozenset[str], at: int) -> None:
        self.count(names, at)
        self.standing.update(dict.fromkeys(names, at))

    # -- what no rule knows ----------------------------------------------------------

    def unknown_call(self, node: Node, ins: Ins, shapes: list[Full]) -> list[Value]:
        """Append what no rule knows; its weights are those that no call read before."""
        total = sum(self.sizes_of[name] for name in names_in(ins) - self.counted.keys())
        live: list[Value | None] = [
            v for v in ins if v is not None and v.op is not None
        ]
        learned = [Value((total,), floating=True)] if total > 1 else []
        self.count(names_in(ins), len(self.model.ops))
        found = []
        for at, shape in enumerate(shapes):
            self.full = shape
            given = live if at else [*live, *learned]
            found += self.unknown(Node(node.op, outputs=["out"]), given)
            if learned and not at:  # the others read it, so that it is never left out
                live += found
        return found


def names_in(values: Ins) -> frozenset[str]:
    """Return the weights that lead to values, by their names."""
    learned = (v.names for v in values if isinstance(v, Learned))
    return frozenset[str]().union(*learned)
