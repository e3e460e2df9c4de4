"""Reports as text: a format is one module here and one line in `FORMATS`.

A module has `render(report, *, option=default, …) -> str` and is imported when it is
asked for. The text has no newline at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from archcalc.errors import UsageError, nearest

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


def render(report: Report, format: str = "terminal", **options: Any) -> str:
    """Return a report in a format; `options` are those of its module.

    Raises `UsageError` AC530 for an unknown format, AC531 for an option it has not.
    """
    renderer: Callable[..., str] = import_module(f"{__name__}.{_known(format)}").render
    check_options(format, renderer, options)
    return renderer(report, **options)


def check_options(
    format: str, renderer: Callable[..., str], options: Iterable[str]
) -> None:
    """Raise `UsageError` AC531 for an option that a renderer has not."""
    taken = getattr(renderer, "__kwdefaults__", None) or {}
    for name in options:
        if name not in taken:
            message = f"format {format} has no option {name!r}"
            raise UsageError.of("AC531", message, help=_listed("options", taken))


def format_of(format: str | None = None, output: PurePath | None = None) -> str:
    """Return the format asked for by name, else by a file's ending, else `terminal`.

    Raises `UsageError` AC530 where neither is known.
    """
    if format is not None:
        return _known(format)
    if output is None:
        return "terminal"
    for name, endings in FORMATS.items():
        if output.suffix.lower() in endings:
            return name
    endings = tuple(e for known in FORMATS.values() for e in known)
    message = f"the ending of {output.name!r} names no format"
    raise UsageError.of("AC530", message, help=_listed("endings", endings))


def _known(format: str) -> str:
    if format in FORMATS:
        return format
    help = nearest(format, FORMATS) or _listed("formats", FORMATS)
    raise UsageError.of("AC530", f"there is no format {format!r}", help=help)


def _listed(what: str, names: Iterable[str]) -> str:
    return f"{what}: {', '.join(names) or 'none'}"
