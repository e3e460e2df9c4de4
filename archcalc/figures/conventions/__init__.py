"""How operations and parameters are counted: every convention by its name.

`measures` holds the quantities that may count, and each module of `ways/` is one
convention: how often each quantity counts, as data, and the quantities that it alone
has. A module that is put there is a convention; nothing else names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path

from archcalc.errors import unknown
from archcalc.figures.conventions.convention import (
    MADE,
    REST,
    Convention,
    Spelling,
    Unit,
)
from archcalc.figures.conventions.measure import View, Weights, weighed
from archcalc.layers.base import Layer
from archcalc.layers.reparametrized import Reparametrized
from archcalc.sizes.dims import Dim, assuming

__all__ = [
    "CONVENTIONS",
    "USUAL",
    "Convention",
    "Spelling",
    "Unit",
    "View",
    "convention",
    "counted",
    "row_of",
    "spelled",
]

USUAL = "macs"
"""The convention where none is named."""
OURS = (USUAL, "lecture", "flops")
"""Conventions that no tool has, listed first."""
FOLDER = Path(__file__).parent / "ways"


class Conventions(Mapping[str, Convention]):
    """Every convention by its name, the default one first; each is loaded when asked.

    A name is that of a module, with hyphens for underscores.
    """

    def __getitem__(self, name: str) -> Convention:
        if name != USUAL and name not in self._names:
            raise KeyError(name)
        found = import_module(f"{__name__}.ways.{name.replace('-', '_')}")
        way: Convention = found.CONVENTION
        return way

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def _names(self) -> dict[str, None]:
        names = {file.name.partition(".")[0] for file in FOLDER.glob("[a-z]*.py*")}
        files = sorted(name.replace("_", "-") for name in names)  # compiled or not
        return dict.fromkeys((*OURS, *files))


CONVENTIONS = Conventions()


def convention(name: str) -> Convention:
    """Return a convention by its name; raise `UsageError` AC515 for an unknown one."""
    found = CONVENTIONS.get(name)
    if found is None:
        raise unknown("AC515", "convention", name, CONVENTIONS)
    return found


def counted(found: Convention, view: View) -> tuple[Dim, Dim]:
    """Return the operations of one layer for the view's batch, and its parameters."""
    return operations_of(found, view), params_of(found, view)


def operations_of(found: Convention, view: View) -> Dim:
    """Return the operations of one layer for the view's batch."""
    with assuming():
        return weighed(view, row_of(found.operations, view.layer))


def params_of(found: Convention, view: View) -> Dim:
    """Return the parameters of one layer, the same for every batch."""
    with assuming():
        return weighed(view._replace(batch=1), row_of(found.params, view.layer))


def spelled(spelling: Spelling, view: View) -> Dim | None:
    """Return the operations of a layer that is written so; None where it cannot be."""
    if view.layer.key not in spelling.operations or not spelling.fits(view):
        return None
    with assuming():
        return weighed(view, spelling.operations[view.layer.key])


def row_of(table: Mapping[str, Weights], layer: Layer) -> Weights:
    """Return what counts for a layer: its own row, or that of all without one."""
    made = isinstance(layer, Reparametrized) and layer.makes_weight
    key = MADE if made and MADE in table else layer.key
    return table.get(key, table.get(REST, {}))
