"""Random layers that move values: other axes, sizes and places, nothing computed."""

from __future__ import annotations

from math import prod
from typing import Any

from random_writer import (
    Ints,
    Made,
    Step,
    StepWriter,
    Tensor,
    image,
    of_shape,
    short,
    tokens,
    vector,
)


def shuffle(w: StepWriter, x: Tensor, depth: int) -> Made:
    return {"shuffle": w.groups(x.channels, x.channels)}, x


def pixels(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Channels traded for resolution, and back."""
    r = w.random.randint(1, 3)
    if x.rank != 2 and not w.spoilt():
        return None
    if w.chance(0.5):
        if x.channels % (r * r) and not w.spoilt():
            return None
        sizes = tuple(n * r for n in x.sizes)
        return {"pixel_shuffle": r}, image(max(x.channels // (r * r), 1), sizes)
    if any(n % r for n in x.sizes) and not w.spoilt():
        return None
    sizes = tuple(max(n // r, 1) for n in x.sizes)
    return {"pixel_unshuffle": r}, image(x.channels * r * r, sizes)


def padding(w: StepWriter, x: Tensor, depth: int) -> Made:
    before = w.axes(x, 0, 2)
    step: dict[str, Any] = {"pad": short(before)}
    after, channels = before, x.channels
    if w.chance(0.5):
        after = w.axes(x, 0, 2)
        step["end"] = short(after)
    if w.chance(0.3):
        return step, image(channels, sizes_with(x, before, after))
    if w.chance(0.3):
        step["mode"] = w.random.choice(("reflect", "replicate", "circular"))
        least = min(x.sizes) - (step["mode"] == "reflect")
        if max(*before, *after) > least and not w.spoilt():
            return None
    elif w.chance(0.2):
        before = w.axes(x, -1, 1)
        step |= {"pad": short(before), "end": short(after)}
    elif w.chance(0.2):
        step["channels"] = [w.random.randint(0, 2), w.random.randint(0, 2)]
        channels += sum(step["channels"])
    sizes = sizes_with(x, before, after)
    if min(sizes) < 1 and not w.spoilt():
        return None
    return step, image(channels, tuple(max(n, 1) for n in sizes))


def sizes_with(x: Tensor, before: Ints, after: Ints) -> Ints:
    """Return the sizes of an image with something before and after each axis."""
    axes = zip(x.sizes, before, after, strict=True)
    return tuple(n + b + a for n, b, a in axes)


def crop(w: StepWriter, x: Tensor, depth: int) -> Made:
    over = w.spoilt()
    sizes = tuple(w.random.randint(1, n + over) for n in x.sizes)
    step: dict[str, Any] = {"crop": short(sizes)}
    if w.chance(0.5):
        room = zip(x.sizes, sizes, strict=True)
        step["offset"] = [w.random.randint(0, max(n - size, 0)) for n, size in room]
    return step, image(x.channels, sizes)


def roll(w: StepWriter, x: Tensor, depth: int) -> Made:
    return {"roll": short(w.axes(x, -3, 3))}, x


def strided(w: StepWriter, x: Tensor, depth: int) -> Made:
    strides = w.axes(x, 1, 3)
    kind = w.random.choice(("subsample", "zero"))
    sizes = zip(x.sizes, strides, strict=True)
    return {kind: short(strides)}, image(
        x.channels, tuple(-(-n // s) for n, s in sizes)
    )


def resolution(w: StepWriter, x: Tensor, depth: int) -> Made:
    mode: dict[str, Any] = {}
    if w.chance(0.5):
        own = {1: "linear", 2: "bicubic", 3: "trilinear"}
        names = ["bilinear", "nearest-exact", own.get(x.rank, "linear")]
        mode = {"mode": w.random.choice(names)}
        if mode["mode"] != "nearest-exact" and w.chance(0.3):
            mode["align_corners"] = True
    if w.chance(0.4):
        sizes = w.axes(x, 1, 6)
        return {"resize": short(sizes), **mode}, image(x.channels, sizes)
    known = ((1, 1), (2, 1), (3, 1), (3, 2), (1, 2), (5, 3))
    factors = [w.random.choice(known)] * x.rank
    if w.chance(0.3):
        factors = [w.random.choice(known) for _ in x.sizes]
    sizes = tuple(
        n * up // down for n, (up, down) in zip(x.sizes, factors, strict=True)
    )
    if min(sizes) < 1 and not w.spoilt():
        return None
    scales = tuple(up if down == 1 else f"{up}/{down}" for up, down in factors)
    return {"upsample": short(scales), **mode}, image(
        x.channels, tuple(max(n, 1) for n in sizes)
    )


def taking(w: StepWriter, x: Tensor, depth: int) -> Made:
    """A part of an axis: `split` or `slice`."""
    axis = w.axis(x)
    if not -len(x.shape) <= axis < len(x.shape):
        return {"split": 1, "axis": axis}, x
    shape = list(x.shape)
    n = shape[axis]
    if w.chance(0.2) and n > 1:
        cut = w.random.randint(1, n - 1)
        part = w.random.randint(0, 1)
        shape[axis] = (cut, n - cut)[part]
        sizes = [cut, n - cut + w.spoilt()]
        step: Step = {"split": sizes, "part": part, "axis": axis}
    elif w.chance(0.5):
        pieces = w.groups(n, n)
        part = w.random.randint(0, pieces - 1)
        shape[axis] = max(n // pieces, 1)
        step = {"split": pieces, "part": part, "axis": axis}
    else:
        start = w.random.randint(0, n - 1)
        stop = w.random.randint(start + 1, n) + (2 if w.spoilt() else 0)
        every = w.random.choice((1, 1, 1, 2, 3))
        shape[axis] = -(-(stop - start) // every)
        step = {"slice": [start, stop], "axis": axis}
        if every > 1:
            step["step"] = every
    return step, Tensor(tuple(shape), x.form)


def order(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Axes in another order; a plain `transpose` swaps the last two."""
    rank = len(x.shape)
    if rank < 2:
        return None
    shape = list(x.shape)
    if w.chance(0.5):
        axes = w.random.sample(range(rank), rank)
        if w.spoilt():
            axes[0] = axes[-1]
        given = [a - rank if w.chance(0.3) else a for a in axes]
        return {"permute": given}, Tensor(tuple(shape[a] for a in axes), x.form)
    a, b = (-2, -1) if w.chance(0.4) else w.random.sample(range(rank), 2)
    shape[a], shape[b] = shape[b], shape[a]
    plain = (a, b) == (-2, -1)
    return "transpose" if plain else {"transpose": [a, b]}, Tensor(tuple(shape), x.form)


def reshape(w: StepWriter, x: Tensor, depth: int) -> Made:
    """The same values in other sizes."""
    if w.chance(0.2):
        return "flatten", vector(x.values)
    if w.chance(0.2):
        a, b = sorted((w.axis(x) % len(x.shape), w.axis(x) % len(x.shape)))
        joined = prod(x.shape[a : b + 1])
        given = [b, a] if w.spoilt() else [a, b - len(x.shape)]
        return {"flatten": given}, of_shape((*x.shape[:a], joined, *x.shape[b + 1 :]))
    sizes, left = [], x.values
    for _ in range(w.random.randint(0, 3)):
        size = w.groups(left, left)
        sizes.append(size)
        left = max(left // size, 1)
    sizes.append(left)
    w.random.shuffle(sizes)
    given = list(sizes)
    if w.chance(0.4):
        given[w.random.randrange(len(given))] = -1
    return {"reshape": given}, of_shape(tuple(sizes))


def patches(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Windows as columns, and perhaps put back again."""
    found = w.image_window(x)
    if found is None:
        return None
    given, counts, k = found
    unfold = {
        "unfold": given["kernel"],
        **{a: v for a, v in given.items() if a != "kernel"},
    }
    if w.chance(0.5):
        fold = {"fold": list(x.sizes), **given}
        return {"stage": [unfold, fold]}, x
    return unfold, tokens(x.channels * k[0] * k[1], prod(counts))


def unpool(w: StepWriter, x: Tensor, depth: int) -> Made:
    k, p = w.axes(x, 1, 3), w.axes(x, 0, 1)
    s = w.axes(x, 1, 3) if w.chance(0.5) else k
    axes = zip(x.sizes, k, s, p, strict=True)
    sizes = tuple((n - 1) * ss - 2 * pp + kk for n, kk, ss, pp in axes)
    if min(sizes) < 1 and not w.spoilt():
        return None
    step: dict[str, Any] = {"max_unpool": short(k), "stride": short(s), "pad": short(p)}
    return step, image(x.channels, tuple(max(n, 1) for n in sizes))
