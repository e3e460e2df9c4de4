"""Pictures of networks: everything is drawn, nothing lies on anything, lines arrive."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest
from commands import archcalc as run
from latex import compiled
from picture_rules import RULES, STYLES, SVG, ancestors, check_pictures, laid_out
from random_networks import Writer

import archcalc
from archcalc.errors import UsageError
from archcalc.network.analysis import Analysis
from archcalc.network.network import loads
from archcalc.network.rows import LEVELS, Level
from archcalc.render.drawing.labelled import LabelledDiagram
from archcalc.render.drawing.layout import Layout
from archcalc.render.drawing.pictures import draw
from archcalc.reports.diagram import Folding

GOLDEN = Path(__file__).parents[1] / "golden" / "draw"
NETWORKS = (
    "alexnet",
    "vgg16",
    "bottleneck-inception",
    "googlenet",
    "resnet50",
    "densenet121",
    "unet",
    "se-resnet50",
    "shufflenet-v2",
    "hrnet-w18",
    "nasnet-a-mobile",
    "fcn8s-vgg16",
    "vit",
)


@cache
def analysis(name: str) -> Analysis:
    return archcalc.load(name).analyze()


@cache
def drawn(name: str, way: str) -> tuple[LabelledDiagram, Layout]:
    level: Level = "blocks" if way == "volumes" else "layers"
    return laid_out(analysis(name), name, way, level)


@pytest.fixture(params=itertools.product(NETWORKS, STYLES), ids="-".join)
def picture(request: pytest.FixtureRequest) -> tuple[LabelledDiagram, Layout]:
    return drawn(*request.param)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_layout(
    rule: Callable[[LabelledDiagram, Layout], None],
    picture: tuple[LabelledDiagram, Layout],
) -> None:
    rule(*picture)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_row_is_drawn_or_counted(name: str) -> None:
    """The counts in a picture, multiplied, give the rows that each box stands for."""
    folding = Folding(analysis(name))
    figure, _ = drawn(name, "blocks")
    rows = [folding.rows[folding.shown(at)].name for at in range(len(folding.rows))]
    for box in figure.diagram.boxes:
        count = _number(figure.name(box))
        for at in ancestors(figure, box.cluster):
            cluster, title = figure.diagram.clusters[at], figure.frame(at)
            if cluster.times > 1 or f"{cluster.name}.1" in folding.whole:
                count *= _number(title)
        assert rows.count(box.name) == count, box.name
    assert set(rows) == {box.name for box in figure.diagram.boxes}


def _number(title: str) -> int:
    found = re.search(r" ×([0-9]+)$", title) or re.search(r"\b([0-9]+) × ", title)
    return int(found[1]) if found else 1


# -- as text ---------------------------------------------------------------------------


def texts(group: ElementTree.Element) -> Iterator[ElementTree.Element]:
    return group.iter(f"{SVG}text")


def test_a_long_title_is_cut_to_its_frame() -> None:
    name = "a_stage_whose_name_is_longer_than_the_tensors_that_are_in_it"
    steps = f"{{name: {name}, stage: [relu, {{conv: 8}}, {{conv: 8}}]}}, gap"
    network = loads(f"name: a\ninput: [3, 8, 8]\nlayers: [{steps}]\n")
    root = ElementTree.fromstring(draw(network, network.analyze(), style="volumes"))
    (shown,) = {t.text for t in texts(root) if t.text and t.text.endswith("…")}
    assert name.startswith(shown.removesuffix("…"))
    (frame,) = (r for r in root.iter(f"{SVG}rect") if r.get("class") == "frame")
    room = float(frame.get("width", 0))
    assert room / 2 < 6 * len(shown) < room, "half of 12 a letter"


@pytest.mark.parametrize("name", NETWORKS)
def test_words_fit_their_boxes(name: str) -> None:
    """By the mean width of a letter and a comma of DejaVu Sans, half of their size."""
    network = archcalc.load(name)
    root = ElementTree.fromstring(draw(network, analysis(name)))
    for group in root.iter(f"{SVG}g"):
        box = group.find(f"{SVG}rect")
        assert box is not None
        for words in texts(group):
            if "m" in (words.get("class") or "").split():
                assert len(words.text or "") * 11 * 0.5 <= float(box.get("width", 0))


@pytest.mark.parametrize("style", ["blocks", "volumes"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_picture_is_xml_named_described_and_alone(name: str, style: str) -> None:
    network = archcalc.load(name)
    text = draw(network, analysis(name), style)
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    title, about = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert (title.text or "").startswith(network.title)
    assert about is not None
    assert "parameters" in (about.text or "")
    assert "prefers-color-scheme:dark" in text
    assert not re.search(r"url\(|@import|href|<script|\$[a-z]", text)
    assert len(text) < 400_000


HOSTILE = """
archcalc: 1
name: net
title: "</svg><script>alert(1)</script> \\u202E 100% $x_1$ \\\\input"
input: [3, 8, 8]
layers:
  - {name: "x_1", conv: 4, kernel: 3}
  - relu
"""


@pytest.mark.parametrize("style", ["blocks", "volumes"])
def test_names_are_no_markup(style: str) -> None:
    network = loads(HOSTILE)
    text = draw(network, network.analyze(), style)
    root = ElementTree.fromstring(text)
    assert not list(root.iter(f"{SVG}script"))
    assert "\u202e" not in text


@pytest.mark.parametrize("way", STYLES)
def test_names_are_no_tex(way: str) -> None:
    network = loads(HOSTILE)
    style, direction = STYLES[way]
    text = draw(network, network.analyze(), style, "tikz", direction=direction)
    assert "x\\_1" in text
    assert text.count("\\input") == text.count("% </svg>") == 1, "in the comment alone"
    assert "\u202e" not in text


@pytest.mark.parametrize("name", ["bottleneck-inception", "unet", "hrnet-w18"])
@pytest.mark.parametrize("way", STYLES)
def test_tikz_compiles_on_one_page(name: str, way: str, tmp_path: Path) -> None:
    network = archcalc.load(name)
    style, direction = STYLES[way]
    tex = draw(
        network, analysis(name), style, "tikz", standalone=True, direction=direction
    )
    shown = compiled(tex, tmp_path)
    assert "concat" in shown or "add" in shown or way == "volumes"
    assert shown.count("\f") == 1
    assert "Overfull" not in (tmp_path / "page.log").read_text(errors="replace")


@pytest.mark.parametrize("style", ["blocks", "volumes"])
def test_hostile_tikz_compiles(style: str, tmp_path: Path) -> None:
    network = loads(HOSTILE)
    tex = draw(network, network.analyze(), style, format="tikz", standalone=True)
    assert "x_1" in compiled(tex, tmp_path)


def test_a_picture_to_the_right_is_wider_than_high() -> None:
    network = archcalc.load("alexnet")
    for direction in ("down", "right"):
        svg = draw(network, analysis("alexnet"), direction=direction)
        root = ElementTree.fromstring(svg)
        wide, high = (float(root.get(side, 0)) for side in ("width", "height"))
        assert (wide > 4 * high) == (direction == "right")
    chart = draw(network, analysis("alexnet"), format="mermaid", direction="right")
    assert chart.startswith("flowchart LR\n")


GOLDENS = (
    ("lenet5", "blocks", "svg"),
    ("lenet5", "volumes", "svg"),
    ("lenet5", "blocks", "tikz"),
    ("lenet5", "blocks", "mermaid"),
    ("bottleneck-inception", "blocks", "svg"),
    ("bottleneck-inception", "volumes", "svg"),
    ("bottleneck-inception", "blocks", "tikz"),
    ("bottleneck-inception", "volumes", "tikz"),
)


@pytest.mark.parametrize(("name", "style", "format"), GOLDENS)
def test_golden(name: str, style: str, format: str) -> None:
    """`UPDATE_GOLDEN=1` writes the files anew; look at them then."""
    text = draw(archcalc.load(name), analysis(name), style, format)
    path = GOLDEN / f"{name}-{style}.{format}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(f"{text}\n", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == f"{text}\n"


def test_every_process_draws_the_same_bytes() -> None:
    code = (
        "import archcalc, hashlib; from archcalc.render.drawing.pictures import draw\n"
        "for n in ('resnet50', 'hrnet-w18'):\n"
        "    net = archcalc.load(n)\n"
        "    for s in ('blocks', 'volumes'):\n"
        "        t = draw(net, net.analyze(), s)\n"
        "        print(hashlib.sha256(t.encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(seen) == 1


NESTED = [f"  - {{name: s{i}, conv: 4, kernel: 1}}" for i in range(150)] + [
    f"  - {{name: b{i}, add: [s{i}, {'s149' if i == 148 else f'b{i + 1}'}]}}"
    for i in range(148, -1, -1)
]
LONG = ["  - {conv: 4, kernel: 1}"] * 3000


ACROSS = """
archcalc: 1
name: across
input: {a: [10, 8], k: [10, 8], v: [10, 8]}
layers:
  - {name: x, linear: 8, from: a}
  - repeat: 2
    stage:
      - residual:
          - {name: q, linear: 8}
          - {name: u, add: [q, k]}
          - {add: [u, v]}
      - residual: [{linear: 8}]
"""


def test_three_values_that_only_pass_a_part_are_drawn() -> None:
    """Three lanes side by side, none of which has a box, have a place too."""
    network = loads(ACROSS)
    text = draw(network, network.analyze())
    assert (
        text.count('class="box') == 10
    )  # three inputs, x, four and two of a repetition


def test_a_group_that_is_all_of_a_network_has_the_name_of_its_kind() -> None:
    network = loads("name: n\ninput: [3, 8]\nlayers: [{residual: [{linear: 8}]}]\n")
    text = draw(network, network.analyze(), level="blocks")
    assert re.findall('data-path="(.*?)"', text) == ["input", "residual"]


@pytest.mark.parametrize("level", LEVELS)
def test_random_networks_are_drawn(level: Level) -> None:
    """Whatever is beside, inside or behind what; the long runs draw more of them."""
    count = 0
    for seed in range(25):
        spec = json.dumps(Writer(Random(f"{level}.{seed}")).network(24))
        try:
            network = loads(spec)
            network.analyze()
        except archcalc.ShapeError:
            continue
        check_pictures(network, level)
        count += 1
    assert count > 15


@pytest.mark.parametrize("layers", [LONG, NESTED], ids=["long", "nested"])
def test_long_and_deep_networks_are_drawn(layers: list[str]) -> None:
    body = "\n".join(layers)
    network = loads(f"archcalc: 1\nname: net\ninput: [4, 8, 8]\nlayers:\n{body}\n")
    text = draw(network, network.analyze())
    assert text.count('class="box') == len(layers) + 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["lenet5", "--style", "boxes"], "AC536"),
        (["lenet5", "--style", "volumes", "-f", "mermaid"], "AC536"),
        (["lenet5", "--style", "volumes", "--direction", "down"], "AC536"),
        (["lenet5", "--direction", "left"], "AC536"),
        (["lenet5", "--format", "docx"], "AC530"),
        (["lenet5", "--level", "layer"], "AC504"),
        (["three-3x3", "--style", "volumes", "--input", "C,H,W"], "AC535"),
        (["lenet5", "--format", "png"], "AC537"),
        (["lenet5", "--format", "pdf"], "AC537"),
    ],
)
def test_mistakes(
    words: list[str],
    code: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = run(capsys, monkeypatch, "draw", *words)
    assert done.code == 2
    assert code in done.err


@pytest.mark.parametrize(
    ("ending", "package", "needs"),
    [("png", "resvg_py", "PNG needs resvg"), ("pdf", "typst", "PDF needs Typst")],
)
def test_without_its_extra_a_format_says_what_to_install(
    ending: str,
    package: str,
    needs: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    path = tmp_path / f"a.{ending}"
    done = run(capsys, monkeypatch, "draw", "lenet5", "-o", str(path))
    assert done.code == 2
    assert f"error[AC537]: {needs}" in done.err
    assert f"pip install 'archcalc[{ending}]', or write .svg" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("ending", "begins"),
    [
        (".svg", b"<svg"),
        (".tex", b"%"),
        (".mmd", b"flowchart"),
        (".png", b"\x89PNG"),
    ],
)
def test_the_ending_picks_the_format(
    ending: str,
    begins: bytes,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / f"net{ending}"
    done = run(capsys, monkeypatch, "draw", "lenet5", "-o", str(path))
    assert (done.code, done.out) == (0, "")
    assert path.read_bytes().startswith(begins)


def test_symbols_are_drawn_in_blocks() -> None:
    network = archcalc.load("three-3x3", input="C,H,W")
    assert "C×H×W" in draw(network, network.analyze())
    with pytest.raises(UsageError, match="AC535"):
        draw(network, network.analyze(), "volumes")


def test_every_golden_file_has_its_test() -> None:
    made = {f"{name}-{style}.{format}" for name, style, format in GOLDENS}
    assert {file.name for file in GOLDEN.iterdir()} == made
