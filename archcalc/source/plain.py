"""Short files in the plain part of YAML that nearly all specs use.

Importing PyYAML takes a fifth of a cold `archcalc table`, and reading a spec with it a
hundredth. So a short text is read here first: mappings and lists by indentation, keys
of letters and digits, values on one line, brackets and braces, folded notes (`>-`).
Whatever else is in the text, and whatever is wrong with it, is left to libyaml, which
also says what is wrong. A text that is read here gives what libyaml gives, places
included: `tests/source/test_plain.py` compares the two.
"""

from __future__ import annotations

import re
from typing import NoReturn

from archcalc.limits import Limits
from archcalc.source.values import Mapping, Scalar, Sequence, Value

SHORT = 10_000
"""Characters up to which a text is read here: no value can then exceed a limit."""
DEEPEST = 16
"""Mappings and lists inside one another."""
UNUSUAL = "\t\r\x85\u2028\u2029\ufeff"
"""Other blanks and ends of lines, and the byte order mark."""
FIRST = r"[A-Za-z0-9_(.+/<~]|-(?=[A-Za-z0-9.(])"
"""What a text without quotes begins with."""
KEY = r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,60}"
QUOTED = r'"[^"\\\n]*"|\'[^\'\n]*\''
ENTRY = re.compile(rf"({KEY}|{QUOTED}):(?: +|$)", re.MULTILINE)
LINE = re.compile(rf"({QUOTED}|(?:{FIRST})[^\n]*?) *(?: #.*)?$", re.MULTILINE)
TOKEN = re.compile(
    rf"( *)(?:({QUOTED}|(?:{FIRST})[^\n,\[\]{{}}:#?&|`]*)(:(?=[ \n]))?"
    r"|([\[\]{},])|(?:(?<=[ \n])#.*)?(\n) *(?=[^ ]))"
)
END = re.compile(r" *(?: #.*)?$", re.MULTILINE)


class _UnclearError(Exception):
    """Something that libyaml should read."""


def plain(text: str, limits: Limits) -> Mapping | None:
    """Return the mapping in a text; None where libyaml should read it."""
    if len(text) > min(SHORT, limits.scalar_chars, limits.values):
        return None
    if limits.depth <= DEEPEST or any(sign in text for sign in UNUSUAL):
        return None
    reader = _Reader(text)
    try:
        return reader.whole()
    except _UnclearError:
        return None


def _unclear() -> NoReturn:
    raise _UnclearError


class _Reader:
    """Reads a text from its beginning; `at` is the line that comes next, from 0."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.begins = [0]
        for line in self.lines:
            self.begins.append(self.begins[-1] + len(line) + 1)
        self.at = 0
        self.depth = 0

    def whole(self) -> Mapping:
        """Return the mapping that the text is."""
        if self.next() != 0:
            _unclear()
        found = self.mapping(0)
        if self.next() >= 0:
            _unclear()
        return found

    def next(self) -> int:
        """Go to the next line that says something; return its indent, -1 at the end."""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            rest = line.lstrip(" ")
            if rest and rest[0] != "#":
                return len(line) - len(rest)
            self.at += 1
        return -1

    def deeper(self) -> None:
        """Go one level down, which `depth` counts."""
        self.depth += 1
        if self.depth > DEEPEST:
            _unclear()

    # -- by indentation --------------------------------------------------------------

    def mapping(self, column: int) -> Mapping:
        """Return the mapping whose keys stand in a column; one is on this line."""
        self.deeper()
        found = Mapping((), self.at + 1, column + 1)
        names: set[str] = set()
        here = column
        while here == column:
            entry = ENTRY.match(self.text, self.begins[self.at] + column)
            if not entry:
                _unclear()
            key = self.scalar(entry[1], entry.start())
            if not key.text or key.text in names or not key.text.isascii():
                _unclear()
            names.add(key.text)
            found.pairs += key, self.value(entry.end(), column)
            here = self.next()
        if here > column:
            _unclear()
        found.pairs = tuple(found.pairs)
        self.depth -= 1
        return found

    def value(self, begin: int, column: int) -> Value:
        """Return the value behind a key that stands in a column."""
        head = self.text[begin : begin + 2]
        if head[:1] not in ("", "\n", "#"):
            return self.folded(begin, column) if head == ">-" else self.one(begin)
        self.at += 1
        here = self.next()
        listed = self.text.startswith("- ", self.begins[self.at] + here)
        if here < column or (here == column and not listed):
            _unclear()
        return self.sequence(here) if listed else self.mapping(here)

    def sequence(self, column: int) -> Sequence:
        """Return the list whose dashes stand in a column; one is on this line."""
        self.deeper()
        found = Sequence([], self.at + 1, column + 1)
        here = column
        while here == column:
            line = self.lines[self.at]
            if not line.startswith("- ", column):
                break
            inside = len(line) - len(line[column + 1 :].lstrip(" "))
            begin = self.begins[self.at] + inside
            entry = ENTRY.match(self.text, begin)
            found.items.append(self.mapping(inside) if entry else self.one(begin))
            here = self.next()
        if here > column:
            _unclear()
        self.depth -= 1
        return found

    def one(self, begin: int) -> Value:
        """Return a value that begins here; go to the line behind it."""
        if self.text[begin : begin + 1] in ("[", "{"):
            found, end = self.flow(begin)
            if not END.match(self.text, end):
                _unclear()
            self.at += 1
            return found
        match = LINE.match(self.text, begin)
        if not match:
            _unclear()
        written = match[1]
        if written[0] not in "\"'" and (": " in written or written[-1] == ":"):
            _unclear()
        scalar = self.scalar(written, begin)
        self.at += 1
        return scalar

    def scalar(self, written: str, begin: int) -> Scalar:
        """Return a text of this line, which may be in quotes."""
        quoted = written[0] in "\"'"
        text = written[1:-1] if quoted else written
        return Scalar(text, quoted, self.at + 1, begin - self.begins[self.at] + 1)

    def folded(self, begin: int, column: int) -> Scalar:
        """Return a text of several lines, which are joined by blanks."""
        found = Scalar("", True, self.at + 1, begin - self.begins[self.at] + 1)
        if self.text[begin : self.begins[self.at + 1] - 1].rstrip(" ") != ">-":
            _unclear()
        parts: list[str] = []
        indent = 0
        for line in self.lines[self.at + 1 :]:
            part = line.lstrip(" ")
            if not part and not line:
                break
            here = len(line) - len(part)
            if not parts:
                indent = here
            if parts and here <= column:
                break
            if here != indent or here <= column or not part or part[-1] == " ":
                _unclear()
            parts.append(part)
        if not parts:
            _unclear()
        self.at += 1 + len(parts)
        after = self.next()
        if after > column:
            _unclear()
        found.text = " ".join(parts)
        return found

    # -- in brackets and braces ------------------------------------------------------

    def flow(self, begin: int) -> tuple[Mapping | Sequence, int]:
        """Return what is in brackets or braces, and where the text goes on."""
        self.deeper()
        column = begin - self.begins[self.at] + 1
        line = self.at + 1
        found: tuple[Mapping | Sequence, int]
        if self.text[begin] == "[":
            found = self.items(Sequence([], line, column, True), begin + 1)
        else:
            found = self.pairs(Mapping((), line, column, True), begin + 1)
        self.depth -= 1
        return found

    def token(self, begin: int) -> tuple[str, str, bool, int, int]:
        """Return a sign, or a text and whether a colon follows; its begin and end."""
        while match := TOKEN.match(self.text, begin):
            if not match[5]:
                written, sign = match[2] or "", match[4] or ""
                at = match.end(1)
                return sign, written.rstrip(" "), bool(match[3]), at, match.end()
            self.at += 1
            begin = match.end()
            if begin == self.begins[self.at]:  # a line that is not indented
                _unclear()
        _unclear()

    def inside(
        self, sign: str, written: str, begin: int, end: int
    ) -> tuple[Value, int]:
        """Return a value in brackets or braces, and where the text goes on."""
        if sign in ("[", "{"):
            return self.flow(begin)
        if not written:
            _unclear()
        value = self.scalar(written, begin)
        if not value.quoted and written.count("(") > written.count(")"):
            _unclear()
        return value, end

    def items(self, found: Sequence, begin: int) -> tuple[Sequence, int]:
        """Read the values of a list up to its bracket."""
        while True:
            sign, written, colon, at, end = self.token(begin)
            if sign == "]":
                return found, end
            if colon:
                _unclear()
            value, end = self.inside(sign, written, at, end)
            found.items.append(value)
            sign, _, _, _, begin = self.token(end)
            if sign == "]":
                return found, begin
            if sign != ",":
                _unclear()

    def pairs(self, found: Mapping, begin: int) -> tuple[Mapping, int]:
        """Read the keys and values of a mapping up to its brace."""
        names: set[str] = set()
        while True:
            sign, written, colon, at, end = self.token(begin)
            if sign == "}":
                break
            key = self.scalar(written, at) if colon else _unclear()
            if not key.text or key.text in names or not key.text.isascii():
                _unclear()
            names.add(key.text)
            sign, written, colon, at, end = self.token(end)
            if colon:
                _unclear()
            value: Value
            if sign in (",", "}"):
                value = Scalar("", False, self.at + 1, at - self.begins[self.at] + 1)
            else:
                value, end = self.inside(sign, written, at, end)
                sign, _, _, _, end = self.token(end)
            found.pairs += key, value
            if sign == "}":
                break
            if sign != ",":
                _unclear()
            begin = end
        found.pairs = tuple(found.pairs)
        return found, end
