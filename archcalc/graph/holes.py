"""Steps that are not written out, since another evaluates them: sweeps do."""

from __future__ import annotations

from typing import Protocol

from archcalc.graph.scope import Scope
from archcalc.language.steps import Step
from archcalc.layers.base import Layer, Shape

Placeholder = tuple[Layer, Shape, int]
"""What stands for a hole: layer, shape, and how often it reads what enters."""


class Holes(Protocol):
    """The steps that are left out. They are asked about in the order of execution."""

    def is_hole(self, step: Step, scope: Scope) -> bool:
        """Say whether a step is not to be written out."""

    def placeholder(self, step: Step, shape: Shape, scope: Scope) -> Placeholder | None:
        """Return what stands for a hole that `shape` enters; None: it is left out."""
