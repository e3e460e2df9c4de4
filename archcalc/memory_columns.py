"""Columns of memory, shares and receptive fields for the table of a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from archcalc.analysis import Analysis, Row
from archcalc.dims import Dim
from archcalc.memory_figures import disk, peak, saved
from archcalc.receptive import Fields, receptive_fields
from archcalc.report import Column
from archcalc.roofline import load

COLUMNS = (
    Column("start", "start", "shape"),
    Column("jump", "jump", "shape"),
    Column("faked", "faked", "shape"),
    Column("peak", "peak", "bytes", unit="B"),
    Column("saved", "saved", "bytes", unit="B"),
    Column("keeps", "keeps", "text"),
    Column("disk", "disk", "bytes", unit="B"),
    Column("moved", "moved", "bytes", unit="B"),
    Column("intensity", "FLOP/B", "count", unit="FLOP/B"),
    Column("params_share", "of params", "percent"),
    Column("weights_share", "of weights", "percent"),
    Column("macs_share", "of MACs", "percent"),
    Column("activations_share", "of activ.", "percent"),
    Column("saved_share", "of saved", "percent"),
)
DEFINITIONS = {
    "start": "start: the first input position that the first output position sees.",
    "jump": "jump: input positions between the fields of neighbouring outputs.",
    "faked": (
        "faked: how much of the first output's field lies off the input: padding."
    ),
    "peak": (
        "peak: bytes of activations that live while the row runs in inference, an "
        "output freed after its last reader."
    ),
    "saved": (
        "saved: bytes that training keeps for backward, parameters apart; a tensor "
        "that several layers keep counts at the first."
    ),
    "keeps": "keeps: what backward needs of each layer, by PyTorch's rules.",
    "disk": "disk: parameters and buffers in the dtype.",
    "moved": "moved: inputs and weights read and the output written once, in bytes.",
    "intensity": (
        "FLOP/B: operations a byte moved; a bound on what a device can reach, not a "
        "latency."
    ),
    "share": "of …: the share of the network's total, side heads apart.",
}
SHARES = {
    "params_share": "params",
    "weights_share": "weights",
    "macs_share": "macs",
    "activations_share": "activations",
}
MOST_NAMED = 4
"""A row of more operations does not list what each keeps."""
OF_NODES = ("receptive_field", "start", "jump", "faked", "keeps")
"""Columns of single nodes, which have no total."""
Cells = Callable[[Row], Any]


def cells(key: str, analysis: Analysis) -> Cells | None:
    """Return what gives a column's cell for a row, or None for a column of others."""
    if key in SHARES:
        return _share(analysis, SHARES[key])
    rule = RULES.get(key)
    return rule(analysis) if rule else None


def per_axis(values: Sequence[Any] | None) -> Any:
    """Return one number where all axes have the same, `all` for every position."""
    if values is None:
        return "all"
    return values[0] if len(set(values)) == 1 else tuple(values)


def _share(analysis: Analysis, figure: str) -> Cells:
    whole = getattr(analysis.total, figure)

    return lambda row: ratio(getattr(row.figures, figure), whole)


def ratio(part: Dim, whole: Dim) -> Fraction | None:
    """Return a share, None where the whole is nothing or not a number."""
    if isinstance(part, int) and isinstance(whole, int) and whole:
        return Fraction(part, whole)
    return None


def _of_fields(pick: Callable[[Fields, list[int]], Any]) -> Callable[[Analysis], Cells]:
    """Return a column of the receptive field of the node that leaves a row."""

    def rule(analysis: Analysis) -> Cells:
        fields = receptive_fields(analysis.graph)
        shape = analysis.graph.nodes[analysis.graph.inputs[0]].shape

        def cell(row: Row) -> Any:
            found = fields[row.output]
            sizes = [n for n in shape[1:] if isinstance(n, int)]
            return per_axis(pick(found, sizes) if found else None)

        return cell

    return rule


def _summed(
    figure: Callable[[Analysis, Row | None], Any],
) -> Callable[[Analysis], Cells]:
    return lambda analysis: lambda row: figure(analysis, row)


def _intensity(analysis: Analysis) -> Cells:
    return lambda row: load(analysis, row.nodes).intensity


def _moved(analysis: Analysis) -> Cells:
    return lambda row: load(analysis, row.nodes).moved


def _keeps(analysis: Analysis) -> Cells:
    kept = analysis.memory.kept

    def cell(row: Row) -> str | None:
        if row.kind == "head" or len(row.nodes) > MOST_NAMED:
            return None
        words = [kept[i].words for i in row.nodes if i in kept]
        return "; ".join(filter(None, words)) or "nothing"

    return cell


def _saved_share(analysis: Analysis) -> Cells:
    return lambda row: ratio(saved(analysis, row), saved(analysis))


RULES: dict[str, Callable[[Analysis], Cells]] = {
    "receptive_field": _of_fields(lambda fields, _: [f.size for f in fields or ()]),
    "start": _of_fields(lambda fields, _: [f.start for f in fields or ()]),
    "jump": _of_fields(lambda fields, _: [f.jump for f in fields or ()]),
    "faked": _of_fields(
        lambda fields, sizes: [
            f.faked(n) for f, n in zip(fields or (), sizes, strict=True)
        ]
    ),
    "peak": _summed(peak),
    "saved": _summed(saved),
    "disk": _summed(disk),
    "keeps": _keeps,
    "moved": _moved,
    "intensity": _intensity,
    "saved_share": _saved_share,
}
