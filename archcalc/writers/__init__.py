"""Networks written in formats of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.errors import unknown

if TYPE_CHECKING:
    from archcalc.network.network import Network
    from archcalc.writers.language import Language

FORMS = {"torch": "archcalc.writers.pytorch.language:PYTORCH"}
"""Each format with the language that its code is written in."""


def export(network: Network, to: str) -> str:
    """Return a network in a format of others, e.g. `torch`: Python code.

    Raises `UsageError` AC530 for a format that is not known, AC521 for a size that is a
    symbol, AC523 for a layer that the format has no words for.
    """
    from archcalc.writers.code import Written

    return Written(network, spoken(to)).text()


def spoken(to: str) -> Language:
    """Return the language of a format; raise `UsageError` AC530 for one not known."""
    from importlib import import_module

    if to not in FORMS:
        raise unknown("AC530", "export", to, FORMS, "formats")
    module, _, name = FORMS[to].partition(":")
    found: Language = getattr(import_module(module), name)
    return found
