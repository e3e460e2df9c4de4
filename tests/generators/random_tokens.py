"""Steps for tokens and vectors: attention, recurrence, what sequences need."""

from __future__ import annotations

from typing import Any

from random_layers import (
    activation,
    dropping,
    each_value,
    glu,
    learned,
    matrix,
    norm,
    reduction,
    softmax,
)
from random_moves import order, reshape, taking
from random_writer import (
    Made,
    Step,
    StepWriter,
    Table,
    Tensor,
    image,
    of_shape,
    tokens,
    vector,
)


def attention(w: StepWriter, x: Tensor, depth: int) -> Made:
    heads = w.random.randint(1, 3)
    width = heads * w.random.randint(1, 3) + w.spoilt()
    step: dict[str, Any] = {"attention": heads}
    if w.chance(0.3):
        step["causal"] = True
    if w.chance(0.3):
        step["kernel"] = "unfused"
    if w.chance(0.2):
        step["dropout"] = 0.1
    steps: list[Step] = [{"linear": 3 * width + w.spoilt()}, step]
    return {"stage": steps}, tokens(x.channels, width)


def attention_apart(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Queries, keys and values of their own: other tokens, fewer heads, a cache."""
    groups, width = w.random.randint(1, 2), 2 * w.random.randint(1, 2)
    heads, deep = groups * w.random.randint(1, 2), w.random.randint(1, 3)
    before, seen = other_tokens(w, x)
    queries: list[Step] = [{"linear": heads * width}]
    keys: list[Step] = [*before, {"linear": groups * width + w.spoilt()}]
    values: list[Step] = [*before, {"linear": groups * deep}]
    if w.chance(0.3):
        queries.append({"rope": heads, **turning(w, x.channels, width)})
        keys.append({"rope": groups, **turning(w, seen, width)})
    step: dict[str, Any] = {"attention": heads, "q": queries, "k": keys, "v": values}
    if groups != heads or w.chance(0.2):
        step["kv_heads"] = groups
    if w.chance(0.3):
        step["past"] = w.random.randint(1, 4)
    if w.chance(0.4):
        step["kernel"] = "unfused"
    step |= hiding(w, x.channels, seen + step.get("past", 0), heads)
    return step, tokens(x.channels, heads * deep)


def turning(w: StepWriter, count: int, width: int) -> dict[str, Any]:
    """Return arguments of `rope` for so many tokens and features of a head."""
    step: dict[str, Any] = {} if w.chance(0.5) else {"features": 2, "base": 100}
    if w.chance(0.4):
        step["pairs"] = "neighbours"
    if w.chance(0.3):
        step["scale"] = 0.5
    if w.chance(0.4) and count > 1:
        step["skip"] = 1
    left = count - step.get("skip", 0)
    if w.chance(0.5) and width % 4 == 0 and "features" not in step:
        down = w.groups(left, left)
        step["grid"] = [down, left // down + w.spoilt()]
    return step


def other_tokens(w: StepWriter, x: Tensor) -> tuple[list[Step], int]:
    """Return steps that make tokens to attend to, and how many they are."""
    if w.chance(0.4):
        count = w.random.randint(1, x.channels)
        return [{"slice": [0, count], "axis": 0}], count
    if w.chance(0.3):
        count = w.random.randint(1, 5)
        return [{"parameter": [count, x.shape[1]]}], count
    return [], x.channels


def hiding(w: StepWriter, queries: int, keys: int, heads: int) -> dict[str, Any]:
    """Return arguments that hide tokens, weigh them or drop some."""
    step: dict[str, Any] = {}
    if w.chance(0.3) and keys >= queries:
        step["causal"] = True
    if w.chance(0.3):
        step["local"] = w.random.randint(1, 4)
    if w.chance(0.2):
        step["scale"] = False
    if w.chance(0.2):
        step["dropout"] = 0.1
    if w.chance(0.3):
        scores = w.random.choice(([heads, queries, keys], [queries, keys], [keys]))
        biased = {"relative_bias": heads, "buckets": 8, "queries": queries}
        by_distance = {**biased, "keys": keys, "distance": 9}
        if w.chance(0.3):
            by_distance["causal"] = True
        step["mask"] = [w.random.choice(({"parameter": scores}, by_distance))]
    if queries == keys and w.chance(0.3):
        down = w.groups(keys, keys)
        grid = [down, keys // down or 1]
        shared = w.chance(0.5)
        step["mask"] = [{"relative_bias": heads, "grid": grid, "mirrored": shared}]
    return step


def learned_tokens(w: StepWriter, x: Tensor, depth: int) -> Made:
    """A tensor that every sample reads, added or multiplied."""
    sizes = [x.channels, x.shape[1] + w.spoilt()]
    learned: dict[str, Any] = {"parameter": sizes}
    if w.chance(0.4):
        learned = {"lookup": sizes, "learned": w.random.randint(1, 60)}
    branches = {"a": "identity", "b": [learned]}
    return {w.random.choice(("add", "multiply")): branches}, x


def window_attention(w: StepWriter, x: Tensor, depth: int) -> Made:
    heads = w.random.randint(1, 2)
    width = heads * w.random.randint(1, 3)
    across = w.groups(x.channels, x.channels)
    step: dict[str, Any] = {"window_attention": heads, "size": w.random.randint(1, 4)}
    if w.chance(0.6):
        step["shift"] = w.random.randint(0, step["size"])
    side = round(x.channels**0.5)
    if side * side != x.channels or w.chance(0.5):
        step["grid"] = [x.channels // across or 1, across]
    if w.chance(0.3):
        step["bias"] = False
    if w.chance(0.2):
        step["scale"] = "features"
    sides = step.get("grid", [side, side])
    if w.chance(0.3) and (w.spoilt() or not any(n % step["size"] for n in sides)):
        step.pop("shift", None)
        step = {"grid_attention": step.pop("window_attention"), **step}
    return {"stage": [{"linear": 3 * width}, step]}, tokens(x.channels, width)


def recurrent(w: StepWriter, x: Tensor, depth: int) -> Made:
    hidden, both = w.random.randint(1, 5), w.chance(0.4)
    kind = w.random.choice(("lstm", "gru", "rnn"))
    step: dict[str, Any] = {kind: hidden}
    if kind == "rnn" and w.chance(0.4):
        step["nonlinearity"] = w.random.choice(("tanh", "relu"))
    if w.chance(0.4):
        step["layers"] = w.random.randint(1, 3)
    if w.chance(0.4):
        step["biases"] = w.random.randint(0, 1)
    if both:
        step["bidirectional"] = True
    if kind == "lstm" and hidden > 1 and w.chance(0.4):
        step["proj"] = hidden = hidden - (not w.spoilt()) * w.random.randint(
            1, hidden - 1
        )
    return step, tokens(x.channels, hidden * (1 + both))


def scan(w: StepWriter, x: Tensor, depth: int) -> Made:
    width, state = w.random.randint(1, 4), w.random.randint(1, 4)
    step: dict[str, Any] = {"selective_scan": state}
    step["delta"] = [{"linear": width + w.spoilt()}, "softplus"]
    step |= {"b": {"linear": state}, "c": {"linear": state + w.spoilt()}}
    return {"stage": [{"linear": width}, step]}, tokens(x.channels, width)


def class_token(w: StepWriter, x: Tensor, depth: int) -> Made:
    count = w.random.randint(1, 2)
    step: Step = "class_token" if count == 1 else {"class_token": count}
    return step, tokens(x.channels + count, x.shape[1])


def token(w: StepWriter, x: Tensor, depth: int) -> Made:
    count = x.channels
    index = count if w.spoilt() else w.random.randint(-count, count - 1)
    return {"token": index}, vector(x.shape[1])


def to_image(w: StepWriter, x: Tensor, depth: int) -> Made:
    count = x.channels
    sizes = [count] if w.chance(0.3) else [g := w.groups(count, count), count // g or 1]
    if w.chance(0.2):
        sizes.append(1)
    return {"image": sizes}, image(x.shape[1], tuple(max(n, 1) for n in sizes))


def token_residual(w: StepWriter, x: Tensor, depth: int) -> Made:
    body: list[Step] = [{"linear": x.shape[1], "act": "gelu"}]
    if w.chance(0.3):
        body.append({"droppath": 0.1})
    return {"residual": [w.random.choice(("ln", "rms")), *body]}, x


def product(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Two branches multiplied as matrices: `(N, K)` by `(K, M)`."""
    inner, out = w.random.randint(1, 5), w.random.randint(1, 5)
    right: list[Step] = [{"linear": x.channels}, "transpose", {"linear": out}]
    left: list[Step] = [{"linear": x.shape[1] + w.spoilt()}]
    if w.chance(0.5):
        left, right = [{"linear": inner}], [{"linear": inner}, "transpose"]
        out = x.channels
    else:
        right = ["transpose", {"linear": out}]
    return {"matmul": {"left": left, "right": right}}, tokens(x.channels, out)


def by_letters(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Two branches multiplied by letters, or a matrix by a vector."""
    count, width = x.shape
    axes, shape = w.random.choice(
        (
            ("nd,md->nm", (count, count)),
            ("nd,md->mn", (count, count)),
            ("nd,ne->de", (width, width)),
            ("nd,nd->dn", (width, count)),
            ("nd,nd->n", (count,)),
        )
    )
    branches: dict[str, Any] = {"a": [{"linear": width + w.spoilt()}], "b": "identity"}
    return {"einsum": branches, "axes": axes}, of_shape(shape)


def stretched(w: StepWriter, x: Tensor, depth: int) -> Made:
    """A tensor beside one of fewer axes, as torch broadcasts."""
    one: dict[str, Any] = {"all": "identity", "few": [{"token": 0}]}
    if w.chance(0.3):
        return {"matmul": one}, vector(x.channels)
    kind = w.random.choice(("add", "subtract", "average", "multiply"))
    if kind != "subtract" and w.chance(0.4):
        one = dict(reversed(one.items()))
    return {kind: one}, x


def beside(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Branches of tokens put together along features or positions, or added."""
    if depth >= w.deepest:
        return None
    count, width = x.shape
    kind = w.random.choice(("concat", "add", "subtract", "average", "multiply"))
    if kind != "concat":
        branches: dict[str, Any] = {"a": [{"linear": width + w.spoilt()}]}
        return {kind: {**branches, "b": "identity"}}, x
    more = w.random.randint(1, 4)
    step: dict[str, Any] = {"concat": {"a": [{"linear": more}], "b": "identity"}}
    return {**step, "axis": -1}, tokens(count, width + more)


def experts(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Some of a few networks for each token, their arguments in the value or beside."""
    count = w.random.randint(1, 4)
    given: dict[str, Any] = {"count": count, "active": w.random.randint(1, count)}
    more: dict[str, Any] = {"hidden": w.random.randint(1, 9)}
    if w.chance(0.5):
        functions = ("swiglu", "geglu", "reglu", "swish", "gelu", "relu")
        more["function"] = w.random.choice(functions)
    if w.chance(0.3):
        more["normalize"] = False
    if w.chance(0.5):
        return {"experts": given, **more}, x
    return {"experts": given.pop("count"), **given, **more}, x


TOKEN_LAYERS: Table = [
    (matrix, 8),
    (attention, 5),
    (attention_apart, 5),
    (learned_tokens, 2),
    (window_attention, 3),
    (experts, 2),
    (scan, 2),
    (recurrent, 3),
    (norm, 5),
    (activation, 4),
    (softmax, 1),
    (glu, 1),
    (dropping, 2),
    (learned, 3),
    (class_token, 2),
    (token, 1),
    (to_image, 3),
    (token_residual, 3),
    (product, 2),
    (beside, 3),
    (by_letters, 2),
    (stretched, 2),
    (order, 1),
    (reshape, 1),
    (reduction, 2),
    (each_value, 1),
    (taking, 2),
]
VECTOR_LAYERS: Table = [
    (matrix, 6),
    (norm, 2),
    (activation, 4),
    (softmax, 1),
    (glu, 1),
    (dropping, 2),
    (learned, 2),
    (reshape, 3),
    (taking, 1),
    (each_value, 1),
    (reduction, 1),
]
