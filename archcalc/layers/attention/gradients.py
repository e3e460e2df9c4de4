"""The backward pass of attention, replayed: what it needs for a moment."""

from __future__ import annotations

from archcalc.layers.attention.heads import swapped
from archcalc.layers.attention.kernels import (
    HIDDEN,
    LEFT,
    NOISE,
    WEIGHTS,
    WHAT,
    Fused,
    Kernel,
    Unfused,
)
from archcalc.layers.base import Extra, numel
from archcalc.layers.records.running import Replay
from archcalc.layers.records.strides import Laid
from archcalc.sizes.dims import Dim, same

GIVEN = "gradient of the output"
OF = tuple(f"gradient of {what}" for what in WHAT)


def back(kernel: Kernel) -> list[list[Extra]]:
    """Return what lives beyond what is kept and the gradients at both ends."""
    if kernel.run.laid is None or not kernel.run.keeps:
        return []
    heads = kernel.heads
    if isinstance(kernel, Fused):
        if heads.past is None:
            return []
        few = heads.lead * heads.found.groups * heads.past
        each = few * (heads.found.width + heads.found.depth)
        return [[Extra("gradients of cached keys and values", each=each)]]
    return Backward(kernel).moments()


class Backward:
    """Goes back from the output to queries, keys and values, then to the inputs."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel, self.heads, self.run = kernel, kernel.heads, kernel.run
        self.width = kernel.width
        self.replay = Replay()
        self.scaled_first = isinstance(kernel, Unfused)
        """Whether queries and keys were scaled, and not their products."""

    def moments(self) -> list[list[Extra]]:
        """Return what lives at each moment, less what is there all the time."""
        held = [
            Extra(f"input {i}", each=numel(self.heads.inputs[i]))
            for i in self.kernel.inputs()
        ]
        given = Extra(GIVEN, each=self.heads.output)
        start = [*self.kernel.replay.kept.values(), *held, given]
        ends = [
            Extra("gradient of an input", each=numel(shape))
            for place, shape in enumerate(self.heads.inputs)
            if self.run.gives_gradient(place)
        ]
        less = [e._replace(each=-e.each, once=-e.once) for e in (*start, *ends)]
        self.replay.alive.update({e.what: e for e in start})
        self.of_result()
        if self.kernel.of_scores():
            self.of_scores()
        self.of_factors()
        return [[*alive, *less] for alive in self.replay.moments]

    def make(self, what: str, values: Dim) -> None:
        self.replay.make(Extra(what, each=values, width=self.width))

    def free(self, *names: str) -> None:
        self.replay.free(*names)

    def again(self, what: str, values: Dim) -> None:
        """Make a gradient anew out of itself."""
        self.free("before")
        self.replay.alive["before"] = self.replay.alive.pop(what)
        self.make(what, values)
        self.free("before")

    def holder(self, place: int) -> str:
        """Return the name of what has queries, keys or values."""
        position = self.heads.position(place)
        return self.kernel.holders()[place] or f"input {position}"

    def of_result(self) -> None:
        """Go back through the product of weights and values."""
        heads = self.heads
        if self.width:
            self.make("gradient in float32", heads.output)
            self.free(GIVEN)
        result = heads.result()
        assert result is not None
        axes = len(result.sizes)
        joined = Laid.anew(swapped(result, 2, 3).sizes)
        if swapped(joined, 2, 3).joined(0, axes - 3) is None:
            self.make("gradient of heads", heads.output)
            self.free(GIVEN, "gradient in float32")
        if self.heads.differs(2):
            self.make(OF[2], heads.values(2))
        if self.kernel.of_scores():
            self.make("gradient of weights", heads.scores)
        self.free(GIVEN, "gradient in float32", "gradient of heads", LEFT)
        if self.holder(2) not in (self.holder(0), self.holder(1)):
            self.free(self.holder(2))

    def of_scores(self) -> None:
        """Go back through dropout, softmax, what is hidden, the mask and the scale."""
        heads, asked, now = self.heads, self.kernel.asked, "gradient of weights"
        if self.kernel.drops:
            self.again(now, heads.scores)
            self.free(NOISE)
        self.again(now, heads.scores)
        self.free(WEIGHTS)
        if asked.hides and not self.scaled_first:
            self.again(now, heads.scores)
            self.free(HIDDEN)
        shared = self.of_mask()
        if asked.scale and not self.scaled_first:
            self.replay.alive["of scaled products"] = self.replay.alive[now]
            self.make(now, heads.scores)
            if not shared:
                self.free("of scaled products")

    def of_mask(self) -> bool:
        """Give the mask its gradient; say whether it is that of the scores."""
        mask = len(self.heads.inputs) - 1
        if not self.kernel.asked.learned:
            return False
        size = numel(self.heads.inputs[mask])
        if same(size, self.heads.scores) and not self.width:
            return True
        self.replay.make(Extra("gradient of the mask", each=size))
        return False

    def of_factors(self) -> None:
        """Go back through the product of queries and keys, and what made them."""
        heads = self.heads
        for place in (1, 0):
            if self.heads.differs(place):
                self.make(OF[place], heads.values(place))
        self.free("gradient of weights")
        self.free(self.holder(0), self.holder(1))
        groups = heads.found.groups
        if self.scaled_first:
            self.each(heads.count, 1)
        if heads.repeated:
            self.each(groups, 2, 1)
        if self.scaled_first:
            self.each(groups, 0)
        if self.width:
            self.width = None
            self.each(groups, 2, 1, 0)
        self.of_inputs()

    def each(self, groups: Dim, *places: int) -> None:
        """Make gradients anew, those of keys and values with so many heads."""
        for place in places:
            if self.heads.differs(place):
                count = groups if place else self.heads.count
                self.again(OF[place], self.heads.values(place, count))

    def of_inputs(self) -> None:
        """Set the heads of gradients side by side, and put them together."""
        heads = self.heads
        if heads.plain:
            if self.heads.differs(0):
                self.make("gradients stacked", 3 * heads.values(0))
                self.free(*OF)
                self.again("gradients stacked", 3 * heads.values(0))
            return
        for place in filter(heads.differs, (2, 1, 0)):
            shape = heads.inputs[heads.position(place)]
            size = numel(shape) if heads.apart else self.part(place)
            self.again(OF[place], size)
        if not heads.apart and self.heads.differs(0):
            self.make("gradients put together", numel(heads.inputs[0]))

    def part(self, place: int) -> Dim:
        """Return the values of one of three parts that lie side by side."""
        found, count = self.heads.found, self.heads.count
        groups = found.groups if place else count
        return self.heads.lead * groups * found.queries * self.heads.width(place)
