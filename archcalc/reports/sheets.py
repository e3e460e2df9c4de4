"""Which questions a seed draws: another seed, another sheet, as long as there is one.

The sheets that can be drawn are numbered, and a seed is a number among them. Two seeds
therefore give the same sheet only where they are as far apart as there are sheets.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from math import comb, gcd, prod
from typing import TypeVar

T = TypeVar("T")


def shares(sizes: Sequence[int], most: int) -> list[int]:
    """Return how many are taken from piles of these sizes, one from each in turn.

    >>> shares([1, 5, 5], 6)
    [1, 3, 2]
    """
    taken = [0] * len(sizes)
    left = min(most, sum(sizes))
    while left:
        for i, size in enumerate(sizes):
            if left and taken[i] < size:
                taken[i] += 1
                left -= 1
    return taken


def sheets(sizes: Sequence[int], most: int) -> int:
    """Return how many different sheets can be drawn from piles of these sizes."""
    return prod(map(comb, sizes, shares(sizes, most)))


def drawn(
    piles: Sequence[Sequence[T]], most: int, text: str, seed: int
) -> list[list[T]]:
    """Return what a seed takes from each pile; `text` sets the order of the sheets.

    >>> drawn(["abc"], 2, "", 0), drawn(["abc"], 2, "", 1), drawn(["abc"], 2, "", 2)
    ([['a', 'b']], [['b', 'c']], [['a', 'c']])
    """
    sizes = [len(pile) for pile in piles]
    count = sheets(sizes, most)
    number = int.from_bytes(sha256(text.encode("utf-8", "replace")).digest())
    step = number | 1
    while gcd(step, count) > 1:
        step += 1
    place = (number + step * seed) % count
    found = []
    for pile, size in zip(piles, shares(sizes, most), strict=True):
        place, own = divmod(place, comb(len(pile), size))
        found.append([pile[i] for i in _combination(len(pile), size, own)])
    return found


def _combination(items: int, size: int, number: int) -> list[int]:
    """Return one of the ways to take `size` of the first whole numbers, in order."""
    chosen: list[int] = []
    for i in range(items):
        if len(chosen) == size:
            break
        with_it = comb(items - i - 1, size - len(chosen) - 1)
        if number < with_it:
            chosen.append(i)
        else:
            number -= with_it
    return chosen
