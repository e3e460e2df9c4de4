"""A call of one of PyTorch's operators, as an exported graph has it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from archcalc.readers.model import Model
from archcalc.readers.onnx.rules import RULES
from archcalc.readers.onnx.sizes import NotKnown
from archcalc.readers.onnx.trace import OPSETS, Result, Trace
from archcalc.readers.onnx.values import Full, Value
from archcalc.wire.messages import File, Node
from archcalc.wire.reading import Wire

NEWEST = OPSETS[-1]


@dataclass(slots=True, frozen=True)
class Learned(Value):
    """A constant: `names` are those of the weights that lead to it, in the module.

    `at` is what the exported graph calls it; `real` says that it has real numbers.
    """

    names: frozenset[str] = frozenset()
    at: str = ""
    real: bool = False


@dataclass(slots=True, frozen=True)
class Stretched(Value):
    """A tensor whose axes of one position were stretched; `narrow` is it before."""

    narrow: Value = field(kw_only=True)


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

    @property
    def tensors(self) -> list[Value]:
        """The tensors that it reads."""
        return [v for v in flat([*self.given.values()]) if isinstance(v, Value)]

    def replaced(self, change: Callable[[str, Value], Value]) -> Call:
        """Return the call with other tensors; `change` gets their names too."""

        def one(name: str, given: Any) -> Any:
            if isinstance(given, Value):
                return change(name, given)
            return [one(name, v) for v in given] if isinstance(given, list) else given

        changed = {name: one(name, value) for name, value in self.given.items()}
        return Call(self.name, changed, self.outputs, self.used)

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


Direct = Callable[["Exported", Node, Call], Result]
DIRECT: dict[str, Direct] = {}
"""Rules of operators that the standard says in another way, or not at all."""


def direct(*names: str) -> Callable[[Direct], Direct]:
    """Give operators a rule of their own."""

    def register(function: Direct) -> Direct:
        DIRECT.update(dict.fromkeys(names, function))
        return function

    return register


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

    @abstractmethod
    def stepped(self, constant: Value) -> Value:
        """Return a constant as a step of its own; a tensor that is one as it is."""

    @abstractmethod
    def worded(self, node: Node, call: Call) -> Result:
        """Return what a call gives by the rules of the standard."""


def several(value: Any, rank: int) -> list[int]:
    """Return a number for each spatial axis."""
    found = [value] if isinstance(value, int) else list(value)
    return found * rank if len(found) == 1 else found


def flat(value: Any) -> list[Any]:
    """Return the values of nested lists in turn."""
    if isinstance(value, list | tuple):
        return [leaf for one in value for leaf in flat(one)]
    return [value]
