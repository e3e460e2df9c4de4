"""Steps of several paths: branches, residuals, blocks, repeats, names of the past."""

from __future__ import annotations

from typing import Any

from random_writer import Made, Step, StepWriter, Table, Tensor, image, tokens

ARITHMETIC = ("add", "subtract", "average", "multiply")


def keeping(w: StepWriter, x: Tensor) -> list[Step]:
    """Return steps that keep the sizes: a convolution with `same`, then more."""
    kernel = w.random.randint(1, 3)
    steps: list[Step] = [{"conv": x.channels, "kernel": kernel, "pad": "same"}]
    return [*steps, w.random.choice(("bn", "relu"))] if w.chance(0.5) else steps


def concat(w: StepWriter, x: Tensor, depth: int) -> Made:
    if depth >= w.deepest:
        return None
    branches: dict[str, Any] = {"kept": "identity"}
    channels = x.channels
    for i in range(w.random.randint(1, 3)):
        out = w.random.randint(1, 5)
        branches[f"b{i}"] = [
            {"conv": out, "kernel": w.random.randint(1, 3), "pad": "same"}
        ]
        if w.spoilt():
            branches[f"b{i}"].append({"maxpool": 2})
        channels += out
    return {"concat": branches}, image(channels, x.sizes)


def arithmetic(w: StepWriter, x: Tensor, depth: int) -> Made:
    other = image(x.channels + w.spoilt(), x.sizes)
    branches = {"main": keeping(w, other), "skip": "identity"}
    if w.chance(0.3):
        branches["third"] = keeping(w, x)
    step: dict[str, Any] = {w.random.choice(("add", *ARITHMETIC)): branches}
    if w.chance(0.3):
        step["act"] = "relu"
    return step, x


def gate(w: StepWriter, x: Tensor, depth: int) -> Made:
    squeeze = [
        "gap",
        {"conv": max(x.channels // 2, 1), "kernel": 1, "act": "relu"},
        {"conv": x.channels, "kernel": 1, "act": "sigmoid"},
    ]
    return {"multiply": {"x": "identity", "gate": squeeze}}, x


def equal_branches(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Branches of one body, which `i` may tell apart, and all repetitions of a step."""
    count = w.random.randint(1, 4)
    if w.chance(0.5):
        width, pad = (
            ("i", sum(range(1, count + 1))) if w.chance(0.5) else (2, 2 * count)
        )
        step = {"conv": width, "kernel": 3, "pad": "same"}
        return {"concat": [step], "branches": count}, image(pad, x.sizes)
    if depth >= w.deepest:
        return None
    name = f"m{w.random.randint(0, 10**9)}"
    steps: list[Step] = [{"name": name, **keeping(w, x)[0], "repeat": count}]  # type: ignore[dict-item]  # a convolution is a mapping
    steps.append({"add" if w.chance(0.5) else "concat": [f"{name}.*"]})
    channels = x.channels * (count if "concat" in steps[-1] else 1)
    return {"stage": steps}, image(channels, x.sizes)


def sized_by_name(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Steps that ask an earlier one for its sizes, and powers."""
    if x.rank != 2 or depth >= w.deepest:
        return None
    name = f"s{w.random.randint(0, 10**9)}"
    power = w.random.randint(0, 3)
    asked = f"{name}x" if w.spoilt() else name
    steps: list[Step] = [
        {"name": name, "identity": None},
        {"conv": f"2**{power}", "kernel": 1, "stride": w.random.randint(1, 3)},
        {"resize": [f"h of {asked}", f"w of {asked}"]},
        {"conv": f"channels of {asked} + {power}", "kernel": 1},
    ]
    return {"stage": steps}, image(x.channels + power, x.sizes)


def residual(w: StepWriter, x: Tensor, depth: int) -> Made:
    if depth >= w.deepest:
        return None
    shortcuts = ("projection", "identity-or-projection", "identity-or-none")
    kind = w.random.choice(("identity", *shortcuts, "identity-or-pad", "steps"))
    if kind in ("identity", "steps"):
        body, after = keeping(w, x), x
    else:
        stride = w.random.randint(1, 2)
        least = x.channels if kind == "identity-or-pad" else 1
        out = w.random.randint(least, least + 8)
        body = [{"conv": out, "kernel": 3, "stride": stride, "pad": 1}]
        after = image(out, tuple((n - 1) // stride + 1 for n in x.sizes))
    shortcut = keeping(w, x) if kind == "steps" else kind
    step: dict[str, Any] = {"residual": body, "shortcut": shortcut}
    if w.chance(0.5):
        step["act"] = "relu"
    if kind == "identity" and w.chance(0.4):
        step["repeat"] = w.random.randint(1, 3)
    return step, after


def block(w: StepWriter, x: Tensor, depth: int) -> Made:
    if depth >= w.deepest:
        return None
    name = f"block{len(w.blocks)}"
    w.blocks[name] = {
        "params": {"out": "required", "kernel": 3},
        "layers": [
            {"conv": "out", "kernel": "kernel", "pad": "same"},
            {"conv": "max(out//2, 1)", "kernel": 1, "act": "word"},
        ],
    }
    out = w.random.randint(1, 8)
    step: dict[str, Any] = {"use": name, "out": out}
    if w.chance(0.5):
        step |= {"repeat": w.random.randint(1, 3), "last": {"kernel": "k"}}
    return step, image(max(out // 2, 1), x.sizes)


def stage(w: StepWriter, x: Tensor, depth: int) -> Made:
    if depth >= w.deepest:
        return None
    steps, after = w.steps(x, w.random.randint(1, 4), depth + 1)
    return {"stage": steps}, after


def side_head(w: StepWriter, x: Tensor, depth: int) -> Made:
    return {"aux": ["gap", {"fc": w.random.randint(1, 5)}]}, x


def shared(w: StepWriter, x: Tensor, depth: int) -> Made:
    name = f"cell{w.random.randint(0, 10**9)}"
    step = {"name": name, "conv": x.channels, "kernel": 1, "share": name, "repeat": 3}
    return step, x


def repeated(w: StepWriter, x: Tensor, depth: int) -> Made:
    """A convolution in a row, its first one with a stride of its own."""
    stride = w.random.randint(1, 3)
    out = w.random.randint(1, 6)
    step = {"conv": out, "kernel": 3, "pad": 1, "repeat": w.random.randint(1, 3)}
    sizes = tuple((n - 1) // stride + 1 for n in x.sizes)
    step |= {"first": {"stride": stride}, "norm": "bn"}
    return step, image(out, sizes)


def conditional(w: StepWriter, x: Tensor, depth: int) -> Made:
    return {**keeping(w, x)[0], "when": f"cin > {w.random.randint(0, 9)}"}, x  # type: ignore[dict-item]  # a convolution is a mapping


def back(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Go on from an earlier step; what stood between stays, and is read by none."""
    found = [n for n, t in w.named.items() if t.form == "image"]
    if not found or depth:
        return None
    name = w.random.choice(found)
    old = w.named[name]
    return {"conv": 3, "kernel": 1, "from": name}, image(3, old.sizes)


def named(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Join earlier steps by their names: a graph that is no tree."""
    alike = [n for n, t in w.named.items() if fits(t, x, w.spoilt())]
    if not alike or depth:
        return None
    names = w.random.choices(alike, k=w.random.randint(2, 3))
    old = [w.named[n] for n in names]
    if len({t.shape for t in old}) == 1 and w.chance(0.6):
        return {w.random.choice(ARITHMETIC): names}, old[0]
    total = sum(t.channels for t in old)
    return {"concat": names}, Tensor((total, *x.shape[1:]), x.form)


def fits(old: Tensor, x: Tensor, spoilt: bool) -> bool:
    """Say whether an earlier tensor can stand beside this one."""
    return spoilt or (old.form == x.form and old.shape[1:] == x.shape[1:])


def squares(w: StepWriter, x: Tensor, depth: int) -> Made:
    """Matrix products in every channel: an image by its transpose."""
    if x.rank != 2:
        return None
    step = {"matmul": {"left": "identity", "right": ["transpose"]}}
    height = x.sizes[0]
    return step, image(x.channels, (height, height))


def looked_up(w: StepWriter) -> tuple[list[int], list[Step], Tensor]:
    """Return an input of token ids, the steps that read it, and what leaves them."""
    count, dim = w.random.randint(1, 9), w.random.randint(1, 8)
    steps: list[Step] = [{"embedding": w.random.randint(2, 9), "dim": dim}]
    return [count], steps, tokens(count, dim)


IMAGE_JOINS: Table = [
    (concat, 3),
    (arithmetic, 3),
    (gate, 2),
    (equal_branches, 2),
    (sized_by_name, 1),
    (residual, 4),
    (block, 3),
    (stage, 1),
    (side_head, 1),
    (shared, 1),
    (repeated, 2),
    (conditional, 1),
    (back, 1),
    (named, 4),
    (squares, 1),
]
TOKEN_JOINS: Table = [(named, 3), (stage, 1)]
VECTOR_JOINS: Table = [(named, 2), (stage, 1)]
