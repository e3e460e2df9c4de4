"""archcalc: the checkable reference for neural-network arithmetic.

    >>> import archcalc
    >>> net = archcalc.load("naive-inception")
    >>> net.analyze().total.macs
    854196224

The public names are those of `__all__`. Each is imported when it is first used, so that
`import archcalc` costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from archcalc.network.shown import Shown
from archcalc.version import __version__ as __version__

if TYPE_CHECKING:
    from archcalc.errors import (
        ArchcalcError,
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
    from archcalc.network.network import Network, load, loads
    from archcalc.network.rows import Row
    from archcalc.reports.comparison import compare
    from archcalc.reports.explanation import Explanation, explain
    from archcalc.reports.report import Report
    from archcalc.reports.table import table
    from archcalc.sweeps.sweep import sweep

__all__ = [
    "Analysis",
    "ArchcalcError",
    "Branch",
    "Explanation",
    "Figures",
    "LimitError",
    "MissingExtra",
    "Network",
    "Place",
    "Problem",
    "Report",
    "Row",
    "ShapeError",
    "SourceError",
    "SpecError",
    "UsageError",
    "compare",
    "explain",
    "load",
    "loads",
    "sweep",
    "table",
]

HOMES = {
    "archcalc.network.analysis": ("Analysis", "Branch"),
    "archcalc.network.rows": ("Row",),
    "archcalc.reports.comparison": ("compare",),
    "archcalc.errors": (
        "ArchcalcError",
        "LimitError",
        "MissingExtra",
        "Place",
        "Problem",
        "ShapeError",
        "SourceError",
        "SpecError",
        "UsageError",
    ),
    "archcalc.reports.explanation": ("Explanation", "explain"),
    "archcalc.figures.facts": ("Figures",),
    "archcalc.network.network": ("Network", "load", "loads"),
    "archcalc.reports.report": ("Report",),
    "archcalc.sweeps.sweep": ("sweep",),
    "archcalc.reports.table": ("table",),
}
"""Where each public name lives."""


def _bundle(
    shown: object, include: Iterable[str] | None, exclude: Iterable[str] | None
) -> dict[str, str]:
    """Return what a notebook shows of a network, an analysis or a report."""
    from archcalc.render.notebook import bundle

    return bundle(shown, include, exclude)


Shown.bundle = staticmethod(_bundle)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    for home, names in HOMES.items():
        if name in names:
            value = getattr(import_module(home), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'archcalc' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, imported or not."""
    return sorted({*globals(), *__all__})
