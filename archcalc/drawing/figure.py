"""What a picture of a network shows: boxes with kinds and words, and its structure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from archcalc.analysis import Analysis, Level, Row
from archcalc.diagram import Box, Diagram, diagram
from archcalc.drawing.structure import Chain, structure
from archcalc.graph import Graph
from archcalc.render.diagrams import times
from archcalc.render.numbers import count, shape, si, text
from archcalc.tables import settings

Kind = Literal[
    "input",
    "conv",
    "linear",
    "attention",
    "pool",
    "combine",
    "norm",
    "shape",
    "module",
]
ROLES: Mapping[str, Kind] = {
    "input": "input",
    "pool": "pool",
    "combine": "combine",
    "norm": "norm",
    "activation": "norm",
    "drop": "norm",
    "matrix": "attention",
}
KEYS: Mapping[str, Kind] = {
    "conv": "conv",
    "deconv": "conv",
    "fc": "linear",
    "lrn": "norm",
}
REPETITION = re.compile(r"^\d+\.(?=.)")


@dataclass(frozen=True)
class Figure:
    """A diagram with what its pictures say of it."""

    diagram: Diagram
    rows: Mapping[str, Row]
    kinds: Mapping[str, Kind]
    subtitle: str

    @classmethod
    def of(cls, analysis: Analysis, title: str, level: Level = "layers") -> Figure:
        """Return the figure of a network at a level of its table."""
        rows = {row.name: row for row in analysis.outline(level) if row.kind == "row"}
        kinds = {name: kind_of(row, analysis.graph) for name, row in rows.items()}
        total, input = analysis.total, settings(analysis)["input"]
        params, macs = (_figure(value) for value in (total.params, total.macs))
        subtitle = f"input {input} · {params} parameters · {macs} MACs"
        return cls(diagram(analysis, title, level), rows, kinds, subtitle)

    @cached_property
    def structure(self) -> Chain:
        """The diagram as a tree of parts."""
        return structure(self.diagram)

    @property
    def title(self) -> str:
        """The network's title."""
        return self.diagram.title or self.diagram.name

    @property
    def description(self) -> str:
        """What the picture shows, for those who do not see it."""
        boxes = self.diagram.boxes
        steps = "; ".join(
            " ".join(filter(None, [box.name, times(box.times), shape(box.shape)]))
            for box in boxes[:40]
        )
        more = "; …" if len(boxes) > 40 else ""
        return f"{self.subtitle}. {len(boxes)} boxes from top to bottom: {steps}{more}."

    def name(self, box: Box) -> str:
        """Return a box's name inside its frame, and how often it comes."""
        name = box.name
        if box.cluster is not None:
            name = name.removeprefix(f"{self.diagram.clusters[box.cluster].name}.")
        if box.times > 1:
            name = name.removesuffix(".1")
        return f"{REPETITION.sub('', name)} {times(box.times)}".strip()

    def what(self, box: Box) -> str:
        """Return what a box is, nothing where its name says it."""
        return "" if box.what in (self.name(box), box.name) else box.what

    def kind(self, box: Box) -> Kind:
        """Return which kind of box it is."""
        return self.kinds[box.name]

    def sizes(self, box: Box) -> str:
        """Return the shape that leaves a box; of several its first and last one."""
        return " … ".join(dict.fromkeys([shape(box.shape), shape(box.last)]))

    def about(self, box: Box) -> str:
        """Return everything about a box in a line: what pointing at it shows."""
        row = self.rows[box.name]
        figures = [
            f"{text(row.params, 'count')} parameters",
            f"{text(row.macs, 'count')} MACs",
        ]
        each = "each: " if box.times > 1 else ""
        parts = [f"{box.name} {times(box.times)}".strip(), box.what, self.sizes(box)]
        return " · ".join([*filter(None, parts), each + ", ".join(figures)])


def kind_of(row: Row, graph: Graph) -> Kind:
    """Return the kind of a row by its first layer; a whole group is a module."""
    node = graph.nodes[row.nodes[0]]
    if row.name != node.name:
        return "module"
    return KEYS.get(node.layer.key) or ROLES.get(node.layer.role, "shape")


def _figure(value: object) -> str:
    if isinstance(value, int):
        return si(value) if value >= 10**6 else count(value)
    return str(value)
