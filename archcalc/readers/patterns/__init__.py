"""Several operators that are one layer: what exporters take apart is put together.

Each function takes a model and returns one with fewer operators, or the same. Nothing
here knows a format. An operator goes only where nothing else reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import isclose, isfinite, sqrt
from typing import Any

from archcalc.layers.axes import feature_axis
from archcalc.readers.model import UNKNOWN, Model, Op
from archcalc.readers.patterns.attention import merged_attention
from archcalc.readers.patterns.chains import alone, is_arithmetic
from archcalc.readers.patterns.moves import (
    merged_crops,
    merged_lookups,
    merged_moves,
    without_undone_moves,
)
from archcalc.readers.patterns.norms import (
    merged_norms,
    merged_parts_of_norms,
    merged_responses,
)

BIASED = ("linear", "conv", "dwconv", "deconv")
GATES = {"sigmoid": "swish", "hardsigmoid": "hardswish"}


def simplified(model: Model) -> Model:
    """Return a model whose operators are layers as people name them."""
    model = model.reached()
    for step in STEPS:
        model = step(model).reached()
    changed = [at for at in model.outputs if model.ops[at].kind != "input"]
    model.outputs = list(dict.fromkeys(changed))
    return replace_unfinished(model)


def merged_biases(model: Model) -> Model:
    """Give a vector that is added to a matrix product to the product's layer."""
    users, dropped = model.users(), {}
    for index, op in enumerate(model.ops):
        if op.kind != UNKNOWN or op.what != "bias":
            continue
        (source,) = op.inputs
        before = model.ops[source]
        if before.kind in BIASED and alone(users, source) == index:
            model.ops[source] = replace(before, args={**before.args, "bias": True})
            dropped[index] = source
    return model.without(dropped)


def merged_gates(model: Model) -> Model:
    """Find `x · sigmoid(x)` and its kin, written as two or three operators."""
    users = model.users()
    for index, op in enumerate(model.ops):
        if op.kind != "multiply" or len(op.inputs) != 2:
            continue
        for x, gate in (op.inputs, op.inputs[::-1]):
            kind = _gate(model, users, x, gate)
            if kind is not None and alone(users, gate) == index:
                model.ops[index] = replace(op, kind=kind, args={}, inputs=(x,))
                break
    return model


def _gate(model: Model, users: list[list[int]], x: int, gate: int) -> str | None:
    """Return the activation that a tensor times this gate is, if it is one."""
    op = model.ops[gate]
    if op.kind in GATES and op.inputs == (x,):
        return GATES[op.kind]
    if op.kind == "tanh" and alone(users, op.inputs[0]) == gate:
        inner = model.ops[op.inputs[0]]
        if inner.kind == "softplus" and inner.inputs == (x,):
            return "mish"
    return None


def merged_gelus(model: Model) -> Model:
    """Find `x/2 · (1 + erf(x/√2))`, however its factors are ordered."""
    users = model.users()
    for index, op in enumerate(model.ops):
        if not is_arithmetic(op, "Erf"):
            continue
        divided = model.ops[op.inputs[0]]
        if not is_arithmetic(divided, "Div", "Mul"):
            continue
        number = divided.args.get("number", 0)
        wanted = sqrt(2) if divided.what == "Div" else 1 / sqrt(2)
        end = _gelu_end(model, users, index, divided.inputs[0])
        if end is not None and isclose(number, wanted, rel_tol=1e-3):
            x, last = divided.inputs[0], model.ops[end]
            model.ops[end] = replace(last, kind="gelu", args={}, inputs=(x,), what="")
    return model


def _gelu_end(model: Model, users: list[list[int]], erf: int, x: int) -> int | None:
    """Return the last operator of an exact GELU whose error function this is."""
    one = alone(users, erf)
    if one is None or not is_arithmetic(model.ops[one], "Add"):
        return None
    product, halved, at = False, False, one
    half = [
        i
        for i in users[x]
        if i >= 0 and is_arithmetic(model.ops[i], "Mul") and _halves(model.ops[i])
    ]
    for _ in range(2):
        after = alone(users, at)
        if after is None:
            break
        op = model.ops[after]
        if op.kind == "multiply" and not product and {x, *half} & {*op.inputs}:
            product, at = True, after
            halved = halved or x not in op.inputs
        elif is_arithmetic(op, "Mul") and _halves(op) and not halved:
            halved, at = True, after
        else:
            break
    return at if product and halved else None


def _halves(op: Op) -> bool:
    return isclose(op.args.get("number", 0), 0.5)


def classified(model: Model) -> Model:
    """Call a linear layer of a vector `fc`, which flattens what enters."""
    users = model.users()
    dropped: dict[int, int] = {}
    for index, op in enumerate(model.ops):
        if op.kind != "linear" or len(op.shape) != 1:
            continue
        model.ops[index] = replace(op, kind="fc")
        (source,) = op.inputs
        before = model.ops[source]
        whole = before.kind == "flatten" and len(before.shape) == 1
        if whole and alone(users, source) == index:
            dropped[source] = before.inputs[0]
    return model.without(dropped)


STEPS: tuple[Callable[[Model], Model], ...] = (
    merged_parts_of_norms,
    merged_responses,
    merged_biases,
    merged_gates,
    merged_gelus,
    without_undone_moves,
    merged_attention,
    merged_lookups,
    merged_moves,
    merged_crops,
    merged_norms,
    classified,
)


def is_feature(op: Op) -> bool:
    """Say whether a bias has a number for each feature of what it is added to."""
    return bool(op.args["learned"] == op.shape[feature_axis(op.shape)])


FUNCTIONS = {
    "Abs": "abs",
    "Exp": "exp",
    "Log": "log",
    "Sqrt": "sqrt",
    "Erf": "erf",
    "Sin": "sin",
    "Cos": "cos",
    "Reciprocal": "reciprocal",
}
"""Functions of each value, by their names in ONNX."""


def _elementwise(op: Op) -> tuple[str, dict[str, Any]] | None:
    """Return the layer of arithmetic on one tensor and perhaps a number."""
    if op.what in FUNCTIONS:
        return FUNCTIONS[op.what], {}
    if op.what == "Neg":
        return "times", {"by": Fraction(-1)}
    number = op.args.get("number")
    if not isinstance(number, int | float) or not isfinite(number):
        return None
    value = Fraction(f"{number:.6g}")
    if op.what == "Pow" and value == 2:
        return "square", {}
    if op.what == "Mul" and value:
        return "times", {"by": value}
    if op.what == "Div" and value:
        whole = value.denominator == 1
        return "times", {"by": 1 / value if whole else Fraction(f"{1 / number:.6g}")}
    if op.what == "Add":
        return "plus", {"term": value}
    return None


def replace_unfinished(model: Model) -> Model:
    """Give arithmetic that no pattern took its own layer, or drop what it needed."""
    names = {"bias": "Add"}
    for index, op in enumerate(model.ops):
        if op.what == "bias" and is_feature(op):
            model.ops[index] = replace(op, kind="channel_bias", args={}, what="")
            continue
        if op.kind == UNKNOWN and "learned" not in op.args:
            found = _elementwise(op)
            if found is not None:
                kind, args = found
                model.ops[index] = replace(op, kind=kind, args=args, what="")
                continue
        if op.kind == UNKNOWN:
            what = names.get(op.what, op.what)
            args = {k: v for k, v in op.args.items() if k != "number"}
            if op.what in names:
                args["op"] = what
            model.ops[index] = replace(op, args=args, what=what)
    return model
