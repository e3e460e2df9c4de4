"""Why two networks differ at a place, in the words of somebody who knows both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.checks.against.matching import Matching, Place
from archcalc.checks.against.steps import Step
from archcalc.errors import clean
from archcalc.layers.base import numel, times
from archcalc.layers.window import kernel_text
from archcalc.sizes.dims import product

FOLLOWS = ("in_channels", "in_features", "num_features", "normalized_shape")
"""Arguments that say what enters; they differ where what is before differs."""


def differing(place: Place) -> dict[str, tuple[Any, Any]]:
    """Return the arguments that differ at a pair, each with both values."""
    if place.ours is None or place.theirs is None:
        return {}
    ours, theirs = place.ours.arguments, place.theirs.arguments
    names = [*ours, *(name for name in theirs if name not in ours)]
    pairs = {name: (ours.get(name), theirs.get(name)) for name in names}
    return {name: both for name, both in pairs.items() if both[0] != both[1]}


def follows(place: Place) -> bool:
    """Say whether a place differs only in what enters it."""
    names = differing(place)
    ours, theirs = place.ours, place.theirs
    if ours is None or theirs is None or ours.kind != theirs.kind or not names:
        return False
    entering = [*FOLLOWS, *(["groups"] if ours.node.layer.depthwise else [])]
    out = ["out_channels"] if ours.node.layer.depthwise else []
    return names.keys() <= {*entering, *out}


def headline(place: Place) -> str:
    """Return what differs, in a sentence."""
    if place.what == "inputs":
        return "the networks have other numbers of inputs"
    if place.what == "outputs":
        return "all layers are equal, but other tensors leave the networks"
    if place.ours is not None and place.theirs is not None:
        ours, theirs = place.ours, place.theirs
        if place.what == "share":
            return f"{_name(ours)} shares its weights with another step than there"
        differ = [
            f"{_word(name)} {_value(here)} here, {_value(there)} there"
            for name, (here, there) in differing(place).items()
        ]
        if ours.kind != theirs.kind or not differ:
            differ = [f"{_label(ours)} here, {_label(theirs)} there"]
        return f"{_name(ours)}: {'; '.join(differ)}"
    if place.ours is not None:
        return f"{_name(place.ours)} ({_label(place.ours)}) is only here"
    assert place.theirs is not None
    return f"{_name(place.theirs)} ({_label(place.theirs)}) is only there"


def facts(place: Place) -> Iterator[str]:
    """Yield both steps with what enters and leaves them."""
    for where, step in (("here", place.ours), ("there", place.theirs)):
        if step is not None:
            yield f"{where}: {_name(step)}: {_label(step)}, output {times(step.shape)}"


SAID = {
    "ceil_mode": "ceil_mode decides if a last window that is not full counts",
    "count_include_pad": "the average counts the padding on one side only",
    "padding": "other padding changes the size of the output, or what windows see",
    "before": "other padding changes the size of the output, or what windows see",
}
"""What arguments change, where they differ."""


def reason(matching: Matching, place: Place) -> str | None:
    """Return why a difference may be there, None where nothing is known."""
    if place.ours is None or place.theirs is None:
        return _alone(place)
    if place.ours.kind != place.theirs.kind:
        return _other_kind(place.ours, place.theirs)
    names = differing(place)
    if "stride" in names:
        return _moved_stride(matching, place)
    if "bias" in names and _norm_follows(matching, place):
        return "a norm behind it subtracts the bias again: it changes no output"
    return next((said for name, said in SAID.items() if name in names), None)


def _alone(place: Place) -> str | None:
    """Return why a step may be missing on one side."""
    step = place.ours or place.theirs
    if step is None:
        return None
    if step.node.layer.left_to_loss:
        return "libraries leave this function to the loss"
    if "shortcut" in step.node.name.split("."):
        return "one of the two has no projection on the shortcut"
    return None


def _other_kind(ours: Step, theirs: Step) -> str | None:
    """Return why two steps of different kinds were taken for the same one."""
    counts = [product(map(numel, step.weights)) for step in (ours, theirs)]
    if ours.weights and counts[0] == counts[1]:
        return "both are the same products; the weight has another shape"
    return None


def _moved_stride(matching: Matching, place: Place) -> str | None:
    """Return the reason where a stride stands on the next convolution instead."""
    names = differing(place)["stride"]
    for other in matching.places:
        both = differing(other).get("stride")
        if other is place or both is None or both != (names[1], names[0]):
            continue
        first, second = place.ours, other.ours
        if first is None or second is None:
            continue
        if abs(first.node.index - second.node.index) <= FAR:
            kernels = [
                kernel_text(step.arguments.get("kernel_size"), step.shape)
                for step in (first, second)
            ]
            here = kernels[0] if _more(names[0], names[1]) else kernels[1]
            there = kernels[1] if here == kernels[0] else kernels[0]
            return (
                f"the stride is on the {here} convolution here and on the {there} there"
            )
    return None


FAR = 6
"""How many nodes apart two convolutions are that swap their strides, at most."""


def _more(one: Any, other: Any) -> bool:
    return bool(_product(one) > _product(other))


def _product(value: Any) -> int:
    if isinstance(value, tuple):
        return value[0] * value[-1] if value else 1
    return value if isinstance(value, int) else 1


def _norm_follows(matching: Matching, place: Place) -> bool:
    """Say whether a norm that subtracts the mean of each channel is behind a step."""
    if place.ours is None:
        return False
    wanted = place.ours.node.index
    return any(
        ours.node.layer.centres and wanted in ours.node.inputs
        for ours, _ in matching.pairs
    )


def _name(step: Step) -> str:
    return clean(step.node.name)


def _label(step: Step) -> str:
    return clean(step.node.layer.label())


def _word(name: str) -> str:
    around = {"before": "before it", "after": "after it"}
    return around.get(name) or name.replace("_", " ")


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return "×".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else str(value)
