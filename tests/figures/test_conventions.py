"""Ways of counting: the data holds together, and every figure says which one it is.

That each convention is right is proved by running the tool it is named after
(tests/whole/test_peers.py); here its figures are pinned for where those are not installed.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import layer_cases
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import archcalc
from archcalc.checks.claims.expectations import judge, judge_known
from archcalc.errors import ShapeError, SpecError, UsageError
from archcalc.figures.conventions import (
    CONVENTIONS,
    USUAL,
    View,
    convention,
    counted,
    spelled,
)
from archcalc.figures.conventions import measures as m
from archcalc.figures.conventions.convention import MADE, REST
from archcalc.figures.conventions.ways.ultralytics_thop import (
    adaptive_windows,
    mean_windows,
)
from archcalc.figures.facts import facts_of
from archcalc.layers import CATALOGUE
from archcalc.layers.base import KINDS_OF_WORK
from archcalc.layers.pool import AdaptiveAvgPool, AvgPool
from archcalc.reports.conventions import conventions_report
from archcalc.sizes.dims import Poly

CLAIMS = Path(__file__).parents[1] / "cases" / "claims"

# -- the data --------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_names_layers_that_exist(name: str) -> None:
    way = CONVENTIONS[name]
    named = {*way.operations, *way.params} - {REST, MADE}
    assert named <= {*CATALOGUE}
    rows = (*way.operations.values(), *way.params.values())
    assert all(isinstance(n, int) and n for row in rows for n in row.values())


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_says_what_it_counts(name: str) -> None:
    way = CONVENTIONS[name]
    assert way.name == name
    assert len(way.brief) < 90
    assert not way.brief.endswith(".")
    assert way.about.endswith(".")
    assert way.source or name in ("macs", "flops")


def test_conventions_are_told_apart_by_their_name() -> None:
    assert convention("fvcore").unit == "MAC"
    with pytest.raises(UsageError, match=r"AC515.*'ptflop'") as raised:
        convention("ptflop")
    assert raised.value.problems[0].help == "did you mean ptflops?"
    with pytest.raises(UsageError, match="AC515"):
        archcalc.load("lenet5").analyze(convention="")


@pytest.mark.parametrize("name", [n for n, way in CONVENTIONS.items() if way.unit])
def test_the_unit_is_what_a_multiply_accumulate_counts(name: str) -> None:
    case = layer_cases.read("{conv: 8, kernel: 3, bias: false} @ 4x9x10")
    view = View(case.layer, case.inputs, case.output, {"mac": 7 * 8 * 4 * 9 * 8})
    each = 1 if CONVENTIONS[name].unit == "MAC" else 2
    assert counted(CONVENTIONS[name], view)[0] == each * m.mac(view)


# -- figures ---------------------------------------------------------------------------

RESNET50 = {
    "macs": (4_089_184_256, 25_557_032),
    "lecture": (4_089_184_256, 25_502_912),
    "flops": (8_217_436_526, 25_557_032),
    "fvcore": (4_111_512_576, 25_557_032),
    "paddle": (4_111_514_624, 25_610_152),
    "mmengine": (4_111_512_576, 25_557_032),
    "torch-pruning": (4_121_925_096, 25_557_032),
    "deepspeed": (8_211_109_352, 25_557_032),
    "ptflops": (4_132_437_968, 25_557_032),
    "thop": (4_133_745_591, 25_557_032),
    "ultralytics-thop": (4_133_745_591, 25_557_032),
    "torchinfo": (4_089_238_376, 25_557_032),
    "torch": (8_178_368_512, 25_557_032),
    "calflops": (8_211_109_352, 25_557_032),
    "darknet": (8_181_598_208, 25_557_032),
    "keras": (0, 25_610_152),
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_resnet50_under_every_convention(name: str) -> None:
    total = archcalc.load("resnet50:v1.5").analyze(convention=name).total
    assert (total.operations, total.reported_params) == RESNET50[name]


def test_every_convention_side_by_side() -> None:
    report = conventions_report(archcalc.load("resnet50:v1.5"))
    rows = {row["convention"]: row for row in report.rows()}
    for name, (operations, params) in RESNET50.items():
        unit = CONVENTIONS[name].unit
        row = rows[name]
        assert (row["unit"], row["params"]) == (unit, params)
        assert row["operations"] == (operations if unit else None)
        if unit:
            assert row["scaled"] == Fraction(operations, 10**9)
            each = 1 if unit == "MAC" else 2
            assert row["beyond"] == operations - each * 4_089_184_256
    assert [*rows] == [*CONVENTIONS]


LAYERS = (
    ("{deconv: 4, kernel: 3, stride: 2, groups: 2} @ 4x5x7", "thop", 11880),
    ("{deconv: 4, kernel: 3, stride: 2, groups: 2} @ 4x5x7", "torchinfo", 12540),
    ("{deconv: 4, kernel: 3, stride: 2, groups: 2} @ 4x5x7", "calflops", 2532),
    ("{deconv: 4, kernel: 3, stride: 2, groups: 2} @ 4x5x7", "ptflops", 3180),
    ("{linear: 8} @ 7x16", "torchinfo", 136),
    ("{linear: 8} @ 7x16", "ptflops", 952),
    ("{linear: 8} @ 7x16", "calflops", 1792),
    ("{attention: 4} @ 7x48", "ptflops", 0),
    ("{attention: 4} @ 7x48", "thop", 0),
    ("{attention: 4} @ 7x48", "fvcore", 0),
    ("{attention: 4, kernel: unfused} @ 7x48", "fvcore", 1568),
    ("{attention: 4} @ 7x48", "ultralytics-thop", 1568),
    ("{attention: 4} @ 7x48", "torch", 3136),
    ("relu @ 8x5x6", "ptflops", 480),
    ("relu6 @ 8x5x6", "ptflops", 240),
    ("relu6 @ 8x5x6", "calflops", 0),
    ("gap @ 8x5", "fvcore", 0),
    ("gap @ 8x5x6", "fvcore", 240),
    ("{adaptive_avgpool: 3} @ 1x3x4", "thop", 20),
    ("{adaptive_avgpool: 3} @ 1x3x4", "ultralytics-thop", 27),
    ("{embedding: 1000, dim: 64} @ 7", "torchinfo", 64_000),
    ("{lstm: 6} @ 5x8", "thop", 2160),
    ("{lstm: 6, proj: 4} @ 5x8", "thop", 2160),
    ("{lstm: 6, proj: 4} @ 5x8", "ptflops", 1980),
    ("{lstm: 6, proj: 4} @ 5x8", "calflops", 3180),
    ("{conv: 6, kernel: 3, weight_norm: first} @ 4x9x9", "thop", 0),
    ("{conv: 6, kernel: 3, weight_norm: first} @ 4x9x9", "torchinfo", 0),
    ("{linear: 8, spectral_norm: true} @ 7x5", "ptflops", 0),
    ("{linear: 8, spectral_norm: true} @ 7x5", "fvcore", 280),
    ("{lstm: 6} @ 5x8", "torchinfo", 1920),
    ("{lrn: 5} @ 8x5x6", "ptflops", 1080),
    ("{lrn: 5} @ 8x5x6", "calflops", 1080),
    ("{upsample: 2} @ 8x5x6", "fvcore", 960),
    ("{upsample: 2, mode: bilinear} @ 8x5x6", "fvcore", 3840),
    ("{upsample: 2, mode: bilinear} @ 8x5x6", "thop", 10560),
    ("{upsample: 3} @ 8x5", "fvcore", 0),
    ("{upsample: 3} @ 8x5", "thop", 120),
    ("{upsample: 2} @ 8x5x6", "calflops", 240),
    ("{resize: [5, 9]} @ 3x7x7", "calflops", 45),
    ("{resize: 4, mode: bilinear} @ 3x7x9", "calflops", 4),
    ("{avgpool: 3, stride: 2, pad: same} @ 4x8x9", "ptflops", 792),
    ("{avgpool: 3, stride: 2, pad: same, count_pad: false} @ 4x8x9", "ptflops", 576),
    ("{maxpool: 3, stride: 2, pad: same} @ 4x8x9", "calflops", 396),
    ("{deconv: 4, kernel: 2, bias: false} @ 3x2x2", "calflops", 384),
    ("{maxpool: 3, stride: 2, pad: same} @ 4x8x9", "darknet", 720),
    ("{avgpool: 2} @ 4x8x10", "darknet", 320),
    ("add @ 8x5x6, 8x5x6, 8x5x6", "darknet", 480),
    ("{fc: 40} @ 16x6x6", "darknet", 0),
    ("gap @ 8x5x6", "darknet", 0),
)


@pytest.mark.parametrize(("text", "name", "operations"), LAYERS)
def test_what_a_tool_gets_wrong_is_counted_as_it_counts_it(
    text: str, name: str, operations: int
) -> None:
    case = layer_cases.read(text)
    work = case.layer.work(case.output, *case.inputs)
    view = View(case.layer, case.inputs, case.output, work)
    assert counted(CONVENTIONS[name], view)[0] == operations


DARKNET_PRINTS = (0.399, 0.000, 1.595, 0.089, 0.399, 0.044, 0.011, 1.196, 0.088)
"""What darknet prints of YOLOv3-tiny's lines 10 to 22, those that have a figure."""


def test_darknet_counts_yolov3_tiny_as_darknet_prints_it() -> None:
    network = archcalc.load(CLAIMS / "yolov3-tiny.yaml")
    analysis = network.analyze(convention="darknet")
    each = [fact.operations for fact in analysis.facts if fact.operations]
    assert [round(n / 10**9, 3) for n in each[-9:]] == [*DARKNET_PRINTS]
    assert analysis.total.operations == 5_570_672_640  # Total BFLOPS 5.571


def test_the_shortcuts_of_yolov3_are_what_two_versions_of_darknet_differ_by() -> None:
    shapes = [(64, 208)] + 2 * [(128, 104)] + 8 * [(256, 52)] + 8 * [(512, 26)]
    added = 0
    for channels, side in [*shapes, *4 * [(1024, 13)]]:
        case = layer_cases.read(f"add @ {channels}x{side}x{side}, {channels}x{side}x1")
        view = View(case.layer, case.inputs, case.output, {})
        added += counted(CONVENTIONS["darknet"], view)[0]
    assert round(65.864 + added / 10**9, 3) == pytest.approx(65.879)


PARAMS = (
    ("{gn: 4} @ 8x5x6", "thop", 0),
    ("bn @ 8x5x6", "thop", 16),
    ("bn @ 8x5x6", "keras", 32),
    ("{bn: false} @ 8x5x6", "keras", 16),
    ("bn @ 8x5x6", "lecture", 0),
    ("{fc: 5} @ 7x3", "lecture", 105),
    ("{lstm: 6} @ 5x8", "keras", 360),
    ("{gru: 6} @ 5x8", "keras", 288),
    ("class_token @ 7x16", "thop", 0),
    ("{linear: 8, weight_norm: first} @ 7x5", "thop", 0),
    ("{linear: 8, weight_norm: first} @ 7x5", "torchinfo", 56),
)


@pytest.mark.parametrize(("text", "name", "params"), PARAMS)
def test_parameters_as_a_convention_reports_them(
    text: str, name: str, params: int
) -> None:
    case = layer_cases.read(text)
    work = case.layer.work(case.output, *case.inputs)
    view = View(case.layer, case.inputs, case.output, work)
    assert counted(CONVENTIONS[name], view)[1] == params


BATCHES = (
    ("{upsample: 2} @ 8x5x6", "ptflops", 3, 3840),
    ("{upsample: 3/2} @ 8x5x7", "ptflops", 3, 2450),
    ("{upsample: 0.7} @ 1x10x10", "ptflops", 2, 147),
    ("{resize: [5, 9]} @ 3x7x7", "ptflops", 3, 540),
    ("{resize: [5, 9]} @ 3x7x7", "calflops", 3, 45),
    ("{upsample: 2} @ 8x5x6", "calflops", 3, 720),
    ("{adaptive_avgpool: [3, 5]} @ 3x11x12", "thop", 3, 1322),
    ("{upsample: 0.7} @ 1x10x10", "deepspeed", 1, 48),
    ("{upsample: [2, 3/2]} @ 1x4x10", "deepspeed", 2, 240),
    ("{resize: [5, 9]} @ 3x7x7", "deepspeed", 3, 45),
    ("{linear: 8} @ 7x16", "torch-pruning", 3, 2696),
    ("{linear: 8, bias: false} @ 7x16", "torch-pruning", 3, 2688),
    ("{upsample: 2} @ 8x5x6", "torch-pruning", 3, 960),
    ("{gru: 6} @ 5x8", "torch-pruning", 3, 13_200),
    ("{conv: 8, kernel: 3} @ 4x9x10", "darknet", 3, 3 * 2 * 288 * 56),
)


@pytest.mark.parametrize(("text", "name", "batch", "operations"), BATCHES)
def test_what_a_tool_counts_of_a_batch(
    text: str, name: str, batch: int, operations: int
) -> None:
    case = layer_cases.read(text)
    work = case.layer.work(case.output, *case.inputs)
    view = View(case.layer, case.inputs, case.output, work, batch)
    assert counted(CONVENTIONS[name], view)[0] == operations


SPELLED = (
    ("{conv: 8, kernel: 3, pad: same} @ 3x9x10", "fvcore", [0]),
    ("{conv: 8, kernel: 3, pad: 1} @ 3x9x10", "mmengine", [0]),
    ("{conv: 8, kernel: 3} @ 3x9x10", "fvcore", [0]),
    ("{conv: 8, kernel: 3, stride: 2, pad: 1} @ 3x9x10", "fvcore", [None]),
    ("{conv: 8, kernel: 4, pad: same} @ 3x9x10", "calflops", [55_872, None]),
    (
        "{conv: 8, kernel: 4, pad: same, bias: false} @ 3x9x10",
        "calflops",
        [55_296, None],
    ),
    ("{conv: 8, kernel: 4} @ 3x9x10", "calflops", [32_592, None]),
    ("{conv: 8, kernel: 4, pad: 2} @ 3x9x10", "calflops", [None, None]),
    ("{upsample: 3/2} @ 8x5x7", "calflops", [None, 70]),
    ("{resize: 8} @ 8x4x4", "deepspeed", [None, 64]),
    ("{maxpool: 2} @ 8x4x4", "deepspeed", [None, None]),
)
"""Layers that torch code may write otherwise, and what a tool prints of them then."""


@pytest.mark.parametrize(("text", "name", "found"), SPELLED)
def test_the_same_layer_written_otherwise(
    text: str, name: str, found: list[int | None]
) -> None:
    case = layer_cases.read(text)
    work = case.layer.work(case.output, *case.inputs)
    view = View(case.layer, case.inputs, case.output, work)
    assert [spelled(one, view) for one in CONVENTIONS[name].spellings] == found


def test_a_report_says_what_code_its_figures_are_of() -> None:
    notes = [n.text for n in conventions_report(archcalc.load("lenet5")).notes]
    assert (
        "If it is written with padding='same' or 'valid': fvcore 10,920, "
        "mmengine 10,920."
    ) in notes


def test_the_flops_of_every_layer_are_the_convention_of_that_name() -> None:
    analysis = archcalc.load("swin").analyze(convention="flops")
    assert all(fact.operations == fact.flops for fact in analysis.facts)
    assert {*m.BY_KIND} == {*KINDS_OF_WORK}


def test_operations_are_the_batch_s_and_parameters_are_not() -> None:
    network = archcalc.load("mobilenet-v2")
    one, four = (network.analyze(batch=n, convention="ptflops").total for n in (1, 4))
    assert four.operations == 4 * one.operations
    assert four.reported_params == one.reported_params


def test_shared_weights_are_reported_once_and_counted_twice() -> None:
    network = archcalc.loads(
        "archcalc: 1\nname: t\ninput: [3, 8, 8]\nlayers:\n"
        "- {conv: 3, name: a, norm: bn}\n- {conv: 3, name: b, share: a}"
    )
    total = network.analyze(convention="keras").total
    assert total.reported_params == 12 + 12
    ptflops = network.analyze(convention="ptflops").total
    assert ptflops.operations == 2 * (64 * 9 + 64 * 3) + 2 * 64 * 3


# -- symbols ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONVENTIONS)
@pytest.mark.parametrize("network", ["three-3x3", "standard-conv", "nin", "resnet18"])
def test_symbols_then_numbers_is_numbers_then_symbols(network: str, name: str) -> None:
    plain = archcalc.load(network)
    channels, height, width = plain.graph.nodes[0].shape
    symbolic = archcalc.load(network, input=(channels, "H", "W"))  # type: ignore[arg-type]  # a number
    free = symbolic.analyze(convention=name).total
    total = plain.analyze(convention=name).total
    put = {"H": height, "W": width}
    assert at(free.operations, put) == total.operations
    assert at(free.reported_params, put) == total.reported_params


def at(value: Any, put: dict[str, Any]) -> Any:
    return value.at(**put) if isinstance(value, Poly) else value


# -- windows ---------------------------------------------------------------------------


@given(
    n=st.integers(1, 20),
    kernel=st.integers(1, 6),
    stride=st.integers(1, 5),
    pad=st.integers(0, 3),
    ceil=st.booleans(),
    count_pad=st.booleans(),
)
def test_values_in_the_windows_of_a_mean(
    n: int, kernel: int, stride: int, pad: int, ceil: bool, count_pad: bool
) -> None:
    pad = min(pad, kernel // 2)
    layer = AvgPool(
        kernel=kernel,
        stride=stride,
        pad=pad,
        rounding="ceil" if ceil else "floor",
        count_pad=count_pad,
    )
    x = (3, n)
    assume(fits(layer, x))
    first, last = (-pad, n + pad) if count_pad else (0, n)
    covered = [
        sum(
            first <= at < last
            for at in range(o * stride - pad, o * stride - pad + kernel)
        )
        for o in range(layer.shape(x)[1])
    ]
    view = View(layer, (x,), layer.shape(x), {})
    assert mean_windows(view) == 3 * sum(covered)


def fits(layer: AvgPool, x: tuple[int, ...]) -> bool:
    try:
        layer.shape(x)
    except ShapeError:
        return False
    return True


@given(i=st.integers(1, 60), o=st.integers(1, 60))
def test_values_in_the_windows_of_an_adaptive_pool(i: int, o: int) -> None:
    layer, x = AdaptiveAvgPool(size=o), (1, i)
    sizes = [-(-(j + 1) * i // o) - j * i // o for j in range(o)]
    assert adaptive_windows(View(layer, (x,), (1, o), {})) == sum(sizes)


# -- expectations ----------------------------------------------------------------------

SPEC = """
archcalc: 1
name: t
input: [3, 8, 8]
layers:
- {conv: 4, kernel: 3, pad: 1, norm: bn, act: relu, name: one}
expect:
"""


def judged(entry: str) -> list[tuple[str, Any]]:
    network = archcalc.loads(f"{SPEC}- {entry}\n")
    return [(one.status, one.computed) for one in judge(network)]


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("{macs: 6912}", ("agrees", 6912)),
        ("{macs: 7424, convention: fvcore}", ("agrees", 7424)),
        ("{flops: 7424, convention: fvcore}", ("agrees", 7424)),
        ("{macs: 6912, convention: fvcore}", ("fails", 7424)),
        ("{macs: 6912, convention: fvcore, verdict: erratum}", ("erratum", 7424)),
        ("{flops: 14848, convention: calflops}", ("agrees", 14848)),
        ("{params: 128, convention: keras}", ("agrees", 128)),
        ("{params: 108, convention: lecture}", ("agrees", 108)),
        ("{params: 108, convention: lecture, at: one}", ("agrees", 108)),
        ("{shape: [4, 8, 8], convention: torchinfo}", ("agrees", (4, 8, 8))),
        ("{macs: 13824, convention: torch, batch: 1}", ("agrees", 13824)),
    ],
)
def test_a_figure_is_judged_as_its_source_counts(
    entry: str, found: tuple[str, Any]
) -> None:
    assert judged(entry) == [found]


def test_an_unknown_convention_is_told_where_it_stands() -> None:
    with pytest.raises(SpecError, match="no convention 'fvcor'") as raised:
        judged("{macs: 1, convention: fvcor}")
    place = raised.value.problems[0].place
    assert place is not None
    assert place.line == 8


def test_an_erratum_stands_under_a_table_of_its_own_convention_alone() -> None:
    network = archcalc.loads(
        f"{SPEC}- {{macs: 1, convention: fvcore, verdict: erratum, why: w, cite: c}}\n"
    )
    for name, count in (("macs", 0), ("fvcore", 1)):
        known = judge_known(network, network.analyze(convention=name))
        assert len([*known]) == count


def test_the_plain_convention_is_what_its_rules_give() -> None:
    usual = CONVENTIONS[USUAL]
    asked = replace(usual, operations={**usual.operations}, params={**usual.params})
    assert usual.is_plain
    assert not asked.is_plain
    for name in ("googlenet", "swin", "nasnet-a-mobile"):
        graph = archcalc.load(name).graph
        for node in graph.nodes:
            one = node.layer, graph.input_shapes(node), node.shape
            assert facts_of(*one, usual) == facts_of(*one, asked)
