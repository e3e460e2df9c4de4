"""Random networks, as the text of a spec.

`Writer(random).network()` writes one. Most fit together; now and then an argument
does not. `random_mistakes` spoils the language of one as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from random_frozen import freeze
from random_joins import (
    ARITHMETIC,
    IMAGE_JOINS,
    TOKEN_JOINS,
    VECTOR_JOINS,
    looked_up,
)
from random_layers import IMAGE_LAYERS
from random_tokens import TOKEN_LAYERS, VECTOR_LAYERS
from random_writer import ACTIVATIONS, Step, StepWriter, Table, Tensor, image

TABLES: dict[str, Table] = {
    "image": IMAGE_LAYERS + IMAGE_JOINS,
    "tokens": TOKEN_LAYERS + TOKEN_JOINS,
    "vector": VECTOR_LAYERS + VECTOR_JOINS,
}


@dataclass
class Writer(StepWriter):
    """Writes whole networks: an input or two, steps, and mostly a head."""

    tables: dict[str, Table] = field(default_factory=lambda: TABLES)

    def network(self, longest: int = 16) -> dict[str, Any]:
        """Return a spec: name, input, params, blocks, layers, now and then outputs."""
        given, steps, start = self.beginning()
        more, end = self.steps(start, self.random.randint(1, longest), 0)
        steps += more
        if self.chance(0.5):
            steps += self.head(end)
        spec = {
            "name": "fuzz",
            "input": given,
            "params": {
                "k": self.random.randint(1, 5),
                "word": self.random.choice(ACTIVATIONS),
            },
            "layers": steps,
        }
        if self.chance(0.1):
            spec["defaults"] = {"conv": {"bias": False, "act": "relu"}}
        names = [
            step["name"] for step in steps if isinstance(step, dict) and "name" in step
        ]
        if names and self.chance(0.3):
            spec["outputs"] = self.random.sample(
                names, self.random.randint(1, len(names))
            )
        if self.blocks:
            spec["blocks"] = self.blocks
        freeze(self.random, spec)
        return spec

    def beginning(self) -> tuple[Any, list[Step], Tensor]:
        """Return the input, first steps if it needs some, and what leaves them."""
        r = self.random
        if self.chance(0.04):
            return looked_up(self)
        rank = r.choice((1, 2, 2, 2, 2, 3))
        x = image(r.randint(1, 9), tuple(r.randint(1, 14) for _ in range(rank)))
        if self.chance(0.05):
            other = image(x.channels + self.spoilt(), x.sizes)
            given = {"left": list(x.shape), "right": list(other.shape)}
            return given, [{r.choice(ARITHMETIC): ["left", "right"]}], x
        self.named["input"] = x
        return list(x.shape), [], x

    def head(self, x: Tensor) -> list[Step]:
        r = self.random
        if x.form == "tokens":
            return [{"linear": r.randint(1, 9)}, "softmax"]
        steps: list[Step] = ["gap"] if x.form == "image" and self.chance(0.5) else []
        return [*steps, {"fc": r.randint(1, 9), "act": "relu"}, {"fc": r.randint(1, 9)}]
