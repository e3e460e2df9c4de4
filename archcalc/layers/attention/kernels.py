"""Attention as torch runs it on the CPU: what each kernel makes, keeps and frees.

`Written` is attention written out: a product, a softmax, a product. The other two are
what `F.scaled_dot_product_attention` runs: `Fused` reads keys and values in tiles and
never has all scores; `Unfused` has them, in float32 at least. Which of the two runs
depends on the arguments (`sdp_utils_cpp.cpp` of torch 2.13).
"""

from __future__ import annotations

from typing import ClassVar

from archcalc.layers.attention.heads import Heads, swapped
from archcalc.layers.base import Extra, Saved
from archcalc.layers.records.kept import NOT_YET
from archcalc.layers.records.running import Replay
from archcalc.layers.records.strides import Laid
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim

PACKED = "queries, keys and values"
WHAT = ("queries", "keys", "values")
WEIGHTS = "attention weights"
NOISE, LEFT = "noise of dropped weights", "weights that are left"
HIDDEN = "hidden tokens"
MASK = "mask in the run's format"
APART, OUTPUT = "heads before they are joined", "output"
SUMS = "logarithms of sums"
FOUR = 4


class Asked(NamedTuple):
    """How attention was called: with a mask, hidden tokens, a scale, dropout.

    `mask` are the values of a mask of a sample, None without one, `learned` says
    that it gets a gradient. `square`: later tokens are hidden and nothing else, of as
    many queries as keys.
    """

    mask: Dim | None
    learned: bool
    hides: bool
    square: bool
    scale: bool
    dropout: bool


class Kernel:
    """One way of running attention: its forward pass, replayed."""

    name: ClassVar[str]
    upcasts: ClassVar[bool] = False

    def __init__(self, heads: Heads, asked: Asked) -> None:
        self.heads = heads
        self.asked = asked
        self.run = heads.run
        self.drops = asked.dropout and self.run.training
        self.width = FOUR if self.upcasts and self.run.narrow else None
        self.replay = Replay()
        self.forward()

    def forward(self) -> None:
        """Replay the forward pass."""
        raise NotImplementedError

    def result(self) -> Laid | None:
        """Return how heads of the result lie: batch, lead, heads, tokens, width."""
        return self.heads.result()

    def inputs(self) -> tuple[int, ...]:
        """Return the positions of the inputs whose storages stay for backward."""
        held = (i for i, what in enumerate(self.holders()) if what is None)
        needed = filter(lambda place: self.needed(WHAT[place]), held)
        return tuple(sorted({self.heads.position(place) for place in needed}))

    def holders(self) -> tuple[str | None, ...]:
        """Return the names of what has queries, keys and values; None for an input."""
        kept = self.replay.kept
        if PACKED in kept:
            return (PACKED,) * 3
        return tuple(
            next((name for name in kept if name.endswith(what)), None) for what in WHAT
        )

    def saved(self) -> Saved:
        """Return what is kept for backward."""
        casts = self.upcasts and self.run.laid is None
        kept = tuple(self.replay.kept.values())
        return Saved(self.inputs(), extras=kept, upcasts=casts, together=True)

    def workspace(self) -> list[list[Extra]]:
        """Return what lives beside inputs and output after each operation."""
        less = Extra(NOT_YET, each=-self.heads.output)
        moments = []
        for alive in self.replay.moments:
            beside = [extra for extra in alive if extra.what != OUTPUT]
            moments.append(beside if len(beside) < len(alive) else [*alive, less])
        return moments

    # -- parts of a forward pass -------------------------------------------------------

    def make(self, what: str, values: Dim, keep: bool = False) -> None:
        """Make a tensor of the width of this kernel."""
        self.replay.make(Extra(what, each=values, width=self.width))
        if keep:
            self.keep(what)

    def keep(self, *names: str) -> None:
        """Keep tensors that a gradient needs."""
        if self.run.keeps:
            self.replay.keep(*filter(self.needed, names))

    def needed(self, name: str) -> bool:
        """Say whether some gradient needs a tensor; the partner of a factor does."""
        values, scores = self.heads.differs(2), self.of_scores()
        if name == WEIGHTS:
            return scores or (values and not self.drops)
        if name == LEFT:
            return values
        if name == PACKED:
            return scores or values
        place = next((i for i, what in enumerate(WHAT) if name.endswith(what)), 2)
        return scores if place == 2 else self.heads.differs(1 - place)

    def of_scores(self) -> bool:
        """Say whether scores get a gradient."""
        heads = self.heads
        return heads.differs(0) or heads.differs(1) or self.asked.learned

    def next(self, now: str, what: str) -> str:
        """Make scores anew out of scores; return their name."""
        self.make(what, self.heads.scores)
        self.replay.free(now)
        return what

    def cache(self, place: int, what: str) -> None:
        """Put keys or values behind a cache of them."""
        heads, groups = self.heads, self.heads.found.groups
        if heads.past is None:
            return
        few = heads.lead * groups * heads.width(place) * heads.past
        cached = Extra(f"cached {WHAT[place]}", each=few)
        self.replay.make(cached)
        self.replay.make(Extra(what, each=heads.values(place, groups)))
        self.replay.free(cached.what)

    def drop(self) -> str:
        """Drop weights in training; return the name of those that are left."""
        if not self.drops:
            return WEIGHTS
        for what in (NOISE, LEFT):
            one = Extra(what, each=self.heads.scores, width=self.width, training=True)
            self.replay.make(one)
            self.keep(what)
        return LEFT

    def see(self) -> None:
        """Make the mask that torch's attention is given, unless it is an input."""
        if not self.asked.hides or self.asked.square:
            return
        size = self.heads.found.queries * self.heads.found.keys
        self.replay.make(Extra(HIDDEN, once=size, width=1))
        if self.asked.mask is not None:
            if self.asked.learned:
                self.keep(HIDDEN)
            self.replay.make(Extra(MASK, each=self.asked.mask))
            self.replay.free(HIDDEN)
        else:
            self.replay.make(Extra(MASK, once=size))

    @property
    def made(self) -> str:
        """What the heads of the result are, which may be a view of the output."""
        return APART if self.heads.copies_result(self.result()) else OUTPUT

    def join(self) -> None:
        """Set the heads of the result side by side."""
        if self.made == APART:
            self.replay.make(Extra(OUTPUT, each=self.heads.output))


class Written(Kernel):
    """Attention written out, in the format of the run."""

    name = "written out"

    def forward(self) -> None:
        heads, replay = self.heads, self.replay
        self.set_apart()
        now = "products"
        self.make(now, heads.scores)
        if self.asked.scale:
            now = self.next(now, "scores")
        if self.asked.mask is not None:
            now = self.next(now, "scores with a mask")
        if self.asked.hides:
            size = heads.found.queries * heads.found.keys
            replay.make(Extra(HIDDEN, once=size, width=1))
            self.keep(HIDDEN)
            now = self.next(now, "scores without hidden tokens")
            replay.free(HIDDEN)
        self.make(WEIGHTS, heads.scores, keep=True)
        left = self.drop()
        self.make(self.made, heads.output)
        replay.free(WEIGHTS, NOISE, left)
        self.join()

    def set_apart(self) -> None:
        """Copy heads so that each lies in a row."""
        heads = self.heads
        if heads.plain:
            if not heads.packed_in_a_row():
                self.make(PACKED, 3 * heads.values(0), keep=True)
            return
        for place, what in enumerate(WHAT):
            if heads.is_new(place):
                whole = f"all {what}" if heads.repeated else what
                self.cache(place, whole)
                if heads.repeated:
                    self.make(what, heads.values(place))
                    self.replay.free(whole)
            elif not heads.in_a_row(place):
                self.make(what, heads.values(place))
            if what in self.replay.alive:
                self.keep(what)


class Fused(Kernel):
    """The kernel that keeps a number for each query and head in place of scores."""

    name = "fused"

    def forward(self) -> None:
        heads, replay = self.heads, self.replay
        for place in (1, 2):
            self.cache(place, WHAT[place])
            if heads.past is not None:
                self.keep(WHAT[place])
        self.see()
        if MASK in replay.alive:
            self.keep(MASK)
        sums = heads.lead * heads.count * heads.found.queries
        width = None if self.run.wide else FOUR
        result = Extra(self.made, each=heads.output)
        replay.make(Extra(SUMS, each=sums, width=width), result)
        self.keep(SUMS)
        if self.made == APART:
            self.keep(APART)
        replay.free(SUMS, MASK, HIDDEN)
        self.join()

    def result(self) -> Laid | None:
        laid = self.heads.laid(0)
        return None if laid is None else laid.compact()

    def needed(self, name: str) -> bool:
        """All is kept as soon as one of the inputs gets a gradient."""
        return True

    @property
    def made(self) -> str:
        return OUTPUT if self.run.laid is None else super().made

    def saved(self) -> Saved:
        saved = super().saved()
        reads = self.asked.mask is not None and not self.asked.hides
        mask = (len(self.heads.inputs) - 1,) if reads else ()
        inputs, kept = (*saved.inputs, *mask), self.made == OUTPUT
        return saved._replace(inputs=inputs, output=kept)


class Unfused(Kernel):
    """What `F.scaled_dot_product_attention` does where it takes no fused kernel."""

    name = "unfused"
    upcasts = True

    def forward(self) -> None:
        heads, replay = self.heads, self.replay
        for place in (1, 2):
            self.cache(place, f"all {WHAT[place]}")
        callers = set(replay.alive)
        self.see()
        now = self.multiply()
        self.make(WEIGHTS, heads.scores, keep=True)
        replay.free(now)
        self.drop()
        if self.width:
            replay.make(Extra("weights in the run's format", each=heads.scores))
        self.value()
        made = "float32 result" if self.width else self.made
        self.make(made, heads.output)
        replay.free("copy of values")
        if self.width:
            replay.make(Extra(self.made, each=heads.output))
        replay.free(*set(replay.alive) - callers - {self.made})
        self.join()

    def multiply(self) -> str:
        """Multiply queries and keys; return the name of the scores with their mask."""
        heads, replay = self.heads, self.replay
        if self.width:
            for place, what in enumerate(WHAT):
                groups = heads.found.groups if place else None
                self.make(f"float32 copy of {what}", heads.values(place, groups))
        self.make("scaled queries", heads.values(0))
        if self.asked.square:
            size = heads.found.queries * heads.found.keys
            replay.make(Extra(MASK, once=size, width=self.width))
        if heads.repeated:
            for place in (1, 2):
                self.make(f"repeated {WHAT[place]}", heads.values(place))
        self.make("scaled keys", heads.values(1))
        made = []
        for place in (0, 1):
            scaled, copy = f"scaled {WHAT[place]}", f"copy of {WHAT[place]}"
            if not heads.merges(self.scaled(place), place):
                self.make(copy, heads.values(place))
                scaled = copy
            made.append(scaled)
        self.make("products", heads.scores)
        self.keep(*made)
        replay.free("copy of queries", "copy of keys", "scaled keys")
        if self.asked.mask is not None or self.asked.hides:
            return self.next("products", "scores with a mask")
        return "products"

    def scaled(self, place: int) -> Laid | None:
        """Return how queries or keys lie that were multiplied; of keys, transposed."""
        heads = self.heads
        laid = heads.laid(place)
        if laid is None:
            return None
        if place and (heads.repeated or heads.past is not None):
            laid = heads.anew(place, not heads.repeated)
            assert laid is not None
        return (swapped(laid, 1, 2) if place else laid).compact()

    def value(self) -> None:
        """Copy values so that batch and heads are one axis, or keep them."""
        heads = self.heads
        laid = heads.laid(2)
        if laid is not None and heads.is_new(2):
            laid = heads.anew(2, not heads.repeated)
        elif laid is not None and self.width:
            laid = laid.compact()
        if not heads.merges(laid, 2):
            self.make("copy of values", heads.values(2), keep=True)
            return
        names = ("repeated values", "float32 copy of values", "all values")
        found = [name for name in names if name in self.replay.alive]
        self.keep(*found[:1])
