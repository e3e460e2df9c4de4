"""Every way to read a figure of a network: what is counted, of which part, of what.

A reading departs from the plain one by the *way* of counting (`ways.py`), by a *part*
left out or counted twice, and by the *subject*: a variant, a kindred network, another
input. Each departure weighs 1; a single row or branch, of which there are many, 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from archcalc.checks.claims.ways import Kind, Way, ways
from archcalc.errors import ArchcalcError, UsageError
from archcalc.language import library
from archcalc.layers.base import times
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network, load

SIDES = (32, 64, 96, 128, 160, 192, 224, 227, 240, 256, 299, 320, 331)
"""Usual sides of square inputs."""


class Portion(NamedTuple):
    """What is counted: everything, `less` some nodes, and `more` nodes once again.

    `group` says what is done, `name` to which row or branch where there are many.
    """

    group: str = ""
    name: str = ""
    weight: int = 0
    less: tuple[int, ...] = ()
    more: tuple[int, ...] = ()


EVERYTHING = Portion()


@dataclass(frozen=True, eq=False)
class Subject:
    """A network to read figures of, and how far it is from the one that was asked."""

    network: Network
    analysis: Analysis
    weight: int
    text: str = ""

    @cached_property
    def counted(self) -> tuple[int, ...]:
        """The nodes of inference: side heads stand aside."""
        return tuple(n.index for n in self.analysis.graph.nodes if not n.aux)

    @cached_property
    def parts(self) -> tuple[Portion, ...]:
        """Everything, and each part that may be missing or counted twice."""
        return (EVERYTHING, *_large_parts(self.analysis), *_small_parts(self.analysis))

    @cached_property
    def _ways(self) -> dict[Kind, list[Way]]:
        return {}

    def ways(self, kind: Kind) -> list[Way]:
        """Return everything of a kind that may be counted."""
        if kind not in self._ways:
            self._ways[kind] = ways(self.analysis, kind)
        return self._ways[kind]


class Reading(NamedTuple):
    """One way to read a figure, and its exact value."""

    subject: Subject
    way: Way
    part: Portion
    value: int

    @property
    def weight(self) -> int:
        """How far it is from the plain reading."""
        return self.subject.weight + self.way.weight + self.part.weight


def readings(subject: Subject, kind: Kind, most: int) -> Iterator[Reading]:
    """Yield every reading of one kind that weighs at most `most`.

    A part that changes nothing is no reading of its own.
    """
    for way in subject.ways(kind):
        room = most - subject.weight - way.weight
        if room >= 0:
            yield from _of_parts(subject, way, room)


def _of_parts(subject: Subject, way: Way, room: int) -> Iterator[Reading]:
    if way.nodes is None:
        yield Reading(subject, way, EVERYTHING, way.whole)
        return
    nodes = way.nodes
    total = sum(nodes[i] for i in subject.counted)
    for part in subject.parts:
        if part.weight <= room:
            change = sum(nodes[i] for i in part.more) - sum(nodes[i] for i in part.less)
            if change or part is EVERYTHING:
                yield Reading(subject, way, part, total + change)


# -- subjects --------------------------------------------------------------------------


def subjects(network: Network, most: int, resized: bool = True) -> Iterator[Subject]:
    """Yield the network, its variants and kin, and itself with other usual inputs.

    Without `resized` its own input alone. Raises `UsageError` AC551 where a size is a
    symbol.
    """
    yield _subject(network, 0, "")
    if most < 1:
        return
    for variant in (None, *network.variants):
        if variant != network.variant:
            other = Network(network.spec, variant)
            yield _subject(other, 1, other.name)
    for name in _kin(network.spec.name):
        yield _subject(load(name), 1, name)
    for side in SIDES if resized else ():
        at_side = _at_side(network, side)
        if at_side is not None:
            shape = times(next(iter(at_side.input_shapes.values())))
            yield _subject(at_side, 1, f"input {shape}")


def _subject(network: Network, weight: int, text: str) -> Subject:
    analysis = network.analyze()
    sizes = (size for node in analysis.graph.nodes for size in node.shape)
    if not all(isinstance(size, int) for size in sizes):
        message = (
            f"{network.name} has sizes that are names, so it has no figure to meet"
        )
        raise UsageError.of("AC551", message)
    return Subject(network, analysis, weight, text)


def _kin(name: str) -> list[str]:
    """Return shipped networks whose names are this one with a word more or less."""
    known = library.shipped()
    return [n for n in known if n.startswith(f"{name}-") or name.startswith(f"{n}-")]


def _at_side(network: Network, side: int) -> Network | None:
    """Return the network with another square input, if it takes one."""
    shapes = list(network.input_shapes.values())
    if len(shapes) != 1 or len(shapes[0]) != 3 or shapes[0][1:] == (side, side):
        return None
    sizes = (str(shapes[0][0]), side, side)
    other = Network(network.spec, network.variant, network.settings, sizes)
    try:
        fits = bool(other.graph.nodes)
    except ArchcalcError:  # too small for this network
        return None
    return other if fits else None


# -- parts -----------------------------------------------------------------------------


def _large_parts(analysis: Analysis) -> Iterator[Portion]:
    """Yield what people leave out or add as a whole."""
    nodes = analysis.graph.nodes
    weighty = [
        row
        for row in analysis.rows
        if not row.aux and nodes[row.nodes[0]].layer.role == "matrix"
    ]
    dense = [r for r in weighty if nodes[r.nodes[0]].layer.family != "convolution"]
    if len(weighty) > 1:
        last = weighty[-1]
        yield Portion(f"without {last.name}", "", 1, less=last.nodes)
    if 1 < len(dense) < len(weighty):
        less = tuple(i for row in dense for i in row.nodes)
        yield Portion("convolutions alone", "", 1, less)
    aux = tuple(node.index for node in nodes if node.aux)
    if aux and not analysis.graph.unfit:
        yield Portion("with side heads", "", 1, more=aux)


def _small_parts(analysis: Analysis) -> Iterator[Portion]:
    """Yield each row and branch, left out and counted twice."""
    for row in analysis.rows:
        if not row.aux:
            yield Portion("one row left out", row.name, 2, less=row.nodes)
            yield Portion("one row counted twice", row.name, 2, more=row.nodes)
    nodes = analysis.graph.nodes
    single = {row.nodes for row in analysis.rows}
    for group in analysis.graph.groups:
        inside = tuple(range(group.first, group.end))
        if group.kind != "branch" or not inside or inside in single:
            continue
        if not nodes[group.first].aux:
            yield Portion("one branch left out", group.name, 2, less=inside)
            yield Portion("one branch counted twice", group.name, 2, more=inside)
