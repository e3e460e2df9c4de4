"""Modules that slide a window: convolutions, pools, and columns of windows."""

from __future__ import annotations

from typing import Any

from archcalc.wire.writing import INT64
from archcalc.writers.onnx.functions import pad
from archcalc.writers.onnx.page import NoWord
from archcalc.writers.onnx.tensors import Tensor, joined
from archcalc.writers.onnx.weights import Weights
from archcalc.writers.onnx.words import Given, per_axis, word


@word("Conv")
def conv(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A convolution."""
    rank, kernel = x.rank - 2, weights.tensor("weight")
    padding = per_axis(given["padding"], rank)
    attributes = {
        "kernel_shape": [*kernel.named[2:]],
        "strides": per_axis(given["stride"], rank),
        "pads": [*padding, *padding],
        "dilations": per_axis(given["dilation"], rank),
        "group": given["groups"],
    }
    return x.sheet.op("Conv", [x, kernel, weights.bias()], shape, **attributes)


@word("ConvTranspose")
def deconv(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A transposed convolution, of which a part may be cut off behind it."""
    rank, kernel = x.rank - 2, weights.tensor("weight")
    padding, extra, stride, dilation = (
        per_axis(given[name], rank)
        for name in ("padding", "output_padding", "stride", "dilation")
    )
    attributes = {
        "kernel_shape": [*kernel.named[2:]],
        "strides": stride,
        "pads": [*padding, *padding],
        "dilations": dilation,
        "output_padding": extra,
        "group": given["groups"],
    }
    sizes = [
        (n - 1) * s - 2 * p + d * (k - 1) + 1 + e
        for n, s, p, d, k, e in zip(
            x.shape[2:],
            stride,
            padding,
            dilation,
            kernel.shape[2:],
            extra,
            strict=True,
        )
    ]
    whole = (x.shape[0], kernel.shape[1] * given["groups"], *sizes)
    given_ = [x, kernel, weights.bias()]
    return x.sheet.op("ConvTranspose", given_, whole, **attributes)


@word("MaxPool", "AvgPool", "LPPool")
def pool(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A pool. A window that begins behind the input is one more than torch has.

    ONNX before opset 22 keeps it; without it there are as many as by rounding down.
    """
    rank = x.rank - 2
    kernel = per_axis(given["kernel_size"], rank)
    stride = per_axis(given["stride"], rank)
    padding = per_axis(given.get("padding", 0), rank)
    dilation = per_axis(given.get("dilation", 1), rank)
    attributes: dict[str, Any] = {"kernel_shape": kernel, "strides": stride}
    if weights.kind == "MaxPool":
        op, attributes["dilations"] = "MaxPool", dilation
    elif weights.kind == "AvgPool":
        op = "AveragePool"
        attributes["count_include_pad"] = int(given["count_include_pad"])
    else:
        op, attributes["p"] = "LpPool", int(given["norm_type"])
        if given["norm_type"] % 2:
            raise NoWord("nn.LPPool of an odd power")
    attributes["pads"] = [*padding, *padding]
    if given.get("ceil_mode"):
        wanted = late(x, shape, kernel, stride, padding, dilation)
        attributes["ceil_mode"] = int(not wanted)
    return x.sheet.op(op, [x], shape, **attributes)


def late(
    x: Tensor, shape: Any, kernel: Any, stride: Any, padding: Any, dilation: Any
) -> bool:
    """Say whether ONNX would count another window than torch: one behind the input."""
    columns = zip(
        x.shape[2:], shape[2:], kernel, stride, padding, dilation, strict=True
    )
    return any(
        -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1 != out
        for n, out, k, s, p, d in columns
    )


@word("AdaptiveAvgPool", "AdaptiveMaxPool")
def adaptive(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """A pool of as many windows as the output has.

    One window is a global pool, and equal ones are a pool. Others are cut out, one axis
    after the other: the mean of means of rows is that of the window.
    """
    average = weights.kind == "AdaptiveAvgPool"
    sizes, wanted = x.shape[2:], shape[2:]
    if all(n == 1 for n in wanted):
        return x.sheet.op(f"Global{'Average' if average else 'Max'}Pool", [x], shape)
    if all(n % m == 0 for n, m in zip(sizes, wanted, strict=True)):
        kernel = [n // m for n, m in zip(sizes, wanted, strict=True)]
        given = {"kernel_shape": kernel, "strides": kernel}
        return x.sheet.op("AveragePool" if average else "MaxPool", [x], shape, **given)
    for axis, count in enumerate(wanted, 2):
        size: Any = x.shape[axis]
        windows = []
        for at in range(count):
            window = x.cut(axis, at * size // count, -(-(at + 1) * size // count))
            windows.append(
                (window.mean if average else window.amax)(axis, keepdim=True)
            )
        x = joined(windows, axis)
    return x


@word("Unfold")
def unfold(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Each window of an image as a column."""
    kernel, stride, padding, dilation = windows(given)
    x = pad(x, (padding[1], padding[1], padding[0], padding[0])) if any(padding) else x
    for axis in (2, 3):
        at = 3 if axis == 3 else 2
        at += axis == 3  # the rows of a window stand before those of the image
        size: Any = x.shape[at]
        one = axis - 2
        steps = range(0, size - dilation[one] * (kernel[one] - 1), stride[one])
        index = [k * dilation[one] + s for k in range(kernel[one]) for s in steps]
        table = x.sheet.constant(index, INT64, (kernel[one], len(steps)))
        x = x.picked(table, at)
    return x.permute(0, 1, 2, 4, 3, 5).flatten(1, 3).flatten(2, 3)


@word("Fold")
def fold(given: Given, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Columns added up to an image."""
    kernel, stride, padding, dilation = windows(given)
    sheet = x.sheet
    attributes: dict[str, Any] = {"strides": stride, "pads": [*padding, *padding]}
    read = [x, sheet.row([int(n) for n in shape[2:]]), sheet.row(kernel)]
    return sheet.op("Col2Im", read, shape, **attributes, dilations=dilation)


def windows(given: Given) -> list[list[int]]:
    """Return kernel, stride, padding and dilation of a window over an image."""
    usual = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1}
    return [per_axis(given.get(name, value), 2) for name, value in usual.items()]
