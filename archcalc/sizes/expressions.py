"""Arithmetic in the numeric fields of a spec: a whitelist over Python's `ast`.

    whole numbers and decimals (exact: 0.25 is 1/4), names, + - * / // % **
    == != < <= > >=, and or not, a if condition else b
    floor ceil round round8 min max
    widths[i] (an item of a list, from 1 on), len(widths)
    h of l4 (a size of another step, by the name "h of l4")
    'words' beside == and != only

`/` is exact. `round` takes halves to the even number, as Python and the published
model code do; `round8(x, divisor=8)` is MobileNet's `make_divisible`. Nothing else is
computed: no attributes, other calls, lists written out or functions.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from archcalc.errors import nearest
from archcalc.limits import Limits, current
from archcalc.records import dataclass, field
from archcalc.sizes import arithmetic, dims
from archcalc.sizes import terms as t
from archcalc.sizes.arithmetic import Given, MeaninglessError
from archcalc.sizes.dims import Dim, Poly
from archcalc.sizes.expression_scan import (
    ExpressionError,
    replaced,
    scan,
    too_deep,
)
from archcalc.sizes.polynomials import terms_of

__all__ = ["Expression", "ExpressionError", "Given", "parse", "whole"]

Names = Mapping[str, Given]
Run = Callable[[Names], Given]
MOST_NAMES_SHOWN = 12
SHORT, MOST_KNOWN = 60, 1024
"""Arithmetic of so many characters is read once for all files, the last so many."""

BINARY: dict[type[ast.operator], Callable[[Given, Given], Given]] = {
    ast.Add: arithmetic.add,
    ast.Sub: arithmetic.subtract,
    ast.Mult: arithmetic.multiply,
    ast.Div: arithmetic.divide,
    ast.FloorDiv: arithmetic.floor_divide,
    ast.Mod: arithmetic.remainder,
    ast.Pow: arithmetic.power,
}
OF_INTS: dict[type[ast.operator | ast.cmpop], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
OF_NATURALS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
"""Of whole numbers by whole numbers above 0."""
COMPARISONS: dict[type[ast.cmpop], Callable[[Given, Given], bool]] = {
    ast.Eq: arithmetic.equal,
    ast.NotEq: arithmetic.unequal,
    ast.Lt: arithmetic.below,
    ast.LtE: arithmetic.not_above,
    ast.Gt: arithmetic.above,
    ast.GtE: arithmetic.not_below,
}
SIGNS: dict[type[ast.unaryop], Callable[[Given], Given]] = {
    ast.USub: arithmetic.negative,
    ast.UAdd: arithmetic.number,
}
FUNCTIONS: dict[str, tuple[Callable[..., Given], int, int]] = {
    "floor": (arithmetic.floor, 1, 1),
    "ceil": (arithmetic.ceil, 1, 1),
    "round": (arithmetic.nearest_even, 1, 1),
    "round8": (arithmetic.round8, 1, 2),
    "min": (arithmetic.smallest, 2, 99),
    "max": (arithmetic.largest, 2, 99),
    "len": (arithmetic.length, 1, 1),
}
COMPOSED: dict[type[ast.expr], str] = {
    ast.BinOp: "binary",
    ast.UnaryOp: "unary",
    ast.Compare: "comparison",
    ast.BoolOp: "junction",
    ast.IfExp: "choice",
    ast.Call: "call",
    ast.Subscript: "item",
}
"""The method of the reader for what is made of other parts."""


@dataclass(frozen=True)
class Expression:
    """Arithmetic, read once: its text, the names it reads and what it gives.

    `constant` is None where a name is read.
    """

    text: str
    names: frozenset[str]
    constant: Given | None
    _run: Run = field(repr=False, compare=False)
    _limits: Limits = field(repr=False, compare=False)

    def evaluate(self, names: Names) -> Given:
        """Return the value with these names.

        Raises ExpressionError for an unknown name, a division by zero, operands of the
        wrong kind, or a result that does not fit.
        """
        if self.constant is not None:
            return self.constant
        return _fitting(self._run(names), self._limits)


def parse(text: str, limits: Limits | None = None) -> Expression:
    """Return the arithmetic in a text; raise ExpressionError where it is none.

    The limits are those of the network that is being read, if none are given.

    >>> parse("floor(theta*cin)").evaluate({"theta": Fraction(1, 2), "cin": 65})
    32
    """
    limits = limits or current()
    return (_read if len(text) > SHORT else _known)(text, limits)


def _read(text: str, limits: Limits) -> Expression:
    reader = _Reader(text, limits, scan(text, limits))
    try:
        run = reader.read(reader.tree(), 0)
    except RecursionError:
        raise too_deep(0, limits) from None
    constant = None if reader.names else _fitting(run({}), limits)
    return Expression(text, frozenset(reader.names), constant, run, limits)


_known = lru_cache(MOST_KNOWN)(_read)


def _fitting(value: Given, limits: Limits) -> Given:
    bits = limits.number_bits
    if isinstance(value, int) and value.bit_length() <= bits:
        return value
    if arithmetic.bits(value) > bits:
        message = f"the result does not fit in {bits} bits"
        raise ExpressionError(message, 0, limits.raising("number_bits"))
    return value


def whole(value: Given, text: str = "") -> Dim:
    """Return the value as a size; `text` is the arithmetic that gave it.

    A polynomial with fractions is whole under an assumption: `assumes 3 divides C`.
    Raises ExpressionError: "cin/3 = 64/3 is not a whole number".
    """
    before = f"{text} = " if text else ""
    try:
        number = arithmetic.number(value)
    except MeaninglessError as refusal:
        raise ExpressionError(f"{before}{refusal.message}", 0, refusal.help) from None
    if isinstance(number, int):
        return number
    if isinstance(number, Poly):
        scale = t.scale(terms_of(number))
        if scale == 1 or dims.divides(scale, number * scale):
            return number
    raise ExpressionError(
        f"{before}{number} is not a whole number",
        0,
        "`//` divides and rounds down; floor, ceil and round say which way",
    )


Two = Callable[[Given, Given], Given]


def _of_ints(left: Run, right: Run, quick: Callable[..., int], general: Two) -> Run:
    """Return an operation with a short way for whole numbers."""

    def run(names: Names) -> Given:
        a, b = left(names), right(names)
        return quick(a, b) if type(a) is int and type(b) is int else general(a, b)

    return run


def _of_naturals(left: Run, right: Run, quick: Callable[..., int], general: Two) -> Run:
    """Return a division with a short way for whole numbers by those above 0."""

    def run(names: Names) -> Given:
        a, b = left(names), right(names)
        if type(a) is int and type(b) is int and b > 0:
            return quick(a, b)
        return general(a, b)

    return run


class _Reader:
    """Turns one expression into closures, and collects the names that it reads."""

    def __init__(self, text: str, limits: Limits, sizes: Mapping[str, str]) -> None:
        blanks = str.maketrans("\t\r\n", "   ")
        self.text = text
        self.limits = limits
        self.sizes = sizes
        self.names: set[str] = set()
        self.source = replaced(text, sizes).translate(blanks).lstrip()
        self.shift = len(text) - len(text.lstrip())

    def tree(self) -> ast.expr:
        """Return the syntax tree; raise ExpressionError where there is none."""
        try:
            return ast.parse(self.source, mode="eval").body
        except SyntaxError as error:
            column = error.offset - 1 if error.offset else len(self.source)
            message = f"the arithmetic cannot be read: {error.msg}"
            raise ExpressionError(message, self.shift + column) from None
        except MemoryError:  # CPython's word for a tree that is too deep
            raise too_deep(0, self.limits) from None

    def column(self, node: ast.expr) -> int:
        """Return where a node begins in the text, in characters."""
        before = self.source.encode()[: node.col_offset].decode()
        return self.shift + len(before)

    def read(self, node: ast.expr, depth: int) -> Run:
        """Return the closure that computes a node."""
        if depth > self.limits.expression_depth:
            raise too_deep(self.column(node), self.limits)
        match node:
            case ast.Constant(value=int() | float()) if not isinstance(
                node.value, bool
            ):
                return self.literal(node)
            case ast.Name():
                return self.name(node)
        composed = COMPOSED.get(type(node))
        if composed is not None:
            run: Run = getattr(self, composed)(node, depth)
            return run
        raise self.refused(node)

    def refused(self, node: ast.expr) -> ExpressionError:
        """Return the error of a part that arithmetic does not have."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            message = f"the word {node.value!r} can only be compared with == or !="
            return ExpressionError(message, self.column(node))
        size = len(ast.get_source_segment(self.source, node) or "")
        shown = self.text[self.column(node) :][:size] or "this"
        return ExpressionError(f"{shown} is not arithmetic", self.column(node))

    def literal(self, node: ast.Constant) -> Run:
        """Read a number from its own digits: 0.1 is 1/10, not the nearest float."""
        digits = ast.get_source_segment(self.source, node) or ""
        value = t.tidy(Fraction(digits))
        if arithmetic.bits(value) > self.limits.number_bits:
            raise ExpressionError(
                f"a number does not fit in {self.limits.number_bits} bits",
                self.column(node),
                self.limits.raising("number_bits"),
            )
        return lambda _: value

    def name(self, node: ast.Name) -> Run:
        name, column = self.sizes.get(node.id, node.id), self.column(node)
        self.names.add(name)

        def run(names: Names) -> Given:
            try:
                return names[name]
            except KeyError:
                raise _unknown("name", name, names, column) from None

        return run

    def binary(self, node: ast.BinOp, depth: int) -> Run:
        if type(node.op) not in BINARY:
            raise self.refused(node)
        left, right = self.read(node.left, depth), self.read(node.right, depth + 1)
        general = self.placed(BINARY[type(node.op)], node)
        quick = OF_INTS.get(type(node.op))
        if quick is not None:
            return _of_ints(left, right, quick, general)
        quick = OF_NATURALS.get(type(node.op))
        if quick is not None:
            return _of_naturals(left, right, quick, general)
        return lambda names: general(left(names), right(names))

    def placed(
        self, operation: Callable[..., Given], node: ast.expr
    ) -> Callable[..., Given]:
        """Return the operation with the node's column on what it refuses."""
        column = self.column(node)

        def run(*operands: Given) -> Given:
            try:
                return operation(*operands)
            except MeaninglessError as refusal:
                raise ExpressionError(refusal.message, column, refusal.help) from None

        return run

    def unary(self, node: ast.UnaryOp, depth: int) -> Run:
        if isinstance(node.op, ast.Not):
            condition = self.condition(node.operand, depth + 1)
            return lambda names: not condition(names)
        if type(node.op) not in SIGNS:
            raise self.refused(node)
        operand = self.read(node.operand, depth + 1)
        run = self.placed(SIGNS[type(node.op)], node)
        return lambda names: run(operand(names))

    def comparison(self, node: ast.Compare, depth: int) -> Run:
        operands = [node.left, *node.comparators]
        kinds = [type(op) for op in node.ops]
        if not COMPARISONS.keys() >= set(kinds):
            raise self.refused(node)
        runs = []
        for at, operand in enumerate(operands):
            beside = kinds[max(at - 1, 0) : at + 1]
            if _is_word(operand) and set(beside) <= {ast.Eq, ast.NotEq}:
                runs.append(_word(operand))
            else:
                runs.append(self.read(operand, depth + 1))
        asked = [
            _of_ints(a, b, OF_INTS[kind], self.placed(COMPARISONS[kind], node))
            for kind, (a, b) in zip(kinds, pairwise(runs), strict=True)
        ]
        if len(asked) == 1:
            return asked[0]
        return lambda names: all(ask(names) for ask in asked)

    def condition(self, node: ast.expr, depth: int) -> Callable[[Names], bool]:
        """Return a closure that gives True or False, and refuses a number."""
        run, column = self.read(node, depth), self.column(node)

        def check(names: Names) -> bool:
            value = run(names)
            if isinstance(value, bool):
                return value
            message = f"{value} is not a condition"
            raise ExpressionError(message, column, "compare it: `… != 0`")

        return check

    def junction(self, node: ast.BoolOp, depth: int) -> Run:
        parts = [self.condition(part, depth + 1) for part in node.values]
        if isinstance(node.op, ast.And):
            return lambda names: all(part(names) for part in parts)
        return lambda names: any(part(names) for part in parts)

    def item(self, node: ast.Subscript, depth: int) -> Run:
        if isinstance(node.slice, ast.Slice | ast.Tuple):
            raise self.refused(node)
        listed, place = self.read(node.value, depth + 1), self.read(node.slice, depth)
        placed = self.placed(arithmetic.item, node)
        return lambda names: placed(listed(names), place(names))

    def choice(self, node: ast.IfExp, depth: int) -> Run:
        condition = self.condition(node.test, depth + 1)
        yes, no = self.read(node.body, depth + 1), self.read(node.orelse, depth + 1)
        return lambda names: yes(names) if condition(names) else no(names)

    def call(self, node: ast.Call, depth: int) -> Run:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self.refused(node)
        name = node.func.id
        if name not in FUNCTIONS:
            raise _unknown("function", name, FUNCTIONS, self.column(node))
        function, fewest, most = FUNCTIONS[name]
        if not fewest <= len(node.args) <= most:
            need = (
                f"at least {fewest}"
                if most > 2
                else " or ".join(str(n) for n in range(fewest, most + 1))
            )
            message = f"{name} takes {need} values, not {len(node.args)}"
            raise ExpressionError(message, self.column(node))
        runs = [self.read(argument, depth + 1) for argument in node.args]
        placed = self.placed(function, node)
        return lambda names: placed(*(run(names) for run in runs))


def _is_word(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _word(node: ast.expr) -> Run:
    word = str(node.value) if isinstance(node, ast.Constant) else ""
    return lambda _: word


def _unknown(
    what: str, name: str, known: Mapping[str, object], column: int
) -> ExpressionError:
    """Return the error of a name that means nothing here, with the nearest known."""
    near = nearest(name, known)
    others = sorted(known)
    listed = ", ".join(others[:MOST_NAMES_SHOWN])
    more = ", …" if len(others) > MOST_NAMES_SHOWN else ""
    helps = [near] if near else []
    helps += [f"known here: {listed}{more}"] if others else []
    return ExpressionError(f"unknown {what} {name}", column, "; ".join(helps) or None)
