"""What torch says of a network, held against what the rules say.

Values only: `reference.py` fills a `Trace` with torch, `compare` needs none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from archcalc.errors import clean
from archcalc.graph.graph import Node
from archcalc.network.analysis import Analysis
from archcalc.records import NamedTuple, dataclass

WHATS = ("shape", "weight", "buffer", "macs", "params")
MOST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Traced:
    """What torch made of one node.

    `shape` has the batch axis; `macs` are those of the whole batch; a node that borrows
    its weights lists them too.
    """

    node: Node
    shape: tuple[int, ...]
    weights: Mapping[str, tuple[int, ...]]
    buffers: Mapping[str, tuple[int, ...]]
    macs: int


@dataclass(frozen=True, slots=True)
class Trace:
    """What torch made of a network: every node, and totals apart for the side heads.

    `params` counts each parameter once, however many nodes use it; `aux_params` those
    that only side heads use. `version` is torch's. `outputs` are the shapes of what a
    call of the module returns, where that is a tuple.
    """

    nodes: tuple[Traced, ...]
    params: int
    macs: int
    aux_params: int
    aux_macs: int
    version: str
    outputs: tuple[tuple[int, ...], ...] = ()


class Mismatch(NamedTuple):
    """One thing on which the rules and torch do not agree.

    `node` is a node's name (with a weight's name for a weight or buffer), or `total` or
    `side heads`. `what` is one of `shape`, `weight`, `buffer`, `macs`, `params`, or
    `refused` where torch does not build or run the network. A side that has no such
    thing is None.
    """

    node: str
    what: str
    ours: object
    torch: object


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared, how often by kind, and where the two sides differ."""

    name: str
    version: str
    compared: Mapping[str, int]
    differences: tuple[Mismatch, ...]

    @property
    def ok(self) -> bool:
        """Whether something was compared and all of it is equal."""
        return not self.differences and any(self.compared.values())

    def show(self) -> str:
        """Return the verdict and each difference, a line each, as plain text."""
        count = len(self.differences)
        said = "agrees" if self.ok else f"differs in {count} figure{'s' * (count != 1)}"
        kinds = ", ".join(f"{n:,} {words(w, n)}" for w, n in self.compared.items())
        lines = [f"{clean(self.name)}: torch {self.version} {said}"]
        lines.append(f"  compared: {kinds}")
        lines += [f"  {_line(d)}" for d in self.differences[:MOST_SHOWN]]
        if count > MOST_SHOWN:
            lines.append(f"  … and {count - MOST_SHOWN:,} more")
        return "\n".join(lines)


def refused(name: str, version: str, message: str) -> Verification:
    """Return the result for a network that torch does not build or run."""
    difference = Mismatch("total", "refused", None, message)
    return Verification(name, version, dict.fromkeys(WHATS, 0), (difference,))


def compare(analysis: Analysis, trace: Trace) -> Verification:
    """Return where the analysis and torch differ, with no tolerance."""
    compared = dict.fromkeys(WHATS, 0)
    differences = []
    for pair in _pairs(analysis, trace):
        compared[pair.what] += 1
        if pair.ours != pair.torch:
            differences.append(pair)
    return Verification(analysis.name, trace.version, compared, tuple(differences))


def _pairs(analysis: Analysis, trace: Trace) -> Iterator[Mismatch]:
    """Yield all that is compared; an input's shape is given, so it proves nothing."""
    for traced in trace.nodes:
        if traced.node.layer.role != "input":
            yield from _node_pairs(analysis, traced)
    yield from _output_pairs(analysis, trace)
    total, aux = analysis.total, analysis.aux
    yield Mismatch("total", "params", total.params, trace.params)
    yield Mismatch("total", "macs", total.macs, trace.macs)
    if any(traced.node.aux for traced in trace.nodes):
        yield Mismatch("side heads", "params", aux.params, trace.aux_params)
        yield Mismatch("side heads", "macs", aux.macs, trace.aux_macs)


def _output_pairs(analysis: Analysis, trace: Trace) -> Iterator[Mismatch]:
    """Yield the shape of each of several outputs, in their order."""
    graph, batch = analysis.graph, analysis.setting.batch
    if len(graph.outputs) == 1 and not trace.outputs:
        return
    names = graph.called(graph.outputs)
    shapes = [(batch, *shape) for shape in analysis.outputs]
    for name, ours, theirs in zip_longest(names, shapes, trace.outputs):
        yield Mismatch(f"output {name or ''}".strip(), "shape", ours, theirs)


def _node_pairs(analysis: Analysis, traced: Traced) -> Iterator[Mismatch]:
    node, batch = traced.node, analysis.setting.batch
    shapes = analysis.graph.input_shapes(node)
    yield Mismatch(node.name, "shape", (batch, *node.shape), traced.shape)
    named = (
        ("weight", node.layer.weights(*shapes), traced.weights),
        ("buffer", node.layer.buffers(*shapes), traced.buffers),
    )
    for what, ours, theirs in named:
        for name in {**ours, **theirs}:
            full = f"{node.name}.{name}"
            yield Mismatch(full, what, ours.get(name), theirs.get(name))
    macs = analysis.facts[node.index].macs * batch
    yield Mismatch(node.name, "macs", macs, traced.macs)


def words(what: str, count: int) -> str:
    """Return what was compared, in the plural unless it is one."""
    s = "" if count == 1 else "s"
    words = {"macs": f"MAC count{s}", "params": f"total{s} of parameters"}
    return words.get(what, f"{what}{s}")


def _line(difference: Mismatch) -> str:
    if difference.what == "refused":
        return clean(str(difference.torch))
    ours, theirs = value(difference.ours), value(difference.torch)
    what = {"macs": "MACs"}.get(difference.what, difference.what)
    return f"{clean(difference.node)}: {what} {ours} here, {theirs} in torch"


def value(given: object) -> str:
    """Return a compared value in words."""
    if given is None:
        return "nothing"
    if isinstance(given, tuple):
        return "×".join(map(str, given)) or "a single number"
    return f"{given:,}" if isinstance(given, int) else str(given)
