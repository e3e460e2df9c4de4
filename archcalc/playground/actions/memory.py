"""Where the bytes are: four figures, one step of training, what lives when."""

from __future__ import annotations

from typing import Any

from archcalc.errors import UsageError, clean
from archcalc.playground.asked import Asked
from archcalc.playground.reported import reported
from archcalc.render.plotting import timeline
from archcalc.reports.memory.details import training_report
from archcalc.reports.memory.summary import memory_report

NEEDS_NUMBERS = "AC541"
"""The error of a drawing for which a size must not be a symbol."""


def memory(asked: Asked) -> dict[str, Any]:
    """Return the report of inference, or of `training`, and its timeline as SVG."""
    network, analysis = asked.network, asked.analysis
    training = asked.of("training", bool, False)
    make = training_report if training else memory_report
    report = make(network, analysis)
    try:
        picture = timeline.memory(analysis, network.title, training)
    except UsageError as error:  # a size is a symbol: no bytes to draw
        if error.problems[0].code != NEEDS_NUMBERS:
            raise
        return {**reported(report), "timeline": None, "why": _why(error)}
    return {**reported(report), "timeline": picture}


def _why(error: UsageError) -> str:
    return clean(error.problems[0].message)
