"""A graph of layers: its calls, what each reads, and the order in which they run."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Any

from archcalc.readers.keras.calls import Node, Ref, is_model
from archcalc.readers.records import Record

Shapes = dict[int, list[Any]]
"""The sizes that a file states for the tensors of a call, by their numbers."""


class Graph:
    """The layers of a graph and their calls, by their numbers."""

    def __init__(
        self,
        layers: list[Record],
        places: dict[str, int],
        nodes: dict[tuple[int, int], Node],
        legacy: bool,
    ) -> None:
        self.layers, self.places, self.nodes = layers, places, nodes
        self.legacy = legacy
        self.stated: dict[tuple[int, int], Shapes] = {}
        for node in nodes.values():
            for ref in node.refs():
                if ref.shape is not None:
                    self.stated.setdefault(self.place(ref), {})[ref.tensor] = ref.shape[
                        1:
                    ]

    def place(self, ref: Ref, output: bool = False) -> tuple[int, int]:
        """Return the layer and the number of the call that a reference means.

        Models count from 1 in files before Keras 3, and since then among the outputs,
        unless they are sequential.
        """
        at = self.places[ref.layer]
        layer = self.layers[at]
        from_one = is_model(layer) and (
            self.legacy or (output and layer.text("class_name") != "Sequential")
        )
        return at, ref.node - 1 if from_one and ref.node else ref.node

    def named(self, config: Record, name: str) -> list[Ref]:
        """Return the tensors that a model names as its inputs or outputs."""
        found: list[Ref] = []
        rest = [config.needed(name)]
        while rest:
            value = rest.pop()
            if isinstance(value, dict):
                rest += [value[key] for key in sorted(value, reverse=True)]
            elif isinstance(value, list) and [type(v) for v in value] == [
                str,
                int,
                int,
            ]:
                layer, node, tensor = value
                if layer not in self.places:
                    config.wrong(f"no layer is called {layer!r}", name)
                found.append(Ref(layer, node, tensor))
            elif isinstance(value, list):
                rest += value[::-1]
            else:
                config.wrong(f"`{name}` needs names and numbers of tensors", name)
        if name == "output_layers":
            found = [
                ref._replace(node=self.place(ref, output=True)[1], direct=True)
                for ref in found
            ]
        return found

    def tensor(self, found: dict[tuple[int, int], list[int]], ref: Ref) -> int:
        """Return the operator that a reference means."""
        place = (self.places[ref.layer], ref.node) if ref.direct else self.place(ref)
        given = found.get(place)
        if given is None or not 0 <= ref.tensor < len(given):
            self.layers[place[0]].wrong(
                f"{ref.layer} gives no tensor {ref.tensor} at its call {place[1]}"
            )
        return given[ref.tensor]

    def order(
        self, done: dict[tuple[int, int], list[int]]
    ) -> Iterator[tuple[int, int]]:
        """Yield calls as soon as all that they read is there, the first in the file."""
        waiting: dict[tuple[int, int], int] = {}
        readers: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for place, node in self.nodes.items():
            if place in done:
                continue
            needs = {self.place(ref) for ref in node.refs()} - done.keys()
            for need in needs:
                readers.setdefault(need, []).append(place)
            waiting[place] = len(needs)
        ready = [place for place, count in waiting.items() if not count]
        heapify(ready)
        left = len(waiting)
        while ready:
            place = heappop(ready)
            left -= 1
            yield place
            for reader in readers.get(place, ()):
                waiting[reader] -= 1
                if not waiting[reader]:
                    heappush(ready, reader)
        if left:
            stuck = next(place for place, count in waiting.items() if count)
            self.layers[stuck[0]].wrong(
                f"{name_of(self.layers[stuck[0]])} reads what no layer gives, or itself"
            )


def name_of(record: Record) -> str:
    """Return the name of a layer: its own, or that of its configuration."""
    if "name" in record:
        return record.text("name")
    config = record.get("config")
    inner = config.get("name") if isinstance(config, dict) else None
    return inner if isinstance(inner, str) else record.text("class_name")


def input_shape(config: Record) -> list[Any] | None:
    """Return the sizes that an input states, with the batch."""
    for name in ("batch_shape", "batch_input_shape"):
        if name in config:
            found = config.items(name)
            if not found:
                config.wrong("an input has a batch axis at least", name)
            return found
    return None


def built_shape(record: Record) -> list[Any] | None:
    """Return the sizes of the one tensor that entered a layer when it was built."""
    config, built = record.get("config"), record.get("build_config")
    found = built.get("input_shape") if isinstance(built, dict) else None
    if found is None and isinstance(config, dict):
        found = config.get("build_input_shape")
    plain = isinstance(found, list) and all(n is None or type(n) is int for n in found)
    return found if plain and found else None


def lambda_shape(config: Record) -> list[Any] | None:
    """Return the sizes that a Lambda says that it gives, without the batch."""
    found = config.get("output_shape")
    plain = isinstance(found, list) and all(type(n) is int for n in found)
    return found if plain else None
