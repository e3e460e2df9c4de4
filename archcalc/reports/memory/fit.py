"""The report of `archcalc fit`: the largest batch, its peak, and what is left."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.errors import UsageError
from archcalc.figures.memory.storages import number
from archcalc.network.analysis import Analysis
from archcalc.network.largest_batch import (
    inference_peak,
    largest_batch,
    read_size,
    training_peak,
)
from archcalc.network.network import Network
from archcalc.reports.cells import Column, Line, Note, Table
from archcalc.reports.memory.notes import (
    INFERENCE,
    at,
    checkpoint_note,
    kernel_note,
    training_definition,
)
from archcalc.reports.memory.summary import report
from archcalc.reports.report import Report

SLACK = (
    "A framework needs a few hundred MiB more: for its context on the device, for "
    "cuDNN's workspace, and for what its allocator cannot use."
)


def room(memory: str | int | None, card: str | None) -> tuple[int, str]:
    """Return the bytes of a memory or of a card, and what it is called.

    Raises `UsageError` AC547 unless one of them is given, AC546 for a text that is no
    size, AC543 for an unknown card.
    """
    from archcalc.figures.memory.devices import device

    if (memory is None) == (card is None):
        message = "fit needs a memory or a device"
        help = "--memory 24GiB or --device a100"
        raise UsageError.of("AC547", message, help=help)
    if card is not None:
        found = device(card)
        return found.memory, found.title
    if isinstance(memory, int):
        return memory, "memory"
    return read_size(memory or ""), "memory"


def fit_report(
    network: Network, analysis: Analysis, memory: int, where: str, training: bool = True
) -> Report:
    """Return the largest batch that fits into so many bytes, and what is left."""
    peak = training_peak if training else inference_peak
    found = largest_batch(analysis, memory, peak)
    columns = (
        Column("figure", "figure", "name"),
        Column("value", "value", "value"),
        Column("binary", "binary", "bytes", unit="B", binary=True),
    )
    lines = [Line(("largest batch", found.batch, None), path="batch", kinds="count")]
    sizes = [(where, memory), (f"peak with batch {found.batch + 1}", found.next_peak)]
    if found.batch:
        sizes[1:1] = [
            (f"peak with batch {found.batch}", found.peak),
            ("left", memory - found.peak),
        ]
    lines += [Line((title, n, n), path=title, kinds="bytes") for title, n in sizes]
    notes = [*_counted(found.analysis, training), _where(found.analysis, training)]
    if found.batch:
        notes.append(Note(SLACK))
    else:
        notes.append(_missing(found.analysis, training, found.next_peak - memory))
    return report(network, found.analysis, [Table("", columns, tuple(lines))], notes)


def _counted(analysis: Analysis, training: bool) -> Iterator[Note]:
    """Yield what the peak counts."""
    if training:
        yield training_definition(analysis)
        yield from checkpoint_note(analysis)
    else:
        yield Note(f"{INFERENCE} Here the weights are added.", "definition")
    yield from kernel_note(analysis)


def _where(analysis: Analysis, training: bool) -> Note:
    memory = analysis.memory
    timeline = memory.training.timeline if training else memory.inference
    return Note(f"The peak is at the {at(analysis, timeline)}.")


def _missing(analysis: Analysis, training: bool, missing: int) -> Note:
    """Return how much more one sample needs, and what any batch does."""
    sizes = analysis.memory.static if training else analysis.memory.static[:2]
    held = sum(number(size, analysis.graph.nodes[0]) for size in sizes)
    named = ", buffers, gradients of weights and the optimizer's state"
    return Note(
        f"A batch of one sample does not fit: {missing:,} bytes are missing. "
        f"Parameters{named if training else ' and buffers'} take {held:,} bytes, "
        "whatever the batch."
    )
