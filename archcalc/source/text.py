"""Bytes to text that is safe to parse: opening, UTF-8, forbidden characters.

Nothing here knows YAML. A file is opened without blocking and must be a regular one;
the text is strict UTF-8, and a character that YAML forbids is found before the parser
starts, so that it has a line.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from archcalc.errors import LimitError, Meant, Place, SourceError, nearest
from archcalc.limits import Limits

if TYPE_CHECKING:
    from mmap import mmap

ENDINGS = (".yaml", ".yml")
MODEL_ENDINGS = (
    *(".onnx", ".pt", ".pth", ".h5", ".keras", ".pb", ".mlmodel", ".prototxt", ".cfg"),
    *(".json", ".hdf5", ".safetensors", ".gguf", ".ckpt", ".bin"),
)
"""Endings of models in formats of others, whether there is a reader or not."""
MOST_BESIDE = 1000
"""So many entries of a folder are looked at for the file that was meant."""
STDIN = "-"
STDIN_NAME = "<stdin>"

# YAML 1.2, 5.1 (c-printable), without DEL, the C1 controls and the line separators that
# YAML 1.1 parsers count as lines and editors do not; noncharacters: Unicode, 23.7.
FORBIDDEN = (
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufeff"
    + "".join(f"{chr(p | 0xFFFE)}{chr(p | 0xFFFF)}" for p in range(0, 2**20 + 1, 2**16))
    + "]"
)
"""Compiled at the first text with a character that cannot be printed."""
HARMLESS_ASCII = b"\t\n\r" + bytes(range(0x20, 0x7F))
CHARACTER_NAMES = {
    0x00: "NUL",
    0x07: "BEL",
    0x08: "BACKSPACE",
    0x0B: "VERTICAL TAB",
    0x0C: "FORM FEED",
    0x1A: "SUBSTITUTE, Ctrl-Z",
    0x1B: "ESC",
    0x7F: "DEL",
    0x85: "NEXT LINE",
    0x2028: "LINE SEPARATOR",
    0x2029: "PARAGRAPH SEPARATOR",
    0xFEFF: "BYTE ORDER MARK",
}
LINE_END = re.compile(r"\r\n?|\n")
BYTE_ORDER_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
SNIFFED = 64
"""Bytes at the beginning that tell another encoding."""
NO_WAITING = (
    getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
OPEN_PROBLEMS = {
    errno.ENOENT: "there is no such file",
    errno.ENOTDIR: "a part of this path is not a directory",
    errno.EACCES: "no permission to read this file",
    errno.EPERM: "no permission to read this file",
    errno.ELOOP: "the symbolic links of this path form a loop",
    errno.ENAMETOOLONG: "this path is too long",
    errno.EISDIR: "this is a directory, not a file",
    errno.ENXIO: "this is a socket or a device, not a file",
}
TOO_LONG = "this text is too long"
FILE_KINDS = (
    (stat.S_ISDIR, "a directory", "name a file in it"),
    (stat.S_ISFIFO, "a pipe", "`-` reads the standard input"),
    (stat.S_ISCHR, "a device", "`-` reads the standard input"),
    (stat.S_ISBLK, "a device", None),
    (stat.S_ISSOCK, "a socket", None),
)


class Text:
    """A named text whose lines are split when one is first asked for.

    Attributes:
        name: The path as the user gave it, for messages.
        text: The whole text, without a byte order mark.

    """

    __slots__ = ("_lines", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._lines: list[str] | None = None

    @property
    def lines(self) -> list[str]:
        """The lines without their ends (LF, CR LF or CR); at least one."""
        if self._lines is None:
            self._lines = LINE_END.split(self.text)
            if len(self._lines) > 1 and not self._lines[-1]:
                self._lines.pop()
        return self._lines

    def line(self, number: int) -> str:
        """Return a line by its 1-based number, or "" where there is none."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else ""

    def place(self, line: int, column: int, width: int = 1) -> Place:
        """Return the place of a 1-based line and column; beyond the end: the end."""
        if line > len(self.lines):
            line = len(self.lines)
            column = len(self.line(line)) + 1
        return Place(self.name, line, column, self.line(line), width)

    def place_of(self, index: int) -> Place:
        """Return the place of the character at a 0-based index of the text."""
        line, begin = 1, 0
        for match in LINE_END.finditer(self.text, 0, index):
            line, begin = line + 1, match.end()
        return self.place(line, index - begin + 1)


def read_bytes(path: str | os.PathLike[str], limits: Limits) -> bytes:
    """Return the bytes of a regular file, or of the standard input for `-`.

    Raises:
        SourceError: AC101, it cannot be opened or read, or is not a regular file.
        LimitError: AC115, more bytes than `limits.file_bytes`.

    """
    name = display_name(path)
    if os.fspath(path) == STDIN:
        try:
            return _read_stdin(limits)
        except (OSError, ValueError) as error:
            raise _unreadable(name, error) from None
    with opened(path) as descriptor:
        try:
            return _read_descriptor(descriptor, name, limits)
        except (OSError, ValueError) as error:
            raise _unreadable(name, error) from None


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[int]:
    """Open a regular file without waiting; yield its descriptor.

    Raises `SourceError` AC101 where it cannot be opened, or is not a regular file.
    """
    name = display_name(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | NO_WAITING)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None
    try:
        _refuse_special(name, os.fstat(descriptor).st_mode)
        yield descriptor
    finally:
        os.close(descriptor)


def display_name(path: str | os.PathLike[str]) -> str:
    """Return how messages call a path: as it was given, `<stdin>` for `-`."""
    name = os.fsdecode(path)
    return STDIN_NAME if name == STDIN else name


def _read_descriptor(descriptor: int, name: str, limits: Limits) -> bytes:
    size = os.fstat(descriptor).st_size
    if size > limits.file_bytes:
        raise too_long(name, size, limits)
    with open(descriptor, "rb", closefd=False) as file:
        return _read_capped(file, name, limits)


def _read_stdin(limits: Limits) -> bytes:
    if sys.stdin is None:
        raise OSError(errno.EBADF, "the standard input is closed")
    return _read_capped(sys.stdin.buffer, STDIN_NAME, limits)


def _read_capped(file: BinaryIO, name: str, limits: Limits) -> bytes:
    data = file.read(limits.file_bytes + 1) or b""
    if len(data) > limits.file_bytes:
        raise too_long(name, None, limits)
    return data


def _refuse_special(name: str, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kinds = ((called, help) for is_kind, called, help in FILE_KINDS if is_kind(mode))
    called, help = next(kinds, ("something else", None))
    raise _cannot_read(name, f"this is {called}, not a file", help)


def _unreadable(name: str, error: OSError | ValueError) -> SourceError:
    """Return the error for what the operating system said."""
    if not isinstance(error, OSError):
        return _cannot_read(name, "this path holds a NUL character", None)
    reason = OPEN_PROBLEMS.get(error.errno or 0) or error.strerror or "it failed"
    help = _beside(name) if error.errno == errno.ENOENT else None
    return _cannot_read(name, reason, help)


def _beside(name: str) -> str | None:
    """Return the help that names the file that was meant, if one is like it.

    It is the one with an ending that was left out, else the nearest in the folder.
    """
    there = (name + ending for ending in ENDINGS if os.path.isfile(name + ending))
    found = next(there, None)
    if found is not None:
        return f"did you mean {found}?"
    folder, base = os.path.split(name)
    try:
        with os.scandir(folder or os.curdir) as entries:
            known = [e.name for e in islice(entries, MOST_BESIDE) if e.is_file()]
    except OSError:
        return None
    files = [file for file in known if file.endswith((*ENDINGS, *MODEL_ENDINGS))]
    stems = {os.path.splitext(file)[0]: file for file in sorted(files, reverse=True)}
    near = nearest(os.path.splitext(base)[0], stems)
    meant = stems[near.word] if isinstance(near, Meant) else None
    return meant and f"did you mean {os.path.join(folder, meant)}?"


def _cannot_read(name: str, reason: str, help: str | None) -> SourceError:
    return SourceError.of("AC101", f"cannot read `{name}`: {reason}", help=help)


def too_long(name: str, size: int | None, limits: Limits) -> LimitError:
    """Return the LimitError of a file of `size` bytes (None: not known)."""
    has = "is longer than allowed" if size is None else f"has {size} bytes"
    return limits.exceeded("file_bytes", f"the file `{name}` {has}", found=size)


def decode(data: bytes, name: str) -> str:
    """Return strict UTF-8 as text; a byte order mark is dropped.

    Raises:
        SourceError: AC102, other bytes; the place is the first that is wrong.

    """
    other = _other_encoding(data)
    if other:
        raise _not_utf8(Place(name, 1, 1), f"the file is {other}, not UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # `error.start` counts from behind the byte order mark
        body = data.removeprefix(b"\xef\xbb\xbf")
        readable = body[: error.start].decode("utf-8")
        refuse_forbidden(Text(name, readable))  # NUL tells a binary file better
        shown = Text(name, body.decode("utf-8", "replace"))
        message = f"the byte 0x{body[error.start]:02X} here is not UTF-8"
        raise _not_utf8(shown.place_of(len(readable)), message) from None


def _not_utf8(place: Place, message: str) -> SourceError:
    return SourceError.of("AC102", message, place=place, help="save it as UTF-8")


def _other_encoding(data: bytes) -> str | None:
    """Return the UTF that a byte order mark tells, or NULs in the same lanes of units.

    Latin text in UTF-16 has a NUL in one of two bytes, in UTF-32 in three of four.
    """
    for mark, name in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return name
    head = data[:SNIFFED]
    for width, name in ((4, "UTF-32"), (2, "UTF-16")):
        lanes = [head[lane::width] for lane in range(width)]
        full = sum(map(all, lanes))
        empty = sum(not any(lane) for lane in lanes)
        if all(lanes) and full == 1 and empty == width - 1:
            return name
    return None


def text_of(data: mmap | bytes, name: str, limits: Limits) -> Text:
    """Return bytes as a text of at most so many bytes and lines.

    Raises `LimitError` AC115 for more, `SourceError` AC102 for what is not UTF-8.
    """
    if len(data) > limits.file_bytes:
        raise too_long(name, len(data), limits)
    text = Text(name, decode(bytes(data), name))
    refuse_lines(text, limits)
    return text


def refuse_lines(text: Text, limits: Limits) -> None:
    """Refuse a text of too many lines; raise LimitError AC115."""
    found = text.text.count("\n") + text.text.count("\r") - text.text.count("\r\n")
    if found > limits.lines:
        what = f"the file `{text.name}` has {found} lines"
        raise limits.exceeded("lines", what, found=found)


def refuse_forbidden(text: Text) -> None:
    """Refuse characters that cannot stand in YAML, before YAML is read.

    Raises:
        SourceError: AC103, with the first such character's name and place.

    """
    if text.text.isascii() and not text.text.encode().translate(None, HARMLESS_ASCII):
        return
    # Nothing forbidden can be printed, so the search is for the few texts with more.
    rest = text.text.replace("\n", "").replace("\t", "").replace("\r", "")
    match = None if rest.isprintable() else re.search(FORBIDDEN, text.text)
    if match is None:
        return
    point = ord(match.group())
    name = CHARACTER_NAMES.get(point)
    called = f"U+{point:04X} ({name})" if name else f"U+{point:04X}"
    raise SourceError.of(
        "AC103",
        f"the character {called} cannot stand in a YAML file",
        place=text.place_of(match.start()),
        help=_escape_help(point),
    )


def _escape_help(point: int) -> str:
    if point < 0x20 and point != 0x1B:
        return "is this a text file?"
    if 0xD800 <= point <= 0xDFFF:
        return "half a surrogate pair is not a character"
    written = f"\\u{point:04X}" if point < 0x10000 else f"\\U{point:08X}"
    return f'remove it, or write "{written}" in double quotes'
