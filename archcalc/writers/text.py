"""Python text: statements from syntax trees, in lines that are not too long."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

WIDTH = 88
"""Characters of a line."""
SINGLE = re.compile(r"'([^'\"\\]*)'")


def source(node: ast.expr | str) -> str:
    """Return an expression as text."""
    return node if isinstance(node, str) else ast.unparse(node)


def lines(text: str, depth: int, tail: str = "") -> Iterator[str]:
    """Yield a statement with its indentation; a long one with its parts in lines.

    Texts stand in double quotes.

    Only calls and lists at the end of the statement are taken apart: that is where long
    statements of this code grow.
    """
    indent = "    " * depth
    text = SINGLE.sub(r'"\1"', text)
    if len(indent) + len(text) + len(tail) <= WIDTH:
        yield f"{indent}{text}{tail}"
        return
    opened = _opening(text)
    if opened is None:
        yield f"{indent}{text}{tail}"
        return
    start, end = opened
    yield f"{indent}{text[: start + 1]}"
    parts = split(text[start + 1 : end])
    loop = _loop(text[start + 1 : end])
    if loop is not None:
        yield from lines(text[start + 1 : start + 1 + loop], depth + 1)
        yield f"{indent}    {text[start + 1 + loop : end].strip()}"
        yield f"{indent}{text[end:]}{tail}"
        return
    joined, single = ", ".join(parts), text[start] == "(" and text[end - 1] == ","
    if len(indent) + 4 + len(joined) <= WIDTH and text[start] == "(":
        starred = any(part.startswith("*") for part in parts)
        comma = "," if single or (len(parts) > 1 and starred) else ""
        yield f"{indent}    {joined}{comma}"
    else:
        called = start > 0 and (text[start - 1].isalnum() or text[start - 1] in "_)]")
        grouped = text[start] == "(" and not called and len(parts) == 1 and not single
        for part in parts:  # a comma in a group of one would make a tuple
            yield from lines(part, depth + 1, "" if grouped else ",")
    yield f"{indent}{text[end:]}{tail}"


def _opening(text: str) -> tuple[int, int] | None:
    """Return where the outermost bracket with the longest content begins and ends."""
    found: tuple[int, int] | None = None
    depth, start = 0, 0
    for at, letter in _letters(text):
        if letter in "([{":
            if depth == 0:
                start = at
            depth += 1
        elif letter in ")]}":
            depth -= 1
            whole = depth == 0 and at - start > 1
            if whole and (found is None or at - start > found[1] - found[0]):
                found = start, at
    return found


def split(text: str) -> list[str]:
    """Return what stands between the commas of the outermost level."""
    parts, depth, start = [], 0, 0
    for at, letter in _letters(text):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def _loop(text: str) -> int | None:
    """Return where the `for` of a comprehension begins."""
    depth = 0
    for at, letter in _letters(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and text.startswith(" for ", at):
            return at
    return None


def _letters(text: str) -> Iterator[tuple[int, str]]:
    """Yield each letter outside quotes with its place."""
    quote = ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        else:
            yield at, letter
