"""Where published figures come from: readings found, none found, and the odds."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from commands import Done, archcalc
from goldens import check_golden

from archcalc import load, loads
from archcalc.checks.claims.quoted import quoted
from archcalc.checks.claims.readings import readings
from archcalc.checks.claims.reconcile import Reconciled, candidates, reconcile
from archcalc.checks.claims.subjects import (
    CLASSES,
    EVERYTHING,
    LARGE_PARTS,
    SIDES,
    subjects,
    with_classes,
)
from archcalc.checks.claims.ways import MOST_WAYS
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.render import render
from archcalc.reports.reconcile import reconcile_report

GOLDEN = Path(__file__).parents[1] / "golden" / "figures"
CLAIMS = Path(__file__).parents[1] / "cases" / "claims"
Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: archcalc(capsys, monkeypatch, *words)


KERAS_RESNET = "biases under norms, BN 4 per channel"
SOLVED = [
    # network, claim, exact value, departures, what is counted, of what, which part
    ("vgg16", "13.6 GFLOP", 13_620_576_256, 2, "MACs", "", "one row left out"),
    ("vgg16", "13,620,576,256", 13_620_576_256, 2, "MACs", "", "one row left out"),
    ("vgg16", "137,754,304", 137_754_304, 3, "weights", "", "one row left out"),
    ("vgg16", "138M", 138_357_544, 0, "params", "", ""),
    ("vgg16", "528 MB", 553_430_176, 1, "params", "", ""),
    ("vgg16", "528MiB", 553_430_176, 0, "params", "", ""),
    ("vgg16", "218.59", 229_207_872, 1, "torchsummary", "", ""),
    ("vgg16", "218.59 MB", 229_207_872, 1, "torchsummary", "", ""),
    ("vgg16", "108.45", 108_453_696, 1, "torchinfo", "", ""),
    ("vgg16", "30.9 GFLOPs", 30_940_528_640, 0, "2 × MACs", "", ""),
    ("vgg16", "115.1MB", 115_140_512, 1, "conv ReLUs kept", "", ""),
    ("vgg16", "28,793,320 values", 28_793_320, 1, "ReLUs kept", "", ""),
    (
        "bottleneck-inception",
        "358M",
        358_055_936,
        2,
        "MACs",
        "",
        "one row counted twice",
    ),
    ("resnet50", "3.8G", 3_857_973_248, 0, "MACs", "", ""),
    ("resnet50", "4.11G", 4_111_512_576, 2, "fvcore", "resnet50:v1.5", ""),
    ("resnet50", "4.09G", 4_089_184_256, 1, "MACs", "resnet50:v1.5", ""),
    ("resnet50:v1.5", "4.11 GMACs", 4_111_512_576, 1, "fvcore", "", ""),
    ("resnet50", "25.6M params", 25_557_032, 0, "params", "", ""),
    ("resnet50", "25,610,152", 25_610_152, 1, "BN 4 per channel", "", ""),
    ("alexnet", "61.1M", 61_100_840, 1, "params", "alexnet:torchvision", ""),
    ("alexnet", "62.4M", 62_378_344, 0, "params", "", ""),
    ("alexnet", "60.97M", 60_965_224, 1, "params", "alexnet-2gpu", ""),
    ("alexnet-2gpu", "62.38M params", 62_378_344, 1, "no groups", "", ""),
    ("googlenet", "5.97M params", 5_973_552, 1, "params", "", "without fc"),
    ("googlenet", "1.498 GMACs", 1_498_376_192, 1, "MACs", "googlenet:torchvision", ""),
    ("mobilenet-v1:0.75-224", "317M", None, 2, "MACs", "", "one row left out"),
]


@pytest.mark.parametrize(
    ("name", "claim", "value", "weight", "counted", "of", "part"),
    SOLVED,
    ids=[f"{row[0]} {row[1]}" for row in SOLVED],
)
def test_the_simplest_explanation(
    name: str,
    claim: str,
    value: int | None,
    weight: int,
    counted: str,
    of: str,
    part: str,
) -> None:
    first = reconcile(load(name), claim).explanations[0].first
    reading = first.reading
    assert (reading.way.tag, reading.subject.text, reading.part.group) == (
        counted,
        of,
        part,
    )
    assert first.weight == weight
    assert value is None or reading.value == value


SOURCES = [
    # Twice a tool: thop was run on doubled-tool-macs.yaml. Darknet: its own output.
    ("doubled-tool-macs.yaml", "13.76256 MFLOPs", 2 * 6_881_280, 1, "2 × thop", ""),
    ("yolov3-tiny.yaml", "5.571 BFLOPs", 5_570_672_640, 0, "darknet", ""),
    # timm's results print 11.11 M for ResNet-50; RegNets' authors say how they count.
    ("resnet50", "11,113,984", 11_113_984, 2, "conv outputs", "resnet50:v1.5"),
    ("resnet50:v1.5", "11.1M activations", 11_113_984, 1, "conv outputs", ""),
    ("resnet50:v1.5", "11.1M acts", 11_113_984, 1, "conv outputs", ""),
    # 25,557,032 - 1000·2,049 + 10·2,049; 138,357,544 and 4,097; 1,248,424 and 513.
    ("resnet50", "23,528,522", 23_528_522, 1, "params", "10 classes"),
    ("resnet50", "23,712,932 params", 23_712_932, 1, "params", "100 classes"),
    ("vgg16", "134,301,514", 134_301_514, 1, "params", "10 classes"),
    ("squeezenet", "740,554", 740_554, 1, "params", "10 classes"),
    # keras.applications: Total params, and Trainable params of ResNet50.
    ("resnet50", "25,636,712", 25_636_712, 1, KERAS_RESNET, ""),
    ("resnet101", "44,707,176", 44_707_176, 1, KERAS_RESNET, ""),
    ("resnet152", "60,419,944", 60_419_944, 1, KERAS_RESNET, ""),
    ("resnet50", "25,583,592", 25_583_592, 1, "biases under norms", ""),
    # Ji 2013, section 2: (7·4 + 1)·78·128.
    ("ji-c6.yaml", "289,536", 289_536, 1, "a bias a pair of maps", ""),
    # Forward, and backward twice that.
    ("vgg16", "46,410,792,960", 3 * 15_470_264_320, 1, "training step", ""),
    ("vgg16", "92.8 GFLOPs", 6 * 15_470_264_320, 1, "training step, 2 × MACs", ""),
    # Araujo 2019, Table 1.
    ("resnet50", "receptive field 483", 483, 0, "field of conv5.3.add", ""),
    ("vgg16", "a receptive field of 212", 212, 0, "field of block5.pool", ""),
    ("resnet101", "receptive field: 1027", 1027, 0, "field of conv5.3.add", ""),
    # keras.io/api/applications, column Depth.
    ("resnet50", "depth 107", 107, 1, "layers with parameters", ""),
    ("resnet101", "209 layers", 209, 1, "layers with parameters", ""),
    ("densenet", "depth of 242", 242, 1, "layers with parameters", ""),
    ("vgg16", "depth 16", 16, 0, "longest path", ""),
]


@pytest.mark.parametrize(
    ("name", "claim", "value", "weight", "counted", "of"),
    SOURCES,
    ids=[f"{row[0]} {row[1]}" for row in SOURCES],
)
def test_readings_that_a_known_source_uses_come_first(
    name: str, claim: str, value: int, weight: int, counted: str, of: str
) -> None:
    network = load(CLAIMS / name if name.endswith(".yaml") else name)
    first = reconcile(network, claim).explanations[0].first
    reading = first.reading
    assert reading.value == value
    assert reading.way.tag.startswith(counted)
    assert (reading.subject.text, first.weight) == (of, weight)


def test_ultralytics_thop_on_the_layout_of_libraries() -> None:
    """4,133,742,592 leaves the softmax to the loss, and means stride on the 3×3."""
    (only,) = reconcile(load("resnet50"), "4,133,742,592").explanations
    assert "ultralytics-thop" in only.first.reading.way.tag
    assert only.first.reading.subject.text == "resnet50:v1.5"
    assert only.first.fit == "exact"


def test_equal_rows_are_one_explanation() -> None:
    found = reconcile(load("vgg16"), "13.6 GFLOP")
    (only,) = found.explanations
    left_out = [c.reading.part.name for c in (only.first, *only.equal)]
    assert left_out == [
        "block1.conv1-2",
        "block2.conv2-2",
        "block3.conv3-2",
        "block3.conv3-3",
        "block4.conv4-2",
        "block4.conv4-3",
    ]
    network = load("vgg16").analyze()
    for name in left_out:
        assert network.total.macs - network.row(name).macs == 13_620_576_256


UNSOLVED = [
    ("vgg16", "96MB"),
    ("vgg16", "24M values"),
    ("vgg16", "24M"),
    ("lenet5", "7G"),
]


@pytest.mark.parametrize(("name", "claim"), UNSOLVED)
def test_nothing_fits_and_it_says_so(name: str, claim: str) -> None:
    found = reconcile(load(name), claim)
    assert not found.ok
    assert found.explanations == ()
    assert found.nearest == tuple(sorted(found.nearest, key=lambda c: c.off))
    assert "no reading matches" in render(reconcile_report(found))


@pytest.mark.parametrize("row", SOLVED[:20], ids=lambda row: f"{row[0]} {row[1]}")
def test_every_explanation_meets_the_digits(row: tuple[str, ...]) -> None:
    """Simplest first, each within the printed digits, none twice."""
    found = reconcile(load(row[0]), row[1])
    weights = [e.first.weight for e in found.explanations]
    assert weights == sorted(weights)
    for explanation in found.explanations:
        for one in (explanation.first, *explanation.equal, *explanation.others):
            claim = one.asked.claim
            assert claim.half_unit >= 0
            assert isinstance(claim.value, Fraction)
            low, high = claim.value - claim.half_unit, claim.value + 2 * claim.half_unit
            assert low <= one.amount <= high
            assert claim.fit(one.amount) == one.fit


def value_again(network: Network, part: str, more: bool) -> int:
    """Return the MACs with a row left out or doubled, from the analysis alone."""
    analysis = network.analyze()
    row = analysis.row(part)
    total = analysis.total.macs + (row.macs if more else -row.macs)
    assert isinstance(total, int)
    return total


@pytest.mark.parametrize("name", ["lenet5", "naive-inception", "googlenet"])
def test_readings_of_rows_are_the_total_and_a_row(name: str) -> None:
    network = load(name)
    (plain, *_) = subjects(network, 0)
    rows = {row.name for row in network.analyze().rows}
    seen = set()
    for reading in readings(plain, "operations", 2):
        part = reading.part
        if reading.way.tag == "MACs" and part.name in rows:
            more = bool(part.more)
            assert reading.value == value_again(network, part.name, more)
            seen.add((part.name, more))
    rows_with_macs = [r.name for r in network.analyze().rows if r.macs and not r.aux]
    assert seen == {(name, more) for name in rows_with_macs for more in (False, True)}


def test_plain_readings_are_the_totals() -> None:
    network = load("resnet50")
    total = network.analyze().total
    (plain, *_) = subjects(network, 0)
    kinds = ("operations", "parameters", "values", "bytes")
    found = [
        (reading.way.tag, reading.value)
        for kind in kinds
        for reading in readings(plain, kind, 0)  # type: ignore[arg-type]
    ]
    assert found == [
        ("MACs", total.macs),
        ("params", total.params),
        ("outputs", total.activations),
        ("params", 4 * total.params),
        ("outputs", total.activation_bytes),
    ]
    assert all(r.part is EVERYTHING for r in readings(plain, "bytes", 0))


def test_subjects_are_the_variants_kin_and_other_inputs() -> None:
    texts = [subject.text for subject in subjects(load("alexnet"), 1)]
    assert texts[:3] == ["", "alexnet:torchvision", "alexnet-2gpu"]
    assert "input 3×256×256" in texts
    assert "input 3×32×32" not in texts  # too small for five convolutions
    assert "input 3×227×227" not in texts  # its own
    assert len(list(subjects(load("alexnet"), 0))) == 1


# -- the odds --------------------------------------------------------------------------


def test_what_bytes_hold_is_taken_as_it_is_said() -> None:
    """10% of a network are features of as many bytes as the rest are parameters."""
    text = "name: a\ninput: [1, 4, 5]\nlayers: [{conv: 5}, {fc: 7}]"
    network = loads(text)
    total = network.analyze().total
    params, kept = 4 * total.params, total.activation_bytes
    for claim, size in (
        (f"{params:,} bytes of params", params),
        (f"{kept:,} bytes of features", kept),
    ):
        found = reconcile(network, claim)
        assert found.explanations[0].first.reading.value == size
        assert len({c.reading.way.holds for c in found.plain}) == 1
    assert not reconcile(network, f"{params:,} bytes of features").plain[0].fit


def test_few_digits_are_tried_with_few_readings() -> None:
    """Other inputs and classes come alone, or everything would fit by chance."""
    found = candidates(subjects(load("vgg16"), 2), quoted("96 MB"), 2)
    alone = [c for c in found if c.reading.subject.change in ("input", "classes")]
    assert {c.reading.subject.change for c in alone} == {"input", "classes"}
    assert not any(c.reading.way.weight or c.mixed for c in alone)


def test_what_needs_no_departure_is_explained_without() -> None:
    """138M is met with 1,001 classes as well, which explains nothing."""
    found = reconcile(load("vgg16"), "138M")
    assert all(not e.first.reading.subject.text for e in found.explanations)
    assert [e.first.reading.way.tag for e in found.explanations] == [
        "params",
        "weights",
    ]


def test_the_nearest_is_the_nearest() -> None:
    """4.14 GMac: thop counts 4,133,745,591 of ResNet-50 v1.5, 0.2 % less."""
    found = reconcile(load("resnet50"), "4.14 GMac")
    first = found.nearest[0]
    assert (first.reading.subject.text, first.reading.way.tag) == (
        "resnet50:v1.5",
        "thop, ultralytics-thop",
    )
    assert first.off < Fraction(21, 10_000)
    every = candidates(subjects(load("resnet50"), 2), quoted("4.14 GMac"), 2)
    assert first.off == min(c.off for c in every if not c.guessed)


@pytest.mark.parametrize("claim", ["4,133,742,592", "8.2 GFLOPs", "97 MB", "25.6M"])
def test_the_number_of_readings_is_bounded(claim: str) -> None:
    """As the docstring of `readings` says: linear in the rows of the network."""
    figure = quoted(claim)
    every = list(subjects(load("resnet50"), 3))
    variants_and_kin = [s for s in every if s.change in ("variant", "kin")]
    assert len(every) <= 1 + len(variants_and_kin) + len(SIDES) + len(CLASSES)
    for asked in figure.asked:
        most = sum(len(s.ways(asked.kind)) * LARGE_PARTS for s in every)
        small = max(len(s.parts) for s in every)
        most += small * (len(every[0].ways(asked.kind)) + len(every))
        for subject in every:
            assert len(subject.ways(asked.kind)) <= MOST_WAYS
        found = [r for s in every for r in readings(s, asked.kind, 3)]
        assert len(found) <= most


CLASSED = [
    # Every figure of the network as it would be written with so many classes.
    ("{name: a, input: [3, 8, 8], layers: [{conv: 4}, {fc: N}, softmax]}", 10),
    ("{name: a, input: [3, 8, 8], layers: [{conv: 4}, {conv: N}, gap]}", 21),
    ("{name: a, input: [6, 8], layers: [{linear: N, bias: false}, relu]}", 2),
]


@pytest.mark.parametrize(("text", "classes"), CLASSED)
def test_other_classes_are_the_network_written_with_them(
    text: str, classes: int
) -> None:
    wanted = loads(text.replace("N", str(classes))).analyze()
    graph = with_classes(loads(text.replace("N", "7")).analyze().graph, classes)
    assert graph is not None
    found = Analysis("a", graph, wanted.setting)
    assert found.total == wanted.total
    assert [n.shape for n in graph.nodes] == [n.shape for n in wanted.graph.nodes]


NO_CLASSES = [
    "{name: a, input: [3, 8, 8], layers: [{conv: 4}, {deconv: 7}]}",
    "{name: a, input: [3, 8, 8], layers: [{add: {x: [{conv: 7}], y: [{conv: 7}]}}]}",
    "{name: a, input: [3, 8, 8], layers: [relu]}",
    "{name: a, input: [8], layers: [{fc: 6}, {reshape: [2, 3]}]}",
]


@pytest.mark.parametrize("text", NO_CLASSES)
def test_no_single_layer_has_the_classes(text: str) -> None:
    assert with_classes(loads(text).analyze().graph, 10) is None


def test_bytes_of_inference_need_no_side_head_that_fits() -> None:
    """At 224 the head of Inception-v3 does not fit, and training has no figure."""
    network = load("inception-v3", input="3x224x224")
    params = network.analyze().total.params
    found = reconcile(network, f"{4 * params:,} bytes")
    assert found.explanations[0].first.reading.way.tag == "params"
    tags = {way.tag for way in next(iter(subjects(network, 0))).ways("bytes")}
    assert "peak inference" in tags
    assert "training" not in tags


def test_readings_are_counted_and_so_is_luck() -> None:
    found = reconcile(load("vgg16"), "13.6 GFLOP")
    every = list(candidates(subjects(found.network, 2), found.quoted, 2))
    values = {c.amount for c in every}
    assert (found.spread.tried, found.spread.distinct) == (len(every), len(values))
    near = [v for v in values if 6_800_000_000 <= v <= 27_200_000_000]
    assert found.spread.near == len(near)
    expected = len(near) * 0.15 / 13.6 / math.log(4)
    assert found.spread.chance == pytest.approx(expected)


def test_few_digits_leave_much_to_chance_and_many_none() -> None:
    googlenet = load("googlenet")
    loose = reconcile(googlenet, "5M params")
    exact = reconcile(googlenet, "5,973,552 params")
    assert loose.simple.chance > 0.5
    assert exact.spread.chance < 0.001
    assert "proves little" in render(reconcile_report(loose))
    assert "proves little" not in render(reconcile_report(exact))


# -- report and command ----------------------------------------------------------------

SHOWN = {
    "reconcile-vgg16-gflop": ("vgg16", "13.6 GFLOP"),
    "reconcile-vgg16-96mb": ("vgg16", "96MB"),
    "reconcile-resnet50": ("resnet50", "3.8G"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_golden(name: str) -> None:
    net, claim = SHOWN[name]
    text = render(reconcile_report(reconcile(load(net), claim)), width=80)
    check_golden(GOLDEN / f"{name}.txt", text)


TOLD = [
    # A unit that was left out, and one that means other powers, are said.
    ("218.59", "read as MB"),
    ("553 MiB", "MiB taken as powers of 1000"),
    ("528 MB", "MB taken as 2²⁰"),
]


@pytest.mark.parametrize(("claim", "said"), TOLD)
def test_how_a_unit_was_read_is_said(claim: str, said: str) -> None:
    text = render(reconcile_report(reconcile(load("vgg16"), claim)), width=100)
    assert said in " ".join(text.split())


def test_a_network_with_one_weight_and_a_head_of_branches() -> None:
    """What is left out as a whole is neither all there is nor part of a head."""
    text = (
        "name: a\ninput: [3, 8, 8]\nlayers: [{name: x, conv: 4},"
        "{aux: [{concat: {p: [{conv: 2}, {conv: 2}], q: [{conv: 2}, {conv: 2}]}}, {fc: 9}]}, gap]"
    )
    (plain, *_) = subjects(loads(text), 0)
    found = {r.part.name for r in readings(plain, "parameters", 2)}
    assert not {name for name in found if "without" in name or "concat" in name}
    assert "with side heads" in {r.part.group for r in readings(plain, "parameters", 2)}


def test_exit_codes_and_all(run: Run) -> None:
    done = run("reconcile", "vgg16", "138M")
    assert done.code == 0
    assert done.out.splitlines()[-1].endswith("readings: 138,357,544 (params)")
    assert run("reconcile", "vgg16", "96MB").code == 1
    assert run("reconcile", "vgg16", "many").code == 2
    few, every = (
        run("reconcile", "googlenet", "1.5G"),
        run("reconcile", "googlenet", "1.5G", "--all"),
    )
    assert "--all lists them" in few.out
    assert len(every.out) > len(few.out)


def test_data_have_exact_values(run: Run) -> None:
    done = run("reconcile", "vgg16", "528 MB", "--format", "json")
    (table,) = json.loads(done.out)["tables"]
    assert table["rows"][0]["cells"]["figure"] == 553_430_176
    assert table["rows"][0]["cells"]["departures"] == 1


def test_a_network_of_your_own() -> None:
    own = loads(
        "{name: own, input: [3, 8, 8], layers: [{conv: 4, kernel: 3}, {fc: 10}],"
        " expect: [{params: 1M, verdict: loose, why: a guess}]}"
    )
    found: Reconciled = reconcile(own, "1,562 params")
    (first, *_) = found.explanations
    assert first.first.weight == 0
    notes = [n.text for n in reconcile_report(reconcile(own, "1M params")).notes]
    assert any("a guess" in note for note in notes)
