"""Constraints asked of whole columns at once, where no number overflows 64 bits."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from importlib import import_module
from typing import Any

from archcalc.sweeps.packed import UnfitError
from archcalc.sweeps.sampling import taken
from archcalc.sweeps.totals import LARGEST, Columns
from archcalc.sweeps.where import COMPARED, COMPUTED, number_in

Column = Callable[[str], Any]
"""Gives a column by its name, as an array or one number; else `UnfitError`."""


def mask_of(text: str, column: Column) -> Any:
    """Return which rows meet a constraint: an array of truths, or one truth for all.

    `text` has comparisons of whole numbers, joined by `and` and `or`. None for any
    other text, and where a number might not fit in 64 bits: rows are asked one by one.
    """
    words = " ".join(text.split())
    try:
        return _Asked(words, column).truth(ast.parse(words, mode="eval").body)
    except UnfitError:
        return None


class _Asked:
    """Asks a constraint of columns."""

    def __init__(self, text: str, column: Column) -> None:
        self.text = text
        self.column = column

    def truth(self, node: ast.expr) -> Any:
        """Return where a condition holds."""
        if isinstance(node, ast.BoolOp):
            join: Callable[[Any, Any], Any] = (
                _both if isinstance(node.op, ast.And) else _either
            )
            return reduce(join, map(self.truth, node.values))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            compare = COMPARED.get(type(node.ops[0]))
            if compare is not None:
                sides = (node.left, *node.comparators)
                return compare(*map(self.numbers, sides))
        raise UnfitError(self.text)

    def numbers(self, node: ast.expr) -> Any:
        """Return the numbers on a side of a comparison."""
        if isinstance(node, ast.Name):
            return self.column(node.id)
        if isinstance(node, ast.BinOp) and type(node.op) in COMPUTED:
            left, right = self.numbers(node.left), self.numbers(node.right)
            one, other = _largest(left), _largest(right)
            times = isinstance(node.op, ast.Mult)
            if (one * other if times else one + other) <= LARGEST:
                return COMPUTED[type(node.op)](left, right)
        number = number_in(node, self.text)
        if type(number) is int and number <= LARGEST:
            return number
        raise UnfitError(self.text)


def _largest(numbers: Any) -> int:
    """Return the largest size of numbers."""
    if isinstance(numbers, int):
        return abs(numbers)
    return max(int(numbers.max()), -int(numbers.min()))


def _both(one: Any, other: Any) -> Any:
    return one & other


def _either(one: Any, other: Any) -> Any:
    return one | other


def kept_of(
    part: Columns, text: str, axes: Mapping[str, Sequence[Any]], figures: Sequence[str]
) -> Columns | None:
    """Return the rows that meet a constraint; None where `mask_of` gives none.

    Needs numpy.
    """
    np: Any = import_module("numpy")
    names, outer = [*axes, *figures], len(part.before)

    def column(name: str) -> Any:
        place = names.index(name)
        if place < outer:
            return _whole_number(part.before[place])
        if place >= len(axes):
            values = part.figures[place - len(axes)]
            if isinstance(values, list):
                raise UnfitError(name)
            return values[part.begin : part.end]
        values = np.array(list(map(_whole_number, axes[name])), np.int64)
        return values[part.inner[place - outer][part.begin : part.end]]

    mask = mask_of(text, column)
    if mask is None:
        return None
    count = part.end - part.begin
    which = np.flatnonzero(np.broadcast_to(mask, count)) + part.begin
    return Columns(
        part.before,
        [places[which] for places in part.inner],
        [taken(v, which) if isinstance(v, list) else v[which] for v in part.figures],
        0,
        len(which),
    )


def _whole_number(value: Any) -> int:
    """Return a value of an axis; raise `UnfitError` if it is no number of 64 bits."""
    if type(value) is int and abs(value) <= LARGEST:
        return value
    raise UnfitError(value)
