"""What a convention is: a name, what it says of itself, and its rules as data.

A rule is a row: kinds of layer, and how often each measure counts for them. `REST`
speaks of every kind that no row names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.measure import View, Weights
from archcalc.records import dataclass, field

Unit = Literal["MAC", "FLOP"]
REST = "*"
MADE = "made"
"""Layers whose weight is made of others: tools may not know their modules."""
MATRICES = "conv dwconv deconv fc linear"
POOLS = "maxpool avgpool gap adaptive_avgpool adaptive_maxpool"
ENLARGING = "upsample resize"


def rules(table: Mapping[str, Weights]) -> dict[str, Weights]:
    """Return one entry for each kind of layer that the rows name."""
    return {key: row for keys, row in table.items() for key in keys.split()}


JUST_MACS = rules({REST: {m.mac: 1}})
ALL_PARAMS = rules({REST: {m.trainable: 1}})


@dataclass(frozen=True, slots=True)
class Spelling:
    """Another way of writing the same layers in torch, which a tool counts otherwise.

    `written` completes "If it is written with". `fits` says which layers can be written
    so, and `operations` how they count then; other layers count as always.
    """

    written: str
    fits: Callable[[View], bool]
    operations: Mapping[str, Weights]


@dataclass(frozen=True, slots=True)
class Convention:
    """One way of counting.

    `operations` are counted in `unit`, None where it has none; `params` are those that
    it reports. `brief` is a sentence, `about` a paragraph on what it counts and what it
    gets wrong; `source` says which version was read and run. `spellings` are ways of
    writing the same layers that the tool counts otherwise. `counts_training`: the tool
    counts a backward pass too, and takes the gradient of grouped weights as if there
    were no groups.
    """

    name: str
    unit: Unit | None
    brief: str
    about: str
    operations: Mapping[str, Weights]
    params: Mapping[str, Weights] = field(default_factory=lambda: ALL_PARAMS)
    source: str = ""
    counts_training: bool = False
    spellings: tuple[Spelling, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether it counts multiply-accumulates and trainable parameters alone."""
        return self.operations is JUST_MACS and self.params is ALL_PARAMS

    @property
    def counts_operations(self) -> bool:
        """Whether its operations may differ from multiply-accumulates."""
        return self.unit is not None and self.operations != JUST_MACS

    @property
    def counts_batches(self) -> bool:
        """Whether it may count or round something once a batch."""
        return any(one.whole for row in self.operations.values() for one in row)

    @property
    def counts_params(self) -> bool:
        """Whether its parameters may differ from the trainable ones."""
        return self.params != ALL_PARAMS
