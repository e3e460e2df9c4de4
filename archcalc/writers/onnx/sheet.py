"""The graph of an ONNX file while it grows: operators, constants, weights and names."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

from archcalc.sizes.dims import Dim, Poly
from archcalc.wire import writing as wire
from archcalc.wire.writing import BOOL, FLOAT, INT64
from archcalc.writers.onnx.page import BATCH, NoWord
from archcalc.writers.onnx.tensors import Tensor

OPSET, IR = 21, 10
"""The operators of ONNX 1.16, and the version of its files that has them."""
CODES = {FLOAT: "f", INT64: "q", BOOL: "?"}


class Op(NamedTuple):
    """One operator: its word, what it reads and makes, and its attributes."""

    op: str
    inputs: list[str]
    outputs: list[str]
    name: str
    attributes: Mapping[str, wire.Given]


class Page:
    """What a file will hold. Operators are named after the step that they belong to."""

    def __init__(self) -> None:
        self.nodes: list[Op] = []
        self.tensors: dict[str, bytes] = {}
        self.known: dict[str, bytes] = {}
        self.renamed: dict[str, str] = {}
        self.shapes: dict[str, tuple[Dim, ...]] = {}
        self.names: set[str] = set()
        self.taken: dict[str, count[int]] = {}
        self.constants: dict[tuple[Any, ...], Tensor] = {}
        self.step = ""
        self.numbers = count(1)
        self.entering: Tensor | None = None

    def free(self, wanted: str) -> str:
        """Return a name that no other value has, and take it."""
        name, numbers = wanted, self.taken.setdefault(wanted, count(2))
        while name in self.names:
            name = f"{wanted}_{next(numbers)}"
        self.names.add(name)
        return name

    def begin(self, step: str) -> None:
        """Begin a step: what follows is named after it."""
        self.step, self.numbers = step, count(1)

    def inner(self, op: str) -> str:
        """Return a free name for a value inside of a step."""
        return self.free(f"{self.step}/{op}_{next(self.numbers)}")

    # -- operators ---------------------------------------------------------------------

    def op(
        self,
        op: str,
        inputs: Sequence[Tensor | None],
        shape: Sequence[Dim],
        type: int | None = None,
        **attributes: wire.Given,
    ) -> Tensor:
        """Append an operator with one output, of the first input's type if not said."""
        return self.ops(op, inputs, [shape], type, **attributes)[0]

    def ops(
        self,
        op: str,
        inputs: Sequence[Tensor | None],
        shapes: Sequence[Sequence[Dim]],
        type: int | None = None,
        **attributes: wire.Given,
    ) -> list[Tensor]:
        """Append an operator with an output for each of some shapes."""
        if type is None:
            first = next(one for one in inputs if one is not None)
            type = first.type
        made = [Tensor(self, self.inner(op), tuple(s), type) for s in shapes]
        self.append(op, inputs, [one.name for one in made], attributes)
        self.shapes.update({one.name: one.shape for one in made})
        return made

    def append(
        self,
        op: str,
        inputs: Sequence[Tensor | None],
        outputs: Sequence[str],
        attributes: Mapping[str, wire.Given],
    ) -> None:
        """Append an operator whose outputs have names."""
        names = ["" if one is None else one.name for one in inputs]
        self.shapes.update({one.name: one.shape for one in inputs if one is not None})
        while names and not names[-1]:
            names.pop()
        self.nodes.append(Op(op, names, list(outputs), self.path(op), attributes))

    def path(self, op: str) -> str:
        """Return a name for an operator: the path of its step, and what it does."""
        return self.free("/".join(("", *self.step.split("."), op)))

    def leave(self, value: Tensor, name: str, since: int) -> Tensor:
        """Give the value of a step the step's own name, and state its type.

        `since` is how many operators there were when the step began: a value from
        before it is passed on.
        """
        made = Tensor(self, self.free(name), value.shape, value.type)
        if any(value.name in op.outputs for op in self.nodes[since:]):
            self.renamed[value.name] = made.name
            self.shapes[made.name] = made.shape
        else:
            self.append("Identity", [value], [made.name], {})
        self.state(made)
        return made

    def state(self, value: Tensor) -> None:
        """State the type of a value between operators."""
        self.known[value.name] = wire.value(value.name, value.type, value.named)

    def reached(self, outputs: Sequence[str]) -> list[Op]:
        """Return the operators that outputs depend on, under their last names."""
        needed, kept = set(outputs), []
        for op in reversed(self.nodes):
            made = [self.renamed.get(name, name) for name in op.outputs]
            if needed.isdisjoint(made):
                continue
            read = [self.renamed.get(name, name) for name in op.inputs]
            needed.update(read)
            kept.append(op._replace(inputs=read, outputs=made))
        self.tensors = {n: t for n, t in self.tensors.items() if n in needed}
        return kept[::-1]

    # -- constants ---------------------------------------------------------------------

    def constant(
        self, values: Sequence[float], type: int, dims: Sequence[int]
    ) -> Tensor:
        """Return a small constant; equal ones are one."""
        key = (tuple(values), type, tuple(dims))
        if key not in self.constants:
            name = self.free(f"constant_{len(self.constants) + 1}")
            raw = struct.pack(f"<{len(values)}{CODES[type]}", *values)
            self.tensors[name] = wire.tensor(name, type, dims, raw)
            self.constants[key] = Tensor(self, name, tuple(dims), type)
        return self.constants[key]

    def number(self, value: float, type: int) -> Tensor:
        """Return a single number."""
        return self.constant([float(value) if type == FLOAT else value], type, ())

    def row(self, values: Sequence[int]) -> Tensor:
        """Return a row of whole numbers, as operators take sizes and axes."""
        return self.constant(list(values), INT64, [len(values)])

    def weight(self, name: str, dims: Sequence[int], type: int = FLOAT) -> Tensor:
        """Return a tensor of zeros that stands for what is learned.

        It is a sparse constant without values: its sizes are stated, no value is.
        """
        made = Tensor(self, self.free(name), tuple(dims), type)
        value = wire.Sparse(wire.zeros(type, dims))
        self.append("Constant", [], [made.name], {"sparse_value": value})
        return made

    def filled(
        self, dims: Sequence[int], value: float, type: int, name: str = ""
    ) -> Tensor:
        """Return a tensor of one value, which is no weight."""
        raw = struct.pack(f"<{CODES[type]}", value)
        made = Tensor(
            self, self.free(name) if name else self.inner("filled"), tuple(dims), type
        )
        given = {"value": wire.tensor("", type, [1], raw)}
        self.append("ConstantOfShape", [self.row(dims)], [made.name], given)
        return made

    def sizes(self, shape: Sequence[Dim]) -> Tensor:
        """Return sizes as a tensor; the batch is asked of an input of the network."""
        if not any(isinstance(size, Poly) for size in shape):
            return self.row([int(size) for size in shape])  # type: ignore[arg-type]  # numbers
        assert self.entering is not None
        parts: list[Tensor] = []
        for size in shape:
            if size == BATCH:
                part = self.op("Shape", [self.entering], [1], INT64, start=0, end=1)
            elif isinstance(size, Poly):
                raise NoWord(f"a tensor of the size {size}")
            else:
                part = self.row([size])
            parts.append(part)
        return self.op("Concat", parts, [len(shape)], axis=0)
