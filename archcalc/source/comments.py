"""Comments and blank lines of a spec, and what stands beside or above each."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from archcalc.records import dataclass
from archcalc.source.edits import Extents, parts
from archcalc.source.values import Scalar, Value

START = re.compile(r"(?:^|(?<=[ \t]))#")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment by its 1-based line; `alone` where nothing stands before it."""

    line: int
    column: int
    text: str
    alone: bool


class Commented:
    """The comments of a source, told from `#` inside texts."""

    def __init__(self, layout: Extents) -> None:
        self.layout = layout
        self.lines = layout.source.written.lines

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Begin and end of every text in the file, in order."""
        found, waiting = [], [self.layout.source.root]
        while waiting:
            value: Value = waiting.pop()
            waiting.extend(parts(value))
            if isinstance(value, Scalar):
                found.append((self.layout.begin(value), self.layout.end(value)))
        return sorted(found)

    @cached_property
    def comments(self) -> dict[int, Comment]:
        """Each line's comment."""
        begins = [begin for begin, _ in self.spans]
        found = {}
        for number, line in enumerate(self.lines, 1):
            for match in START.finditer(line) if "#" in line else ():
                offset = self.layout.starts[number - 1] + match.start()
                at = bisect_right(begins, offset) - 1
                if at >= 0 and offset < self.spans[at][1]:
                    continue
                text = line[match.start() :].rstrip()
                alone = not line[: match.start()].strip()
                found[number] = Comment(number, match.start() + 1, text, alone)
                break
        return found

    @cached_property
    def filled(self) -> frozenset[int]:
        """The lines on which something of a value stands, brackets included."""
        found = set()
        for begin, end in self.spans:
            found |= set(
                range(self.line_of(begin), self.line_of(max(end - 1, begin)) + 1)
            )
        for number, line in enumerate(self.lines, 1):
            comment = self.comments.get(number)
            code = line[: comment.column - 1] if comment else line
            if code.strip():
                found.add(number)
        return frozenset(found)

    def line_of(self, offset: int) -> int:
        """Return the 1-based line of a character."""
        return bisect_right(self.layout.starts, offset)

    def above(self, number: int) -> list[str]:
        """Return the comments above a line, "" for one or more blank lines."""
        found: list[str] = []
        for line in range(number - 1, 0, -1):
            if line in self.filled:
                break
            comment = self.comments.get(line)
            text = comment.text if comment else ""
            if text or (found and found[-1]) or not found:
                found.append(text)
        return found[::-1]

    def beside(self, number: int) -> str:
        """Return the comment behind what stands on a line, or ""."""
        comment = self.comments.get(number)
        return comment.text if comment and not comment.alone else ""

    def inside(self, first: int, last: int) -> bool:
        """Say whether a comment stands on these lines, the last one apart."""
        return any(number in self.comments for number in range(first, last))
