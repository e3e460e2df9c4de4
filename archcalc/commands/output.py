"""How text leaves a command: to stdout or a file, how wide, and with colour or not."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from archcalc.errors import UsageError

if TYPE_CHECKING:
    from archcalc.errors import Problem

USUAL_WIDTH = 80
"""What is printed for where nothing says how wide the output is."""


def write(text: str, output: Path | None = None) -> None:
    """Write text, ending in one newline, to stdout or a file.

    If the reader of stdout has gone, such as `head`, the rest is dropped silently.
    """
    text = text if text.endswith("\n") else f"{text}\n"
    if output is not None:
        from archcalc.source.writing import write_text

        write_text(output, text)
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        if not reader_left(error):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(data: bytes, output: Path) -> None:
    """Write what is no text to a file."""
    from archcalc.source.writing import write_bytes

    write_bytes(output, data)


def reader_left(error: OSError) -> bool:
    """Say whether nobody reads a pipe any more: on Windows, a wrong argument."""
    gone = os.name == "nt" and error.errno == errno.EINVAL
    return gone or isinstance(error, BrokenPipeError)


def columns() -> int:
    """Return the width to print for: `COLUMNS`, the terminal's, or 80 for a pipe."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if not sys.stdout.isatty():
        return USUAL_WIDTH
    with suppress(OSError):  # a terminal that has no size
        return os.get_terminal_size(sys.stdout.fileno()).columns or USUAL_WIDTH
    return USUAL_WIDTH


def colored(stream: TextIO | None = None) -> bool:
    """Say whether a stream (stdout) gets colour: a terminal that shows it.

    `NO_COLOR` asks for none, and so does `TERM=dumb`.
    """
    stream = stream or sys.stdout
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if plain or stream is None or not stream.isatty():
        return False
    from archcalc.render.paint import capable

    return capable(stream)


def needs_file(format: str, output: Path | None) -> None:
    """Raise `UsageError` AC537 for a PNG or a PDF that has no file to go to."""
    if format in ("png", "pdf") and output is None:
        message = f"a {format.upper()} needs a file"
        raise UsageError.of("AC537", message, help=f"-o FILE.{format}")


def write_picture(text: str, format: str, output: Path | None) -> None:
    """Write a picture; its SVG becomes a PNG or a PDF where that is the format."""
    if output is not None and format == "png":
        from archcalc.render.png import png

        write_file(png(text), output)
    elif output is not None and format == "pdf":
        from archcalc.render.pdf import pdf

        write_file(pdf(text), output)
    else:
        write(text, output)


def write_spec(text: str, output: Path | None = None) -> None:
    """Write the YAML of a spec, with colours on a terminal that shows them."""
    if output is None and colored():
        from archcalc.render.highlight import highlighted

        text = highlighted(text)
    write(text, output)


def warn(*problems: Problem) -> None:
    """Tell warnings on stderr."""
    for problem in problems:
        from archcalc.render.paint import told

        print(told([problem], colored(sys.stderr), "warning"), file=sys.stderr)


def say_import(name: str) -> None:
    """Say on stderr that a Python object is imported."""
    print(f"note: importing {name} runs its code", file=sys.stderr)
