"""The largest batch that fits: bisection on the exact peak."""

from __future__ import annotations

from collections.abc import Callable

from archcalc.errors import UsageError
from archcalc.figures.memory.at_rest import static
from archcalc.figures.memory.storages import number
from archcalc.network.analysis import Analysis
from archcalc.network.network import LARGEST_BATCH
from archcalc.records import NamedTuple, replace
from archcalc.sizes.units import read_amount


class Fit(NamedTuple):
    """The largest batch whose peak fits, its peak in bytes, and that of one more.

    A batch of 0 means that not even one sample fits.
    """

    batch: int
    peak: int
    next_peak: int


def read_size(text: str) -> int:
    """Return bytes from `24GiB`, `11.5 GB`, `512MiB`; raise `UsageError` AC546.

    A prefix with `i` is a power of 1024, one without a power of 1000.
    """
    amount = read_amount(text, ("B",))
    if amount is None or amount.unit not in ("", "B"):
        raise UsageError.of(
            "AC546", f"{text!r} is not a size of memory", help="write 24GiB or 24GB"
        )
    return int(amount.value)


def training_peak(analysis: Analysis) -> int:
    """Return the peak of a step of training."""
    return analysis.memory.training.peak


def inference_peak(analysis: Analysis) -> int:
    """Return parameters, buffers and the peak of inference, in the run's dtype."""
    first = analysis.graph.nodes[0]
    held = static(analysis)
    weights = number(held.parameters + held.buffers, first)
    return weights + analysis.memory.peak_inference


def largest_batch(
    analysis: Analysis,
    memory: int,
    peak: Callable[[Analysis], int] = training_peak,
) -> Fit:
    """Return the largest batch whose peak is at most `memory` bytes.

    The peak grows with the batch: what lives at any step does. The batch is doubled
    until it does not fit, then bisected; none is above what a network takes. Raises
    `UsageError` AC541 for symbols.
    """

    def needed(batch: int) -> int:
        setting = replace(analysis.setting, batch=batch)
        return peak(Analysis(analysis.name, analysis.graph, setting))

    low, high = 0, 1
    while high <= LARGEST_BATCH and needed(high) <= memory:
        low, high = high, high * 2
    high = min(high, LARGEST_BATCH + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if needed(middle) <= memory else (low, middle)
    return Fit(low, needed(low) if low else 0, needed(low + 1))
