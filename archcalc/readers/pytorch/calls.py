"""A call of one of PyTorch's operators, as an exported graph has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archcalc.readers.model import Model
from archcalc.readers.onnx.messages import File
from archcalc.readers.onnx.rules import RULES
from archcalc.readers.onnx.sizes import NotKnown
from archcalc.readers.onnx.trace import OPSETS, Trace
from archcalc.readers.onnx.values import Full, Value
from archcalc.readers.onnx.wire import Wire

NEWEST = OPSETS[-1]


@dataclass(slots=True, frozen=True)
class Learned(Value):
    """A constant that weights lead to: `names` are theirs in the module."""

    names: frozenset[str] = frozenset()


class Call:
    """A call of an operator in the exported graph: what it reads, what it gives.

    `given` has its arguments by name; those that are tensors are `Value`s.
    """

    def __init__(
        self,
        name: str,
        given: dict[str, Any],
        outputs: list[str],
        used: frozenset[int] = frozenset(),
    ) -> None:
        self.name = name
        self.given = given
        self.outputs = outputs
        self.used = used

    def __getitem__(self, name: str) -> Any:
        return self.given.get(name)

    def value(self, name: str = "input") -> Value:
        """Return an argument that must be a tensor."""
        found = self.given.get(name, self.given.get("self"))
        if not isinstance(found, Value):
            raise NotKnown
        return found

    def size(self, axis: int) -> int:
        """Return the size of an axis of the input, which is a number."""
        found = self.value().sizes[axis]
        if not isinstance(found, int):
            raise NotKnown
        return found

    def axes(self, name: str, rank: int) -> list[int]:
        """Return axes counted from the first."""
        found = self[name]
        found = [found] if isinstance(found, int) else list(found or ())
        return [axis % rank for axis in found]


class Exported(Trace):
    """A walk through a graph in which all sizes are known.

    `full` are the sizes of what the current call makes, `shapes` those of all that it
    makes where it makes several tensors.
    """

    def __init__(self, model: Model) -> None:
        file = File(opsets={"": NEWEST})
        super().__init__(file, Wire(b"", model.name), model, RULES)
        self.full: Full = ()
        self.shapes: list[Full] = []


def several(value: Any, rank: int) -> list[int]:
    """Return a number for each spatial axis."""
    found = [value] if isinstance(value, int) else list(value)
    return found * rank if len(found) == 1 else found
