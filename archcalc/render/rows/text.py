"""Files that a sweep is written to row by row, and goes on with after a stop."""

from __future__ import annotations

import csv
import json
import os
import sys
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from archcalc.errors import UsageError
from archcalc.render import json as report_json
from archcalc.render.csv import raw
from archcalc.render.rows.lines import INDENT, csv_heading, csv_text, json_text
from archcalc.reports.sweep import sweep_report
from archcalc.sweeps.chunks import Chunk, Form
from archcalc.sweeps.combinations import Combinations

NO_ROWS = '"rows": []'


class TextFile:
    """A file of lines, or stdout where there is no path.

    A part of a line, as a process that was killed leaves it, is cut off when the sweep
    goes on. Raises `UsageError` AC582 for the file of another sweep.
    """

    form: Form
    columnar = False
    gap = ""
    """What stands between the head and the first row."""

    def __init__(self, found: Combinations, path: Path | None, head: str) -> None:
        self.found = found
        self.path = path
        self.head = head
        self.count = 0
        self.file: IO[str] = sys.stdout

    def begin(self, resume: bool) -> tuple[int, int]:
        """Open the file; return the unit, and the place there, to go on from."""
        if self.path is None:
            self.write(self.head)
            return 0, 0
        end, last = self._end() if resume and self.path.exists() else (0, b"")
        at = self._behind(last) if last else (0, 0)
        self.file = self.path.open("a" if end else "w", encoding="utf-8", newline="")
        if end:
            self.file.truncate(end)
        else:
            self.write(self.head)
        return at

    def _end(self) -> tuple[int, bytes]:
        """Return where the last whole row ends, and that row; 0 without the heading."""
        head = self.head.encode()
        with open(self.path or "", "rb") as file:
            begun = file.read(len(head))
            if begun != head:
                if head.startswith(begun):
                    return 0, b""
                message = f"{self.path} holds another sweep"
                raise UsageError.of("AC582", message, help="another file for -o")
            end, last = len(head) + len(file.read(len(self.gap))), b""
            for line in file:
                if not line.endswith(b"\n") or not self.is_row(line):
                    break
                end += len(line)
                last = line
                self.count += 1
        return (end - self.left_open(last) if last else len(head)), last

    def _behind(self, last: bytes) -> tuple[int, int]:
        """Return where the sweep goes on; the last row must be what it gives there."""
        text = last.decode("utf-8", "replace")
        try:
            values = self.values(text)
        except (ValueError, LookupError, TypeError, AttributeError, csv.Error):
            raise self._other() from None
        unit, place = self.found.place(values, self.shown)
        row = self.found.row_at(unit, place)
        mine = "" if row is None else self.form(self.found, [row])
        if mine.rstrip(",\n") != text.rstrip(",\n"):
            raise self._other()
        return unit, place + 1

    def _other(self) -> UsageError:
        message = f"{self.path} has a last row that this sweep does not give"
        return UsageError.of("AC582", message, help="another file for -o")

    def is_row(self, line: bytes) -> bool:
        """Say whether a line is a row."""
        return bool(line)

    def left_open(self, _last: bytes) -> int:
        """Return how many characters behind the last row are written with the next."""
        return 0

    @abstractmethod
    def values(self, line: str) -> Sequence[Any]:
        """Return the values of the axes in a line, as `shown` writes them."""

    @abstractmethod
    def shown(self, _name: str, value: Any) -> Any:
        """Return a value as the file has it."""

    def add(self, chunk: Chunk) -> None:
        """Write the lines of a chunk."""
        self.count += chunk.size
        self.write(chunk.text)

    def write(self, text: str) -> None:
        """Write text through to the file; nobody may be reading any more."""
        try:
            self.file.write(text)
            self.file.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise

    def close(self, _stopped: int | None = None) -> None:
        """End the file."""
        if self.path is not None:
            self.file.close()


class CsvFile(TextFile):
    """Rows as CSV under the names of the columns."""

    form = staticmethod(csv_text)

    def __init__(self, found: Combinations, path: Path | None) -> None:
        super().__init__(found, path, csv_heading(found))

    def values(self, line: str) -> Sequence[Any]:
        """Return the first cells."""
        (cells,) = csv.reader([line])
        return cells[: len(self.found.names)]

    def shown(self, _name: str, value: Any) -> Any:
        """Return a cell's text."""
        return raw(value)


class JsonFile(TextFile):
    """Rows as a report in JSON, as all reports are; `render` gives the same text."""

    form = staticmethod(json_text)
    gap = "\n"

    def __init__(self, found: Combinations, path: Path | None) -> None:
        head, _, _ = _around(found, 0)
        super().__init__(found, path, head)

    def is_row(self, line: bytes) -> bool:
        """Say whether a line is a row, and not what follows the rows."""
        return line.startswith(f"{INDENT}{{".encode())

    def left_open(self, last: bytes) -> int:
        """Return the length of the comma and the line end."""
        return len(last) - len(last.rstrip(b",\n"))

    def values(self, line: str) -> Sequence[Any]:
        """Return the cells of the axes."""
        cells = json.loads(line.rstrip(",\n"))["cells"]
        return [cells.get(name) for name in self.found.names]

    def shown(self, _name: str, value: Any) -> Any:
        """Return a cell as JSON gives it back."""
        return json.loads(json.dumps(report_json.plain(value)))

    def add(self, chunk: Chunk) -> None:
        """Write rows; the comma behind the last is written with the next."""
        if chunk.text:
            before = ",\n" if self.count else self.gap
            self.count += chunk.size
            self.write(before + chunk.text.removesuffix(",\n"))

    def close(self, stopped: int | None = None) -> None:
        """Write what follows the rows."""
        _, empty, tail = _around(self.found, self.count, stopped)
        try:
            self.write((empty if not self.count else f"\n{INDENT[2:]}]") + tail + "\n")
        finally:
            super().close(stopped)


def _around(
    found: Combinations, count: int, stopped: int | None = None
) -> tuple[str, str, str]:
    """Return the text before the rows, after them if there are none, and after them."""
    text = report_json.render(sweep_report(found, (), stopped, count))
    head, _, tail = text.partition(NO_ROWS)
    return f"{head}{NO_ROWS[:-1]}", NO_ROWS[-1:], tail
