"""A network as a reader found it: operators of our catalogue, before it is a spec.

Nothing here knows a format. A reader adds operators in the order in which they run;
`readers/spec` then finds the structure in them and writes the YAML.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archcalc.layers.base import Shape

Shapes = Callable[[Sequence[str]], Mapping[str, Shape]]
"""What gives the sizes of inputs that have these names."""
UNKNOWN = "unknown"
"""The key of the layer that stands for an operator without a rule."""


@dataclass(slots=True, frozen=True)
class Op:
    """One operator: the key of a layer, its arguments, the operators that it reads.

    `shape` has no batch axis. `path` names the modules that it stands in, the outermost
    first; `what` is the operator's own name where no rule knows it; `share` is an
    earlier operator whose weights it uses.
    """

    kind: str
    args: dict[str, Any]
    inputs: tuple[int, ...]
    shape: Shape
    path: tuple[str, ...] = ()
    what: str = ""
    share: int | None = None


@dataclass(slots=True)
class Model:
    """Operators in the order in which they run; inputs are among them."""

    name: str
    ops: list[Op] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    def add(self, op: Op) -> int:
        """Append an operator; return its number."""
        self.ops.append(op)
        return len(self.ops) - 1

    def unknown(self) -> Counter[str]:
        """Return the operators that no rule knows, and how many there are of each."""
        return Counter(op.what for op in self.ops if op.kind == UNKNOWN)

    def users(self) -> list[list[int]]:
        """Return who reads each operator; an output of the network is read by -1."""
        found: list[list[int]] = [[] for _ in self.ops]
        for index, op in enumerate(self.ops):
            for source in dict.fromkeys(op.inputs):
                found[source].append(index)
        for output in self.outputs:
            found[output].append(-1)
        return found

    def without(self, dropped: dict[int, int]) -> Model:
        """Return the model without some operators, each with what stands for it."""
        if not dropped:
            return self

        def standing(index: int) -> int:
            while index in dropped:
                index = dropped[index]
            return index

        kept = [i for i in range(len(self.ops)) if i not in dropped]
        return self._only(kept, standing)

    def reached(self) -> Model:
        """Return the model without operators that no output depends on."""
        needed = {*self.outputs}
        for index in range(len(self.ops) - 1, -1, -1):
            if index in needed or self.ops[index].kind == "input":
                needed.update(self.ops[index].inputs)
                needed.add(index)
        if len(needed) == len(self.ops):
            return self
        return self._only(sorted(needed))

    def _only(self, kept: Sequence[int], standing: Callable[[int], int] = int) -> Model:
        """Return the model of some operators; `standing` says what stands for one."""
        number = {old: new for new, old in enumerate(kept)}

        def placed(op: Op) -> Op:
            inputs = tuple(number[standing(source)] for source in op.inputs)
            share = None if op.share is None else number.get(standing(op.share))
            return replace(op, inputs=inputs, share=share)

        outputs = [number[standing(i)] for i in self.outputs]
        return Model(self.name, [placed(self.ops[i]) for i in kept], outputs)


def named_after(path: str) -> str:
    """Return a network's name from that of its file."""
    stem = os.path.splitext(os.path.basename(path))[0]
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip("-.")[:60] or "model"
