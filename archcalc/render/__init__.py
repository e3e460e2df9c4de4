"""Reports as text: a format is one module here and one line in `FORMATS`.

A module has `render(report, *, option=default, …) -> str` and is imported when it is
asked for. The text has no newline at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from archcalc.errors import UsageError, unknown

if TYPE_CHECKING:
    from archcalc.reports.report import Report

FORMATS: dict[str, tuple[str, ...]] = {
    "terminal": (".txt",),
    "markdown": (".md", ".markdown"),
    "csv": (".csv",),
    "json": (".json",),
    "latex": (".tex",),
    "html": (".html", ".htm"),
    "svg": (".svg",),
    "mermaid": (".mmd", ".mermaid"),
    "dot": (".dot", ".gv"),
}
"""Name of a format (and of its module here), and the file endings that mean it."""
MADE_OF_SVG: dict[str, tuple[str, ...]] = {"png": (".png",), "pdf": (".pdf",)}
"""Formats that are bytes: `render.png` and `render.pdf` make them of an SVG."""
DRAWINGS = ("mermaid", "dot")
"""Formats that draw the networks of a report, for reports that have some."""


def render(report: Report, format: str = "terminal", **options: Any) -> str:
    """Return a report in a format; `options` are those of its module.

    Raises `UsageError` AC530 for an unknown format, AC531 for an option it has not.
    """
    return renderer(__name__, format_of(format), options)(report, **options)


def renderer(room: str, format: str, options: Iterable[str]) -> Callable[..., str]:
    """Return the renderer of a format, whose module is in the package `room`.

    Raises `UsageError` AC531 for an option that it has not.
    """
    found: Callable[..., str] = import_module(f"{room}.{format}").render
    taken = getattr(found, "__kwdefaults__", None) or {}
    for name in options:
        if name not in taken:
            message = f"format {format} has no option {name!r}"
            help = f"options: {', '.join(taken) or 'none'}"
            raise UsageError.of("AC531", message, help=help)
    return found


def format_of(
    format: str | None = None,
    output: PurePath | None = None,
    formats: Mapping[str, tuple[str, ...]] = FORMATS,
    what: str = "format",
) -> str:
    """Return the format asked for by name, else by a file's ending, else `terminal`.

    Raises `UsageError` AC530 where neither is known.
    """
    if format is not None:
        if format not in formats:
            raise unknown("AC530", what, format, formats, "formats")
        return format
    if output is None:
        return "terminal"
    for name, endings in formats.items():
        if output.suffix.lower() in endings:
            return name
    help = f"endings: {', '.join(chain.from_iterable(formats.values()))}"
    message = f"the ending of {output.name!r} names no {what}"
    raise UsageError.of("AC530", message, help=help)
