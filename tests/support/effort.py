"""How much processor time is much, on this machine and under this tracer."""

from __future__ import annotations

import time
from functools import cache

from archcalc.language.library import shipped
from archcalc.network.network import network
from archcalc.readers import source_of

ROUNDS = 3


@cache
def unit() -> float:
    """Return the seconds of the processor that ResNet-152 takes from its text to totals.

    What a test allows is a multiple of it, so that a slow machine, or one that counts
    branches, allows more seconds.
    """
    path = shipped()["resnet152"]
    data = path.read_bytes()
    least = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        network(source_of(data, path.name, path.name)).analyze()
        least = min(least, time.process_time() - begun)
    return least
