"""Lengths one after the other, put into groups that hold no more than so much."""

from __future__ import annotations

from collections.abc import Iterable


def filled(lengths: Iterable[float], most: float) -> list[int]:
    """Return how many of the lengths go into each group, as many as it holds.

    A length above `most` has a group of its own.

    >>> filled([3, 3, 3, 9, 1], 7)
    [2, 1, 1, 1]
    """
    counts, used = [0], 0.0
    for length in lengths:
        if counts[-1] and used + length > most:
            counts.append(0)
            used = 0.0
        counts[-1] += 1
        used += length
    return counts
