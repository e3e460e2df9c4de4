"""What a picture of a network shows: boxes with kinds and words, and its structure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from archcalc.graph.graph import Graph
from archcalc.layers.base import Family
from archcalc.limits import DEFAULT, Limits
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Level, Row
from archcalc.records import dataclass, replace
from archcalc.render.diagrams import frame_title, times
from archcalc.render.drawing.structure import Chain, structure
from archcalc.render.numbers import count, shape, si, text
from archcalc.reports.diagram import Box, Diagram, diagram
from archcalc.reports.table import settings

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
FAMILIES: Mapping[Family, Kind] = {
    "convolution": "conv",
    "linear": "linear",
    "norm": "norm",
}
REPETITION = re.compile(r"^\d+\.(?=.)")


@dataclass(frozen=True)
class LabelledDiagram:
    """A diagram with what its pictures say of it."""

    diagram: Diagram
    rows: Mapping[str, Row]
    kinds: Mapping[str, Kind]
    subtitle: str
    limits: Limits = DEFAULT

    @classmethod
    def of(
        cls,
        analysis: Analysis,
        title: str,
        level: Level = "layers",
        limits: Limits = DEFAULT,
    ) -> LabelledDiagram:
        """Return the figure of a network at a level of its table."""
        rows = {row.name: row for row in analysis.outline(level) if row.kind == "row"}
        kinds = {name: kind_of(row, analysis.graph) for name, row in rows.items()}
        total, input = analysis.total, settings(analysis)["input"]
        params, macs = (_figure(value) for value in (total.params, total.macs))
        subtitle = f"input {input} · {params} parameters · {macs} MACs"
        drawn = _lean(diagram(analysis, title, level))
        return cls(drawn, rows, kinds, subtitle, limits)

    @cached_property
    def structure(self) -> Chain:
        """The diagram as a tree of parts."""
        return structure(self.diagram, self.limits)

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

    def frame(self, index: int) -> str:
        """Return what stands on a cluster: a word that it has twice is said once."""
        cluster, shown = self.diagram.clusters[index], frame_title(self.diagram, index)
        shown = REPETITION.sub("", shown)
        if cluster.what == "aux":
            return shown.removesuffix("aux") + "side head, training only"
        if cluster.what and shown.startswith(f"{cluster.what}: "):
            shown = shown.removeprefix(f"{cluster.what}: ")
        return shown

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


def full_title(network: Network) -> str:
    """Return a network's title, with its variant where it is one."""
    title = network.title
    return title if network.variant is None else f"{title}, {network.variant}"


def _lean(one: Diagram) -> Diagram:
    """Return a diagram without frames around a single box of the same name."""
    names = {box.name for box in one.boxes}
    kept = [i for i, cluster in enumerate(one.clusters) if cluster.name not in names]
    place = {old: new for new, old in enumerate(kept)}
    boxes = (
        box
        if box.cluster is None or box.cluster in place
        else replace(box, cluster=one.clusters[box.cluster].parent)
        for box in one.boxes
    )
    placed = tuple(
        replace(box, cluster=None if box.cluster is None else place[box.cluster])
        for box in boxes
    )
    clusters = (one.clusters[i] for i in kept)
    framed = tuple(
        replace(c, parent=None if c.parent is None else place[c.parent])
        for c in clusters
    )
    return replace(one, boxes=placed, clusters=framed)


def kind_of(row: Row, graph: Graph) -> Kind:
    """Return the kind of a row by its first layer; a whole group is a module."""
    node = graph.nodes[row.nodes[0]]
    if row.name != node.name:
        return "module"
    layer = node.layer
    found = FAMILIES.get(layer.family) if layer.family else ROLES.get(layer.role)
    return found or "shape"


def _figure(value: object) -> str:
    if isinstance(value, int):
        return si(value) if value >= 10**6 else count(value)
    return str(value)
