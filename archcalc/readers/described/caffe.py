"""Caffe's prototxt: layers with their bottoms and tops, of both generations.

The rules are those of BVLC/caffe (src/caffe/proto/caffe.proto and src/caffe/layers):
convolutions round down, pools round up. A layer whose top is its bottom works in place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from mmap import mmap
from typing import Any

from archcalc.limits import Limits, counting
from archcalc.readers.described.growing import Growing
from archcalc.readers.described.prototxt import Message, parse
from archcalc.readers.model import Model, named_after
from archcalc.source.text import text_of

LEFT_OUT = (
    *("accuracy", "silence", "softmaxwithloss", "softmaxloss", "euclideanloss"),
    "hingeloss",
    *("sigmoidcrossentropyloss", "multinomiallogisticloss", "infogainloss"),
    *("contrastiveloss", "multiboxloss", "detectionoutput", "detectionevaluate"),
    *("priorbox", "smoothl1loss", "argmax"),
)
"""Layers that compute a loss or a score, or say where boxes are: they have no weights.

What enters them is an output of the network.
"""
SOURCES = (
    "data",
    "imagedata",
    "windowdata",
    "hdf5data",
    "memorydata",
    "annotateddata",
    "dummydata",
)


class Layer:
    """One layer of the file: its kind in small letters, its parameters, its names."""

    def __init__(self, message: Message, growing: Growing) -> None:
        self.message = message
        self.line = message.line
        self.name = message.text("name")
        self.type = message.text("type").replace("_", "").lower()
        self.bottoms, self.tops = message.texts("bottom"), message.texts("top")
        self.growing = growing

    def of(self, *names: str) -> Message:
        """Return the parameters of the layer, by the first name that it has."""
        for name in names:
            if self.message.messages(f"{name}_param"):
                return self.message.message(f"{name}_param")
        return Message(self.line)

    def number(self, message: Message, name: str, usual: int) -> int:
        """Return a whole number."""
        text = message.text(name)
        if not text:
            return usual
        try:
            return int(text)
        except ValueError:
            self.growing.wrong(f"{name} is a whole number, not {text!r}")

    def real(self, message: Message, name: str, usual: str) -> Fraction:
        """Return a number."""
        text = message.text(name, usual)
        try:
            return Fraction(text)
        except (ValueError, ZeroDivisionError):
            self.growing.wrong(f"{name} is a number, not {text!r}")

    def flag(self, message: Message, name: str, usual: bool) -> bool:
        """Return whether a field is true."""
        return message.text(name, str(usual)).lower() in ("true", "1", "t")

    def sizes(self, message: Message, what: str, short: str, usual: int | None) -> Any:
        """Return a size for each axis: `kernel_size`, or `kernel_h` and `kernel_w`."""
        axes = [message.text(f"{short}_{axis}") for axis in "hw"]
        given = axes if any(axes) else message.texts(what)
        if not given:
            return usual
        try:
            found = [int(text or 0) for text in given]
        except ValueError:
            self.growing.wrong(f"{what} is a whole number, not {given[0]!r}")
        return found[0] if len({*found}) == 1 else tuple(found)


def read_caffe(data: mmap | bytes, path: str, limits: Limits) -> Model:
    """Return the network in the text of a prototxt file.

    Raises `SourceError` AC592 with the line of what cannot be read.
    """
    with counting(limits):
        text = text_of(data, path, limits)
        return Reader(Growing(text, named_after(path), limits)).run()


class Reader:
    """Reads one layer after the other; `tops` is what each name stands for now."""

    def __init__(self, growing: Growing) -> None:
        self.growing = growing
        self.tops: dict[str, int] = {}
        self.read: set[int] = set()
        self.ends: list[int] = []

    def run(self) -> Model:
        """Read the whole file."""
        growing = self.growing
        net = parse(growing)
        for message in net.messages("layers"):
            if message.messages("layer"):
                growing.line = message.line
                growing.wrong(
                    "a `layer` inside `layers` is of Caffe's first format: not read",
                    help="upgrade_net_proto_text of Caffe writes the new one",
                )
        self.inputs(net)
        layers = [*net.messages("layer", "layers")]
        for message in sorted(layers, key=lambda one: one.line):
            layer = Layer(message, growing)
            growing.line = layer.line
            if _runs(message):
                self.layer(layer)
        if not growing.model.ops:
            growing.line = 1
            growing.wrong("it has no layers")
        left = [at for at in dict.fromkeys(self.tops.values()) if at not in self.read]
        growing.model.outputs = list(dict.fromkeys([*self.ends, *left]))
        return growing.model

    def inputs(self, net: Message) -> None:
        """Take the inputs that stand before the layers."""
        names = net.texts("input")
        shapes = [shape.texts("dim") for shape in net.messages("input_shape")]
        flat = net.texts("input_dim")
        shapes += [flat[i : i + 4] for i in range(0, len(flat), 4)]
        for name, shape in zip(names, shapes, strict=False):
            self.input(name, shape)

    def input(self, name: str, given: Sequence[str]) -> None:
        """Append an input; its first size is the batch."""
        try:
            sizes = tuple(int(text) for text in given)
        except ValueError:
            sizes = ()
        if len(sizes) < 2 or min(sizes) < 1:
            self.growing.wrong(f"the input {name} needs its sizes: {' '.join(given)}")
        self.tops[name] = self.growing.input(sizes[1:], name)

    def layer(self, layer: Layer) -> None:
        """Read one layer."""
        growing = self.growing
        if layer.type == "input":
            shapes = layer.of("input").messages("shape")
            for top, shape in zip(layer.tops, shapes, strict=False):
                self.input(top, shape.texts("dim"))
            return
        if layer.type in SOURCES:
            self.source(layer)
            return
        known = [name for name in layer.bottoms if name in self.tops]
        if layer.type in LEFT_OUT:
            self.ends += [self.tops[name] for name in known[:1]]
            self.read |= {self.tops[name] for name in known}
            return
        growing.known("layer", layer.type, [*RULES])
        missing = [name for name in layer.bottoms if name not in self.tops]
        if missing or not layer.bottoms:
            named = ", ".join(missing) or "no bottom"
            growing.wrong(f"{layer.name} reads {named}, which no layer before it makes")
        entering = [self.tops[name] for name in layer.bottoms]
        found = RULES[layer.type](self, layer, entering)
        self.read = (self.read | {*entering}) - {*found}
        for top, at in zip(layer.tops, found, strict=False):
            self.tops[top] = at

    def source(self, layer: Layer) -> None:
        """Take the image of a data layer: its size is that of the crop."""
        if not layer.tops or layer.tops[0] in self.tops:
            return
        dummy = [
            shape.texts("dim") for shape in layer.of("dummy_data").messages("shape")
        ]
        if dummy:
            self.input(layer.tops[0], dummy[0])
            return
        size = layer.number(layer.of("transform"), "crop_size", 0)
        if not size:
            self.growing.wrong(
                f"{layer.name} does not say the size of its images",
                help="use the deploy file, which states the sizes of its inputs",
            )
        self.input(layer.tops[0], ["1", "3", str(size), str(size)])

    # -- layers ------------------------------------------------------------------------

    def add(self, kind: str, layer: Layer, *inputs: int, **args: Any) -> list[int]:
        """Append a layer of ours with the name of the file's layer."""
        return [self.growing.add(kind, inputs, layer.name, **args)]

    def convolution(self, layer: Layer, xs: list[int]) -> list[int]:
        given = layer.of("convolution")
        kind = "deconv" if layer.type == "deconvolution" else "conv"
        return self.add(
            kind,
            layer,
            xs[0],
            out=layer.number(given, "num_output", 0),
            kernel=layer.sizes(given, "kernel_size", "kernel", 1),
            stride=layer.sizes(given, "stride", "stride", 1),
            pad=layer.sizes(given, "pad", "pad", 0),
            dilation=layer.sizes(given, "dilation", "dilation", 1),
            groups=layer.number(given, "group", 1),
            bias=layer.flag(given, "bias_term", usual=True),
        )

    def depthwise(self, layer: Layer, xs: list[int]) -> list[int]:
        """A convolution of as many groups as channels, which some forks have."""
        given = layer.of("convolution")
        given.fields["group"] = [str(self.growing.shape(xs[0])[0])]
        return self.convolution(layer, xs)

    def pooling(self, layer: Layer, xs: list[int]) -> list[int]:
        """Rounds up; a last window that begins behind input and padding is dropped."""
        given = layer.of("pooling")
        kind = {"MAX": "max", "0": "max", "AVE": "avg", "1": "avg"}.get(
            given.text("pool", "MAX")
        )
        if kind is None:
            self.growing.wrong("stochastic pools are not read")
        shape = self.growing.shape(xs[0])
        if layer.flag(given, "global_pooling", usual=False):
            if kind == "avg":
                return self.add("gap", layer, xs[0])
            return self.add("maxpool", layer, xs[0], kernel=tuple(shape[1:]))
        args: dict[str, Any] = {
            "kernel": layer.sizes(given, "kernel_size", "kernel", None),
            "stride": layer.sizes(given, "stride", "stride", 1),
            "pad": layer.sizes(given, "pad", "pad", 0),
        }
        if args["kernel"] is None:
            self.growing.wrong(f"{layer.name} needs kernel_size")
        self.round(args, given.text("round_mode", "CEIL") in ("CEIL", "0"), shape[1:])
        return self.add(f"{kind}pool", layer, xs[0], **args)

    def round(self, args: dict[str, Any], up: bool, sizes: Sequence[Any]) -> None:
        """Set the rounding of a pool, where it makes another number of windows.

        Raises where Caffe's last window begins behind the input, which ours never does.
        """
        for axis, n in enumerate(sizes):
            kernel, stride, pad = (
                value[axis] if isinstance(value, tuple) else value
                for value in (args["kernel"], args["stride"], args["pad"])
            )
            if stride < 1:
                self.growing.wrong(f"a stride is 1 or more, not {stride}")
            whole, rest = divmod(n + 2 * pad - kernel, stride)
            if not up or not rest:
                continue
            args["rounding"] = "ceil"
            if not pad and (whole + 1) * stride >= n:
                self.growing.wrong(
                    f"Caffe makes {whole + 2} windows of {n} values here: the last "
                    "begins behind the input, which archcalc's pools never do"
                )

    def product(self, layer: Layer, xs: list[int]) -> list[int]:
        given = layer.of("inner_product")
        out = layer.number(given, "num_output", 0)
        bias = layer.flag(given, "bias_term", usual=True)
        return self.add("fc", layer, xs[0], out=out, bias=bias)

    def relu(self, layer: Layer, xs: list[int]) -> list[int]:
        slope = layer.real(layer.of("relu"), "negative_slope", "0")
        if slope:
            return self.add("leaky_relu", layer, xs[0], slope=slope)
        return self.add("relu", layer, xs[0])

    def prelu(self, layer: Layer, xs: list[int]) -> list[int]:
        shared = layer.flag(layer.of("prelu"), "channel_shared", usual=False)
        slopes = "shared" if shared else "channels"
        return self.add("prelu", layer, xs[0], slopes=slopes)

    def elu(self, layer: Layer, xs: list[int]) -> list[int]:
        alpha = layer.real(layer.of("elu"), "alpha", "1")
        return self.add("elu", layer, xs[0], alpha=alpha)

    def lrn(self, layer: Layer, xs: list[int]) -> list[int]:
        given = layer.of("lrn")
        if given.text("norm_region", "ACROSS_CHANNELS") not in ("ACROSS_CHANNELS", "0"):
            shape = tuple(self.growing.shape(xs[0]))
            return [self.growing.unknown("LRN", xs[:1], shape)]
        size = layer.number(given, "local_size", 5)
        return self.add("lrn", layer, xs[0], size=size)

    def dropout(self, layer: Layer, xs: list[int]) -> list[int]:
        rate = layer.real(layer.of("dropout"), "dropout_ratio", "0.5")
        return self.add("dropout", layer, xs[0], rate=rate)

    def concat(self, layer: Layer, xs: list[int]) -> list[int]:
        given = layer.of("concat")
        axis = layer.number(given, "axis", layer.number(given, "concat_dim", 1))
        rank = len(self.growing.shape(xs[0])) + 1
        at = axis % rank - 1
        if at < 0:
            self.growing.wrong("samples are not put behind each other")
        return self.add("concat", layer, *xs, **({"axis": at} if at else {}))

    def eltwise(self, layer: Layer, xs: list[int]) -> list[int]:
        word = layer.of("eltwise").text("operation", "SUM")
        names = {"SUM": "add", "1": "add", "PROD": "multiply", "0": "multiply"}
        if word not in names:
            shape = tuple(self.growing.shape(xs[0]))
            return [self.growing.unknown("Eltwise.MAX", xs, shape)]
        return self.add(names[word], layer, *xs)

    def norm(self, layer: Layer, xs: list[int]) -> list[int]:
        """A batch norm without weights; the Scale behind it has them."""
        return self.add("bn", layer, xs[0], affine=False)

    def scale(self, layer: Layer, xs: list[int]) -> list[int]:
        """The weights of the batch norm before it, or a scale of their own."""
        if len(xs) > 1:
            return self.add("multiply", layer, *xs)
        model, bias = (
            self.growing.model,
            layer.flag(layer.of("scale"), "bias_term", usual=False),
        )
        before = model.ops[xs[0]]
        last = xs[0] == len(model.ops) - 1
        if before.kind == "bn" and bias and last and before.args == {"affine": False}:
            model.ops[xs[0]] = type(before)(
                "bn", {}, before.inputs, before.shape, before.path
            )
            return xs
        at = self.add("layer_scale", layer, xs[0])
        return self.add("channel_bias", layer, at[0]) if bias else at

    def bias(self, layer: Layer, xs: list[int]) -> list[int]:
        return self.add("channel_bias", layer, xs[0])

    def power(self, layer: Layer, xs: list[int]) -> list[int]:
        """(shift + scale · x) to a power of 1."""
        given = layer.of("power")
        if layer.real(given, "power", "1") != 1:
            return [self.growing.unknown("Power", xs[:1], self.growing.shape(xs[0]))]
        at = xs[0]
        scale, shift = (layer.real(given, *w) for w in (("scale", "1"), ("shift", "0")))
        if scale != 1:
            (at,) = self.add("times", layer, at, by=scale)
        if shift:
            (at,) = self.add("plus", layer, at, term=shift)
        return [at]

    def slices(self, layer: Layer, xs: list[int]) -> list[int]:
        """Cut the channels at the points that it names, or in equal parts."""
        given = layer.of("slice")
        axis = layer.number(given, "axis", layer.number(given, "slice_dim", 1)) - 1
        shape = self.growing.shape(xs[0])
        if not 0 <= axis < len(shape):
            self.growing.wrong(f"there is no axis {axis + 1} to slice")
        points: list[Any] = [
            int(text) for text in given.texts("slice_point") if text.isdigit()
        ]
        size = shape[axis]
        if not points:
            part = size // max(len(layer.tops), 1)
            points = [part * i for i in range(1, len(layer.tops))]
        ends = zip([0, *points], [*points, size], strict=True)
        found = []
        for first, end in ends:
            args = {"axis": axis} if axis else {}
            found += self.add("slice", layer, xs[0], bounds=(first, end), **args)
        return found

    def same(self, layer: Layer, xs: list[int]) -> list[int]:
        """Every top is what enters."""
        return xs[:1] * max(len(layer.tops), 1)

    def flatten(self, layer: Layer, xs: list[int]) -> list[int]:
        return self.add("flatten", layer, xs[0])

    def permute(self, layer: Layer, xs: list[int]) -> list[int]:
        order = layer.of("permute").texts("order")
        axes = tuple(int(text) - 1 for text in order[1:] if text.isdigit())
        return self.add("permute", layer, xs[0], axes=axes)

    def shuffle(self, layer: Layer, xs: list[int]) -> list[int]:
        groups = layer.number(layer.of("shuffle_channel"), "group", 1)
        return self.add("shuffle", layer, xs[0], groups=groups)

    def normalize(self, layer: Layer, xs: list[int]) -> list[int]:
        """The length of each position's channels made 1, times a weight each (SSD)."""
        given = layer.of("norm")
        shape = tuple(self.growing.shape(xs[0]))
        shared = layer.flag(given, "channel_shared", usual=True)
        learned: Any = 1 if shared else shape[0]
        return [self.growing.unknown("Normalize", xs[:1], shape, learned)]

    def plain(self, layer: Layer, xs: list[int]) -> list[int]:
        """A function without arguments, under our name for it."""
        return self.add(PLAIN[layer.type], layer, xs[0])


PLAIN = {"sigmoid": "sigmoid", "tanh": "tanh", "absval": "abs", "softmax": "softmax"}
Rule = Callable[[Reader, Layer, list[int]], list[int]]
RULES: dict[str, Rule] = {
    **dict.fromkeys(("convolution", "deconvolution"), Reader.convolution),
    **dict.fromkeys(("depthwiseconvolution", "convolutiondepthwise"), Reader.depthwise),
    "pooling": Reader.pooling,
    "innerproduct": Reader.product,
    "relu": Reader.relu,
    "prelu": Reader.prelu,
    "elu": Reader.elu,
    "lrn": Reader.lrn,
    "dropout": Reader.dropout,
    "concat": Reader.concat,
    "eltwise": Reader.eltwise,
    "batchnorm": Reader.norm,
    "scale": Reader.scale,
    "bias": Reader.bias,
    "power": Reader.power,
    "slice": Reader.slices,
    "split": Reader.same,
    "flatten": Reader.flatten,
    "permute": Reader.permute,
    "shufflechannel": Reader.shuffle,
    "normalize": Reader.normalize,
    **dict.fromkeys(PLAIN, Reader.plain),
}
"""The rule of each layer, by its type in small letters without underscores."""


def _runs(message: Message) -> bool:
    """Say whether a layer is part of the network in inference."""
    included = [rule.text("phase") for rule in message.messages("include")]
    excluded = [rule.text("phase") for rule in message.messages("exclude")]
    test = ("TEST", "1")
    if included:
        return any(not phase or phase in test for phase in included)
    return not any(phase in test for phase in excluded)
