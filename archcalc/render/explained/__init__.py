"""Explanations as text: a format is one module here and one line in `EXPLAINED`.

A module has `render(explanation, *, option=default, …) -> str`, as in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from archcalc.figures.formulas.scripts import Script
from archcalc.layers.base import times
from archcalc.render import format_of, renderer
from archcalc.reports.explanation import Derivation, Explanation, Section

EXPLAINED: dict[str, tuple[str, ...]] = {
    "terminal": (".txt",),
    "markdown": (".md", ".markdown"),
    "latex": (".tex",),
    "html": (".html", ".htm"),
    "json": (".json",),
}
"""Name of a format, and the file endings that mean it."""


WHAT = "format of explanations"


def render_explanation(
    explanation: Explanation, format: str = "terminal", **options: Any
) -> str:
    """Return an explanation in a format.

    Raises `UsageError` AC530 for no known one, AC531 for an option it has not.
    """
    chosen = explained_format(format)
    return renderer(__name__, chosen, options)(explanation, **options)


def explained_format(format: str | None, output: PurePath | None = None) -> str:
    """Return the format asked for by name, else by a file's ending, else `terminal`.

    Raises `UsageError` AC530 where neither is known.
    """
    return format_of(format, output, EXPLAINED, WHAT)


def chain(line: Derivation, script: Script) -> list[str]:
    """Return what stands between equals signs: name, rule, numbers, value.

    A figure that goes the way of another has its name and value only.
    """
    formula = line.formula
    name = [script.symbol(formula.name)] if formula.name else []
    if line.alike:
        return [*name, formula.result(script)]
    return [*name, *formula.steps(script, line.symbols)]


def shapes(section: Section) -> str:
    """Return what enters and leaves: `3×32×32 → 16×32×32`; nothing for a sum."""
    if not section.inputs or not section.output:
        return ""
    return f"{', '.join(map(times, section.inputs))} → {times(section.output)}"


def legend(
    section: Section,
    script: Script,
    word: Callable[[str], str] = str,
    value: Callable[[str], str] = str,
) -> str:
    """Return the meaning, the symbol and the value of every size."""
    return ", ".join(
        f"{word(s.meaning)} {script.symbol(s.symbol)} = {value(str(s.value))}"
        for s in section.legend
    )


def remark(line: Derivation) -> str:
    """Return the words after a formula, or nothing."""
    return f"as the {line.alike}" if line.alike else line.note
