"""The values of a YAML file as they are written, each with its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias
from unicodedata import normalize

from archcalc.errors import Place
from archcalc.records import dataclass
from archcalc.source.text import Text

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"|\'(?:[^\']|\'\')*+\'')
# More than is ever drawn; lines may be megabytes long and hold very many values.
WIDEST_MARK = 200
FEW = 32
"""Keys that are found by looking at each."""


@dataclass(slots=True, eq=False)
class Scalar:
    """A text. `quoted`: in quotes or as a block (`|`, `>`), so meant as text.

    A value that is left out is the unquoted text "". Line and column are 1-based.
    """

    text: str
    quoted: bool
    line: int
    column: int


class Mapping:
    """Keys and values in the order of the file; `flow`: written with braces.

    Keys are compared in NFC; `source` refuses equal ones. `pairs` holds keys and values
    in turn: long files have very many mappings, of a few keys each.
    """

    __slots__ = ("_places", "column", "flow", "line", "pairs")

    def __init__(
        self,
        items: Iterable[tuple[Scalar, Value]] = (),
        line: int = 1,
        column: int = 1,
        flow: bool = False,
    ) -> None:
        self.pairs: Any = [part for pair in items for part in pair]
        self._places: dict[str, int] | None = None
        self.line = line
        self.column = column
        self.flow = flow

    @property
    def items(self) -> list[tuple[Scalar, Value]]:
        """The keys with their values."""
        parts = iter(self.pairs)
        return list(zip(parts, parts, strict=True))

    def get(self, key: str) -> Value | None:
        """Return the value of a key, None where the key is not there."""
        at = self._at(key)
        value: Value | None = None if at < 0 else self.pairs[at + 1]
        return value

    def key(self, key: str) -> Scalar | None:
        """Return a key as it stands in the file, None where it does not."""
        at = self._at(key)
        found: Scalar | None = None if at < 0 else self.pairs[at]
        return found

    def _at(self, key: str) -> int:
        """Return where in `pairs` a key is, -1 where it is not."""
        if self._places is not None:
            return self._places.get(same_key(key), -1)
        keys = [same_key(known.text) for known in self.pairs[::2]]
        if len(keys) > FEW:
            self._places = {name: 2 * i for i, name in enumerate(keys)}
        return 2 * keys.index(same_key(key)) if same_key(key) in keys else -1


@dataclass(slots=True, eq=False)
class Sequence:
    """A list of values; `flow`: written with brackets."""

    items: list[Value]
    line: int = 1
    column: int = 1
    flow: bool = False


Value: TypeAlias = Scalar | Mapping | Sequence


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A text that was read, and the value in it."""

    written: Text
    root: Value

    @property
    def name(self) -> str:
        """The path as the user gave it; `<stdin>` for the standard input."""
        return self.written.name

    @property
    def text(self) -> str:
        """The whole text."""
        return self.written.text

    def key_beside(self, key: Scalar, word: str) -> Scalar:
        """Return the key `word` beside a key or in its value, else the key.

        Looks through the whole file: it is asked where something is wrong.
        """
        waiting: list[Value] = [self.root] if word else []
        while waiting:
            value = waiting.pop()
            if isinstance(value, Sequence):
                waiting += value.items
            elif isinstance(value, Mapping):
                if any(known is key for known in value.pairs[::2]):
                    inside = value.get(key.text)
                    within = inside.key(word) if isinstance(inside, Mapping) else None
                    return value.key(word) or within or key
                waiting += value.pairs[1::2]
        return key

    def place(self, value: Value, width: int | None = None) -> Place:
        """Return where a value or key stands, as wide as it is written there.

        A value of several lines is marked to the end of its first one, a bracketed list
        or mapping at its bracket, another mapping at its first key.
        """
        return place_of(self.written, value, width)


def same_key(key: str) -> str:
    """Return the form in which keys are compared: NFC (Unicode, annex 15)."""
    return key if key.isascii() else normalize("NFC", key)


def place_of(written: Text, value: Value, width: int | None = None) -> Place:
    """Return the place of a value or key; without a width: as wide as it is written."""
    if width is None:
        begin = value.column - 1
        rest = written.line(value.line)[begin : begin + WIDEST_MARK]
        width = max(1, _width(rest, value))
    return written.place(value.line, value.column, width)


def _width(rest: str, value: Value) -> int:
    """Return how much of the rest of a line is a value's."""
    if isinstance(value, Scalar):
        if not value.quoted and rest.startswith(value.text):
            return len(value.text)
        quoted = QUOTED.match(rest)
        return quoted.end() if quoted else len(rest.rstrip())
    if isinstance(value, Sequence) or value.flow or not value.pairs:
        return 1
    return _width(rest, value.pairs[0])
