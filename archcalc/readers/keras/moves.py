"""Linear layers, look-ups, and what gives the same values another shape or place."""

from __future__ import annotations

from math import prod
from typing import Any

from archcalc.layers.base import numel
from archcalc.readers.keras.build import Build, NotKnown
from archcalc.readers.keras.pointwise import activated, concat
from archcalc.readers.keras.rules import (
    Call,
    Result,
    Tensor,
    layer,
    near,
    only_if,
    operation,
)
from archcalc.sizes.dims import same


@layer("Dense")
def dense(call: Call) -> Result:
    """A linear layer over the last axis; over channels it is a 1×1 convolution."""
    units = call.config.whole("units")
    bias = call.config.flag("use_bias", usual=True)
    return activated(call, linear(call.build, call.x, units, bias))


def linear(build: Build, x: int, out: Any, bias: bool, name: str = "") -> int:
    """Append a linear layer over Keras' last axis."""
    rank = build.rank(x)
    once = len(build.at.items("inbound_nodes")) < 2  # else all calls share one matrix
    if 2 < rank < 5 and once and build.orders[x] == build.channels_last(rank):
        return build.put("conv", x, name=name, out=out, kernel=1, bias=bias)
    if build.orders[x][-1] != rank - 1:
        x = build.plain(x)
    return build.put("linear", x, name=name, out=out, bias=bias)


@layer("EinsumDense")
def einsum_dense(call: Call) -> Result:
    """A linear layer by letters, where it is one over the last axis."""
    build, x = call.build, call.x
    equation = call.config.text("equation").replace(" ", "")
    inputs, _, out = equation.partition("->")
    first, _, kernel = inputs.partition(",")
    first, out = (text.replace("...", "") for text in (first, out))
    summed = [c for c in kernel if c not in out]
    made = [c for c in kernel if c in out and c not in first]
    given = call.config.get("output_shape")
    sizes = given if isinstance(given, list) else [given]
    plain = (
        len(summed) == 1
        and first.endswith(summed[0])
        and len(kernel) == len(made) + 1
        and out == first[:-1] + "".join(made)
        and made
        and len(sizes) >= len(made)
    )
    axes = call.config.text("bias_axes", "")
    if not plain or axes not in ("", "".join(made)):
        raise NotKnown
    last = [call.config.size(n, "output_shape") for n in sizes[-len(made) :]]
    found = linear(build, x, prod(last), bool(axes))
    if len(last) > 1:
        found = build.plain(found)
        wide = (*build.shape(found)[:-1], *last)
        order = tuple(range(len(wide)))
        found = build.put("reshape", found, order=order, sizes=wide)
    return activated(call, found)


@layer("Embedding")
def embedding(call: Call) -> Result:
    """A look-up of rows by ids."""
    x = call.build.plain(call.x)
    num, dim = call.config.whole("input_dim"), call.config.whole("output_dim")
    order = tuple(range(call.build.rank(x) + 1))
    return call.build.put("embedding", x, order=order, num=num, dim=dim)


PASSED = (
    *("Identity", "GaussianNoise", "GaussianDropout", "AlphaDropout", "Masking"),
    *("ActivityRegularization", "RandomFlip", "RandomRotation", "RandomZoom"),
    *("RandomTranslation", "RandomContrast", "RandomBrightness", "RandomShear"),
    *("RandomHue", "RandomSaturation", "RandomColorJitter", "RandomGaussianBlur"),
    *("RandomGrayscale", "RandomErasing", "RandomPosterization", "RandomInvert"),
    *("RandomSharpness", "RandomPerspective", "RandomElasticTransform", "AutoContrast"),
)


@layer(*PASSED)
def passed(call: Call) -> Result:
    """What passes its input on in inference."""
    return call.x


@operation("cast", "identity", "stopgradient", "stop_gradient")
def passed_operation(call: Call) -> Result:
    """What passes its input on."""
    return call.x


@layer("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
def dropout(call: Call) -> Result:
    """A dropout, of values or of whole channels."""
    config = call.config
    rate = near(float(config.number("rate" if "rate" in config else "p", 0.5)))
    return call.build.put(
        "dropout",
        call.x,
        rate=rate,
        **only_if(call.kind.startswith("Spatial"), channels=True),
    )


@layer("StochasticDepth")
def stochastic_depth(call: Call) -> Result:
    """A branch dropped as a whole (keras.applications.ConvNeXt)."""
    rate = near(float(call.config.number("drop_path_rate")))
    return call.build.put("droppath", call.x, rate=rate)


@layer("Flatten")
def flatten(call: Call) -> Result:
    """All values in one row."""
    return flat(call.build, call.x)


def flat(build: Build, x: int) -> int:
    """Append a flatten; its values may lie in another order than Keras'."""
    return x if build.rank(x) == 1 else build.put("flatten", x, order=(0,))


@layer("Reshape")
def reshape(call: Call) -> Result:
    """Other sizes for the same values."""
    return shaped(call.build, call.x, call.config.items("target_shape"))


def shaped(build: Build, x: int, given: list[Any]) -> int:
    """Append a reshape to sizes in Keras' order, of which one may be -1."""
    whole = numel(build.shape(x))
    rest = [n for n in given if n in (-1, None)]
    known = [n for n in given if n not in (-1, None)]
    if (
        len(rest) > 1
        or not all(isinstance(n, int) and n > 0 for n in known)
        or not given
    ):
        raise NotKnown
    known_count = prod(known)
    left = whole // known_count
    if not same(left * known_count, whole):
        build.wrong(f"{whole} values do not fit into {given}")
    sizes = tuple(left if n in (-1, None) else n for n in given)
    return regrouped(build, x, sizes)


def regrouped(build: Build, x: int, after: tuple[Any, ...]) -> int:
    """Append what reads values into other sizes, with as few moves as it needs."""
    before, have = build.sizes(x), build.orders[x]
    if before == after:
        return x
    if len(after) == 1:
        return flat(build, x)
    wide = [axis for axis, n in enumerate(after) if n != 1]
    if [before[axis] for axis in range(len(before)) if before[axis] != 1] == [
        after[axis] for axis in wide
    ]:  # axes of one position come and go
        kept = [axis for axis in range(len(before)) if before[axis] != 1]
        stays = dict(zip(kept, wide, strict=True))
        order = with_ones(build, [stays[a] for a in have if a in stays], len(after))
        sizes = tuple(after[axis] for axis in order)
        return build.put("reshape", x, order=order, sizes=sizes)
    rank = len(before)
    image = rank > 2 and have == build.channels_last(rank)
    if image and len(after) == 2 and after[1] == before[-1]:
        return build.put("tokens", x, order=(0, 1))
    if len(before) == 2 and len(after) > 2 and after[-1] == before[1]:
        order = build.channels_last(len(after))
        return build.put("image", build.plain(x), order=order, sizes=after[:-1])
    order = tuple(range(len(after)))
    return build.put("reshape", build.plain(x), order=order, sizes=after)


def with_ones(build: Build, wide: list[int], rank: int) -> tuple[int, ...]:
    """Return an order in which axes of more than one position follow each other so."""
    for order in (build.usual(rank), tuple(range(rank))):
        if [axis for axis in order if axis in wide] == wide:
            return order
    return (*wide, *(axis for axis in range(rank) if axis not in wide))


@layer("Permute")
def permute(call: Call) -> Result:
    """Axes in another order; Keras counts them from 1."""
    dims = call.config.items("dims")
    return permuted(call.build, call.x, [call.build.number(call.x, d) for d in dims])


def permuted(build: Build, x: int, axes: list[int]) -> int:
    """Append a move of axes, given from 0 without the batch."""
    x = build.plain(x)
    if sorted(axes) != list(range(build.rank(x))):
        raise NotKnown
    if axes == sorted(axes):
        return x
    if axes == [1, 0]:
        return build.put("transpose", x)
    return build.put("permute", x, axes=tuple(axes))


@layer("RepeatVector")
def repeat(call: Call) -> Result:
    """The same vector at every position."""
    build, n = call.build, call.config.whole("n")
    (width,) = build.shape(call.x) if build.rank(call.x) == 1 else (None,)
    if width is None:
        raise NotKnown
    column = build.put("reshape", call.x, order=(1, 0), sizes=(width, 1))
    return build.put("upsample", column, scale=n) if n != 1 else column


# -- operations ------------------------------------------------------------------------


@operation("reshape")
def reshape_operation(call: Call) -> Result:
    """Other sizes; the first is the batch, which stays."""
    given = call.argument(1, "newshape")
    given = call.argument(1, "shape") if given is None else given
    build, x = call.build, call.x
    if not isinstance(given, list) or len(given) < 2 or given[0] not in (-1, None):
        raise NotKnown
    if given[0] == -1 and any(n == -1 for n in given[1:]):
        raise NotKnown
    whole = all(isinstance(n, int) and n > 0 for n in given[1:])
    if whole and not same(prod(given[1:]), numel(build.shape(x))):
        raise NotKnown
    return shaped(build, x, given[1:])


@operation("transpose")
def transpose_operation(call: Call) -> Result:
    """Axes in another order; the batch stays the first."""
    axes = call.argument(1, "axes")
    axes = call.argument(1, "perm") if axes is None else axes
    if not isinstance(axes, list) or not axes or axes[0] != 0:
        raise NotKnown
    return permuted(
        call.build, call.x, [call.build.number(call.x, a) for a in axes[1:]]
    )


@operation("expanddims", "expand_dims")
def expanded(call: Call) -> Result:
    """An axis of one position more."""
    build, x, axis = call.build, call.x, call.argument(1, "axis")
    rank = build.rank(x) + 1
    if not isinstance(axis, int):
        raise NotKnown
    at = axis - 1 if axis > 0 else rank + axis
    if axis == 0 or not 0 <= at < rank:
        raise NotKnown
    sizes = build.sizes(x)
    return regrouped(build, x, (*sizes[:at], 1, *sizes[at:]))


@operation("squeeze")
def squeezed(call: Call) -> Result:
    """Axes of one position go away."""
    build, x, axis = call.build, call.x, call.argument(1, "axis")
    sizes = build.sizes(x)
    given = [axis] if isinstance(axis, int) else axis
    if not isinstance(given, list):
        raise NotKnown
    gone = {build.number(x, a) for a in given}
    left = tuple(n for at, n in enumerate(sizes) if at not in gone)
    if not left or any(sizes[at] != 1 for at in gone):
        raise NotKnown
    return regrouped(build, x, left)


@operation("concatenate", "concat")
def concatenate(call: Call) -> Result:
    """Tensors behind each other."""
    axis = call.argument(1, "axis", 0)
    return concat(call.build, call.xs, axis)


REDUCTIONS = {
    "mean": "mean",
    "sum": "sum",
    "max": "max",
    "min": "min",
    "amax": "max",
    "amin": "min",
    "reduce_mean": "mean",
    "reduce_sum": "sum",
    "reduce_max": "max",
    "reduce_min": "min",
}


@operation(*REDUCTIONS)
def reduced(call: Call) -> Result:
    """One value of many along axes."""
    build, x = call.build, call.x
    axis = call.argument(1, "axis")
    keep = call.argument(2, "keepdims", False)
    given = [axis] if isinstance(axis, int) else axis
    if not isinstance(given, list) or not given:
        raise NotKnown
    axes = sorted({build.number(x, a) for a in given})
    kind, order = REDUCTIONS[call.kind], build.orders[x]
    inner = tuple(sorted(order.index(axis) for axis in axes))
    if keep or len(axes) == len(order):
        return build.put(kind, x, axes=inner, keep=True)
    left = [axis for axis in range(len(order)) if axis not in axes]
    new = {axis: at for at, axis in enumerate(left)}
    after = tuple(new[axis] for axis in order if axis in new)
    return build.put(kind, x, order=after, axes=inner)


@operation("getitem", "get_item")
def item(call: Call) -> Result:
    """Parts of axes, each from one position to another; the batch stays whole."""
    key = call.argument(1, "key")
    parts = key if isinstance(key, list) else [key]
    build, x = call.build, call.x
    whole = {"start": None, "stop": None, "step": None}
    if any(not is_slice(part) for part in parts) or bounds(parts[0]) != whole:
        raise NotKnown
    if len(parts) > build.rank(x) + 1:
        raise NotKnown
    for axis, part in enumerate(parts[1:]):
        found, size = bounds(part), build.sizes(x)[axis]
        if found["step"] not in (None, 1) or not isinstance(size, int):
            raise NotKnown
        first, last = slice(found["start"], found["stop"]).indices(size)[:2]
        if (first, last) == (0, size):
            continue
        if first >= last:
            raise NotKnown
        inner = build.orders[x].index(axis)
        x = build.put("slice", x, bounds=(first, last), **only_if(inner, axis=inner))
    return x


def is_slice(part: Any) -> bool:
    """Say whether an argument is a slice, as Keras writes one."""
    return isinstance(part, dict) and part.get("class_name") in ("slice", "__slice__")


def bounds(part: dict[str, Any]) -> dict[str, Any]:
    """Return start, stop and step of a slice."""
    config = part.get("config")
    found = config if isinstance(config, dict) else {}
    values = {name: found.get(name) for name in ("start", "stop", "step")}
    if any(v is not None and type(v) is not int for v in values.values()):
        raise NotKnown
    return values


@operation("matmul")
def matmul(call: Call) -> Result:
    """The product of two tensors as matrices in their last axes."""
    build = call.build
    found = [call.argument(at, name) for at, name in enumerate(("x1", "x2"))]
    if not all(isinstance(v, Tensor) for v in found):
        raise NotKnown
    left, right = (build.plain(v.op) for v in found)
    if build.rank(left) != build.rank(right) or build.rank(left) < 2:
        raise NotKnown
    return build.put("matmul", left, right)
