"""Rows of a sweep as a folder of Parquet or Arrow files, written by the workers.

The folder has a file for every so many combinations, and a journal. A worker writes a
file under a name of its own and gives it its place when it is whole; then the sweep
notes it in the journal. So a worker that dies leaves nothing that counts, a part that
two workers wrote is there once, and a sweep that goes on computes what is not noted.
"""

from __future__ import annotations

import json
import os
import pickle
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from archcalc.errors import UsageError
from archcalc.render.rows.arrow import ColumnFile
from archcalc.sweeps.choice import Choice
from archcalc.sweeps.chunks import (
    AHEAD,
    chunks,
    finished,
    result_of,
    sent,
    sweep_of,
    task_of,
)
from archcalc.sweeps.combinations import MOST_REFUSED, Combinations, has_numpy
from archcalc.sweeps.partial import digest
from archcalc.sweeps.run import uninterrupted

if TYPE_CHECKING:
    from concurrent.futures import Future

JOURNAL = "_sweep.jsonl"
SCHEMA = "archcalc/sweep-partitions/1"
MOST_PARTS = 100_000
"""Files in a folder."""
Blob = bytes
"""A sweep as `sweep_of` takes it."""


class Part(NamedTuple):
    """What one file holds: its rows, of how many combinations, and what did not fit.

    `wide` are the columns with larger numbers than 64 bits. A journal of an earlier
    version does not say how many `bytes` the file has.
    """

    number: int
    combinations: int
    rows: int
    refused: list[str]
    refusals: int
    wide: list[str]
    bytes: int | None = None


class Place(NamedTuple):
    """Where files are, of which format, and how many units of the sweep each has."""

    folder: str
    format: str
    units: int

    def path(self, number: int) -> Path:
        """Return the file of a part."""
        return Path(self.folder, f"part-{number:05}.{self.format}")

    def own(self) -> Path:
        """Return a file that nobody else writes, and that readers leave out."""
        return Path(self.folder, f"_{uuid4().hex}.{self.format}")


class Partitions:
    """A folder of files with the rows of a sweep, `size` combinations each, about.

    Raises `UsageError` AC582 for a folder that holds something else.
    """

    def __init__(
        self, found: Combinations, folder: Path, format: str, size: int, resume: bool
    ) -> None:
        self.found = found
        self.done: dict[int, Part] = {}
        if found.size > size * MOST_PARTS:
            message = f"that is more than {MOST_PARTS:,} files"
            help = f"--partition {found.size // MOST_PARTS + 1}"
            raise UsageError.of("AC580", message, help=help)
        self.place = Place(str(folder.absolute()), format, self._units(size))
        self.journal = Path(self.place.folder, JOURNAL)
        ColumnFile(found, self.place.own(), format)  # says whether pyarrow is there
        folder.mkdir(parents=True, exist_ok=True)
        if resume and self.journal.exists():
            self._read()
        elif any(folder.iterdir()):
            raise self._other("files")
        else:
            self._note({"schema": SCHEMA, "sweep": self._digest(), **self._form()})

    @property
    def parts(self) -> int:
        """How many files there are in the end."""
        return -(-self.found.units // self.place.units)

    def _units(self, size: int) -> int:
        """Return the units of a file: whole blocks of arrays, if they fit."""
        found = self.found
        units = max(1, found.unit_of(size)[0])
        if found.totals is None or not has_numpy():
            return units
        block = found.totals.wide.size
        whole = found.unit_of(block)[0] if block % found.along == 0 else 0
        return units // whole * whole if 0 < whole <= units else units

    # -- the journal -----------------------------------------------------------------

    def _digest(self) -> str:
        return digest(self.found, Choice())

    def _form(self) -> dict[str, Any]:
        return {"format": self.place.format, "units": self.place.units}

    def _other(self, what: str) -> UsageError:
        message = f"{self.place.folder} holds {what}"
        help = "--resume continues the sweep of a folder; or another folder for -o"
        return UsageError.of("AC582", message, help=help)

    def _note(self, entry: dict[str, Any]) -> None:
        """Write a line of the journal, such that it is there after a crash."""
        with self.journal.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(entry)}\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> None:
        """Read what is done; a line that a crash cut off is none.

        A file of another size than it was written with is written again.
        """
        text = self.journal.read_bytes().decode("utf-8", "replace")
        whole = text[: text.rfind("\n") + 1]
        try:
            head, *entries = map(json.loads, whole.splitlines())
            parts = [_part(entry, self.found.columns) for entry in entries]
            mine = head["schema"] == SCHEMA and head["sweep"] == self._digest()
            place = self.place._replace(format=head["format"], units=int(head["units"]))
        except (ValueError, LookupError, TypeError, OverflowError):
            mine, place, parts = False, self.place, []
        if not mine or place.format != self.place.format or place.units < 1:
            raise self._other("another sweep")
        if whole != text:
            self.journal.write_text(whole, encoding="utf-8")
        self.place = place
        for part in {part.number: part for part in parts}.values():
            file = place.path(part.number)
            if file.is_file() and part.bytes in (None, file.stat().st_size):
                self._take(part)

    def _take(self, part: Part) -> None:
        """Count what a file holds."""
        self.done[part.number] = part
        self.found.refused += part.refused[: MOST_REFUSED - len(self.found.refused)]
        self.found.refusals += part.refusals

    # -- writing ---------------------------------------------------------------------

    @property
    def rows(self) -> int:
        """How many rows there are so far."""
        return sum(part.rows for part in self.done.values())

    @property
    def combinations(self) -> int:
        """Of how many combinations."""
        return sum(part.combinations for part in self.done.values())

    def run(self, told: Callable[[int], None]) -> None:
        """Write the files that are missing; `told` hears of combinations done.

        Raises `UsageError` AC583 where the workers fail: what is noted stays.
        """
        blob = pickle.dumps(task_of(self.found, Choice()))
        missing = (n for n in range(self.parts) if n not in self.done)
        for part in self._written(blob, missing):
            if not self.place.path(part.number).exists():
                message = f"a worker wrote a file that is not in {self.place.folder}"
                help = "workers on other machines need the same folder"
                raise UsageError.of("AC583", message, help=help)
            with uninterrupted():
                self._note(part._asdict())
                self._take(part)
            told(self.combinations)
        self._alike()
        for left in Path(self.place.folder).glob(f"_?*.{self.place.format}*"):
            left.unlink(missing_ok=True)

    def _written(self, blob: Blob, missing: Iterator[int]) -> Iterator[Part]:
        """Yield parts as they are written, a few for each worker at a time."""
        found, place = self.found, self.place
        if found.executor is None:
            for number in missing:
                yield write_part(blob, place, number)
            return
        waiting: set[Future[Part]] = set()
        while True:
            while len(waiting) < AHEAD * found.jobs:
                number = next(missing, -1)
                if number < 0:
                    break
                waiting.add(sent(found.executor, write_part, blob, place, number))
            if not waiting:
                return
            done = finished(waiting, found.executor)
            waiting -= done
            yield from map(result_of, done)

    def _alike(self) -> None:
        """Give all files the types of the widest: readers want the same everywhere."""
        wide = sorted({name for part in self.done.values() for name in part.wide})
        for part in self.done.values():
            if sorted(part.wide) != wide:
                file = ColumnFile(self.found, self.place.own(), self.place.format)
                file.copy(self.place.path(part.number), wide)
                size = file.path.stat().st_size
                with uninterrupted():
                    os.replace(file.path, self.place.path(part.number))
                    self._note(part._replace(wide=wide, bytes=size)._asdict())


def _part(entry: dict[str, Any], columns: Sequence[str]) -> Part:
    """Return a part as a journal has it; raise where it is none."""
    part = Part(**entry)
    counts = (part.number, part.combinations, part.rows, part.refusals)
    if any(type(count) is not int or count < 0 for count in counts):
        raise ValueError(counts)
    return part._replace(
        refused=[str(reason) for reason in part.refused],
        wide=[columns[columns.index(name)] for name in part.wide],
    )


def write_part(blob: Blob, place: Place, number: int) -> Part:
    """Write the file of a part, in a worker or here."""
    if not Path(place.folder, JOURNAL).exists():
        message = f"{place.folder} on {socket.gethostname()} is not that of the sweep"
        help = "workers on other machines need the same folder"
        raise UsageError.of("AC583", message, help=help)
    found, _ = sweep_of(blob)
    found.refused.clear()
    refusals, combinations = found.refusals, 0
    first = number * place.units
    last = min(first + place.units, found.units)
    file = ColumnFile(found, place.own(), place.format)
    file.begin(False)
    for chunk in chunks(found, first=first, columns=True, last=last):
        file.add(chunk)
        combinations += chunk.combinations
    file.close()
    size = file.path.stat().st_size
    os.replace(file.path, place.path(number))
    return Part(
        number,
        combinations,
        file.count,
        found.refused[:],
        found.refusals - refusals,
        file.wide,
        size,
    )
