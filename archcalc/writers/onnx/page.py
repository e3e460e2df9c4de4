"""What tensors are written on, types of numbers, and the size of the batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from archcalc.sizes.dims import Dim, symbol
from archcalc.wire.writing import BOOL, FLOAT, INT64, Given

T = TypeVar("T")
BATCH = symbol("N")
"""The size of the batch, which the file leaves open."""
Shape = tuple[Dim, ...]


class NoWord(Exception):
    """The operators of the standard have no word for something; the text says what."""


class Type:
    """A type of numbers, as torch's code names it."""

    def __init__(self, code: int) -> None:
        self.code = code


TYPES = {
    **dict.fromkeys(("float32", "float"), Type(FLOAT)),
    **dict.fromkeys(("int64", "long"), Type(INT64)),
    "bool": Type(BOOL),
}


class Sheet(Protocol[T]):
    """What tensors write operators on."""

    def op(
        self,
        op: str,
        inputs: Sequence[T | None],
        shape: Sequence[Dim],
        type: int | None = None,
        **attributes: Given,
    ) -> T: ...

    def ops(
        self,
        op: str,
        inputs: Sequence[T | None],
        shapes: Sequence[Sequence[Dim]],
        type: int | None = None,
        **attributes: Given,
    ) -> list[T]: ...

    def constant(
        self, values: Sequence[float], type: int, dims: Sequence[int]
    ) -> T: ...

    def number(self, value: float, type: int) -> T: ...

    def row(self, values: Sequence[int]) -> T: ...

    def filled(
        self, dims: Sequence[int], value: float, type: int, name: str = ""
    ) -> T: ...

    def sizes(self, shape: Sequence[Dim]) -> T: ...

    def state(self, value: T) -> None: ...
