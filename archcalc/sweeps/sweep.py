"""Every combination of values of a network's params, with its figures.

>>> from archcalc.sweeps.sweep import sweep
>>> for row in sweep("efficientnet", {"width": "1:2:0.5"}, figures=("params",)):
...     print(*row)
1 5288548
3/2 10789510
2 18122720
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.network.network import Network, load
from archcalc.sweeps.combinations import USUAL_FIGURES, Combinations
from archcalc.sweeps.values import SweepRow, values_of

if TYPE_CHECKING:
    from concurrent.futures import Executor


class Sweep(Combinations):
    """The rows of all combinations that fit together, computed while they are read."""

    def __iter__(self) -> Iterator[SweepRow]:
        if self.executor is None:
            return self.rows(0, self.units)
        from archcalc.sweeps.chunks import chunks

        return (row for chunk in chunks(self) for row in chunk.rows)


def sweep(
    net: str | Network,
    over: Mapping[str, str | Sequence[Any]],
    *,
    figures: Sequence[str] | None = None,
    where: str | None = None,
    batch: int = 1,
    inplace: bool = True,
    executor: Executor | None = None,
    jobs: int = 1,
) -> Sweep:
    """Return the rows of every combination of `over`, computed while they are read.

    `over` names params (`op*`: all that begin so), `variant`, `input`, `resolution` (of
    a square input) or `batch`, with their values or a text such as `0.25:2:0.25`;
    `where` keeps the rows that meet a constraint. An `executor` of
    `concurrent.futures` runs chunks in `jobs` workers; rows keep their order.

    Raises `UsageError` AC580 for an axis, AC581 for another name or a figure.
    """
    network = load(net) if isinstance(net, str) else net
    axes: dict[str, Sequence[Any]] = {}
    for pattern, given in over.items():
        starred = fnmatch.filter(network.spec.params, pattern) if "*" in pattern else ()
        for name in starred or (pattern,):
            axes[name] = values_of(name, given) if isinstance(given, str) else given
    usual = tuple(name for name in USUAL_FIGURES if name not in axes)
    chosen = usual if figures is None else tuple(dict.fromkeys(figures))
    return Sweep(network, axes, chosen, where, batch, inplace, executor, jobs)
