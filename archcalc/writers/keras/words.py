"""What Keras calls torch's modules, with the arguments that make it compute the same.

Defaults differ: Keras' norms have another epsilon and count momentum the other way
round, its layers pad by words only, and a leaky ReLU has another slope.
"""

from __future__ import annotations

from typing import Any

from archcalc.layers.records.calls import Module
from archcalc.writers.laid import BATCH, CannotSay, place, straight
from archcalc.writers.language import Weight
from archcalc.writers.lowering import (
    KERNEL,
    Making,
    Value,
    Word,
    one_or_each,
    spread,
)


def convolution(to: Making) -> Value:
    """Return a convolution; one with a group for each channel has a name of its own."""
    record, given, axes = to.record, to.given, to.axes
    assert isinstance(record, Module)
    pads = to.pads()
    x = to.with_channels(to.entering())
    kernel = spread(given["kernel_size"], axes)
    if given["stride"] != 1 and given["dilation"] != 1:
        raise CannotSay("a convolution with both a stride and a dilation")
    x, padding = padded(to, x, pads, kernel)
    words: dict[str, Any] = {
        "strides": given["stride"],
        "padding": padding,
        "dilation_rate": given["dilation"],
        "use_bias": given["bias"],
    }
    channels, filters, groups = (
        given["in_channels"],
        given["out_channels"],
        given["groups"],
    )
    weights = {"weight": Weight("kernel", None, KERNEL[axes])}
    if given["bias"]:
        weights["bias"] = Weight("bias")
    shape = (BATCH, filters, *to.out_axes())
    size = given["kernel_size"]
    if groups == channels and groups != 1 and axes < 3:
        times = filters // channels
        depthwise = (-1, times, *kernel)
        turned = (*range(2, axes + 2), 0, 1)
        weights["weight"] = Weight("kernel", depthwise, turned)
        words["depth_multiplier"] = times
        return to.module(
            f"layers.DepthwiseConv{axes}D", x, (size,), weights, shape, **words
        )
    words["groups"] = groups
    return to.module(f"layers.Conv{axes}D", x, (filters, size), weights, shape, **words)


def padded(
    to: Making, x: Value, pads: list[tuple[int, int]], kernel: tuple[Any, ...]
) -> tuple[Value, str]:
    """Return a padded value and the word for what the layer itself pads."""
    if all(pair == (0, 0) for pair in pads):
        return x, "valid"
    strides, dilations = (
        spread(to.given[name], to.axes) for name in ("stride", "dilation")
    )
    wide = [d * (k - 1) for k, d in zip(kernel, dilations, strict=True)]
    same = all(pair == (w // 2, w - w // 2) for pair, w in zip(pads, wide, strict=True))
    if to.same or (same and to.alike and all(s == 1 for s in strides)):
        return x, "same"
    return zeros_around(to, x, pads), "valid"


def zeros_around(to: Making, x: Value, pads: list[tuple[int, int]]) -> Value:
    """Return a value with zeros before and after it along each spatial axis."""
    sizes = [n + b + a for n, (b, a) in zip(x.shape[2:], pads, strict=True)]
    shape = (*x.shape[:2], *sizes)
    return to.module(f"layers.ZeroPadding{to.axes}D", x, (sides(pads),), None, shape)


def sides(pairs: list[tuple[int, int]]) -> Any:
    """Return what stands before and after each axis, as Keras takes it.

    That is one number where all are the same, else a pair, or a pair for each axis.
    """
    size = pairs[0][0]
    if all(pair == (size, size) for pair in pairs):
        return size
    return tuple(pairs) if len(pairs) > 1 else pairs[0]


def transposed(to: Making) -> Value:
    """Return a transposed convolution: the whole one, from which the sides are cut."""
    given, axes = to.given, to.axes
    x = to.with_channels(to.entering())
    strides, wide, cuts = transposed_sides(to)
    whole = [
        (n - 1) * s + w for n, s, w in zip(x.shape[2:], strides, wide, strict=True)
    ]
    left = [n - b - a for n, (b, a) in zip(whole, cuts, strict=True)]
    filters = given["out_channels"]
    weights = {"weight": Weight("kernel", None, KERNEL[axes])}
    if given["bias"]:
        weights["bias"] = Weight("bias")
    same = all(
        w - s == b + a and b == (w - s) // 2
        for w, s, (b, a) in zip(wide, strides, cuts, strict=True)
    )
    words = {
        "strides": given["stride"],
        "padding": "same" if same else "valid",
        "dilation_rate": given["dilation"],
        "use_bias": given["bias"],
    }
    args = (filters, given["kernel_size"])
    shape = (BATCH, filters, *(left if same else whole))
    value = to.module(f"layers.Conv{axes}DTranspose", x, args, weights, shape, **words)
    if same or not any(map(any, cuts)):
        return value
    shape = (BATCH, filters, *left)
    return to.module(f"layers.Cropping{axes}D", value, (sides(cuts),), None, shape)


def transposed_sides(
    to: Making,
) -> tuple[tuple[int, ...], list[int], list[tuple[int, int]]]:
    """Return what a transposed convolution does along each axis.

    That is its stride, the extent of its dilated kernel, and how many positions are cut
    from the whole result at the beginning and at the end.
    """
    if to.given["groups"] != 1:
        raise CannotSay("a transposed convolution with groups")
    kernel, strides, pads, extra, dilations = (
        spread(to.given[name], to.axes)
        for name in ("kernel_size", "stride", "padding", "output_padding", "dilation")
    )
    wide = [d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True)]
    if any(w < s for w, s in zip(wide, strides, strict=True)):
        raise CannotSay("a transposed convolution with a stride above its kernel")
    cuts = [(p, p - e) for p, e in zip(pads, extra, strict=True)]
    if any(after < 0 for _, after in cuts):
        raise CannotSay("an output padding above the padding")
    return strides, wide, cuts


def dense(to: Making) -> Value:
    """Return a linear layer, with what flattens its input before it."""
    weights = {"weight": Weight("kernel", None, (1, 0))}
    if to.given.get("bias", True):
        weights["bias"] = Weight("bias")
    if to.before == "torch.flatten(x, 1)":
        x = flattened(to)
    else:
        x = to.straightened(to.entering())
    units = to.given["out_features"]
    shape = (*x.shape[:-1], units)
    words = {"use_bias": to.given.get("bias", True)}
    return to.module("layers.Dense", x, (units,), weights, shape, **words)


def flattened(to: Making) -> Value:
    """Return all values in a row, in torch's order: channels first."""
    x = to.inputs[0]
    large = [axis for axis in x.order if x.shape[axis] != 1]
    if large != sorted(large):
        axes = tuple(x.order.index(axis) for axis in range(1, len(x.shape)))
        x = to.module("layers.Permute", x, (axes,))
    size = 1
    for one in x.shape[1:]:
        size *= one
    flat = to.module("layers.Flatten", x, shape=(BATCH, size))
    return flat._replace(order=straight(2))


def flatten(to: Making) -> Value:
    """Return some axes as one."""
    record = to.record
    assert isinstance(record, Module)
    if not record.args:
        return flattened(to)
    first, last = record.args
    return to.code(f"x.flatten({first}, {last})", to.inputs)


# -- norms -----------------------------------------------------------------------------


def learned(to: Making, name: str = "affine") -> dict[str, Any]:
    """Return the arguments for a norm that learns nothing."""
    known = to.given.get(name, True)
    return {"center": known, "scale": known}


SCALED = {"weight": Weight("gamma"), "bias": Weight("beta")}


def batch_norm(to: Making) -> Value:
    """Return a batch norm; Keras' momentum is what torch leaves of the old value."""
    x = to.with_channels(to.entering())
    words = learned(to)
    weights = dict(SCALED) if words["center"] else {}
    weights["running_mean"] = Weight("moving_mean")
    weights["running_var"] = Weight("moving_variance")
    words |= {
        "axis": place(1, x.order),
        "momentum": 1 - to.given.get("momentum", 0.1),
        "epsilon": to.given.get("eps", 1e-5),
    }
    return to.module("layers.BatchNormalization", x, (), weights, **words)


def layer_norm(to: Making) -> Value:
    """Return a layer norm over the last axis, or over all."""
    x = to.straightened(to.entering())
    sizes = to.given["normalized_shape"]
    words = learned(to, "elementwise_affine")
    words["epsilon"] = to.given.get("eps", 1e-5)
    if isinstance(sizes, tuple) and len(sizes) > 1:
        words["axis"] = tuple(range(-len(sizes), 0))
    return to.module(
        "layers.LayerNormalization", x, (), SCALED if words["center"] else {}, **words
    )


def rms_norm(to: Making) -> Value:
    """Return an RMS norm; torch adds the smallest step of float32 if not told."""
    sizes = to.given["normalized_shape"]
    if isinstance(sizes, tuple) and len(sizes) > 1:
        raise CannotSay("an RMS norm over several axes")
    if not to.given.get("elementwise_affine", True):
        raise CannotSay("an RMS norm that learns nothing")
    x = to.straightened(to.entering())
    epsilon = to.given.get("eps", 2**-23)
    weights = {"weight": Weight("scale")}
    return to.module("layers.RMSNormalization", x, (), weights, epsilon=epsilon)


def group_norm(to: Making) -> Value:
    """Return a group norm."""
    x = to.with_channels(to.entering())
    words = learned(to)
    words |= {"axis": place(1, x.order), "epsilon": to.given.get("eps", 1e-5)}
    weights = SCALED if words["center"] else {}
    groups = to.given["num_groups"]
    return to.module("layers.GroupNormalization", x, (groups,), weights, **words)


# -- pools -----------------------------------------------------------------------------


def max_pool(to: Making) -> Value:
    """Return a pool of the largest values; what it pads must not be one of them."""
    if any(d != 1 for d in spread(to.given["dilation"], to.axes)):
        raise CannotSay("a pool with dilation")
    pads = to.pads()
    x = to.with_channels(to.entering())
    kernel, strides = to.window()
    pads = to.overhanging(pads, kernel, strides)
    padding = "valid"
    if any(pair != (0, 0) for pair in pads):
        same = all(
            pair == ((k - 1) // 2, k - 1 - (k - 1) // 2)
            for pair, k in zip(pads, kernel, strict=True)
        )
        if to.same or (same and to.alike and all(s == 1 for s in strides)):
            padding = "same"
        else:
            x = lowest(to, x, pads)
    return pool(to, x, "Max", padding)


def lowest(to: Making, x: Value, pads: list[tuple[int, int]]) -> Value:
    """Return a value with -∞ around it."""
    flat = [side for pair in reversed(pads) for side in pair]
    return to.code(f"F.pad(x, {tuple(flat)}, value=float('-inf'))", [x])


def pool(to: Making, x: Value, kind: str, padding: str) -> Value:
    """Return a pool that pads by a word."""
    stride = to.given["stride"]
    size = to.given["kernel_size"]
    words = {"strides": size if stride is None else stride, "padding": padding}
    shape = (*x.shape[:2], *to.out_axes())
    return to.module(
        f"layers.{kind}Pooling{to.axes}D", x, (size,), None, shape, **words
    )


def avg_pool(to: Making) -> Value:
    """Return a pool of means, where padding counts as torch counts it."""
    pads = to.pads()
    kernel, strides = to.window()
    if to.overhanging(pads, kernel, strides) != pads:
        raise CannotSay("a mean over windows that hang over the end")
    x = to.with_channels(to.entering())
    if all(pair == (0, 0) for pair in pads):
        return pool(to, x, "Average", "valid")
    if to.given["count_include_pad"]:
        return pool(to, zeros_around(to, x, pads), "Average", "valid")
    same = all(
        pair == ((k - 1) // 2, (k - 1) // 2) and k % 2
        for pair, k in zip(pads, kernel, strict=True)
    )
    if same and all(s == 1 for s in strides):
        return pool(to, x, "Average", "same")
    raise CannotSay("a mean that leaves uneven padding out")


def adaptive(kind: str) -> Word:
    """Return the word for a pool to a fixed size."""

    def word(to: Making) -> Value:
        x = to.with_channels(to.entering())
        sizes = spread(to.given["output_size"], to.axes)
        shape = (*x.shape[:2], *sizes)
        if all(size == 1 for size in sizes):
            name = f"layers.Global{kind}Pooling{to.axes}D"
            return to.module(name, x, (), None, shape, keepdims=True)
        if all(n % s == 0 for n, s in zip(x.shape[2:], sizes, strict=True)):
            pairs = zip(x.shape[2:], sizes, strict=True)
            size = one_or_each([n // s for n, s in pairs])
            return to.module(f"layers.{kind}Pooling{to.axes}D", x, (size,), None, shape)
        name = f"layers.Adaptive{kind}Pooling{to.axes}D"
        return to.module(name, x, (to.given["output_size"],), None, shape)

    return word


# -- functions of each value, and the rest ---------------------------------------------


def layer(target: str, *args: Any, **words: Any) -> Word:
    """Return the word for a function of each value."""

    def word(to: Making) -> Value:
        return to.module(target, to.entering(), args, **words)

    return word


def leaky(to: Making) -> Value:
    """Return a leaky ReLU; Keras' slope is 0.3 if not told."""
    slope = to.given.get("negative_slope", 0.01)
    return to.module("layers.LeakyReLU", to.entering(), (), negative_slope=slope)


def gelu(to: Making) -> Value:
    """Return a GELU: exact, or by tanh."""
    if to.given.get("approximate", "none") == "tanh":
        return to.each("ops.gelu(x, approximate=True)", to.entering())
    return to.module("layers.Activation", to.entering(), ("gelu",))


def softmax(to: Making) -> Value:
    """Return a softmax along an axis."""
    x = to.entering()
    return to.module("layers.Softmax", x, (), axis=place(to.given["dim"], x.order))


def log_softmax(to: Making) -> Value:
    """Return the logarithm of a softmax."""
    x = to.entering()
    return to.each(f"ops.log_softmax(x, axis={x.order.index(to.given['dim'])})", x)


def dropout(to: Making) -> Value:
    """Return a dropout of single values, of channels, or of samples."""
    record, rate = to.record, (to.given["p"],)
    assert isinstance(record, Module)
    x = to.inputs[0]
    if not record.target.endswith("d"):
        return to.module("layers.Dropout", to.entering(), rate)
    if to.before is not None:  # samples stand for channels
        to.before = to.after = None
        ones = (None, *(1,) * (len(x.shape) - 1))
        return to.module("layers.Dropout", x, rate, noise_shape=ones)
    x = to.with_channels(x)
    return to.module(f"layers.SpatialDropout{to.axes}D", x, rate)


def embedding(to: Making) -> Value:
    """Return a table of vectors."""
    x = to.straightened(to.entering())
    sizes = to.given["num_embeddings"], to.given["embedding_dim"]
    shape = (*x.shape, sizes[1])
    value = to.module(
        "layers.Embedding", x, sizes, {"weight": Weight("embeddings")}, shape
    )
    return value._replace(order=straight(len(shape)))


def upsample(to: Making) -> Value:
    """Return an image enlarged by whole numbers."""
    x = to.with_channels(to.entering())
    out = to.out_axes()
    pairs = [*zip(out, x.shape[2:], strict=True)]
    mode = {"nearest": "nearest", "bilinear": "bilinear"}.get(
        to.given.get("mode", "nearest")
    )
    if to.given.get("align_corners"):
        raise CannotSay("an enlargement that aligns corners")
    if to.axes != 2 or mode is None:
        raise CannotSay(f"`nn.Upsample` in the mode {to.given.get('mode', 'nearest')}")
    if any(n % m for n, m in pairs):
        raise CannotSay("an enlargement that is no whole number")
    size = one_or_each([n // m for n, m in pairs])
    shape = (*x.shape[:2], *out)
    words = {"interpolation": mode}
    return to.module("layers.UpSampling2D", x, (size,), None, shape, **words)


def prelu(to: Making) -> Value:
    """Return a PReLU with a slope for each channel, or one for all."""
    x = to.with_channels(to.entering())
    rank = len(x.shape)
    channels = x.order.index(1)
    if to.given.get("num_parameters", 1) == 1:
        shared = tuple(range(1, rank))
        sizes = (1,) * (rank - 1)
    else:
        shared = tuple(axis for axis in range(1, rank) if axis != channels)
        sizes = tuple(-1 if axis == channels else 1 for axis in range(1, rank))
    weights = {"weight": Weight("alpha", sizes)}
    return to.module("layers.PReLU", x, (), weights, shared_axes=shared)


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
    "AdaptiveAvgPool": adaptive("Average"),
    "AdaptiveMaxPool": adaptive("Max"),
    "ReLU": layer("layers.ReLU"),
    "ReLU6": layer("layers.ReLU", max_value=6),
    "LeakyReLU": leaky,
    "PReLU": prelu,
    "GELU": gelu,
    "SiLU": layer("layers.Activation", "silu"),
    "Sigmoid": layer("layers.Activation", "sigmoid"),
    "Tanh": layer("layers.Activation", "tanh"),
    "Hardsigmoid": layer("layers.Activation", "hard_sigmoid"),
    "Hardswish": layer("layers.Activation", "hard_silu"),
    "Softplus": layer("layers.Activation", "softplus"),
    "Identity": layer("layers.Identity"),
    "Softmax": softmax,
    "LogSoftmax": log_softmax,
    "Dropout": dropout,
    "Embedding": embedding,
    "Upsample": upsample,
    "LocalResponseNorm": Making.response,
}
