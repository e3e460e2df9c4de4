"""What a tool counts, held against what archcalc counts: step by step, with no rest.

Three counts of each place: multiply-accumulates as archcalc has them, what the tool's
convention makes of the layers there, and what the tool itself said when it ran.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.errors import unknown
from archcalc.figures.conventions import Convention, View, convention, spelled
from archcalc.figures.conventions.convention import Spelling
from archcalc.network.counters.modules import paths_of
from archcalc.network.counters.steps import by_step, inputs_for, stepped
from archcalc.network.counters.tools import TOOLS, Told, told
from archcalc.readers.pytorch.objects import Named, module_of
from archcalc.sizes.dims import Dim

if TYPE_CHECKING:
    from archcalc.graph.graph import Graph, Node
    from archcalc.network.analysis import Analysis
    from archcalc.network.network import Network

EACH = {"MAC": 1, "FLOP": 2}
"""What a tool's unit makes of one multiply-accumulate."""


class Layered(NamedTuple):
    """A layer, our multiply-accumulates, and what the tool's convention makes of it."""

    node: Node
    macs: int
    ours: int


@dataclass(frozen=True, slots=True)
class Place:
    """A step of the network, or a module of the user's: all counts of the whole batch.

    Our multiply-accumulates are in the tool's unit. `parts` are what the tool counts,
    by what it calls it; `reference` is the same of the reference build, None where that
    is what the tool ran on. `spelling` is another way of writing the layer that the
    convention knows, and for which the tool counts what it counts here.
    """

    name: str
    layers: tuple[Layered, ...]
    parts: Mapping[str, int]
    reference: Mapping[str, int] | None = None
    spelling: Spelling | None = None

    @property
    def macs(self) -> int:
        """Our multiply-accumulates."""
        return sum(one.macs for one in self.layers)

    @property
    def ours(self) -> int:
        """What the tool's convention makes of the layers."""
        return sum(one.ours for one in self.layers)

    @property
    def theirs(self) -> int:
        """What the tool counts here."""
        return sum(self.parts.values())

    @property
    def difference(self) -> int:
        """What the tool counts beyond our multiply-accumulates."""
        return self.theirs - self.macs

    @property
    def otherwise(self) -> bool:
        """Whether the module writes what is here in another way than the reference.

        So the tool calls it something else, and counts other operations. Its convention
        is of the reference build, where it must be right.
        """
        return (
            self.reference is not None
            and self.reference.keys() != self.parts.keys()
            and sum(self.reference.values()) == self.ours
            and not any(one.node.layer.uncounted for one in self.layers)
        )

    @property
    def left(self) -> int:
        """What neither the convention nor another way of writing explains."""
        known = self.otherwise or self.spelling is not None
        return 0 if known else self.theirs - self.ours


@dataclass(frozen=True, slots=True)
class Held:
    """A network held against a tool.

    `params` are ours, those under the tool's convention, and those that it reports.
    """

    name: str
    graph: Graph
    way: Convention
    version: str
    batch: int
    places: tuple[Place, ...]
    operations: int
    params: tuple[int, int, int]
    theirs: str | None = None

    @property
    def macs(self) -> int:
        """Our multiply-accumulates, in the tool's unit."""
        return sum(place.macs for place in self.places)

    @property
    def ours(self) -> int:
        """What the convention makes of the network."""
        return sum(place.ours for place in self.places)

    @property
    def left(self) -> tuple[Place, ...]:
        """The places with operations that are not explained."""
        return tuple(place for place in self.places if place.left)

    @property
    def outside(self) -> int:
        """Operations in the tool's total that it gives to no place."""
        return self.operations - sum(place.theirs for place in self.places)

    @property
    def ok(self) -> bool:
        """Whether every operation and every parameter is explained."""
        known = self.params[1] == self.params[2]
        return not self.left and not self.outside and known


def held(
    network: Network,
    tool: str,
    batch: int = 1,
    folder: Path | None = None,
    named: Named | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Held:
    """Run a tool on the reference build of a network, and on a module if one is named.

    The network is the one that was read from the module. Raises `UsageError` AC515 for
    an unknown tool, AC521 for sizes that are symbols, AC525 where the tool fails;
    `MissingExtra` AC520 without torch, AC524 without the tool.
    """
    if tool not in TOOLS:
        raise unknown("AC515", "tool", tool, TOOLS)
    graph = network.graph
    build = stepped(graph)
    holders: list[int] = list(build.holders)  # type: ignore[arg-type]  # no tensor
    module, inputs = inputs_for(build, graph, TOOLS[tool].device, batch)
    found = told(tool, module, inputs, folder)
    *steps, outside = by_step(module, found)
    if named is None:
        names = [graph.nodes[at].name for at in holders]
        there = {graph.nodes[at].name: steps[at] for at in holders}
        places = _places(network, tool, batch, names, {**there, "": outside})
    else:
        names, found = _module(network, tool, named, arguments or {}, inputs, folder)
        there = defaultdict(Counter)
        for path, counts in found.parts.items():
            there[_known(path, names)].update(counts)
        build_of = [steps[at] if at == i else Counter() for i, at in enumerate(holders)]
        places = _places(network, tool, batch, names, there, build_of)
    return Held(
        network.name,
        graph,
        convention(tool),
        found.version,
        batch,
        tuple(places),
        found.operations,
        _params(network, tool, found),
        None if named is None else str(named),
    )


def _module(
    network: Network,
    tool: str,
    named: Named,
    arguments: Mapping[str, Any],
    inputs: Sequence[Any],
    folder: Path | None,
) -> tuple[list[str], Told]:
    """Return where each node of a network stands in its module, and the tool's word."""
    names = paths_of(network, module_of(named, arguments))
    module = module_of(named, arguments, meta=TOOLS[tool].device == "meta")
    return names, told(tool, module, inputs, folder)


def _known(path: str, names: Sequence[str]) -> str:
    """Return the innermost module around a path in which a layer of ours stands."""
    known = {*names}
    while path and path not in known:
        path = path.rpartition(".")[0]
    return path


def _places(
    network: Network,
    tool: str,
    batch: int,
    names: Sequence[str],
    there: Mapping[str, Counter[str]],
    build: Sequence[Counter[str]] | None = None,
) -> Iterator[Place]:
    """Yield every place where either side counts, in the order of the network.

    `names` has the place of each node, `there` what the tool counts at each.
    """
    analysis = network.analyze(batch=batch, convention=tool)
    each = EACH[analysis.convention.unit or "MAC"]
    layers: dict[str, list[Layered]] = defaultdict(list)
    for node, name in zip(network.graph.nodes, names, strict=True):
        if not node.aux and node.layer.role != "input":
            figures = analysis.figures([node.index])
            macs, ours = _number(figures.macs) * each, _number(figures.operations)
            layers[name].append(Layered(node, macs, ours))
    for name in {**layers, **there}:
        here = layers.get(name, [])
        reference = None
        if build is not None:
            reference = sum((build[one.node.index] for one in here), Counter[str]())
        parts = there.get(name, Counter())
        spelling = None if build is None else _spelling(analysis, here, parts.total())
        yield Place(name, tuple(here), parts, reference, spelling)


def _spelling(analysis: Analysis, here: list[Layered], count: int) -> Spelling | None:
    """Return a way of writing a layer that a tool's count here is that of."""
    if len(here) != 1 or here[0].ours == count:
        return None
    node = here[0].node
    view = view_of(analysis.graph, node, analysis.setting.batch)
    for one in analysis.convention.spellings:
        if spelled(one, view) == count:
            return one
    return None


def view_of(graph: Graph, node: Node, batch: int) -> View:
    """Return a node as conventions see it."""
    inputs = graph.input_shapes(node)
    work = node.layer.work(node.shape, *inputs)
    return View(node.layer, inputs, node.shape, work, batch)


def _params(network: Network, tool: str, found: Told) -> tuple[int, int, int]:
    """Return our parameters, those of the tool's convention, and those it reports."""
    total = network.analyze(convention=tool).total
    return _number(total.params), _number(total.reported_params), found.params


def _number(size: Dim) -> int:
    """Return a count of a network without symbols, which torch was asked for."""
    assert isinstance(size, int)
    return size
