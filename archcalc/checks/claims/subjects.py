"""What a published figure may be of: the network, a variant, kin, other sizes.

A figure may be of another variant, of a network whose name has a word more or less, of
the same network with another usual input, or with another count of classes. Each is one
departure, and no two are combined, so that there are at most

    1 + variants + kin + len(SIDES) + len(CLASSES)

subjects of a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Literal

from archcalc.checks.claims.ways import Kind, Way, ways
from archcalc.errors import ArchcalcError, UsageError
from archcalc.graph.graph import Graph
from archcalc.language import library
from archcalc.layers.base import times
from archcalc.layers.conv import Conv
from archcalc.layers.linear import Matrix
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network, load
from archcalc.records import NamedTuple, dataclass, field, replace

SIDES = (32, 64, 96, 128, 160, 192, 224, 227, 240, 256, 299, 320, 331)
"""Usual sides of square inputs."""
CLASSES = (
    *(1, 2, 10, 20, 21, 80, 91, 100, 101, 102, 120, 196, 200, 365),
    *(1000, 1001, 21841, 21843),
)
"""Usual counts of classes: CIFAR 10 and 100, VOC 20 and 21, COCO 80 and 91, Food 101,
flowers 102, dogs 120, cars 196, birds and Tiny ImageNet 200, Places 365, ImageNet 1000,
with background 1001, ImageNet-21k 21841 and 21843."""
HEADS = (Matrix, Conv)
"""Kinds of layer that give one output a class."""
LARGE, ONE_ROW = 1, 2
"""What it weighs to leave out or add a large part, and one of many rows."""
LARGE_PARTS = 4
"""Everything, without the last layer, convolutions alone, with side heads."""
Ways = dict[tuple[Kind, bool], list[Way]]
Change = Literal["", "variant", "kin", "input", "classes"]


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
    weight: int = 0
    text: str = ""
    change: Change = ""
    _ways: Ways = field(default_factory=dict)

    @cached_property
    def counted(self) -> tuple[int, ...]:
        """The nodes of inference: side heads stand aside."""
        return tuple(n.index for n in self.analysis.graph.nodes if not n.aux)

    @property
    def parts(self) -> tuple[Portion, ...]:
        """Everything, and each part that may be missing or counted twice."""
        return (EVERYTHING, *self._large, *self._small)

    def parts_within(self, room: int) -> tuple[Portion, ...]:
        """Return the parts that weigh at most so much; others are not looked for."""
        return (
            EVERYTHING,
            *(self._large if room >= LARGE else ()),
            *(self._small if room >= ONE_ROW else ()),
        )

    @cached_property
    def _large(self) -> tuple[Portion, ...]:
        return tuple(_large_parts(self.analysis))

    @cached_property
    def _small(self) -> tuple[Portion, ...]:
        return tuple(_small_parts(self.analysis))

    def ways(self, kind: Kind, plain: bool = False) -> list[Way]:
        """Return everything of a kind that may be counted, or what is plainly meant."""
        key = kind, plain
        if key not in self._ways:
            found = ways(self.analysis, kind, plain)
            self._ways[key] = [w for w in found if not (plain and w.weight)]
        return self._ways[key]


class Known:
    """The networks of searches: what was found of one is there for the next search.

    `named` gives the network of a name, `analyze` the analysis of a network; what it
    gives again is not counted again.
    """

    def __init__(
        self,
        named: Callable[[str], Network] = load,
        analyze: Callable[[Network], Analysis] = Network.analyze,
    ) -> None:
        self.named = named
        self.analyze = analyze
        self._ways: dict[int, tuple[Analysis, Ways]] = {}

    def subject(
        self, network: Network, weight: int = 0, text: str = "", change: Change = ""
    ) -> Subject:
        """Return a network to read figures of; raise `UsageError` AC551 for symbols."""
        analysis = self.analyze(network)
        sizes = (size for node in analysis.graph.nodes for size in node.shape)
        if not all(isinstance(size, int) for size in sizes):
            message = (
                f"{network.name} has symbolic sizes, so its figures cannot be checked"
            )
            raise UsageError.of("AC551", message)
        _, known = self._ways.setdefault(id(analysis), (analysis, {}))
        return Subject(network, analysis, weight, text, change, known)


def subjects(
    network: Network, most: int, resized: bool = True, known: Known | None = None
) -> Iterator[Subject]:
    """Yield the network, its variants and kin, and itself with other usual sizes.

    Without `resized` its own input and classes alone. Raises `UsageError` AC551 where a
    size is a symbol.
    """
    known = known or Known()
    plain = known.subject(network)
    yield plain
    if most < 1:
        return
    for variant in (None, *network.variants):
        if variant != network.variant:
            other = Network(network.spec, variant)
            yield known.subject(other, 1, other.name, "variant")
    for name in _kin(network.spec.name):
        yield known.subject(known.named(name), 1, name, "kin")
    if resized:
        yield from _resized(plain, known)


def _kin(name: str) -> list[str]:
    """Return shipped networks whose names are this one with a word more or less."""
    known = library.shipped()
    return [n for n in known if n.startswith(f"{name}-") or name.startswith(f"{n}-")]


def _resized(plain: Subject, known: Known) -> Iterator[Subject]:
    """Yield the network with other usual inputs, then with other counts of classes."""
    network = plain.network
    for side in SIDES:
        at_side = _at_side(network, side)
        if at_side is not None:
            shape = times(next(iter(at_side.input_shapes.values())))
            yield known.subject(at_side, 1, f"input {shape}", "input")
    for classes in CLASSES:
        graph = with_classes(plain.analysis.graph, classes)
        if graph is not None:
            analysis = Analysis(plain.analysis.name, graph, plain.analysis.setting)
            words = f"{classes:,} class{'es' * (classes > 1)}"
            yield Subject(network, analysis, 1, words, "classes")


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


# -- other classes ---------------------------------------------------------------------


def with_classes(graph: Graph, classes: int) -> Graph | None:
    """Return the graph with so many outputs of its last layer with weights.

    None where it has as many, or where no single layer gives the classes.
    """
    head = _head(graph)
    if head is None:
        return None
    layer = graph.nodes[head].layer
    if layer.out == classes:  # type: ignore[attr-defined]  # every one of HEADS has it
        return None
    nodes = list(graph.nodes)
    nodes[head] = nodes[head]._replace(layer=layer.replace(out=classes))
    changed = {head}
    for index in range(head, len(nodes)):
        node = nodes[index]
        if index == head or not changed.isdisjoint(node.inputs):
            changed.add(index)
            shapes = [nodes[i].shape for i in node.inputs]
            try:
                nodes[index] = node._replace(shape=node.layer.shape(*shapes))
            except ArchcalcError:  # what follows needs the classes that it had
                return None
    return replace(graph, nodes=tuple(nodes))


def _head(graph: Graph) -> int | None:
    """Return the layer whose outputs are the classes.

    It is the last one with weights; after it come a softmax, a mean and the like, each
    with one input.
    """
    if len(graph.outputs) != 1:
        return None
    node = graph.nodes[graph.output]
    while node.layer.role != "matrix":
        if len(node.inputs) != 1:
            return None
        node = graph.nodes[node.inputs[0]]
    own = node.share is None and all(n.share != node.index for n in graph.nodes)
    return node.index if own and isinstance(node.layer, HEADS) else None


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
        yield Portion(f"without {last.name}", "", LARGE, less=last.nodes)
    if 1 < len(dense) < len(weighty):
        less = tuple(i for row in dense for i in row.nodes)
        yield Portion("convolutions alone", "", LARGE, less)
    aux = tuple(node.index for node in nodes if node.aux)
    if aux and not analysis.graph.unfit:
        yield Portion("with side heads", "", LARGE, more=aux)


def _small_parts(analysis: Analysis) -> Iterator[Portion]:
    """Yield each row and branch, left out and counted twice."""
    for row in analysis.rows:
        if not row.aux:
            yield Portion("one row left out", row.name, ONE_ROW, less=row.nodes)
            yield Portion("one row counted twice", row.name, ONE_ROW, more=row.nodes)
    nodes = analysis.graph.nodes
    single = {row.nodes for row in analysis.rows}
    for group in analysis.graph.groups:
        inside = tuple(range(group.first, group.end))
        if group.kind != "branch" or not inside or inside in single:
            continue
        if not nodes[group.first].aux:
            yield Portion("one branch left out", group.name, ONE_ROW, less=inside)
            yield Portion("one branch counted twice", group.name, ONE_ROW, more=inside)
