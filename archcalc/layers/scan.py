"""State-space models: a state that every token changes, and that every token reads."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from archcalc.errors import ShapeError
from archcalc.layers.attention.attention import check_tokens
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
from archcalc.layers.combine import mismatch
from archcalc.layers.fields import FieldError, Size
from archcalc.layers.records.backward import WEIGHTS, Product, Products
from archcalc.layers.records.kept import NOT_YET
from archcalc.sizes.dims import Dim, same

SOURCES = ("delta", "b", "c")
WHAT = "steps (delta), what enters the state (b) and what leaves it (c)"


class SelectiveScan(Layer):
    """Carry a state over tokens (Gu and Dao 2023, Mamba, Algorithm 2: S6).

    Shape: `(L, D), (L, D), (L, S), (L, S) -> (L, D)`: what enters, and by name `delta`
    (the size of each step, after its softplus), `b` and `c`. Each feature has a state
    of S values, so D·S values are carried on, however long the text is: `h = exp(δA)·h
    + δx·b`, `y = h·c + x·D`. Weights are the logarithm of -A, `D × S`, and D. The
    product with `c` counts as multiply-accumulates. Backward keeps inputs, every state
    and every `exp(δA)`, as plain torch does; Mamba's CUDA kernel computes them again.
    """

    key = "selective_scan"
    role = "matrix"
    sees = "all"
    named_inputs: ClassVar[tuple[str, ...]] = SOURCES
    letters: ClassVar[Letters] = {"state": ("S", "state", "in")}
    words: ClassVar[dict[str, str]] = {
        "state": "How many values of state each feature has.",
        "delta": "What has the size of each step: a step's name, or steps.",
        "b": "What weighs what enters the state: a step's name, or steps.",
        "c": "What weighs the state that leaves: a step's name, or steps.",
    }
    examples = (
        "{selective_scan: 4} @ 5x6, 5x6, 5x4, 5x4",
        "{selective_scan: 16} @ 3x2, 3x2, 3x16, 3x16",
        "{selective_scan: 1} @ 9x3, 9x3, 9x1, 9x1",
    )

    state: Size

    @classmethod
    def wired(cls, given: Collection[str]) -> tuple[str, ...]:
        missing = [name for name in SOURCES if name not in given]
        if missing:
            help = f"{', '.join(SOURCES)} are names of steps, or steps"
            raise FieldError(
                f"selective_scan needs {' and '.join(missing)} too",
                f"{help}; what is scanned is what enters",
            )
        return ("", *SOURCES)

    def shape(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        check_tokens(x, self.key)
        if len(inputs) != 4:
            raise ShapeError.of(
                "AC201",
                f"selective_scan needs {WHAT} beside what enters",
                help=f"{{selective_scan: {self.state}, delta: …, b: …, c: …}}",
            )
        wanted = (x, (x[0], self.state), (x[0], self.state))
        for name, found, fits in zip(SOURCES, inputs[1:], wanted, strict=True):
            if len(found) != 2 or not all(map(same, found, fits)):
                raise mismatch(
                    f"selective_scan of {times(x)} with a state of {self.state} needs "
                    f"{name} of {times(fits)}, not {times(found)}",
                    inputs,
                    help=f"{{linear: {fits[1]}}} for {name}, over the same tokens",
                )
        return x

    def weights(self, *inputs: Shape) -> Shapes:
        width = inputs[0][1]
        return {"A_log": (width, self.state), "D": (width,)}

    def states(self, x: Shape) -> Dim:
        """Return how many values the states of all tokens have."""
        return numel(x) * self.state

    def work(self, output: Shape, *inputs: Shape) -> Work:
        n, states = numel(output), self.states(output)
        return {
            "mac": states,
            "mul": 3 * states + 2 * n,
            "add": states + n,
            "exp": states,
        }

    def backward(self, output: Shape, *inputs: Shape) -> Products:
        """What is read of the states is a product of them and of the last input."""
        macs = self.work(output, *inputs)["mac"]
        return Product((0, 1, 2, WEIGHTS), macs), Product((3,), macs)

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        (length, width), states = output, self.states(output)
        kept = (
            Extra("decay of states", each=states),
            Extra("states", each=states + width * self.state),
            Extra("steps times input", each=length * width),
            Extra("A and its exponential", once=2 * width * self.state),
        )
        fixed = (*kept[:-1], Extra("exponential of A", once=width * self.state))
        whole = Saved(inputs=(0, 1, 2, 3), weights=("D",), extras=kept)
        return whole._replace(frozen=whole._replace(extras=fixed))

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """When decays are made, at the last state, and when outputs are joined."""
        n, states, one = numel(output), self.states(output), output[1] * self.state
        late = Extra(NOT_YET, each=-n)
        before = Extra("outputs by token", each=n - output[1])
        both = [Extra("A", once=one), Extra("decays and what enters", each=2 * states)]
        return [
            [*both, Extra("steps times input", each=n), late],
            [*both, Extra("states", each=3 * one), before, late],
            [*both, Extra("state", each=one), Extra("outputs by token", each=3 * n)],
        ]

    def back(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        """When the gradients of what entered each state are joined.

        Those of decays and of what entered live twice or once then, and states have
        gone; gradients of steps, b and c do not live yet, nor does that of the output.
        """
        (length, width), states = output, self.states(output)
        one, weighed = width * self.state, length * self.state
        each = 3 * states - one - length * width - 2 * weighed
        what = "gradients of states"
        return [[Extra(what, each=each), Extra(NOT_YET, once=-one)]]

    def torch(self, *inputs: Shape) -> Call:
        width = inputs[0][1]
        zeros = f"x.new_zeros(len(x), {width}, {self.state})"
        tokens = "zip(g.unbind(1), u.unbind(1), xs[3][..., None].unbind(1))"
        update = "h = a * h + b; y.append((h @ c).squeeze(-1))"
        steps = (
            "rate = -p['A_log'].exp()",
            "g = (xs[1][..., None] * rate).exp()",
            "u = (xs[1] * x)[..., None] * xs[2][:, :, None]",
            f"h, y = {zeros}, []",
            f"for a, b, c in {tokens}: {update}",
        )
        code = "torch.stack(y, 1) + x * p['D']"
        return Function(code, self.weights(*inputs), steps)
