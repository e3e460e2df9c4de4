"""Values of constants, worked out where sizes depend on them: shapes, indices, bounds.

Values stand in a row, in which the last axis runs fastest. A size that is a name stays
one, so that `Shape`, arithmetic and `Concat` give sizes with names. No weight comes
here: only constants of few values are known at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from archcalc.readers.onnx import sizes
from archcalc.readers.onnx.sizes import Ins, NotKnown, needed
from archcalc.readers.onnx.values import Full, count
from archcalc.wire.messages import MOST_VALUES, Node, Tensor

WHOLE = {2, 3, 4, 5, 6, 7, 12, 13}
"""Data types of whole numbers, as `TensorProto.DataType` of onnx.proto has them."""
BOOLEAN = 9
"""The data type of truth values there."""
LARGEST_POWER = 64
"""The largest exponent that is worked out."""


def _values(ins: Ins, at: int) -> Sequence[Any]:
    """Return the values of an input; raise `NotKnown` where they are not."""
    data = needed(ins, at).data
    if data is None:
        raise NotKnown
    return data


def _strides(shape: Sequence[int]) -> list[int]:
    """Return how many values apart the positions of each axis lie."""
    found, step = [], 1
    for size in reversed(shape):
        found.append(step)
        step *= size
    return found[::-1]


def _places(shape: Sequence[int], steps: Sequence[int], at: int = 0) -> Iterator[int]:
    """Yield the place of every value of a tensor whose axes lie `steps` apart."""
    if not shape:
        yield at
        return
    for index in range(shape[0]):
        yield from _places(shape[1:], steps[1:], at + index * steps[0])


def _whole(shape: Full) -> list[int]:
    """Return sizes as plain numbers; raise `NotKnown` for names and for too many."""
    found = [n for n in shape if isinstance(n, int)]
    if len(found) < len(shape) or math.prod(found) > MOST_VALUES:
        raise NotKnown
    return found


def _spread(ins: Ins, at: int, shape: Sequence[int]) -> list[Any]:
    """Return the values of an input, repeated up to a shape."""
    own, data = _whole(needed(ins, at).sizes), _values(ins, at)
    missing = len(shape) - len(own)
    steps = [0] * missing + [
        0 if size == 1 else step for size, step in zip(own, _strides(own), strict=True)
    ]
    return [data[place] for place in _places(shape, steps)]


def _divided(a: Any, b: Any) -> Any:
    """Divide as ONNX does: whole numbers towards 0."""
    if b == 0:
        raise NotKnown
    if isinstance(a, float) or isinstance(b, float):
        return a / b
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return a // b


def _remainder(a: Any, b: Any) -> Any:
    if not isinstance(a, int) or not isinstance(b, int) or b == 0:
        raise NotKnown
    return a % b


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    """Return a comparison that raises `NotKnown` for sizes with names."""

    def compare(a: Any, b: Any) -> Any:
        if not isinstance(a, int | float) or not isinstance(b, int | float):
            raise NotKnown
        return test(a, b)

    return compare


def _power(a: Any, b: Any) -> Any:
    small = isinstance(a, int | float) and isinstance(b, int | float)
    if not small or abs(b) > LARGEST_POWER:
        raise NotKnown
    if (a == 0 and b < 0) or (a < 0 and b != int(b)):  # no real number
        raise NotKnown
    return a**b


PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": _divided,
    "Mod": _remainder,
    "Pow": _power,
    "Min": _compared(min),
    "Max": _compared(max),
    "Equal": _compared(lambda a, b: a == b),
    "Less": _compared(lambda a, b: a < b),
    "LessOrEqual": _compared(lambda a, b: a <= b),
    "Greater": _compared(lambda a, b: a > b),
    "GreaterOrEqual": _compared(lambda a, b: a >= b),
    "And": lambda a, b: bool(a) and bool(b),
    "Or": lambda a, b: bool(a) or bool(b),
}
SINGLE: dict[str, Callable[[Any], Any]] = {
    "Neg": lambda a: -a,
    "Not": lambda a: not a,
    "Abs": abs,
    "Floor": lambda a: float(math.floor(a)),
    "Ceil": lambda a: float(math.ceil(a)),
    "Sqrt": math.sqrt,
    "Round": lambda a: float(round(a)),
    "Reciprocal": lambda a: _divided(1.0, a),
}
REDUCERS: dict[str, Callable[[list[Any]], Any]] = {
    "ReduceProd": lambda values: count(values),
    "ReduceSum": sum,
    "ReduceMax": max,
    "ReduceMin": min,
}


def evaluated(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    """Return the values of a constant operator; raise `NotKnown` where they are not."""
    op = node.op
    if op in PAIRS and len(ins) == 2:
        plain = _whole(shape)
        a, b = _spread(ins, 0, plain), _spread(ins, 1, plain)
        return [PAIRS[op](x, y) for x, y in zip(a, b, strict=True)]
    if op in SINGLE:
        return [SINGLE[op](value) for value in _values(ins, 0)]
    if op in REDUCERS and len(needed(ins, 0).sizes) <= 1:
        return [REDUCERS[op](list(_values(ins, 0)))]
    rule = OTHERS.get(op)
    if rule is None:
        raise NotKnown
    return rule(node, ins, shape)


def _first(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    return _values(ins, 0)


def _cast(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    data, wanted = _values(ins, 0), node.attributes.get("to")
    if wanted in WHOLE:
        return [int(v) if isinstance(v, int | float) else v for v in data]
    if wanted == BOOLEAN:
        return [bool(v) for v in data]
    return [float(v) if type(v) is int else v for v in data]


def _shape(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    x = needed(ins, 0)
    start, stop = sizes.span(node, x.rank)
    return list(x.sizes[start:stop])


def _size(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    return [count(needed(ins, 0).sizes)]


def _concat(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    if len(shape) != 1:
        raise NotKnown
    return [value for at in range(len(ins)) for value in _values(ins, at)]


def _gather(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    x, index = needed(ins, 0), needed(ins, 1).numbers
    if x.rank != 1 or index is None:
        raise NotKnown
    data = _values(ins, 0)
    if not all(-len(data) <= i < len(data) for i in index):
        raise NotKnown
    return [data[i] for i in index]


def _slice(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    data, own = _values(ins, 0), _whole(needed(ins, 0).sizes)
    steps, at = _strides(own), 0
    for axis, start, _, step in sizes.bounds(node, ins):
        at += start * steps[axis]
        steps[axis] *= step
    return [data[place] for place in _places(_whole(shape), steps, at)]


def _filled(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    tensor = node.attributes.get("value")
    value = tensor.values() if isinstance(tensor, Tensor) else [0.0]
    if not value:
        raise NotKnown
    return [value[0]] * math.prod(_whole(shape))


def _range(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    (steps,) = _whole(shape)
    start, step = needed(ins, 0).number, needed(ins, 2).number
    return [start + i * step for i in range(steps)]


def _expand(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    return _spread(ins, 0, _whole(shape))


def _where(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    plain = _whole(shape)
    test, yes, no = (_spread(ins, at, plain) for at in range(3))
    return [y if t else n for t, y, n in zip(test, yes, no, strict=True)]


def _transpose(node: Node, ins: Ins, shape: Full) -> Sequence[Any]:
    x = needed(ins, 0)
    steps = _strides(_whole(x.sizes))
    data = _values(ins, 0)
    moved = [steps[axis] for axis in sizes.order(node, x)]
    return [data[place] for place in _places(_whole(shape), moved)]


OTHERS: dict[str, Callable[[Node, Ins, Full], Sequence[Any]]] = {
    **dict.fromkeys(["Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten"], _first),
    "Cast": _cast,
    "Shape": _shape,
    "Size": _size,
    "Concat": _concat,
    "Gather": _gather,
    "Slice": _slice,
    "ConstantOfShape": _filled,
    "Range": _range,
    "Expand": _expand,
    "Where": _where,
    "Transpose": _transpose,
}
