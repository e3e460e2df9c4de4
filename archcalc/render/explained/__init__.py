"""Explanations as text: a format is one module here and one line in `EXPLAINED`.

A module has `render(explanation, *, option=default, …) -> str`, as in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath
from typing import Any

from archcalc.errors import UsageError, nearest
from archcalc.figures.formulas.scripts import Script
from archcalc.render import check_options
from archcalc.reports.explanation import Explanation, Line

EXPLAINED: dict[str, tuple[str, ...]] = {
    "terminal": (".txt",),
    "markdown": (".md", ".markdown"),
    "latex": (".tex",),
    "html": (".html", ".htm"),
    "json": (".json",),
}
"""Name of a format, and the file endings that mean it."""


def render_explanation(
    explanation: Explanation, format: str = "terminal", **options: Any
) -> str:
    """Return an explanation in a format.

    Raises `UsageError` AC530 for no known one, AC531 for an option it has not.
    """
    module = import_module(f"{__name__}.{_known(format)}")
    renderer: Callable[..., str] = module.render
    check_options(format, renderer, options)
    return renderer(explanation, **options)


def explained_format(format: str | None, output: PurePath | None) -> str:
    """Return the format asked for by name, else by a file's ending, else `terminal`.

    Raises `UsageError` AC530 where neither is known.
    """
    if format is not None:
        return _known(format)
    if output is None:
        return "terminal"
    for name, endings in EXPLAINED.items():
        if output.suffix.lower() in endings:
            return name
    help = f"endings: {', '.join(e for known in EXPLAINED.values() for e in known)}"
    message = f"the ending of {output.name!r} names no format of explanations"
    raise UsageError.of("AC530", message, help=help)


def _known(format: str) -> str:
    if format in EXPLAINED:
        return format
    help = nearest(format, EXPLAINED) or f"formats: {', '.join(EXPLAINED)}"
    raise UsageError.of("AC530", f"explain has no format {format!r}", help=help)


def chain(line: Line, script: Script) -> list[str]:
    """Return what stands between equals signs: name, rule, numbers, value.

    A figure that goes the way of another has its name and value only.
    """
    formula = line.formula
    name = [script.symbol(formula.name)] if formula.name else []
    if line.alike:
        return [*name, formula.result(script)]
    return [*name, *formula.steps(script, line.symbols)]


def remark(line: Line) -> str:
    """Return the words after a formula, or nothing."""
    return f"as the {line.alike}" if line.alike else line.note
