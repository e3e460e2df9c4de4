"""Which axis of each input has the samples."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.wire.messages import Value as Declared


def axis_size(declared: Declared, axis: int | None) -> int | str | None:
    """Return the size of an axis of an input, None where it is not known."""
    return None if axis is None or declared.dims is None else declared.dims[axis]


def sample_axes(inputs: Sequence[Declared]) -> dict[str, int | None]:
    """Return the axis of the samples of each input: the first, or one called so."""
    found: dict[str, int | None] = {}
    for declared in inputs:
        dims = declared.dims or ()
        called = [
            axis
            for axis, size in enumerate(dims)
            if isinstance(size, str) and "batch" in size.lower()
        ]
        found[declared.name] = called[0] if called else 0 if len(dims) > 1 else None
    sizes_ = {v.name: axis_size(v, found[v.name]) for v in inputs}
    open_ = {
        size
        for name, size in sizes_.items()
        if found[name] is not None and not isinstance(size, int)
    }
    for declared in inputs:  # states may have layers first: (2, batch, features)
        if open_ and isinstance(sizes_[declared.name], int):
            dims = declared.dims or ()
            others = [axis for axis, size in enumerate(dims) if size in open_]
            fixed = sizes_[declared.name] != 1
            at = found[declared.name]
            found[declared.name] = others[0] if others else None if fixed else at
    return found
