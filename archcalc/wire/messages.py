"""The messages of ONNX as far as shapes and counts need them, read from a file.

Read once, from the file's bytes: names, attributes, and of tensors their sizes and
where their values stand. Values are read for small tensors alone, when a shape depends
on them. Documentation strings and metadata are skipped but for the names of modules.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from archcalc.wire import numbers as of
from archcalc.wire.reading import (
    BYTES,
    DEEPEST,
    FIXED32,
    VARINT,
    Field,
    Wire,
    signed,
)

MOST_VALUES = 4_096
"""Whole numbers of a constant that are read; shapes and indices are far shorter."""
MOST_REAL = 16
"""Real numbers of a constant that are read: bounds, factors, scales of an image."""
MOST_AXES = 16
"""Axes of a tensor."""
MOST_ITEMS = 4_096
"""Items of an attribute that is a list."""
FORMATS = {
    1: ("f", "float32"),
    2: ("B", "uint8"),
    3: ("b", "int8"),
    4: ("H", "uint16"),
    5: ("h", "int16"),
    6: ("i", "int32"),
    7: ("q", "int64"),
    9: ("?", "bool"),
    10: ("e", "float16"),
    11: ("d", "float64"),
    12: ("I", "uint32"),
    13: ("Q", "uint64"),
}
"""How values of a data type stand in a row of bytes, and what the type is called."""
FLOATING = {1, 10, 11, 16, 17, 18, 19, 20, 23, 24, 25}
QUANTIZED = {2, 3, 21, 22}
"""Whole numbers of 8 and 4 bits; a matrix or kernel of them is a weight."""
SCOPES = "pkg.torch.onnx.name_scopes"


@dataclass(slots=True)
class Tensor:
    """A tensor that the file holds: its sizes, and where its values stand."""

    wire: Wire
    name: str = ""
    dims: tuple[int, ...] = ()
    type: int = 0
    raw: tuple[int, int] | None = None
    listed: list[Field] = field(default_factory=list)

    @property
    def floating(self) -> bool:
        """Whether its values are real numbers, as weights are, or stand for such."""
        return self.type in FLOATING or (self.type in QUANTIZED and len(self.dims) > 1)

    def values(self) -> list[Any] | None:
        """Return its values where they are few and stand in the file."""
        count = prod(self.dims)
        if count > (MOST_REAL if self.floating else MOST_VALUES):
            return None
        code, _ = FORMATS.get(self.type, (None, None))
        if code is None:
            return None
        if self.raw is not None:
            begin, end = self.raw
            width = struct.calcsize(f"<{code}")
            if end - begin < count * width:
                return None
            return list(struct.unpack_from(f"<{count}{code}", self.wire.data, begin))
        found = self._listed(count)
        return found if len(found) == count else None

    def _listed(self, count: int) -> list[Any]:
        """Return values that stand in the field of their type."""
        found: list[Any] = []
        for field_ in self.listed:
            room = count - len(found)
            if field_[0] in (of.Tensor.reals, of.Tensor.doubles):
                found += self.wire.reals(
                    field_, "f" if field_[0] == of.Tensor.reals else "d", room
                )
            else:
                found += self.wire.whole_numbers(field_, room)
        return found


@dataclass(slots=True)
class Node:
    """One operator of a graph, as it stands in the file."""

    op: str = ""
    domain: str = ""
    name: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()


Dims = tuple[int | str | None, ...]


@dataclass(slots=True)
class Value:
    """A named input or output: its type, its sizes where they are said."""

    name: str = ""
    type: int = 0
    dims: Dims | None = None


@dataclass(slots=True)
class Graph:
    """A graph, or the body of a function."""

    name: str = ""
    nodes: list[Node] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    known: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Function:
    """A function of the file: an operator that is made of others."""

    name: str = ""
    domain: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class File:
    """A whole file."""

    ir: int = 0
    producer: str = ""
    opsets: dict[str, int] = field(default_factory=dict)
    graph: Graph | None = None
    functions: dict[tuple[str, str], Function] = field(default_factory=dict)


class Reader:
    """Reads the messages of one file."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def file(self) -> File:
        """Return the whole file; raise `SourceError` where it is no ONNX."""
        wire, found = self.wire, File()
        for number, kind, at, end in wire.fields(0, len(wire.data)):
            if number == of.Model.ir and kind == VARINT:
                found.ir = at
            elif number == of.Model.producer and kind == BYTES:
                found.producer = wire.text(at, end)
            elif number == of.Model.graph and kind == BYTES:
                found.graph = self.graph(at, end, 1)
            elif number == of.Model.opset and kind == BYTES:
                domain, version = self._opset(at, end)
                found.opsets[domain] = version
            elif number == of.Model.functions and kind == BYTES:
                function = self.function(at, end)
                found.functions[function.domain, function.name] = function
        return found

    def _opset(self, begin: int, end: int) -> tuple[str, int]:
        domain, version = "", 0
        for number, kind, at, after in self.wire.fields(begin, end):
            if number == of.Opset.domain and kind == BYTES:
                domain = self.wire.text(at, after)
            elif number == of.Opset.version and kind == VARINT:
                version = at
        return domain if domain != "ai.onnx" else "", version

    def graph(self, begin: int, end: int, depth: int) -> Graph:
        """Return a graph; `depth` counts the messages that hold it."""
        if depth > DEEPEST:
            raise self.wire.wrong("graphs lie too deep in one another", begin)
        found = Graph()
        for number, kind, at, after in self.wire.fields(begin, end):
            if kind != BYTES:
                continue
            if number == of.Graph.node:
                found.nodes.append(self.node(at, after, depth))
            elif number == of.Graph.name:
                found.name = self.wire.text(at, after)
            elif number == of.Graph.tensor:
                tensor = self.tensor(at, after)
                found.tensors[tensor.name] = tensor
            elif number == of.Graph.sparse:
                tensor = self.sparse(at, after)
                found.tensors[tensor.name] = tensor
            elif number in (of.Graph.input, of.Graph.output, of.Graph.known):
                self._value(found, number, at, after)
        return found

    def sparse(self, begin: int, end: int) -> Tensor:
        """Return a sparse tensor: its name is that of its values."""
        tensor, dims = Tensor(self.wire), []
        for field_ in self.wire.fields(begin, end):
            number, kind, at, after = field_
            if number == of.Sparse.values and kind == BYTES:
                tensor = self.tensor(at, after)
            elif number == of.Sparse.dims:
                dims += self.wire.whole_numbers(field_, MOST_AXES)
        tensor.dims, tensor.raw, tensor.listed = tuple(dims), None, []
        return tensor

    def _value(self, found: Graph, number: int, begin: int, end: int) -> None:
        value = self.value(begin, end)
        if number == of.Graph.known:
            found.known[value.name] = value
        else:
            (found.inputs if number == of.Graph.input else found.outputs).append(value)

    def function(self, begin: int, end: int) -> Function:
        """Return a function of the file."""
        found, wire = Function(), self.wire
        for number, kind, at, after in wire.fields(begin, end):
            if kind != BYTES:
                continue
            if number == of.Function.name:
                found.name = wire.text(at, after)
            elif number == of.Function.input:
                found.inputs.append(wire.text(at, after))
            elif number == of.Function.output:
                found.outputs.append(wire.text(at, after))
            elif number == of.Function.node:
                found.nodes.append(self.node(at, after, 1))
            elif number == of.Function.domain:
                found.domain = wire.text(at, after)
        return found

    def node(self, begin: int, end: int, depth: int) -> Node:
        """Return one operator."""
        found, wire = Node(), self.wire
        for number, kind, at, after in wire.fields(begin, end):
            if kind != BYTES:
                continue
            if number == of.Node.input:
                found.inputs.append(wire.text(at, after))
            elif number == of.Node.output:
                found.outputs.append(wire.text(at, after))
            elif number == of.Node.name:
                found.name = wire.text(at, after)
            elif number == of.Node.op:
                found.op = wire.text(at, after)
            elif number == of.Node.attribute:
                self._attribute(found, at, after, depth)
            elif number == of.Node.domain:
                domain = wire.text(at, after)
                found.domain = domain if domain != "ai.onnx" else ""
            elif number == of.Node.metadata:
                self._metadata(found, at, after)
        return found

    def _metadata(self, node: Node, begin: int, end: int) -> None:
        """Take the names of the modules that an operator came from, nothing else."""
        key, value = "", (0, 0)
        for number, kind, at, after in self.wire.fields(begin, end):
            if number == of.Entry.key and kind == BYTES:
                key = self.wire.text(at, after)
            elif number == of.Entry.value and kind == BYTES:
                value = (at, after)
        if key == SCOPES:
            node.scopes = listed_names(self.wire.text(*value))

    def _attribute(self, node: Node, begin: int, end: int, depth: int) -> None:
        name, value, wire, link = "", None, self.wire, ""
        many: list[Any] = []
        for field_ in wire.fields(begin, end):
            number, kind, at, after = field_
            if number == of.Attribute.name and kind == BYTES:
                name = wire.text(at, after)
            elif number == of.Attribute.link and kind == BYTES:
                link = wire.text(at, after)
            elif number in of.Attribute.lists:
                many += self._listed(field_, MOST_ITEMS - len(many))
            elif kind == BYTES and number in of.Attribute.held:
                value = self._held(number, at, after, depth)
            elif (number, kind) == (of.Attribute.real, FIXED32):
                value = wire.real(at)
            elif number == of.Attribute.whole and kind == VARINT:
                value = signed(at)
        if link:
            node.links[name] = link
        else:
            node.attributes[name] = many if value is None else value

    def _held(self, number: int, at: int, after: int, depth: int) -> Any:
        """Return the text, tensor or graph of an attribute."""
        if number == of.Attribute.text:
            return self.wire.text(at, after)
        if number == of.Attribute.tensor:
            return self.tensor(at, after)
        if number == of.Attribute.sparse:
            return self.sparse(at, after)
        return self.graph(at, after, depth + 1)

    def _listed(self, written: Field, most: int) -> Sequence[Any]:
        """Return some items of a list: numbers, or one text."""
        number, kind, at, after = written
        if most <= 0:
            return ()
        if number == of.Attribute.reals:
            return self.wire.reals(written, "f", most)
        if number == of.Attribute.wholes:
            return self.wire.whole_numbers(written, most)
        return [self.wire.text(at, after)] if kind == BYTES else ()

    def tensor(self, begin: int, end: int) -> Tensor:
        """Return a tensor: its sizes, its type, and where its values are."""
        found, wire = Tensor(self.wire), self.wire
        dims: list[int] = []
        for field_ in wire.fields(begin, end):
            number, kind, at, after = field_
            if number == of.Tensor.dims:
                dims += wire.whole_numbers(field_, MOST_AXES + 1 - len(dims))
            elif number == of.Tensor.type and kind == VARINT:
                found.type = at
            elif number in of.Tensor.listed:
                if len(found.listed) <= MOST_VALUES:
                    found.listed.append(field_)
            elif number == of.Tensor.name and kind == BYTES:
                found.name = wire.text(at, after)
            elif number == of.Tensor.raw and kind == BYTES:
                found.raw = (at, after)
        if len(dims) > MOST_AXES or any(not 0 <= n < 2**40 for n in dims):
            raise wire.wrong("a tensor has sizes that no tensor can have", begin)
        found.dims = tuple(dims)
        return found

    def value(self, begin: int, end: int) -> Value:
        """Return an input or output with its type."""
        found = Value()
        for number, kind, at, after in self.wire.fields(begin, end):
            if number == of.Value.name and kind == BYTES:
                found.name = self.wire.text(at, after)
            elif number == of.Value.type and kind == BYTES:
                self._type(found, at, after)
        return found

    def _type(self, found: Value, begin: int, end: int) -> None:
        """Take the type of a tensor; sequences and maps have no sizes."""
        for number, kind, at, after in self.wire.fields(begin, end):
            if number != of.Type.tensor or kind != BYTES:
                continue
            for inner, inner_kind, first, last in self.wire.fields(at, after):
                if inner == of.Type.number and inner_kind == VARINT:
                    found.type = first
                elif inner == of.Type.shape and inner_kind == BYTES:
                    found.dims = self._dims(first, last)

    def _dims(self, begin: int, end: int) -> Dims:
        """Return sizes: a number, a name, or None where the file does not know.

        A number below 0 means unknown too, and so does a name without a letter: two
        axes may both be called `?`.
        """
        sizes: list[int | str | None] = []
        for number, kind, at, after in self.wire.fields(begin, end):
            if number != of.Type.size or kind != BYTES:
                continue
            size: int | str | None = None
            for inner, inner_kind, first, last in self.wire.fields(at, after):
                if inner == of.Type.known and inner_kind == VARINT:
                    size = signed(first) if 0 <= signed(first) < 2**40 else None
                elif inner == of.Type.named and inner_kind == BYTES:
                    text = self.wire.text(first, last)
                    size = text if re.search(r"[A-Za-z]", text) else None
            sizes.append(size)
        return tuple(sizes[: MOST_AXES + 1])


def listed_names(text: str) -> tuple[str, ...]:
    """Return the texts of a list written in Python, as torch's exporter writes it."""
    try:
        found = ast.literal_eval(text) if len(text) < 1_000 else ()
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ()
    listed = isinstance(found, list | tuple)
    return tuple(n for n in found if isinstance(n, str)) if listed else ()
