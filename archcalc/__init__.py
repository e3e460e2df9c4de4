"""archcalc: the checkable reference for neural-network arithmetic.

    >>> import archcalc
    >>> net = archcalc.load("naive-inception")
    >>> net.analyze().total.macs
    854196224
"""

from __future__ import annotations

from archcalc.analysis import Analysis, Branch, Figures, Row
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
from archcalc.network import Network, load, loads

__all__ = [
    "Analysis",
    "ArchcalcError",
    "Branch",
    "Figures",
    "LimitError",
    "MissingExtra",
    "Network",
    "Place",
    "Problem",
    "Row",
    "ShapeError",
    "SourceError",
    "SpecError",
    "UsageError",
    "load",
    "loads",
]

__version__ = "0.1.0"
