"""How operations and parameters are counted: every convention by its name.

`measures` holds the quantities that may count, `tools` how often each does, as data.
"""

from __future__ import annotations

from archcalc.errors import unknown
from archcalc.figures.conventions.measures import View, weighed
from archcalc.figures.conventions.tools import CONVENTIONS, REST, Convention, Unit
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
    key = view.layer.key
    operations = found.operations.get(key, found.operations.get(REST, {}))
    params = found.params.get(key, found.params[REST])
    with assuming():
        return weighed(view, operations), weighed(view, params)
