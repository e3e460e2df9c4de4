"""Names of sizes that a file leaves open."""

from __future__ import annotations

import re

from archcalc.language.argument_reader import KNOWN_WORDS
from archcalc.sizes.dims import Dim, symbol

MOST_NAMES = 100
"""Unknown sizes that have names of their own; further ones share the last."""
RESERVED = {"cin", "h", "w", "i", "dim", "tokens", "and", "or", "not", "if", "else"} | {
    *("floor", "ceil", "round", "round8", "min", "max", "true", "false", "input")
}
"""Words that mean something in arithmetic."""


class Sizes:
    """Sizes of one file as numbers and symbols, one symbol for each name in it."""

    def __init__(self) -> None:
        self.symbols = 0
        self.names: dict[str, str] = {}

    def named(self, size: int | str | None) -> Dim:
        """Return a size as a number or a symbol; unknown ones get names."""
        if isinstance(size, int):
            return size
        if size is None:
            return self.unnamed()
        return symbol(self.names.setdefault(size, self._word(size)))

    def _word(self, text: str) -> str:
        """Return a name that a spec may use, and that no other size has."""
        word = re.sub(r"[^A-Za-z0-9_]+", "_", text)[:24].strip("_")
        word = word if re.match(r"[A-Za-z]", word) else f"n_{word}"
        word = f"{word}_size" if word in RESERVED or word in KNOWN_WORDS else word
        taken = set(self.names.values())
        return word if word not in taken else f"{word}_{len(taken)}"

    def unnamed(self) -> Dim:
        """Return a new symbol for a size that the file does not say."""
        self.symbols = min(self.symbols + 1, MOST_NAMES)
        name = f"unknown{self.symbols}"
        self.names[name] = name
        return symbol(name)
