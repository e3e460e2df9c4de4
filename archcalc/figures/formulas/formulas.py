"""Formulas of a layer, derived by running the layer's own rules on recorded sizes.

`record` gives every argument and axis a name (`formula_symbols.py`), runs `shape`,
`weights`, `buffers` and `work`, and keeps the trees that they built. A `Formula` is
such a tree, with two readings: the rule in symbols, and with the numbers put in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from archcalc.figures.formulas.scripts import LATEX, PYTHON, UNICODE, Script
from archcalc.figures.formulas.symbols import axis_names, input_sizes, named_fields
from archcalc.figures.formulas.writer import Writer, before_choice
from archcalc.layers.base import Layer, Shape
from archcalc.layers.window import Sliding
from archcalc.records import dataclass
from archcalc.sizes.dims import Dim, assuming, product
from archcalc.sizes.recorded import (
    Constant,
    Product,
    Rank,
    Recorded,
    Size,
    SizeName,
    Sum,
    multiplied,
    names,
    recorded,
    walk,
)

Order = Mapping[Rank, int]
OF_WORK: Order = {"place": 0, "out": 1, "kernel": 2, "other": 3, "in": 4}
OF_MATRIX: Order = {"place": 0, "other": 1, "kernel": 2, "in": 3, "out": 4}
OF_WEIGHTS: Order = {"place": 0, "kernel": 1, "in": 2, "other": 3, "out": 4}
FIRST, LAST = -1, 9


@dataclass(frozen=True, slots=True)
class Formula:
    """One figure with the tree of what computed it; `name` stands on the left side."""

    tree: Recorded
    name: SizeName | None = None

    @property
    def value(self) -> Dim:
        """The figure."""
        return self.tree.value

    def rule(self, script: Script = UNICODE) -> str:
        """Return the rule in symbols: `⌊(H + 2p − k)/s + 1⌋`."""
        return Writer(script, symbols=True).write(self.tree).text

    def numbers(self, script: Script = UNICODE) -> str:
        """Return the rule with the numbers put in: `(227 + 2·0 − 11)/4 + 1`."""
        return Writer(script, symbols=False).write(self.tree).text

    def result(self, script: Script = UNICODE) -> str:
        """Return the figure: `34,848`, or `27C²` where sizes stayed names."""
        value = self.value
        return script.number(value) if isinstance(value, int) else script.poly(value)

    def steps(self, script: Script = UNICODE, symbols: bool = True) -> list[str]:
        """Return what stands between equals signs, from the rule to the figure.

        A step that says what the one before it said is left out.
        """
        named = isinstance(self.tree, Size) and self.tree.symbol == self.name
        steps = [self.rule(script)] if symbols and not named else []
        steps.append(self.numbers(script))
        broken = before_choice(self.tree, script)
        steps += [broken] if broken else []
        result = self.result(script)
        plain = Writer(script, symbols=False).value(self.value).text
        if steps[-1].replace(",", "") == plain.replace(",", ""):
            steps.pop()
        return list(dict.fromkeys([*steps, result]))

    def __str__(self) -> str:
        return " = ".join(self.steps(symbols=False))

    def latex(self) -> str:
        """Return it in LaTeX, for math mode."""
        return " = ".join(self.steps(LATEX, symbols=False))

    def _repr_latex_(self) -> str:
        """Return it as a notebook shows it."""
        return f"${self.latex()}$"

    def python(self) -> str:
        """Return Python that computes it."""
        return self.numbers(PYTHON)


class Equation(str):
    """A formula as a cell of a table: numbers and value as text, and its LaTeX."""

    formula: Formula

    def __new__(cls, formula: Formula) -> Self:
        equation = super().__new__(cls, str(formula))
        equation.formula = formula
        return equation

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Copy and pickle by the formula."""
        return (self.formula,)

    def latex(self) -> str:
        """Return it in LaTeX, for math mode."""
        return self.formula.latex()


@dataclass(frozen=True, slots=True)
class Recording:
    """What the rules of one layer did, for one sample.

    `shape` has a formula for each output axis, `axes` what it is; `weights` and
    `buffers` one for each tensor, by its torch name; `work` one for each kind of
    operation, `backward` one for each product of a backward pass, with the inputs whose
    gradients need it, `idle` one for the weights of experts that a token does not use.
    `padding` says what `half` means. `inputs` are the inputs' named sizes.
    """

    layer: Layer
    inputs: tuple[tuple[Size, ...], ...]
    padding: tuple[Formula, ...]
    shape: tuple[Formula, ...]
    axes: tuple[str, ...]
    weights: Mapping[str, Formula]
    buffers: Mapping[str, Formula]
    work: Mapping[str, Formula]
    values: Formula
    backward: tuple[tuple[tuple[int, ...], Formula], ...]
    idle: Formula

    def legend(self) -> list[Size]:
        """Return every name in the formulas, with value and meaning, each once."""
        parts = [*self.shape, *self.weights.values(), *self.buffers.values()]
        trees = [f.tree for f in (*parts, *self.work.values(), self.values)]
        computed = {f.name for f in (*self.padding, *self.shape) if f.tree.parts()}
        used = [
            size
            for size in names(trees)
            if size.symbol not in computed and str(size.value) != size.symbol.letter
        ]
        first = [size for shape in self.inputs for size in shape if size in used]
        return list(dict.fromkeys([*first, *used]))


def record(layer: Layer, inputs: Sequence[Shape], output: Shape) -> Recording:
    """Return a layer's rules as formulas, for inputs that it accepts."""
    sizes = input_sizes(layer, inputs)
    given: Any = sizes or (output,)
    fields = named_fields(layer, inputs)
    with assuming():
        padding = half_padding(with_fields(layer, fields), given[0])
        fields |= {"pad": tuple(pad for pad, _ in padding)} if padding else {}
        copy = with_fields(layer, fields)
        rules = [recorded(n) for n in copy.shape(*given)]
        left = output_sizes(layer, rules, sizes)
        weights = copy.weights(*given)
        buffers = copy.buffers(*given)
        work = copy.work(left, *given)
        products = copy.backward(left, *given)
        idle = copy.idle(*given)
    order = OF_WORK if "kernel" in layer.fields else OF_MATRIX
    return Recording(
        layer,
        sizes,
        tuple({p.symbol: Formula(r, p.symbol) for p, r in reversed(padding)}.values()),
        tuple(Formula(r, symbol_of(n)) for r, n in zip(rules, left, strict=True)),
        tuple(name.meaning for name in axis_names(layer, len(rules), True)),
        {name: Formula(count_of(shape)) for name, shape in weights.items()},
        {name: Formula(count_of(shape)) for name, shape in buffers.items()},
        {kind: Formula(arranged(recorded(n), order)) for kind, n in work.items()},
        Formula(arranged(recorded(product(left)), order)),
        tuple((p.of, Formula(arranged(recorded(p.macs), order))) for p in products),
        Formula(arranged(recorded(idle), OF_WEIGHTS)),
    )


def with_fields(layer: Layer, fields: Mapping[str, Any]) -> Any:
    """Return the layer with recorded arguments, which its fields would not accept."""
    copy = object.__new__(type(layer))
    copy.__dict__.update(layer.__dict__)
    copy.__dict__.update(fields)
    return copy


def half_padding(copy: Any, x: Sequence[Any]) -> list[tuple[Size, Recorded]]:
    """Return each axis's padding and what it is computed from, for the word `half`."""
    if getattr(copy, "pad", None) != "half":
        return []
    rules = [recorded(before) for before, _ in Sliding(copy, tuple(x[1:])).pads]
    alike = len({repr(rule.value) for rule in rules}) == 1
    letters = [name.letter for name in axis_names(copy, len(x))[1:]]
    symbols = [SizeName("p", "" if alike else letter) for letter in letters]
    pads = [Size(r.value, s, "padding") for r, s in zip(rules, symbols, strict=True)]
    return list(zip(pads[:1] * len(pads) if alike else pads, rules, strict=True))


def output_sizes(
    layer: Layer, rules: Sequence[Recorded], inputs: Sequence[Sequence[Size]]
) -> tuple[Any, ...]:
    """Return the sizes that come out: named ones anew where a rule computed something.

    What a layer passes on keeps its name, and a plain number stays one.
    """
    taken = {size.symbol for shape in inputs for size in shape}
    axes = axis_names(layer, len(rules), comes_out=True)
    found: list[Any] = []
    for place, rule in enumerate(rules):
        if not rule.parts():
            found.append(rule if isinstance(rule, Size) else rule.value)
            continue
        name = axes[min(place, len(axes) - 1)]
        symbol = SizeName(name.letter)
        primed = symbol._replace(prime=symbol in taken)
        found.append(Size(rule.value, primed, f"output {name.meaning}", name.rank))
    return tuple(found)


def symbol_of(size: Any) -> SizeName | None:
    """Return the name of a size, if it has one."""
    return size.symbol if isinstance(size, Size) else None


def count_of(shape: Sequence[Any]) -> Recorded:
    """Return how many values a weight has: `(k²·C)·N`, one bracket for a filter."""
    count = arranged(recorded(product(shape)), OF_WEIGHTS)
    has_kernel = any(isinstance(s, Size) and s.rank == "kernel" for s in walk(count))
    if not (has_kernel and isinstance(count, Product)):
        return count
    *filter, last = count.factors
    if rank_of(last, OF_WEIGHTS) != OF_WEIGHTS["out"] or len(filter) < 2:
        return count
    value = product(factor.value for factor in filter)
    return Product((Product(tuple(filter), value, closed=True), last), count.value)


def arranged(size: Recorded, order: Order) -> Recorded:
    """Return a tree with the factors of products in an order; its value is the same."""
    if isinstance(size, Product):
        factors = [arranged(factor, order) for factor in size.factors]
        factors.sort(key=lambda factor: rank_of(factor, order))
        return Product(tuple(factors), size.value, size.closed)
    if isinstance(size, Sum):
        terms = tuple((sign, arranged(term, order)) for sign, term in size.terms)
        return Sum(terms, size.value)
    return size


def rank_of(size: Recorded, order: Order) -> int:
    """Return where a factor stands: numbers first, sums last."""
    if isinstance(size, Constant):
        return FIRST if isinstance(size.value, int) else order["in"]
    if isinstance(size, Size):
        return order[size.rank]
    if isinstance(size, Sum):
        return LAST
    return rank_of(size.parts()[0], order)


def times_samples(formula: Formula, samples: int) -> Formula:
    """Return a formula for a batch; one sample leaves it as it is."""
    if samples == 1:
        return formula
    batch = Size(samples, SizeName("B"), "samples in the batch")
    return Formula(multiplied(batch, formula.tree), formula.name)
