"""Sizes that stay names: the same rules, closed forms, commands that survive them."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest
import sympy
from formula_reader import value_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from layer_cases import EXAMPLES, Case

from archcalc import compare
from archcalc.errors import ShapeError
from archcalc.figures.formulas.formulas import record
from archcalc.layers import CATALOGUE
from archcalc.layers.base import Layer, Shape
from archcalc.network.network import Network, load
from archcalc.sizes.comparing import quotient_text, where_more
from archcalc.sizes.dims import Dim, Poly, assuming, symbol

C, H, W, K, N = (symbol(name) for name in "CHWkN")


def put(value: Any, numbers: dict[str, int]) -> Any:
    """Return a figure, shape or dict of them with numbers in place of names."""
    if isinstance(value, Poly):
        return value.at(**numbers)
    if isinstance(value, dict):
        return {key: put(part, numbers) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(put(part, numbers) for part in value)
    return value


def rules(layer: Layer, inputs: tuple[Shape, ...]) -> tuple[Any, ...]:
    """Return what every rule of a layer says."""
    output = layer.shape(*inputs)
    return (
        output,
        layer.weights(*inputs),
        layer.buffers(*inputs),
        layer.work(output, *inputs),
    )


# -- rule on symbols, then numbers = numbers, then rule --------------------------------

SQUARE_TOKENS = ("window_attention", "grid_attention")
SYMBOLIC = [
    case
    for case in EXAMPLES
    if case.layer.key not in (*SQUARE_TOKENS, "reshape", "image") and case.inputs
]


def renamed(inputs: tuple[Shape, ...]) -> tuple[tuple[Shape, ...], dict[str, int]]:
    """Return shapes with a name for each size above 1; equal sizes share one."""
    numbers = {f"n{size}": size for shape in inputs for size in shape if size > 1}
    shapes = tuple(
        tuple(symbol(f"n{n}") if n > 1 else n for n in shape) for shape in inputs
    )
    return shapes, numbers


@pytest.mark.parametrize("case", SYMBOLIC, ids=[case.text for case in SYMBOLIC])
@given(data=st.data())
@settings(deadline=None, max_examples=12)
def test_rules_on_symbols_are_rules_on_numbers(case: Case, data: st.DataObject) -> None:
    shapes, numbers = renamed(case.inputs)
    with assuming():
        symbolic = rules(case.layer, shapes)
    assert put(symbolic, numbers) == rules(case.layer, case.inputs)
    drawn = {
        name: size * data.draw(st.integers(1, 5)) + data.draw(st.integers(0, 3))
        for name, size in numbers.items()
    }
    inputs = tuple(put(shape, drawn) for shape in shapes)
    try:
        plain = rules(case.layer, inputs)
    except ShapeError:
        return  # what the symbols assumed does not hold for these
    assert put(symbolic, drawn) == plain


@given(
    sizes=st.tuples(*[st.integers(1, 40)] * 3),
    k=st.integers(1, 9),
    out=st.integers(1, 9),
    stride=st.integers(1, 4),
    pad=st.one_of(st.integers(0, 3), st.sampled_from(["same", "half"])),
)
@settings(deadline=None, max_examples=60)
def test_arguments_may_be_symbols_too(
    sizes: tuple[int, int, int], k: int, out: int, stride: int, pad: Any
) -> None:
    given = {"C": sizes[0], "H": sizes[1], "W": sizes[2], "k": k, "N": out}
    with assuming():
        layer = CATALOGUE["conv"](out=N, kernel=K, stride=stride, pad=pad)
        symbolic = rules(layer, ((C, H, W),))
    try:
        plain = CATALOGUE["conv"](out=out, kernel=k, stride=stride, pad=pad)
        expected = rules(plain, (sizes,))
    except ShapeError:
        assume(False)
        return
    assert put(symbolic, given) == expected


@pytest.mark.parametrize(
    ("name", "least", "step"),
    [
        ("three-3x3", 1, 1),
        ("one-7x7", 1, 1),
        ("standard-conv", 1, 1),
        ("vgg16", 32, 1),
        ("googlenet", 79, 1),
        ("resnet50", 33, 1),
        ("densenet121", 64, 1),
        ("squeezenet", 40, 1),
        ("unet", 188, 16),
    ],
)
@given(data=st.data())
@settings(deadline=None, max_examples=4)
def test_networks_on_symbols_are_networks_on_numbers(
    name: str, least: int, step: int, data: st.DataObject
) -> None:
    channels = load(name).input_shapes["input"][0]
    height, width = (least + step * data.draw(st.integers(0, 200)) for _ in range(2))
    symbolic = load(name, input=[channels, "H", "W"]).analyze()
    expected = load(name, input=[channels, height, width]).analyze().total
    numbers = {"H": height, "W": width}
    for figure in ("params", "macs", "flops", "activations", "activation_bytes"):
        at = put(getattr(symbolic.total, figure), numbers)
        assert at == getattr(expected, figure), figure


# -- closed forms that the papers print ------------------------------------------------


def test_three_small_kernels_against_a_large_one() -> None:
    three = load("three-3x3", input="C,H,W").analyze().total
    one = load("one-7x7", input="C,H,W").analyze().total
    assert (str(three.params), str(one.params)) == ("27C²", "49C²")
    assert (three.params, one.params) == (27 * C * C, 49 * C * C)
    assert put(three.params, {"C": 64}) == 27 * 64 * 64
    assert three.params.latex() == "27C^{2}"
    assert three.params.markdown() == "27·C²"
    rows = compare(
        load("three-3x3", input="C,H,W"), load("one-7x7", input="C,H,W")
    ).tables[1]
    assert rows.rows[0].cells == ("parameters", "49/27 = 1.81", "never")


def test_half_the_height() -> None:
    layer = CATALOGUE["conv"](out=8, kernel=3, stride=2, pad=1)
    with assuming() as assumptions:
        assert str(layer.shape((3, H, W))[1]) == "⌊(H+1)/2⌋"
    assert list(assumptions) == []


def test_densenet_in_its_growth_rate() -> None:
    params = load("densenet121", set={"growth": "k"}).analyze().total.params
    assert isinstance(params, Poly)
    assert params.coefficients("k") == {2: 6700, 1: 34908, 0: 1000}
    for growth in (12, 24, 32, 48):
        plain = load("densenet121", set={"growth": growth}).analyze().total
        assert params.at(k=growth) == plain.params


def test_mobilenet_in_its_width() -> None:
    total = load("mobilenet-v1", set={"width": "a"}).analyze().total
    assert str(total.params) == "3139584a² + 1091392a + 1000"
    for width in ("0.75", "0.5", "0.25"):
        thin = load(f"mobilenet-v1:{width}-224").analyze().total
        assert put(total.params, {"a": Fraction(width)}) == thin.params  # type: ignore[dict-item]
        assert put(total.macs, {"a": Fraction(width)}) == thin.macs  # type: ignore[dict-item]


def test_open_questions_are_printed_as_assumptions() -> None:
    graph = load("vgg16", input="C,H,W").graph
    assert graph.assumptions == ("assumes H ≥ 32", "assumes W ≥ 32")


SEPARABLE = {"channels": "C", "filters": "N", "kernel": "k", "size": "S"}


def separable() -> tuple[Network, Network]:
    names = ("standard-conv", "depthwise-separable-conv")
    one, two = (load(name, set=SEPARABLE) for name in names)
    return one, two


def test_standard_against_separable_convolution() -> None:
    table = compare(*separable()).tables[1]
    assert [row.cells for row in table.rows][:2] == [
        ("parameters", "1/N + 1/k²", "N > k²/(k² − 1)"),
        ("MACs", "1/N + 1/k²", "N > k²/(k² − 1)"),
    ]


def test_numbers_have_no_closed_forms() -> None:
    titles = [table.title for table in compare("three-3x3", "one-7x7").tables]
    assert titles == ["totals", "layers"]


# -- sympy agrees ----------------------------------------------------------------------


SYMBOLIC_NETWORKS: dict[str, dict[str, Any]] = {
    "three-3x3": {"input": "C,H,W"},
    "depthwise-separable-conv": {"set": SEPARABLE},
    "densenet121": {"set": {"growth": "k"}},
    "mobilenet-v1": {"set": {"width": "a"}},
}


@pytest.mark.parametrize("name", SYMBOLIC_NETWORKS)
def test_sympy_expands_to_the_same(name: str) -> None:
    """Where nothing is rounded, the unreduced formula expands to the closed form."""
    network = load(name, **SYMBOLIC_NETWORKS[name])
    graph, done = network.graph, set()
    for node in graph.nodes:
        inputs = graph.input_shapes(node)
        if (node.layer, inputs) in done or len(done) > 60:
            continue
        done.add((node.layer, inputs))
        found = record(node.layer, inputs, node.shape)
        for formula in (*found.weights.values(), *found.work.values()):
            unreduced = formula.python()
            if isinstance(formula.value, Poly) and "//" not in unreduced:
                closed = sympy.sympify(formula.value.python(), locals=letters())
                expanded = sympy.expand(sympy.sympify(unreduced, locals=letters()))
                assert sympy.expand(closed) == expanded
    assert done


def letters() -> dict[str, sympy.Symbol]:
    return {name: sympy.Symbol(name) for name in "CHWNSak"}


def test_sympy_finds_the_same_totals() -> None:
    analysis = load("three-3x3", input="C,H,W").analyze()
    rows = [sympy.sympify(r.macs.python(), locals=letters()) for r in analysis.rows[1:]]
    total = sympy.sympify(analysis.total.macs.python(), locals=letters())
    assert sympy.expand(sum(rows)) == total


# -- ratios and where one is larger ----------------------------------------------------

coefficients = st.lists(st.integers(-60, 60), min_size=1, max_size=4)
few = st.lists(st.integers(-60, 60), min_size=1, max_size=2)


def polynomial(numbers: list[int], name: Dim = C) -> Dim:
    total: Dim = 0
    for power, number in enumerate(numbers):
        term: Dim = number
        for _ in range(power):
            term = term * name
        total = total + term
    return total


def holds(text: str, x: int) -> bool:
    """Say whether a range in words contains a number."""
    if text in ("always", "never"):
        return text == "always"
    parts = text.replace(",", "").split()
    match parts:
        case [_, "≥", low]:
            return x >= int(low)
        case [_, "≤", high]:
            return x <= int(high)
        case [_, "=", only]:
            return x == int(only)
        case [low, "≤", _, "≤", high]:
            return int(low) <= x <= int(high)
    raise AssertionError(text)


def ranges(text: str) -> tuple[list[str], list[str]]:
    """Return where the first is larger, and where both are equal."""
    text = text.removeprefix("never: always equal") or "never (equal: always)"
    text, _, equal = text.removesuffix(" (tried to 512)").partition(" (equal: ")
    return text.split(", "), equal.removesuffix(")").split(", ") if equal else []


@given(one=coefficients, two=coefficients)
@settings(deadline=None, max_examples=150)
def test_where_one_polynomial_is_larger(one: list[int], two: list[int]) -> None:
    text = where_more(polynomial(one), polynomial(two))
    more, equal = ranges(text)
    for x in [*range(1, 140), 10**4, 10**9]:
        a, b = (sum(c * x**p for p, c in enumerate(each)) for each in (one, two))
        assert any(holds(part, x) for part in more) == (a > b), (text, x)
        assert any(holds(part, x) for part in equal) == (a == b), (text, x)


def test_where_floors_are_larger() -> None:
    assert (
        where_more(C + 3, 3 * (C + 1) // 2) == "C ≤ 2 (equal: 3 ≤ C ≤ 4) (tried to 512)"
    )


def test_a_border_in_several_names() -> None:
    assert where_more(C * N, C + N) == "N > C/(C − 1)"
    assert where_more(C * C + N * N, 5 * C * N * N) == "depends on C, N"
    # C - 5 may be negative, where more turns into less.
    assert where_more(C * N, 5 * N + C) == "equal at N = C/(C − 5)"
    many = [symbol(name) for name in "ABDEFGJKLM"]
    long = where_more(sum(many) * (C + 1), C * N * N)
    assert long == "depends on A, B, C, D, E, F, G, J, K, L, M, N"


@pytest.mark.parametrize(
    ("top", "bottom", "text"),
    [
        (49 * C * C, 27 * C * C, "49/27 = 1.81"),
        (C * C, C, "C"),
        (9 * C + C * C, 9 * C * C, "1/9 + 1/C"),
        (C - 1, C * C, "1/C − 1/C²"),
        (2 * C + N, C + N, "(2C + N)/(C + N)"),
        (C, 4 * N, "C/(4N)"),
        (6, 3, "2"),
        (C, 0, None),
    ],
)
def test_ratios(top: Dim, bottom: Dim, text: str | None) -> None:
    assert quotient_text(top, bottom) == text


@given(top=few, bottom=few, x=st.integers(1, 50), n=st.integers(1, 50))
@settings(deadline=None, max_examples=150)
def test_a_ratio_is_the_ratio(
    top: list[int], bottom: list[int], x: int, n: int
) -> None:
    above = polynomial(top) * N + polynomial(bottom)
    below = polynomial(bottom) * N
    numbers = {"C": x, "N": n}
    divisor = put(below, numbers)
    assume(divisor != 0)
    text = quotient_text(above, below)
    assert text is not None
    exact = value_of(text.partition(" = ")[0], numbers)
    assert exact == Fraction(put(above, numbers), divisor)


# -- no command breaks -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        ("table vgg16 --input C,H,W --level ops", 0, "⌊H/32⌋"),
        ("table vgg16 --input C,H,W --formulas", 0, "(3·3·C)·64 = 576C"),
        ("table vgg16 --input C,H,W -f json", 0, "2097152*(H//32)*(W//32)"),
        ("table vgg16 --input C,H,W -f latex", 0, "\\left\\lfloor"),
        (
            "table densenet121 --set growth=k --level stages",
            0,
            "6700k² + 34908k + 1000",
        ),
        ("compare three-3x3 one-7x7 --input C,H,W", 0, "49/27 = 1.81"),
        ("compare vgg16 vgg19 --input 3,H,W", 0, "never"),
        ("explain three-3x3 conv.1 --input C,H,W", 0, "(k²·C)·N = (3·3·C)·C = 9C²"),
        ("explain vgg16 --input C,H,W -f json", 0, "assumes H"),
        ("conventions three-3x3 --input C,H,W", 0, "27·C²·H·W"),
        ("memory three-3x3 --input C,H,W", 0, "C·H·W"),
        ("fit vgg16 --input C,H,W --memory 24GiB", 2, "needs numbers"),
        ("verify vgg16 --input C,H,W", 2, "needs numbers"),
        ("reconcile vgg16 13.6G --input C,H,W", 2, "symbolic sizes"),
    ],
)
def test_commands_with_names_for_sizes(command: str, code: int, says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", *command.split()],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "400"},
        check=False,
    )
    text = done.stdout + done.stderr
    assert says in text
    assert done.returncode == code
    assert "a bug in archcalc" not in text
