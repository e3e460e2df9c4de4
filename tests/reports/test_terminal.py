"""What `table` and `compare` print at 80 columns: one table, the main figures last."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain

import pytest
from samples import zoo

from archcalc import compare, load, table
from archcalc.errors import UsageError
from archcalc.network.rows import Row
from archcalc.render import render
from archcalc.render.widths import width
from archcalc.reports.correspondence import corresponding, items, scale
from archcalc.reports.folding import folded
from archcalc.reports.report import Report

ROOM = 80
LAST_SCREEN = 24
SUMMED = ("params", "weights", "macs", "flops", "activations", "activation_bytes")
MOST_LINES = {"resnet50": 60, "resnet152": 60, "vgg16": 70, "vit": 45, "densenet": 70}
FOUR = ("alexnet", "vgg16", "googlenet", "resnet50")


@cache
def shown(name: str) -> str:
    """Return what `archcalc table NAME` prints in a pipe."""
    return render(table(name, fold=True), width=ROOM)


@pytest.mark.parametrize("name", zoo())
def test_a_network_is_one_table_of_80_columns(name: str) -> None:
    text = shown(name)
    lines = text.split("\n")
    assert max(map(width, lines)) <= ROOM
    heads = [line for line in lines if line.startswith("layer ") and "what" in line]
    assert len(heads) == 1
    assert {"params", "MACs", "output"} <= set(" ".join(lines[2:5]).split())


@pytest.mark.parametrize("name", zoo())
def test_the_main_figures_end_what_is_printed(name: str) -> None:
    network = load(name)
    total = network.analyze().total
    end = " ".join(" ".join(shown(name).split("\n")[-LAST_SCREEN:]).split())
    told = f"{network.name}: {total.params:,} parameters, "
    if total.active_params != total.params:
        told += f"{total.active_params:,} active, "
    if total.trainable != total.params:
        told += f"{total.trainable:,} of them trained, "
    assert f"{told}{total.macs:,} MACs, " in end
    assert end.endswith(" of activations")


@pytest.mark.parametrize("name", zoo())
def test_folded_rows_add_up_and_hide_only_blocks(name: str) -> None:
    analysis = load(name).analyze()
    every = {row.name: row for row in analysis.outline("layers")}
    rows = folded(analysis, "layers")
    for figure in SUMMED:
        parts = (getattr(r.figures, figure) for r in rows if not r.aux and is_row(r))
        assert sum(parts) == getattr(analysis.total, figure)
    hidden = every.keys() - {row.name for row in rows}
    folds = [row for row in rows if row.name not in every]
    assert hidden == {n for fold in folds for n in every if inside(n, fold, every)}
    for fold in folds:
        assert re.search(r"\.\d+–\d+$", fold.name)
        assert re.match(r"\d+ × ", fold.label)


def is_row(row: Row) -> bool:
    return row.kind == "row"


def inside(name: str, fold: Row, every: dict[str, Row]) -> bool:
    """Say whether all of a row's nodes are in a row that stands for several."""
    first, last = fold.nodes[0], fold.nodes[-1]
    nodes = every[name].nodes
    return first <= nodes[0] and nodes[-1] <= last


@pytest.mark.parametrize(("name", "most"), MOST_LINES.items())
def test_a_table_is_short(name: str, most: int) -> None:
    assert len(shown(name).split("\n")) <= most


def test_repeated_blocks_share_a_row_and_all_writes_them_out() -> None:
    text = shown("resnet50")
    rows = [" ".join(line.split()[:4]) for line in text.split("\n")]
    assert "2–6 5 × bottleneck" in rows
    assert "conv4 6 × bottleneck" in rows
    assert "conv 7×7, 64, stride 2, pad 3, …" in text
    every = render(table("resnet50"), width=ROOM).split("\n")
    assert len([line for line in every if line.startswith("    conv2 ")]) == 16
    assert not any("–" in line for line in every)


def test_a_block_that_a_param_names_is_called_by_its_name() -> None:
    labels = {
        row.label for row in load("preact-resnet-cifar").analyze().outline("layers")
    }
    assert "18 × bottleneck" in labels
    assert not any("Expression" in label for label in labels)


def test_what_the_lectures_list_is_not_folded() -> None:
    for name in ("vgg16", "alexnet", "googlenet", "naive-inception"):
        assert table(name, fold=True).tables == table(name).tables
    assert "conv 3×3, 512, pad 1, relu" in shown("vgg16")


@pytest.mark.parametrize(
    ("columns", "there", "left_out"),
    [
        (None, {"MACs", "activ."}, {"FLOPs", "bytes"}),
        ("+peak", {"MACs", "peak"}, {"FLOPs", "bytes"}),
        ("+flops", {"MACs", "FLOPs"}, {"bytes"}),
        ("what,shape,flops,activation_bytes", {"FLOPs", "bytes"}, set()),
    ],
)
def test_columns_that_were_asked_for_stay(
    columns: str | None, there: set[str], left_out: set[str]
) -> None:
    text = render(table("vgg16", columns=columns, fold=True), width=ROOM)
    heading = next(line for line in text.split("\n") if line.startswith("layer"))
    assert there <= set(heading.split())
    found = re.search(r"left out at 80 columns: (.*?) \(", " ".join(text.split()))
    assert left_out == (set(found[1].split(", ")) - {"activations"} if found else set())


# -- compare ---------------------------------------------------------------------------


def compared(*names: str, level: str | None = None) -> str:
    report = compare(*names, level=level)  # type: ignore[arg-type]  # a level by its name
    return render(report, width=ROOM)


@pytest.mark.parametrize(
    ("names", "most"),
    [
        (FOUR, 120),
        (("resnet18", "resnet50"), 90),
        (("vgg16", "vgg19", "unet"), 100),
        (("vit", "swin", "resnet50", "mlp-mixer", "convnext"), 120),
        (("lenet5", "nas-rl"), 90),
    ],
)
def test_networks_side_by_side_fit_on_two_screens(
    names: tuple[str, ...], most: int
) -> None:
    lines = compared(*names).split("\n")
    assert max(map(width, lines)) <= ROOM
    assert len(lines) <= most
    end = "\n".join(lines[-LAST_SCREEN:])
    for name in names:
        assert f"{name}: " in end
        assert name in lines[0]


def rows_of(text: str, title: str) -> list[list[str]]:
    """Return the words of each row of the table with a title."""
    block = next(b for b in text.split("\n\n") if b.startswith(f"{title}\n"))
    return [line.split() for line in block.split("\n")[1:] if "─" not in line]


def test_stages_correspond_by_size_where_names_differ() -> None:
    rows = rows_of(compared(*FOUR), "MACs by size of the output")
    assert rows[0] == ["output", *FOUR]
    sums = {row[-5]: row[-4:] for row in rows[1:] if len(row) >= 5}
    assert sums["vector"] == ["58,621,952", "123,633,664", "1,024,000", "2,048,000"]
    assert sums["14×14"][1] == "1,387,266,048"
    totals = [load(name).analyze().total.macs for name in FOUR]
    for i, total in enumerate(totals):
        cells = [row[i - 4] for row in rows[1:] if len(row) >= 5]
        assert sum(int(cell.replace(",", "")) for cell in cells) <= total


def test_stages_correspond_by_name_where_files_agree() -> None:
    rows = rows_of(compared("resnet18", "resnet50"), "output by stage")
    names = ["input", "conv1", "pool1", "conv2", "conv3", "conv4", "conv5"]
    assert [row[0] for row in rows] == ["stage", *names, "pool5", "fc"]


@pytest.mark.parametrize("names", [FOUR, ("resnet18", "swin"), ("vgg16", "vgg19")])
def test_stages_add_up_to_the_totals(names: tuple[str, ...]) -> None:
    tables = {t.title.split(" by ")[0]: t for t in compare(*names).tables}
    for title, figure in (("parameters", "params"), ("MACs", "macs")):
        for i, name in enumerate(names):
            cells = [row.cells[i + 1] or 0 for row in tables[title].rows]
            assert sum(cells) == getattr(load(name).analyze().total, figure)  # type: ignore[arg-type]  # all are numbers


def test_every_layer_of_the_two_inceptions_stands_beside_the_other() -> None:
    text = compared("naive-inception", "bottleneck-inception")
    rows = [tuple(row[:2]) for row in rows_of(text, "layers")[2:]]
    assert ("3x3.conv", "3x3.conv2") in rows
    assert ("5x5.conv", "5x5.conv2") in rows
    assert ("pool.maxpool", "pool.maxpool") in rows


def test_rows_come_with_a_level() -> None:
    assert "\nlayers\n" not in compared("alexnet", "vgg16")
    rows = rows_of(compared("alexnet", "vgg16", level="layers"), "layers")
    assert ["conv5", "block5.conv5-3"] in [row[:2] for row in rows]
    assert ["fc6", "fc6"] in [row[:2] for row in rows]


@pytest.mark.parametrize(
    "names",
    [("resnet18", "resnet34"), ("vgg11", "vgg16", "googlenet"), ("vit", "deit")],
)
def test_every_row_of_each_network_comes_once_and_in_order(
    names: tuple[str, ...],
) -> None:
    analyses = [load(name).analyze() for name in names]
    lines = corresponding([items(a, a.rows) for a in analyses])
    for i, analysis in enumerate(analyses):
        found = [line[i] for line in lines if line[i]]
        assert found == [*analysis.rows]
    assert all(any(line) for line in lines)


@pytest.mark.parametrize(
    ("shape", "entering", "halved"),
    [
        ((64, 112, 112), (3, 224, 224), 1),
        ((256, 6, 6), (3, 227, 227), 5),
        ((197, 768), (3, 224, 224), 4),
        ((8, 16, 16, 16), (1, 32, 32, 32), 1),
        ((2048, 1, 1), (3, 224, 224), None),
        ((1000,), (3, 224, 224), None),
        ((10,), (784,), None),
    ],
)
def test_how_often_a_side_was_halved(
    shape: tuple[int, ...], entering: tuple[int, ...], halved: int | None
) -> None:
    assert scale(shape, entering) == halved


def test_a_report_of_symbols_has_no_stages_by_size() -> None:
    symbols = [load(n, input="C,H,W") for n in ("three-3x3", "one-7x7")]
    report: Report = compare(*symbols)
    titles = list(
        chain.from_iterable([t.title, t.columns[0].title] for t in report.tables)
    )
    assert "closed forms" in titles
    assert not any("by size" in title for title in titles)


@pytest.mark.parametrize("name", ["resnet50", "vgg16", "vit"])
def test_the_width_that_is_named_shows_every_column(name: str) -> None:
    found = re.search(r"\(COLUMNS=(\d+) shows (?:it|them)\)", shown(name))
    assert found
    for room, left in ((int(found[1]), False), (int(found[1]) - 1, True)):
        text = render(table(name, fold=True), width=room)
        assert ("left out at" in text) == left
        assert ("bytes" in text.split("\n")[2]) != left


@pytest.mark.parametrize(
    ("asked", "help"),
    [
        ("output", "the column with this heading: shape"),
        ("params,+bytes", "the column with this heading: activation_bytes"),
        ("of MACs", "the column with this heading: macs_share"),
        ("macz", "did you mean macs?"),
    ],
)
def test_a_heading_leads_to_its_column(asked: str, help: str) -> None:
    with pytest.raises(UsageError, match="there is no column") as caught:
        table("lenet5", columns=asked)
    assert [(p.code, p.help) for p in caught.value.problems] == [("AC509", help)]
