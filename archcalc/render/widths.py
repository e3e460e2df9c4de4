"""Text on a grid of terminal cells: how wide it stands, cut, padded, wrapped.

Widths follow Unicode's East Asian Width (UAX #11): wide and fullwidth characters take
two cells, combining marks none. All text here has been through `errors.clean`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Literal
from unicodedata import category, east_asian_width

ELLIPSIS = "…"
USUAL = {*map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x300)]), *"…×·²³⌈⌉⌊⌋─"}
"""Characters of one cell; a pattern of such a range takes longer to compile."""
JOINING_JAMO = range(0x1160, 0x1200)
WORDS = re.compile(r"\S+")
PIECES = re.compile(r"\s*\S+?(?:(?<=\w)-(?=\w)|(?=\s|$))")


def width(text: str) -> int:
    """Return the number of terminal cells that a text takes.

    >>> width("conv"), width("畳み込み"), width("e\u0301")
    (4, 8, 1)
    """
    if text.isascii() or USUAL.issuperset(text):
        return len(text)
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if category(character) in ("Mn", "Me", "Cf") or ord(character) in JOINING_JAMO:
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def pad(text: str, cells: int, align: Literal["left", "right"] = "left") -> str:
    """Return the text filled with spaces to a width; a wider text as it is."""
    if not text.isascii() and not USUAL.issuperset(text):
        cells += len(text) - width(text)
    return text.ljust(cells) if align == "left" else text.rjust(cells)


def cut(text: str, cells: int, tail: int = 0, between: str = "") -> str:
    """Return the text in at most `cells` cells, an ellipsis for what is left out.

    `tail` cells are kept at the end, so that names which differ there stay apart. A
    list is cut behind `between` rather than inside a word, if half of it stays.

    >>> cut("inception_3a_branch2", 12, tail=5), cut("conv, pad 1, relu", 14, 0, ", ")
    ('incept…anch2', 'conv, pad 1, …')
    """
    if width(text) <= cells:
        return text
    end = _first(text[::-1], tail)[::-1] if tail else ""
    begin = _first(text, cells - 1 - width(end))
    whole = begin.rfind(between) + len(between) if between else 0
    return begin[: whole if whole > len(begin) // 2 else None] + ELLIPSIS + end


def _first(text: str, cells: int) -> str:
    """Return the longest beginning that fits."""
    used = accumulate(map(_cells, text))
    return text[: sum(so_far <= cells for so_far in used)]


def wrap(text: str, cells: int | None, indent: str = "") -> Iterator[str]:
    """Yield lines of at most `cells`, broken between words; a longer word is split.

    `indent` stands before every line but the first.
    """
    if cells is None:
        yield text
        return
    line = ""
    for word in WORDS.findall(text):
        if line.strip() and width(line) + 1 + width(word) > cells:
            yield line
            line = indent
        line += (" " if line.strip() else "") + word
        while width(line) > cells:
            begin = _first(line, cells)
            yield begin
            line = indent + line[len(begin) :]
    if line.strip():
        yield line


def broken(title: str, least: int) -> tuple[str, ...]:
    """Return a heading in lines, broken after spaces and hyphens.

    >>> broken("naive-inception output", 9)
    ('naive-', 'inception', 'output')
    """
    pieces = PIECES.findall(" ".join(title.split()))
    room = max([least, *(width(piece.strip()) for piece in pieces)])
    lines: list[str] = []
    for piece in pieces:
        if lines and width(lines[-1]) + width(piece) <= room:
            lines[-1] += piece
        else:
            lines.append(piece.strip())
    return tuple(lines) or ("",)
