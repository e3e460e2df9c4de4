"""Networks written in formats of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.errors import unknown

if TYPE_CHECKING:
    from archcalc.network.network import Network

FORMS = {"torch": "archcalc.writers.pytorch.code"}
"""Each format with the module whose `write(network)` returns the text."""


def export(network: Network, to: str) -> str:
    """Return a network in a format of others, e.g. `torch`: Python code.

    Raises `UsageError` AC530 for a format that is not known, AC521 for a size that is a
    symbol.
    """
    from importlib import import_module

    if to not in FORMS:
        raise unknown("AC530", "export", to, FORMS, "formats")
    written: str = import_module(FORMS[to]).write(network)
    return written
