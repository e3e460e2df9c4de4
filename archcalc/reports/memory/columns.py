"""Columns of memory, shares and receptive fields for the table of a network.

Their cells are in `reports/memory/cells.py`, loaded for a table that shows one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.reports.cells import Cells, Column

if TYPE_CHECKING:
    from archcalc.network.analysis import Analysis

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
    "disk": "disk: parameters and buffers in their number format.",
    "moved": "moved: inputs and weights read and the output written once, in bytes.",
    "intensity": (
        "FLOP/B: operations a byte moved; a bound on what a device can reach, not a "
        "latency."
    ),
    "share": "of …: the share of the network's total, side heads apart.",
}
OF_NODES = ("receptive_field", "start", "jump", "faked", "keeps")
"""Columns of single nodes, which have no total."""
HERE = frozenset(column.key for column in COLUMNS) | {"receptive_field"}
"""Columns whose cells are made in `reports/memory/cells.py`."""


def cells(key: str, analysis: Analysis) -> Cells | None:
    """Return what gives a column's cell for a row, or None for a column of others."""
    if key not in HERE:
        return None
    from archcalc.reports.memory.cells import RULES, SHARES, share

    return share(analysis, SHARES[key]) if key in SHARES else RULES[key](analysis)
