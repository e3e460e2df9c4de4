"""Layers whose windows slide over an image, a signal or a volume."""

from __future__ import annotations

from typing import Any

from archcalc.readers.keras.pointwise import activated
from archcalc.readers.keras.rules import Call, Result, layer, only_if, simple


def axes_of(call: Call) -> int:
    """Return how many axes a layer slides over, from its name."""
    return next(n for n in (1, 2, 3) if f"{n}D" in call.kind)


def padding(call: Call, axes: int, spans: tuple[int, ...], strides: Any) -> Any:
    """Return the padding in our words.

    Padding that keeps the size is the same on both sides where the span is odd.
    """
    word = call.config.text("padding", "valid")
    if word == "valid":
        return 0
    if word == "causal" and axes == 1:
        return "causal"
    if word != "same":
        call.config.wrong(f"padding {word!r} is not known", "padding")
    if set(strides) == {1} and all(span % 2 for span in spans):
        return simple(tuple(span // 2 for span in spans))
    return "same"


def sliding(call: Call, axes: int, kernel: tuple[int, ...]) -> dict[str, Any]:
    """Return kernel, stride, padding and dilation of a convolution."""
    strides = call.several("strides", axes)
    dilation = call.several("dilation_rate", axes)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    return {
        "kernel": simple(kernel),
        "stride": simple(strides),
        "pad": padding(call, axes, spans, strides),
        "dilation": simple(dilation),
    }


def kernel_of(call: Call, axes: int) -> tuple[int, ...]:
    """Return the kernel's sizes, which must be there."""
    call.config.needed("kernel_size")
    return call.several("kernel_size", axes)


@layer("Conv1D", "Conv2D", "Conv3D", "Convolution2D", "Convolution1D", "Convolution3D")
def conv(call: Call) -> Result:
    """A convolution."""
    axes = axes_of(call)
    x = call.build.image(call.x, call.first(), axes)
    made = call.build.put(
        "conv",
        x,
        out=call.config.whole("filters"),
        **sliding(call, axes, kernel_of(call, axes)),
        groups=call.config.whole("groups", 1),
        bias=call.config.flag("use_bias", usual=True),
    )
    return activated(call, made)


@layer("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(call: Call) -> Result:
    """A convolution of each channel alone."""
    axes = axes_of(call)
    x = call.build.image(call.x, call.first(), axes)
    made = call.build.put(
        "dwconv",
        x,
        multiplier=call.config.whole("depth_multiplier", 1),
        **sliding(call, axes, kernel_of(call, axes)),
        bias=call.config.flag("use_bias", usual=True),
    )
    return activated(call, made)


@layer("SeparableConv1D", "SeparableConv2D")
def separable(call: Call) -> Result:
    """A convolution of each channel, and one of 1×1 over all of them."""
    axes, build = axes_of(call), call.build
    x = build.image(call.x, call.first(), axes)
    x = build.put(
        "dwconv",
        x,
        name="depthwise",
        multiplier=call.config.whole("depth_multiplier", 1),
        **sliding(call, axes, kernel_of(call, axes)),
        bias=False,
    )
    made = build.put(
        "conv",
        x,
        name="pointwise",
        out=call.config.whole("filters"),
        kernel=1,
        bias=call.config.flag("use_bias", usual=True),
    )
    return activated(call, made)


@layer(
    *(f"Conv{n}DTranspose" for n in (1, 2, 3)),
    *("Conv2DTranspose", "Deconvolution2D"),
)
def deconv(call: Call) -> Result:
    """A transposed convolution; `same` makes each axis as many times larger."""
    axes, config = axes_of(call), call.config
    kernel, strides = kernel_of(call, axes), call.several("strides", axes)
    dilation = call.several("dilation_rate", axes)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    same = config.text("padding", "valid") == "same"
    args: dict[str, Any] = {"pad": "same"} if same else {}
    if "output_padding" in config:
        args["output_pad"] = simple(call.several("output_padding", axes))
        args["pad"] = simple(tuple(k // 2 for k in spans)) if same else 0
    elif not same:
        late = zip(strides, spans, strict=True)
        args["output_pad"] = simple(tuple(max(s - k, 0) for s, k in late))
    made = call.build.put(
        "deconv",
        call.build.image(call.x, call.first(), axes),
        out=config.whole("filters"),
        kernel=simple(kernel),
        stride=simple(strides),
        dilation=simple(dilation),
        **args,
        bias=config.flag("use_bias", usual=True),
    )
    return activated(call, made)


@layer(*(f"{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2, 3)))
def pool(call: Call) -> Result:
    """A pool; without strides its windows lie side by side."""
    axes = axes_of(call)
    name = "pool_size" if "pool_size" in call.config else "pool_length"
    kernel = call.several(name, axes, 2)
    strides = kernel
    if "strides" in call.config:
        strides = call.several("strides", axes)
    x = call.build.image(call.x, call.first(), axes)
    pad = padding(call, axes, kernel, strides)
    args = {"kernel": simple(kernel), "stride": simple(strides), "pad": pad}
    if call.kind.startswith("Max"):
        return call.build.put("maxpool", x, **args)
    if pad and uneven(call.build.shape(x)[1:], kernel, strides):
        return one_sided(call, x, strides)
    return call.build.put("avgpool", x, **args, **only_if(pad, count_pad=False))


def uneven(sizes: Any, kernel: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Say whether `same` pads one side of an axis more than the other."""
    axes = zip(sizes, kernel, strides, strict=True)
    totals = [(-(-n // s) - 1) * s + k - n for n, k, s in axes if isinstance(n, int)]
    return any(total > 0 and total % 2 for total in totals)


def one_sided(call: Call, x: int, strides: tuple[int, ...]) -> int:
    """Append a mean whose padding lies on one side and is not counted: no layer is."""
    build, image = call.build, call.build.shape(x)
    sides = zip(image[1:], strides, strict=True)
    shape = (image[0], *(-(-n // s) for n, s in sides))
    placed = dict(zip(build.orders[x], shape, strict=True))
    return build.hole(call.kind, [x], [placed[axis] for axis in range(len(placed))])


@layer(
    *(
        f"Global{k}Pool{e}{n}D"
        for k in ("Max", "Average")
        for e in ("", "ing")
        for n in (1, 2, 3)
    )
)
def global_pool(call: Call) -> Result:
    """One value a channel; the other axes go away unless they are kept."""
    build, keep = call.build, call.config.flag("keepdims", usual=False)
    largest = "Max" in call.kind
    x = call.x
    if build.orders[x] == (0, 1) and not call.first():
        order = (0, 1) if keep else (0,)
        return build.put(
            "max" if largest else "mean",
            x,
            order=order,
            axes=(0,),
            **only_if(keep, keep=True),
        )
    x = build.image(x, call.first(), axes_of(call))
    made = build.put("adaptive_maxpool", x, size=1) if largest else build.put("gap", x)
    return made if keep else build.put("flatten", made, order=(0,))


@layer(
    *(f"Adaptive{k}Pooling{n}D" for k in ("Max", "Average") for n in (1, 2, 3)),
)
def adaptive(call: Call) -> Result:
    """A pool with as many windows as asked for."""
    axes = axes_of(call)
    kind = "adaptive_maxpool" if "Max" in call.kind else "adaptive_avgpool"
    x = call.build.image(call.x, call.first(), axes)
    call.config.needed("output_size")
    return call.build.put(kind, x, size=simple(call.several("output_size", axes)))


@layer("UpSampling1D", "UpSampling2D", "UpSampling3D")
def upsample(call: Call) -> Result:
    """Interpolation by whole numbers."""
    axes = axes_of(call)
    x = call.build.image(call.x, call.first(), axes)
    mode = call.config.text("interpolation", "nearest")
    scale = simple(call.several("size", axes, 2))
    if mode not in ("nearest", "bilinear", "bicubic"):
        mode, name = "nearest", mode
        call.config.wrong(f"interpolation {name!r} has no rule", "interpolation")
    args = only_if(mode != "nearest", mode=mode)
    return call.build.put("upsample", x, scale=scale, **args)


def pairs(call: Call, name: str, axes: int) -> list[tuple[int, int]]:
    """Return what a layer adds or cuts before and after each axis."""
    value = call.config.get(name)
    if value is None:
        value = 1
    if not isinstance(value, list):
        value = [[value, value]] * axes
    if axes == 1 and len(value) == 2 and not isinstance(value[0], list):
        value = [value]
    if len(value) != axes:
        call.config.wrong(f"`{name}` needs a pair for each of {axes} axes", name)
    both = [one if isinstance(one, list) else [one, one] for one in value]
    if any(len(pair) != 2 for pair in both):
        call.config.wrong(f"`{name}` needs pairs of numbers", name)
    size = call.config.size
    return [(size(before, name), size(after, name)) for before, after in both]


@layer("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def zeros(call: Call) -> Result:
    """Zeros around an image."""
    axes = axes_of(call)
    found = pairs(call, "padding", axes)
    before, after = (simple(side) for side in zip(*found, strict=True))
    x = call.build.image(call.x, call.first(), axes)
    args = only_if(before != after, end=after)
    return call.build.put("pad", x, size=before, **args)


@layer("Cropping1D", "Cropping2D", "Cropping3D")
def crop(call: Call) -> Result:
    """What is left of an image without its edges."""
    axes = axes_of(call)
    found = pairs(call, "cropping", axes)
    x = call.build.image(call.x, call.first(), axes)
    left = zip(call.build.shape(x)[1:], found, strict=True)
    sizes: tuple[Any, ...] = tuple(n - before - after for n, (before, after) in left)
    offset = simple(tuple(before for before, _ in found))
    return call.build.put("crop", x, size=simple(sizes), offset=offset)


@layer("CenterCrop")
def centre(call: Call) -> Result:
    """The middle of an image."""
    sizes = call.config.whole("height"), call.config.whole("width")
    x = call.build.image(call.x, call.first(), 2)
    return call.build.put("crop", x, size=simple(sizes))


@layer("Resizing")
def resizing(call: Call) -> Result:
    """Interpolation to a size."""
    sizes = call.config.whole("height"), call.config.whole("width")
    mode = call.config.text("interpolation", "bilinear")
    if mode not in ("nearest", "bilinear", "bicubic"):
        call.config.wrong(f"interpolation {mode!r} has no rule", "interpolation")
    x = call.build.image(call.x, call.first(), 2)
    args = only_if(mode != "nearest", mode=mode)
    return call.build.put("resize", x, size=simple(sizes), **args)
