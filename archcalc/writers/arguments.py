"""What the constructor of a class takes, found from the values of its uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.sizes.polynomials import Poly
from archcalc.writers.bodies import values_of
from archcalc.writers.parts import ANYTHING, Class, Given, agree, both

LARGEST_FACTOR = 8
"""An argument is written as a multiple or a part of another up to this."""


class Arguments:
    """Finds the arguments of a class from the values of its uses."""

    def __init__(self, made: Class) -> None:
        self.made = made
        self.params = self.numbers()
        self.is_whole = made.uses[0].group.parent < 0

    def numbers(self) -> dict[str, list[Any]]:
        """Return the params of the block that are plain values, use by use."""
        uses = [values_of(body.group) for body in self.made.uses]
        found: dict[str, list[Any]] = {}
        for name in uses[0]:
            column = [use.get(name) for use in uses]
            if all(isinstance(value, int | float | Poly) for value in column):
                found[name] = column
        return found

    def find(self) -> None:
        """Decide for every value of the class how it is written."""
        columns = list(zip(*self.made.values, strict=True))
        hints = self.made.hints = _hints(self.made, columns)
        for hint, column in zip(hints, map(list, columns), strict=True):
            self.made.given.append(self.given(hint, column))

    def given(self, hint: str, column: list[Any]) -> Given:
        """Return how a value is written that has these values, use by use."""
        needed = [value for value in column if value is not ANYTHING]
        if not needed:
            return Given(None)
        fixed = self.is_whole or not _has_symbol(needed[0])
        if fixed and agree(needed, [needed[0]] * len(needed)):
            return Given(needed[0])
        for known in (self.made.arguments, self.params):
            for name, other in known.items():
                if agree(column, other):
                    return Given(argument=self.take(name, column))
        whole = all(map(_is_whole, needed))
        found = self.scaled(column) if whole else None
        if isinstance(needed[0], Poly) and str(needed[0]).isidentifier():
            hint = str(needed[0])
        return found or Given(argument=self.new(hint, column))

    def scaled(self, column: list[Any]) -> Given | None:
        """Return a value as a multiple of an argument, or as a product of two."""
        known = {**self.params, **self.made.arguments}
        for name, other in known.items():
            for factor in range(2, LARGEST_FACTOR + 1):
                if _follows(column, _times(other, factor)):
                    return Given(argument=self.take(name, known[name]), times=factor)
                if _follows(_times(column, factor), other):
                    return Given(argument=self.take(name, known[name]), over=factor)
        for name, other in known.items():
            for second, more in known.items():
                if name < second and _follows(column, _product(other, more)):
                    return Given(
                        argument=self.take(name, known[name]),
                        other=self.take(second, known[second]),
                    )
        return None

    def take(self, name: str, column: list[Any]) -> str:
        """Return an argument that is there, or a param of the block as a new one."""
        known = self.made.arguments.get(name)
        if known is None:
            self.made.arguments[name] = list(self.params[name])
        else:
            values = zip(known, column, strict=True)
            self.made.arguments[name] = [both(a, b) for a, b in values]
        return name

    def new(self, hint: str, column: list[Any]) -> str:
        """Add an argument with a name of its own."""
        name, number = hint, 1
        while name in self.made.arguments or name in self.params:
            number += 1
            name = f"{hint}_{number}"
        self.made.arguments[name] = list(column)
        return name


def _has_symbol(value: Any) -> bool:
    """Say whether a value, or one in a tuple, is a formula."""
    values = value if isinstance(value, tuple) else (value,)
    return any(isinstance(one, Poly) for one in values)


def _follows(column: list[Any], other: list[Any]) -> bool:
    """Say whether values that are known give each use what it needs."""
    needed = [(a, b) for a, b in zip(column, other, strict=True) if a is not ANYTHING]
    return all(a == b and type(a) is type(b) for a, b in needed)


def _times(column: list[Any], factor: int) -> list[Any]:
    return [value * factor if _is_whole(value) else value for value in column]


def _is_whole(value: Any) -> bool:
    return type(value) is int or isinstance(value, Poly)


def _product(one: list[Any], other: list[Any]) -> list[Any]:
    pairs = zip(one, other, strict=True)
    return [a * b if _is_whole(a) and _is_whole(b) else None for a, b in pairs]


def _hints(made: Class, columns: list[tuple[Any, ...]]) -> list[str]:
    """Return a name for each value, should it become an argument."""
    hints = ["size"] * len(columns)
    for number, part in enumerate(made.parts):
        names: list[str] = []
        if part.form is not None:
            names = list(part.form.names)
        elif part.used is not None:
            names = [*part.used.arguments]
            if part.row:
                names = [*names, *(f"next_{name}" for name in names), "depth"]
        hints[part.places.start : part.places.stop] = names
        for place in part.places:
            if hints[place] == "size" and part.form is not None:
                hints[place] = _field(made, number, columns[place]) or "size"
        if part.optional is not None:
            hints[part.optional] = f"with_{part.branch}"
    return hints


def _field(made: Class, number: int, column: Sequence[Any]) -> str | None:
    """Return the argument of a layer that has these values in all uses."""
    found: list[str] | None = None
    for body, ranges, value in zip(made.uses, made.ranges, column, strict=True):
        items = ranges[number]
        node = body.items[items[0]].node if items else None
        if node is None or value is ANYTHING:
            continue
        equal = [k for k, v in node.layer.items() if type(v) is int and v == value]
        found = equal if found is None else [name for name in found if name in equal]
    return found[0] if found else None
