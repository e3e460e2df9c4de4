"""The names of sizes in formulas: axes of tensors and arguments of layers.

They are those of the papers: C channels, H height, W width, N filters, k kernel, s
stride, p padding, d dilation, g groups; N tokens of D features. What a layer makes is
primed where it has the same letter: H′, W′.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.layers.axes import on_axis
from archcalc.layers.base import Layer, Shape
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim, Poly
from archcalc.sizes.recorded import Rank, Size, SizeName


class Name(NamedTuple):
    """A letter, what it means, and its rank in products."""

    letter: str
    meaning: str
    rank: Rank = "other"


CHANNELS = Name("C", "channels", "in")
HEIGHT, WIDTH = Name("H", "height", "place"), Name("W", "width", "place")
DEPTH, LENGTH = Name("D", "depth", "place"), Name("L", "length", "place")
FEATURES = Name("D", "features", "in")
PLACES = {2: (LENGTH,), 3: (HEIGHT, WIDTH), 4: (DEPTH, HEIGHT, WIDTH)}
MORE_PLACES = tuple(
    Name(letter, f"axis {axis}", "place") for axis, letter in enumerate("EFGJLRUX", 1)
)
"""Axes of a tensor with more than are usual, such as heads and windows."""
VECTOR = (FEATURES,)
TOKENS = (Name("N", "tokens", "place"), FEATURES)
MATRICES = (
    (Name("M", "rows", "place"), Name("K", "inner size", "in")),
    (Name("K", "inner size", "in"), Name("N", "columns", "out")),
)
FIELDS: dict[str, Name] = {
    "kernel": Name("k", "kernel", "kernel"),
    "stride": Name("s", "stride"),
    "pad": Name("p", "padding"),
    "pad_end": Name("e", "padding at the end"),
    "output_pad": Name("q", "output padding"),
    "dilation": Name("d", "dilation"),
    "groups": Name("g", "groups"),
    "out": Name("N", "outputs", "out"),
    "multiplier": Name("m", "outputs of a channel"),
    "hidden": Name("h", "hidden values"),
    "heads": Name("h", "heads"),
    "num": Name("V", "words"),
    "factor": Name("r", "factor"),
    "pieces": Name("q", "pieces"),
    "count": Name("T", "learned tokens"),
}
"""Letters of arguments; a layer's own are its `letters`."""
SILENT_AT_ONE = ("dilation", "groups", "multiplier")
"""Arguments that formulas leave out where they are 1."""


def axis_names(layer: Layer, rank: int, comes_out: bool = False) -> tuple[Name, ...]:
    """Return the names of the axes of a tensor that enters or leaves a layer."""
    if rank == 1:
        return TOKENS[:1] if layer.reads_ids else VECTOR
    kind = layer.axis_names
    if rank == 2 and kind != "signal" and (kind != "signal to tokens" or comes_out):
        return TOKENS
    places = PLACES.get(rank) or (*MORE_PLACES[: rank - 2], FEATURES)
    return (*places, CHANNELS) if kind == "channels last" else (CHANNELS, *places)


def input_sizes(layer: Layer, inputs: Sequence[Shape]) -> tuple[tuple[Size, ...], ...]:
    """Return the inputs' shapes as named sizes.

    Of several inputs, equal sizes share a name: what is added has the same C, H and W,
    what is concatenated has C₁, C₂, ….
    """
    shared: dict[tuple[SizeName, Any], Size] = {}
    most = max(map(len, inputs), default=0)
    alike = [_alike(layer, inputs, axis) for axis in range(most)]
    found = []
    for count, shape in enumerate(inputs, 1):
        names = _input_names(layer, len(shape), count)
        sizes = []
        for axis, (name, value) in enumerate(zip(names, shape, strict=True)):
            symbol = SizeName(name.letter, "" if alike[axis] else str(count))
            new = Size(value, symbol, name.meaning, name.rank)
            sizes.append(shared.setdefault((symbol, value), new))
        found.append(tuple(sizes))
    return tuple(found)


def _alike(layer: Layer, inputs: Sequence[Shape], axis: int) -> bool:
    """Say whether an axis has one size in all inputs, and is not where they meet.

    Where inputs are combined, an axis of size 1 stretches; elsewhere 1 is a size.
    """
    if len(inputs) == 1 or layer.axis_names == "matrices":
        return True
    met = layer.joins()
    if met is not None and axis == on_axis(met, inputs[0]):
        return False
    sizes = {x[axis] for x in inputs if axis < len(x)}
    return len(sizes - {1} if layer.role == "combine" else sizes) <= 1


def _input_names(layer: Layer, rank: int, count: int) -> tuple[Name, ...]:
    if layer.axis_names == "matrices":
        own = MATRICES[count - 1]
        if rank == 1:
            return own[1:] if count == 1 else own[:1]
        return (*PLACES.get(rank, ())[: rank - 2], *own)
    return axis_names(layer, rank)


def named_fields(layer: Layer, inputs: Sequence[Shape]) -> dict[str, Any]:
    """Return the arguments that become named sizes, by argument."""
    names = axis_names(layer, len(inputs[0])) if inputs else ()
    axes, taken = names[1:], {name.letter for name in names}
    found = {}
    for field, value in layer.items():
        if field == "stride" and value is None:
            value = getattr(layer, "kernel", None)
        own = layer.letters.get(field)
        name = FIELDS.get(field) if own is None else Name(*own)
        if field == layer.new_size:
            found[field] = _new_sizes(value, axes)
        elif field == "pieces" and isinstance(value, tuple):
            found[field] = _pieces(value)
        elif name is not None and not _is_silent(field, value):
            found[field] = _named(name, value, axes, name.letter in taken)
    return found


def _is_silent(field: str, value: Any) -> bool:
    return field in SILENT_AT_ONE and type(value) is int and value == 1


def _named(name: Name, value: Any, axes: Sequence[Name], primed: bool) -> Any:
    """Return a value as a named size; one for each axis where the axes differ."""
    _, meaning, rank = name
    if type(value) is int or isinstance(value, Poly):
        return Size(value, SizeName(name.letter, prime=primed), meaning, rank)
    if not isinstance(value, tuple):
        return value
    if len(set(value)) == 1:
        one = Size(value[0], SizeName(name.letter), meaning, rank)
        return (one,) * len(value)
    if len(axes) != len(value):  # `fold` reads columns, and its windows are an image's
        axes = PLACES[len(value) + 1]
    return tuple(
        Size(v, SizeName(name.letter, axis.letter), f"{axis.meaning} {meaning}", rank)
        for v, axis in zip(value, axes, strict=True)
    )


def _pieces(sizes: Sequence[Dim]) -> tuple[Size, ...]:
    """Return the sizes of the pieces of one axis, numbered."""
    numbered = enumerate(sizes, 1)
    return tuple(
        Size(v, SizeName("q", str(i)), f"size of piece {i}") for i, v in numbered
    )


def _new_sizes(value: Any, axes: Sequence[Name]) -> Any:
    values = value if isinstance(value, tuple) else (value,) * len(axes)
    return tuple(
        Size(v, SizeName(axis.letter, prime=True), f"output {axis.meaning}", "place")
        for v, axis in zip(values, axes, strict=True)
    )
