"""A whole spec for an example of a layer: `{conv: 8, kernel: 3} @ 4x9x9`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from archcalc.layers.base import Layer


def example_spec(kind: type[Layer], example: str) -> str:
    """Return a spec whose one layer is an example of its kind.

    What stands behind `@` are the shapes that enter, one for each input. A layer that
    nothing enters gets a network with an input that is not read.
    """
    written, _, entering = example.partition(" @ ")
    shapes = [
        f"[{', '.join(shape.split('x'))}]" for shape in entering.split(", ") if shape
    ]
    names = [f"in{i}" for i in range(len(shapes))]
    pairs = ", ".join(f"{n}: {s}" for n, s in zip(names, shapes, strict=True))
    input = f"{{{pairs}}}" if len(shapes) > 1 else "".join(shapes) or "[1]"
    step = written.removeprefix("{").removesuffix("}")
    key, colon, rest = step.partition(":")
    step = f"{key}: {rest.strip()}" if colon else f"{key}: "
    if kind.key == "concat" and rest:
        step = f"concat: , axis: {rest.strip()}"
    return f"name: one\ninput: {input}\nlayers:\n  - {{{step}{_wired(kind, names)}}}\n"


def _wired(kind: type[Layer], inputs: Sequence[str]) -> str:
    """Return how a step names its inputs: those that may have names have them."""
    if len(inputs) < 2:
        return ""
    for count in (len(inputs) - 1, len(inputs)):
        for given in reversed([*combinations(kind.named_inputs, count)]):
            read = ["", *given] if count < len(inputs) else [*given]
            if not _fits(kind, given, read):
                continue
            named = dict(zip(kind.wired(given), inputs, strict=True))
            enters = named.pop("", None)
            text = "".join(f", {name}: {one}" for name, one in named.items())
            return f"{text}, from: {enters}" if enters else text
    return f", from: [{', '.join(inputs)}]"


def _fits(kind: type[Layer], given: tuple[str, ...], read: list[str]) -> bool:
    """Say whether a layer reads these inputs where some are given by name."""
    try:
        return sorted(kind.wired(given)) == sorted(read)
    except ValueError:
        return False
