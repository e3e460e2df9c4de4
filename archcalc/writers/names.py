"""Names in the code: what a spec calls a thing, made an identifier that is free."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable


def listed(text: str) -> frozenset[str]:
    """Return the names in a text."""
    return frozenset(re.findall(r"\w+", text))


GLOBAL = listed("bool dict float int len list max min range super tuple")
"""Names of Python that the code uses."""
LONGEST = 40
"""Characters of a name."""


def words(text: str) -> list[str]:
    """Return the words of a text that an identifier may have: letters and digits."""
    return re.findall(r"[A-Za-z0-9]+", text)


def attribute(text: str) -> str:
    """Return a name in small letters with underscores: `conv2_1` of `conv2.1`."""
    made = "_".join(words(text))[:LONGEST].strip("_") or "step"
    return f"n{made}" if made[0].isdigit() else made


def class_name(text: str) -> str:
    """Return a name in capitals: `BasicBlock` of `basic-block`."""
    made = "".join(word[0].upper() + word[1:] for word in words(text))[:LONGEST]
    made = made or "Block"
    return f"Net{made}" if made[0].isdigit() else made


def titled(name: str, title: str) -> str:
    """Return a class name as the title spells it: `ResNet50` for `ResNet-50, deep`."""
    wanted, found = "".join(words(name)).lower(), ""
    for word in words(title):
        found += word[0].upper() + word[1:]
        if found.lower() == wanted:
            return class_name(found)
    return class_name(name)


class Names:
    """Names that are taken, in one place of the code."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {*taken, *GLOBAL, *keyword.kwlist, *keyword.softkwlist}
        self.counts: dict[str, int] = {}

    def free(self, wanted: str, mark: str = "_") -> str:
        """Return a name that is free, with a number if need be, and take it."""
        name = wanted
        while name in self.taken:
            self.counts[wanted] = self.counts.get(wanted, 1) + 1
            name = f"{wanted}{mark}{self.counts[wanted]}"
        self.taken.add(name)
        return name
