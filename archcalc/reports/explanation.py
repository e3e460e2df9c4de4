"""Why every figure is what it is: rule in symbols, numbers put in, value.

An `Explanation` is a list of parts (a layer, a sum), each with lines: a figure and its
`Formula`. It holds values and trees; `render/explained*.py` makes text of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from archcalc.catalogue import figures
from archcalc.figures.backward import gradients_wanted
from archcalc.figures.conventions.measures import is_bias
from archcalc.figures.facts import flops
from archcalc.figures.formats import dtype_bits, in_bytes
from archcalc.figures.formulas.formulas import Formula, Recording, record, times_samples
from archcalc.graph.graph import Node
from archcalc.layers.base import Shape
from archcalc.layers.records.backward import WEIGHTS
from archcalc.network.analysis import Analysis
from archcalc.network.rows import Row
from archcalc.network.shown import Shown
from archcalc.records import dataclass, field, replace
from archcalc.reports.reasons import reasons
from archcalc.reports.table import settings
from archcalc.sizes.recorded import (
    Constant,
    Quotient,
    Recorded,
    Size,
    SizeName,
    recorded,
    total,
)

KINDS = {
    "mac": "MACs",
    "add": "additions",
    "mul": "multiplications",
    "cmp": "comparisons",
    "div": "divisions",
    "exp": "exponentials",
    "sqrt": "roots",
}
MOST_TERMS = 12
SUMMED = figures("weights", "biases", "norms", "macs", "flops", "activations")
(BACKWARD,) = figures("backward_macs")
LEARNED = tuple(one.label for one in SUMMED[:3])
"""What adds up to `params`."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """One figure and its formula; `alike` names the figure that it goes the way of.

    `symbols` says whether the rule in symbols is worth printing.
    """

    figure: str
    formula: Formula
    note: str = ""
    alike: str = ""
    symbols: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """A layer, or the sum of several: what it is, its figures, and why."""

    name: str
    label: str
    inputs: tuple[Shape, ...] = ()
    output: Shape | None = None
    legend: tuple[Size, ...] = ()
    lines: tuple[Derivation, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(Shown):
    """The figures of a network, a layer or a module, each with its formula.

    `brief` parts have one line a figure, with numbers only.
    """

    title: str
    subject: str
    parts: tuple[Section, ...]
    brief: bool
    settings: dict[str, Any] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Explanation {self.title}>"


class Explainer:
    """Explains nodes, rows and groups of one analysis; equal layers are run once.

    With `training` it says what backward multiplies, too.
    """

    def __init__(self, analysis: Analysis, training: bool = False) -> None:
        self.analysis = analysis
        self.training = training
        self.graph = analysis.graph
        self.batch = analysis.setting.batch
        self.known: dict[tuple[Any, ...], Recording] = {}
        self._lines: dict[tuple[Any, ...], tuple[Derivation, ...]] = {}

    def explain(self, at: str | None) -> Explanation:
        """Return the explanation of the whole, or of what a name stands for."""
        analysis = self.analysis
        if at is None:
            rows = [self.brief(row) for row in analysis.rows if not self.is_input(row)]
            parts, brief = (*rows, self.sum_of("total", analysis.rows)), True
        else:
            row = analysis.row(at)
            brief = self.is_group(row)
            parts = tuple(self.group(row) if brief else self.layer(row))
        name = analysis.name
        subject = name if at is None else f"{name}, {row.name}"
        kept = ("input", "batch", "dtype")
        given = {k: v for k, v in settings(analysis).items() if k in kept}
        return Explanation(
            subject, subject, parts, brief, given, self.graph.assumptions
        )

    def is_group(self, row: Row) -> bool:
        """Say whether a row stands for several layers."""
        return row.nodes not in self.single

    @cached_property
    def single(self) -> frozenset[tuple[int, ...]]:
        """The nodes of every layer, alone and with what folds into its row."""
        return frozenset(r.nodes for r in (*self.analysis.rows, *self.analysis.ops))

    def is_input(self, row: Row) -> bool:
        return self.graph.nodes[row.nodes[0]].layer.role == "input"

    def record(self, node: Node) -> Recording:
        """Return a node's rules as formulas."""
        shapes = self.graph.input_shapes(node)
        key = (node.layer, shapes)
        if key not in self.known:
            self.known[key] = record(node.layer, shapes, node.shape)
        return self.known[key]

    # -- a layer in full -------------------------------------------------------------

    def layer(self, row: Row) -> Iterator[Section]:
        """Yield a layer and what folds into its row, in full, then their sum."""
        nodes = [self.graph.nodes[i] for i in row.nodes]
        yield from map(self.node, nodes)
        if len(nodes) > 1:
            yield self.sum_of("together", [row])

    def node(self, node: Node) -> Section:
        """Return everything about one node."""
        shapes = self.graph.input_shapes(node)
        found = self.record(node)
        passed = [name for shape in found.inputs for name in shape]
        same = all(formula.tree in passed for formula in found.shape)
        why = ["the shape stays"] if same and len(shapes) == 1 else []
        return Section(
            node.name,
            node.layer.label(*shapes),
            shapes,
            node.shape,
            tuple(found.legend()),
            tuple(self.lines(node, found)),
            (*why, *reasons(self.graph, node)),
        )

    def lines(self, node: Node, found: Recording) -> Iterator[Derivation]:
        """Yield every figure of a node."""
        yield from (
            Derivation("padding", f, "half of the kernel") for f in found.padding
        )
        yield from shape_lines(found)
        yield from self.weight_lines(node, found)
        work = {kind: times_samples(f, self.batch) for kind, f in found.work.items()}
        for kind, formula in work.items():
            yield Derivation(KINDS[kind], formula)
        if work and set(work) != {"mac"}:
            yield Derivation("FLOPs", flops_formula(work))
        yield from self.backward_lines(node, found)
        yield from self.activation_lines(node, found)

    def backward_lines(self, node: Node, found: Recording) -> Iterator[Derivation]:
        """Yield each product of the backward pass that runs, and their sum."""
        products = self.products(node, found)
        for of, formula in products:
            yield Derivation(f"gradient of {_gradients(of, node)}", formula)
        if len(products) > 1:
            whole = summed(formula for _, formula in products)
            yield Derivation(BACKWARD.label, whole)

    def products(
        self, node: Node, found: Recording
    ) -> list[tuple[tuple[int, ...], Formula]]:
        """Return the products of a node's backward pass that run; none unless asked."""
        if not self.training:
            return []
        wanted = self.wanted[node.index]
        return [
            (of, times_samples(formula, self.batch))
            for of, formula in found.backward
            if wanted.intersection(of) and not is_zero(formula.value)
        ]

    @cached_property
    def wanted(self) -> tuple[frozenset[int], ...]:
        """Whose gradients backward computes at each node."""
        return gradients_wanted(self.graph)

    def weight_lines(self, node: Node, found: Recording) -> Iterator[Derivation]:
        """Yield each weight, their sum, and each buffer."""
        if node.share is not None:
            return
        weights = found.weights
        for name, formula in weights.items():
            yield Derivation(name.replace("_", " "), formula)
        if len(weights) > 1:
            words = [named(f, name.replace("_", " ")) for name, f in weights.items()]
            yield Derivation("params", Formula(total((1, word) for word in words)))
        if found.idle.value != 0:
            yield Derivation("idle", found.idle, "weights that one token does not use")
        for name, formula in found.buffers.items():
            yield Derivation(name.replace("_", " "), formula, "buffer, not trained")

    def activation_lines(self, node: Node, found: Recording) -> Iterator[Derivation]:
        """Yield the values of the output, and their bytes."""
        values = times_samples(found.values, self.batch)
        if self.analysis.in_place(node):
            why = "a view of" if node.layer.storage == "view" else "runs in place of"
            yield Derivation("activations", Formula(Constant(0)), f"{why} its input")
            return
        yield Derivation("activations", values)
        dtype = self.analysis.setting.dtype
        yield Derivation("bytes", bytes_formula(values, dtype_bits(dtype)), dtype)

    # -- rows and groups in brief ----------------------------------------------------

    def group(self, row: Row) -> Iterator[Section]:
        """Yield the rows of a group in brief, with their reasons, then their sum."""
        members = set(row.nodes)
        rows = [r for r in self.analysis.rows if members.issuperset(r.nodes)]
        yield from map(self.brief, rows)
        yield self.sum_of(f"{row.name}, together", rows)

    def brief(self, row: Row) -> Section:
        """Return one line a figure of a layer and what folds into its row."""
        nodes = [self.graph.nodes[i] for i in row.nodes]
        head = nodes[0]
        shapes = self.graph.input_shapes(head)
        lines = self._brief_lines(nodes)
        remarks = [text for node in nodes for text in reasons(self.graph, node)]
        return Section(
            row.name, row.label, shapes, row.shape, (), lines, tuple(remarks)
        )

    def _brief_lines(self, nodes: Sequence[Node]) -> tuple[Derivation, ...]:
        """Return the lines of a row; rows of equal layers share them."""
        case = *((id(self.record(n)), *self._bears(n)) for n in nodes), self.training
        if case not in self._lines:
            shape = shape_lines(self.record(nodes[0]), computed=True)
            lines = (*shape, *self.counts(nodes))
            self._lines[case] = tuple(replace(line, symbols=False) for line in lines)
        return self._lines[case]

    def _bears(self, node: Node) -> tuple[object, ...]:
        """Return what a node's counts depend on beside its layer and its shapes."""
        wanted = self.wanted[node.index] if self.training else None
        return node.share is None, self.analysis.in_place(node), wanted

    def counts(self, nodes: Sequence[Node]) -> Iterator[Derivation]:
        """Yield what is counted of nodes that share a row."""
        found = [(node, self.record(node)) for node in nodes]
        own = [(n, r) for n, r in found if n.share is None]
        for figure in LEARNED:
            counted = [
                formula
                for node, recording in own
                for name, formula in recording.weights.items()
                if figure == kind_of(node, name)
            ]
            if counted:
                yield Derivation(figure, summed(counted))
        work: dict[str, list[Formula]] = {}
        for _, recording in found:
            for kind, formula in recording.work.items():
                work.setdefault(kind, []).append(times_samples(formula, self.batch))
        if "mac" in work:
            yield Derivation("MACs", summed(work["mac"]))
        if work:
            yield Derivation(
                "FLOPs", flops_formula({k: summed(f) for k, f in work.items()})
            )
        products = [f for n, r in found for _, f in self.products(n, r)]
        if products:
            yield Derivation(BACKWARD.label, summed(products))
        values = [r.values for n, r in found if not self.analysis.in_place(n)]
        if values:
            yield Derivation("activations", times_samples(summed(values), self.batch))

    def sum_of(self, name: str, rows: Sequence[Row]) -> Section:
        """Return the sums over rows; many terms are not written out."""
        rows = [row for row in rows if not (name == "total" and row.aux)]
        nodes = [i for row in rows for i in row.nodes]
        each = rows if len(rows) > 1 else [self.analysis.figures([i]) for i in nodes]
        lines = []
        for figure in SUMMED:
            parts = [getattr(getattr(e, "figures", e), figure.key) for e in each]
            lines += sum_line(figure.label, parts)
        if self.training:
            of_rows = (
                [row.nodes for row in rows] if len(rows) > 1 else [[i] for i in nodes]
            )
            backward = self.analysis.backward
            parts = [sum((backward[i] for i in each), 0) for each in of_rows]
            lines += sum_line(BACKWARD.label, parts)
        counted = [x for x in lines if x.figure in LEARNED]
        if len(counted) > 1:
            words = [(1, named(line.formula, line.figure)) for line in counted]
            lines.insert(len(counted), Derivation("params", Formula(total(words))))
        output = self.graph.nodes[rows[-1].output].shape if len(rows) > 1 else None
        label = "side heads left out" if name == "total" and self.has_side_heads else ""
        return Section(name, label, (), output, (), tuple(lines))

    @cached_property
    def has_side_heads(self) -> bool:
        return bool(self.graph.unfit) or any(node.aux for node in self.graph.nodes)


def shape_lines(found: Recording, computed: bool = False) -> Iterator[Derivation]:
    """Yield each axis of the output; `computed` only where the rule has arithmetic."""
    before: tuple[str, str] | None = None
    for place, formula in enumerate(found.shape):
        passed_on = any(formula.tree in shape for shape in found.inputs)
        if passed_on or (computed and not formula.tree.parts()):
            continue
        figure = found.axes[place]
        numbers = formula.numbers() if formula.tree.parts() else None
        alike = before[0] if before is not None and before[1] == numbers else ""
        yield Derivation(figure, formula, alike=alike)
        if not alike:
            before = None if numbers is None else (figure, numbers)


def _gradients(of: Sequence[int], node: Node) -> str:
    """Say of what a product computes the gradient: of weights, of inputs."""
    alone = len(node.inputs) == 1
    names = [
        "weights" if i == WEIGHTS else "the input" if alone else f"input {i + 1}"
        for i in of
    ]
    return ", ".join(dict.fromkeys(names))


def kind_of(node: Node, name: str) -> str:
    """Return which column of a table counts a weight."""
    if node.layer.role == "norm":
        return "norm params"
    return "biases" if is_bias(name) else "weights"


def flops_formula(work: dict[str, Formula]) -> Formula:
    """Return the rule of `counting.flops`, run on the counts by kind."""
    kinds: Any = {kind: named(formula, KINDS[kind]) for kind, formula in work.items()}
    return Formula(recorded(flops(kinds)))


def bytes_formula(values: Formula, bits: int) -> Formula:
    """Return the rule of `counting.in_bytes`; whole bytes are not rounded."""
    size = named(values, "values")
    if bits % 8 == 0:
        return Formula(size * (bits // 8))
    whole = in_bytes(values.value, bits)
    return Formula(Quotient(size * bits, Constant(8), True, whole))


def named(formula: Formula, word: str) -> Size:
    """Return a figure under a name, to be used in another formula."""
    return Size(formula.value, SizeName(word), word)


def summed(formulas: Iterable[Formula]) -> Formula:
    """Return the sum of formulas."""
    return Formula(total((1, formula.tree) for formula in formulas))


def sum_line(figure: str, parts: Sequence[Any]) -> list[Derivation]:
    """Return a line that adds figures up, or none where there is nothing to add."""
    terms: list[tuple[int, Recorded]] = [
        (1, Size(part, SizeName(figure), figure)) for part in parts if not is_zero(part)
    ]
    if not terms:
        return []
    result = total(terms)
    if len(terms) > MOST_TERMS:
        note = f"the sum of {len(terms)} rows"
        return [
            Derivation(figure, Formula(Constant(result.value)), note, symbols=False)
        ]
    return [Derivation(figure, Formula(result), symbols=False)]


def is_zero(value: Any) -> bool:
    """Say whether a figure is the number 0."""
    return isinstance(value, int) and value == 0
