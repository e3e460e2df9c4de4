"""A model that grows layer by layer, each with its place in the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from archcalc.errors import ShapeError, SourceError, nearest
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Shape
from archcalc.layers.fields import FieldError
from archcalc.limits import Limits
from archcalc.readers.model import UNKNOWN, Model, Op
from archcalc.sizes.dims import assuming
from archcalc.source.text import Text

WRONG_FILE = "AC592"


class Growing:
    """A model and the text that it is read from.

    `add` appends a layer and infers its sizes by our own rules. `line` is the line that
    is read now: every error names it. `within` names the modules around a layer.
    """

    def __init__(self, text: Text, name: str, limits: Limits) -> None:
        self.text = text
        self.model = Model(name)
        self.limits = limits
        self.line = 1
        self.within: tuple[str, ...] = ()

    def wrong(self, message: str, help: str | None = None) -> NoReturn:
        """Raise the error of what the current line says."""
        place = self.text.place(self.line, 1)
        raise SourceError.of(WRONG_FILE, message, place=place, help=help)

    def known(self, what: str, name: str, names: Sequence[str]) -> None:
        """Raise for a name that is not among those that are known."""
        if name not in names:
            help = nearest(name, names) or f"known: {', '.join(names)}"
            self.wrong(f"no rule knows the {what} {name!r}", help)

    def input(self, shape: Shape, name: str = "input") -> int:
        """Append an input of the network."""
        return self.model.add(Op("input", {}, (), shape, (name,)))

    def shape(self, at: int) -> Shape:
        """Return the sizes of what an operator gives, without the batch."""
        return self.model.ops[at].shape

    def add(self, kind: str, inputs: Sequence[int], name: str = "", **args: Any) -> int:
        """Append a layer; return its number."""
        if len(self.model.ops) >= self.limits.nodes:
            self.wrong(f"more than {self.limits.nodes:,} layers", "--limit nodes=N")
        shapes = [self.shape(at) for at in inputs]
        try:
            with assuming():  # of sizes that are names, as the graph does
                shape = CATALOGUE[kind](**args).shape(*shapes)
        except (FieldError, ShapeError) as error:
            said = error.message if isinstance(error, FieldError) else str(error)
            self.wrong(said.partition("\n")[0])
        path = (*self.within, name) if name else self.within
        return self.model.add(Op(kind, args, tuple(inputs), shape, path))

    def unknown(
        self, what: str, inputs: Sequence[int], shape: Shape, learned: int = 0
    ) -> int:
        """Append an operator of which only the sizes are known."""
        args: dict[str, Any] = {"op": what, "sizes": shape}
        if learned:
            args["learned"] = learned
        return self.model.add(
            Op(UNKNOWN, args, tuple(inputs), shape, self.within, what)
        )
