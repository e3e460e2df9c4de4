"""What runtimes for small devices reserve, beside the peak of inference."""

from __future__ import annotations

from archcalc.errors import unknown
from archcalc.figures.memory.planners.executorch import EXECUTORCH
from archcalc.figures.memory.planners.planner import Planner
from archcalc.figures.memory.planners.tflite import LITERT, TFLM

PLANNERS = {planner.name: planner for planner in (EXECUTORCH, TFLM, LITERT)}


def planner_named(name: str) -> Planner:
    """Return a planner by its name; raise `UsageError` AC555 for an unknown one."""
    if name not in PLANNERS:
        raise unknown("AC555", "planner", name, PLANNERS)
    return PLANNERS[name]
