"""Random networks, as the text of a spec.

`Writer(random).network()` writes one. It keeps its own account of sizes, by formulas of
its own, so that most networks fit together; now and then it writes an argument that
does not. A `random.Random` drives it: a plain one in long runs, hypothesis's in tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import gcd
from random import Random
from typing import Any

Step = dict[str, Any] | str
ACTIVATIONS = (
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "sigmoid",
    "tanh",
    "swish",
    "hardswish",
    "gelu",
    "mish",
    "softplus",
    "prelu",
)
LARGEST = 4000
"""Values of one tensor, so that a network stays small enough to run."""


@dataclass
class Tensor:
    """Channels and spatial sizes, or tokens and features."""

    channels: int
    sizes: tuple[int, ...]
    tokens: bool = False

    @property
    def rank(self) -> int:
        return len(self.sizes)

    @property
    def values(self) -> int:
        count = self.channels
        for size in self.sizes:
            count *= size
        return count


@dataclass
class Writer:
    """Writes steps; `wrong` is the chance that an argument is spoilt."""

    random: Random
    wrong: float = 0.02
    deepest: int = 2
    blocks: dict[str, Any] = field(default_factory=dict)

    def network(self, longest: int = 16) -> dict[str, Any]:
        """Return a spec: name, input, params, blocks, layers."""
        r = self.random
        rank = r.choice((1, 2, 2, 2, 2, 3))
        start = Tensor(r.randint(1, 9), tuple(r.randint(1, 14) for _ in range(rank)))
        steps, end = self.steps(start, r.randint(1, longest), 0)
        if r.random() < 0.5:
            steps += self.head(end)
        spec = {
            "name": "fuzz",
            "input": [start.channels, *start.sizes],
            "params": {"k": r.randint(1, 5), "word": r.choice(ACTIVATIONS)},
            "layers": steps,
        }
        return {**spec, "blocks": self.blocks} if self.blocks else spec

    def steps(self, x: Tensor, count: int, depth: int) -> tuple[list[Step], Tensor]:
        """Return steps and what leaves them."""
        written: list[Step] = []
        for _ in range(count):
            kinds = TOKEN_KINDS if x.tokens else KINDS
            make = self.random.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
            made = make(self, x, depth)
            if made is not None and made[1].values <= LARGEST:
                written.append(made[0])
                x = made[1]
        return written or ["identity"], x

    def head(self, x: Tensor) -> list[Step]:
        r = self.random
        if x.tokens:
            return [{"linear": r.randint(1, 9)}, "softmax"]
        steps: list[Step] = ["gap"] if r.random() < 0.5 else []
        return [*steps, {"fc": r.randint(1, 9), "act": "relu"}, {"fc": r.randint(1, 9)}]

    # -- arguments -------------------------------------------------------------------

    def window(
        self, x: Tensor, pools: bool
    ) -> tuple[dict[str, Any], tuple[int, ...]] | None:
        """Return kernel, stride, pad, dilation, and the sizes that leave; None if none."""
        r = self.random
        k = self.axes(x, 1, 4)
        s = self.axes(x, 1, 3)
        d = self.axes(x, 1, 2) if r.random() < 0.2 else (1,) * x.rank
        p = tuple(r.randint(0, kk // 2 if pools else 2) for kk in k)
        word = r.choice(("", "", "", "same", "half"))
        ceil = pools and not word and r.random() < 0.3
        given: dict[str, Any] = {"stride": short(s)}
        if any(v != 1 for v in d):
            given["dilation"] = short(d)
        if word:
            given["pad"] = word
        elif any(p):
            given["pad"] = short(p)
        if ceil:
            given["rounding"] = "ceil"
        sizes = []
        for n, kk, ss, pp, dd in zip(x.sizes, k, s, p, d, strict=True):
            reach = dd * (kk - 1) + 1
            if word == "same":
                sizes.append(-(-n // ss))
                continue
            pad = reach // 2 if word == "half" else pp
            room = n + 2 * pad - reach
            if ceil:
                size = -(-room // ss) + 1
                size -= (size - 1) * ss >= n + pad
            else:
                size = room // ss + 1 if room >= 0 else 0
            sizes.append(size)
        if min(sizes) < 1 and r.random() > self.wrong:
            return None
        return {"kernel": short(k), **given}, tuple(max(size, 1) for size in sizes)

    def axes(self, x: Tensor, least: int, most: int) -> tuple[int, ...]:
        r = self.random
        if r.random() < 0.7:
            return (r.randint(least, most),) * x.rank
        return tuple(r.randint(least, most) for _ in range(x.rank))

    def groups(self, a: int, b: int) -> int:
        """Return a number that divides both, or, seldom, one that may not."""
        if self.random.random() < self.wrong:
            return self.random.randint(2, 5)
        common = gcd(a, b)
        return self.random.choice([g for g in range(1, common + 1) if common % g == 0])

    def followers(self) -> dict[str, Any]:
        r = self.random
        found: dict[str, Any] = {}
        if r.random() < 0.3:
            found["norm"] = "bn"
        if r.random() < 0.4:
            found["act"] = r.choice((*ACTIVATIONS, "word"))
        return found


def short(values: tuple[int, ...]) -> Any:
    return values[0] if len(set(values)) == 1 else list(values)


Made = tuple[Step, Tensor] | None


def conv(w: Writer, x: Tensor, depth: int) -> Made:
    found = w.window(x, pools=False)
    if found is None:
        return None
    out = w.random.randint(1, 10)
    groups = w.groups(x.channels, out)
    step = {"conv": out, **found[0], "groups": groups, "bias": w.random.random() < 0.6}
    if w.random.random() < 0.1:
        step["conv"], out = "2*cin", 2 * x.channels
        step["groups"] = 1
    return {**step, **w.followers()}, Tensor(out, found[1])


def dwconv(w: Writer, x: Tensor, depth: int) -> Made:
    found = w.window(x, pools=False)
    if found is None:
        return None
    times = w.random.randint(1, 2)
    return {"dwconv": times, **found[0], **w.followers()}, Tensor(
        times * x.channels, found[1]
    )


def deconv(w: Writer, x: Tensor, depth: int) -> Made:
    r = w.random
    k, s, p = r.randint(1, 4), r.randint(1, 3), r.randint(0, 2)
    extra = r.randint(0, s - 1) if r.random() > w.wrong else s
    sizes = tuple((n - 1) * s - 2 * p + k - 1 + extra + 1 for n in x.sizes)
    if min(sizes) < 1 and r.random() > w.wrong:
        return None
    out = r.randint(1, 6)
    step = {"deconv": out, "kernel": k, "stride": s, "pad": p, "output_pad": extra}
    step["groups"] = w.groups(x.channels, out)
    return {**step, **w.followers()}, Tensor(out, tuple(max(n, 1) for n in sizes))


def pool(w: Writer, x: Tensor, depth: int) -> Made:
    kind = w.random.choice(("maxpool", "maxpool", "avgpool"))
    found = w.window(x, pools=True)
    if found is None:
        return None
    given, sizes = found
    if kind == "avgpool" and "dilation" in given:
        return None
    kernel = given.pop("kernel")
    return {kind: kernel, **given}, Tensor(x.channels, sizes)


def activation(w: Writer, x: Tensor, depth: int) -> Made:
    return w.random.choice(ACTIVATIONS), x


def norm(w: Writer, x: Tensor, depth: int) -> Made:
    r = w.random
    if x.tokens:
        return r.choice(("ln", "rms")), x
    if r.random() < 0.2:
        return {"gn": w.groups(x.channels, x.channels)}, x
    return r.choice(("bn", "bn", "in", {"lrn": r.randint(1, 5)}, "ln")), x


def dropping(w: Writer, x: Tensor, depth: int) -> Made:
    return {w.random.choice(("dropout", "droppath")): 0.5}, x


def adaptive(w: Writer, x: Tensor, depth: int) -> Made:
    if w.random.random() < 0.3:
        return "gap", Tensor(x.channels, (1,) * x.rank)
    size = w.random.randint(1, 5)
    kind = w.random.choice(("adaptive_avgpool", "adaptive_maxpool"))
    return {kind: size}, Tensor(x.channels, (size,) * x.rank)


def shuffle(w: Writer, x: Tensor, depth: int) -> Made:
    return {"shuffle": w.groups(x.channels, x.channels)}, x


def padding(w: Writer, x: Tensor, depth: int) -> Made:
    size = w.random.randint(0, 2)
    return {"pad": size}, Tensor(x.channels, tuple(n + 2 * size for n in x.sizes))


def upsample(w: Writer, x: Tensor, depth: int) -> Made:
    times = w.random.randint(1, 3)
    return {"upsample": times}, Tensor(x.channels, tuple(times * n for n in x.sizes))


def split(w: Writer, x: Tensor, depth: int) -> Made:
    pieces = w.groups(x.channels, x.channels)
    step = {"split": pieces, "part": w.random.randint(0, pieces - 1)}
    return step, Tensor(max(x.channels // pieces, 1), x.sizes)


def keeping(w: Writer, x: Tensor) -> list[Step]:
    """Return steps that keep the sizes: a convolution with `same`, then more."""
    kernel = w.random.randint(1, 3)
    steps: list[Step] = [{"conv": x.channels, "kernel": kernel, "pad": "same"}]
    return (
        [*steps, w.random.choice(("bn", "relu"))] if w.random.random() < 0.5 else steps
    )


def concat(w: Writer, x: Tensor, depth: int) -> Made:
    if depth >= w.deepest:
        return None
    branches: dict[str, Any] = {"kept": "identity"}
    channels = x.channels
    for i in range(w.random.randint(1, 3)):
        out = w.random.randint(1, 5)
        branches[f"b{i}"] = [
            {"conv": out, "kernel": w.random.randint(1, 3), "pad": "same"}
        ]
        if w.random.random() < w.wrong:
            branches[f"b{i}"].append({"maxpool": 2})
        channels += out
    return {"concat": branches}, Tensor(channels, x.sizes)


def add(w: Writer, x: Tensor, depth: int) -> Made:
    other = Tensor(x.channels + (w.random.random() < w.wrong), x.sizes)
    branches = {"main": keeping(w, other), "skip": "identity"}
    if w.random.random() < 0.3:
        branches["third"] = keeping(w, x)
    return {"add": branches}, x


def gate(w: Writer, x: Tensor, depth: int) -> Made:
    squeeze = [
        "gap",
        {"conv": max(x.channels // 2, 1), "kernel": 1, "act": "relu"},
        {"conv": x.channels, "kernel": 1, "act": "sigmoid"},
    ]
    return {"multiply": {"x": "identity", "gate": squeeze}}, x


def residual(w: Writer, x: Tensor, depth: int) -> Made:
    if depth >= w.deepest:
        return None
    r = w.random
    kind = r.choice(
        ("identity", "projection", "identity-or-projection", "identity-or-none")
    )
    if kind == "identity":
        body, after = keeping(w, x), x
    else:
        stride = r.randint(1, 2)
        out = r.randint(1, 8)
        body = [{"conv": out, "kernel": 3, "stride": stride, "pad": 1}]
        after = Tensor(out, tuple((n - 1) // stride + 1 for n in x.sizes))
    step: dict[str, Any] = {"residual": body, "shortcut": kind}
    if r.random() < 0.5:
        step["act"] = "relu"
    if kind == "identity" and r.random() < 0.4:
        step["repeat"] = r.randint(1, 3)
    return step, after


def block(w: Writer, x: Tensor, depth: int) -> Made:
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
    if w.random.random() < 0.5:
        step |= {"repeat": w.random.randint(1, 3), "last": {"kernel": "k"}}
    return step, Tensor(max(out // 2, 1), x.sizes)


def stage(w: Writer, x: Tensor, depth: int) -> Made:
    if depth >= w.deepest:
        return None
    steps, after = w.steps(x, w.random.randint(1, 4), depth + 1)
    return {w.random.choice(("stage",)): steps}, after


def side_head(w: Writer, x: Tensor, depth: int) -> Made:
    return {"aux": ["gap", {"fc": w.random.randint(1, 5)}]}, x


def shared(w: Writer, x: Tensor, depth: int) -> Made:
    name = f"cell{w.random.randint(0, 10**9)}"
    step = {"name": name, "conv": x.channels, "kernel": 1, "share": name, "repeat": 3}
    return step, x


def to_tokens(w: Writer, x: Tensor, depth: int) -> Made:
    if x.rank != 2:
        return None
    count = x.values // x.channels
    return "tokens", Tensor(count, (x.channels,), tokens=True)


def linear(w: Writer, x: Tensor, depth: int) -> Made:
    out = w.random.randint(1, 9)
    step = {"linear": out, "bias": w.random.random() < 0.7}
    return step, Tensor(x.channels, (out,), tokens=True)


def attention(w: Writer, x: Tensor, depth: int) -> Made:
    r = w.random
    heads = r.randint(1, 3)
    width = heads * r.randint(1, 3) + (r.random() < w.wrong)
    steps = [{"linear": 3 * width}, {"attention": heads}]
    return {"stage": steps}, Tensor(x.channels, (width,), tokens=True)


def token_layer(w: Writer, x: Tensor, depth: int) -> Made:
    kind = w.random.choice(("position", "layer_scale"))
    return kind, x


def token_residual(w: Writer, x: Tensor, depth: int) -> Made:
    return {"residual": ["ln", {"linear": x.sizes[0], "act": "gelu"}]}, x


KINDS: list[tuple[Callable[[Writer, Tensor, int], Made], int]] = [
    (conv, 14),
    (dwconv, 4),
    (deconv, 4),
    (pool, 8),
    (activation, 5),
    (norm, 5),
    (dropping, 1),
    (adaptive, 1),
    (shuffle, 2),
    (padding, 2),
    (upsample, 1),
    (split, 1),
    (concat, 3),
    (add, 3),
    (gate, 2),
    (residual, 4),
    (block, 3),
    (stage, 1),
    (side_head, 1),
    (shared, 1),
    (to_tokens, 1),
]
TOKEN_KINDS: list[tuple[Callable[[Writer, Tensor, int], Made], int]] = [
    (linear, 4),
    (attention, 4),
    (norm, 3),
    (activation, 3),
    (token_layer, 2),
    (token_residual, 2),
]
