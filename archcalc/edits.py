"""Changing a spec's text in place: what is not edited keeps its layout and comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from archcalc.nodes import Mapping, Scalar, Sequence, Source, Value
from archcalc.textfile import LINE_END

SKIPPED = re.compile(r"(?:[\s,]|#[^\r\n]*)*")
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


class Layout:
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
        waiting: list[Value] = [self.source.root]
        while waiting:
            value = waiting.pop()
            for inner in parts(value):
                found[id(inner)] = value  # type: ignore[assignment]  # a scalar has no parts
                waiting.append(inner)
        return found

    def holder(self, value: Value) -> Mapping | None:
        """Return the mapping that a key or value stands in."""
        held = self.parents.get(id(value))
        return held if isinstance(held, Mapping) else None

    def begin(self, value: Value) -> int:
        """Return the offset at which a value begins."""
        return self.starts[value.line - 1] + value.column - 1

    def end(self, value: Value) -> int | None:
        """Return the offset behind a value; None for a text of several lines."""
        if isinstance(value, Scalar):
            return self._scalar_end(value)
        inside = list(parts(value))
        at = self.end(inside[-1]) if inside else self.begin(value) + 1
        if at is None or not value.flow:
            return at
        match = SKIPPED.match(self.text, at)
        return match.end() + 1 if match else None

    def _scalar_end(self, value: Scalar) -> int | None:
        begin = self.begin(value)
        if not value.quoted:
            end = begin + len(value.text)
            return end if self.text[begin:end] == value.text else None
        width = self.source.place(value).width
        written = self.text[begin : begin + width]
        closed = len(written) > 1 and written[0] == written[-1] and written[0] in "'\""
        return begin + width if closed else None

    def replaced(self, value: Value, text: str) -> Edit | None:
        """Return the edit that writes `text` in the place of a value on one line."""
        end = self.end(value)
        return None if end is None else Edit(self.begin(value), end, text)

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
        if end is None:
            return None
        if holder.flow:
            return Edit(end, end, f", {text}")
        line_end = self.line_end(value.line if value.line > key.line else key.line)
        return Edit(line_end, line_end, f"{self.newline}{' ' * (key.column - 1)}{text}")

    def removed(self, key: Scalar) -> Edit | None:
        """Return the edit that takes an entry out of a mapping in braces."""
        holder = self.holder(key)
        value = holder.get(key.text) if holder else None
        end = None if value is None else self.end(value)
        if holder is None or not holder.flow or end is None:
            return None
        begin = self.begin(key)
        before = re.search(r",\s*\Z", self.text[:begin])
        if before:
            return Edit(before.start(), end, "")
        after = re.compile(r"\s*,\s*").match(self.text, end)
        return Edit(begin, after.end() if after else end, "")

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


def item_lines(layout: Layout, item: Value) -> Lines | None:
    """Return the lines of an item of a block list, comments behind it left out.

    None for an item in brackets, and for one that shares its first line with another.
    """
    holder = layout.parents.get(id(item))
    lines = layout.source.written.lines
    first = item.line
    dash = len(lines[first - 1]) - len(lines[first - 1].lstrip())
    alone = lines[first - 1][dash:].startswith("- ") and item.column == dash + 3
    if not isinstance(holder, Sequence) or holder.flow or not alone:
        return None
    last = first
    for number in range(first + 1, len(lines) + 1):
        line = lines[number - 1]
        blank = not line.strip() or line.lstrip().startswith("#")
        if not blank and len(line) - len(line.lstrip()) <= dash:
            break
        last = last if blank else number
    return Lines(first, last, dash)


def lines_replaced(layout: Layout, first: int, last: int, text: str | None) -> Edit:
    """Return the edit that puts a text in the place of lines; None takes them out."""
    begin = layout.starts[first - 1]
    if text is not None:
        return Edit(begin, layout.line_end(last), text)
    end = layout.starts[last] if last < len(layout.starts) else len(layout.text)
    return Edit(begin, end, "")
