"""A layer's record with its numbers taken out, so that like ones are one text.

`template` splits a record into a *form*, which is the same for all layers that are
written alike, and its *values*, which a class may take as arguments. Expressions stay
syntax trees, so that names are put in by the parser and never by pasting text.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

from archcalc.layers.records.calls import Call, Function, Module
from archcalc.sizes.polynomials import Poly
from archcalc.writers.language import Language


class Form(NamedTuple):
    """A record without its values.

    `names` are what the values are called, as far as the language names them. Of a
    module, `target` is its dotted name; the first `positional` values are given by
    position and the next `keywords` by name. Of an expression, `body` is its code with
    `_0`, `_1`, … for the values. `before` and `after` are the code around a module,
    with values of their own. `params` and `buffers` are those of an expression, each
    with its number of axes; their sizes come last among the values. `wrap` is code
    around the making of a module, `filled` code for what is in a buffer, if not zeros.
    """

    target: str
    names: tuple[str, ...]
    positional: int = 0
    keywords: int = 0
    body: str = ""
    before: str | None = None
    after: str | None = None
    params: tuple[tuple[str, int], ...] = ()
    buffers: tuple[tuple[str, int], ...] = ()
    filled: tuple[tuple[str, str], ...] = ()
    wrap: str = "{}"
    trains: bool = False

    @property
    def held(self) -> tuple[tuple[str, int], ...]:
        """The parameters and buffers of an expression, each with its number of axes."""
        return (*self.params, *self.buffers)


class Filled(NamedTuple):
    """A form with the values of one layer."""

    form: Form
    values: tuple[Any, ...]


def template(record: Call, language: Language) -> Filled:
    """Split a record into its form and its values."""
    if isinstance(record, Function):
        return _of_function(record)
    return _of_module(record, language)


def _of_module(record: Module, language: Language) -> Filled:
    """Split a module; arguments that have a default are all given."""
    kind = language.kind(record.target)
    known = language.positions.get(kind, ())
    names = tuple([*known, *["size"] * len(record.args)][: len(record.args)])
    given = {**language.defaults.get(kind, {}), **record.kwargs}
    values = [*record.args, *given.values()]
    texts: list[str | None] = []
    for code in (record.before, record.after):
        if code is None:
            texts.append(None)
            continue
        text, numbers = _without_numbers(code, len(values))
        texts.append(text)
        values += numbers
    extra = ("size",) * (len(values) - len(names) - len(given))
    form = Form(
        record.target,
        (*names, *given, *extra),
        len(names),
        len(given),
        before=texts[0],
        after=texts[1],
        wrap=record.wrap,
    )
    return Filled(form, tuple(values))


def _of_function(record: Function) -> Filled:
    """Split an expression: its numbers and the sizes of its parameters are values."""
    text, numbers = _without_numbers(record.body, 0)
    held = (record.params, record.buffers)
    params, buffers = (
        tuple([(name, len(shape)) for name, shape in shapes.items()]) for shapes in held
    )
    sizes = [size for shapes in held for shape in shapes.values() for size in shape]
    filled: list[tuple[str, str]] = []
    for name, code in record.filled.items():
        made, more = _without_numbers(code, len(numbers))
        numbers = (*numbers, *more)
        filled.append((name, made))
    values = (*numbers, *sizes)
    form = Form(
        "",
        ("size",) * len(values),
        body=text,
        params=params,
        buffers=buffers,
        filled=tuple(filled),
        trains=record.trains,
    )
    return Filled(form, values)


@lru_cache(maxsize=4096)
def _without_numbers(code: str, first: int) -> tuple[str, tuple[Any, ...]]:
    """Return code with a name for each number, `_3` on, and the numbers."""
    tree = ast.parse(code)
    taker = _Taker(first)
    text = ast.unparse(taker.visit(tree))
    return text, tuple(taker.values)


class _Taker(ast.NodeTransformer):
    """Puts a name in the place of each number."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.values: list[Any] = []

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "xs":
            return node  # which input is read is no value
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return node
        self.values.append(node.value)
        return ast.Name(f"_{self.first + len(self.values) - 1}", ast.Load())


def put_in(code: str, names: dict[str, ast.expr]) -> list[ast.stmt]:
    """Return code as statements with expressions in the place of names."""
    tree = ast.parse(code)
    return _Putter(names).visit(tree).body  # type: ignore[no-any-return]


class _Putter(ast.NodeTransformer):
    """Puts expressions in the place of names: `x`, `xs[1]`, `p['weight']`, `_3`."""

    def __init__(self, names: dict[str, ast.expr]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.names.get(node.id, node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        owner, at = node.value, node.slice
        given = self.names.get(owner.id) if isinstance(owner, ast.Name) else None
        if isinstance(given, ast.List):
            return _some(given, at)
        if isinstance(given, ast.Dict) and isinstance(at, ast.Constant):
            return _entry(given, at.value)
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        owner = node.value
        if isinstance(owner, ast.Name) and owner.id == "p":
            given = self.names["p"]
            if node.attr == "training" or not isinstance(given, ast.Dict):
                return self.names["training"]
            return _entry(given, node.attr)
        return self.generic_visit(node)  # type: ignore[return-value]


def _entry(given: ast.Dict, name: object) -> ast.expr:
    """Return what a dictionary that is written out has for a name."""
    keys = [key.value for key in given.keys if isinstance(key, ast.Constant)]
    return given.values[keys.index(str(name))]


def _some(given: ast.List, at: ast.expr) -> ast.expr:
    """Return an element of a list that is written out, or several as a tuple."""
    if isinstance(at, ast.Slice):
        ends = [
            None if e is None else ast.literal_eval(e) for e in (at.lower, at.upper)
        ]
        return ast.Tuple(given.elts[slice(*ends)], ast.Load())
    chosen: ast.expr = given.elts[ast.literal_eval(at)]
    return chosen


def literal(value: Any) -> ast.expr:
    """Return a value as an expression."""
    if isinstance(value, Poly):
        return ast.parse(value.python(), mode="eval").body
    if isinstance(value, tuple):
        return ast.Tuple([literal(one) for one in value], ast.Load())
    if isinstance(value, float) and not isfinite(value):
        return ast.parse(f"float({str(value)!r})", mode="eval").body
    return ast.parse(repr(value), mode="eval").body
