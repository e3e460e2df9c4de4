"""Several operators that are one layer: what exporters take apart is put together.

Each function takes a model and returns one with fewer operators, or the same. Nothing
here knows a format. An operator goes only where nothing else reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import isclose, isfinite, prod, sqrt
from typing import Any

from archcalc.layers.axes import feature_axis
from archcalc.readers.model import UNKNOWN, Model, Op

BIASED = ("linear", "conv", "dwconv", "deconv")
MOVING = ("reshape", "transpose", "permute", "flatten", "slice", "split", "token")
LAID_OUT = ("reshape", "transpose", "permute", "flatten")
GATES = {"sigmoid": "swish", "hardsigmoid": "hardswish"}
LONGEST_CHAIN = 16


def simplified(model: Model) -> Model:
    """Return a model whose operators are layers as people name them."""
    model = model.reached()
    for step in STEPS:
        model = step(model).reached()
    changed = [at for at in model.outputs if model.ops[at].kind != "input"]
    model.outputs = list(dict.fromkeys(changed))
    return replace_unfinished(model)


def alone(users: list[list[int]], index: int) -> int | None:
    """Return the one operator that reads an operator, None for others."""
    found = users[index]
    return found[0] if len(found) == 1 and found[0] >= 0 else None


def is_arithmetic(op: Op, *names: str) -> bool:
    """Say whether an operator is arithmetic of one of these names without a layer."""
    return op.kind == UNKNOWN and op.what in names and len(op.inputs) == 1


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


def merged_attention(model: Model) -> Model:
    """Find attention of packed queries, keys and values: one layer, or in its parts."""
    users = model.users()
    for index, op in enumerate(model.ops):
        if op.kind == "attention":
            packed = _packed(model, op.inputs[:3])
            if packed is not None:
                model.ops[index] = replace(op, inputs=(packed, *op.inputs[3:]))
        elif op.kind == "softmax":
            found = _attention(model, users, index)
            if found is not None:
                end, packed, args = found
                last = model.ops[end]
                model.ops[end] = Op("attention", args, (packed,), last.shape, last.path)
    return model


def _packed(model: Model, inputs: tuple[int, ...]) -> int | None:
    """Return what has queries, keys and values of attention side by side."""
    ops = model.ops
    sources = {_through(model, at, MOVING)[0] for at in inputs}
    if len({*inputs}) < 3 or len(sources) > 1:
        return None
    (source,) = sources
    width = sum(ops[at].shape[-1] for at in inputs)
    whole = (*ops[inputs[0]].shape[:-1], width)
    return source if ops[source].shape == whole else None


def _attention(
    model: Model, users: list[list[int]], softmax: int
) -> tuple[int, int, dict[str, Any]] | None:
    """Return the last operator, the packed linear layer, and the arguments."""
    ops = model.ops
    scores, factor = _through(model, ops[softmax].inputs[0], ())
    second = alone(users, softmax)
    if ops[scores].kind != "matmul" or second is None or ops[second].kind != "matmul":
        return None
    weights, values = ops[second].inputs
    if weights != softmax:
        return None
    read = [_through(model, i, MOVING) for i in (*ops[scores].inputs, values)]
    packed, factors = {at for at, _ in read}, [factor, *(by for _, by in read[:2])]
    shape = ops[scores].shape
    if len(packed) != 1 or len(shape) not in (2, 3) or read[2][1] != 1:
        return None
    (source,) = packed
    heads = shape[0] if len(shape) == 3 else 1
    whole = ops[source].shape
    width = ops[ops[scores].inputs[0]].shape[-1]
    features = width * heads
    scaled = _scaled(factors, width)
    if scaled is None or len(whole) != 2 or whole[1] != 3 * features:
        return None
    args = {"heads": heads} | ({} if scaled else {"scale": False})
    end: int | None = second
    for _ in range(LONGEST_CHAIN):
        if end is None or end < 0:
            return None
        if ops[end].shape == (whole[0], features):
            return end, source, args
        end = alone(users, end)
        if end is not None and ops[end].kind not in MOVING:
            return None
    return None


def _scaled(factors: list[float | None], width: Any) -> bool | None:
    """Say whether scores are divided by the root of a head's width; None if by else.

    A factor that the file does not tell is taken for that.
    """
    known = [one for one in factors if one is not None]
    if len(known) < len(factors) or not isinstance(width, int):
        return True
    found = prod(known)
    if isclose(found, width**-0.5, rel_tol=1e-4):
        return True
    return False if isclose(found, 1, rel_tol=1e-4) else None


def _through(
    model: Model, index: int, kinds: tuple[str, ...]
) -> tuple[int, float | None]:
    """Return the operator behind scales and, if asked for, moves of values.

    Also the product of the scales, None where one of them is not known.
    """
    factor: float | None = 1
    for _ in range(LONGEST_CHAIN):
        op = model.ops[index]
        if is_arithmetic(op, "Mul", "Div"):
            number = op.args.get("number")
            if factor is None or not isinstance(number, int | float) or not number:
                factor = None
            else:
                factor = factor * number if op.what == "Mul" else factor / number
        elif op.kind not in kinds:
            break
        index = op.inputs[0]
    return index, factor


def without_undone_moves(model: Model) -> Model:
    """Leave out a move of values that undoes the one before it."""
    dropped: dict[int, int] = {}
    for index, op in enumerate(model.ops):
        if op.kind not in LAID_OUT:
            continue
        (source,) = op.inputs
        while source in dropped:
            source = dropped[source]
        before = model.ops[source]
        if before.kind not in LAID_OUT:
            continue
        begin = before.inputs[0]
        while begin in dropped:
            begin = dropped[begin]
        entering = model.ops[begin].shape
        if op.shape == entering and _undoes(op, before):
            dropped[index] = begin
    return model.without(dropped)


def _undoes(op: Op, before: Op) -> bool:
    """Say whether two moves that follow each other leave values where they were."""
    first, second = (_order(one) for one in (before, op))
    if first is None or second is None:
        return first is second
    return [first[axis] for axis in second] == [*range(len(first))]


def _order(op: Op) -> list[int] | None:
    """Return the order of axes that a move makes; None where values keep theirs."""
    if op.kind in ("reshape", "flatten"):
        return None
    rank = len(op.shape)
    order = [*range(rank)]
    if op.kind == "permute":
        return [*op.args["axes"]]
    one, two = op.args.get("axes", (-2, -1))
    order[one], order[two] = order[two], order[one]
    return order


def merged_moves(model: Model) -> Model:
    """Find `tokens`, `shuffle`, and reshapes that follow each other."""
    users = model.users()
    dropped: dict[int, int] = {}
    for index, op in enumerate(model.ops):
        if len(op.inputs) != 1:
            continue
        source = op.inputs[0]
        before = model.ops[source]
        if alone(users, source) != index or source in dropped or not before.inputs:
            continue
        made = _tokens(model, before, op) or _shuffle(model, users, source, op)
        if made is not None:
            kind, args, x = made
            model.ops[index] = replace(op, kind=kind, args=args, inputs=(x,))
        elif op.kind == before.kind == "reshape":
            dropped[source] = before.inputs[0]
            if model.ops[before.inputs[0]].shape == op.shape:
                dropped[index] = before.inputs[0]
    return model.without(dropped)


def _tokens(model: Model, before: Op, op: Op) -> tuple[str, dict[str, Any], int] | None:
    if before.kind != "flatten" or op.kind != "transpose" or len(op.shape) != 2:
        return None
    x = model.ops[before.inputs[0]]
    if len(x.shape) < 3 or before.args.get("axes") != (1, len(x.shape) - 1):
        return None
    return "tokens", {}, before.inputs[0]


def _shuffle(
    model: Model, users: list[list[int]], source: int, op: Op
) -> tuple[str, dict[str, Any], int] | None:
    """Find channels that are dealt out in turn: reshape, transpose, reshape back."""
    turned = model.ops[source]
    if op.kind not in ("flatten", "reshape") or turned.kind != "transpose":
        return None
    apart = model.ops[turned.inputs[0]]
    if apart.kind != "reshape" or turned.args.get("axes") != (0, 1):
        return None
    if alone(users, turned.inputs[0]) != source:
        return None
    x = model.ops[apart.inputs[0]]
    if x.shape != op.shape or len(apart.shape) != len(x.shape) + 1:
        return None
    return "shuffle", {"groups": apart.shape[0]}, apart.inputs[0]


def merged_norms(model: Model) -> Model:
    """Find a norm of channels that a library takes to the last axis and back."""
    users = model.users()
    dropped: dict[int, int] = {}
    for index, op in enumerate(model.ops):
        if op.kind != "ln" or op.args.get("over") != "last" or len(op.shape) != 3:
            continue
        (first,) = op.inputs
        last = alone(users, index)
        if last is None or alone(users, first) != index:
            continue
        before, after = model.ops[first], model.ops[last]
        moved = before.kind == after.kind == "permute"
        if not moved or before.args["axes"] != (1, 2, 0):
            continue
        if after.args["axes"] == (2, 0, 1):
            args = {k: v for k, v in op.args.items() if k != "over"}
            model.ops[index] = replace(
                op, args=args, inputs=before.inputs, shape=after.shape
            )
            dropped[first], dropped[last] = before.inputs[0], index
    return model.without(dropped)


def merged_parts_of_norms(model: Model) -> Model:
    """Find layer and RMS norms that an older opset writes as nine operators."""
    users = model.users()
    for index, op in enumerate(model.ops):
        if op.kind != UNKNOWN or op.what != "Div" or len(op.inputs) != 2:
            continue
        values, root = op.inputs
        axes = _mean_of_squares(model, root, values)
        shape = op.shape
        if axes is None or axes not in ((len(shape) - 1,), tuple(range(len(shape)))):
            continue
        key, x, args = "rms", values, dict[str, Any]()
        if model.ops[values].kind == "subtract":
            before, mean = model.ops[values].inputs
            key, x = "ln", before
            if _axes_of_mean(model, mean) != axes or model.ops[mean].inputs != (x,):
                continue
        if len(axes) == len(shape) > 1:
            args["over"] = "all"
        elif len(shape) > 2:
            args["over"] = "last"
        end = _scaled_end(model, users, index, shifted=key == "ln")
        if end == index:
            args["affine"] = False
        last = model.ops[end]
        model.ops[end] = replace(last, kind=key, args=args, inputs=(x,), what="")
    return model


def _mean_of_squares(model: Model, root: int, values: int) -> tuple[int, ...] | None:
    """Return the axes over which `√(mean of squares + ε)` is taken of some values."""
    for what in ("Sqrt", "Add"):
        if not is_arithmetic(model.ops[root], what):
            return None
        root = model.ops[root].inputs[0]
    axes = _axes_of_mean(model, root)
    squared = model.ops[model.ops[root].inputs[0]] if axes else None
    if squared is None or squared.inputs != (values,):
        return None
    power = is_arithmetic(squared, "Pow") and squared.args.get("number") == 2
    return axes if power or squared.kind == "square" else None


def _axes_of_mean(model: Model, index: int) -> tuple[int, ...] | None:
    """Return the axes of a mean that stay with one position; None for others."""
    op = model.ops[index]
    if op.kind == "gap":
        return tuple(range(1, len(op.shape)))
    kept = op.kind == "mean" and op.args.get("keep")
    return op.args["axes"] if kept else None


def _scaled_end(model: Model, users: list[list[int]], index: int, shifted: bool) -> int:
    """Return the last operator of a norm: it, or its learned scale and shift."""
    scale = alone(users, index)
    if scale is None or not _featured(model, scale, "layer_scale", "multiply"):
        return index
    if not shifted:
        return scale
    shift = alone(users, scale)
    if shift is None or not _featured(model, shift, "channel_bias", "add"):
        return index
    return shift


def _featured(model: Model, index: int, layer: str, join: str) -> bool:
    """Say whether an operator scales or shifts each feature by a learned number."""
    op = model.ops[index]
    if op.kind == layer:
        return feature_axis(op.shape) == len(op.shape) - 1
    if op.kind != join:
        return False
    learned = [model.ops[at] for at in op.inputs if model.ops[at].kind == "parameter"]
    sizes = [n for one in learned for n in one.shape if n != 1]
    return len(learned) == 1 and sizes == [op.shape[-1]]


def merged_lookups(model: Model) -> Model:
    """Give a table that is read at fixed places the sizes that moves make of it."""
    users = model.users()
    dropped: dict[int, int] = {}
    for index, op in enumerate(model.ops):
        if op.kind not in LAID_OUT or len(op.inputs) != 1:
            continue
        source = op.inputs[0]
        while source in dropped:
            source = dropped[source]
        before = model.ops[source]
        if before.kind == "lookup" and alone(users, op.inputs[0]) == index:
            args = {**before.args, "sizes": op.shape}
            model.ops[source] = replace(before, args=args, shape=op.shape)
            dropped[index] = source
    return model.without(dropped)


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
    merged_biases,
    merged_gates,
    merged_gelus,
    without_undone_moves,
    merged_attention,
    merged_lookups,
    merged_moves,
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
