"""Slides: every figure is the table's, nothing is too large for a slide, names are text."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest
from commands import archcalc as run
from latex import compiled
from markdown_it import MarkdownIt
from odd_texts import ODD
from samples import long_unless

import archcalc
from archcalc import explain
from archcalc.language.library import shipped
from archcalc.network.network import Network, loads
from archcalc.render import render
from archcalc.render.deck import FORMATS, beamer, markdown
from archcalc.render.deck.picture import HIGH, LEAST, WIDE, picture, size
from archcalc.render.drawing.svg import plain_svg
from archcalc.render.explained import render_explanation
from archcalc.render.preamble import PREAMBLE
from archcalc.reports.comparison import compare_report
from archcalc.reports.deck import MOST_ROWS, Deck, Slide, deck
from archcalc.reports.memory.summary import memory_report
from archcalc.reports.shortening import at_most, without_notes
from archcalc.reports.table import table_report

ROOT = Path(__file__).parents[2]
FEW = ("googlenet", "resnet50", "vit")
OVERFULL = re.compile(r"Overfull \\[hv]box \((\d+\.\d+)pt")
HOSTILE = """
archcalc: 1
name: net
title: "</textarea><script>alert(1)</script> \\u202E 100% $x_1$ \\\\input"
paper: {authors: "---", title: "<!-- fit --> Note: :tada: `x` $$y$$", year: 2020}
input: [3, 8, 8]
layers:
  - {name: "--- <!-- .slide: -->", conv: 4, kernel: 3}
  - {name: "<b>_x_</b> \\\\end{frame}", conv: 4, kernel: 3}
  - {name: "| # ## `$` |", fc: 10}
"""


@cache
def slides(name: str, others: tuple[str, ...] = ()) -> Deck:
    network = archcalc.load(name)
    beside = [archcalc.load(other).analyze() for other in others]
    return deck(network, network.analyze(), beside)


def painted(network: Network):  # type: ignore[no-untyped-def]
    return picture(network.analyze(), network.title, network.limits)


def fits(log: str) -> None:
    """Check that LaTeX had to squeeze nothing by more than a point."""
    assert [
        float(points) for points in OVERFULL.findall(log) if float(points) > 1
    ] == []


def test_slides_have_the_figures_of_the_tables() -> None:
    found = {slide.title: slide for slide in slides("vgg16", ("alexnet",)).slides}
    assert [*found] == [
        *("At a glance", "Structure", "Layer by layer"),
        "Worked example: block1.conv1-1",
        "Worked example: block1.conv1-2",
        *("Worked example: fc6", "Memory", "Compared with other networks"),
        "How this is counted",
    ]
    glance = found["At a glance"]
    assert glance.table is not None
    figures = {row.path: row.cells[1] for row in glance.table.rows}
    assert (figures["parameters"], figures["MACs"]) == (138_357_544, 15_470_264_320)
    assert glance.points[0] == "fc6 holds 74% of the parameters."
    table = found["Layer by layer"].table
    assert table is not None
    assert len(table.rows) <= MOST_ROWS
    rows = [row.cells for row in table.rows if row.kind == "row"]
    assert sum(cells[3] for cells in rows) == 138_357_544  # type: ignore[misc]  # counts
    worked = found["Worked example: fc6"].worked
    assert worked is not None
    values = {line.figure: line.formula.value for line in worked.lines}
    assert (values["params"], values["MACs"]) == (102_764_544, 102_760_448)
    beside = found["Compared with other networks"].table
    assert beside is not None
    assert [row.cells[2] for row in beside.rows] == [138_357_544, 62_378_344]
    assert found["Compared with other networks"].points == (
        "alexnet has 0.45 times the parameters and 0.073 times the MACs of vgg16.",
    )


@pytest.mark.parametrize("name", ["alexnet", "lenet5", "resnet50", "vit", "unet"])
def test_three_layers_are_worked_out(name: str) -> None:
    worked = [s.worked for s in slides(name).slides if s.worked is not None]
    assert len(worked) == 3
    graph = archcalc.load(name).analyze().graph
    for part in worked:
        node = next(n for n in graph.nodes if n.name == part.name)
        assert node.shape == part.output
        assert part.lines


def test_a_long_table_stands_on_several_slides() -> None:
    network = archcalc.load("vgg16")
    made = deck(network, network.analyze(), level="layers", most=10)
    pages = [s for s in made.slides if s.title.startswith("Layer by layer")]
    assert [page.title[-8:] for page in pages] == [f"({n} of 3)" for n in (1, 2, 3)]
    rows = [row for page in pages for row in page.table.rows if row.kind == "row"]  # type: ignore[union-attr]  # tables
    assert [row.path for row in rows] == [row.name for row in network.analyze().rows]


def test_a_layer_that_adds_up_with_its_norm_says_so() -> None:
    (first,) = (
        s.worked for s in slides("resnet50").slides if s.title.endswith("conv1")
    )
    assert first is not None
    assert first.remarks == ("with its bn and relu, the row has 9,536 parameters",)


# -- beamer ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", long_unless(FEW.__contains__, shipped()))
def test_nothing_is_too_large_for_a_frame(name: str, tmp_path: Path) -> None:
    network = archcalc.load(name)
    made = slides(name, ("alexnet", "vgg16"))
    text = compiled(beamer.render(made, painted(network)), tmp_path)
    frames = [s for s in made.slides if not s.picture or painted(network) is not None]
    assert text.count("\f") == 1 + len(frames)
    assert "Worked example" in text
    fits((tmp_path / "page.log").read_text(errors="replace"))


@pytest.mark.parametrize("name", long_unless(FEW.__contains__, shipped()))
def test_the_picture_of_a_slide_is_not_too_small(name: str) -> None:
    painter = painted(archcalc.load(name))
    if name in FEW:
        assert painter is not None
    if painter is not None:
        wide, high = size(painter)
        assert max(wide / WIDE, high / HIGH) <= 1 / LEAST


def talk(*frames: str) -> str:
    """Return a talk of somebody, with the preamble of archcalc."""
    body = (
        f"\\begin{{frame}}[allowframebreaks]\n\\frametitle{{A}}\n{frame}\n\\end{{frame}}"
        for frame in frames
    )
    head = (
        f"\\documentclass[aspectratio=169]{{beamer}}\n{PREAMBLE}\n\\begin{{document}}"
    )
    return "\n".join([head, *body, "\\end{document}"])


def test_what_latex_commands_write_compiles_in_beamer_as_it_is(tmp_path: Path) -> None:
    network = archcalc.load("resnet50")
    analysis = network.analyze()
    parts = [
        render(table_report(network, analysis), "latex"),
        render(compare_report([analysis, archcalc.load("vgg16").analyze()]), "latex"),
        render(memory_report(network, analysis), "latex"),
        *(
            render_explanation(explain(analysis, at), "latex")
            for at in ("conv1", "conv2.1")
        ),
        beamer.render(slides("lenet5"), None, frames=True).partition("\\end{frame}")[0],
    ]
    parts[-1] = parts[-1].partition("\\frametitle")[2].partition("}")[2]
    text = compiled(talk(*parts), tmp_path)
    for shown in ("25,557,032", "118,013,952", "102.44 MB", "61,706"):
        assert shown in text


def test_the_frame_of_the_how_to_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / "how-to" / "slides.md").read_text(encoding="utf-8")
    written = re.findall(r"(?m)^\$ archcalc (.* -o (\S+\.tex))$", text)
    assert len(written) > 4
    monkeypatch.chdir(tmp_path)
    for command, _ in written:
        assert run(capsys, monkeypatch, *command.split()).code == 0
    (talk,) = re.findall(r"(?s)```tex\n(.*?)```", text)
    (frame,) = re.findall(r"(?s)\\begin\{frame\}.*?\\end\{frame\}\n", talk)
    others = ("vgg16-volumes", "inception", "vgg16-layers")
    more = [frame.replace("{vgg16}", f"{{{other}}}") for other in others]
    read = compiled(talk.replace(frame, "".join([frame, *more])), tmp_path)
    assert read.count("\f") == 1 + len(others)
    assert read.count("138,357,544") == 2
    fits((tmp_path / "page.log").read_text(errors="replace"))


def test_tables_without_notes_fit_a_frame_each(tmp_path: Path) -> None:
    tables = []
    for name in ("vgg16", "resnet50", "googlenet"):
        network = archcalc.load(name)
        report = without_notes(table_report(network, network.analyze()))
        tables.append(render(at_most(report, 16), "latex"))
    frames = (f"\\archcalcfit{{{table}}}" for table in tables)
    text = compiled(talk(*frames), tmp_path)
    assert text.count("\f") == text.count("more rows") == len(tables)
    fits((tmp_path / "page.log").read_text(errors="replace"))


def test_hostile_names_are_text_in_beamer(tmp_path: Path) -> None:
    network = loads(HOSTILE)
    made = deck(network, network.analyze(), [archcalc.load("lenet5").analyze()])
    text = compiled(beamer.render(made, painted(network)), tmp_path)
    assert text.count("\f") == 1 + len(made.slides)
    text = " ".join(text.split())
    for shown in ("100% $x_1$ \\input", "<b>_x_</b> \\end{frame}", "| # ##"):
        assert shown in text


def test_odd_titles_and_points_compile(tmp_path: Path) -> None:
    made = slides("lenet5")
    odd = [text.replace("\n", " ") for text in ODD.values()]
    odd_slides = tuple(Slide(text, (text, text)) for text in odd)
    text = beamer.render(Deck(odd[0], odd[1], made.analysis, odd_slides), None)
    assert compiled(text, tmp_path).count("\f") == 1 + len(odd)


# -- Markdown --------------------------------------------------------------------------


def pages(text: str) -> list[str]:
    """Return the slides of Markdown, the settings at its head left out."""
    body = text.partition("---\n\n")[2] if text.startswith("---\n") else text
    return re.split(r"(?m)^---$", body)


@pytest.mark.parametrize("format", ["marp", "reveal"])
@pytest.mark.parametrize("source", ["alexnet", "vit", HOSTILE])
def test_slides_stay_apart_and_names_are_no_markup(source: str, format: str) -> None:
    network = loads(source) if "\n" in source else archcalc.load(source)
    made = deck(network, network.analyze(), [archcalc.load("lenet5").analyze()])
    text = markdown.render(made, markdown.Image("a b.svg", 2), format)
    found = pages(text)
    assert len(found) == 1 + len(made.slides)
    reader = MarkdownIt("commonmark").enable("table")
    for page in found:
        tokens = reader.parse(page)
        heads = [t.tag for t in tokens if t.type == "heading_open"]
        assert heads in (["h1"], ["h2"])
        html = [t.content for t in tokens if t.type == "html_block"]
        html += [
            c.content
            for t in tokens
            for c in t.children or ()
            if c.type == "html_inline"
        ]
        ours = ("<!-- .slide: style=", "<!-- .element: style=", "<p>\n", "<div>\n")
        assert all(h.startswith(ours) for h in html)
        assert format == "reveal" or not html
    assert "<script" not in text
    assert "\u202e" not in text
    assert "![" in text
    assert "a%20b.svg" in text


@pytest.mark.parametrize("format", ["marp", "reveal"])
def test_formulas_are_the_same_in_every_format(format: str) -> None:
    made = slides("alexnet")
    tex = beamer.render(made, None)
    text = unescape(markdown.render(made, None, format))
    for formulas in re.findall(r"\\begin\{aligned\}(.*?)\\end\{aligned\}", text, re.S):
        rows = [row.strip() for row in formulas.split("\\\\\n")]
        assert len(rows) > 5
        assert all(row in tex for row in rows)


@pytest.mark.parametrize(("ratio", "side"), [(4, "w:1130"), (1.5, "h:520")])
def test_a_drawing_is_as_large_as_a_slide_of_marp(ratio: float, side: str) -> None:
    image = markdown.Image("a.svg", ratio)
    text = markdown.render(slides("lenet5"), image, "marp")
    assert f"![{side}](<a.svg>)" in text


def test_the_drawing_of_a_slide_is_light_and_has_no_heading() -> None:
    drawn = plain_svg(painted(archcalc.load("alexnet")))
    root = ElementTree.fromstring(drawn)
    assert "prefers-color-scheme" not in drawn
    texts = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "conv1" in texts
    assert not any("AlexNet" in (words or "") for words in texts)


# -- sizes that are symbols, networks without weights, the command ---------------------


@pytest.mark.parametrize(
    "network",
    [
        archcalc.load("three-3x3", input="C,H,W"),
        loads("name: a\ninput: [3, 8, 8]\nlayers: [relu, gap]\n"),
        loads("name: a\ninput: [3, 8, 8]\nlayers: [{conv: 4}]\n"),
        loads(
            "name: a\ninput: [3, 8, 8]\nlayers:\n" + "  - {conv: 4, kernel: 1}\n" * 300
        ),
    ],
    ids=["symbols", "no weights", "one layer", "long"],
)
def test_any_network_has_slides(network: Network, tmp_path: Path) -> None:
    made = deck(network, network.analyze())
    assert made.slides[0].title == "At a glance"
    text = compiled(beamer.render(made, painted(network)), tmp_path)
    assert "How this is counted" in text
    fits((tmp_path / "page.log").read_text(errors="replace"))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("", "AC536", "slides need a network"),
        ("lenet5 -f pptx", "AC530", "beamer, marp, reveal"),
        ("lenet5 -o slides.pdf", "AC530", "endings: .tex, .md"),
        ("lenet5 -f marp", "AC537", "-f marp -o slides.md"),
        ("lenet5 --frames -o slides.md", "AC531", "frames"),
        ("lenet5 --max-rows 1", "AC508", "leaves no row"),
        ("lenet5 --level layer", "AC504", "layers"),
        ("lenet5 --beside alexnett", "AC501", "alexnet"),
    ],
)
def test_mistakes(
    words: str,
    code: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = run(capsys, monkeypatch, "deck", *words.split())
    assert done.code == 2
    assert code in done.err
    assert said in done.err


def test_the_command_writes_slides_and_the_drawing_beside_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "my slides.md"
    words = ("deck", "lenet5", "--beside", "alexnet", "-o", str(path))
    assert run(capsys, monkeypatch, *words).code == 0
    text = path.read_text(encoding="utf-8")
    assert text.startswith("---\nmarp: true\n")
    assert "(<my%20slides-drawing.svg>)" in text
    drawn = (tmp_path / "my slides-drawing.svg").read_text(encoding="utf-8")
    assert drawn.startswith("<svg")
    assert run(capsys, monkeypatch, *words, "-f", "reveal").code == 0
    assert path.read_text(encoding="utf-8").startswith("<!-- .slide:")


def test_the_command_prints_beamer_frames_and_the_preamble(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(capsys, monkeypatch, "deck", "lenet5", "--beside", "none").out
    assert whole.startswith("\\documentclass[aspectratio=169]{beamer}\n")
    assert "Compared with other networks" not in whole
    frames = run(capsys, monkeypatch, "deck", "lenet5", "--frames").out
    assert "\\documentclass" not in frames
    assert "Compared with other networks" in frames
    assert run(capsys, monkeypatch, "deck", "--preamble").out == f"{PREAMBLE}\n"
    assert PREAMBLE in whole
    assert {*FORMATS} == {"beamer", "marp", "reveal"}
