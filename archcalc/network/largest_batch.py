"""The largest batch that fits, by the exact peaks of a few batches."""

from __future__ import annotations

from collections.abc import Callable

from archcalc.errors import UsageError
from archcalc.figures.memory.at_rest import static
from archcalc.figures.memory.storages import number
from archcalc.network.analysis import Analysis
from archcalc.network.network import LARGEST_BATCH
from archcalc.records import NamedTuple, replace
from archcalc.sizes.units import read_amount

STRAIGHT = 8
"""Batches tried by straight lines alone; then every other one halves what is left."""


class Fit(NamedTuple):
    """The largest batch whose peak fits, its peak in bytes, and that of one more.

    A batch of 0 means that not even one sample fits. `analysis` is that of the batch,
    or of one sample.
    """

    batch: int
    peak: int
    next_peak: int
    analysis: Analysis


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
    return analysis.memory.training_timeline.peak


def inference_peak(analysis: Analysis) -> int:
    """Return parameters, buffers and the peak of inference, in the run's dtype."""
    return _at_rest(analysis, inference_peak) + analysis.memory.peak_inference


def _at_rest(analysis: Analysis, peak: Callable[[Analysis], int]) -> int:
    """Return about what a peak would be without a sample: what is held all the time."""
    held = static(analysis)
    sizes = held[:2] if peak is inference_peak else held
    return sum(number(size, analysis.graph.nodes[0]) for size in sizes)


def largest_batch(
    analysis: Analysis,
    memory: int,
    peak: Callable[[Analysis], int] = training_peak,
) -> Fit:
    """Return the largest batch whose peak is at most `memory` bytes.

    The peak grows with the batch: what lives at any step does, on a line that is seldom
    broken. So the next batch tried is where the line through two others meets the
    memory, until one fits and one more does not; none is above what a network takes.
    The first line goes by the activations of a sample.
    Raises `UsageError` AC541 for symbols.
    """
    tried: dict[int, tuple[int, Analysis]] = {}

    def needed(batch: int) -> int:
        if batch not in tried:
            setting = replace(analysis.setting, batch=batch)
            at = Analysis(analysis.name, analysis.graph, setting)
            tried[batch] = peak(at), at
        return tried[batch][0]

    def found(batch: int) -> Fit:
        own = needed(batch) if batch else 0
        return Fit(batch, own, needed(batch + 1), tried[max(1, batch)][1])

    low, high = 0, LARGEST_BATCH + 1
    rest = _at_rest(analysis, peak)
    sample = number(analysis.total.activation_bytes, analysis.graph.nodes[0])
    before, last = (0, rest), (analysis.setting.batch, rest + sample)
    while high - low > 1:
        guess = high
        if last[1] != before[1]:
            steps = (memory - last[1]) * (last[0] - before[0])
            guess = last[0] + steps // (last[1] - before[1])
        if len(tried) > STRAIGHT and len(tried) % 2:
            guess = (low + high) // 2
        guess = max(low + 1, min(guess, high - 1))
        before, last = last if tried else before, (guess, needed(guess))
        low, high = (guess, high) if last[1] <= memory else (low, guess)
    return found(low)
