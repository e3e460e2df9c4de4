"""How the counting changed: one row for each time that a figure became another.

An entry of a lock file has the version of the counting that it was made with (`CURRENT`
of that time). So a new way to count a figure is not taken for a changed network. A
layer whose rules or torch record change says so by `counted_since`, and a new row here
says since when, of which figures, and why.
"""

from __future__ import annotations

from archcalc.graph.graph import Graph
from archcalc.records import NamedTuple


class Counting(NamedTuple):
    """A version of the counting: its first day, the figures that changed, and why.

    `structure` among the figures is the fingerprint of a lock file.
    """

    number: int
    since: str
    figures: tuple[str, ...] = ()
    about: str = ""


COUNTINGS = (
    Counting(1, "2026-11-21"),
    Counting(
        2,
        "2026-11-29",
        ("structure", "buffers", "disk", "saved", "peak", "training"),
        "attention runs as torch's kernels run it, which keep fewer bytes; the index "
        "of positions in windows is a buffer",
    ),
    Counting(
        3,
        "2026-11-29",
        ("saved", "peak", "training"),
        "recurrent layers keep what torch's kernels keep, with oneDNN's workspace; the "
        "backward pass of local response norm is counted",
    ),
)
FIRST, CURRENT = COUNTINGS[0].number, COUNTINGS[-1].number


def recounted(graph: Graph, counting: int) -> list[Counting]:
    """Return the changes since a counting that concern a layer of a network."""
    found = {number for node in graph.nodes for number in node.layer.counted_since}
    return [one for one in COUNTINGS if counting < one.number and one.number in found]


def told(changes: list[Counting], metric: str = "") -> list[str]:
    """Return what changed as sentences; with a `metric`, of that figure alone."""
    return [
        f"{', '.join(one.figures)}: counted differently since {one.since}; {one.about}"
        for one in changes
        if not metric or metric in one.figures
    ]
