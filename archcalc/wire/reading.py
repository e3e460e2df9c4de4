"""The wire format of protobuf, read in place: nothing is copied that is not asked for.

A message is a row of fields: a number, how it is written, and a value. A field with a
length is given as its two ends, so that the weights of a file are never touched.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from mmap import mmap

from archcalc.errors import SourceError

WRONG_FILE = "AC592"
MOST_FIELDS = 400_000
"""Fields that are looked at in one file; the largest models that we met have 80,000."""
DEEPEST = 32
"""Messages inside one another; graphs inside branches of graphs included."""
LONGEST_NAME = 1_000
"""Bytes of a name that are read."""
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types, as Protocol Buffers number them."""
SIGN, WRAP = 2**63, 2**64
"""Where negative numbers of 64 bits begin, and what is taken from them."""

Field = tuple[int, int, int, int]
"""Number, kind, then the value, or where it begins and ends."""


class Wire:
    """The bytes of a file, and how much of them was looked at."""

    def __init__(self, data: mmap | bytes, name: str) -> None:
        self.data = data
        self.name = name
        self.left = MOST_FIELDS

    def wrong(self, message: str, at: int | None = None) -> SourceError:
        """Return the error of a file that cannot be read, with the byte's number."""
        where = "" if at is None else f" at byte {at}"
        return SourceError.of(
            WRONG_FILE,
            f"cannot read `{self.name}` as ONNX: {message}{where}",
            help="is the file complete? `onnx.checker.check_model` tells more",
        )

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """Return the whole number at a place, and where the next field begins."""
        value = shift = 0
        data = self.data
        for place in range(at, min(at + 10, end)):
            byte = data[place]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & (WRAP - 1), place + 1
            shift += 7
        raise self.wrong("a number does not end", at)

    def fields(self, begin: int, end: int) -> Iterator[Field]:
        """Yield the fields of a message between two places."""
        at = begin
        while at < end:
            self.left -= 1
            if self.left < 0:
                raise self.wrong(f"it has more than {MOST_FIELDS} fields")
            key, value_at = self.varint(at, end)
            number, kind = key >> 3, key & 7
            if not 0 < number < 2**29:
                raise self.wrong(f"there is no field {number}", at)
            if kind == VARINT:
                value, after = self.varint(value_at, end)
                yield number, kind, value, after
            elif kind == BYTES:
                length, value_at = self.varint(value_at, end)
                after = value_at + length
                if after > end:
                    what = f"a field of {length} bytes where {end - value_at} are left"
                    raise self.wrong(what, at)
                yield number, kind, value_at, after
            elif kind in (FIXED32, FIXED64):
                after = value_at + (4 if kind == FIXED32 else 8)
                if after > end:
                    raise self.wrong("a number is cut off", at)
                yield number, kind, value_at, after
            else:
                raise self.wrong(f"a field of the kind {kind}, which ONNX lacks", at)
            at = after

    def text(self, begin: int, end: int) -> str:
        """Return a short text, such as a name; what is longer is cut."""
        return self.data[begin : min(end, begin + LONGEST_NAME)].decode(
            "utf-8", "replace"
        )

    def real(self, at: int) -> float:
        """Return the number of four bytes at a place."""
        (value,) = struct.unpack_from("<f", self.data, at)
        return float(value)

    def reals(self, field: Field, code: str, most: int) -> tuple[float, ...]:
        """Return the real numbers of a field, packed or one, up to so many.

        `code` is that of `struct`: f or d. A field written as another kind has none.
        """
        _, kind, at, end = field
        width = struct.calcsize(f"<{code}")
        if kind == BYTES:
            count = (end - at) // width
        else:
            count = int(kind == (FIXED32 if width == 4 else FIXED64))
        count = max(min(count, most), 0)
        return struct.unpack_from(f"<{count}{code}", self.data, at) if count else ()

    def whole_numbers(self, field: Field, most: int) -> list[int]:
        """Return the whole numbers of a field, packed or one, up to so many."""
        _, kind, at, end = field
        if kind != BYTES:
            return [signed(at)] if kind == VARINT else []
        found: list[int] = []
        while at < end and len(found) < most:
            value, at = self.varint(at, end)
            found.append(signed(value))
        return found


def signed(value: int) -> int:
    """Return a varint as the signed number of 64 bits that it stands for."""
    return value - WRAP if value >= SIGN else value
