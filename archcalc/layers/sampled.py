"""Layers that read an image between its pixels, where other tensors say."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Any, ClassVar

from archcalc.errors import ShapeError
from archcalc.layers.axes import spatial
from archcalc.layers.base import (
    NOTHING_SAVED,
    Call,
    Extra,
    Function,
    Layer,
    Letters,
    Saved,
    Shape,
    Shapes,
    Work,
    check_divides,
    numel,
    per_axis,
    times,
)
from archcalc.layers.combine import mismatch
from archcalc.layers.conv import check_groups
from archcalc.layers.fields import (
    Factor,
    FieldError,
    Flag,
    Kernel,
    PadSizes,
    Size,
    Stride,
)
from archcalc.layers.records.backward import WEIGHTS, Product, Products
from archcalc.layers.window import Sliding, kernel_text
from archcalc.sizes.dims import Dim, product, same

FILTERS: Letters = {"out": ("N", "filters", "out")}
BETWEEN = {"mul": 4, "add": 3}
"""What it takes to read one value between four pixels, by kind of work."""


def read_between(values: Dim) -> Work:
    """Return the work of so many values that are read between pixels."""
    return {kind: count * values for kind, count in BETWEEN.items()}


class DeformConv(Layer):
    """Convolve an image that is read at offsets (Dai 2017; Zhu 2018 with mask).

    Shape: `(C, H, W), (2·g·k², H′, W′) -> (out, H′, W′)`, windows as in `conv`
    (torchvision.ops.DeformConv2d). `offset` has two numbers, down and right, for each
    place of the kernel at each output, for each of g groups of channels. `mask`, which
    has g·k² channels, is a weight for each value that is read. Each value is computed
    from four pixels: 4 multiplications and 3 additions. Backward keeps places and
    columns, as plain torch does; torchvision's kernel keeps only its inputs, and makes
    the columns again.
    """

    key = "deform_conv"
    role = "matrix"
    axis_names = "signal"
    sees = "all"
    family = "convolution"
    named_inputs: ClassVar[tuple[str, ...]] = ("offset", "mask")
    letters = FILTERS
    words: ClassVar[dict[str, str]] = {
        "offset": "What says where the image is read: a step's name, or steps.",
        "mask": "What weighs the values that are read: a step's name, or steps.",
    }
    examples = (
        "{deform_conv: 4, kernel: 3, pad: 1} @ 3x5x6, 18x5x6",
        "{deform_conv: 6, kernel: 3, stride: 2, groups: 2} @ 4x7x9, 36x3x4",
        "{deform_conv: 4, kernel: [1, 3], bias: false} @ 3x5x6, 6x5x4, 3x5x4",
    )

    out: Size
    kernel: Kernel = 1
    stride: Stride = 1
    pad: PadSizes = 0
    dilation: Stride = 1
    groups: Size = 1
    bias: Flag = True

    @classmethod
    def wired(cls, given: Collection[str]) -> tuple[str, ...]:
        if "offset" not in given:
            raise FieldError(
                "deform_conv needs offset too",
                "offset is a step's name, or steps: a conv with 2·k² channels",
            )
        return ("", "offset", "mask") if "mask" in given else ("", "offset")

    def places(self, x: Shape) -> Dim:
        """Return how many places a kernel has."""
        return product(per_axis(self.kernel, len(x) - 1, "kernel"))

    def shape(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        axes = Sliding(self, spatial(x, self.key, (2,))).sizes()
        check_groups(self.groups, x[0], "input")
        check_groups(self.groups, self.out, "output")
        if len(inputs) < 2:
            raise ShapeError.of("AC201", "deform_conv needs offset beside what enters")
        each = self.places(x)
        for name, found, part in zip(
            ("offset", "mask"), inputs[1:], (2 * each, each), strict=False
        ):
            if len(found) != 3 or not all(map(same, found[1:], axes)):
                raise mismatch(
                    f"deform_conv needs {name} of {part}×{times(axes)}, not "
                    f"{times(found)}",
                    inputs,
                )
            check_divides(part, found[0], f"{name} has {part} channels for each group")
            check_divides(
                found[0] // part, x[0], f"{name} has groups that divide the channels"
            )
        if len(inputs) > 2 and not same(inputs[1][0], 2 * inputs[2][0]):
            raise mismatch("deform_conv needs twice as many offsets as weights", inputs)
        return (self.out, *axes)

    def weights(self, *inputs: Shape) -> Shapes:
        kernel = per_axis(self.kernel, len(inputs[0]) - 1, "kernel")
        weight = (self.out, inputs[0][0] // self.groups, *kernel)
        return {"weight": weight, **({"bias": (self.out,)} if self.bias else {})}

    def columns(self, output: Shape, x: Shape) -> Dim:
        """Return how many values are read."""
        return x[0] * self.places(x) * product(output[1:])

    def work(self, output: Shape, *inputs: Shape) -> Work:
        read = self.columns(output, inputs[0])
        work = read_between(read)
        work["mac"] = read // self.groups * self.out
        work["mul"] += read if len(inputs) > 2 else 0
        work["add"] += numel(inputs[1]) + (numel(output) if self.bias else 0)
        return work

    def backward(self, output: Shape, *inputs: Shape) -> Products:
        """The gradient of what is read goes on to all inputs."""
        macs = self.work(output, *inputs)["mac"]
        reads = Product(tuple(range(len(inputs))), macs)
        return reads, Product((WEIGHTS,), macs, self.groups)

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        read = self.columns(output, inputs[0])
        extras = [Extra("places and their scale", each=numel(inputs[1]), once=2)]
        if len(inputs) > 2:
            extras.append(Extra("values that are read", each=read))
        kept = (0, 2) if len(inputs) > 2 else (0,)
        columns = Extra("columns", each=read)
        return Saved(
            kept,
            weights=("weight",),
            extras=(*extras, columns),
            first=Saved(extras=(columns,)),
        )

    def torch(self, *inputs: Shape) -> Call:
        x, offset = inputs[:2]
        sliding, output = Sliding(self, x[1:]), self.shape(*inputs)
        each, down = self.places(x), output[1]
        groups = offset[0] // (2 * each)
        steps = [*self.grid(sliding, output)]
        steps += [
            f"g = xs[1].unflatten(1, ({groups}, {each}, 2)) + b",
            "g = g.movedim(3, -1).flatten(0, 1).flatten(1, 2)",
            f"s = torch.tensor([2 / {x[2]}, 2 / {x[1]}], device=x.device)",
            "g = g.flip(-1) * s.to(x.dtype) - 1",
            f"v = x.unflatten(1, ({groups}, {x[0] // groups})).flatten(0, 1)",
            "v = F.grid_sample(v, g, align_corners=False)",
            f"v = v.unflatten(2, ({each}, {down})).unflatten(0, (-1, {groups}))",
        ]
        if len(inputs) > 2:
            steps.append(f"v = v * xs[2].unflatten(1, ({groups}, {each}))[:, :, None]")
        steps.append("v = v.flatten(1, 3)")
        given = ["v", "p['weight'].flatten(1)[..., None, None]"]
        given += ["p['bias']"] if self.bias else []
        given += [f"groups={self.groups}"] if self.groups != 1 else []
        return Function(
            f"F.conv2d({', '.join(given)})", self.weights(*inputs), steps=tuple(steps)
        )

    def grid(self, sliding: Sliding, output: Shape) -> list[str]:
        """Return the statements that make the places of a plain convolution.

        Half a pixel is added, so that they count from the edge.
        """
        steps = []
        names = ("r", "c")
        for axis, name in enumerate(names):
            k, s, d = (
                each[axis]
                for each in (sliding.kernel, sliding.stride, sliding.dilation)
            )
            (before, _), n = sliding.pads[axis], output[1 + axis]
            made = "torch.arange({}, device=x.device)"
            first = f"{made.format(n)} * {s} - {before} + 0.5"
            steps.append(f"{name} = {made.format(k)}[:, None] * {d} + ({first})")
        (kh, kw), (n, m) = sliding.kernel, output[1:]
        sizes = f"({kh}, {kw}, {n}, {m})"
        steps += [
            f"r = r[:, None, :, None].expand{sizes}.flatten(0, 1)",
            f"c = c[None, :, None].expand{sizes}.flatten(0, 1)",
            "b = torch.stack((r, c), 1).to(x.dtype)",
        ]
        return steps

    def label(self, *inputs: Shape) -> str:
        usual: dict[str, Any] = {"stride": 1, "pad": 0, "dilation": 1, "groups": 1}
        given = {n: getattr(self, n) for n in usual}
        said = [
            f"{n} {kernel_text(v) if isinstance(v, tuple) else v}"
            for n, v in given.items()
            if v != usual[n]
        ]
        head = f"deform_conv {kernel_text(self.kernel, *inputs[:1])}, {self.out}"
        return ", ".join([head, *said])


class RoIAlign(Layer):
    """Cut boxes out of an image, each to `size × size` (He 2017, Mask R-CNN).

    Shape: `(C, H, W), (N, 4) -> (N, C, size, size)`: N boxes, by left, top, right and
    bottom, in pixels of an image that is 1/`scale` as large (torchvision.ops.RoIAlign).
    Each output is the mean of `samples × samples` values, and each is read between four
    pixels. A pixel's value stands at its middle, or, if not `aligned`, at its corner; a
    box is then at least a pixel wide, as in torchvision's detectors. Boxes get no
    gradient. Backward keeps places and values, as plain torch does; torchvision's
    kernel keeps the boxes alone.
    """

    key = "roi_align"
    role = "pool"
    sees = "all"
    named_inputs: ClassVar[tuple[str, ...]] = ("boxes",)
    words: ClassVar[dict[str, str]] = {
        "boxes": "What has the boxes: a step's name, or steps.",
        "size": "Into how many rows and columns a box is divided.",
        "samples": "How many rows and columns of values each output is the mean of.",
        "scale": "The size of this image over that of the image that boxes speak of.",
        "aligned": "Whether a pixel's value stands at its middle, not at its corner.",
    }
    examples = (
        "{roi_align: 2} @ 3x5x6, 4x4",
        "{roi_align: 3, samples: 1, scale: 1/4} @ 2x7x5, 1x4",
        "{roi_align: 2, aligned: false} @ 3x5x6, 4x4",
    )

    size: Size
    samples: Size = 2
    scale: Factor = Fraction(1)
    aligned: Flag = True

    @classmethod
    def wired(cls, given: Collection[str]) -> tuple[str, ...]:
        if "boxes" not in given:
            raise FieldError(
                "roi_align needs boxes too",
                "boxes is a step's name, or steps: N boxes of 4 numbers",
            )
        return ("", "boxes")

    def shape(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        spatial(x, self.key, (2,))
        if len(inputs) < 2:
            raise ShapeError.of("AC201", "roi_align needs boxes beside what enters")
        boxes = inputs[1]
        if len(boxes) != 2 or not same(boxes[1], 4):
            raise mismatch(
                f"roi_align needs boxes of 4 numbers, N×4, not {times(boxes)}", inputs
            )
        return (boxes[0], x[0], self.size, self.size)

    def work(self, output: Shape, *inputs: Shape) -> Work:
        each, n = self.samples * self.samples, numel(output)
        work = read_between(n * each)
        return {**work, "add": work["add"] + n * (each - 1), "div": n}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        side = self.size * self.samples
        places, read = output[0] * side * side, numel(output) * self.samples**2
        extras = Extra("places", each=2 * places), Extra("values", each=read)
        return Saved(inputs=(0,), extras=extras, first=NOTHING_SAVED)

    def torch(self, *inputs: Shape) -> Call:
        (_, height, width), (boxes, _) = inputs
        side = self.size * self.samples
        shift, least = (" - 0.5", "") if self.aligned else ("", ".clamp(min=1)")
        steps = (
            f"b = xs[1].detach() * {float(self.scale):g}{shift}",
            f"t = (torch.arange({side}, device=x.device) + 0.5) / {side}",
            "u, v = (b[..., i, None] "
            f"+ (b[..., i + 2] - b[..., i]){least}[..., None] * t for i in (0, 1))",
            f"u, v = (torch.where((z < -1) | (z > n), 3 * n, z.clamp(0, n - 1)) "
            f"for z, n in ((u, {width}), (v, {height})))",
            f"u, v = (2 * u + 1) / {width} - 1, (2 * v + 1) / {height} - 1",
            f"sizes = (-1, {boxes}, {side}, {side})",
            "u, v = u[:, :, None].expand(sizes), v[..., None].expand(sizes)",
            "g = torch.stack((u, v), -1).flatten(1, 2).to(x.dtype)",
            "y = F.grid_sample(x, g, align_corners=False)",
            f"y = F.avg_pool2d(y, {self.samples})",
        )
        return Function(
            f"y.unflatten(2, ({boxes}, {self.size})).movedim(2, 1).contiguous()",
            steps=steps,
        )
