"""How operations and parameters are counted: every convention by its name.

`measures` holds the quantities that may count, `tools` how often each does, as data.
"""

from __future__ import annotations

from collections.abc import Mapping

from archcalc.errors import unknown
from archcalc.figures.conventions.measures import View, Weights, weighed
from archcalc.figures.conventions.tools import (
    CONVENTIONS,
    MADE,
    REST,
    Convention,
    Unit,
)
from archcalc.layers.base import Layer
from archcalc.layers.reparametrized import Reparametrized
from archcalc.sizes.dims import Dim, assuming

__all__ = [
    "CONVENTIONS",
    "USUAL",
    "Convention",
    "Unit",
    "View",
    "convention",
    "counted",
]

USUAL = "macs"
"""The convention where none is named."""


def convention(name: str) -> Convention:
    """Return a convention by its name; raise `UsageError` AC515 for an unknown one."""
    found = CONVENTIONS.get(name)
    if found is None:
        raise unknown("AC515", "convention", name, CONVENTIONS)
    return found


def counted(found: Convention, view: View) -> tuple[Dim, Dim]:
    """Return the operations and parameters of one layer for one sample."""
    operations = _row(found.operations, view.layer)
    params = _row(found.params, view.layer)
    with assuming():
        return weighed(view, operations), weighed(view, params)


def _row(table: Mapping[str, Weights], layer: Layer) -> Weights:
    """Return what counts for a layer: its own row, or that of all without one."""
    made = isinstance(layer, Reparametrized) and layer.makes_weight
    key = MADE if made and MADE in table else layer.key
    return table.get(key, table.get(REST, {}))
