"""The weights of one step, as its module names them: zeros of the right sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.layers.base import Shapes
from archcalc.layers.reparametrized import DIRECTION, LENGTH, ORIGINAL
from archcalc.wire.writing import FLOAT, INT64
from archcalc.writers.onnx.page import NoWord
from archcalc.writers.onnx.sheet import Page
from archcalc.writers.onnx.tensors import Tensor

ONES = ("running_var",)
"""Buffers that begin with ones."""


class Weights:
    """Weights and buffers of a step, made where they are asked for.

    `made` holds those of the step that owns them, for all steps that share them; a
    matrix of a linear layer may stand turned there. `names` are what the owner calls
    them, which may be of another kind. `kind` is the kind of the module that asks.
    """

    def __init__(
        self,
        sheet: Page,
        owner: str,
        shapes: Shapes,
        buffers: Shapes,
        names: Mapping[str, str],
        made: dict[str, Tensor],
    ) -> None:
        self.sheet = sheet
        self.owner = owner
        self.shapes = shapes
        self.buffers = buffers
        self.names = names
        self.made = made
        self.kind = ""

    def dims(self, name: str) -> tuple[int, ...]:
        """Return the sizes of a weight or a buffer."""
        found = self.shapes[name] if name in self.shapes else self.buffers[name]
        return tuple([size for size in found if isinstance(size, int)])

    def tensor(self, name: str, ones: int = 0) -> Tensor:
        """Return a weight; it may have axes of one position behind it."""
        if name == "weight" and ORIGINAL in self.shapes:
            raise NoWord("a weight with spectral norm")
        if name == "weight" and LENGTH in self.shapes:
            return self.normalized()
        known = self.names.get(name, name)
        turned = f"{known} turned"
        if known not in self.made and turned in self.made:
            return self.made[turned].transpose(0, 1)
        if known not in self.made:
            dims = (*self.dims(name), *(1,) * ones)
            self.made[known] = self.sheet.weight(f"{self.owner}.{known}", dims)
        return self.made[known]

    def turned(self, name: str) -> Tensor:
        """Return the matrix of a layer with its axes swapped, as a product takes it."""
        known = self.names.get(name, name)
        if {LENGTH, ORIGINAL} & self.shapes.keys() or known in self.made:
            return self.tensor(name).transpose(0, 1)
        turned = f"{known} turned"
        if turned not in self.made:
            dims = self.dims(name)[::-1]
            self.made[turned] = self.sheet.weight(f"{self.owner}.{known}", dims)
        return self.made[turned]

    def normalized(self) -> Tensor:
        """Return a weight that is made of a direction and lengths."""
        length, direction = self.tensor(LENGTH), self.tensor(DIRECTION)
        axes = [at for at, size in enumerate(length.shape) if size == 1]
        whole = direction.reduced("ReduceL2", axes, keepdim=True)
        return length * (direction / whole)

    def maybe(self, name: str) -> Tensor | None:
        """Return a weight, None for a module without it."""
        return self.tensor(name) if name in self.shapes else None

    def bias(self) -> Tensor | None:
        """Return the bias, None for a module without one."""
        return self.maybe("bias")

    def scaled(self, channels: Any) -> list[Tensor]:
        """Return scale and shift of each channel: ones and zeros where not learned."""
        return [
            self.maybe(name) or self.sheet.filled((channels,), value, FLOAT)
            for name, value in (("weight", 1.0), ("bias", 0.0))
        ]

    def joined(self, name: str, dims: Sequence[int]) -> Tensor:
        """Return a weight in which an operator has several of torch's."""
        return self.sheet.weight(f"{self.owner}.{name}", dims)

    def buffer(self, name: str, filled: str, names: Mapping[str, Any]) -> Tensor:
        """Return a buffer that is no operand of a norm: what fills it, or one value."""
        if name not in self.made:
            if filled:
                made = eval(filled, dict(names))
            elif not self.dims(name):
                made = self.sheet.number(0, INT64)
            else:
                value = float(name in ONES)
                label = f"{self.owner}.{name}"
                made = self.sheet.filled(self.dims(name), value, FLOAT, label)
            self.made[name] = made
        return self.made[name]


class Held:
    """What `p` is to the code of a layer: its parameters and buffers, by name."""

    training = False

    def __init__(self, found: Mapping[str, Any]) -> None:
        self.found = found

    def __getitem__(self, name: str) -> Any:
        if name not in self.found:
            raise NoWord(name)
        return self.found[name]()

    def __getattr__(self, name: str) -> Any:
        return self[name]
