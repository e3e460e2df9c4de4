"""Networks written in formats of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.errors import unknown

if TYPE_CHECKING:
    from archcalc.network.network import Network
    from archcalc.writers.language import Language

FORMS = {
    "torch": "archcalc.writers.pytorch.language:PYTORCH",
    "keras": "archcalc.writers.keras.language:KERAS",
}
"""Each format with the language that its code is written in."""


def export(network: Network, to: str, channels: str | None = None) -> str:
    """Return a network in a format of others, e.g. `torch`: Python code.

    `channels` says where images have their channels, `first` or `last`, for a format
    that knows both; Keras' are last if it is left out.

    Raises `UsageError` AC530 for a format that is not known, AC521 for a size that is a
    symbol, AC523 for a layer that the format has no words for.
    """
    from archcalc.writers.code import Written

    return Written(network, spoken(to, channels)).text()


def spoken(to: str, channels: str | None = None) -> Language:
    """Return the language of a format, with the channels of images first or last.

    Raises `UsageError` AC530 for a format that is not known, AC531 for one that does
    not have the channels there.
    """
    from importlib import import_module

    if to not in FORMS:
        raise unknown("AC530", "export", to, FORMS, "formats")
    module, _, name = FORMS[to].partition(":")
    found: Language = getattr(import_module(module), name)
    return found.with_channels(channels or found.channels)
