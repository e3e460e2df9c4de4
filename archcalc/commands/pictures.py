"""In which format a picture leaves: by its name or by the ending of a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from archcalc.commands.options import needs_file
from archcalc.errors import UsageError, suggestion


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
