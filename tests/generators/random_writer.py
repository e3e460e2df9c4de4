"""What writes random steps: the tensors they meet, and arguments that mostly fit.

The account of sizes is kept by formulas of its own. A `random.Random` drives it: a
plain one in long runs, hypothesis's in tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import gcd, prod
from random import Random
from typing import Any, Literal

Step = dict[str, Any] | str
Ints = tuple[int, ...]
Form = Literal["image", "tokens", "vector"]
"""Channels and spatial axes; positions and features; features alone."""
ACTIVATIONS = (
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "celu",
    "selu",
    "sigmoid",
    "tanh",
    "swish",
    "hardswish",
    "hardsigmoid",
    "hardtanh",
    "gelu",
    "mish",
    "softplus",
    "softsign",
    "prelu",
)
FUNCTIONS = (
    *("abs", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "square"),
    *("reciprocal", "sin", "cos", "erf"),
)
LARGEST = 4000
"""Values of one tensor, so that a network stays small enough to run."""


@dataclass(frozen=True)
class Tensor:
    """A shape without the batch, and how it is read."""

    shape: tuple[int, ...]
    form: Form = "image"

    @property
    def channels(self) -> int:
        return self.shape[0]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The spatial sizes of an image."""
        return self.shape[1:]

    @property
    def rank(self) -> int:
        return len(self.sizes)

    @property
    def values(self) -> int:
        return prod(self.shape)


def image(channels: int, sizes: tuple[int, ...]) -> Tensor:
    return Tensor((channels, *sizes))


def tokens(count: int, features: int) -> Tensor:
    return Tensor((count, features), "tokens")


def vector(features: int) -> Tensor:
    return Tensor((features,), "vector")


def of_shape(shape: tuple[int, ...]) -> Tensor:
    """Return a tensor that a reshape made, read as what it looks like."""
    forms: dict[int, Form] = {1: "vector", 2: "tokens"}
    return Tensor(shape, forms.get(len(shape), "image"))


Made = tuple[Step, Tensor] | None
Maker = Callable[["StepWriter", Tensor, int], Made]
Table = list[tuple[Maker, int]]


@dataclass
class StepWriter:
    """Writes steps; `wrong` is the chance that an argument is spoilt.

    `tables` are the makers of steps for each form of tensor, with weights; `named` the
    tensors of the main flow that a later step may name.
    """

    random: Random
    wrong: float = 0.02
    deepest: int = 2
    blocks: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    named: dict[str, Tensor] = field(default_factory=dict)

    def steps(self, x: Tensor, count: int, depth: int) -> tuple[list[Step], Tensor]:
        """Return steps and what leaves them."""
        written: list[Step] = []
        for _ in range(count):
            table = self.tables[x.form]
            make = self.random.choices([k for k, _ in table], [w for _, w in table])[0]
            made = make(self, x, depth)
            if made is not None and made[1].values <= LARGEST:
                step, x = made
                written.append(self.naming(step, x) if depth == 0 else step)
        return written or ["identity"], x

    def naming(self, step: Step, x: Tensor) -> Step:
        """Give a step of the main flow a name, now and then."""
        nameless = isinstance(step, str) or "aux" in step or "when" in step
        if nameless or not self.chance(0.15):
            return step
        name = step.get("name", f"n{len(self.named)}")
        self.named[name] = x
        return {**step, "name": name}

    def spoilt(self) -> bool:
        """Say whether an argument is to be wrong."""
        return self.random.random() < self.wrong

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # -- arguments -------------------------------------------------------------------

    def window(
        self, x: Tensor, pools: bool
    ) -> tuple[dict[str, Any], tuple[int, ...]] | None:
        """Return kernel, stride, pad, dilation, and the sizes that leave; None if none."""
        k, s = self.axes(x, 1, 4), self.axes(x, 1, 3)
        d = self.axes(x, 1, 2) if self.chance(0.2) else (1,) * x.rank
        p = tuple(self.random.randint(0, kk // 2 if pools else 2) for kk in k)
        causal = () if pools or x.rank > 1 else ("causal",)
        word = self.random.choice(("", "", "", "", "same", "half", "valid", *causal))
        uneven = not word and self.chance(0.1)
        q = tuple(self.random.randint(0, kk // 2 if pools else 2) for kk in k)
        q = q if uneven else p
        ceil = pools and not word and not uneven and self.chance(0.3)
        given: dict[str, Any] = {"stride": short(s)}
        if any(v != 1 for v in d):
            given["dilation"] = short(d)
        if word:
            given["pad"] = word
        elif any(p) or uneven:
            given["pad"] = short(p)
        if uneven:
            given["pad_end"] = short(q)
        if ceil:
            given["rounding"] = "ceil"
        axes = zip(x.sizes, k, s, p, d, q, strict=True)
        sizes = [size_after(*axis, word=word, ceil=ceil) for axis in axes]
        if min(sizes) < 1 and not self.spoilt():
            return None
        return {"kernel": short(k), **given}, tuple(max(size, 1) for size in sizes)

    def image_window(
        self, x: Tensor
    ) -> tuple[dict[str, Any], tuple[int, ...], list[int]] | None:
        """Return a window of an image that is padded alike at both ends; None if none.

        As `window`, and the kernel of each axis.
        """
        found = self.window(x, pools=False)
        if x.rank != 2 or found is None:
            return None
        given, sizes = found
        if isinstance(given.get("pad"), str) or "pad_end" in given:
            return None
        kernel = given["kernel"]
        return given, sizes, kernel if isinstance(kernel, list) else [kernel, kernel]

    def weight_norms(self) -> dict[str, Any]:
        """Return what makes a weight of others, seldom."""
        if not self.chance(0.15):
            return {}
        norm = {"weight_norm": self.random.choice(("first", "last", "none"))}
        return norm if self.chance(0.6) else {"spectral_norm": True}

    def axes(self, x: Tensor, least: int, most: int) -> tuple[int, ...]:
        """Return a number for every axis: one for all of them, mostly."""
        if self.chance(0.7):
            return (self.random.randint(least, most),) * x.rank
        return tuple(self.random.randint(least, most) for _ in range(x.rank))

    def groups(self, a: int, b: int) -> int:
        """Return a number that divides both, or, seldom, one that may not."""
        if self.spoilt():
            return self.random.randint(2, 5)
        common = gcd(a, b)
        return self.random.choice([g for g in range(1, common + 1) if common % g == 0])

    def axis(self, x: Tensor) -> int:
        """Return an axis, counted from the beginning or from the end."""
        count = len(x.shape) + self.spoilt()
        return self.random.randint(-count, count - 1)

    def followers(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.chance(0.3):
            found["norm"] = "bn"
        if self.chance(0.4):
            found["act"] = self.random.choice((*ACTIVATIONS, "word"))
        return found


def size_after(
    n: int,
    k: int,
    s: int,
    p: int,
    d: int,
    end: int | None = None,
    word: str = "",
    ceil: bool = False,
) -> int:
    """Return the size that leaves a window; less than 1 where it does not fit."""
    if word in ("same", "causal"):
        return -(-n // s)
    reach = d * (k - 1) + 1
    pad = {"half": reach // 2, "valid": 0}.get(word, p)
    room = n + pad + (pad if word or end is None else end) - reach
    if not ceil:
        return room // s + 1 if room >= 0 else 0
    size = -(-room // s) + 1
    return size - ((size - 1) * s >= n + pad)


def short(values: tuple[int, ...]) -> Any:
    return values[0] if len(set(values)) == 1 else list(values)
