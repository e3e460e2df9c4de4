"""Networks written in formats of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.errors import UsageError, unknown

if TYPE_CHECKING:
    from archcalc.network.network import Network
    from archcalc.writers.language import Language

LANGUAGES = {
    "torch": "archcalc.writers.pytorch.language:PYTORCH",
    "keras": "archcalc.writers.keras.language:KERAS",
    "jax": "archcalc.writers.jax.language:JAX",
}
"""Each format that is code, with the language that it is written in."""
FILES = {
    "onnx": "archcalc.writers.onnx.file:write",
    "scalesim": "archcalc.writers.products.scalesim:write",
    "scalesim-gemm": "archcalc.writers.products.scalesim:write_gemm",
    "zigzag": "archcalc.writers.products.zigzag:write",
}
"""Each other format, with the function that writes a network."""
LOST = {
    "scalesim": "archcalc.writers.products.scalesim:LOST",
    "scalesim-gemm": "archcalc.writers.products.scalesim:LOST_IN_GEMM",
    "zigzag": "archcalc.writers.products.zigzag:LOST",
}
"""Each format that leaves things out, with the sentences that say which."""
FORMS = (*LANGUAGES, *FILES)


def export(network: Network, to: str, channels: str | None = None) -> str | bytes:
    """Return a network in a format of others, e.g. `torch`: Python code.

    `channels` says where images have their channels, `first` or `last`, for a format
    that knows both; Keras' are last if it is left out.

    Raises `UsageError` AC530 for a format that is not known, AC521 for a size that is a
    symbol, AC523 for a layer that the format has no words for, AC531 for a format that
    does not have the channels there.
    """
    if to in FILES:
        if channels is not None:
            message = f"`{to}` has no `--channels`"
            raise UsageError.of("AC531", message, help="`--to keras` has it")
        written: str | bytes = _named(FILES[to])(network)
        return written
    from archcalc.writers.code import Written

    return Written(network, spoken(to, channels)).text()


def lost(to: str) -> tuple[str, ...]:
    """Return what a format leaves out of a network, in sentences."""
    found: tuple[str, ...] = _named(LOST[to]) if to in LOST else ()
    return found


def spoken(to: str, channels: str | None = None) -> Language:
    """Return the language of a format, with the channels of images first or last.

    Raises `UsageError` AC530 for a format that is not known, AC531 for one that does
    not have the channels there.
    """
    if to not in LANGUAGES:
        raise unknown("AC530", "export", to, FORMS, "formats")
    found: Language = _named(LANGUAGES[to])
    return found.with_channels(channels or found.channels)


def _named(place: str) -> Any:
    """Return what a module has under a name: `package.module:name`."""
    from importlib import import_module

    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
