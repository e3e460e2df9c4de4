"""The collector of cycles, off while one network is read and printed.

Nodes and rows are made by the hundred thousand and stay to the end; looking through
them for cycles finds nothing and takes longer, the more there are.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

P = ParamSpec("P")


def uncollected(run: Callable[P, None]) -> Callable[P, None]:
    """Return a command that runs with the collector off, if it was on."""

    @wraps(run)
    def called(*args: P.args, **kwargs: P.kwargs) -> None:
        was_on = gc.isenabled()
        gc.disable()
        try:
            run(*args, **kwargs)
        finally:
            if was_on:
                gc.enable()

    return called
