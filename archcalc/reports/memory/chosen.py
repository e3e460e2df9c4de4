"""Which report of memory is asked for: the four figures, or one of the details."""

from __future__ import annotations

from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Level
from archcalc.reports.report import Report


def chosen_report(
    network: Network,
    analysis: Analysis,
    *,
    level: Level | None = None,
    training: bool = False,
    timeline: bool = False,
    orders: bool = False,
    roofline: str | None = None,
    planner: str | None = None,
    planners: bool = False,
    rule: str = "lecture",
) -> Report:
    """Return the detail that is asked for, else the four figures of `archcalc memory`.

    Of several details, the first of these: the roofline, the orders, one planner, all
    planners, the timeline. `timeline` makes the report of a planner list every tensor,
    `training` makes the timeline one of training.
    """
    from archcalc.reports.memory import details

    if roofline is not None:
        from archcalc.figures.memory.devices import device

        card = device(roofline)
        return details.roofline_report(network, analysis, card, level or "layers")
    if orders:
        return details.orders_report(network, analysis)
    if planner is not None:
        from archcalc.figures.memory.planners import planner_named
        from archcalc.reports.memory.planners import planner_report

        named = planner_named(planner)
        return planner_report(network, analysis, named, timeline)
    if planners:
        from archcalc.reports.memory.planners import planners_report

        return planners_report(network, analysis)
    if timeline:
        return details.timeline_report(network, analysis, training)
    if training:
        return details.training_report(network, analysis, level or "stages")
    from archcalc.checks.claims.expectations import judge_known
    from archcalc.reports.memory.summary import memory_report

    judged = list(judge_known(network, analysis))
    return memory_report(network, analysis, level or "stages", rule, judged)
