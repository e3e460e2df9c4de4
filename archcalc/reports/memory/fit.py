"""The report of `archcalc fit`: the largest batch, its peak, and what is left."""

from __future__ import annotations

from archcalc.errors import UsageError
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
    notes = list(_notes(found.analysis, training, bool(found.batch)))
    return report(network, found.analysis, [Table("", columns, tuple(lines))], notes)


def _notes(analysis: Analysis, training: bool, fits: bool) -> list[Note]:
    if not fits:
        return [Note("A batch of one sample does not fit.")]
    if not training:
        about = Note(f"{INFERENCE} Here the weights are added.", "definition")
        return [about, *kernel_note(analysis)]
    timeline = analysis.memory.training.timeline
    peak = Note(f"The peak is at the {at(analysis, timeline)}.")
    slack = Note(
        "A framework needs a few hundred MiB more: for its context on the device, for "
        "cuDNN's workspace, and for what its allocator cannot use."
    )
    notes = [training_definition(analysis), *checkpoint_note(analysis)]
    return [*notes, *kernel_note(analysis), peak, slack]
