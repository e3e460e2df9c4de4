"""How a layer runs in a network, and what lives after each of its operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from archcalc.layers.records.kept import Extra
from archcalc.records import NamedTuple

if TYPE_CHECKING:
    from archcalc.layers.records.strides import Laid


class Run(NamedTuple):
    """What a layer is told of the run that it is part of.

    `laid` says how its inputs lie in memory, with the batch; None where nobody knows.
    `differs` says which inputs get a gradient, all of them where it is empty.
    `training` is whether values are dropped, `keeps` whether backward follows. `width`
    are the bytes of a value, `wide` whether that is more than four.
    """

    laid: tuple[Laid, ...] | None = None
    differs: tuple[bool, ...] = ()
    training: bool = True
    keeps: bool = True
    narrow: bool = False
    wide: bool = False

    def gives_gradient(self, position: int) -> bool:
        """Say whether an input gets a gradient."""
        return self.differs[position] if self.differs else True


Told = TypeVar("Told")


def told(layer: Told, run: Run) -> Told:
    """Return a layer that knows how it runs."""
    found = object.__new__(type(layer))
    found.__dict__.update(layer.__dict__, run=run)
    return found


class Replay:
    """Tensors that an operation after another makes and frees.

    `moments` are the lists of what lived after each was made. What is in `kept` is for
    the backward pass, and stays where it is freed.
    """

    def __init__(self) -> None:
        self.alive: dict[str, Extra] = {}
        self.kept: dict[str, Extra] = {}
        self.moments: list[list[Extra]] = []

    def make(self, *made: Extra) -> None:
        """Make tensors at once."""
        self.alive.update({extra.what: extra for extra in made})
        self.moments.append(list(self.alive.values()))

    def keep(self, *names: str) -> None:
        """Keep tensors for the backward pass."""
        self.kept.update({name: self.alive[name] for name in names})

    def free(self, *names: str) -> None:
        """Free tensors that exist and are not kept."""
        for name in names:
            if name not in self.kept:
                self.alive.pop(name, None)
