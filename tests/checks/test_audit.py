"""Published figures: every one of the lectures, its verdict, its source, its reason."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import Done, archcalc
from goldens import check_golden

from archcalc import load
from archcalc.checks.claims.audit import AGREE, Published, audit
from archcalc.checks.claims.citations import REFERENCES, source_of
from archcalc.checks.claims.on_slides import NAMED
from archcalc.errors import UsageError
from archcalc.render import render
from archcalc.reports.audit import GROUPS, audit_report, chosen

HERE = Path(__file__).parents[1]
GOLDEN = HERE / "golden" / "figures"
LECTURE_ROWS: list[dict[str, Any]] = yaml.safe_load(
    (HERE / "data" / "lecture_figures.yaml").read_text(encoding="utf-8")
)
Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: archcalc(capsys, monkeypatch, *words)


@pytest.fixture(scope="module")
def everything() -> list[Published]:
    return audit()


# -- the lectures ----------------------------------------------------------------------

# Rows whose figure the audit has under another name: subject, what, value.
OTHERWISE: dict[tuple[str, str, str], list[tuple[str, str, Any]]] = {
    ("alexnet-2gpu", "conv1", "per_group_shape"): [
        ("alexnet-2gpu conv1", "maps a GPU", 48)
    ],
    ("alexnet-2gpu", "conv2", "kernel_depth"): [
        ("alexnet-2gpu conv2", "weight shape", (256, 48, 5, 5))
    ],
    ("alexnet-2gpu", "conv3", "kernel_depth"): [
        ("alexnet-2gpu conv3", "weight shape", (384, 256, 3, 3))
    ],
    ("alexnet-2gpu", "conv4", "kernel_depth"): [
        ("alexnet-2gpu conv4", "weight shape", (384, 192, 3, 3))
    ],
    ("alexnet-2gpu", "conv5", "kernel_depth"): [
        ("alexnet-2gpu conv5", "weight shape", (256, 192, 3, 3))
    ],
    ("zfnet", "conv1", "kernel"): [
        ("zfnet conv1", "weight shape", (96, 3, 7, 7)),
        ("zfnet conv1", "stride", 2),
    ],
    ("vgg16", "", "weights_without_conv3-3"): [
        ("vgg16", "weights without conv3-3", 137_754_304)
    ],
    ("googlenet", "", "params_without_fc"): [
        ("googlenet", "params without fc", 5_973_552)
    ],
    ("resnet18", "conv1", "norm_params"): [
        ("resnet18", "parameters of a batch norm to its channels", 2)
    ],
}
NAMES = {
    "order": "order of layers",
    "conv_rows": "convolutions",
    "heads": "side heads",
    "kept_activations": "activations, ReLUs kept",
}
SHARES = {
    "early_share": "values in conv1-1 and conv1-2",
    "late_share": "weights in fc6",
}
SIDES = ("conv1", "conv2", "conv3", "conv4", "conv5", "pool5")


def wanted(row: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Return what the audit must say of a row: subject, what and value."""
    net, at, metric = row["net"], row.get("at", ""), row["metric"]
    exact = tuple(row["exact"]) if isinstance(row["exact"], list) else row["exact"]
    if metric == "sides":
        return [(f"{net} {name}", "shape", side) for name, side in zip(SIDES, exact)]  # noqa: B905  # as many
    if (net, at, metric) in OTHERWISE:
        return OTHERWISE[net, at, metric]
    what = SHARES.get(metric) or NAMES.get(metric) or metric.replace("_", " ")
    what = {"macs": "MACs"}.get(what, what)
    return [(f"{net} {at}".strip(), what, exact)]


def agree(value: Any, exact: Any) -> bool:
    if isinstance(value, tuple) and isinstance(exact, int):
        return bool(value[-1] == exact)
    if isinstance(value, Fraction) and value < 1:
        return round(100 * value) == exact
    return bool(value == exact)


@pytest.mark.parametrize(
    "row", LECTURE_ROWS, ids=lambda r: f"{r['net']}-{r.get('at', '')}-{r['metric']}"
)
def test_every_figure_of_the_lectures_is_audited(
    row: dict[str, Any], everything: list[Published]
) -> None:
    """The same exact value with the same verdict."""
    if row["net"] == "resnet50:v1.5":  # no source prints 3.8 for this layout
        assert row["verdict"] == "erratum"
        return
    for subject, what, exact in wanted(row):
        found = [
            (f.verdict in AGREE and "agrees") or f.verdict
            for f in everything
            if (f.subject, f.what) == (subject, what) and agree(f.value, exact)
        ]
        assert row["verdict"] in found, (subject, what, exact)


def test_ratios_between_networks_are_computed(everything: list[Published]) -> None:
    found = {f.what: f for f in everything if f.what.endswith("these")}
    told = {what: (f.published, f.computed, f.verdict) for what, f in found.items()}
    assert told == {
        "AlexNet's params to these": ("12x", "8.71x", "loose"),
        "VGG-16's params to these": ("27x", "19.77x", "loose"),
    }


ERRATA = [
    ("vgg16", "activation bytes", "96MB"),
    ("vgg16", "activations", "24M"),
    ("vgg16", "activations, ReLUs kept", "24M"),
    ("vgg16", "convolutions", "12"),
    ("vgg16", "MACs", "13.6G"),
    ("alexnet-2gpu conv2", "shape", "96×55×55"),
    ("alexnet-2gpu conv2", "weights", "35K"),
    ("naive-inception", "weights", "108k"),
    ("bottleneck-inception", "weights", "33k"),
    ("bottleneck-inception", "MACs", "358M"),
    ("googlenet conv1", "params", "2.7K"),
    ("googlenet conv1", "MACs", "34M"),
]


@pytest.mark.parametrize(("subject", "what", "published"), ERRATA)
def test_errata_of_the_lectures_and_papers(
    subject: str, what: str, published: str, everything: list[Published]
) -> None:
    (one,) = [
        f
        for f in everything
        if (f.subject, f.what, f.published) == (subject, what, published)
    ]
    assert one.verdict == "erratum"
    assert one.why


def test_both_googlenets_are_there(everything: list[Published]) -> None:
    """Torchvision's has 3×3 where the paper has 5×5."""
    macs = {f.subject: f.value for f in everything if f.what == "MACs"}
    assert macs["googlenet"] == 1_582_671_872
    assert macs["googlenet:torchvision"] == 1_498_376_192


def test_names_without_figures_are_shipped(everything: list[Published]) -> None:
    shipped = {f.published for f in everything if f.verdict == "shipped"}
    assert shipped == {named.said for named in NAMED}
    assert {"VGG-19", "Inception-v4", "EfficientNet", "SELU"} <= shipped


def test_nothing_fails(everything: list[Published]) -> None:
    assert [f for f in everything if f.verdict in GROUPS["fail"]] == []


def test_what_is_wrong_or_loose_says_why(everything: list[Published]) -> None:
    for one in everything:
        assert one.cite, one.subject
        assert one.why or one.verdict not in ("erratum", "loose"), one.subject


def test_a_loose_total_has_its_nearest_reading(everything: list[Published]) -> None:
    (one,) = [
        f
        for f in everything
        if (f.subject, f.what) == ("googlenet", "params") and f.verdict == "loose"
    ]
    assert one.near == "5,973,552 (params, without fc), 19.5% from it"


def test_sources_are_ordered_and_counted(everything: list[Published]) -> None:
    kinds = [f.source.kind for f in everything]
    named = ["lectures", "papers", "libraries", "others", "computed"]
    assert list(dict.fromkeys(kinds)) == named
    report = audit_report(everything, "all", "data")
    figures, counts = report.tables
    total = dict(zip((c.key for c in counts.columns), counts.rows[-1].cells))  # noqa: B905  # as many
    assert len(figures.rows) == len(everything)
    published = len(everything) - kinds.count("computed")
    assert total["figures"] == published < len(everything)
    groups = [total[key] for key in GROUPS if key in total]
    assert sum(groups) == published  # type: ignore[arg-type]
    plain = [row.cells[1] for row in counts.rows if row.kind == "row"]
    assert sum(plain) == published  # type: ignore[arg-type]
    note = report.notes[-1].text
    assert note.startswith(f"{published:,} published figures: ")
    assert f" {kinds.count('computed')} figures that are only computed here: " in note


def test_short_names_of_sources_are_spelt_out(everything: list[Published]) -> None:
    cited = {name for f in everything for name in f.source.name.split("; ")}
    assert set(REFERENCES) <= cited
    notes = [note.text for note in audit_report(everything, "all", "data").notes]
    assert [f"{name}: {full}." for name, full in REFERENCES.items()] == notes[:-1]


def test_versions_of_libraries_are_those_of_the_tests() -> None:
    pinned = (HERE / "libraries.txt").read_text(encoding="utf-8")
    versions = dict(re.findall(r"(?m)^(\w+)==(\S+)", pinned))
    assert versions
    for name, version in versions.items():
        assert REFERENCES[name] == f"version {version}"


# -- sources ---------------------------------------------------------------------------

CITES = [
    ("CS231n lecture 9", "lectures", "CS231n lecture 9"),
    ("He 2015, Table 1; Zou 2018 lecture", "lectures", "Zou 2018 lecture"),
    ("slides on networks for video, as notes quote them", "lectures", None),
    ("CS231n lecture 9, slide 55", "lectures", "CS231n lecture 9"),
    ("Simonyan 2014, Table 2", "papers", "Simonyan 2014"),
    ("Huang 2016 (DenseNet), Table 2", "papers", "Huang 2016 (DenseNet)"),
    ("Iandola 2016, Table 1; torchvision squeezenet1_0", "papers", "Iandola 2016"),
    ("torchvision vgg16", "libraries", "torchvision"),
    ("timm legacy_senet154", "libraries", "timm"),
    ("tensorflow/models, slim/nets/mobilenet_v1.md", "libraries", "tensorflow/models"),
    ("the authors' repository, README", "libraries", None),
    ("gist someone/0123456789abcdef, readme", "libraries", None),
    ("fvcore 0.1.5 on torchvision resnet50", "libraries", None),
    ("torchsummary 1.5.1", "tools", "torchsummary"),
    ("a report of ours, page 3", "others", "a report of ours"),
    ("computed, sum of the layers", "computed", "printed nowhere"),
    ("computed, the rows of the slide of CS231n lecture 9", "computed", None),
    (None, "computed", "printed nowhere"),
]


@pytest.mark.parametrize(("cite", "kind", "name"), CITES)
def test_where_figures_are_from(cite: str | None, kind: str, name: str | None) -> None:
    found = source_of(cite)
    assert found.kind == kind
    assert name is None or found.name == name


# -- reports and command ---------------------------------------------------------------


def test_chosen_by_verdict_and_source(everything: list[Published]) -> None:
    errata = chosen(everything, "errata", None)
    assert errata
    assert {f.verdict for f in errata} == {"erratum"}
    ways = chosen(everything, "rounds, truncates", "papers")
    assert {f.verdict for f in ways} == {"rounds", "truncates"}
    assert {f.source.kind for f in chosen(everything, None, "lectures")} == {"lectures"}
    assert len(chosen(everything, None, None)) == len(everything)


@pytest.mark.parametrize(("only", "source"), [("erata", None), (None, "Nobody 1900")])
def test_unknown_choices(
    only: str | None, source: str | None, everything: list[Published]
) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(everything, only, source)
    assert caught.value.problems[0].code == "AC552"


GOLDENS = {
    "audit-terminal": ("terminal", "terminal", {"width": 80}),
    "audit-markdown": ("document", "markdown", {}),
}


@pytest.mark.parametrize("name", GOLDENS)
def test_golden(name: str) -> None:
    layout, format, options = GOLDENS[name]
    found = audit([load("bottleneck-inception"), load("alexnet-2gpu")])
    report = audit_report(found, "two networks", layout)  # type: ignore[arg-type]
    check_golden(GOLDEN / f"{name}.txt", render(report, format, **options))


def test_every_line_fits_eighty_columns(everything: list[Published]) -> None:
    text = render(audit_report(everything, "all", "terminal"), width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert "(continued)" not in text


def test_a_table_of_data_has_the_exact_values(run: Run) -> None:
    done = run("audit", "vgg16", "--format", "json")
    table = json.loads(done.out)["tables"][0]
    cells = {row["path"]: row["cells"] for row in table["rows"]}
    assert cells["vgg16 depth"]["computed"] == 16
    assert cells["vgg16 conv1-1 shape"]["computed"] == [64, 224, 224]
    rows = list(
        csv.DictReader(io.StringIO(run("audit", "vgg16", "--format", "csv").out))
    )
    assert Counter(row["verdict"] for row in rows)["erratum"] == 5
    assert {"said", "cite", "why", "source_kind", "source"} <= set(rows[0])


def test_html_and_latex(run: Run) -> None:
    assert "<table" in run("audit", "naive-inception", "--format", "html").out
    assert "\\begin{" in run("audit", "naive-inception", "--format", "latex").out


def test_a_variant_is_audited_with_its_file(run: Run) -> None:
    whole = run("audit", "resnet50").out
    assert run("audit", "resnet50:v1.5").out.splitlines()[1:] == whole.splitlines()[1:]


def test_a_variant_of_a_file_is_not_audited_alone(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    text = (
        "{name: own, input: [3], params: {k: 1}, variants: {b: {k: 2}}, layers: [relu]}"
    )
    path.write_text(text, encoding="utf-8")
    done = run("audit", f"{path}:b")
    assert done.code == 2
    assert "error[AC552]: a file is audited with all its variants" in done.err


def test_a_failing_figure_is_a_finding(run: Run, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    own = "{name: own, input: [3, 8, 8], layers: [{fc: 10}], expect: [{params: %d}]}"
    good.write_text(own % 1930, encoding="utf-8")
    bad.write_text(own % 1931, encoding="utf-8")
    assert run("audit", str(good)).code == 0
    done = run("audit", str(bad))
    assert done.code == 1
    assert "FAILS" in done.out
    assert run("audit", "nothing-known").code == 2


def test_a_symbolic_network_is_audited() -> None:
    found = audit([load("three-3x3")])
    assert "27C²" in [f.computed for f in found]
    assert load("three-3x3").spec.about.expect
