"""Input sizes that another layout was probably meant by: channels last, a batch axis.

`[C, H, W]` is what the language reads. Whoever comes from a framework that writes
`[H, W, C]` or `[N, C, H, W]` gets a network that fits together and means nothing.
"""

from __future__ import annotations

from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.language.spec import Spec
from archcalc.language.steps import Step
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Shape, times
from archcalc.network.network import Network
from archcalc.records import NamedTuple

COLOURS = (1, 2, 3, 4)
"""How many channels an image, a mask or optical flow has."""
SMALLEST = 16
"""From which sides on a tensor is taken for an image: those of MNIST are 28."""
DEEPEST = 8
"""Through so many groups the first step is looked for."""
LAST = "its channels seem to come last"
BATCH = "it seems to begin with the batch"
BATCHES = ("none", "null", "batch", "batch_size")
"""Names that frameworks print for the size of a batch."""
Found = tuple[str, tuple[Shape, ...]]


class OddInput(NamedTuple):
    """An input that looks like another layout.

    `message` says how it is read and what it looks like, `likely` what was probably
    meant; `declared` is the file's own shape where other sizes are given from outside.
    """

    message: str
    likely: tuple[Shape, ...]
    declared: Shape | None = None


def odd_inputs(network: Network) -> tuple[OddInput, ...]:
    """Return the inputs of a network that look like another layout.

    Sizes that are names look like nothing; sizes that are wrong are left to whoever
    needs them.
    """
    try:
        given, declared = network.input_shapes, network.declared_shapes
    except ArchcalcError:
        return ()
    found = []
    for name, shape in given.items():
        named = f"the input {name}" if len(given) > 1 else "the input"
        own = declared[name] if network.input is not None else shape
        if all(isinstance(size, int) for size in shape):
            found += [_odd(named, shape, own, network.spec)]
        elif shape == own:
            found += [_told(named, shape, _named_batch(shape))]
    return tuple(one for one in found if one is not None)


def _odd(named: str, shape: Shape, own: Shape, spec: Spec) -> OddInput | None:
    """Return what is odd about a shape, beside the file's own and of itself."""
    found = _beside(shape, own)
    if found is None and (shape == own or shape[0] != own[0]):
        found = _alone(shape, spec)
    return _told(named, shape, found, own if shape != own else None)


def _told(
    named: str, shape: Shape, found: Found | None, declared: Shape | None = None
) -> OddInput | None:
    """Return what is said of an input, if anything."""
    if found is None:
        return None
    return OddInput(f"{named}, {times(shape)}, {found[0]}", found[1], declared)


def _named_batch(x: Any) -> Found | None:
    """Return what sizes look like whose first is a name and all others are numbers.

    `None` and `batch` are no channels; any name may be that of a batch of images.
    """
    if isinstance(x[0], int) or not all(isinstance(size, int) for size in x[1:]):
        return None
    if len(x) == 4 and _last(x[1:]):
        return _read(x, f"{BATCH}, and {LAST}"), ((x[3], *x[1:3]),)
    images = len(x) == 4 and x[1] in (1, 3) and min(x[2:]) >= SMALLEST
    if images or (len(x) > 1 and str(x[0]).lower() in BATCHES):
        return _read(x, BATCH), (x[1:],)
    return None


def _alone(x: Any, spec: Spec) -> Found | None:
    """Return what a shape looks like of itself, and what is likely meant."""
    first = _first(spec) if len(spec.inputs) == 1 else None
    if first is not None and _any_layout(first):
        return None
    if len(x) == 3 and _last(x):
        return _read(x, LAST), ((x[2], *x[:2]),)
    if len(x) == 4 and x[1] in (1, 3) and min(x[2:]) >= SMALLEST:
        volume = first is not None and _axes(first) == len(x) - 1
        return None if volume else (_read(x, BATCH), (x[1:],))
    if len(x) == 4 and _last(x[1:]):
        if x[0] == 1:
            return _read(x, f"{BATCH}, and {LAST}"), ((x[3], *x[1:3]),)
        return _read(x, LAST), ((x[3], *x[:3]),)
    if len(x) == 2 and x[0] >= SMALLEST and _slides(first):
        if x[0] == x[1]:
            return _read(x, "an image needs its channels"), ((1, *x), (3, *x))
        if x[1] in COLOURS:
            return _read(x, LAST), ((x[1], x[0]),)
    return None


def _last(x: Any) -> bool:
    """Say whether three sizes are height, width and colours."""
    height, width, channels = x
    sides = min(height, width) if channels == 3 or height == width else 0
    return channels in COLOURS and sides >= SMALLEST


def _beside(x: Any, own: Any) -> Found | None:
    """Return what a shape looks like beside the one that the file declares."""
    if len(x) == len(own):
        return (_read(x, LAST), (_turned(x),)) if _is_turned(x, own) else None
    if len(x) == len(own) + 1:
        if _is_turned(x[1:], own):
            return _read(x, f"{BATCH}, and {LAST}"), (_turned(x[1:]),)
        return _read(x, BATCH), (x[1:],)
    sizes = "size" if len(x) == 1 else "sizes"
    message = f"has {len(x)} {sizes}, but the file has {len(own)}"
    whole = len(x) < len(own) and all(isinstance(size, int) for size in own)
    return message, ((own[0], *_sides(x, own)),) if whole else ()


def _is_turned(x: Any, own: Any) -> bool:
    """Say whether the file's first size, its channels, stands last."""
    return len(x) > 1 and x[-1] == own[0] and own[0] not in (x[0], own[-1])


def _turned(x: Shape) -> Shape:
    return (x[-1], *x[:-1])


def _sides(x: Any, own: Any) -> Shape:
    """Return height and width, as many as the file has, from fewer sizes."""
    sides = x[1:] if x[0] == own[0] and len(x) > 1 else x
    if len(sides) == 1 and len(set(own[1:])) == 1:
        return sides * (len(own) - 1)  # type: ignore[no-any-return]  # a tuple
    return (*own[1 : len(own) - len(sides)], *sides)


def _read(x: Any, looks: str) -> str:
    """Return how a shape is read, and what it looks like."""
    if len(x) == 1:
        return looks
    channels = "1 channel" if x[0] == 1 else f"{x[0]} channels"
    return f"is read as {channels} of {times(x[1:])}: {looks}"


def _first(spec: Spec) -> Step | None:
    """Return the first layer, alone or in a group; None where it is no plain layer."""
    steps = spec.steps
    for _ in range(DEEPEST):
        first = next(iter(steps), None)
        if first is None or first.kind in CATALOGUE:
            return first
        used = spec.blocks.get(str(first.args.get("use")))
        steps = used.steps if used else first.body
    return None


def _slides(first: Step | None) -> bool:
    """Say whether a step is a convolution or a pool."""
    return first is not None and hasattr(CATALOGUE[first.kind], "sliding")


def _any_layout(first: Step) -> bool:
    """Say whether a step reads any layout: it flattens, moves axes, or takes the last.

    So points of three coordinates enter a linear layer (Qi 2017, PointNet++).
    """
    kind = CATALOGUE[first.kind]
    moves = kind.role == "shape" and kind.axis_names != "signal"
    return moves or kind.flattens or kind.axis_names == "channels last"


def _axes(first: Step) -> int | None:
    """Return for how many axes a step's kernel is written, if it says."""
    kernel = first.args.get("kernel")
    return len(kernel) if isinstance(kernel, tuple) else None
