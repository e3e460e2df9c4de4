"""archcalc: the checkable reference for neural-network arithmetic.

    >>> import archcalc
    >>> net = archcalc.load("naive-inception")
    >>> net.analyze().total.macs
    854196224

The public names are those of `__all__`. Each is imported when it is first used, so that
`import archcalc` costs nothing. A function takes the name of a shipped network, the
path of a YAML file or a loaded network; what it returns shows itself in a notebook and
under `print`.
"""

from __future__ import annotations

from archcalc.version import __version__ as __version__

TYPE_CHECKING = False
"""As in `typing`, whose import takes longer than `archcalc --version`."""

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import PurePath
    from typing import Any

    from archcalc.api.checking import check, diff, verify
    from archcalc.api.claims import audit, conventions, reconcile
    from archcalc.api.exporting import export
    from archcalc.api.given import load, loads
    from archcalc.api.memory import decode, fit, memory
    from archcalc.api.pictures import Picture, draw, plot
    from archcalc.api.quiz import quiz
    from archcalc.api.sweeps import sweep
    from archcalc.api.tables import compare, explain, table
    from archcalc.errors import (
        ArchcalcError,
        InputWarning,
        LimitError,
        MissingExtra,
        Place,
        Problem,
        ShapeError,
        SourceError,
        SpecError,
        UsageError,
    )
    from archcalc.figures.facts import Figures
    from archcalc.network.analysis import Analysis, Branch
    from archcalc.network.network import Network
    from archcalc.network.rows import Row
    from archcalc.reports.explanation import Explanation
    from archcalc.reports.quiz import Quiz
    from archcalc.reports.report import Report
    from archcalc.sweeps.sweep import Sweep

__all__ = [
    "Analysis",
    "ArchcalcError",
    "Branch",
    "Explanation",
    "Figures",
    "InputWarning",
    "LimitError",
    "MissingExtra",
    "Network",
    "Picture",
    "Place",
    "Problem",
    "Quiz",
    "Report",
    "Row",
    "ShapeError",
    "SourceError",
    "SpecError",
    "Sweep",
    "UsageError",
    "audit",
    "check",
    "compare",
    "conventions",
    "decode",
    "diff",
    "draw",
    "explain",
    "export",
    "fit",
    "load",
    "loads",
    "memory",
    "plot",
    "quiz",
    "reconcile",
    "sweep",
    "table",
    "verify",
]

HOMES = {
    "archcalc.api.checking": ("check", "diff", "verify"),
    "archcalc.api.claims": ("audit", "conventions", "reconcile"),
    "archcalc.api.exporting": ("export",),
    "archcalc.api.given": ("load", "loads"),
    "archcalc.api.memory": ("decode", "fit", "memory"),
    "archcalc.api.pictures": ("Picture", "draw", "plot"),
    "archcalc.api.quiz": ("quiz",),
    "archcalc.api.sweeps": ("sweep",),
    "archcalc.api.tables": ("compare", "explain", "table"),
    "archcalc.errors": (
        "ArchcalcError",
        "InputWarning",
        "LimitError",
        "MissingExtra",
        "Place",
        "Problem",
        "ShapeError",
        "SourceError",
        "SpecError",
        "UsageError",
    ),
    "archcalc.figures.facts": ("Figures",),
    "archcalc.network.analysis": ("Analysis", "Branch"),
    "archcalc.network.network": ("Network",),
    "archcalc.network.rows": ("Row",),
    "archcalc.reports.explanation": ("Explanation",),
    "archcalc.reports.quiz": ("Quiz",),
    "archcalc.reports.report": ("Report",),
    "archcalc.sweeps.sweep": ("Sweep",),
}
"""Where each public name lives."""


def _bundle(
    shown: object, include: Iterable[str] | None, exclude: Iterable[str] | None
) -> dict[str, str]:
    """Return what a notebook shows of a network, an analysis or a report."""
    from archcalc.render.notebook import bundle

    return bundle(shown, include, exclude)


def _write(
    shown: object,
    format: str | None,
    path: PurePath | None,
    options: Mapping[str, Any],
) -> str:
    """Return it in the format that is named, or that a file's ending means."""
    from archcalc.render.notebook import written

    return written(shown, format, path, options)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    from importlib import import_module

    for home, names in HOMES.items():
        if name in names:
            value = getattr(import_module(home), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'archcalc' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, imported or not."""
    return sorted({*globals(), *__all__})
