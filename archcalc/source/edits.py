"""Changing a spec's text in place: what is not edited keeps its layout and comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from archcalc.records import dataclass
from archcalc.source.text import LINE_END
from archcalc.source.values import Mapping, Scalar, Sequence, Source, Value

SKIPPED = re.compile(r"(?:[\s,]|#[^\r\n]*)*")
MANY_LINES_QUOTED = re.compile(r"""\"(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+'""", re.DOTALL)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Put `text` in the place of the characters from `begin` up to `end`."""

    begin: int
    end: int
    text: str


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits applied; one inside an earlier one is left out."""
    parts, at = [], 0
    for edit in sorted(set(edits)):
        if edit.begin >= at:
            parts += [text[at : edit.begin], edit.text]
            at = edit.end
    return "".join([*parts, text[at:]])


class Extents:
    """Where the values of a source begin and end, and what holds them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text

    @cached_property
    def starts(self) -> list[int]:
        """The offset of the first character of each line."""
        return [0, *(match.end() for match in LINE_END.finditer(self.text))]

    @cached_property
    def parents(self) -> dict[int, Mapping | Sequence]:
        """What holds each key and value, by the identity of its node."""
        found: dict[int, Mapping | Sequence] = {}
        for value in self.every():
            for inner in parts(value):
                found[id(inner)] = value  # type: ignore[assignment]  # a scalar has no parts
        return found

    def every(self) -> Iterator[Value]:
        """Yield every key and value of the file."""
        waiting: list[Value] = [self.source.root]
        while waiting:
            value = waiting.pop()
            yield value
            waiting.extend(parts(value))

    @cached_property
    def keys(self) -> dict[int, Scalar]:
        """The key of each value in a mapping, by the identity of the value's node."""
        found: dict[int, Scalar] = {}
        waiting: list[Value] = [self.source.root]
        while waiting:
            value = waiting.pop()
            if isinstance(value, Mapping):
                found.update((id(held), key) for key, held in value.items)
            waiting.extend(parts(value))
        return found

    def holder(self, value: Value) -> Mapping | None:
        """Return the mapping that a key or value stands in."""
        held = self.parents.get(id(value))
        return held if isinstance(held, Mapping) else None

    def begin(self, value: Value) -> int:
        """Return the offset at which a value begins."""
        return self.starts[value.line - 1] + value.column - 1

    def end(self, value: Value) -> int:
        """Return the offset behind a value."""
        if isinstance(value, Scalar):
            return self._scalar_end(value)
        inside = list(parts(value))
        at = self.end(inside[-1]) if inside else self.begin(value) + 1
        match = SKIPPED.match(self.text, at) if value.flow else None
        return match.end() + 1 if match else at

    def _scalar_end(self, value: Scalar) -> int:
        """Return the offset behind a text: plain, in quotes, or of several lines."""
        begin = self.begin(value)
        if not value.quoted:
            return self._plain_end(begin, value.text)
        if self.text[begin] in "|>":
            return self._block_end(value)
        match = MANY_LINES_QUOTED.match(self.text, begin)
        return match.end() if match else begin

    def _plain_end(self, begin: int, text: str) -> int:
        """Return the end of unquoted text: its characters, blanks apart, all follow."""
        end = begin + len(text)
        if self.text[begin:end] == text:
            return end
        left, end = len("".join(text.split())), begin
        while left:
            left -= not self.text[end].isspace()
            end += 1
        return end

    def _block_end(self, value: Scalar) -> int:
        """Return the end of a text behind `|` or `>`: its lines are indented deeper."""
        lines = self.source.written.lines
        parent = self.indentation(value)
        last = value.line
        for number in range(value.line + 1, len(lines) + 1):
            line = lines[number - 1]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= parent:
                break
            last = number if line.strip() else last
        return self.line_end(last)

    def indentation(self, value: Value) -> int:
        """Return how far in the key or dash stands that a value belongs to."""
        holder = self.parents.get(id(value))
        if isinstance(holder, Mapping):
            return self.keys.get(id(value), value).column - 1
        return holder.column - 1 if holder else -1

    def one_line(self, value: Value) -> bool:
        """Say whether a value ends on the line on which it begins."""
        return self.end(value) <= self.line_end(value.line)

    def replaced(self, value: Value, text: str) -> Edit | None:
        """Return the edit that writes `text` in the place of a value on one line."""
        one_line = self.one_line(value)
        return Edit(self.begin(value), self.end(value), text) if one_line else None

    def added(self, key: Scalar, text: str) -> Edit | None:
        """Return the edit that writes the entry `text` after the one with this key.

        In braces it follows a comma, else it gets a line of its own. The entry's value
        must end on its line.
        """
        holder = self.holder(key)
        value = holder.get(key.text) if holder else None
        if holder is None or value is None:
            return None
        end = self.end(value)
        if not self.one_line(value) and not holder.flow:
            return None
        if holder.flow:
            return Edit(end, end, f", {text}")
        line_end = self.line_end(value.line if value.line > key.line else key.line)
        return Edit(line_end, line_end, f"{self.newline}{' ' * (key.column - 1)}{text}")

    @cached_property
    def newline(self) -> str:
        """The line end of the file."""
        match = LINE_END.search(self.text)
        return match.group() if match else "\n"

    def line_end(self, number: int) -> int:
        """Return the offset of the end of a line, before its line break."""
        return self.starts[number - 1] + len(self.source.written.line(number))


def parts(value: Value) -> Iterator[Value]:
    """Yield the keys and values of a mapping, the items of a list."""
    if isinstance(value, Mapping):
        for key, inner in value.items:
            yield key
            yield inner
    elif isinstance(value, Sequence):
        yield from value.items


@dataclass(frozen=True, slots=True)
class Lines:
    """The 1-based lines of an item of a list; `dash` is how far its dash is in."""

    first: int
    last: int
    dash: int


def item_lines(layout: Extents, item: Value) -> Lines | None:
    """Return the lines of an item of a block list, comments behind it left out.

    None for an item in brackets, and for one that shares its first line with another.
    """
    holder = layout.parents.get(id(item))
    if not isinstance(holder, Sequence) or holder.flow:
        return None
    lines = layout.source.written.lines
    first = item.line
    dash = len(lines[first - 1]) - len(lines[first - 1].lstrip())
    if not lines[first - 1][dash:].startswith("- ") or item.column != dash + 3:
        return None
    last = first
    for number in range(first + 1, len(lines) + 1):
        line = lines[number - 1]
        blank = not line.strip() or line.lstrip().startswith("#")
        if not blank and len(line) - len(line.lstrip()) <= dash:
            break
        last = last if blank else number
    return Lines(first, last, dash)


def lines_replaced(layout: Extents, first: int, last: int, text: str | None) -> Edit:
    """Return the edit that puts a text in the place of lines; None takes them out."""
    begin = layout.starts[first - 1]
    if text is not None:
        return Edit(begin, layout.line_end(last), text)
    end = layout.starts[last] if last < len(layout.starts) else len(layout.text)
    return Edit(begin, end, "")
