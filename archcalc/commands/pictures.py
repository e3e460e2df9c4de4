"""How pictures leave: the format by its name or a file's ending, PNG as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.options import write
from archcalc.errors import UsageError, suggestion

PictureOutput = Annotated[
    Path | None,
    Option("--output", "-o", help="Write to a file; its ending picks the format."),
]


def picture_format(
    format: str | None, output: Path | None, formats: Mapping[str, tuple[str, ...]]
) -> str:
    """Return the format asked for, else the one of the file's ending, else `svg`.

    Raises `UsageError` AC530 where neither is known, AC537 for a PNG without a file.
    """
    formats = {**formats, "png": (".png",)}
    ending = output.suffix.lower() if output is not None else ".svg"
    by_ending = [name for name, endings in formats.items() if ending in endings]
    chosen = format or (by_ending[0] if by_ending else "")
    if chosen not in formats:
        what = f"picture format {format!r}" if format else f"picture ending {ending!r}"
        help = suggestion(chosen, formats, "formats")
        raise UsageError.of("AC530", f"there is no {what}", help=help)
    if chosen == "png" and output is None:
        raise UsageError.of("AC537", "a PNG needs a file", help="-o FILE.png")
    return chosen


def write_picture(text: str, format: str, output: Path | None) -> None:
    """Write a picture; an SVG becomes a PNG where that is the format."""
    if format == "png" and output is not None:
        from archcalc.render.png import png

        output.write_bytes(png(text))
        return
    write(text, output)
