"""The words of torch's modules: how each is written as ONNX, found by its name.

A word takes the module's arguments by torch's names, its weights by theirs, what enters
and the sizes that leave. A module without a word is refused by name (`NoWord`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archcalc.layers.base import Module
from archcalc.layers.records.calls import kind_of, named
from archcalc.writers.onnx.page import NoWord
from archcalc.writers.onnx.tensors import Tensor
from archcalc.writers.onnx.weights import Weights

Given = Mapping[str, Any]
Word = Callable[[Given, Weights, Tensor, Any], Tensor]
WORDS: dict[str, Word] = {}


def word(*names: str) -> Callable[[Word], Word]:
    """Give modules their word."""

    def register(function: Word) -> Word:
        WORDS.update(dict.fromkeys(names, function))
        return function

    return register


def written(record: Module, weights: Weights, x: Tensor, shape: Any) -> Tensor:
    """Return what a module gives; `shape` are the sizes with the batch."""
    kind = weights.kind = kind_of(record.target)
    if kind not in WORDS:
        raise NoWord(record.target)
    return WORDS[kind](named(record), weights, x, shape)


def per_axis(value: Any, rank: int) -> list[int]:
    """Return one number for each spatial axis."""
    return list(value) if isinstance(value, tuple | list) else [value] * rank
