"""Reading what a step joins: branches, names of earlier steps, inputs by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.language.argument_reader import ArgumentReader, absent
from archcalc.language.steps import BRANCHES, COPIES, KINDS, Step
from archcalc.layers import CATALOGUE
from archcalc.layers.fields import FieldError
from archcalc.source.parser import Mapping, Scalar, Sequence, Value

StepsReader = Callable[[Value, str], tuple[Step, ...]]


class InputReader:
    """Reads the inputs of steps; `steps` reads a list of steps, or one."""

    def __init__(self, arguments: ArgumentReader, steps: StepsReader) -> None:
        self.arguments = arguments
        self.problems = arguments.problems
        self.steps = steps

    def branches(self, kind: str, key: Value, value: Value | None) -> dict[str, Any]:
        """Read what a layer joins: branches by name, or names of earlier steps."""
        if isinstance(value, Mapping) and value.items:
            read = ((k.text, self._branch(k.text, v)) for k, v in value.items)
            return {"branches": tuple(read)}
        if isinstance(value, Sequence) and value.items:
            return {"sources": self.arguments.references(value)}
        if value is None or not absent(value):
            self.problems.add(
                "AC145",
                f"{kind} joins branches: a mapping of names to steps, "
                "or a list of names",
                key if value is None else value,
            )
        return {}

    def copies(
        self, kind: str, body: Value | None, count: tuple[Scalar, Value]
    ) -> dict[str, Any]:
        """Read what a layer joins as often as `branches` says: one body for all."""
        key, value = count
        read = self.arguments.argument(COPIES, value, BRANCHES)
        if body is None or isinstance(body, Mapping) or absent(body):
            message = f"{kind} with `branches` needs a list of steps, the body of each"
            help = "branches with names of their own have no count"
            self.problems.add("AC145", message, body or key, help)
            return {}
        return {"branches": (("", self.steps(body, kind)),), "copies": read}

    def _branch(self, name: str, value: Value) -> tuple[Step, ...]:
        if isinstance(value, Scalar) and value.text == "identity":
            return ()
        return self.steps(value, f"branch {name}")

    def named(
        self, kind: str, key: Value, given: dict[str, tuple[Scalar, Value]]
    ) -> tuple[tuple[str, Any], ...]:
        """Take the inputs that have names out of the arguments, and read them.

        In the order in which the layer reads them; none where none is given.
        """
        names = [name for name in CATALOGUE[kind].named_inputs if name in given]
        read = {name: self._named(name, given.pop(name)[1]) for name in names}
        if not read:
            return ()
        try:
            wired = CATALOGUE[kind].wired(read)
        except FieldError as error:
            self.problems.add("AC145", error.message, key, error.help)
            return ()
        return tuple((name, read.get(name, ())) for name in wired)

    def _named(self, name: str, value: Value) -> Any:
        """Read an input that has a name: an earlier step's name, or steps."""
        if not isinstance(value, Scalar) or value.text in KINDS:
            return self._branch(name, value)
        return next(iter(self.arguments.references(value)), ())

    def check(
        self, kind: str, key: Scalar, own: dict[str, Any], common: dict[str, Any]
    ) -> None:
        """Note where what joins tensors has none, too few, or two lists of them."""
        listed = [read["sources"] for read in (own, common) if "sources" in read]
        wanted = CATALOGUE[kind].arity
        count = len(own.get("branches") or (listed[0] if listed else ()))
        if wanted == 0 and listed:
            message = f"{kind} reads no tensor"
        elif len(listed) > 1:
            message = f"{kind} has a list of names, and `from` names others"
        elif wanted != 0 and (not count or (wanted is not None and count != wanted)):
            inputs = "branches, or names of steps" if wanted is None else "two inputs"
            message = f"{kind} joins {inputs}: {count or 'none'} is given"
        else:
            return
        beside = "from" if len(listed) > 1 or wanted == 0 else ""
        self.problems.add(
            "AC145", message, self.problems.source.key_beside(key, beside)
        )
