"""Torch expressions of layers in the words of a library that is like numpy.

A record of a layer that has no module is a few lines of torch (`Function`). Few words
occur in them; each is said here once, for `keras.ops` and `jax.numpy` alike. What the
two call differently stands in `Library`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from operator import add, mul, sub, truediv
from typing import Any, NamedTuple

from archcalc.layers.records.calls import Function
from archcalc.writers.laid import BATCH, CannotSay, Laid, Moves, place, straight

PLAIN = re.compile(r"\w+|xs\[\d+\]|p\['\w+'\]")
"""Code that needs no name."""
NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": truediv,
    "**": pow,
}
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


class Library(NamedTuple):
    """What a library that is like numpy calls its functions.

    `prefix` is that of functions named as in numpy; `words` are those that are called
    otherwise, with `{x}` for their value and `{axis}` for an axis.
    """

    prefix: str
    words: Mapping[str, str]


class Expressions:
    """Translates one record; `steps` are the statements so far."""

    def __init__(
        self, library: Library, inputs: Sequence[Laid], held: Mapping[str, Laid]
    ) -> None:
        self.library = library
        self.moves = Moves(library.prefix)
        self.inputs = inputs
        self.held = held
        self.known: dict[str, Any] = {}
        self.steps: list[str] = []
        self.count = 0

    def result(self, record: Function) -> Laid:
        """Return what a record gives; raise `CannotSay` for a word that we lack."""
        try:
            statements = ast.parse(record.body).body
        except SyntaxError:  # a formula of params, as people write it
            raise CannotSay("a size that is a formula") from None
        for statement in statements:
            if isinstance(statement, ast.Return) and statement.value is not None:
                return self.laid(self.value(statement.value))
            if not isinstance(statement, ast.Assign):
                raise CannotSay(f"`{ast.unparse(statement).splitlines()[0]}`")
            (target,) = statement.targets
            self.assign(target, self.value(statement.value))
        raise CannotSay("code without a result")

    def assign(self, target: ast.expr, value: Any) -> None:
        """Give names to values; each gets a statement unless it is a name already."""
        if isinstance(target, ast.Tuple):
            for one, part in zip(target.elts, value, strict=True):
                self.assign(one, part)
            return
        assert isinstance(target, ast.Name)
        self.known[target.id] = self.named(value, target.id)

    def named(self, value: Any, name: str = "") -> Any:
        """Return a value as a name, with a statement that gives it that name."""
        if not isinstance(value, Laid) or PLAIN.fullmatch(value.code):
            return value
        if not name:
            self.count += 1
            name = f"parts{self.count if self.count > 1 else ''}"
        self.steps.append(f"{name} = {value.code}")
        return value._replace(code=name)

    def laid(self, value: Any) -> Laid:
        """Return a value as code; a number is one without axes."""
        if isinstance(value, Laid):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Laid(repr(value), (), ())
        raise CannotSay(f"`{value}` in a sum")

    # -- expressions -------------------------------------------------------------------

    def value(self, node: ast.expr) -> Any:
        """Return a value: laid, a number, or a list of those."""
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self.name(node)
            case ast.Tuple() | ast.List():
                return [self.value(one) for one in node.elts]
            case ast.UnaryOp(op=ast.USub()):
                value = self.value(node.operand)
                return negative(value) if isinstance(value, Laid) else -value
            case ast.BinOp():
                return self.binary(node)
            case ast.Subscript():
                return self.part(node)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Call():
                return self.call(node)
        raise CannotSay(f"`{ast.unparse(node)}`")

    def name(self, node: ast.Name) -> Any:
        """Return what a name stands for."""
        if node.id == "x":
            return self.inputs[0]
        if node.id == "xs":
            return [*self.inputs]
        if node.id not in self.known:
            raise CannotSay(f"`{node.id}`")
        return self.known[node.id]

    def binary(self, node: ast.BinOp) -> Any:
        """Return a sum, a product, or a product of matrices."""
        one, other = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.MatMult):
            return self.matmul(one, other)
        sign = OPERATORS.get(type(node.op))
        if sign is None:
            raise CannotSay(f"`{ast.unparse(node)}`")
        if not isinstance(one, Laid) and not isinstance(other, Laid):
            return NUMBERS[sign](one, other)
        left, right, made = self.moves.met(self.laid(one), self.laid(other))
        return made._replace(code=f"({left} {sign} {right})")

    def matmul(self, one: Laid, other: Laid) -> Laid:
        """Return a product of matrices in the last two axes."""
        one, other = self.moves.straightened(one), self.moves.straightened(other)
        shape = (*one.shape[:-1], other.shape[-1])
        code = self.moves.call("matmul", one.code, other.code)
        return Laid(code, shape, straight(len(shape)))

    def attribute(self, node: ast.Attribute) -> Any:
        """Return a weight, or the sizes of a value."""
        if isinstance(node.value, ast.Name) and node.value.id == "p":
            return self.weight(node.attr)
        if node.attr == "shape":
            return [*self.value(node.value).shape]
        raise CannotSay(f"`{ast.unparse(node)}`")

    def weight(self, name: str) -> Laid:
        """Return a parameter or buffer."""
        if name not in self.held:
            raise CannotSay(f"a layer that asks for `{name}`")
        return self.held[name]

    def part(self, node: ast.Subscript) -> Any:
        """Return a part of a value or of a list."""
        if isinstance(node.value, ast.Name) and node.value.id == "p":
            return self.weight(ast.literal_eval(node.slice))
        owner = self.value(node.value)
        index = self.index(node.slice)
        if isinstance(owner, list):
            return owner[index]
        given = index if isinstance(index, list) else [index]
        if Ellipsis in given:
            at = given.index(Ellipsis)
            real = [one for one in given if one is not None and one is not Ellipsis]
            given[at : at + 1] = [slice(None)] * (owner.rank - len(real))
        if any(isinstance(one, Laid) for one in given):
            raise CannotSay("a look-up of computed places")
        return self.moves.cut(owner, given)

    def index(self, node: ast.expr) -> Any:
        """Return an index: slices, numbers and Nones."""
        if isinstance(node, ast.Slice):
            ends = (node.lower, node.upper, node.step)
            return slice(*[None if end is None else self.value(end) for end in ends])
        if isinstance(node, ast.Tuple):
            return [self.index(one) for one in node.elts]
        return self.value(node)

    def call(self, node: ast.Call) -> Any:
        """Return the result of a function or a method."""
        named = {word.arg: word.value for word in node.keywords if word.arg is not None}
        path = ast.unparse(node.func)
        last = path.rpartition(".")[2]
        if unknown := {*named} - KEYWORDS.get(last, frozenset()):
            raise CannotSay(f"`{last}` with {', '.join(sorted(unknown))}")
        if path in FUNCTIONS:
            return FUNCTIONS[path](self, node.args, named)
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            owner = self.value(node.func.value)
            if isinstance(owner, Laid):
                given = [self.value(one) for one in node.args]
                return METHODS[node.func.attr](self, owner, given, named)
        raise CannotSay(f"`{path}`")

    def word(self, name: str, value: Laid, axis: str = "") -> Laid:
        """Return a function of each value, or one along an axis."""
        usual = f"{self.library.prefix}.{name}({{x}})"
        said = self.library.words.get(name, usual)
        return value._replace(code=said.format(x=value.code, axis=axis))

    def along(self, value: Laid, axis: int) -> str:
        """Return an axis as it lies, -1 for the last one."""
        return str(place(axis % value.rank, value.order))

    def reduced(self, name: str, value: Laid, axes: Any, keep: bool) -> Laid:
        """Return a sum, a mean or the largest or smallest value over some axes."""
        several = axes if isinstance(axes, list) else [axes]
        places = sorted(value.axis(axis) for axis in several)
        said = str(places[0]) if len(places) == 1 else str(tuple(places))
        kept = ["keepdims=True"] if keep else []
        code = self.moves.call(name, value.code, f"axis={said}", *kept)
        gone = {axis % value.rank for axis in several}
        if keep:
            shape = tuple(1 if a in gone else s for a, s in enumerate(value.shape))
            return Laid(code, shape, value.order)
        left = [axis for axis in range(value.rank) if axis not in gone]
        order = tuple(left.index(axis) for axis in value.order if axis in left)
        return Laid(code, tuple(value.shape[axis] for axis in left), order)

    def indexed(self, value: Laid, axis: int) -> list[Laid]:
        """Return the parts of a value along an axis, each without it."""
        axis %= value.rank
        value = self.named(value)
        before = [slice(None)] * axis
        return [self.moves.cut(value, [*before, i]) for i in range(value.shape[axis])]

    def pieces(self, value: Laid, sizes: Sequence[int], axis: int) -> list[Laid]:
        """Return a value cut along an axis."""
        axis %= value.rank
        value = self.named(value)
        found, start = [], 0
        for size in sizes:
            first = start or None
            stop = None if start + size == value.shape[axis] else start + size
            index = [*[slice(None)] * axis, slice(first, stop)]
            found.append(self.moves.cut(value, index))
            start += size
        return found


def negative(value: Laid) -> Laid:
    """Return a value with the other sign."""
    return value._replace(code=f"(-{value.code})")


def flag(named: Mapping[str, ast.expr], name: str) -> bool:
    """Return an argument that is true or false, and false where it is not given."""
    return name in named and bool(ast.literal_eval(named[name]))


KEYWORDS = {
    **dict.fromkeys(("mean", "sum", "amax", "amin"), frozenset({"keepdim"})),
    "vector_norm": frozenset({"keepdim"}),
    "pad": frozenset({"value"}),
    "gelu": frozenset({"approximate"}),
    "scaled_dot_product_attention": frozenset({"is_causal", "enable_gqa"}),
}
"""Arguments that are known, by the function; others are refused."""


# -- methods of a tensor ---------------------------------------------------------------

Method = Callable[[Expressions, Laid, list[Any], Mapping[str, ast.expr]], Any]


def _same(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
    return x


def _flatten(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
    first = given[0] if given else 0
    last = given[1] if len(given) > 1 else -1
    return to.moves.flattened(x, first, last)


def _transpose(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
    axes = [*range(x.rank)]
    one, other = (axis % x.rank for axis in given)
    axes[one], axes[other] = axes[other], axes[one]
    return to.moves.permuted(x, axes)


def _movedim(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
    source, target = (axis % x.rank for axis in given)
    axes = [axis for axis in range(x.rank) if axis != source]
    axes.insert(target, source)
    return to.moves.permuted(x, axes)


def _permute(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
    return to.moves.permuted(x, given)


def _unflatten(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
    return to.moves.unflattened(x, *given)


def _reshape(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
    return to.moves.reshaped(x, given)


def _unsqueeze(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
    return to.moves.widened(x, *given)


def _squeeze(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
    return to.moves.narrowed(x, *given)


def _unbind(to: Expressions, x: Laid, given: list[Any], named: Any) -> list[Laid]:
    return to.indexed(x, *given)


def _chunk(to: Expressions, x: Laid, given: list[Any], named: Any) -> list[Laid]:
    count, axis = given
    whole = x.shape[axis % x.rank]
    each = -(-whole // count)
    sizes = [min(each, whole - at) for at in range(0, whole, each)]
    return to.pieces(x, sizes, axis)


def _split(to: Expressions, x: Laid, given: list[Any], named: Any) -> list[Laid]:
    sizes, axis = given
    return to.pieces(x, sizes, axis)


def _over(name: str) -> Method:
    def method(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
        return to.reduced(name, x, given[0], flag(named, "keepdim"))

    return method


def _softmax(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
    return to.word("softmax", x, to.along(x, given[0]))


def _expand(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
    x = to.moves.straightened(x)
    for _ in range(len(given) - x.rank):
        x = x._replace(shape=(1, *x.shape), order=straight(x.rank + 1))
    shape = [o if n == -1 else n for o, n in zip(x.shape, given, strict=True)]
    batch = to.library.words["batch"].format(x=to.inputs[0].code)
    sizes = ", ".join(batch if size == BATCH else str(size) for size in shape)
    code = to.moves.call("broadcast_to", x.code, f"({sizes})")
    return Laid(code, tuple(shape), x.order)


def _each(name: str) -> Method:
    def method(to: Expressions, x: Laid, given: list[Any], named: Any) -> Laid:
        return to.word(name, x)

    return method


METHODS: dict[str, Method] = {
    "contiguous": _same,
    "flatten": _flatten,
    "transpose": _transpose,
    "movedim": _movedim,
    "permute": _permute,
    "unflatten": _unflatten,
    "reshape": _reshape,
    "unsqueeze": _unsqueeze,
    "squeeze": _squeeze,
    "unbind": _unbind,
    "chunk": _chunk,
    "split": _split,
    "mean": _over("mean"),
    "sum": _over("sum"),
    "amax": _over("max"),
    "amin": _over("min"),
    "softmax": _softmax,
    "expand": _expand,
    **{name: _each(name) for name in ("rsqrt", "exp", "sqrt", "abs", "square")},
}


# -- functions -------------------------------------------------------------------------

Given = Sequence[ast.expr]
Named = Mapping[str, ast.expr]


def _cat(to: Expressions, given: Given, named: Named) -> Laid:
    values, axis = [to.value(one) for one in given]
    return to.moves.joined([to.laid(value) for value in values], axis)


def _first(method: Method) -> Callable[[Expressions, Given, Named], Any]:
    def function(to: Expressions, given: Given, named: Named) -> Any:
        values = [to.value(one) for one in given]
        return method(to, to.laid(values[0]), values[1:], named)

    return function


def _pad(to: Expressions, given: Given, named: Named) -> Laid:
    x = to.laid(to.value(given[0]))
    pads = to.value(given[1])
    words = {name: ast.unparse(value) for name, value in named.items()}
    sides = dict.fromkeys(range(x.rank), (0, 0))
    for number in range(len(pads) // 2):
        sides[x.rank - 1 - number] = (pads[2 * number], pads[2 * number + 1])
    x = to.moves.turned(x, x.order if len(x.order) == x.rank else straight(x.rank))
    shape = []
    for axis, size in enumerate(x.shape):
        before, after = sides[axis]
        shape.append(size + before + after if before or after else size)
    cut = [side < 0 for pair in sides.values() for side in pair]
    if any(cut):
        raise CannotSay("`F.pad` that cuts")
    written = ", ".join(f"({sides[a][0]}, {sides[a][1]})" for a in x.order)
    more = [f"constant_values={words['value']}"] if "value" in words else []
    code = to.moves.call("pad", x.code, f"({written})", *more)
    return Laid(code, tuple(shape), x.order)


def _attention(to: Expressions, given: Given, named: Named) -> Laid:
    """Return attention; torch has heads before positions, others behind them."""
    values = [to.laid(to.value(one)) for one in given]
    if any(value.rank != 4 for value in values):
        raise CannotSay("attention with several axes of positions")
    laid = [to.moves.turned(value, (0, 2, 1, 3)) for value in values]
    q, k, v = laid
    if q.shape[1] != k.shape[1]:
        times = q.shape[1] // k.shape[1]
        k, v = (
            one._replace(
                code=to.moves.call("repeat", one.code, str(times), "axis=2"),
                shape=(one.shape[0], q.shape[1], *one.shape[2:]),
            )
            for one in (k, v)
        )
    more = ", is_causal=True" if flag(named, "is_causal") else ""
    said = to.library.words["attention"]
    code = said.format(q=q.code, k=k.code, v=v.code, more=more)
    return Laid(code, (*q.shape[:-1], v.shape[-1]), q.order)


def _silu(to: Expressions, given: Given, named: Named) -> Laid:
    return to.word("silu", to.value(given[0]))


def _gelu(to: Expressions, given: Given, named: Named) -> Laid:
    exact = "approximate" not in named
    return to.word("gelu" if exact else "gelu by tanh", to.value(given[0]))


def _length(to: Expressions, given: Given, named: Named) -> Laid:
    x, power, axes = (to.value(one) for one in given)
    if power != 2:
        raise CannotSay("a norm of another power than 2")
    squares = to.word("square", x)
    summed = to.reduced("sum", squares, axes, flag(named, "keepdim"))
    return to.word("sqrt", summed)


def _addcmul(to: Expressions, given: Given, named: Named) -> Laid:
    base, one, other = (to.laid(to.value(value)) for value in given)
    left, right, made = to.moves.met(one, other)
    product = made._replace(code=f"({left} * {right})")
    left, right, made = to.moves.met(base, product)
    return made._replace(code=f"({left} + {right})")


FUNCTIONS: dict[str, Callable[[Expressions, Given, Named], Any]] = {
    "torch.cat": _cat,
    "torch.flatten": _first(_flatten),
    "torch.square": _first(_each("square")),
    "torch.rsqrt": _first(_each("rsqrt")),
    "torch.linalg.vector_norm": _length,
    "torch.addcmul": _addcmul,
    "F.pad": _pad,
    "F.silu": _silu,
    "F.gelu": _gelu,
    "F.scaled_dot_product_attention": _attention,
}
