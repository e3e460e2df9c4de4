"""Files written whole or not at all: what stood there stays until all is written."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import BinaryIO

FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
"""There is no room for the new file, so that the old one must not be emptied."""


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text as UTF-8, as `write_bytes` does; its ends of lines stay."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file beside, and put it in the place of the old one.

    A full disk or a kill then leaves the old file. A link still leads to the file,
    which keeps its mode. What cannot be replaced is written in place: a device, a pipe,
    a file of several names or of another owner, one whose folder takes no new file.

    Raises `OSError`, with the path as it was given.
    """
    try:
        place = os.path.realpath(path)
        beside = _beside(place)
        if beside is None:
            with open(path, "wb") as file:
                file.write(data)
        else:
            _replace(place, beside, data)
    except OSError as error:
        error.filename = os.fspath(path)
        raise


def _replace(place: str, beside: BinaryIO, data: bytes) -> None:
    """Write a new file, and put it in its place; remove it if that fails."""
    try:
        with beside:
            beside.write(data)
        os.replace(beside.name, place)
    except BaseException:
        _remove(beside)
        raise


def _beside(place: str) -> BinaryIO | None:
    """Open a new file in the same folder, None where it must not replace the old one.

    Raises `OSError` where there is no room for one.
    """
    try:
        before = _regular(place)
        beside = open(f"{place}.{os.getpid()}", "xb")  # noqa: SIM115  # closed by `_replace`
    except OSError as error:
        if error.errno in FULL:
            raise
        return None
    if before is not None:
        new = os.fstat(beside.fileno())
        if (new.st_uid, new.st_gid) != (before.st_uid, before.st_gid):
            _remove(beside)
            return None
        os.chmod(beside.name, stat.S_IMODE(before.st_mode))
    return beside


def _regular(place: str) -> os.stat_result | None:
    """Return what the system says of a file, None where there is none.

    Raises `OSError` for what is no regular file of one name, or may not be written.
    """
    try:
        before = os.stat(place)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(before.st_mode) or before.st_nlink > 1:
        raise OSError(errno.EEXIST, "this cannot be replaced")
    with open(place, "r+b"):  # not to replace what is read-only
        return before


def _remove(beside: BinaryIO) -> None:
    with suppress(OSError):
        beside.close()
    with suppress(OSError):
        os.unlink(beside.name)
