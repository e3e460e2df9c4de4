"""What a convention may weigh: a quantity of one layer with its input shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archcalc.layers.base import Shape, Work
from archcalc.records import NamedTuple, dataclass
from archcalc.sizes.dims import Dim


class View(NamedTuple):
    """One layer, the shapes of its inputs and output, its work by kind, the batch.

    Shapes and work are those of one sample.
    """

    layer: Any
    inputs: tuple[Shape, ...]
    output: Shape
    work: Work
    batch: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """A quantity of a view, and how tables write it.

    It is that of one sample, or with `whole` that of the batch: what a tool counts once
    whatever the batch, or rounds once a batch. `about` says what it is.
    """

    symbol: str
    of: Callable[[View], Dim]
    whole: bool = False

    def __call__(self, view: View) -> Dim:
        return self.of(view)

    @property
    def about(self) -> str:
        """What it is, in a sentence: the first of its function's docstring."""
        first, _, _ = (self.of.__doc__ or "").partition(".")
        return " ".join(first.removeprefix("Return ").split())


Weights = Mapping[Measure, int]


def weighed(view: View, weights: Weights) -> Dim:
    """Return the sum of measures over a batch, each as often as its weight says."""
    total: Dim = 0
    for one, weight in weights.items():
        each = one.of(view) * weight
        total = total + (each if one.whole else each * view.batch)
    return total
