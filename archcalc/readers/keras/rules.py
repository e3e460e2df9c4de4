"""How a call of a layer is looked at by its rule, and where rules are registered."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.readers.keras.build import Build, NotKnown
from archcalc.readers.records import Record

Result = int | list[int]


class Call(NamedTuple):
    """One call of a layer: its configuration, what enters, other arguments.

    `given` are the positional arguments as they stand in the file, with the operators
    in the place of tensors (`Tensor`); `kwargs` are those by name.
    """

    build: Build
    kind: str
    config: Record
    xs: list[int]
    given: list[Any]
    kwargs: dict[str, Any]

    @property
    def x(self) -> int:
        """The tensor that enters, where only one may."""
        if not self.xs:
            self.build.wrong("nothing enters it")
        return self.xs[0]

    def first(self) -> bool:
        """Say whether channels come first."""
        return self.config.text("data_format", "channels_last") == "channels_first"

    def several(self, name: str, axes: int, usual: int = 1) -> tuple[int, ...]:
        """Return a whole number for each axis, from one or a list."""
        value = self.config.get(name)
        if value is None:
            value = usual
        if not isinstance(value, list):
            value = [value] * axes
        if len(value) != axes:
            self.config.wrong(f"`{name}` needs {axes} numbers", name)
        return tuple(self.config.size(one, name) for one in value)

    def argument(self, at: int, name: str, usual: Any = None) -> Any:
        """Return an argument of an operation, by its place, its name or its config."""
        if name in self.kwargs:
            return self.kwargs[name]
        if at < len(self.given):
            return self.given[at]
        found = self.config.get(name)
        return usual if found is None else found


class Tensor(NamedTuple):
    """A tensor among the arguments of a call."""

    op: int


Rule = Callable[[Call], Result]
LAYERS: dict[str, Rule] = {}
"""The rule of each layer, by its class."""
OPERATIONS: dict[str, Rule] = {}
"""The rule of each operation without a layer, by its class in small letters."""


def layer(*names: str) -> Callable[[Rule], Rule]:
    """Give layers their rule."""

    def register(rule: Rule) -> Rule:
        LAYERS.update(dict.fromkeys(names, rule))
        return rule

    return register


def operation(*names: str) -> Callable[[Rule], Rule]:
    """Give operations their rule."""

    def register(rule: Rule) -> Rule:
        OPERATIONS.update(dict.fromkeys(names, rule))
        return rule

    return register


def only_if(really: Any, **arguments: Any) -> dict[str, Any]:
    """Return arguments where they differ from what is usual, else none."""
    return arguments if really else {}


def simple(values: tuple[Any, ...]) -> Any:
    """Return one number where all axes have the same."""
    return values[0] if len({*values}) == 1 else values


def near(value: Any) -> Fraction:
    """Return the short fraction that a number was written from: 1/255."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotKnown
    if not abs(value) < 1e30:
        raise NotKnown
    short = Fraction(str(float(f"{float(value):.6g}")))
    if value and not isinstance(value, int):
        turned = Fraction(round(1 / value))
        if turned and abs(1 / turned - Fraction(value)) < abs(Fraction(value)) / 10**9:
            return 1 / turned
    return short
