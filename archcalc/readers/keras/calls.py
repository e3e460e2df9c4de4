"""The calls of layers in a graph: what each reads, in Keras' two ways to write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from archcalc.readers.records import Record

DEEPEST = 32
"""Lists inside one another among the arguments of a call."""
CONSTANT = "_CONSTANT_VALUE"
MODELS = ("Functional", "Model", "Sequential", "Network")


class Ref(NamedTuple):
    """A tensor by the layer that gives it, the number of the call, and its own.

    `shape` is what the file states for it, with the batch. `direct` says that the
    number of the call counts from 0.
    """

    layer: str
    node: int
    tensor: int
    shape: list[Any] | None = None
    direct: bool = False


class Node(NamedTuple):
    """One call: its arguments by place and by name, with references or tensors."""

    given: list[Any]
    kwargs: dict[str, Any]

    def refs(self) -> Iterator[Ref]:
        """Yield all that it reads."""
        yield from refs_in((self.given, self.kwargs), Ref)

    def replaced(self, change: Callable[[Ref], Any]) -> Node:
        """Return it with something else in the place of each reference."""
        return Node(changed(self.given, change), changed(self.kwargs, change))


def refs_in(value: Any, kind: type[Any]) -> Iterator[Any]:
    """Yield the references or tensors among arguments, in order."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from refs_in(inner, kind)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from refs_in(inner, kind)


def changed(value: Any, change: Callable[[Ref], Any]) -> Any:
    """Return arguments with something else in the place of each reference."""
    if isinstance(value, Ref):
        return change(value)
    if isinstance(value, dict):
        return {key: changed(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [changed(inner, change) for inner in value]
    return value


def is_model(record: Record) -> bool:
    """Say whether a record is a model with layers, not a single layer."""
    config = record.get("config")
    if record.get("class_name") == "Sequential":
        return True
    return isinstance(config, dict) and {"layers", "output_layers"} <= config.keys()


def nodes_of(layer: Record, places: Mapping[str, int]) -> list[Node]:
    """Return the calls of a layer, whose arguments refer to layers by their names."""
    return [
        _Reading(layer, places, number).node(value)
        for number, value in enumerate(layer.items("inbound_nodes"))
    ]


class _Reading:
    """Reads one call; errors name its place."""

    def __init__(self, layer: Record, places: Mapping[str, int], number: int) -> None:
        self.layer, self.places, self.number = layer, places, number

    def wrong(self, message: str) -> Any:
        path = (*self.layer.path, "inbound_nodes", self.number)
        self.layer.file.wrong(path, message)

    def node(self, value: Any) -> Node:
        """Return a call."""
        if isinstance(value, dict):
            given, kwargs = value.get("args"), value.get("kwargs")
            if not isinstance(given, list) or not isinstance(kwargs, dict):
                self.wrong("a call needs `args` and `kwargs`")
            read = self.value(given, 0), self.value(kwargs, 0)
            return Node(read[0], read[1])
        if not isinstance(value, list):
            self.wrong("a call is an object or a list")
        return self.old(value)

    def old(self, value: list[Any]) -> Node:
        """Return a call as Keras 2 wrote it: names and numbers, with arguments."""
        entries = [value] if value and isinstance(value[0], str) else value
        xs: list[Any] = []
        kwargs: dict[str, Any] = {}
        for entry in entries:
            if not isinstance(entry, list) or len(entry) not in (3, 4):
                self.wrong("a call of Keras 2 has a name, two numbers and arguments")
            xs.append(entry[2] if entry[0] == CONSTANT else self.ref(entry[:3]))
            more = entry[3] if len(entry) == 4 else {}
            if not isinstance(more, dict):
                self.wrong("the arguments of a call are an object")
            kwargs |= {k: self.old_value(v, 0) for k, v in more.items() if k != "name"}
        return Node([xs] if len(xs) > 1 else xs, kwargs)

    def old_value(self, value: Any, depth: int) -> Any:
        """Return an argument of Keras 2; a list of name and numbers is a tensor."""
        if isinstance(value, list):
            if depth > DEEPEST:
                self.wrong("its arguments lie too deep in one another")
            kinds = [type(v) for v in value[:3]]
            if kinds == [str, int, int] and value[0] in self.places:
                return self.ref(value[:3])
            return [self.old_value(inner, depth + 1) for inner in value]
        return value

    def value(self, value: Any, depth: int) -> Any:
        """Return an argument with references in the place of tensors."""
        if depth > DEEPEST:
            self.wrong("its arguments lie too deep in one another")
        if isinstance(value, list):
            return [self.value(inner, depth + 1) for inner in value]
        if not isinstance(value, dict):
            return value
        config = value.get("config")
        if value.get("class_name") == "__keras_tensor__" and isinstance(config, dict):
            history, shape = config.get("keras_history"), config.get("shape")
            if not isinstance(history, list) or len(history) != 3:
                return self.wrong("a tensor needs a layer's name and two numbers")
            if shape is not None and not is_shape(shape):
                self.wrong("a tensor has a list of sizes")
            return self.ref(list(history), shape)
        return {key: self.value(inner, depth + 1) for key, inner in value.items()}

    def ref(self, named: list[Any], shape: list[Any] | None = None) -> Ref:
        """Return a reference to a layer that is there."""
        layer, node, tensor = named
        if type(node) is not int or type(tensor) is not int or min(node, tensor) < 0:
            self.wrong("a tensor is named by a layer and two whole numbers")
        if not isinstance(layer, str) or layer not in self.places:
            self.wrong(f"it reads {layer!r}, which is no layer")
        return Ref(layer, node, tensor, shape)


def is_shape(value: Any) -> bool:
    """Say whether a value is a row of sizes with the batch; None is an open one."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(n is None or (type(n) is int and 0 <= n < 2**63) for n in value)
    )
