"""Several figures in one whole number, a lane of bits for each: added all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from struct import Struct
from typing import Any

from archcalc.sizes.dims import Dim
from archcalc.sizes.polynomials import collect, terms_of
from archcalc.sizes.terms import Terms

LANE = 96
"""Bits of one figure in a sum."""
FIGURES = (
    *("weights", "biases", "norms", "buffers"),
    *("params", "frozen", "trainable", "active_params"),
    *("macs", "flops", "values", "depth"),
)
VALUES, DEPTH = FIGURES.index("values") * LANE, FIGURES.index("depth") * LANE
OF_VALUES = 1 << VALUES
"""What a number of values is multiplied by."""
MASK = (1 << LANE) - 1
LARGEST = 1 << 72
"""No figure of a fragment is larger; sums have the rest of a lane to grow."""
BYTES = LANE // 8
NEGATIVE = sum(1 << (place + 1) * LANE - 1 for place in range(len(FIGURES)))
"""What makes every figure of a sum positive, where some may be below 0."""
BEYOND = sum(MASK >> 64 << 64 << place * LANE for place in range(len(FIGURES)))
"""The bits that are set where a figure does not fit in 64."""


class UnfitError(Exception):
    """What cannot be added up as one number: a step or figure evaluated by itself."""


def packed(figures: Sequence[Any]) -> int:
    """Return figures as one number; raise `UnfitError` for one that does not fit."""
    total = 0
    for place, figure in enumerate(figures):
        if not isinstance(figure, int) or not 0 <= figure < LARGEST:
            raise UnfitError("symbols")
        total |= figure << place * LANE
    return total


def packed_names(figures: Sequence[Dim]) -> Dim:
    """Return figures as `packed` does; each may be a polynomial, packed by its terms.

    Raises `UnfitError` for a coefficient that is not whole, or does not fit.
    """
    total: Dim = 0
    for place, figure in enumerate(figures):
        for number in terms_of(figure).values():
            if type(number) is not int or abs(number) >= LARGEST:
                raise UnfitError("a formula")
        total = total + figure * (1 << place * LANE)
    return total


def lanes(names: Sequence[str]) -> Callable[[Dim], tuple[Dim, ...]]:
    """Return what reads these figures out of sums that may be polynomials, or negative.

    >>> lanes(("params", "weights"))(7 - (9 << 4 * LANE))
    (-9, 7)
    """
    shifts = [FIGURES.index(name) * LANE for name in names]

    def of_number(sums: int) -> list[int]:
        shifted = sums + NEGATIVE
        return [(shifted >> shift & MASK) - (1 << LANE - 1) for shift in shifts]

    def read(sums: Dim) -> tuple[Dim, ...]:
        if isinstance(sums, int):
            return tuple(of_number(sums))
        figures: list[Terms] = [{} for _ in shifts]
        for monomial, number in terms_of(sums).items():
            for terms, own in zip(figures, of_number(int(number)), strict=True):
                if own:
                    terms[monomial] = own
        return tuple(map(collect, figures))

    return read


def reader(names: Sequence[str]) -> Callable[[int], tuple[int, ...]]:
    """Return what reads these figures out of a sum, in their order.

    >>> reader(("params", "weights"))(7 | 9 << 4 * LANE)
    (9, 7)
    """
    places = [FIGURES.index(name) for name in names]
    shifts = [place * LANE for place in places]
    wanted = sorted(set(places))
    lanes = (
        f"Q{BYTES - 8}x" if p in wanted else f"{BYTES}x" for p in range(len(FIGURES))
    )
    unpack = Struct("<" + "".join(lanes)).unpack
    size = BYTES * len(FIGURES)
    order: Any = tuple
    if places != wanted:
        order = itemgetter(*map(wanted.index, places))

    def read(sums: int) -> tuple[int, ...]:
        if sums & BEYOND:
            return tuple([sums >> shift & MASK for shift in shifts])
        found: tuple[int, ...] = order(unpack(sums.to_bytes(size, "little")))
        return found

    return read
