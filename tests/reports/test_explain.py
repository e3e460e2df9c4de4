"""`archcalc explain`: what it says, in every format, against golden files.

`UPDATE_GOLDEN=1 pytest tests/reports/test_explain.py` rewrites the golden files; read what it
changed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from formula_reader import value_of
from samples import zoo

from archcalc import explain
from archcalc.errors import UsageError
from archcalc.layers.base import Window
from archcalc.network.network import Network, load, loads
from archcalc.render.explained import (
    EXPLAINED,
    explained_format,
    render_explanation,
)
from archcalc.render.widths import width
from archcalc.reports.explanation import Derivation, Explainer, Explanation
from archcalc.reports.reasons import unreached
from archcalc.sizes.dims import Poly

GOLDEN = Path(__file__).parents[1] / "golden" / "explain"
HOSTILE = "conv: <b>_x_ & \\alpha $y$ | {1} #2 100% ~^"

CASES: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    "alexnet-conv1": ("alexnet", "conv1", {}),
    "alexnet": ("alexnet", None, {}),
    "alexnet-2gpu-conv2": ("alexnet-2gpu", "conv2", {}),
    "googlenet-conv1": ("googlenet", "conv1", {}),
    "googlenet-pool1": ("googlenet", "pool1", {}),
    "naive-inception": ("naive-inception", "inception", {}),
    "resnet50-conv2.1": ("resnet50", "conv2.1", {}),
    "three-3x3-symbolic": ("three-3x3", "conv.1", {"input": "C,H,W"}),
    "vit-attention": ("vit", "encoder.1.attention.heads", {}),
    "mobilenet-dw": ("mobilenet-v1", "conv3.dw", {}),
}
FILES = [(case, "terminal") for case in CASES] + [
    ("alexnet-2gpu-conv2", format) for format in EXPLAINED if format != "terminal"
]


@cache
def explained(case: str) -> Explanation:
    name, at, given = CASES[case]
    return explain(load(name, **given), at)


@pytest.mark.parametrize(("case", "format"), FILES)
def test_golden(case: str, format: str) -> None:
    path = GOLDEN / f"{case}{EXPLAINED[format][0]}"
    text = render_explanation(explained(case), format) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_every_golden_file_has_its_test() -> None:
    expected = {f"{case}{EXPLAINED[format][0]}" for case, format in FILES}
    assert {path.name for path in GOLDEN.iterdir()} == expected


# -- every line of every explanation ---------------------------------------------------

seen: set[str] = set()


def unproved(explanation: Explanation) -> Iterator[Derivation]:
    for part in explanation.parts:
        for line in part.lines:
            if line.formula.numbers() not in seen:
                seen.add(line.formula.numbers())
                yield line


@pytest.mark.parametrize("name", zoo())
def test_every_line_of_a_network_comes_to_its_value(name: str) -> None:
    for line in unproved(explain(name)):
        for step in line.formula.steps(symbols=False):
            assert value_of(step) == line.formula.value


@pytest.mark.parametrize("name", ["googlenet", "resnet50", "vit", "swin", "densenet"])
def test_every_line_in_full_comes_to_its_value(name: str) -> None:
    analysis = load(name).analyze(batch=3, dtype="int4")
    explainer = Explainer(analysis)
    for row in analysis.rows:
        parts = tuple(explainer.layer(row))
        for line in unproved(Explanation("", "", parts, False)):
            assert value_of(line.formula.numbers()) == line.formula.value
        figures = {x.figure: x.formula.value for part in parts for x in part.lines}
        if len(row.nodes) == 1 and "bytes" in figures:
            assert figures["bytes"] == row.activation_bytes


@pytest.mark.parametrize("name", zoo())
def test_the_total_is_the_analysis_s(name: str) -> None:
    analysis = load(name).analyze()
    figures = {x.figure: x.formula.value for x in explain(analysis).parts[-1].lines}
    total = analysis.total
    assert figures["FLOPs"] == total.flops
    assert figures["activations"] == total.activations
    assert figures.get("MACs", 0) == total.macs
    assert figures.get("params", figures.get("weights", 0)) == total.params


# -- what it says ----------------------------------------------------------------------


def text(name: str, at: str | None = None, **given: Any) -> str:
    return " ".join(render_explanation(explain(load(name, **given), at)).split())


def test_why_an_inception_output_has_so_many_channels() -> None:
    said = text("naive-inception", "inception")
    assert "C = 128 + 192 + 96 + 256 = 672" in said
    assert "1x1 gives 128×28×28; 3x3 gives 192×28×28; 5x5 gives 96×28×28" in said


def test_why_a_residual_sum_is_allowed() -> None:
    first, second = text("resnet50", "conv2.1.add"), text("resnet50", "conv2.2.add")
    assert (
        "conv2.1.conv3 gives 256×56×56; shortcut gives 256×56×56: equal shapes" in first
    )
    assert "the identity (conv2.1.add) gives 256×56×56: equal shapes" in second


def test_a_gate_stretches() -> None:
    said = text("se-residual-block")
    assert "an axis of size 1 stretches to the size of the other" in said


def test_groups_and_depthwise() -> None:
    assert "each of the 2 groups sees 48 of 96 channels" in text(
        "alexnet-2gpu", "conv2"
    )
    assert "sees one input channel only" in text("mobilenet-v1", "conv3.dw")


@pytest.mark.parametrize(
    ("n", "m", "window", "missed"),
    [
        (224, 54, Window(11, 4, 0), (1, 0)),
        (227, 55, Window(11, 4, 0), (0, 0)),
        (224, 112, Window(7, 2, 3), (0, 0)),
        (56, 28, Window(1, 2, 0), (1, 27)),
        (10, 3, Window(2, 4, 0), (0, 4)),
        (9, 4, Window(2, 2, 0), (1, 0)),
        (300_001, 300_000, Window(1, 1, 0), (1, 0)),
    ],
)
def test_positions_that_no_window_reaches(
    n: int, m: int, window: Window, missed: tuple[int, int]
) -> None:
    assert unreached(n, m, window) == missed
    assert n - sum(missed) == len(brute_force(n, m, window))


def brute_force(n: int, m: int, window: Window) -> set[int]:
    size, stride, before, _ = window
    assert isinstance(size, int)
    assert isinstance(stride, int)
    assert isinstance(before, int)
    places = (o * stride - before + i for o in range(m) for i in range(size))
    return {place for place in places if 0 <= place < n}


def test_rows_that_no_window_reaches_are_told() -> None:
    said = text("alexnet", "conv1", input="3x224x224")
    assert "⌊(224 + 2·0 − 11)/4 + 1⌋ = ⌊54.25⌋ = 54" in said
    assert "no window reaches 1 of 224 rows and 1 of 224 columns" in said


def test_gaps_between_windows_are_told() -> None:
    said = text("resnet50", "conv3.1.shortcut.conv")
    assert "28 of 56 rows and 28 of 56 columns: windows leave gaps" in said


SHARED = """
archcalc: 1
name: twice
input: [4, 6, 6]
layers:
  - {name: first, conv: 4, kernel: 3, pad: same}
  - {name: second, conv: 4, kernel: 3, pad: same, share: first}
  - {name: side, aux: [gap, {fc: 3}]}
"""


def test_shared_weights_and_side_heads() -> None:
    network = loads(SHARED)
    second = render_explanation(explain(network, "second"))
    assert "its weights are those of first, and counted there" in second
    assert "weight " not in second
    assert "side head" in render_explanation(explain(network, "side.fc"))
    assert "side heads left out" in render_explanation(explain(network))
    assert "padding is chosen so that only the stride shrinks an axis: 1 before" in (
        " ".join(second.split())
    )


def test_batches_are_a_factor() -> None:
    analysis = load("alexnet").analyze(batch=8)
    lines = {x.figure: x.formula for x in explain(analysis, "conv1").parts[0].lines}
    assert str(lines["MACs"]) == "8·55·55·96·11·11·3 = 843,321,600"
    assert lines["activations"].rule() == "B·H′·W′·N"


def test_a_branch_and_a_missing_layer() -> None:
    explanation = explain("naive-inception", "inception.3x3")
    assert explanation.parts[0].name == "inception.3x3.conv"
    with pytest.raises(UsageError, match="AC502"):
        explain("alexnet", "conv77")


def test_symbols_are_explained_as_symbols() -> None:
    explanation = explain(load("three-3x3", input="C,H,W"), "conv.1")
    lines = {line.figure: line.formula for line in explanation.parts[0].lines}
    assert isinstance(lines["MACs"].value, Poly)
    assert lines["MACs"].steps() == ["H′·W′·N·k²·C", "H·W·C·3·3·C", "9·C²·H·W"]


# -- formats ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("room", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(case: str, room: int) -> None:
    shown = render_explanation(explained(case), "terminal", width=room)
    longest = max(map(width, shown.splitlines()))
    assert longest <= room or room < 60  # a figure and its name are never parted


def test_colour_changes_no_character() -> None:
    plain = render_explanation(explained("alexnet-conv1"))
    colored = render_explanation(explained("alexnet-conv1"), "terminal", color=True)
    assert re.sub(r"\x1b\[\d+m", "", colored) == plain != colored


def test_json_can_be_computed_again() -> None:
    data = json.loads(render_explanation(explained("resnet50-conv2.1"), "json"))
    assert data["schema"] == "archcalc/explain/1"
    figures = [f for part in data["parts"] for f in part["figures"]]
    for figure in figures:
        assert eval(figure["python"], {"min": min, "max": max}) == figure["value"]
    assert len(figures) > 30


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("case", CASES)
def test_html_is_closed_and_says_the_same(case: str) -> None:
    page = Page()
    page.feed(render_explanation(explained(case), "html"))
    assert page.open == []
    words = "".join(page.words)
    for part in explained(case).parts:
        assert all(line.formula.result() in words for line in part.lines)


@pytest.mark.parametrize("case", CASES)
def test_latex_is_balanced(case: str) -> None:
    shown = render_explanation(explained(case), "latex")
    bare = re.sub(r"\\[{}]", "", shown)
    assert bare.count("{") == bare.count("}")
    assert shown.count("\\left") == shown.count("\\right")
    assert shown.count("begin{align*}") == shown.count("end{align*}")
    assert shown.isascii()


IDLE = "name: a\ninput: [8]\nlayers: [{name: idle, identity: }, {fc: 3}]\n"


@pytest.mark.parametrize(
    ("format", "begins"),
    [
        ("html", '<table class="formulas">'),
        ("latex", "\\begin{align*}"),
        ("markdown", "| figure | formula |"),
    ],
)
def test_what_computes_nothing_has_no_empty_table(format: str, begins: str) -> None:
    found = explain(loads(IDLE))
    assert [bool(part.lines) for part in found.parts] == [False, True, True]
    shown = render_explanation(found, format)
    assert shown.count(begins) == 2
    assert "idle" in shown


def test_names_that_markdown_would_take_for_its_own() -> None:
    text = "name: a\ninput: [my_c, 4, 4]\nlayers: [{conv: 8, kernel: 3}]\n"
    shown = render_explanation(explain(loads(text), "conv"), "markdown")
    assert "9·my\\_c" in shown or "72·my\\_c" in shown
    assert "my_c·" not in shown


def hostile() -> Network:
    quoted = HOSTILE.replace("\\", "\\\\")
    return loads(
        f'archcalc: 1\nname: bad\ntitle: "{quoted}"\ninput: [3, 8, 8]\n'
        "layers:\n  - {name: a_b, conv: 4, kernel: 3}\n"
    )


def test_names_are_no_markup() -> None:
    network = hostile()
    assert "a\\_b" in render_explanation(explain(network), "latex")
    assert "a\\_b" in render_explanation(explain(network), "markdown")
    assert "<b>" not in render_explanation(explain(network), "html")


def test_formats_by_name_and_ending() -> None:
    assert explained_format(None, Path("x.tex")) == "latex"
    assert explained_format("html", Path("x.tex")) == "html"
    assert explained_format(None, None) == "terminal"
    with pytest.raises(UsageError, match="AC530"):
        explained_format("latx", None)
    with pytest.raises(UsageError, match="AC530"):
        explained_format(None, Path("x.csv"))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archcalc", *words],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"},
        check=False,
    )


def test_the_command(tmp_path: Path) -> None:
    done = run("explain", "alexnet", "conv1")
    assert done.stdout == (GOLDEN / "alexnet-conv1.txt").read_text(encoding="utf-8")
    page = tmp_path / "conv2.tex"
    assert run("explain", "alexnet-2gpu", "conv2", "-o", str(page)).returncode == 0
    golden = GOLDEN / "alexnet-2gpu-conv2.tex"
    assert page.read_text(encoding="utf-8") == golden.read_text(encoding="utf-8")
    missing = run("explain", "alexnet", "conv77")
    assert missing.returncode == 2
    assert "conv7" in missing.stderr


def test_formula_columns() -> None:
    done = run("table", "vgg16", "--formulas", "-f", "csv")
    rows = {line.split(",")[1]: line for line in done.stdout.splitlines()}
    first = rows["block1.conv1-1"]
    assert "224·224·64 = 3,211,264" in first
    assert "(3·3·3)·64 = 1,728" in first
    assert "224·224·64·3·3·3 = 86,704,128" in first


def test_a_group_has_figures_in_place_of_formulas() -> None:
    done = run("table", "vgg16", "--formulas", "--level", "stages", "-f", "json")
    (table,) = json.loads(done.stdout)["tables"]
    block = next(row["cells"] for row in table["rows"] if row["path"] == "block1")
    # 64 maps of 224·224 twice and of 112·112; 3·3·3·64 and 3·3·64·64 weights.
    assert block["activations_formula"] == 2 * 224 * 224 * 64 + 112 * 112 * 64
    assert block["weights_formula"] == 27 * 64 + 9 * 64 * 64
    assert block["size_formula"] is None


@pytest.mark.parametrize("format", sorted({*EXPLAINED} - {"json"}))
def test_nothing_stands_at_the_end_without_notes(format: str) -> None:
    words = ("explain", "alexnet", "pool1", "-f", format)
    whole, short = (run(*words, *more).stdout for more in ((), ("--no-notes",)))
    assert "batch 1" in whole
    assert "batch 1" not in short
    assert not re.search(r"\n\s*\n$|<p></p>|noindent \\par", short)
    assert whole.startswith(short.rstrip("\n").removesuffix("</div>").rstrip("\n"))
