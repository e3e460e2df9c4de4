"""What stands for an operator that no rule knows: models in other formats have them."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from archcalc.layers.base import Call, Function, Layer, Shape, Shapes, Work
from archcalc.layers.fields import Count, Field, FieldError, Sizes, shown
from archcalc.source.parser import Scalar

OPERATOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")


class OperatorField(Field):
    """The name that an operator has in the format that it comes from."""

    @property
    def noun(self) -> str:
        return "the name of an operator"

    def read_scalar(self, scalar: Scalar) -> Any:
        return self.check(scalar.text)

    def check(self, value: Any) -> str:
        if isinstance(value, str) and OPERATOR.fullmatch(value):
            return value
        raise FieldError(f"{self.noun} is needed here, not {shown(value)}")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{OPERATOR.pattern}$"}


Operator = Annotated[str, OperatorField()]


class Unknown(Layer):
    """An operator `op` that no rule knows, as `archcalc import` writes it.

    Shape: `sizes`, whatever enters. `learned` is how many weights it holds. Its work is
    not counted: figures of operations are then lower bounds, and every command says so.
    """

    key = "unknown"
    arity = None
    uncounted = True
    sees = "all"
    words: ClassVar[dict[str, str]] = {
        "op": "The operator's name where it comes from: Einsum, com.acme:Fused.",
        "sizes": "The sizes of its output, without the batch.",
        "learned": "How many weights it holds.",
    }
    examples = (
        "{unknown: , op: Einsum, sizes: [7, 4]} @ 8x5x6, 3x4",
        "{unknown: , op: com.acme:Fused, sizes: [10], learned: 480} @ 8x5x6",
    )

    op: Operator
    sizes: Sizes
    learned: Count = 0

    def label(self, *inputs: Shape) -> str:
        return f"unknown {self.op}"

    def shape(self, *inputs: Shape) -> Shape:
        return self.sizes

    def weights(self, *inputs: Shape) -> Shapes:
        return {"weight": (self.learned,)} if self.learned != 0 else {}

    def work(self, output: Shape, *inputs: Shape) -> Work:
        return {}

    def torch(self, *inputs: Shape) -> Call:
        ones, sizes = ", 1" * len(self.sizes), ", ".join(map(str, self.sizes))
        total = "sum(t.flatten(1).sum(1) for t in xs)"
        learned = " + p['weight'].sum()" if self.learned else ""
        return Function(
            f"({total}{learned}).reshape(-1{ones}).expand(-1, {sizes})",
            self.weights(*inputs),
        )
