"""YAML text to plain nodes that know where they stand.

Nothing is interpreted: a scalar stays text with "was it quoted" and a place, so that
`no`, `010`, `3:25` and `1.10` mean what was written. Short files in the plain part of
YAML are read by `plain`, all others by libyaml (`events`), which gives the same.
"""

from __future__ import annotations

import os

from archcalc.limits import DEFAULT, Limits
from archcalc.source.plain import plain
from archcalc.source.text import (
    TOO_LONG,
    Text,
    decode,
    display_name,
    read_bytes,
    refuse_forbidden,
    refuse_lines,
    too_long,
)
from archcalc.source.values import (
    Mapping,
    Scalar,
    Sequence,
    Source,
    Value,
    place_of,
)

__all__ = ["Mapping", "Scalar", "Sequence", "Source", "Value", "parse", "read"]

PLAINLY = 60_000
"""Characters that one process reads without libyaml; for more its import pays off."""


class _Plainly:
    """How many characters are still read without libyaml."""

    left = PLAINLY


def read(path: str | os.PathLike[str], limits: Limits = DEFAULT) -> Source:
    """Return the value in a regular file, or in the standard input for `-`.

    Raises:
        SourceError: it cannot be read, or is not YAML of the kind that is read.
        LimitError: it is larger than one of the limits.

    """
    data = read_bytes(path, limits)
    return parse(data, display_name(path), limits)


def parse(text: str | bytes, name: str, limits: Limits = DEFAULT) -> Source:
    """Return the value in a text; `name` is what messages call it.

    Raises:
        SourceError: it is not YAML of the kind that is read.
        LimitError: it is larger than one of the limits.

    """
    written = _allowed(text, name, limits)
    return Source(written, _plainly(written, limits) or _built(written, limits))


def _plainly(written: Text, limits: Limits) -> Value | None:
    """Return the value in one of the first texts, None where libyaml should read it."""
    if len(written.text) > _Plainly.left:
        return None
    _Plainly.left -= len(written.text)
    return plain(written.text, limits)


def _built(written: Text, limits: Limits) -> Value:
    from archcalc.source.events import build

    return build(written, limits)


def one_value(text: str, name: str, limits: Limits = DEFAULT) -> Source:
    """Return a text that is one plain value, as it stands behind an option.

    Nothing in it is YAML: no quotes, no comments. Raises the errors of `parse`.
    """
    written = _allowed(text, name, limits)
    value = Scalar(written.text, False, 1, 1)
    if len(value.text) > limits.scalar_chars:
        place, size = place_of(written, value), len(value.text)
        raise limits.exceeded("scalar_chars", TOO_LONG, place=place, found=size)
    return Source(written, value)


def _allowed(text: str | bytes, name: str, limits: Limits) -> Text:
    """Return a text that is within the limits and may stand in YAML."""
    size = len(text if isinstance(text, bytes) else _bytes(text))
    if size > limits.file_bytes:
        raise too_long(name, size, limits)
    if isinstance(text, bytes):
        text = decode(text, name)
    written = Text(name, text.removeprefix("\ufeff"))
    refuse_lines(written, limits)
    refuse_forbidden(written)
    return written


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
