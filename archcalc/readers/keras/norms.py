"""Norms, and layers with a learned number for each feature."""

from __future__ import annotations

from typing import Any

from archcalc.layers.axes import feature_axis
from archcalc.readers.keras.build import Build, NotKnown
from archcalc.readers.keras.rules import Call, Result, layer


def learned_of(call: Call) -> tuple[bool, bool]:
    """Return whether a norm learns a scale and a shift."""
    config = call.config
    return config.flag("scale", usual=True), config.flag("center", usual=True)


def one_axis(call: Call) -> int:
    """Return the axis that a norm names, from 0 without the batch; the last if none."""
    given = call.config.get("axis")
    if isinstance(given, list) and len(given) == 1:
        (given,) = given
    return call.build.number(call.x, -1 if given is None else given)


def channels(build: Build, x: int, axis: int) -> int:
    """Return a tensor with an axis of Keras before all others."""
    if build.orders[x][0] == axis:
        return x
    others = (a for a in range(build.rank(x)) if a != axis)
    return build.arranged(x, (axis, *others))


def affine(build: Build, x: int, axis: int, scale: bool, shift: bool) -> int:
    """Append a learned number for each position of an axis: a factor, a term."""
    for kind, wanted in (("layer_scale", scale), ("channel_bias", shift)):
        if not wanted:
            continue
        if build.orders[x][feature_axis(build.shape(x))] != axis:
            others = tuple(a for a in range(build.rank(x)) if a != axis)
            first = build.rank(x) > 2
            x = build.arranged(x, (axis, *others) if first else (*others, axis))
        x = build.put(kind, x)
    return x


@layer("BatchNormalization", "SyncBatchNormalization", "BatchNormalizationV1")
def batch_norm(call: Call) -> Result:
    """A batch norm; one with a scale or a shift alone is followed by that."""
    build = call.build
    if call.config.flag("renorm", usual=False):
        build.wrong("batch renormalization has weights for which there is no rule")
    axis = one_axis(call)
    x = channels(build, call.x, axis)
    scale, shift = learned_of(call)
    if scale and shift:
        return build.put("bn", x)
    made = build.put("bn", x, affine=False)
    return affine(build, made, axis, scale, shift)


@layer("Normalization")
def normalization(call: Call) -> Result:
    """A norm by statistics that were measured once, or that the file gives."""
    build, axes = call.build, call.config.get("axis")
    if axes is None or axes == []:  # one mean and one variance of all values
        return build.same_hole("Normalization", call.x)
    x = channels(build, call.x, one_axis(call))
    return build.put("bn", x, affine=False, fixed=True)


def over(call: Call) -> tuple[int, str] | None:
    """Return the axis that a layer norm goes over and our word for it.

    None where no word of ours says what it goes over.
    """
    build, x, given = call.build, call.x, call.config.get("axis")
    given = -1 if given is None else given
    axes = [build.number(x, a) for a in (given if isinstance(given, list) else [given])]
    rank = build.rank(x)
    if not axes:
        raise NotKnown
    if len({*axes}) == rank:
        return axes[0], "features" if rank == 1 else "all"
    if len(axes) > 1:
        return None
    inner, shape = build.orders[x].index(axes[0]), build.shape(x)
    if inner == feature_axis(shape):
        return axes[0], "features"
    if inner == rank - 1:
        return axes[0], "last"
    return (axes[0], "channels") if inner == 0 else None


@layer("LayerNormalization", "RMSNormalization")
def layer_norm(call: Call) -> Result:
    """A norm over the last axis, or over all."""
    build, found = call.build, over(call)
    root = call.kind.startswith("RMS") or call.config.flag("rms_scaling", usual=False)
    scale, shift = (True, False) if root else learned_of(call)
    if found is None or (found[1] == "all" and not root and scale != shift):
        return other_norm(call, scale + shift)
    args: dict[str, Any] = {} if found[1] == "features" else {"over": found[1]}
    if root:
        return build.put("rms", call.x, **args)
    if scale and shift:
        return build.put("ln", call.x, **args)
    made = build.put("ln", call.x, **args, affine=False)
    return affine(build, made, found[0], scale, shift)


def other_norm(call: Call, each: int) -> int:
    """Append a norm over several axes, for which there is no layer."""
    build, x, given = call.build, call.x, call.config.get("axis")
    learned: Any = each
    for axis in given if isinstance(given, list) else [given]:
        learned *= build.sizes(x)[build.number(x, axis)]
    return build.same_hole(call.kind, x, learned)


@layer("GroupNormalization")
def group_norm(call: Call) -> Result:
    """A norm of groups of channels; -1 makes a group of each."""
    build, axis = call.build, one_axis(call)
    x = channels(build, call.x, axis)
    given = call.config.get("groups")
    groups: Any = build.shape(x)[0]
    if given != -1:
        groups = call.config.size(32 if given is None else given, "groups")
    scale, shift = learned_of(call)
    if scale and shift:
        return build.put("gn", x, groups=groups)
    made = build.put("gn", x, groups=groups, affine=False)
    return affine(build, made, axis, scale, shift)


@layer("UnitNormalization")
def unit_norm(call: Call) -> Result:
    """Vectors of length 1, for which there is no layer."""
    return call.build.same_hole("UnitNormalization", call.x)


@layer("LayerScale")
def layer_scale(call: Call) -> Result:
    """A learned factor for each feature (keras.applications.ConvNeXt)."""
    build, axis = call.build, call.build.rank(call.x) - 1
    if build.sizes(call.x)[axis] != call.config.whole("projection_dim"):
        call.config.wrong(
            "`projection_dim` is not the number of features", "projection_dim"
        )
    return affine(build, call.x, axis, scale=True, shift=False)
