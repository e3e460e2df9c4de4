"""In which format a picture leaves, and where to: a file, where a person looks on."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from archcalc.commands.declared import OUTPUT, Option
from archcalc.commands.output import needs_file, write_picture
from archcalc.errors import UsageError, clean, suggestion

Open = Annotated[
    bool, Option("--open", group=OUTPUT, help="Show the file in the browser.")
]
ENDINGS = {"svg": ".svg", "png": ".png", "pdf": ".pdf", "html": ".html"}
"""The ending of a file that nobody named, by format. Other formats are text to read."""
LONGEST_NAME = 60


def picture_format(
    format: str | None, output: Path | None, formats: Mapping[str, tuple[str, ...]]
) -> str:
    """Return the format asked for, else the one of the file's ending, else `svg`.

    Raises `UsageError` AC530 where neither is known, AC537 for a PNG or a PDF without a
    file.
    """
    from archcalc.render import MADE_OF_SVG

    formats = {**formats, **MADE_OF_SVG}
    ending = output.suffix.lower() if output is not None else ".svg"
    by_ending = [name for name, endings in formats.items() if ending in endings]
    chosen = format or (by_ending[0] if by_ending else "")
    if chosen not in formats:
        what = f"picture format {format!r}" if format else f"picture ending {ending!r}"
        help = suggestion(chosen, formats, "formats")
        raise UsageError.of("AC530", f"there is no {what}", help=help)
    needs_file(chosen, output)
    return chosen


def stem(net: str) -> str:
    """Return what files about a network are called: `nets/mine.yaml` gives `mine`."""
    return re.sub(r"\.ya?ml$", "", re.split(r"[/\\]", net)[-1])


def file_for(
    names: str, format: str | None, output: Path | None, shown: bool
) -> Path | None:
    """Return the file that is written: the one asked for, or one named after networks.

    None for stdout: where a program reads it, and for a format that people read.
    """
    ending = ENDINGS.get(format or "svg")
    seen = shown or (sys.stdout is not None and sys.stdout.isatty())
    if output is not None or ending is None or not seen:
        return output
    words = re.sub(r"[^\w.-]+", "-", names).strip("-.")[:LONGEST_NAME]
    return Path(f"{words or 'network'}{ending}")


def deliver(
    text: str, format: str, file: Path | None, asked: Path | None, shown: bool
) -> None:
    """Write a picture or page; say which file it is if `asked` names none; show it."""
    write_picture(text, format, file)
    if file is None:
        return
    if asked is None:
        print(f"wrote {clean(str(file))}", file=sys.stderr)
    if shown and not _opened(file):
        where = clean(str(file.resolve()))
        print(f"no browser could be started; the file is {where}", file=sys.stderr)


def _opened(file: Path) -> bool:
    import webbrowser

    try:
        return webbrowser.open(file.resolve().as_uri())
    except (OSError, webbrowser.Error):
        return False
