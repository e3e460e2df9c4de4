"""A state dict of PyTorch: the names of its tensors, their sizes and formats.

Tensors are best on the meta device; nothing reads their values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from archcalc.errors import UsageError, clean
from archcalc.readers.weights.dtypes import Dtype
from archcalc.readers.weights.record import LONGEST_NAME, MOST_TENSORS, Tensor, Weights

NOT_ONE = "AC597"


def is_state(given: object) -> TypeGuard[Mapping[Any, Any]]:
    """Say whether an object is a mapping, as a state dict is one."""
    return isinstance(given, Mapping)


def read_state(given: Mapping[Any, Any], name: str) -> Weights:
    """Return the tensors of a state dict; those that share their values count once.

    Raises `UsageError` AC597 where a value is no tensor.
    """
    if len(given) > MOST_TENSORS:
        message = f"{name} has {len(given):,} entries, more than {MOST_TENSORS:,}"
        raise UsageError.of(NOT_ONE, message)
    tensors: dict[tuple[Any, ...], Tensor] = {}
    ties: dict[str, str] = {}
    for key, value in given.items():
        _check(key, value, name)
        dtype = Dtype(str(value.dtype).removeprefix("torch."), 1, value.itemsize)
        same = _same(value)
        if same in tensors:
            ties[key] = tensors[same].name
        else:
            tensors[same] = Tensor(key, tuple(map(int, value.shape)), dtype)
    notes = ("A state dict holds buffers, such as running means, beside parameters.",)
    return Weights(name, "state dict", tuple(tensors.values()), ties, {}, notes)


def _check(key: object, value: object, name: str) -> None:
    """Raise where an entry is not the name of a tensor, and the tensor."""
    from torch import Tensor as Torch

    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_NAME:
        raise UsageError.of(NOT_ONE, f"{name}: {clean(repr(key), 80)} names no tensor")
    if not isinstance(value, Torch):
        kind = type(value).__name__
        message = f"{name}: {key!r} is of type {kind}, not a tensor"
        help = "return the state dict alone, such as checkpoint['model']"
        raise UsageError.of(NOT_ONE, message, help=help)


def _same(tensor: Any) -> tuple[Any, ...]:
    """Return what two names of the same values have in common."""
    if tensor.layout.__str__() != "torch.strided":
        return (id(tensor),)
    storage = tensor.untyped_storage()._cdata
    return (
        *(storage, tensor.dtype, tensor.storage_offset()),
        *(tuple(tensor.shape), tensor.stride()),
    )
