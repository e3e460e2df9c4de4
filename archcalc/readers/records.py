"""JSON from others as records: each value is checked as it is read, and has a place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from math import isfinite
from mmap import mmap
from typing import Any, NoReturn

from archcalc.errors import Place, SourceError
from archcalc.limits import Limits
from archcalc.source.text import text_of

WRONG_FILE = "AC592"
LARGEST = 2**63 - 1
"""The largest whole number of 64 bits with a sign."""
SPACE = re.compile(r"[ \t\n\r]*")
NOUNS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
Path = tuple[str | int, ...]
"""The keys and numbers that lead to a value."""


class Json:
    """A JSON text: its value, and where each part of it stands."""

    def __init__(self, data: mmap | bytes, name: str, limits: Limits) -> None:
        self.text = text_of(data, name, limits)
        opened = self.text.text.count("[") + self.text.text.count("{")
        if opened > limits.values:
            what = f"the file `{name}` has {opened} lists and objects"
            raise limits.exceeded("values", what, found=opened)
        self.value = self._value()

    def _value(self) -> Any:
        try:
            return json.loads(self.text.text)
        except json.JSONDecodeError as error:
            message = f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
            place = self.text.place(error.lineno, error.colno)
        except RecursionError:
            message, place = "its lists and objects lie too deep in one another", None
        except ValueError:
            message, place = "it has a number of thousands of digits", None
        place = place or self.text.place(1, 1)
        raise SourceError.of(WRONG_FILE, message, place=place) from None

    def record(self) -> Record:
        """Return the whole as a record; raise `SourceError` AC592 where it is none."""
        if not isinstance(self.value, dict):
            self.wrong((), f"an object is needed, not {noun(self.value)}")
        return Record(self, (), self.value)

    def wrong(self, path: Path, message: str, help: str | None = None) -> NoReturn:
        """Raise the error of what stands at a path."""
        raise SourceError.of(WRONG_FILE, message, place=self.place(path), help=help)

    def place(self, path: Path) -> Place:
        """Return the place of the value at a path, or of the last one on the way."""
        text, at = self.text.text, skipped(self.text.text, 0)
        for step in path:
            found = next((b for key, b in self._inside(at) if key == step), None)
            if found is None:
                break
            at = found
        begin = text.rfind("\n", 0, at) + 1
        return self.text.place(text.count("\n", 0, at) + 1, at - begin + 1)

    def _inside(self, at: int) -> Iterator[tuple[str | int, int]]:
        """Yield the keys in a list or object, and where their values begin."""
        text, number = self.text.text, 0
        kind, decoder = text[at], json.JSONDecoder()
        if kind not in "[{":
            return
        at = skipped(text, at + 1)
        while text[at] not in "]}":
            key: str | int = number
            if kind == "{":
                key, end = decoder.raw_decode(text, at)
                at = skipped(text, skipped(text, end) + 1)
            yield key, at
            _, end = decoder.raw_decode(text, at)
            at = skipped(text, end)
            at = skipped(text, at + 1) if text[at] == "," else at
            number += 1


def skipped(text: str, at: int) -> int:
    """Return where the next sign of a JSON text stands."""
    found = SPACE.match(text, at)
    return found.end() if found else at


def noun(value: Any) -> str:
    """Return what a value is, for a message; short texts and numbers as they are."""
    if isinstance(value, str | int | float) and len(str(value)) <= 40:
        return json.dumps(value)
    return NOUNS[type(value)]


class Record:
    """An object of a JSON text. A field of another type than asked for is an error."""

    __slots__ = ("fields", "file", "path")

    def __init__(self, file: Json, path: Path, fields: dict[str, Any]) -> None:
        self.file = file
        self.path = path
        self.fields = fields

    def __contains__(self, name: str) -> bool:
        """Say whether a field is there and not null."""
        return self.fields.get(name) is not None

    def wrong(self, message: str, name: str = "", help: str | None = None) -> NoReturn:
        """Raise the error of a field, or of the whole record."""
        path = (*self.path, name) if name in self.fields else self.path
        self.file.wrong(path, message, help)

    def get(self, name: str) -> Any:
        """Return a field as it is; None where there is none."""
        return self.fields.get(name)

    def needed(self, name: str) -> Any:
        """Return a field that must be there."""
        if name not in self:
            self.wrong(f"`{name}` is needed here", name)
        return self.fields[name]

    def text(self, name: str, usual: str | None = None) -> str:
        """Return a text; without a usual one, it must be there."""
        return str(self._typed(name, usual, str, "a text"))

    def flag(self, name: str, usual: bool | None = None) -> bool:
        """Return true or false."""
        return bool(self._typed(name, usual, bool, "true or false"))

    def whole(self, name: str, usual: int | None = None) -> int:
        """Return a whole number from 0 to 2⁶³ - 1."""
        found = self._typed(name, usual, int, "a whole number")
        return self.size(found, name)

    def size(self, value: Any, name: str) -> int:
        """Return a value that is a whole number from 0 to 2⁶³ - 1."""
        plain = isinstance(value, int) and not isinstance(value, bool)
        if not plain or not 0 <= value <= LARGEST:
            self.wrong(f"`{name}` needs whole numbers, not {noun(value)}", name)
        return int(value)

    def number(self, name: str, usual: int | float | None = None) -> Fraction:
        """Return a finite number, as the shortest decimal that stands for it."""
        found = self._typed(name, usual, (int, float), "a number")
        if not isfinite(found) or abs(found) > LARGEST:
            self.wrong(f"`{name}` is not a number that can be counted with", name)
        return Fraction(repr(found))

    def items(self, name: str) -> list[Any]:
        """Return a list; an empty one where there is none."""
        return list(self._typed(name, [], list, "a list"))

    def record(self, name: str) -> Record:
        """Return an object, which must be there."""
        found = self._typed(name, None, dict, "an object")
        return Record(self.file, (*self.path, name), found)

    def records(self, name: str) -> list[Record]:
        """Return a list of objects; an empty one where there is none."""
        found = []
        for at, value in enumerate(self.items(name)):
            if not isinstance(value, dict):
                path = (*self.path, name, at)
                self.file.wrong(path, f"an object is needed here, not {noun(value)}")
            found.append(Record(self.file, (*self.path, name, at), value))
        return found

    def _typed(self, name: str, usual: Any, kind: Any, called: str) -> Any:
        value = self.needed(name) if usual is None else self.fields.get(name)
        if value is None:
            return usual
        wrong_flag = isinstance(value, bool) and kind is not bool
        if not isinstance(value, kind) or wrong_flag:
            self.wrong(f"`{name}` is {called}, not {noun(value)}", name)
        return value
