"""What flax's `nnx` and `jax` call torch's modules, so that they compute the same.

Channels lie last. Flax pads `SAME` if not told, its batch norm counts momentum the
other way round, and its GELU is by tanh unless told.
"""

from __future__ import annotations

from typing import Any

from archcalc.layers.records.calls import Function, Module
from archcalc.writers.laid import BATCH, CannotSay, Laid, place, straight
from archcalc.writers.language import Weight
from archcalc.writers.lowering import (
    KERNEL,
    Making,
    Value,
    Word,
    one_or_each,
    spread,
)

Pairs = list[tuple[int, int]]


def convolution(to: Making) -> Value:
    """Return a convolution."""
    given, axes = to.given, to.axes
    pads = to.pads()
    x = to.with_channels(to.entering())
    weights = {"weight": Weight("kernel", None, KERNEL[axes])}
    if given["bias"]:
        weights["bias"] = Weight("bias")
    sizes = given["in_channels"], given["out_channels"]
    words = {
        "strides": one_or_each(spread(given["stride"], axes)),
        "padding": "SAME" if to.same else padding(pads),
        "kernel_dilation": one_or_each(spread(given["dilation"], axes)),
        "feature_group_count": given["groups"],
        "use_bias": given["bias"],
    }
    shape = (BATCH, sizes[1], *to.out_axes())
    kernel = spread(given["kernel_size"], axes)
    return to.module("nnx.Conv", x, (*sizes, kernel), weights, shape, **words)


def padding(pads: Pairs) -> Any:
    """Return padding as flax takes it: one number, or pairs."""
    size = pads[0][0]
    return size if all(pair == (size, size) for pair in pads) else tuple(pads)


def transposed(to: Making) -> Value:
    """Return a transposed convolution; flax counts what stands around the input."""
    given, axes = to.given, to.axes
    if given["groups"] != 1:
        raise CannotSay("a transposed convolution with groups")
    x = to.with_channels(to.entering())
    kernel, strides, pads, extra, dilations = (
        spread(given[name], axes)
        for name in ("kernel_size", "stride", "padding", "output_padding", "dilation")
    )
    wide = [d * (k - 1) for k, d in zip(kernel, dilations, strict=True)]
    outer = [(w - p, w - p + e) for w, p, e in zip(wide, pads, extra, strict=True)]
    weights = {"weight": Weight("kernel", None, KERNEL[axes])}
    if given["bias"]:
        weights["bias"] = Weight("bias")
    sizes = given["in_channels"], given["out_channels"]
    words = {
        "strides": strides,
        "padding": padding(outer),
        "kernel_dilation": one_or_each(dilations),
        "use_bias": given["bias"],
        "transpose_kernel": True,
    }
    whole = [
        (n - 1) * s + w + 1 - 2 * p + e
        for n, s, w, p, e in zip(x.shape[2:], strides, wide, pads, extra, strict=True)
    ]
    shape = (BATCH, sizes[1], *whole)
    return to.module("nnx.ConvTranspose", x, (*sizes, kernel), weights, shape, **words)


def dense(to: Making) -> Value:
    """Return a linear layer."""
    weights = {"weight": Weight("kernel", None, (1, 0))}
    if to.given.get("bias", True):
        weights["bias"] = Weight("bias")
    x = to.straightened(to.entering())
    sizes = to.given["in_features"], to.given["out_features"]
    words = {"use_bias": to.given.get("bias", True)}
    return to.module(
        "nnx.Linear", x, sizes, weights, (*x.shape[:-1], sizes[1]), **words
    )


def flatten(to: Making) -> Value:
    """Return some axes as one."""
    record = to.record
    assert isinstance(record, Module)
    first, last = record.args or (1, -1)
    return to.code(f"x.flatten({first}, {last})", to.inputs)


# -- norms -----------------------------------------------------------------------------

SCALED = {"weight": Weight("scale"), "bias": Weight("bias")}


def learned(to: Making, name: str = "affine") -> dict[str, Any]:
    """Return the arguments for a norm that learns nothing."""
    known = to.given.get(name, True)
    return {"use_scale": known, "use_bias": known}


def batch_norm(to: Making) -> Value:
    """Return a batch norm; flax' momentum is what torch leaves of the old value."""
    x = to.with_channels(to.entering())
    words = learned(to)
    weights = dict(SCALED) if words["use_scale"] else {}
    weights["running_mean"] = Weight("mean")
    weights["running_var"] = Weight("var")
    words["momentum"] = 1 - to.given.get("momentum", 0.1)
    words["epsilon"] = to.given.get("eps", 1e-5)
    args = (to.given["num_features"],)
    return to.module("nnx.BatchNorm", x, args, weights, **words)


def over_features(to: Making) -> tuple[Value, Any]:
    """Return what enters a norm of the last axis, and the size of that axis."""
    sizes = to.given["normalized_shape"]
    if isinstance(sizes, tuple) and len(sizes) > 1:
        raise CannotSay("a norm over several axes")
    size = sizes[0] if isinstance(sizes, tuple) else sizes
    return to.straightened(to.entering()), size


def layer_norm(to: Making) -> Value:
    """Return a layer norm over the last axis."""
    x, size = over_features(to)
    words = learned(to, "elementwise_affine")
    words["epsilon"] = to.given.get("eps", 1e-5)
    weights = SCALED if words["use_scale"] else {}
    return to.module("nnx.LayerNorm", x, (size,), weights, **words)


def rms_norm(to: Making) -> Value:
    """Return an RMS norm; torch adds the smallest step of float32 if not told."""
    x, size = over_features(to)
    known = to.given.get("elementwise_affine", True)
    words = {"use_scale": known, "epsilon": to.given.get("eps", 2**-23)}
    weights = {"weight": Weight("scale")} if known else {}
    return to.module("nnx.RMSNorm", x, (size,), weights, **words)


def group_norm(to: Making) -> Value:
    """Return a group norm."""
    x = to.with_channels(to.entering())
    words = {**learned(to), "epsilon": to.given.get("eps", 1e-5)}
    weights = SCALED if words["use_scale"] else {}
    sizes = to.given["num_channels"], to.given["num_groups"]
    return to.module("nnx.GroupNorm", x, sizes, weights, **words)


# -- pools -----------------------------------------------------------------------------


def pool(to: Making, kind: str, x: Value, pads: Pairs, more: str = "") -> Value:
    """Return a pool, a function of flax."""
    kernel, strides = to.window()
    words = [str(kernel), f"strides={strides}"]
    if any(pair != (0, 0) for pair in pads):
        words.append(f"padding={tuple(pads)}" if not to.same else "padding='SAME'")
    code = f"nnx.{kind}_pool(x, {', '.join(words)}{more})"
    shape = (*x.shape[:2], *to.out_axes())
    return to.expressed(Function(code), [x], Laid(code, shape, x.order))


def around(to: Making) -> tuple[Pairs, Pairs]:
    """Return the padding of a pool, without and with what hangs over the end."""
    pads = to.pads()
    return pads, to.overhanging(pads, *to.window())


def max_pool(to: Making) -> Value:
    """Return a pool of the largest values, around which stands -∞."""
    if any(d != 1 for d in spread(to.given["dilation"], to.axes)):
        raise CannotSay("a pool with dilation")
    _, pads = around(to)
    return pool(to, "max", to.with_channels(to.entering()), pads)


def avg_pool(to: Making) -> Value:
    """Return a pool of means; torch counts no value beyond its own padding."""
    own, pads = around(to)
    counted = to.given["count_include_pad"]
    if pads != own:
        if counted and any(pair != (0, 0) for pair in own):
            raise CannotSay("a mean over padding that hangs over the end")
        counted = False
    x = to.with_channels(to.entering())
    plain = counted or all(pair == (0, 0) for pair in pads)
    return pool(to, "avg", x, pads, "" if plain else ", count_include_pad=False")


def adaptive(kind: str) -> Word:
    """Return the word for a pool to a fixed size."""

    def word(to: Making) -> Value:
        x = to.entering()
        sizes = spread(to.given["output_size"], to.axes)
        pairs = [*zip(x.shape[2:], sizes, strict=True)]
        if kind == "avg" and all(size == 1 for size in sizes):
            axes = tuple(range(2, len(x.shape)))
            return to.code(f"x.mean({axes}, keepdim=True)", [x])
        if any(n % s for n, s in pairs):
            raise CannotSay("windows of different sizes")
        to.given["kernel_size"] = tuple(n // s for n, s in pairs)
        to.given["stride"] = None
        return pool(to, kind, to.with_channels(x), [(0, 0)] * to.axes)

    return word


# -- functions of each value, and the rest ---------------------------------------------


def function(code: str) -> Word:
    """Return the word for a function of each value."""

    def word(to: Making) -> Value:
        return to.each(code, to.entering())

    return word


def leaky(to: Making) -> Value:
    """Return a leaky ReLU."""
    slope = to.given.get("negative_slope", 0.01)
    return to.each(f"nnx.leaky_relu(x, negative_slope={slope})", to.entering())


def gelu(to: Making) -> Value:
    """Return a GELU: exact, or by tanh."""
    by_tanh = to.given.get("approximate", "none") == "tanh"
    return to.each(f"nnx.gelu(x, approximate={by_tanh})", to.entering())


def softmax(name: str) -> Word:
    """Return the word for a softmax along an axis, or its logarithm."""

    def word(to: Making) -> Value:
        x = to.entering()
        axis = place(to.given["dim"], x.order)
        more = "" if axis == -1 else f", axis={axis}"
        return to.each(f"nnx.{name}(x{more})", x)

    return word


def dropout(to: Making) -> Value:
    """Return a dropout of single values, of channels, or of samples."""
    record, rate = to.record, (to.given["p"],)
    assert isinstance(record, Module)
    x = to.inputs[0]
    if not record.target.endswith("d"):
        return to.module("nnx.Dropout", to.entering(), rate)
    if to.before is None:
        x = to.with_channels(x)
        axes = tuple(range(1, to.axes + 1))
    else:  # samples stand for channels
        to.before = to.after = None
        axes = tuple(range(1, len(x.shape)))
    return to.module("nnx.Dropout", x, rate, broadcast_dims=axes)


def embedding(to: Making) -> Value:
    """Return a table of vectors."""
    x = to.straightened(to.entering())
    sizes = to.given["num_embeddings"], to.given["embedding_dim"]
    shape = (*x.shape, sizes[1])
    value = to.module("nnx.Embed", x, sizes, {"weight": Weight("embedding")}, shape)
    return value._replace(order=straight(len(shape)))


def upsample(to: Making) -> Value:
    """Return an image in another size; positions are those of torch."""
    x = to.with_channels(to.entering())
    mode = to.given.get("mode", "nearest")
    out = to.out_axes()
    pairs = [*zip(out, x.shape[2:], strict=True)]
    whole = mode == "nearest" and not any(n % m for n, m in pairs)
    larger = mode in ("bilinear", "linear", "trilinear") and all(
        n >= m for n, m in pairs
    )
    if to.given.get("align_corners"):
        raise CannotSay("an enlargement that aligns corners")
    if not (whole or larger):
        raise CannotSay(f"an enlargement in the mode {mode} from {pairs[0][1]}")
    method = "nearest" if whole else "linear"
    sizes = ", ".join(["x.shape[0]", *map(str, out), f"x.shape[{to.axes + 1}]"])
    code = f"jax.image.resize(x, ({sizes}), '{method}')"
    shape = (*x.shape[:2], *out)
    return to.expressed(Function(code), [x], Laid(code, shape, x.order))


def prelu(to: Making) -> Value:
    """Return a PReLU with one slope."""
    if to.given.get("num_parameters", 1) != 1:
        raise CannotSay("a PReLU with a slope for each channel")
    weights = {"weight": Weight("negative_slope", ())}
    return to.module("nnx.PReLU", to.entering(), (), weights)


WORDS: dict[str, Word] = {
    "Conv": convolution,
    "ConvTranspose": transposed,
    "Linear": dense,
    "Flatten": flatten,
    "BatchNorm": batch_norm,
    "LayerNorm": layer_norm,
    "RMSNorm": rms_norm,
    "GroupNorm": group_norm,
    "MaxPool": max_pool,
    "AvgPool": avg_pool,
    "AdaptiveAvgPool": adaptive("avg"),
    "AdaptiveMaxPool": adaptive("max"),
    "ReLU": function("nnx.relu(x)"),
    "ReLU6": function("nnx.relu6(x)"),
    "LeakyReLU": leaky,
    "PReLU": prelu,
    "GELU": gelu,
    "SiLU": function("nnx.silu(x)"),
    "Sigmoid": function("nnx.sigmoid(x)"),
    "Tanh": function("nnx.tanh(x)"),
    "Hardsigmoid": function("nnx.hard_sigmoid(x)"),
    "Hardswish": function("nnx.hard_silu(x)"),
    "Softplus": function("nnx.softplus(x)"),
    "Identity": function("x"),
    "Softmax": softmax("softmax"),
    "LogSoftmax": softmax("log_softmax"),
    "Dropout": dropout,
    "Embedding": embedding,
    "Upsample": upsample,
    "LocalResponseNorm": Making.response,
}
