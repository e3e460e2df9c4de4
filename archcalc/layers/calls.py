"""The torch counterpart of a layer as a record: nothing is imported or run here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from archcalc.sizes.dims import Dim

NO_NAMES: Mapping[str, Any] = MappingProxyType({})


class Module(NamedTuple):
    """A torch module: dotted name, arguments, and code around its call if any.

    `before` and `after` are torch expressions over `x`, e.g. `F.pad(x, (0, 1, 0, 1))`.
    `wrap` is a call that takes the module, `{}`, and changes what its weight is.
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = NO_NAMES
    before: str | None = None
    after: str | None = None
    wrap: str = "{}"

    def __str__(self) -> str:
        given = [repr(a) for a in self.args]
        given += [f"{k}={v!r}" for k, v in self.kwargs.items()]
        return self.wrap.format(f"{self.target}({', '.join(given)})")


class Function(NamedTuple):
    """A torch expression over `x` (the first input), `xs` (all) and `p` (parameters).

    `params` and `buffers` are the shapes of what it needs, by name. `steps` are
    statements that come before the expression, each on a line of its own. `trains` says
    that they ask `p.training`.
    """

    code: str
    params: Mapping[str, tuple[Dim, ...]] = NO_NAMES
    steps: tuple[str, ...] = ()
    trains: bool = False
    buffers: Mapping[str, tuple[Dim, ...]] = NO_NAMES

    @property
    def body(self) -> str:
        """The body of a Python function of `x`, `xs` and `p`, ending in `return`."""
        return "\n".join((*self.steps, f"return {self.code}"))

    def __str__(self) -> str:
        return "; ".join((*self.steps, self.code))


Call = Module | Function
