"""Where the bytes are: four figures, one step of training, what lives when."""

from __future__ import annotations

from typing import Any

from archcalc.errors import UsageError, clean
from archcalc.playground.asked import Asked
from archcalc.playground.reported import reported
from archcalc.render.plotting import timeline
from archcalc.reports.memory.chosen import chosen_report

NEEDS_NUMBERS = "AC541"


def memory(asked: Asked) -> dict[str, Any]:
    """Return the report of inference, or of `training`, and its timeline as SVG."""
    network, analysis = asked.network, asked.analysis
    training = asked.of("training", bool, False)
    report = chosen_report(network, analysis, training=training)
    try:
        picture = timeline.memory(analysis, network.title, training)
    except UsageError as error:  # a size is a symbol: no bytes to draw
        if error.problems[0].code != NEEDS_NUMBERS:
            raise
        return {**reported(report), "timeline": None, "why": _why(error)}
    return {**reported(report), "timeline": picture}


def _why(error: UsageError) -> str:
    return clean(error.problems[0].message)
