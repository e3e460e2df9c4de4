"""A Keras file: the JSON of `to_json`, or the archive of `model.save("m.keras")`.

Of an archive two entries are read, `metadata.json` and `config.json`; weights are not.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from mmap import mmap

from archcalc.errors import SourceError
from archcalc.limits import Limits, counting
from archcalc.readers.keras.walk import Walk
from archcalc.readers.model import Model, named_after
from archcalc.readers.records import WRONG_FILE, Json, Record

CONFIG, METADATA = "config.json", "metadata.json"
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MOST_AT_ONCE = 2**20
"""Bytes that are read at once: the list of an archive's entries is far shorter."""
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError),
    *(NotImplementedError, RuntimeError, OverflowError, KeyError),
)
"""What the library raises for an archive that it cannot read."""
VERSIONS = (2, 3)
"""Versions of Keras whose models are read."""


def is_keras(record: Record) -> bool:
    """Say whether a JSON is a Keras model or layer."""
    return "class_name" in record and "config" in record


def read_json_model(record: Record, name: str, limits: Limits) -> Model:
    """Return the network in the JSON of a Keras model; `name` is its path."""
    if "keras_version" in record:
        check_version(record, record.text("keras_version"))
    with counting(limits):
        return Walk(record.file, named_after(name), limits).whole(record)


def read_archive(data: mmap | bytes, name: str, limits: Limits) -> Model:
    """Return the network in a `.keras` archive; `name` is its path.

    Raises `SourceError` AC592 with the entry, line and column of what is wrong.
    """
    entries = Entries(data, name, limits)
    metadata = Json(entries.bytes(METADATA), f"{name}/{METADATA}", limits).record()
    check_version(metadata, metadata.text("keras_version"))
    record = Json(entries.bytes(CONFIG), f"{name}/{CONFIG}", limits).record()
    if not is_keras(record):
        record.wrong("this is not the configuration of a model")
    with counting(limits):
        return Walk(record.file, named_after(name), limits).whole(record)


def check_version(record: Record, version: str) -> None:
    """Refuse a version of Keras whose files are not known."""
    found = re.match(r"[0-9]{1,4}", version)
    if found is None or int(found[0]) not in VERSIONS:
        record.wrong(
            f"the file is of Keras {version}; those of Keras 2 and 3 are read",
            "keras_version",
            help="load it with Keras 2 or 3, and write it again",
        )


class Entries:
    """The entries of an archive, as far as they are read."""

    def __init__(self, data: mmap | bytes, name: str, limits: Limits) -> None:
        self.name, self.limits = name, limits
        if data[:4] == b"\x89HDF":
            raise self.wrong(
                "this is an HDF5 file, which is not read",
                help='load it with Keras and write it again: model.save("model.keras")',
            )
        try:
            self.archive = zipfile.ZipFile(Window(data))
        except BROKEN as error:
            raise self.wrong(f"this is not a whole archive: {said(error)}") from None

    def wrong(self, message: str, help: str | None = None) -> SourceError:
        """Return the error of an archive."""
        return SourceError.of(WRONG_FILE, f"{self.name}: {message}", help=help)

    def bytes(self, entry: str) -> bytes:
        """Return the bytes of an entry; of one that unpacks to more, an error."""
        try:
            info = self.archive.getinfo(entry)
        except KeyError:
            message = f"the archive has no entry {entry}: it is no Keras model"
            raise self.wrong(message) from None
        most = self.limits.file_bytes
        if info.compress_type not in PACKED:
            raise self.wrong(f"{entry} is packed in a way that Keras does not use")
        if info.file_size > most:
            what = f"{self.name}: {entry} has {info.file_size} bytes"
            raise self.limits.exceeded("file_bytes", what, found=info.file_size)
        try:
            with self.archive.open(info) as file:
                data = file.read(most + 1)
        except BROKEN as error:
            raise self.wrong(f"{entry} is broken: {said(error)}") from None
        if len(data) != info.file_size:
            raise self.wrong(
                f"{entry} is cut short: {len(data)} bytes of {info.file_size}"
            )
        return data


def said(error: BaseException) -> str:
    """Return what the library says, as the end of a sentence."""
    text = str(error).partition("\n")[0] or type(error).__name__
    return f"{text[:1].lower()}{text[1:]}"


class Window(io.RawIOBase):
    """The bytes of a file, read in place and only a few at once."""

    def __init__(self, data: mmap | bytes) -> None:
        self.data = data
        self.at = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        begin = (0, self.at, len(self.data))[whence]
        if begin + offset < 0:
            raise OSError("an entry begins before the file")
        self.at = begin + offset
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int | None = -1) -> bytes:
        left = max(len(self.data) - self.at, 0)
        size = left if size is None or size < 0 else min(size, left)
        if size > MOST_AT_ONCE:
            raise OSError("its list of entries is too long")
        found = bytes(self.data[self.at : self.at + size])
        self.at += len(found)
        return found
