"""Budgets of the command line: `params <= 26M`, for networks and files of weights."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcalc.checks.claims.expectations import (
    Computed,
    Judged,
    judge_entry,
    read_claim,
)
from archcalc.errors import Place, Problem, UsageError, nearest
from archcalc.language.about import METRICS, Expected
from archcalc.readers.weights.record import Weights
from archcalc.source.values import Value

BUDGET = r"\s*([a-z_][a-z_0-9]*)\s*(.+?)\s*"
WRONG = "AC508"
OF_WEIGHTS = {"params": "values", "disk": "bytes"}
"""What a file of weights has of the figures of a network."""


def read_budget(text: str) -> Expected:
    """Return the budget in a text such as `params <= 26M`.

    Raises `UsageError` AC508 for a text that is none.
    """
    match = re.fullmatch(BUDGET, text)
    metric = match[1] if match else ""
    if match is None or metric not in METRICS or metric == "is":
        help = nearest(metric, METRICS) or "write params <= 26M, or disk <= 100MB"
        message = f"--budget {text!r} names no figure and its bound"
        raise UsageError.of(WRONG, message, help=help)
    try:
        read_claim(match[2], metric)
    except ValueError as error:
        raise UsageError.of(WRONG, f"--budget {text!r}: {error}") from None
    return Expected({metric: match[2]})


def judged(
    computed: Computed, budgets: tuple[Expected, ...], at: Value
) -> Iterator[Judged]:
    """Yield the budgets of a network beside its figures; raise as `judge_entry`."""
    for budget in budgets:
        yield from judge_entry(computed, budget, at)


def judged_weights(
    weights: Weights, budgets: tuple[Expected, ...], place: Place
) -> Iterator[Judged | Problem]:
    """Yield the budgets of a file of weights; a problem where one needs the graph."""
    for budget in budgets:
        for metric, given in budget.figures.items():
            if metric not in OF_WEIGHTS:
                (problem,) = weights.needs_graph(f"the budget {metric}").problems
                yield problem.at(place)
                continue
            found = getattr(weights, OF_WEIGHTS[metric])
            claim = read_claim(given, metric)
            status = "agrees" if claim.holds(found) else "fails"
            name = weights.name
            yield Judged(name, metric, budget, claim, found, status, place)  # type: ignore[arg-type]  # one of two
