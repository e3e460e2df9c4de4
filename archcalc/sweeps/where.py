"""Constraints on the rows of a sweep, read once and asked of every row."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

from archcalc.errors import UsageError
from archcalc.sizes.expressions import Expression, ExpressionError
from archcalc.sweeps.values import SweepRow, condition

Test = Callable[[SweepRow], bool]
Value = Callable[[SweepRow], Any]
COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
COMPUTED: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}


def where_test(
    text: str,
    columns: Sequence[str],
    axes: Mapping[str, Sequence[Any]],
    figures: Collection[str] = (),
) -> Test:
    """Return what says whether a row meets a constraint; one without a figure does not.

    Comparisons of numbers, the usual case, are put together from the operators of whole
    numbers and fractions; all else asks the expression. Raises `UsageError` AC581 for
    a constraint that cannot be read, and for one that turns out to be none on a row.
    """
    read = condition(text, columns, figures)
    numbers = {
        name: place
        for place, name in enumerate(columns)
        if name != "top1"
        and all(type(v) in (int, Fraction) for v in axes.get(name, ()))
    }
    quick = _Quick(read.text, numbers).test()
    return quick or _asked(text, read, columns)


def _asked(text: str, read: Expression, columns: Sequence[str]) -> Test:
    """Return a test that evaluates the expression on every row."""
    places = [(name, columns.index(name)) for name in sorted(read.names)]

    def test(row: SweepRow) -> bool:
        given = {name: row[place] for name, place in places}
        if None in given.values():
            return False
        try:
            value = read.evaluate(given)
        except ExpressionError as error:
            raise UsageError.of(
                "AC581", f"{text!r}: {error.message}", help=error.help
            ) from None
        if isinstance(value, bool):
            return value
        message = f"{text!r} gives {value}, which is not a condition"
        raise UsageError.of("AC581", message, help=f'compare it: "{text} <= 600M"')

    return test


class _Quick:
    """Puts a test together for comparisons of numbers; None for any other text."""

    # An expression checks types and limits at each operation. Where every column is a
    # number and every operation exact, the operators of int and Fraction give the same
    # answer, so the tree is turned once into functions of a row.

    def __init__(self, text: str, numbers: Mapping[str, int]) -> None:
        self.text = " ".join(text.split())
        self.numbers = numbers

    def test(self) -> Test | None:
        """Return the test of the whole text."""
        return self.truth(ast.parse(self.text, mode="eval").body)

    def truth(self, node: ast.expr) -> Test | None:
        """Return what says whether a condition holds."""
        if isinstance(node, ast.BoolOp):
            first, *others = map(self.truth, node.values)
            for other in others:
                first = first and other and _joined(node.op, first, other)
            return first
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self.comparison(node)
        return None

    def comparison(self, node: ast.Compare) -> Test | None:
        compare = COMPARED.get(type(node.ops[0]))
        left, right = self.value(node.left), self.constant(node.comparators[0])
        if compare is None or left is None:
            return None
        ask, get = compare, left
        if right is not None:
            limit = right
            return lambda row: ask(get(row), limit)
        other = self.value(node.comparators[0])
        if other is None:
            return None
        also = other
        return lambda row: ask(get(row), also(row))

    def value(self, node: ast.expr) -> Value | None:
        """Return what gives a number of a row."""
        if isinstance(node, ast.Name) and node.id in self.numbers:
            return operator.itemgetter(self.numbers[node.id])
        number = self.constant(node)
        if number is not None:
            return lambda _: number
        if not isinstance(node, ast.BinOp) or type(node.op) not in COMPUTED:
            return None
        compute = COMPUTED[type(node.op)]
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        a, b = left, right
        return lambda row: compute(a(row), b(row))

    def constant(self, node: ast.expr) -> int | Fraction | None:
        """Return a number that stands in the text."""
        return number_in(node, self.text)


def number_in(node: ast.expr, text: str) -> int | Fraction | None:
    """Return a number from its own digits, a whole one as an integer, else None."""
    if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
        return None
    number = Fraction(ast.get_source_segment(text, node) or "0")
    return int(number) if number.denominator == 1 else number


def _joined(how: ast.boolop, a: Test, b: Test) -> Test:
    if isinstance(how, ast.And):
        return lambda row: a(row) and b(row)
    return lambda row: a(row) or b(row)
