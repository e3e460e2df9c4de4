"""The figures of every combination of a network's params."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.api.given import Given, network_of, warn
from archcalc.checks.loading import warnings_of_inputs
from archcalc.records import replace
from archcalc.sweeps import sweep as sweeps
from archcalc.sweeps.choice import Choice
from archcalc.sweeps.dependence import INPUT
from archcalc.sweeps.sweep import Sweep

if TYPE_CHECKING:
    from concurrent.futures import Executor


def sweep(
    net: Given,
    over: Mapping[str, str | Sequence[Any]],
    *,
    figures: Sequence[str] | None = None,
    where: str | None = None,
    pareto: Sequence[str] = (),
    sort: str | None = None,
    down: bool = False,
    top: int | None = None,
    batch: int = 1,
    inplace: bool = True,
    executor: Executor | None = None,
    jobs: int = 1,
) -> Sweep:
    """Return the rows of every combination of `over`, computed while they are read.

    `over` names params (`op*`: all that begin so), `variant`, `input`, `resolution` (of
    a square input) or `batch`, with their values or a text such as `0.25:2:0.25`.
    `where` keeps the rows that meet a constraint, `pareto` those that no other row
    beats in all of these columns, `sort` orders them by a column (`down`: the largest
    first), `top` keeps the first rows. `params` and `activations` are counts, `macs`
    and `flops` operations for the whole batch. An `executor` of `concurrent.futures`
    runs chunks in `jobs` workers; rows keep their order.

    A notebook and `print` show the first rows; `rows()` gives all as dicts.

    Raises `UsageError` AC580 for an axis, AC581 for another name or a figure.

    >>> over = {"width": "1:2:0.5"}
    >>> found = archcalc.sweep("efficientnet", over, figures=("params",))
    >>> for row in found:
    ...     print(*row)
    1 5288548
    3/2 10789510
    2 18122720
    >>> found.rows()[0]
    {'width': 1, 'params': 5288548}
    """
    network = network_of(net)
    found = sweeps.sweep(
        network,
        over,
        figures=figures,
        where=where,
        batch=batch,
        inplace=inplace,
        executor=executor,
        jobs=jobs,
    )
    found.choose(Choice(tuple(pareto), sort, down, top))
    for shape in found.axes.get(INPUT, ()):
        if warn(warnings_of_inputs(replace(network, input=shape))):
            break
    return found
