"""The numbers of the fields of each message of ONNX (onnx.proto, IR 3 to 13).

Those that are read or written; all others are passed over.
"""

from __future__ import annotations


class Model:
    """A whole file."""

    ir, producer, version, text, graph, opset, functions = 1, 2, 3, 6, 7, 8, 25


class Opset:
    """A domain of operators, and its version."""

    domain, version = 1, 2


class Graph:
    """Operators, the tensors that they begin with, and what is known of values."""

    node, name, tensor, text, input, output, known, sparse = 1, 2, 5, 10, 11, 12, 13, 15


class Node:
    """One operator."""

    input, output, name, op, attribute, domain, metadata = 1, 2, 3, 4, 5, 7, 9


class Attribute:
    """An attribute: its name, one value of one kind, or a list."""

    name, real, whole, text, tensor, graph = 1, 2, 3, 4, 5, 6
    reals, wholes, texts, graphs, kind, link, sparse = 7, 8, 9, 11, 20, 21, 22
    lists = frozenset({reals, wholes, texts})
    held = frozenset({text, tensor, graph, graphs, sparse})


class Kind:
    """What an attribute holds, as it says itself."""

    real, whole, text, tensor, graph, reals, wholes, texts, sparse = *range(1, 9), 11


class Tensor:
    """A tensor: its sizes, its type, and its values in one of several fields."""

    dims, type, reals, int32, int64, name, raw = 1, 2, 4, 5, 7, 8, 9
    doubles, unsigned = 10, 11
    listed = frozenset({reals, int32, int64, doubles, unsigned})


class Sparse:
    """A tensor of which only some values are not 0, with their places."""

    values, places, dims = 1, 2, 3


class Value:
    """An input, an output, or a value between: its name and its type."""

    name, type = 1, 2


class Type:
    """The type of a value; that of a tensor has a kind of number, and sizes."""

    tensor = 1
    number, shape = 1, 2
    size = 1
    known, named = 1, 2


class Entry:
    """A pair of texts in metadata."""

    key, value = 1, 2


class Function:
    """An operator that is made of others."""

    name, input, output, node, domain = 1, 4, 5, 7, 10
