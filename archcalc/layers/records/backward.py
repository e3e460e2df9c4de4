"""The multiply-accumulates of a backward pass: which gradients a layer computes."""

from __future__ import annotations

from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim

WEIGHTS = -1
"""Stands for the weights of a layer where others are inputs by their positions."""


class Product(NamedTuple):
    """A product of a layer's backward pass, for one sample.

    It runs where a gradient is needed of any of `of`, positions of inputs or `WEIGHTS`.
    `times` is how often torch's counter counts it: the gradient of grouped weights as
    if there were no groups, once for each of them.
    """

    of: tuple[int, ...]
    macs: Dim
    times: Dim = 1


Products = tuple[Product, ...]


def each_factor(macs: Dim, inputs: int, learned: bool, groups: Dim = 1) -> Products:
    """Return a product of the forward pass's size for each input, and for weights."""
    found = [Product((place,), macs) for place in range(inputs)]
    return (*found, *[Product((WEIGHTS,), macs, groups)] * learned)
