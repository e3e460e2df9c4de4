"""What helps where shapes that meet do not fit: padding, resizing, a projection.

Each help is tried on the shapes before it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archcalc.errors import ArchcalcError
from archcalc.graph.graph import Node
from archcalc.graph.shortcuts import projecting, strides
from archcalc.layers.base import Shape
from archcalc.layers.fields import FieldError
from archcalc.sizes.dims import Dim, same

Line = Callable[[Node], int]
"""The line in which a node was written."""
MOST_LINES = 6
PADDINGS = ("half", "same")
PROJECTION = "shortcut: projection, or identity-or-projection for a repeated block"


def sum_help(nodes: Sequence[Node], main: int, skip: int, at: int, line: Line) -> str:
    """Return what makes the body of a residual fit its shortcut.

    `main` and `skip` are the nodes that meet, `at` the one that enters.
    """
    body, kept = nodes[main].shape, nodes[skip].shape
    if skip != at:
        return padding_help(nodes, (main, skip), line) or _same_sizes(body, kept)
    projected = (body[0], *map(_strided, kept[1:], strides(nodes, main, at)))
    if len(kept) > 1 and _equal(body, projected):
        return PROJECTION
    for word in PADDINGS:
        padded, lines = _padded(nodes, main, at, word, line)
        if _equal(padded, kept):
            return _pad_in(word, lines)
        if padded is not None and _equal(padded, projected):
            return f"{_pad_in(word, lines)}, and shortcut: projection"
    return _same_sizes(body, kept)


def _same_sizes(body: Shape, kept: Shape) -> str:
    """Return what is left to say: which sizes differ."""
    if len(kept) > 2 and _equal(body[1:], kept[1:]):
        return f"as many channels on both sides: {body[0]} or {kept[0]}"
    if len(kept) < 3 and _equal(body[:-1], kept[:-1]):
        return f"{{linear: {kept[-1]}}} at the end of the body"
    return "strides and padding of the body that keep the size of the shortcut"


def join_help(
    nodes: Sequence[Node],
    inputs: Sequence[int],
    names: Sequence[str],
    channels_differ: bool,
    line: Line,
) -> str | None:
    """Return what makes inputs of a sum or product fit, None where nothing is known.

    `channels_differ`: they may, as where inputs are put behind each other.
    """
    help = padding_help(nodes, inputs, line, channels_differ)
    if help or len(inputs) != 2:
        return help
    shapes = [nodes[i].shape for i in inputs]
    if not all(_is_image(shape) for shape in shapes):
        return None if channels_differ else _projection(shapes, names)
    (small, low), (large, high) = sorted(
        zip(shapes, range(2), strict=True), key=_positions
    )
    if not channels_differ and all(size == 1 for size in small[1:]):
        return f"a 1×1 conv of {large[0]} on {names[low]}"
    enlarging = _enlarging(small, large, names[low], channels_differ)
    if channels_differ or enlarging is None:
        return enlarging or (None if channels_differ else _projection(shapes, names))
    if not _comes_from(nodes, inputs[low], inputs[high]):
        return enlarging
    alike = same(small[0], large[0])
    project = _projection(shapes, names)
    return f"{project}, or {enlarging}" if project and alike else project or enlarging


def padding_help(
    nodes: Sequence[Node],
    inputs: Sequence[int],
    line: Line,
    channels_differ: bool = False,
) -> str | None:
    """Return the padding without which some inputs have fewer positions than others."""
    start = _common(nodes, inputs)
    shapes = [nodes[i].shape for i in inputs]
    if start is None or not all(map(_is_image, shapes)):
        return None
    targets = dict.fromkeys(shape[1:] for shape in shapes)
    for word in PADDINGS:
        for target in sorted(targets, key=_area, reverse=True):
            lines = _padding_to(
                nodes, inputs, start, target, word, line, channels_differ
            )
            if lines:
                return _pad_in(word, lines)
    return None


def _padding_to(
    nodes: Sequence[Node],
    inputs: Sequence[int],
    start: int,
    target: Shape,
    word: str,
    line: Line,
    channels_differ: bool,
) -> list[int]:
    """Return the lines whose padding gives all inputs these positions, if it does."""
    lines, channels = [], []
    for index in inputs:
        shape: Shape | None = nodes[index].shape
        if not _equal(nodes[index].shape[1:], target):
            shape, told = _padded(nodes, index, start, word, line)
            lines += told
        if shape is None or not _equal(shape[1:], target):
            return []
        channels.append(shape[0])
    alike = all(same(channels[0], other) for other in channels)
    return lines if alike or channels_differ else []


def _pad_in(word: str, lines: Sequence[int]) -> str:
    """Return where the padding belongs."""
    told = list(dict.fromkeys(lines))
    more = ", …" if len(told) > MOST_LINES else ""
    where = ", ".join(map(str, told[:MOST_LINES]))
    return f"pad: {word} in line{'s' if len(told) > 1 else ''} {where}{more}"


def _padded(
    nodes: Sequence[Node], end: int, start: int, word: str, line: Line
) -> tuple[Shape | None, list[int]]:
    """Return the shape from `start` to `end` if every window were padded, and where.

    None where no window lacks padding, or that cannot be followed.
    """
    path = []
    while end > start and nodes[end].inputs:
        path.append(nodes[end])
        end = nodes[end].inputs[0]
    lines: list[int] = []
    shape = nodes[start].shape
    try:
        for node in reversed(path if end == start else []):
            layer = node.layer
            if layer.arity != 1:
                shape = (node.shape[0], *shape[1:])
                continue
            plain = layer.shape(shape)
            if "pad" in layer.fields and layer.window(shape):
                padded = layer.replace(pad=word).shape(shape)
                if not _equal(padded, plain):
                    lines.append(line(node))
                    plain = padded
            shape = plain
    except (ArchcalcError, FieldError):
        return None, []
    return (shape, lines) if lines else (None, [])


def _common(nodes: Sequence[Node], inputs: Sequence[int]) -> int | None:
    """Return the last node that all inputs come from, along first inputs."""
    common: set[int] | None = None
    for index in inputs:
        chain = {index}
        while nodes[index].inputs:
            index = nodes[index].inputs[0]
            chain.add(index)
        common = chain if common is None else common & chain
    return max(common, default=None) if common else None


def _comes_from(nodes: Sequence[Node], index: int, earlier: int) -> bool:
    """Say whether a node was computed from an earlier one."""
    waiting, seen = [index], {index}
    while waiting:
        for node in nodes[waiting.pop()].inputs:
            if node == earlier:
                return True
            if node > earlier and node not in seen:
                seen.add(node)
                waiting.append(node)
    return False


def _enlarging(small: Shape, large: Shape, name: str, channels: bool) -> str | None:
    """Return the step that gives the smaller image the larger one's positions."""
    if len(small) != len(large) or _equal(small[1:], large[1:]):
        return None
    pairs = zip(map(int, small[1:]), map(int, large[1:]), strict=True)  # type: ignore[arg-type]  # images
    times = {m // n if m % n == 0 else 0 for n, m in pairs}
    sizes = ", ".join(map(str, large[1:]))
    scale = times.pop() if len(times) == 1 else 0
    step = f"{{upsample: {scale}}}" if scale else f"{{resize: [{sizes}]}}"
    if channels or same(small[0], large[0]):
        return f"{step} on {name}"
    return f"a 1×1 conv of {large[0]} and {step} on {name}"


def _projection(shapes: Sequence[Shape], names: Sequence[str]) -> str | None:
    """Return the 1×1 convolution that makes one of two inputs fit the other."""
    first, other = shapes
    return projecting(first, other, names[1]) or projecting(other, first, names[0])


def _is_image(shape: Shape) -> bool:
    """Say whether a shape has channels and positions, all of them numbers."""
    return len(shape) > 2 and all(type(size) is int for size in shape)


def _positions(shape: tuple[Shape, int]) -> int:
    """Return how many positions an image has, which stands beside its place."""
    return _area(shape[0][1:])


def _area(sizes: Shape) -> int:
    """Return the product of sizes that are numbers."""
    area = 1
    for size in sizes:
        area *= int(size)  # type: ignore[arg-type]  # asked of images alone
    return area


def _equal(a: Shape | None, b: Shape) -> bool:
    return a is not None and len(a) == len(b) and all(map(same, a, b))


def _strided(size: Dim, stride: Dim) -> Dim:
    return (size - 1) // stride + 1
