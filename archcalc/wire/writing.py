"""Messages of ONNX as bytes: what the reader of this room reads, written.

Every function returns the bytes of one message; lists of them are joined by those that
hold them. Nothing is checked: whoever calls knows what the standard asks for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

from archcalc.wire import numbers as of
from archcalc.wire.reading import BYTES, FIXED32, VARINT, WRAP

FLOAT, INT64, BOOL = 1, 7, 9
"""Types of numbers, as ONNX numbers them."""
Given = int | float | str | bytes | Sequence[int] | Sequence[str]
"""What an attribute may be; bytes are a tensor, a graph or a sparse tensor."""


def varint(value: int) -> bytes:
    """Return a whole number in as few bytes as it takes; one below 0 takes ten."""
    value %= WRAP
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def whole(number: int, value: int) -> bytes:
    """Return a field that is a whole number."""
    return varint(number << 3 | VARINT) + varint(value)


def held(number: int, value: bytes | str) -> bytes:
    """Return a field that has a length: a text or a message."""
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | BYTES) + varint(len(data)) + data


def wholes(number: int, values: Iterable[int]) -> bytes:
    """Return a field that is a list of whole numbers."""
    data = b"".join(map(varint, values))
    return held(number, data) if data else b""


def real(number: int, value: float) -> bytes:
    """Return a field that is a number of 32 bits."""
    return varint(number << 3 | FIXED32) + struct.pack("<f", value)


def tensor(name: str, type: int, dims: Sequence[int], raw: bytes) -> bytes:
    """Return a tensor with its values in a row of bytes."""
    return (
        wholes(of.Tensor.dims, dims)
        + whole(of.Tensor.type, type)
        + (held(of.Tensor.name, name) if name else b"")
        + held(of.Tensor.raw, raw)
    )


def zeros(type: int, dims: Sequence[int]) -> bytes:
    """Return a sparse tensor in which no value is stated: all are 0."""
    return (
        held(of.Sparse.values, tensor("", type, [0], b""))
        + held(of.Sparse.places, tensor("", INT64, [0], b""))
        + wholes(of.Sparse.dims, dims)
    )


class Sparse(bytes):
    """The bytes of a sparse tensor, as an attribute."""


class Inner(bytes):
    """The bytes of a graph, as an attribute."""


def attribute(name: str, value: Given) -> bytes:
    """Return an attribute; its kind follows from the value."""
    head = held(of.Attribute.name, name)
    if isinstance(value, Sparse | Inner | bytes):
        sparse = isinstance(value, Sparse)
        number = of.Attribute.sparse if sparse else of.Attribute.tensor
        kind = of.Kind.sparse if sparse else of.Kind.tensor
        if isinstance(value, Inner):
            number, kind = of.Attribute.graph, of.Kind.graph
        return head + held(number, value) + whole(of.Attribute.kind, kind)
    if isinstance(value, str):
        body = held(of.Attribute.text, value)
        return head + body + whole(of.Attribute.kind, of.Kind.text)
    if isinstance(value, float):
        body = real(of.Attribute.real, value)
        return head + body + whole(of.Attribute.kind, of.Kind.real)
    if isinstance(value, int):
        body = whole(of.Attribute.whole, value)
        return head + body + whole(of.Attribute.kind, of.Kind.whole)
    if value and isinstance(value[0], str):
        texts = b"".join(held(of.Attribute.texts, str(one)) for one in value)
        return head + texts + whole(of.Attribute.kind, of.Kind.texts)
    body = wholes(of.Attribute.wholes, map(int, value))
    return head + body + whole(of.Attribute.kind, of.Kind.wholes)


def node(
    op: str,
    inputs: Iterable[str],
    outputs: Iterable[str],
    name: str,
    attributes: Mapping[str, Given],
) -> bytes:
    """Return one operator."""
    return (
        b"".join(held(of.Node.input, one) for one in inputs)
        + b"".join(held(of.Node.output, one) for one in outputs)
        + held(of.Node.name, name)
        + held(of.Node.op, op)
        + b"".join(
            held(of.Node.attribute, attribute(key, value))
            for key, value in attributes.items()
        )
    )


def value(name: str, type: int, dims: Iterable[int | str]) -> bytes:
    """Return a value with its type; a size that is a text is a name."""
    sizes = b"".join(
        held(
            of.Type.size,
            held(of.Type.named, size)
            if isinstance(size, str)
            else whole(of.Type.known, size),
        )
        for size in dims
    )
    kind = whole(of.Type.number, type) + held(of.Type.shape, sizes)
    return held(of.Value.name, name) + held(of.Value.type, held(of.Type.tensor, kind))


def graph(
    name: str,
    nodes: Iterable[bytes],
    tensors: Iterable[bytes],
    inputs: Iterable[bytes],
    outputs: Iterable[bytes],
    known: Iterable[bytes] = (),
) -> bytes:
    """Return a graph; `known` are values between whose types are stated."""
    lists = (
        (of.Graph.node, nodes),
        (of.Graph.tensor, tensors),
        (of.Graph.input, inputs),
        (of.Graph.output, outputs),
        (of.Graph.known, known),
    )
    parts = [held(number, one) for number, many in lists for one in many]
    return held(of.Graph.name, name) + b"".join(parts)


def model(
    graph: bytes, *, ir: int, opset: int, producer: str, version: str, text: str
) -> bytes:
    """Return a whole file, whose operators are those of the standard."""
    return (
        whole(of.Model.ir, ir)
        + held(of.Model.producer, producer)
        + held(of.Model.version, version)
        + held(of.Model.text, text)
        + held(of.Model.graph, graph)
        + held(
            of.Model.opset, held(of.Opset.domain, "") + whole(of.Opset.version, opset)
        )
    )
