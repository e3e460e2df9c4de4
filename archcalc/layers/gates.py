"""Gated linear units: half of an axis, through a function, scales the other half."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from archcalc.layers.activation import GELU, KEPT, Form, Sigmoid
from archcalc.layers.axes import feature_axis, on_axis
from archcalc.layers.base import (
    Call,
    Extra,
    Function,
    Layer,
    Module,
    Saved,
    Seen,
    Shape,
    Work,
    check_divides,
    numel,
)
from archcalc.layers.fields import Axis, WordField

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Ints, Laid

Half = Annotated[Literal["first", "last"], WordField(("first", "last"))]


class Gated(Layer):
    """What halves an axis; left out, it is the last of tokens, an image's channels."""

    role = "activation"

    axis: Axis = None

    def along(self, x: Shape) -> int:
        """Return the axis, counted from 0 without the batch."""
        return feature_axis(x) if self.axis is None else on_axis(self.axis, x)

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        axis = self.along(x)
        check_divides(2, x[axis], f"{self.key} halves this axis")
        return (*x[:axis], x[axis] // 2, *x[axis + 1 :])

    def written(self, output: Ints, *inputs: Laid) -> Laid | None:
        """Both halves lie as the input does."""
        from archcalc.layers.records.strides import met

        (x,) = inputs
        return None if x.in_a_row() else met(output, x._replace(sizes=output))

    def window(self, *inputs: Shape) -> Seen:
        (x,) = inputs
        return None if self.along(x) == feature_axis(x) else "all"


class GLU(Gated):
    """Half of the features times the sigmoid of the other half (Dauphin 2016).

    Shape: `axis` is halved; left out, it is the last axis of tokens and the channels of
    an image. The second half is the gate (torch.nn.GLU). Backward keeps the input.
    """

    key = "glu"
    keeps = KEPT["input"]
    examples = ("glu @ 8x5x6", "glu @ 7x16", "{glu: 1} @ 8x6x5", "{glu: h} @ 8x6x5")

    def work(self, output: Shape, *inputs: Shape) -> Work:
        n = numel(output)
        return {kind: count * n for kind, count in (*Sigmoid.each.items(), ("mul", 1))}

    def torch(self, *inputs: Shape) -> Call:
        return Module("nn.GLU", (), {"dim": self.along(inputs[0]) + 1})


class OtherGate(Gated):
    """What `swiglu`, `geglu` and `reglu` share: the halves are views, then multiplied.

    Backward keeps the input, whose halves they are, and the gate behind its function.
    """

    function: ClassVar[str] = ""
    each: ClassVar[Work] = {}
    what: ClassVar[str] = "gate behind its function"

    gate: Half = "last"

    def per_value(self) -> Work:
        """Return the operations of the gate's function for each value."""
        return self.each

    def work(self, output: Shape, *inputs: Shape) -> Work:
        n, work = numel(output), {**self.per_value()}
        work["mul"] = work.get("mul", 0) + 1
        return {kind: count * n for kind, count in work.items()}

    def saved(self, output: Shape, *inputs: Shape) -> Saved:
        return Saved(inputs=(0,), extras=(Extra(self.what, each=numel(output)),))

    def torch(self, *inputs: Shape) -> Call:
        axis = self.along(inputs[0]) + 1
        halves = f"x.unflatten({axis}, (2, -1)).unbind({axis})"
        gate, other = ("a", "b") if self.gate == "first" else ("b", "a")
        gated = self.gated(gate)
        return Function(f"{gated} * {other}", steps=(f"a, b = {halves}",))

    def gated(self, half: str) -> str:
        """Return the torch expression of the gate's function."""
        return f"{self.function}({half})"


class SwiGLU(OtherGate):
    """Half of the features times the swish of the other half (Shazeer 2020).

    Shape as `glu`; `gate` says which half goes through swish: the `last`, as in `glu`,
    or the `first`, as in Llama's `gate_proj` where both are one matrix. Backward keeps
    the input and the gate behind its function.
    """

    key = "swiglu"
    function = "F.silu"
    each: ClassVar[Work] = {"exp": 1, "add": 1, "div": 1, "mul": 1}
    words: ClassVar[dict[str, str]] = {"gate": "Which half goes through the function."}
    examples = (
        "swiglu @ 7x16",
        "{swiglu: channels, gate: first} @ 8x5x6",
        "{swiglu: w} @ 3x5x6",
    )


class GEGLU(OtherGate):
    """Half of the features times the GELU of the other half (Shazeer 2020).

    Shape and `gate` as `swiglu`, `form` as `gelu`. The last half is the gate in
    diffusers' transformers. Backward keeps the input and the gate behind its function.
    """

    key = "geglu"
    words: ClassVar[dict[str, str]] = {"gate": "Which half goes through the function."}
    examples = ("geglu @ 7x16", "{geglu: 0, gate: first, form: tanh} @ 8x5x6")

    form: Form = "exact"

    def per_value(self) -> Work:
        return GELU(form=self.form).work((1,))

    def gated(self, half: str) -> str:
        form = ", approximate='tanh'" if self.form == "tanh" else ""
        return f"F.gelu({half}{form})"


class ReGLU(OtherGate):
    """Half of the features times the ReLU of the other half (Shazeer 2020).

    Shape and `gate` as `swiglu`. Backward keeps the input and the gate behind its
    function.
    """

    key = "reglu"
    function = "F.relu"
    each: ClassVar[Work] = {"cmp": 1}
    words: ClassVar[dict[str, str]] = {"gate": "Which half goes through the function."}
    examples = ("reglu @ 7x16", "{reglu: features, gate: first} @ 8x5x6")
