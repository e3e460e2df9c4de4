"""Products of two tensors: as matrices, or by letters for their axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from archcalc.layers.base import (
    Call,
    Extra,
    Function,
    Layer,
    Saved,
    Shape,
    Work,
    is_one,
    numel,
    stretches,
)
from archcalc.layers.combine import mismatch, operands, widened
from archcalc.layers.fields import FieldError, LettersField
from archcalc.sizes.dims import Dim, product, same

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Laid

AxisLetters = Annotated[str, LettersField()]


class MatMul(Layer):
    """Multiply two tensors as matrices in their last two axes (torch.matmul).

    Shape: `(…, M, K)` and `(…, K, N) -> (…, M, N)`; a vector `(K,)` stands for a row in
    front and for a column behind, and loses that axis. Leading axes stretch as those of
    `add`. Backward keeps both inputs.
    """

    key = "matmul"
    role = "matrix"
    axis_names = "matrices"
    arity = 2
    examples = (
        "matmul @ 5x6, 6x7",
        "matmul @ 3x5x6, 3x6x7",
        "matmul @ 5x6, 6",
        "matmul @ 6, 6x7",
        "matmul @ 3x5x6, 6x7",
        "matmul @ 3x5x6, 1x6x7",
    )

    def shape(self, *inputs: Shape) -> Shape:
        a, b = inputs
        if len(a) == len(b) == 1:
            help = "multiply, then {sum: 0, keep: true}, gives one value"
            raise mismatch("matmul of two vectors leaves no axis", inputs, help)
        if not same(a[-1], b[-min(2, len(b))]):
            raise mismatch(
                f"matmul cannot multiply rows of {a[-1]} with columns of "
                f"{b[-min(2, len(b))]}",
                inputs,
                code="AC211",
            )
        return (*self.leading(a, b), *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))

    def leading(self, a: Shape, b: Shape) -> Shape:
        """Return the axes before the matrices; raise `ShapeError` AC201 for a clash."""
        rank = max(len(a), len(b), 2) - 2
        found: list[Dim] = []
        for m, n in zip(widened(a[:-2], rank), widened(b[:-2], rank), strict=True):
            if not (stretches(m) or stretches(n) or same(m, n)):
                message = "matmul needs equal sizes before the last two axes"
                raise mismatch(message, (a, b))
            found.append(n if stretches(m) else m)
        return tuple(found)

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {"mac": numel(output) * inputs[0][-1]}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        """Both inputs; of one whose leading axes stretch, a copy that is stretched."""
        a, b = inputs
        lead = self.leading(a, b)
        stretched = [i for i in (0, 1) if _stretches(inputs[i], lead)]
        extras = tuple(
            Extra(
                "stretched factor", numel((*lead, *inputs[i][-2:])), only_for=(1 - i,)
            )
            for i in stretched
        )
        return Saved(tuple(i for i in (0, 1) if i not in stretched), extras=extras)

    def workspace(self, output: Shape, *inputs: Shape) -> list[list[Extra]]:
        return [list(self.saved(output, *inputs).extras)]

    def gathers(self, x: Laid) -> bool:
        return len(x.sizes) > 3 and x.joined(0, -3) is None

    def torch(self, *inputs: Shape) -> Call:
        a, b = inputs
        if len(a) == len(b):
            return Function("xs[0] @ xs[1]")
        if len(a) == 1:
            lead = ", None" * (len(b) - 2)
            return Function(f"(xs[0][:{lead}, None] @ xs[1]).squeeze(-2)")
        if len(b) == 1:
            lead = ", None" * (len(a) - 2)
            return Function(f"(xs[0] @ xs[1][:{lead}, :, None]).squeeze(-1)")
        return Function(" @ ".join(operands(inputs)))


def _stretches(x: Shape, lead: Shape) -> bool:
    """Say whether the axes of x before its matrix are fewer or smaller than `lead`."""
    own = widened(x[:-2], len(lead))
    return any(is_one(n) and not is_one(m) for n, m in zip(own, lead, strict=True))


class Einsum(Layer):
    """Multiply two tensors by letters for their axes (torch.einsum).

    Shape: `{einsum: [q, k], axes: "nd,md->nm"}` multiplies rows of `(N, D)` and `(M,
    D)`. A letter stands for an axis of one size; what the result lacks is summed over.
    The batch has no letter. Multiply-accumulates are the product of all sizes; where
    nothing is summed it is a multiplication. Backward keeps both inputs, or copies
    whose axes are in another order.
    """

    key = "einsum"
    role = "matrix"
    arity = 2
    words: ClassVar[dict[str, str]] = {
        "axes": "A letter for each axis of both inputs and of the result: nd,md->nm."
    }
    examples = (
        "{einsum: , axes: 'nd,md->nm'} @ 7x16, 5x16",
        "{einsum: , axes: 'chw,dc->dhw'} @ 8x5x6, 4x8",
        "{einsum: , axes: 'hnd,hmd->hnm'} @ 2x7x4, 2x5x4",
        "{einsum: , axes: 'hnd,hdm->nhm'} @ 2x7x4, 2x4x5",
        "{einsum: , axes: 'nd,d->nd'} @ 7x16, 16",
        "{einsum: , axes: 'n,m->nm'} @ 7, 5",
    )

    axes: AxisLetters

    def agree(self) -> None:
        left, right, out = self.parts()
        for part in (left, right, out):
            twice = [c for c in part if part.count(c) > 1]
            if twice:
                raise FieldError(f"{twice[0]} stands twice in {part}")
        unknown = [c for c in out if c not in left + right]
        if unknown:
            raise FieldError(f"{unknown[0]} of the result is in no input")
        alone = [c for c in left + right if (left + right + out).count(c) == 1]
        if alone:
            help = "{sum: 0} before it adds up along an axis"
            raise FieldError(f"{alone[0]} is in one input and not in the result", help)
        if not out:
            raise FieldError("the result has no axis", "multiply, then sum")

    def parts(self) -> tuple[str, str, str]:
        """Return the letters of both inputs and of the result."""
        inputs, _, out = self.axes.partition("->")
        left, _, right = inputs.partition(",")
        return left, right, out

    def sizes(self, *inputs: Shape) -> dict[str, Dim]:
        """Return the size of each letter; raise `ShapeError` where there are two."""
        found: dict[str, Dim] = {}
        for letters, x in zip(self.parts(), inputs, strict=False):
            if len(letters) != len(x):
                message = f"einsum has {len(letters)} letters for {len(x)} axes"
                help = "the batch has no letter" if len(letters) == len(x) + 1 else None
                raise mismatch(f"{message}: {letters}", inputs, help)
            for letter, size in zip(letters, x, strict=True):
                if not same(found.setdefault(letter, size), size):
                    message = f"{letter} is {found[letter]} and {size}"
                    raise mismatch(f"einsum: {message}", inputs, code="AC211")
        return found

    def shape(self, *inputs: Shape) -> Shape:
        sizes = self.sizes(*inputs)
        return tuple(sizes[letter] for letter in self.parts()[2])

    def sums(self) -> str:
        """Return the letters that are summed over, in torch's order."""
        left, _, out = self.parts()
        return "".join(sorted(set(left) - set(out)))

    def work(self, output: Shape, *inputs: Shape) -> Work:
        sizes = self.sizes(*inputs)
        if all(is_one(sizes[letter]) for letter in self.sums()):
            return {"mul": numel(output)}
        return {"mac": product(sizes.values())}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        sizes = self.sizes(*inputs)
        if all(is_one(sizes[letter]) for letter in self.sums()):
            return Saved(inputs=(0, 1))
        moved = [i for i in (0, 1) if not self.lies_ready(i)]
        extras = tuple(
            Extra("axes in another order", each=numel(inputs[i]), only_for=(1 - i,))
            for i in moved
        )
        return Saved(tuple(i for i in (0, 1) if i not in moved), extras=extras)

    def lies_ready(self, place: int) -> bool:
        """Say whether an input is a row of matrices for torch as it lies.

        Its axes fall into those that both inputs and the result have, the batch first,
        those of its own, and those that are summed over: each must lie together.
        """
        *inputs, out = self.parts()
        own, other = inputs[place], inputs[1 - place]
        shared = "".join(c for c in out if c in own and c in other)
        alone = "".join(c for c in out if c in own and c not in other)
        first = own.startswith(shared)
        return first and all(group in own for group in (alone, self.sums()))

    def torch(self, *inputs: Shape) -> Call:
        left, right, out = self.parts()
        used = set(self.axes)
        batch = next(c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in used)
        letters = f"{batch}{left},{batch}{right}->{batch}{out}"
        return Function(f"torch.einsum({letters!r}, *xs)")
