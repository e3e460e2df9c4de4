"""Heads of attention: how many values they have, where they lie, what copies them."""

from __future__ import annotations

from archcalc.layers.base import Shape, is_one, numbers
from archcalc.layers.records.running import Run
from archcalc.layers.records.strides import Laid
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim, product


class Read(NamedTuple):
    """What attention reads: how many queries and keys, over which leading axes.

    `width` and `depth` are the features of a head of queries and of values, `groups`
    the heads of keys and values, `keys` those of the cache too.
    """

    lead: Shape
    queries: Dim
    keys: Dim
    width: Dim
    depth: Dim
    groups: Dim
    mask: Shape | None


class Heads:
    """Queries, keys and values (places 0, 1 and 2) of one attention.

    Where the run does not say how inputs lie, several samples that lie in a row are
    meant. `plain`: as many heads of all three lie side by side. `repeated`: keys and
    values have heads of their own, `past` of them stand in a cache.
    """

    def __init__(
        self,
        found: Read,
        heads: Dim,
        inputs: tuple[Shape, ...],
        run: Run,
        past: Dim | None,
        repeated: bool,
        plain: bool,
    ) -> None:
        self.found = found
        self.count = heads
        self.inputs = inputs
        self.run = run
        self.past = past
        self.repeated = repeated
        self.apart = len(inputs) > 2
        self.plain = plain
        self.lead = product(found.lead)
        self.scores = self.lead * heads * found.queries * found.keys
        self.output = self.lead * heads * found.queries * found.depth

    def tokens(self, place: int) -> Dim:
        """Return how many queries, keys or values there are."""
        return self.found.keys if place else self.found.queries

    def width(self, place: int) -> Dim:
        """Return the features of a head."""
        return self.found.depth if place == 2 else self.found.width

    def values(self, place: int, heads: Dim | None = None) -> Dim:
        """Return the values of all heads of a sample, or of so many."""
        count = self.count if heads is None else heads
        return self.lead * count * self.tokens(place) * self.width(place)

    def position(self, place: int) -> int:
        """Return which input has queries, keys or values."""
        return place if self.apart else 0

    def differs(self, place: int) -> bool:
        """Say whether queries, keys or values get a gradient."""
        return self.run.gives_gradient(self.position(place))

    def is_new(self, place: int) -> bool:
        """Say whether keys or values are repeated, or put behind a cache."""
        return place > 0 and (self.repeated or self.past is not None)

    def laid(self, place: int) -> Laid | None:
        """Return how heads lie as they come: batch, lead, heads, tokens, width."""
        if self.run.laid is None:
            return None
        x = self.run.laid[self.position(place)]
        groups, width = numbers(
            (self.found.groups if place else self.count, self.width(place))
        )
        *lead, tokens, _ = x.sizes
        *steps, step, inner = x.strides
        sizes, strides = (*lead, groups, tokens, width), (*steps, width * inner)
        return Laid(sizes, (*strides, step, inner))

    def anew(self, place: int, grouped: bool = False) -> Laid | None:
        """Return how heads lie that were written one after the other."""
        laid = self.laid(place)
        if laid is None:
            return None
        count, tokens = numbers(
            (self.found.groups if grouped else self.count, self.tokens(place))
        )
        return Laid.anew((*laid.sizes[:-3], count, tokens, laid.sizes[-1]))

    def in_a_row(self, place: int) -> bool:
        """Say whether heads lie one after the other as they come."""
        laid = self.laid(place)
        if laid is not None:
            return laid.in_a_row()
        one = is_one(self.found.groups if place else self.count)
        return self.apart and (one or is_one(self.tokens(place)))

    def packed_in_a_row(self) -> bool:
        """Say whether all queries lie before all keys as they come."""
        laid = self.laid(0)
        if laid is None:
            return False
        size = laid.sizes[-3] * laid.sizes[-1] * laid.strides[-1]
        return Laid((3, *laid.sizes), (size, *laid.strides)).in_a_row()

    def unevenly(self) -> bool:
        """Say whether neighbouring features of some heads do not lie side by side."""
        laid = (self.laid(place) for place in range(3))
        new = {place for place in range(3) if self.is_new(place)}
        return any(
            one is not None and one.strides[-1] != 1 and place not in new
            for place, one in enumerate(laid)
        )

    def merges(self, laid: Laid | None, place: int) -> bool:
        """Say whether batch and heads are read as one axis without a copy."""
        if laid is None:
            return is_one(self.count) or is_one(self.tokens(place))
        return laid.joined(0, len(laid.sizes) - 3) is not None

    def joined(self, laid: Laid | None) -> Laid | None:
        """Return heads of the result set side by side; None where that copies.

        `laid` is how they lie: batch, lead, heads, tokens, width.
        """
        if laid is None:
            return None
        return swapped(laid, 2, 3).joined(-2)

    def copies_result(self, laid: Laid | None) -> bool:
        """Say whether heads of the result are copied to lie side by side."""
        if laid is None:
            return not (is_one(self.count) or is_one(self.found.queries))
        return self.joined(laid) is None

    def result(self) -> Laid | None:
        """Return how heads of the result lie that were written one after the other."""
        laid = self.laid(0)
        if laid is None:
            return None
        (depth,) = numbers((self.found.depth,))
        return Laid.anew((*laid.sizes[:-1], depth))


def unequal(one: Dim, other: Dim) -> bool:
    """Say whether two sizes are written differently, as numbers or as names.

    It chooses a kernel, which is asked for with numbers alone; nothing is assumed.
    """
    return str(one) != str(other)


def swapped(laid: Laid, one: int, other: int) -> Laid:
    """Return a tensor with two axes in each other's place, counted from the end."""
    order = list(range(len(laid.sizes)))
    order[-one], order[-other] = order[-other], order[-one]
    return laid.moved(order)
