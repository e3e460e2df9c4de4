"""Steps for images, signals and volumes: every kind that has channels and axes."""

from __future__ import annotations

from typing import Any

from random_moves import (
    crop,
    order,
    padding,
    patches,
    pixels,
    reshape,
    resolution,
    roll,
    shuffle,
    strided,
    taking,
    unpool,
)
from random_writer import (
    ACTIVATIONS,
    FUNCTIONS,
    Made,
    Step,
    StepWriter,
    Table,
    Tensor,
    image,
    of_shape,
    short,
    size_after,
    tokens,
    vector,
)


def conv(w: StepWriter, x: Tensor, depth: int) -> Made:
    found = w.window(x, pools=False)
    if found is None:
        return None
    out = w.random.randint(1, 10)
    groups = w.groups(x.channels, out)
    step = {"conv": out, **found[0], "groups": groups, "bias": w.chance(0.6)}
    if w.chance(0.1):
        step["conv"], out = "2*cin", 2 * x.channels
        step["groups"] = 1
    return {**step, **w.weight_norms(), **w.followers()}, image(out, found[1])


def deform(w: StepWriter, x: Tensor, depth: int) -> Made:
    """A convolution that is read where another one says, or boxes cut out."""
    found = w.image_window(x)
    if found is None:
        return None
    given, sizes, k = found
    out, parts = w.random.randint(1, 6), w.groups(x.channels, x.channels)
    each = parts * k[0] * k[1]
    step = {"deform_conv": out, **given, "groups": w.groups(x.channels, out)}
    step |= {
        "bias": w.chance(0.6),
        "offset": [{"conv": 2 * each + w.spoilt(), **given}],
    }
    if w.chance(0.5):
        step["mask"] = [{"conv": each, **given, "act": "sigmoid"}]
    return step, image(out, sizes)


def boxes(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Boxes that are learned, cut out of an image."""
    if x.rank != 2:
        return None
    count, size = w.random.randint(1, 3), w.random.randint(1, 3)
    step: dict[str, Any] = {"roi_align": size, "samples": w.random.randint(1, 2)}
    step["scale"] = w.random.choice((1, "1/2", 0.25))
    step["aligned"] = w.chance(0.5)
    step["boxes"] = [{"parameter": [count, 4 + w.spoilt()], "frozen": True}]
    return step, of_shape((count, x.channels, size, size))


def dwconv(w: StepWriter, x: Tensor, depth: int) -> Made:
    found = w.window(x, pools=False)
    if found is None:
        return None
    times = w.random.randint(1, 2)
    step = {"dwconv": times, **found[0], "bias": w.chance(0.6), **w.weight_norms()}
    return {**step, **w.followers()}, image(times * x.channels, found[1])


def deconv(w: StepWriter, x: Tensor, depth: int) -> Made:
    step: dict[str, Any]
    k, s = w.axes(x, 1, 4), w.axes(x, 1, 3)
    d = w.axes(x, 1, 2) if w.chance(0.2) else (1,) * x.rank
    if w.chance(0.2):
        out = w.random.randint(1, 6)
        step = {"deconv": out, "kernel": short(k), "stride": short(s), "pad": "same"}
        sizes = tuple(n * ss for n, ss in zip(x.sizes, s, strict=True))
        return {**step, "dilation": short(d), **w.followers()}, image(out, sizes)
    p = w.axes(x, 0, 2)
    q = w.axes(x, 0, 2) if w.chance(0.2) else None
    extra = tuple(
        w.random.randint(0, max(ss, dd) - 1) if not w.spoilt() else max(ss, dd)
        for ss, dd in zip(s, d, strict=True)
    )
    sizes = tuple(
        (n - 1) * ss - pp - qq + dd * (kk - 1) + ee + 1
        for n, kk, ss, pp, qq, dd, ee in zip(
            x.sizes, k, s, p, q or p, d, extra, strict=True
        )
    )
    if min(sizes) < 1 and not w.spoilt():
        return None
    out = w.random.randint(1, 6)
    step = {"deconv": out, "kernel": short(k), "stride": short(s)}
    step |= {"pad": short(p), **({} if q is None else {"pad_end": short(q)})}
    step |= {"output_pad": short(extra), "dilation": short(d)}
    step |= {"groups": w.groups(x.channels, out), "bias": w.chance(0.6)}
    step |= w.weight_norms()
    return {**step, **w.followers()}, image(out, tuple(max(n, 1) for n in sizes))


def pool(w: StepWriter, x: Tensor, depth: int) -> Made:
    kind = w.random.choice(("maxpool", "maxpool", "avgpool"))
    found = w.window(x, pools=True)
    if found is None:
        return None
    given, sizes = found
    if kind == "avgpool":
        uneven = "dilation" in given or "pad_end" in given
        if "dilation" in given and given.get("rounding") == "ceil":
            return None
        given["count_pad"] = uneven or w.chance(0.5)
    kernel = given.pop("kernel")
    return {kind: kernel, **given}, image(x.channels, sizes)


def lppool(w: StepWriter, x: Tensor, depth: int) -> Made:
    k, s, ceil = w.axes(x, 1, 3), w.axes(x, 1, 3), w.chance(0.3)
    axes = zip(x.sizes, k, s, strict=True)
    sizes = tuple(size_after(n, kk, ss, 0, 1, ceil=ceil) for n, kk, ss in axes)
    if min(sizes) < 1 and not w.spoilt():
        return None
    step: dict[str, Any] = {"lppool": short(k), "stride": short(s)}
    if ceil:
        step["rounding"] = "ceil"
    if w.chance(0.5):
        step["power"] = w.random.choice((1, 2, 3, "3/2"))
    return step, image(x.channels, tuple(max(n, 1) for n in sizes))


def activation(w: StepWriter, x: Tensor, depth: int) -> Made:
    arguments: tuple[Step, ...] = (
        {"leaky_relu": "1/5"},
        {"elu": 0.5},
        {"celu": 2},
        {"gelu": "tanh"},
        {"prelu": "channels"},
    )
    return w.random.choice((*ACTIVATIONS, *arguments)), x


def softmax(w: StepWriter, x: Tensor, depth: int) -> Made:
    kind = w.random.choice(("softmax", "log_softmax"))
    return (kind if w.chance(0.5) else {kind: w.axis(x)}), x


def glu(w: StepWriter, x: Tensor, depth: int) -> Made:
    kind = w.random.choice(("glu", "swiglu", "geglu", "reglu"))
    axis = w.axis(x)
    if w.chance(0.4):
        axis = 0 if len(x.shape) > 2 else -1
    if not -len(x.shape) <= axis < len(x.shape):
        return {kind: axis}, x
    if x.shape[axis] % 2 and not w.spoilt():
        return None
    shape = list(x.shape)
    shape[axis] = max(shape[axis] // 2, 1)
    plain = axis == (0 if len(shape) > 2 else -1) and w.chance(0.5)
    named = axis_name(w, axis % len(shape), len(shape))
    step: dict[str, Any] = {kind: None if plain else named}
    if kind != "glu" and w.chance(0.4):
        step["gate"] = "first"
    if kind == "geglu" and w.chance(0.3):
        step["form"] = "tanh"
    alone = plain and len(step) == 1
    return kind if alone else step, Tensor(tuple(shape), x.form)


def norm(w: StepWriter, x: Tensor, depth: int) -> Made:
    kinds = ("bn", "bn", "bn", "ln", "rms", "gn", "in", "lrn", "frozen_bn")
    kind = w.random.choice(kinds)
    affine = w.chance(0.7)
    if kind == "bn":
        fixed = {"fixed": True} if w.chance(0.3) else {}
        return {"bn": affine, **fixed} if fixed or not affine else "bn", x
    if kind in ("ln", "rms"):
        over = w.random.choice(("features", "last", "channels", "all"))
        return {kind: over, "affine": affine}, x
    if x.form != "image":
        return None
    if kind == "gn":
        return {"gn": w.groups(x.channels, x.channels), "affine": affine}, x
    if kind == "in":
        return {"in": affine}, x
    if kind == "frozen_bn":
        return kind, x
    return {"lrn": w.random.randint(1, 5)}, x


def dropping(w: StepWriter, x: Tensor, depth: int) -> Made:
    rate = w.random.choice((0, 0.2, "1/2", 1))
    if w.chance(0.4):
        return {"droppath": rate}, x
    if x.form == "image" and w.chance(0.3):
        return {"dropout": rate, "channels": True}, x
    return {"dropout": rate}, x


def adaptive(w: StepWriter, x: Tensor, depth: int) -> Made:
    if w.chance(0.3):
        return "gap", image(x.channels, (1,) * x.rank)
    sizes = w.axes(x, 1, 5)
    kind = w.random.choice(("adaptive_avgpool", "adaptive_maxpool"))
    return {kind: short(sizes)}, image(x.channels, sizes)


REDUCTIONS = ("mean", "sum", "max", "min", "vector_norm")
AXIS_NAMES = {
    1: {"channels": 0, "last": 0},
    2: {"tokens": 0, "length": 1, "features": 1},
    3: {"channels": 0, "features": 0, "h": 1, "w": 2, "last": 2},
    4: {"channels": 0, "depth": 1, "h": 2, "w": 3},
}


def axis_name(w: StepWriter, axis: int, rank: int) -> int | str:
    """Return an axis by its number or, now and then, by a name."""
    names = [n for n, place in AXIS_NAMES.get(rank, {}).items() if place == axis]
    return w.random.choice(names) if names and w.chance(0.3) else axis


def reduction(w: StepWriter, x: Tensor, depth: int) -> Made:
    rank = len(x.shape)
    axes = w.random.sample(range(rank), w.random.randint(1, rank))
    kind = w.random.choice(REDUCTIONS)
    given = [axis_name(w, axis, rank) for axis in axes]
    step: dict[str, Any] = {kind: given if len(given) > 1 else given[0]}
    if kind == "vector_norm" and w.chance(0.4):
        step["order"] = w.random.randint(1, 2)
    if w.chance(0.5):
        shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
        return {**step, "keep": True}, Tensor(shape, x.form)
    shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
    if not shape and not w.spoilt():
        return None
    return step, of_shape(shape or (1,))


def each_value(w: StepWriter, x: Tensor, depth: int) -> Made:
    """A function of each value, arithmetic with a number, or a bias a channel."""
    number = w.random.choice((1, -2, "1/2", 0.25))
    arguments: tuple[Step, ...] = (
        {"plus": number},
        {"minus_from": number},
        {"times": number},
        {"clamp": -1, "high": 1},
        {"clamp": "1/4"},
    )
    return w.random.choice((*FUNCTIONS, *arguments, "channel_bias")), x


def response(w: StepWriter, x: Tensor, depth: int) -> Made:
    return ("grn", x) if x.form == "image" or w.spoilt() else None


def learned(w: StepWriter, x: Tensor, depth: int) -> Made:
    return w.random.choice(("position", "layer_scale", "identity")), x


def matrix(w: StepWriter, x: Tensor, depth: int) -> Made:
    """`linear` on the last axis, or `fc` on all."""
    out, bias = w.random.randint(1, 9), w.chance(0.7)
    act: dict[str, Any] = {"act": w.random.choice(ACTIVATIONS)} if w.chance(0.3) else {}
    if x.form == "vector" or w.chance(0.9):
        kind = "fc" if x.form == "vector" and w.chance(0.5) else "linear"
        step = {kind: out, "bias": bias, **act, **w.weight_norms()}
        return step, Tensor((*x.shape[:-1], out), x.form)
    return {"fc": out, "bias": bias, **act, **w.weight_norms()}, vector(out)


def to_tokens(w: StepWriter, x: Tensor, depth: int) -> Made:
    return "tokens", tokens(x.values // x.channels, x.channels)


IMAGE_LAYERS: Table = [
    (conv, 14),
    (dwconv, 4),
    (deform, 2),
    (boxes, 1),
    (deconv, 4),
    (pool, 8),
    (lppool, 1),
    (activation, 6),
    (softmax, 1),
    (glu, 1),
    (norm, 7),
    (dropping, 2),
    (adaptive, 1),
    (reduction, 2),
    (each_value, 2),
    (response, 1),
    (shuffle, 2),
    (pixels, 2),
    (padding, 2),
    (crop, 1),
    (roll, 1),
    (strided, 1),
    (resolution, 2),
    (taking, 2),
    (order, 1),
    (reshape, 2),
    (patches, 3),
    (unpool, 1),
    (learned, 2),
    (matrix, 1),
    (to_tokens, 1),
]
