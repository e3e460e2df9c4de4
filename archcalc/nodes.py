"""The values of a YAML file as they are written, each with its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias
from unicodedata import normalize

from archcalc.errors import Place
from archcalc.textfile import Text

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"|\'(?:[^\']|\'\')*+\'')
# More than is ever drawn; lines may be megabytes long and hold very many values.
WIDEST_MARK = 200


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

    `entries` has the keys in NFC. Of two equal keys the last one would stay: `source`
    refuses them before that.
    """

    __slots__ = ("column", "entries", "flow", "line")

    def __init__(
        self,
        items: Iterable[tuple[Scalar, Value]] = (),
        line: int = 1,
        column: int = 1,
        flow: bool = False,
    ) -> None:
        self.entries = {same_key(key.text): (key, value) for key, value in items}
        self.line = line
        self.column = column
        self.flow = flow

    @property
    def items(self) -> list[tuple[Scalar, Value]]:
        """The keys with their values."""
        return list(self.entries.values())

    def get(self, key: str) -> Value | None:
        """Return the value of a key, None where the key is not there."""
        entry = self.entries.get(same_key(key))
        return entry and entry[1]

    def key(self, key: str) -> Scalar | None:
        """Return a key as it stands in the file, None where it does not."""
        entry = self.entries.get(same_key(key))
        return entry and entry[0]


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
    if isinstance(value, Sequence) or value.flow or not value.entries:
        return 1
    first, _ = next(iter(value.entries.values()))
    return _width(rest, first)
