"""darknet's cfg: sections of `key=value`, one for each layer.

The rules are those of AlexeyAB/darknet (src/parser.c, convolutional_layer.c,
maxpool_layer.c, route_layer.c, shortcut_layer.c, upsample_layer.c).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from mmap import mmap
from typing import Any

from archcalc.layers.base import times
from archcalc.limits import Limits, counting
from archcalc.readers.described.growing import Growing
from archcalc.readers.model import Model, named_after
from archcalc.source.text import text_of

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]] | None] = {
    "linear": None,
    "leaky": ("leaky_relu", {"slope": Fraction(1, 10)}),
    "relu": ("relu", {}),
    "relu6": ("relu6", {}),
    "logistic": ("sigmoid", {}),
    "mish": ("mish", {}),
    "swish": ("swish", {}),
    "tanh": ("tanh", {}),
    "elu": ("elu", {}),
}
"""Activations by darknet's names; a leaky one has the slope 0.1."""
HEADS = ("yolo", "gaussian_yolo", "region", "detection", "cost")
"""Sections that turn a tensor into boxes or a loss: what enters them is an output."""


class Section:
    """A section: its name, its line, and its options."""

    def __init__(self, name: str, line: int) -> None:
        self.name, self.line = name, line
        self.options: dict[str, str] = {}


def read_darknet(data: mmap | bytes, path: str, limits: Limits) -> Model:
    """Return the network in the text of a cfg file.

    Raises `SourceError` AC592 with the line of what cannot be read.
    """
    with counting(limits):
        text = text_of(data, path, limits)
        return Reader(Growing(text, named_after(path), limits)).run()


def sections(growing: Growing) -> Iterator[Section]:
    """Yield the sections of a text; `#` and `;` begin a comment."""
    found: Section | None = None
    for number, line in enumerate(growing.text.lines, 1):
        growing.line = number
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        if text.startswith("["):
            if found is not None:
                yield found
            if not text.endswith("]"):
                growing.wrong("a section ends with `]`")
            found = Section(text[1:-1].strip().lower(), number)
            continue
        key, equals, value = text.partition("=")
        if not equals or found is None:
            growing.wrong("`[section]` or `key=value` is needed")
        found.options[key.strip()] = value.partition("#")[0].strip()
    if found is not None:
        yield found


class Reader:
    """Reads one section after the other; `layers` is what each gave."""

    def __init__(self, growing: Growing) -> None:
        self.growing = growing
        self.layers: list[int] = []
        self.at = 0
        self.section = Section("net", 1)
        self.outputs: list[int] = []

    def run(self) -> Model:
        """Read the whole file."""
        growing = self.growing
        found = list(sections(growing))
        if not found or found[0].name not in ("net", "network"):
            growing.wrong("a cfg begins with the section [net]")
        self.section, growing.line = found[0], found[0].line
        sizes = [self.number(name, 0) for name in ("channels", "height", "width")]
        if min(sizes) < 1:
            growing.wrong("[net] needs channels, height and width")
        self.at = growing.input(tuple(sizes))
        for section in found[1:]:
            self.section, growing.line = section, section.line
            self.layer()
        growing.model.outputs = self.outputs or [self.at]
        return growing.model

    # -- options -----------------------------------------------------------------------

    def number(self, name: str, usual: int) -> int:
        """Return a whole number of the section."""
        text = self.section.options.get(name)
        if text is None:
            return usual
        try:
            return int(text)
        except ValueError:
            self.growing.wrong(f"{name} is a whole number, not {text!r}")

    def numbers(self, name: str) -> list[int]:
        """Return whole numbers with commas between them."""
        text = self.section.options.get(name, "")
        try:
            return [int(part) for part in text.split(",") if part.strip()]
        except ValueError:
            self.growing.wrong(f"{name} is a row of whole numbers, not {text!r}")

    def layer_at(self, number: int) -> int:
        """Return what an earlier layer gave: by its number, or counted back."""
        at = number if number >= 0 else len(self.layers) + number
        if not 0 <= at < len(self.layers):
            self.growing.wrong(
                f"there is no layer {number}: {len(self.layers)} stand before this one"
            )
        return self.layers[at]

    # -- layers ------------------------------------------------------------------------

    def layer(self) -> None:
        """Read the section of one layer."""
        name = self.section.name
        if name in HEADS:
            self.outputs.append(self.at)
        else:
            self.growing.known("section", name, [*RULES, *HEADS])
            self.at = RULES[name](self)
        self.layers.append(self.at)

    def add(self, kind: str, *inputs: int, **args: Any) -> int:
        """Append a layer that reads what is there, or what is named."""
        return self.growing.add(kind, inputs or (self.at,), **args)

    def activated(self, at: int) -> int:
        """Append the activation of the section."""
        name = self.section.options.get("activation", "linear")
        self.growing.known("activation", name, [*ACTIVATIONS])
        found = ACTIVATIONS[name]
        return at if found is None else self.add(found[0], at, **found[1])

    def normed(self, at: int) -> int:
        """Append the batch norm of the section, and its activation."""
        if self.number("batch_normalize", 0):
            at = self.add("bn", at)
        return self.activated(at)

    def convolutional(self) -> int:
        """`pad=1` pads by half the kernel; a batch norm takes the place of the bias."""
        size = self.number("size", 1)
        pad = size // 2 if self.number("pad", 0) else self.number("padding", 0)
        args = {
            "kernel": size,
            "stride": self.number("stride", 1),
            "pad": pad,
            "dilation": self.number("dilation", 1),
            "groups": self.number("groups", 1),
            "bias": not self.number("batch_normalize", 0),
        }
        if args["dilation"] > 1 and self.number("pad", 0):
            args["pad"] = size // 2 * args["dilation"]
        return self.normed(self.add("conv", out=self.number("filters", 1), **args))

    def connected(self) -> int:
        """A linear layer over all values."""
        bias = not self.number("batch_normalize", 0)
        return self.normed(self.add("fc", out=self.number("output", 1), bias=bias))

    def maxpool(self) -> int:
        """Padding of size - 1 in all, if not said: ⌈n / stride⌉ positions."""
        stride = self.number("stride", 1)
        size = self.number("size", stride)
        padding = self.number("padding", size - 1)
        if padding == size - 1:
            return self.add("maxpool", kernel=size, stride=stride, pad="same")
        if padding % 2:
            self.growing.wrong(f"a max pool of size {size} with padding {padding}")
        return self.add("maxpool", kernel=size, stride=stride, pad=padding // 2)

    def crop(self) -> int:
        """Cut the image to a size, as it is done before the network."""
        sizes = self.number("crop_height", 1), self.number("crop_width", 1)
        return self.add("crop", size=sizes)

    def route(self) -> int:
        """The layers that it names, behind each other; or one of their groups."""
        named = self.numbers("layers")
        if not named:
            self.growing.wrong("route needs layers")
        found = [self.layer_at(number) for number in named]
        groups = self.number("groups", 1)
        if groups > 1:
            part = self.number("group_id", 0)
            found = [self.add("split", at, pieces=groups, part=part) for at in found]
        return found[0] if len(found) == 1 else self.add("concat", *found)

    def shortcut(self) -> int:
        """The sum of what enters and other layers."""
        found = [self.layer_at(number) for number in self.numbers("from")]
        if not found:
            self.growing.wrong("shortcut needs from")
        fitting = [self.fitted(at) for at in found]
        return self.activated(self.add("add", self.at, *fitting))

    def fitted(self, at: int) -> int:
        """Return a layer in the sizes of what enters.

        Every so many positions are taken; channels that it lacks are zeros.
        """
        shapes: list[Any] = [self.growing.shape(one) for one in (self.at, at)]
        (wanted, *sides), (have, *others) = shapes
        factors = {
            n // m if n % m == 0 else 0 for n, m in zip(others, sides, strict=True)
        }
        if len(factors) != 1 or 0 in factors:
            self.growing.wrong(
                f"a shortcut from {times(shapes[1])} to {times(shapes[0])}"
            )
        (factor,) = factors
        if factor > 1:
            at = self.add("subsample", at, stride=factor)
        if have > wanted:
            return self.add("slice", at, bounds=(0, wanted))
        if have < wanted:
            return self.add("pad", at, size=0, channels=(0, wanted - have))
        return at

    def sam(self) -> int:
        """Multiply another layer with what enters, a value or a channel with one."""
        found = [self.layer_at(number) for number in self.numbers("from")]
        if not found:
            self.growing.wrong("sam needs from")
        return self.activated(self.add("multiply", found[0], self.at))

    def upsample(self) -> int:
        return self.add("upsample", scale=self.number("stride", 2))

    def reorg(self) -> int:
        return self.add("pixel_unshuffle", factor=self.number("stride", 1))

    def avgpool(self) -> int:
        return self.add("gap")

    def dropout(self) -> int:
        rate = self.section.options.get("probability", "0.5")
        try:
            return self.add("dropout", rate=Fraction(rate))
        except (ValueError, ZeroDivisionError):
            self.growing.wrong(f"probability is a number, not {rate!r}")

    def softmax(self) -> int:
        return self.add("softmax")

    def activation(self) -> int:
        return self.activated(self.at)

    def normalization(self) -> int:
        return self.add("lrn", size=self.number("size", 5))

    def batchnorm(self) -> int:
        return self.add("bn")


RULES: dict[str, Callable[[Reader], int]] = {
    "convolutional": Reader.convolutional,
    "conv": Reader.convolutional,
    "connected": Reader.connected,
    "conn": Reader.connected,
    "maxpool": Reader.maxpool,
    "max": Reader.maxpool,
    "avgpool": Reader.avgpool,
    "avg": Reader.avgpool,
    "route": Reader.route,
    "shortcut": Reader.shortcut,
    "scale_channels": Reader.sam,
    "sam": Reader.sam,
    "crop": Reader.crop,
    "upsample": Reader.upsample,
    "reorg": Reader.reorg,
    "reorg3d": Reader.reorg,
    "dropout": Reader.dropout,
    "softmax": Reader.softmax,
    "soft": Reader.softmax,
    "activation": Reader.activation,
    "normalization": Reader.normalization,
    "lrn": Reader.normalization,
    "batchnorm": Reader.batchnorm,
}
"""The rule of each section, by its name in a file."""
