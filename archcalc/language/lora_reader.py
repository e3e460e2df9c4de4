"""Reading `lora`: matrices of a low rank beside those of a layer (Hu 2021)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archcalc.errors import nearest
from archcalc.language.argument_reader import ArgumentReader, quoted
from archcalc.language.steps import Lora, Step
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer
from archcalc.layers.fields import Field, RatioField, WholeField
from archcalc.source.parser import Mapping, Scalar, Value

RANK = WholeField(1)
FIELDS: dict[str, Field] = {
    "rank": RANK,
    "alpha": RatioField(),
    "dropout": RatioField(most=Fraction(1)),
}
ON = "on"
KEYS = (*FIELDS, ON)
USUAL = ("q", "v")
"""The inputs of an attention that are adapted where nothing is said (Hu 2021)."""


def adapts(kind: str) -> bool:
    """Say whether a kind has a matrix that can be adapted."""
    layer = CATALOGUE.get(kind)
    return layer is not None and layer.low_rank is not Layer.low_rank


class LoraReader:
    """Reads the adapter of a step, and gives it to what it is for."""

    def __init__(self, arguments: ArgumentReader) -> None:
        self.arguments = arguments
        self.problems = arguments.problems

    def read(self, value: Value) -> tuple[Lora | None, Value | None]:
        """Read a rank, or a mapping; return the adapter, and what it is `on`."""
        if not isinstance(value, Mapping):
            rank = self.arguments.argument(RANK, value, "lora")
            return (None if rank is None else Lora(rank)), None
        read: dict[str, Any] = {}
        for key, given in value.items:
            if key.text not in KEYS:
                help = nearest(key.text, KEYS) or f"lora takes {', '.join(KEYS)}"
                message = f"lora has no argument {quoted(key)}"
                self.problems.add("AC157", message, key, help)
            elif key.text != ON:
                what = f"lora: {key.text}"
                read[key.text] = self.arguments.argument(FIELDS[key.text], given, what)
        if "rank" not in read:
            self.problems.add("AC157", "lora needs a rank", value, "lora: {rank: 8}")
            return None, None
        return Lora(**read), value.get(ON)

    def given(
        self, kind: str, key: Scalar, value: Value, own: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what a step has with its adapter: of its own, or of its inputs."""
        count = self.problems.count
        lora, on = self.read(value)
        if lora is None or self.problems.count > count:
            return own
        if adapts(kind):
            if on is None:
                return {**own, "lora": lora}
            message = f"{kind} has one matrix: lora needs no `on`"
            self.problems.add("AC157", message, on, "remove `on`")
        elif kind in CATALOGUE and CATALOGUE[kind].named_inputs:
            return {**own, "parts": self.parts(kind, key, lora, on, own)}
        else:
            help = ", ".join(k for k in CATALOGUE if adapts(k))
            message = f"lora adapts a matrix, and {kind} has none"
            self.problems.add(
                "AC157", message, key, f"it stands on {help} or attention"
            )
        return own

    def parts(
        self, kind: str, key: Scalar, lora: Lora, on: Value | None, own: dict[str, Any]
    ) -> Any:
        """Return the inputs of a layer by name, those that `on` lists adapted."""
        known = CATALOGUE[kind].named_inputs
        names = [(n, key) for n in USUAL]
        if on is not None:
            names = [(n.text, n) for n in self.arguments.references(on)]
        parts = dict(own.get("parts", ()))
        for name, at in names:
            steps = parts.get(name)
            if name not in known:
                help = nearest(name, known) or f"{kind} reads {', '.join(known)}"
                self.problems.add("AC157", f"{kind} reads no {name!r}", at, help)
            elif isinstance(steps, tuple) and steps and adapts(steps[-1].kind):
                last: Step = steps[-1]._replace(lora=lora, plain=False)
                parts[name] = (*steps[:-1], last)
            else:
                message = f"lora on {name}: {kind} reads no step of its own there"
                help = (
                    "write it on the linear layer that makes it: {linear: …, lora: 8}"
                )
                self.problems.add("AC157", message, at, help)
        return tuple(parts.items())
