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
from archcalc.checks.claims.readings import EVERYTHING, readings, subjects
from archcalc.checks.claims.reconcile import Reconciled, candidates, reconcile
from archcalc.errors import UsageError
from archcalc.network.network import Network
from archcalc.render import render
from archcalc.reports.reconcile import reconcile_report

GOLDEN = Path(__file__).parent / "golden" / "figures"
Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: archcalc(capsys, monkeypatch, *words)


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
    ("resnet50", "25,610,152", 25_610_152, 1, "BN 4 a channel", "", ""),
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
    assert "no reading gives it" in render(reconcile_report(found))


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
    assert "may be luck" in render(reconcile_report(loose))
    assert "may be luck" not in render(reconcile_report(exact))


# -- figures ---------------------------------------------------------------------------

QUOTED = [
    ("3.8G", 2, [("operations", 3.8e9), ("parameters", 3.8e9), ("values", 3.8e9)]),
    ("96MB", 2, [("bytes", 96e6)]),
    ("58.1 MiB", 3, [("bytes", 58.1 * 2**20)]),
    ("13.6 GFLOP", 3, [("operations", 13.6e9)]),
    ("4.1 GMACs", 2, [("operations", 4.1e9)]),
    ("12 MACs", 2, [("operations", 12)]),
    ("854M ops", 3, [("operations", 854e6)]),
    ("5M params", 1, [("parameters", 5e6)]),
    ("5 million parameters", 1, [("parameters", 5e6)]),
    ("5.3B", 2, [("operations", 5.3e9), ("parameters", 5.3e9), ("values", 5.3e9)]),
    ("24M values", 2, [("values", 24e6)]),
    ("~138M", 3, [("operations", 138e6), ("parameters", 138e6), ("values", 138e6)]),
    ("3.8e9 FLOPs", 2, [("operations", 3.8e9)]),
]


@pytest.mark.parametrize(("text", "digits", "meanings"), QUOTED)
def test_what_a_figure_may_mean(
    text: str, digits: int, meanings: list[tuple[str, float]]
) -> None:
    found = quoted(text)
    values = [(a.kind, float(a.claim.value)) for a in found.asked]  # type: ignore[arg-type]
    assert found.digits == digits
    assert values == [(kind, pytest.approx(value)) for kind, value in meanings]


def test_a_whole_number_is_exact_and_a_short_one_has_a_unit_left_out() -> None:
    exact = quoted("4,133,742,592").asked
    assert {a.claim.half_unit for a in exact} == {0}
    assert [a.kind for a in exact] == ["operations", "parameters", "values", "bytes"]
    short = quoted("218.59").asked
    assert all(a.implied for a in short)
    assert ("bytes", "MB") in [(a.kind, a.unit) for a in short]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "many",
        "3.8 X",
        "96 MiP",
        "1.2.3",
        "-5M",
        "5 Mi",
        "3G MB",
        "3 GFLOP MACs",
        "9" * 80,
    ],
)
def test_no_figure(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        reconcile(load("lenet5"), text)
    assert caught.value.problems[0].code == "AC550"


def test_a_network_with_names_for_sizes_has_no_figure_to_meet() -> None:
    with pytest.raises(UsageError) as caught:
        reconcile(load("three-3x3", input="C,H,W"), "27M")
    assert caught.value.problems[0].code == "AC551"


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
    assert run("reconcile", "vgg16", "138M").code == 0
    assert run("reconcile", "vgg16", "96MB").code == 1
    assert run("reconcile", "vgg16", "many").code == 2
    few, every = (
        run("reconcile", "resnet50", "3.8G"),
        run("reconcile", "resnet50", "3.8G", "--all"),
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
