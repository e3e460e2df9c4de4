"""Mixtures of experts: a router gives each token to a few of many small networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from archcalc.errors import ShapeError
from archcalc.layers.activation import GELU, softmax_work
from archcalc.layers.base import (
    Call,
    Extra,
    Function,
    Layer,
    Letters,
    Saved,
    Shape,
    Shapes,
    Work,
    numel,
    times,
)
from archcalc.layers.fields import FieldError, Flag, Size, WholeField, WordField
from archcalc.layers.records.backward import WEIGHTS, Product, Products
from archcalc.layers.records.kept import not_yet
from archcalc.sizes.dims import Dim, at_least, least, product

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Laid

SWISH: Work = {"exp": 1, "add": 1, "div": 1, "mul": 1}
FUNCTIONS: dict[str, tuple[str, Work]] = {
    "swiglu": ("F.silu", SWISH),
    "geglu": ("F.gelu", GELU().work((1,))),
    "reglu": ("F.relu", {"cmp": 1}),
    "swish": ("F.silu", SWISH),
    "gelu": ("F.gelu", GELU().work((1,))),
    "relu": ("F.relu", {"cmp": 1}),
}
"""What stands between the matrices of an expert: in torch, and its work for a value."""
GATED = ("swiglu", "geglu", "reglu")
MOST = 4096
"""More experts than any network has; each is a product of its own in torch."""
Few = Annotated[Dim, WholeField(1, MOST)]
By = Annotated[
    Literal["swiglu", "geglu", "reglu", "swish", "gelu", "relu"],
    WordField(tuple(FUNCTIONS)),
]


class Experts(Layer):
    """Send each token through `active` of `count` networks (Shazeer 2017; Mixtral).

    Shape unchanged, `(…, D)`. A router with `count × D` weights scores the experts, and
    softmax makes shares of the scores. The `active` experts with the largest shares
    compute, and their outputs are added, each times its share. An expert has two
    matrices, with a gate (`swiglu`) three, and `hidden` features between them; there
    are no biases. With `normalize`, the shares of the chosen experts add up to 1.
    Parameters count all experts, operations only those that a token uses. Backward
    keeps tokens and hidden features once for each active expert, shares and places.
    """

    key = "experts"
    role = "matrix"
    axis_names = "channels last"
    arguments_in_value = True
    letters: ClassVar[Letters] = {
        "count": ("E", "experts", "out"),
        "active": ("a", "active experts", "other"),
        "hidden": ("H", "hidden features", "out"),
    }
    words: ClassVar[dict[str, str]] = {
        "count": "How many experts there are.",
        "active": "How many of them each token goes through.",
        "hidden": "The features of an expert between its matrices.",
        "function": "What stands between the matrices; with a gate, there are three.",
        "normalize": "Whether the shares of the active experts add up to 1.",
    }
    examples = (
        "{experts: 4, active: 2, hidden: 10} @ 7x6",
        "{experts: 5, active: 1, hidden: 6, function: relu, normalize: false} @ 3x4x8",
        "{experts: 3, active: 3, hidden: 9, function: geglu} @ 5x4",
    )

    count: Few
    active: Few
    hidden: Size
    function: By = "swiglu"
    normalize: Flag = True

    def agree(self) -> None:
        if not at_least(self.count, self.active):
            raise FieldError(
                f"{self.active} experts cannot be active: {self.count} in all",
                f"active: {self.count}, or at least {self.active} experts",
                "active",
            )

    @property
    def matrices(self) -> int:
        """The matrices of an expert."""
        return 3 if self.function in GATED else 2

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) < 2:
            raise ShapeError.of(
                "AC204",
                "experts need tokens: a position axis and a feature axis",
                facts=[f"its input is {times(x)}"],
            )
        return x

    def weights(self, *inputs: Shape) -> Shapes:
        width = inputs[0][-1]
        into, out = (self.count, self.hidden, width), (self.count, width, self.hidden)
        gate = {"gate": into} if self.function in GATED else {}
        return {"router": (self.count, width), **gate, "up": into, "down": out}

    def idle(self, *inputs: Shape, tokens: int = 1) -> Dim:
        """Those of experts that no token goes through, where tokens spread evenly."""
        own = self.matrices * self.hidden * inputs[0][-1]
        if tokens == 1:
            return (self.count - self.active) * own
        return (self.count - least(self.count, self.active * tokens)) * own

    def work(self, output: Shape, *inputs: Shape) -> Work:
        tokens, width = product(output[:-1]), output[-1]
        chosen = tokens * self.active
        inner = chosen * self.hidden
        work = softmax_work(tokens * self.count, tokens)
        work["mac"] = tokens * self.count * width + self.matrices * inner * width
        work["cmp"] = work.get("cmp", 0) + chosen * self.count
        for kind, each in FUNCTIONS[self.function][1].items():
            work[kind] = work.get(kind, 0) + each * inner
        gated = inner if self.function in GATED else 0
        work["mul"] = work.get("mul", 0) + gated + chosen * width
        if self.normalize:
            work["add"] += chosen - tokens
            work["div"] += chosen
        work["add"] += (chosen - tokens) * width
        return work

    def backward(self, output: Shape, *inputs: Shape) -> Products:
        """What enters an expert's last matrix has a gradient wherever weights have."""
        macs = self.work(output, *inputs)["mac"]
        inner = product(output) * self.active * self.hidden
        return (
            Product((0,), macs - inner),
            Product((0, WEIGHTS), inner),
            Product((WEIGHTS,), macs),
        )

    # -- memory ------------------------------------------------------------------------

    def chosen(self, x: Shape) -> Dim:
        """Return how many rows all experts read: a token for each of its experts."""
        return product(x[:-1]) * self.active

    def places(self, x: Shape) -> list[Extra]:
        """Return the numbers that say which row is whose."""
        names = ("experts of each token", "order of the rows", "token of each row")
        return [Extra(name, each=self.chosen(x), width=8) for name in names]

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        (x,) = inputs
        rows, tokens = self.chosen(x), product(x[:-1])
        extras = [
            Extra("shares of all experts", each=tokens * self.count),
            *self.places(x),
            Extra("shares in order", each=rows),
            Extra("rows of tokens", each=rows * x[-1]),
            *(Extra(name, each=rows * self.hidden) for name in self.kept_inside()),
            Extra("rows behind the experts", each=rows * x[-1]),
            Extra("rows times their shares", each=rows * x[-1]),
        ]
        if self.normalize:
            extras += [
                Extra("shares of the chosen", each=rows),
                Extra("their sums", each=tokens),
            ]
        multiplied = {"rows of tokens"}
        multiplied |= {"hidden features"} if self.function != "relu" else set()
        weights = tuple(self.weights(x))
        frozen = tuple(one for one in extras if one.what not in multiplied)
        return Saved(
            (0,),
            weights=weights,
            extras=tuple(extras),
            frozen=Saved(weights=weights, extras=frozen),
        )

    def gathers(self, x: Laid) -> bool:
        """The tokens of all samples are put behind each other."""
        return x.joined(0, -2) is None

    def kept_inside(self) -> list[str]:
        """Return what is kept of the hidden features; ReLU needs its output alone."""
        gate = ["gate behind its function", "features of the other matrix"]
        before = [] if self.function in ("relu", "reglu") else ["before the function"]
        gated = gate if self.function in GATED else []
        return [*before, *gated, "hidden features"]

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """The hidden features are put together, the output is added up."""
        (x,) = inputs
        rows = self.chosen(x)
        always = [*self.places(x), Extra("shares of the chosen", each=rows)]
        wide = Extra("rows of tokens", each=rows * x[-1])
        inner = Extra("hidden features", each=rows * self.hidden)
        gated = self.function in GATED
        late = not_yet(output)
        shares = Extra("shares of all experts", each=product(x[:-1]) * self.count)
        return [
            [shares, shares._replace(what="scores"), late],
            [*always, wide, *[inner] * (3 if gated else 2), late],
            [*always, *[inner] * (4 if gated else 2), late],
            [*always, inner, wide, wide, late],
            [*always, wide, Extra("sums so far", each=numel(output))],
        ]

    # -- torch -------------------------------------------------------------------------

    def torch(self, *inputs: Shape) -> Call:
        count, active = self.count, self.active
        made = (
            "torch.cat([F.linear(r, w) for r, w in zip({}.split(n), p['{}'])])".format
        )
        function, gated = FUNCTIONS[self.function][0], self.function in GATED
        first = "gate" if gated else "up"
        return Function(
            "torch.zeros_like(h, dtype=a.dtype).index_add(0, t, a).view(x.shape)",
            self.weights(*inputs),
            (
                "h = x.flatten(0, -2)",
                "s = F.linear(h, p['router']).softmax(-1)",
                f"s, e = s.topk({active}, -1)",
                *(["s = s / s.sum(-1, keepdim=True)"] if self.normalize else []),
                "o = e.flatten().argsort(stable=True)",
                # Without values, on the meta device, all experts get as many rows.
                f"n = [(len(o) + i) // {count} for i in range({count})] if x.is_meta"
                f" else e.flatten().bincount(minlength={count}).tolist()",
                f"t = o // {active}",
                "r = h[t]",
                f"a = {made('r', first)}",
                *([f"b = {made('r', 'up')}"] if gated else []),
                "del r",
                f"a = {function}(a)" + (" * b" if gated else ""),
                *(["del b"] if gated else []),
                f"a = {made('a', 'down')}",
                "a = a * s.flatten()[o, None].to(a.dtype)",
            ),
        )
