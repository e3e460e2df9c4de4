"""A network at small sizes, and where the same network of another library is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Definition(NamedTuple):
    """A network with small sizes, and the same from another library.

    `place` sorts the names of its weights as the steps stand; `turned` says which names
    have inputs before outputs. `heads` are the features of a query, a key and a value,
    where the library puts those of a head together.
    """

    spec: str
    sizes: dict[str, Any]
    library: Any
    model: str
    options: dict[str, Any]
    place: Callable[[str], Any]
    turned: str = "$^"
    heads: tuple[int, ...] = ()
