"""Frozen parts of random networks: of steps, of all that stands in them, and LoRA."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

FREEZING = 0.35
"""The share of networks with frozen parts."""
ADAPTED = ("conv", "linear", "fc")


def freeze(random: Random, spec: dict[str, Any]) -> None:
    """Freeze some steps of a spec, and adapt some of the layers with a matrix."""
    if random.random() > FREEZING:
        return
    often = random.choice((0.2, 0.6))
    lists = [spec["layers"], *(b["layers"] for b in spec.get("blocks", {}).values())]
    for step in (step for steps in lists for step in within(steps)):
        if random.random() < often:
            step["frozen"] = random.choice((True, True, True, False, "k > 2"))
        plain = "share" not in step and step.get("groups", 1) == 1
        if plain and any(key in step for key in ADAPTED) and random.random() < 0.2:
            step["lora"] = random.choice((2, {"rank": "k", "dropout": 0.5}))


def within(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every step with arguments in a list of steps, and those inside of it."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item
                for inner in item.values():
                    yield from within(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from within(inner)
