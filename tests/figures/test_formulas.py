"""Every printed formula comes to the figure that it stands beside, in every network."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import pytest
from formula_reader import value_of
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_cases import EXAMPLES, Case
from samples import zoo

from archcalc.figures.formulas.formulas import Equation, Formula, Recording, record
from archcalc.figures.formulas.scripts import LATEX, MARKDOWN, PYTHON, UNICODE, Script
from archcalc.figures.formulas.writer import decimal
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer, Shape, numel
from archcalc.network.network import load
from archcalc.reports.explanation import Explainer
from archcalc.sizes.dims import symbol
from archcalc.sizes.recorded import (
    Constant,
    Recorded,
    Root,
    Size,
    SizeName,
    extreme,
    recorded,
)

proved: set[tuple[Any, ...]] = set()
CONV = CATALOGUE["conv"]


def size(letter: str, value: int) -> Size:
    return Size(value, SizeName(letter), letter)


def formulas(found: Recording) -> Iterator[Formula]:
    yield from (*found.padding, *found.shape, *found.weights.values())
    yield from (*found.buffers.values(), *found.work.values(), found.values)


def names(found: Recording, script: Script = UNICODE) -> dict[str, int]:
    """Return the value of every letter; a letter has one value."""
    values: dict[str, int] = {}
    sizes = [size for f in formulas(found) for size in walked(f.tree, script)]
    for name, value in sizes:
        assert values.setdefault(name, value) == value, f"{name} has two values"
    return values


def walked(tree: Recorded, script: Script) -> Iterator[tuple[str, int]]:
    if isinstance(tree, Size) and isinstance(tree.value, int):
        yield script.symbol(tree.symbol), tree.value
    for part in tree.parts():
        yield from walked(part, script)


def prove(layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> None:
    """Hold every formula of a layer against the figures of its plain rules."""
    found = record(layer, inputs, output)
    letters, in_python = names(found), names(found, PYTHON)
    for formula in formulas(found):
        for step in formula.steps():
            assert value_of(step, letters) == formula.value, step
        assert evaluated(formula.python()) == formula.value
        assert evaluated(formula.rule(PYTHON), in_python) == formula.value
    given = inputs or (output,)
    assert tuple(f.value for f in found.shape) == output
    assert counts(layer.weights(*given)) == plain(found.weights)
    assert counts(layer.buffers(*given)) == plain(found.buffers)
    assert layer.work(output, *given) == plain(found.work)
    assert numel(output) == found.values.value


def counts(shapes: dict[str, Shape]) -> dict[str, Any]:
    return {name: numel(shape) for name, shape in shapes.items()}


def plain(found: Any) -> dict[str, Any]:
    return {name: formula.value for name, formula in found.items()}


def evaluated(text: str, names: Mapping[str, int] | None = None) -> Any:
    known = {"__builtins__": {}, "min": min, "max": max, "isqrt": math.isqrt}
    return eval(text, known, names)


@pytest.mark.parametrize("name", zoo())
def test_every_formula_of_a_network(name: str) -> None:
    graph = load(name).graph
    for node in graph.nodes:
        key = (node.layer, graph.input_shapes(node))
        if key not in proved:
            prove(*key, node.shape)
            proved.add(key)


@pytest.mark.parametrize("name", zoo())
def test_lines_of_rows_are_the_figures_of_the_table(name: str) -> None:
    analysis = load(name).analyze()
    explainer = Explainer(analysis)
    for row in analysis.rows:
        lines = {line.figure: line.formula.value for line in explainer.brief(row).lines}
        figures = row.figures
        assert lines.get("weights", 0) == figures.weights
        assert lines.get("biases", 0) == figures.biases
        assert lines.get("norm params", 0) == figures.norms
        assert lines.get("MACs", 0) == figures.macs
        assert lines.get("FLOPs", 0) == figures.flops
        if not explainer.is_input(row):
            assert lines.get("activations", 0) == figures.activations


@pytest.mark.parametrize("case", EXAMPLES, ids=[case.text for case in EXAMPLES])
def test_every_formula_of_an_example(case: Case) -> None:
    prove(case.layer, case.inputs, case.output)


@given(
    n=st.integers(1, 60),
    k=st.integers(1, 7),
    s=st.integers(1, 4),
    p=st.sampled_from([0, 1, 2, 3, "same", "half"]),
    d=st.integers(1, 3),
    g=st.integers(1, 3),
)
@settings(deadline=None, max_examples=60)
def test_convolutions_of_any_size(
    n: int, k: int, s: int, p: Any, d: int, g: int
) -> None:
    reach = d * (k - 1) + 1
    n = max(n, reach)
    layer = CONV(out=6 * g, kernel=k, stride=s, pad=p, dilation=d, groups=g)
    x = (2 * g, n, n + 1)
    prove(layer, (x,), layer.shape(x))


@given(
    n=st.integers(3, 60),
    k=st.integers(2, 6),
    s=st.integers(1, 4),
    rounding=st.sampled_from(["floor", "ceil"]),
)
@settings(deadline=None, max_examples=40)
def test_pools_of_any_size(n: int, k: int, s: int, rounding: str) -> None:
    layer = CATALOGUE["maxpool"](kernel=k, stride=s, pad=k // 2, rounding=rounding)
    x = (3, n + k, n + k + 1)
    prove(layer, (x,), layer.shape(x))


def of(text: str, *shapes: Shape, **fields: Any) -> Recording:
    layer = CATALOGUE[text](**fields)
    return record(layer, shapes, layer.shape(*shapes))


def test_the_lecture_s_own_lines() -> None:
    conv1 = of("conv", (3, 227, 227), out=96, kernel=11, stride=4)
    assert str(conv1.shape[1]) == "(227 + 2·0 − 11)/4 + 1 = 55"
    assert str(conv1.weights["weight"]) == "(11·11·3)·96 = 34,848"
    inception = of("conv", (256, 28, 28), out=192, kernel=3, pad=1)
    assert str(inception.work["mac"]) == "28·28·192·3·3·256 = 346,816,512"
    fc6 = of("fc", (512, 7, 7), out=4096)
    assert str(fc6.weights["weight"]) == "7·7·512·4096 = 102,760,448"


def test_rounding_shows_where_it_bites() -> None:
    conv = of("conv", (3, 224, 224), out=96, kernel=11, stride=4)
    assert conv.shape[1].steps() == [
        "⌊(H + 2p − k)/s + 1⌋",
        "⌊(224 + 2·0 − 11)/4 + 1⌋",
        "⌊54.25⌋",
        "54",
    ]
    assert conv.shape[1].latex() == (
        r"\left\lfloor \frac{224 + 2 \cdot 0 - 11}{4} + 1 \right\rfloor = "
        r"\left\lfloor 54.25 \right\rfloor = 54"
    )


def test_rounding_up_says_what_it_chooses() -> None:
    pool = of("maxpool", (64, 112, 112), kernel=3, stride=2, rounding="ceil")
    assert pool.shape[1].steps()[1:] == [
        "min(⌈(112 + 2·0 − 3)/2 + 1⌉, (112 + 0)/2)",
        "min(56, 56)",
        "56",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(217, 4), "54.25"),
        (Fraction(160, 3), "53.3333…"),
        (Fraction(3999999, 2), "1,999,999.5"),
        (Fraction(1, 65536), "0.0000…"),
    ],
)
def test_decimals(value: Fraction, shown: str) -> None:
    assert decimal(value, UNICODE) == shown


def test_groups_dilation_and_half_padding() -> None:
    conv = of("conv", (4, 15, 15), out=6, kernel=3, pad="half", dilation=2, groups=2)
    assert conv.padding[0].rule() == "⌊(d·(k − 1) + 1)/2⌋"
    assert conv.shape[1].rule() == "⌊(H + 2p − d·(k − 1) − 1)/s + 1⌋"
    assert conv.weights["weight"].steps()[:2] == [
        "(k²·(C/g))·N",
        "(3·3·(4/2))·6",
    ]


def test_kernels_that_differ_by_axis_have_names_of_their_own() -> None:
    conv = of("conv", (2, 8, 9), out=3, kernel=(1, 7))
    assert conv.weights["weight"].rule() == "(k_H·k_W·C)·N"
    assert conv.weights["weight"].rule(LATEX) == (
        r"(k_{H} \cdot k_{W} \cdot C) \cdot N"
    )
    assert conv.weights["weight"].rule(MARKDOWN) == "(k\\_H·k\\_W·C)·N"


def test_inputs_that_meet_are_numbered_where_they_differ() -> None:
    joined = of("concat", (128, 28, 28), (192, 28, 28), (96, 28, 28), (256, 28, 28))
    assert joined.shape[0].steps() == [
        "C₁ + C₂ + C₃ + C₄",
        "128 + 192 + 96 + 256",
        "672",
    ]
    assert [f.rule() for f in joined.shape[1:]] == ["H", "W"]


def test_a_kernel_that_is_the_same_on_every_axis_has_one_name() -> None:
    conv = of("conv", (3, 8, 8), out=4, kernel=(3, 3))
    assert conv.weights["weight"].rule() == "(k²·C)·N"


def test_pieces_are_numbered_whatever_the_axes_are() -> None:
    """Two pieces of the channels of an image are not its height and its width."""
    split = of("split", (8, 5, 6), pieces=(3, 5), part=1)
    assert [f.rule() for f in split.shape] == ["q₂", "H", "W"]
    assert [f.value for f in split.shape] == [5, 5, 6]


def test_a_name_stands_for_one_size_only() -> None:
    fc = of("fc", (7, 3), out=5)
    assert str(fc.work["mac"]) == "7·3·5 = 105"
    assert fc.work["mac"].rule() == "N·D·N′"


def test_symbols_run_through_the_same_rules() -> None:
    network = load("three-3x3", input="C,H,W")
    node = network.graph.nodes[1]
    found = record(node.layer, network.graph.input_shapes(node), node.shape)
    assert found.weights["weight"].steps() == ["(k²·C)·N", "(3·3·C)·C", "9C²"]
    assert found.work["mac"].steps()[1:] == ["H·W·C·3·3·C", "9·C²·H·W"]


@pytest.mark.parametrize(
    ("tree", "rule", "numbers"),
    [
        (size("a", 3) + 0, "a", "3"),
        (size("a", 3) * 1, "a", "3"),
        (0 + 2 * size("a", 3), "2a", "2·3"),
        (5 - size("a", 3), "−a + 5", "−3 + 5"),
        (size("a", 7) // 1, "a", "7"),
        (size("a", 7) // size("b", 2), "⌊a/b⌋", "⌊7/2⌋"),
        (size("a", 6) // size("b", 2), "a/b", "6/2"),
        (7 // size("b", 2), "⌊7/b⌋", "⌊7/2⌋"),
        ((size("a", 6) + 1) * 3, "3·(a + 1)", "3·(6 + 1)"),
        (size("a", 12_345) * 2, "2a", "2·12,345"),
        (extreme("max", [size("a", 3), recorded(4)]), "max(a, 4)", "max(3, 4)"),
        (0 * size("a", 3), "0", "0"),
        (recorded(3) - 3, "0", "0"),
    ],
)
def test_trees_as_text(tree: Recorded, rule: str, numbers: str) -> None:
    formula = Formula(tree)
    assert (formula.rule(), formula.numbers()) == (rule, numbers)
    assert value_of(numbers) == tree.value == evaluated(formula.numbers(PYTHON))


@pytest.mark.parametrize(
    ("script", "root", "names"),
    [
        (UNICODE, "√(2a)", "3·my_size"),
        (MARKDOWN, "√(2a)", "3·my\\_size"),
        (LATEX, "\\sqrt{2a}", "3\\,\\mathit{my\\_size}"),
        (PYTHON, "isqrt(2*a)", "3*my_size"),
    ],
)
def test_roots_and_names_in_every_script(script: Script, root: str, names: str) -> None:
    square = size("a", 8) * 2
    assert Formula(Root(square, 4)).rule(script) == root
    assert Formula(recorded(3 * symbol("my_size"))).result(script) == names


def test_a_quotient_rounded_up_is_told_from_the_rule() -> None:
    n, s = size("n", 9), size("s", 2)
    assert Formula((n + s - 1) // s).rule() == "⌈n/s⌉"
    twice = Formula((n + s + s - 1) // s)
    assert (twice.rule(), twice.value) == ("⌈(n + s)/s⌉", 6)
    assert twice.python() == "(-(-(9 + 2)//2))"


def test_the_same_number_is_no_square() -> None:
    formula = Formula(size("a", 3) * size("b", 3))
    assert formula.steps() == ["a·b", "3·3", "9"]


def test_an_equation_is_text_that_knows_its_latex() -> None:
    equation = Equation(Formula(size("a", 34_848) * 2))
    assert equation == "2·34,848 = 69,696"
    assert equation.latex() == r"2 \cdot 34{,}848 = 69{,}696"
    for again in (copy.deepcopy(equation), pickle.loads(pickle.dumps(equation))):
        assert again == equation
        assert again.latex() == equation.latex()


def test_plain_sizes_have_no_history() -> None:
    assert list(Constant(3).parts()) == []
