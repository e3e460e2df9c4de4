"""Reports as text: golden files, layout, JSON and the registry of formats.

`UPDATE_GOLDEN=1 pytest tests/render/test_render.py` rewrites the golden files; read what it
wrote.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

import pytest
from report_examples import LAYERS, REPORT, TOTALS, small, table_lines

from archcalc.errors import UsageError
from archcalc.render import FORMATS, format_of, render
from archcalc.render.widths import width
from archcalc.reports.cells import Cell, Column, Line, Table
from archcalc.reports.report import Report

GOLDEN = Path(__file__).parents[1] / "golden" / "render"


GOLDENS: dict[str, tuple[str, dict[str, Any]]] = {
    "terminal-any": ("terminal", {}),
    "terminal-120": ("terminal", {"width": 120}),
    "terminal-80": ("terminal", {"width": 80}),
    "terminal-40": ("terminal", {"width": 40}),
    "terminal-40-stack": ("terminal", {"width": 40, "stack": True}),
    "terminal-color": ("terminal", {"width": 120, "color": True}),
    "markdown": ("markdown", {}),
    "csv": ("csv", {}),
    "csv-totals": ("csv", {"table": 1}),
    "json": ("json", {}),
    "latex": ("latex", {}),
    "latex-plain": ("latex", {"plain": True, "standalone": True}),
    "html": ("html", {}),
    "html-page": ("html", {"standalone": True}),
    "svg": ("svg", {}),
    "mermaid": ("mermaid", {}),
    "dot": ("dot", {}),
}
DRAWN = ("mermaid", "dot")
"""Formats of networks, not of tables."""


@pytest.mark.parametrize("name", GOLDENS)
def test_golden(name: str) -> None:
    format, options = GOLDENS[name]
    found = render(REPORT, format, **options) + "\n"
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_bytes(found.encode())
    assert found == file.read_bytes().decode()


def test_every_golden_file_has_its_test() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(GOLDENS)


@pytest.mark.parametrize("room", [40, 57, 80, 100, 120, 160])
def test_lines_fit_and_figures_stand_under_each_other(room: int) -> None:
    found = render(replace(REPORT, tables=(TOTALS,)), width=room).split("\n\n")
    assert all(width(line) <= room for block in found for line in block.split("\n"))
    for block in found[1:-2]:
        rows = block.split("\n")
        rule = next(i for i, line in enumerate(rows) if line.startswith("──"))
        assert {width(line) for line in rows[rule + 2 :]} == {width(rows[rule])}


@pytest.mark.parametrize("room", [None, 40, 60, 80, 100, 120])
def test_no_row_and_no_column_is_lost(room: int | None) -> None:
    text = render(replace(REPORT, tables=(LAYERS,)), width=room, stack=True)
    parts = text.count("\nlayer ")
    lines = table_lines(text)
    for name in (
        "input",
        "stem",
        "  conv",
        "  畳み込み",
        "  pool",
        "total",
        "side heads",
    ):
        assert sum(f"{line} ".startswith(f"{name} ") for line in lines) == parts
    words = " ".join(lines).split()
    titles = {"what", "output", "params", "MACs", "activations", "activ.", "stored"}
    assert len(titles & set(words)) == 6
    assert {"share", "of", "trained"} <= set(words)


@pytest.mark.parametrize(
    ("room", "shown", "left_out", "whole"),
    [
        (72, "layer what n params flops bytes", "", True),
        (71, "layer what n params flops", "bytes", True),
        (60, "layer what n params", "flops, bytes", True),
        (52, "layer what n params", "flops, bytes", False),
        (51, "layer what n", "params, flops, bytes", True),
        (40, "layer what n", "params, flops, bytes", False),
    ],
)
def test_columns_give_way_in_their_order(
    room: int, shown: str, left_out: str, whole: bool
) -> None:
    """Bytes and FLOPs go before words are cut; params before what words must say."""
    ranks = {"params": 1, "flops": 2, "bytes": 3}
    columns = (
        Column("layer", "layer", "name"),
        Column("what", "what", "text", least=27),
        *(
            Column(key, key, "shape", gives_way=ranks.get(key, 0))
            for key in ("n", "params", "flops", "bytes")
        ),
    )
    words = ("conv 3×3, 64, pad 1, bn, relu", *[(10**6,)] * 4)
    table = Table("", columns, (Line(("conv1", *words)),))
    text = render(Report("table", "", "", (table,)), width=room)
    heading, _, row = text.split("\n\n")[0].split("\n")
    assert sorted(heading.split()) == sorted(shown.split())
    assert ("pad 1, bn, relu" in row) == whole
    assert "pad 1, " in row
    told = re.findall(
        r"left out at \d+ columns: (.*) \(COLUMNS=", " ".join(text.split())
    )
    assert told == [left_out] * bool(left_out)


def test_figures_are_shortened_only_as_far_as_needed() -> None:
    full = render(REPORT)
    whole = max(map(width, table_lines(full)))
    assert "15,470,264,320" in render(REPORT, width=whole)
    assert table_lines(render(REPORT, width=whole)) == table_lines(full)
    narrower = render(replace(REPORT, tables=(LAYERS,)), width=whole - 20)
    assert "1,152,921,504,606,846,977" not in narrower
    assert "15,470,264,320" in narrower
    assert "(continued)" not in narrower


def test_names_are_whole_while_they_take_half_the_width() -> None:
    report = small("inception-resnet-v2-with-a-long-name", text="word " * 30)
    assert "inception-resnet-v2-with-a-long-name " in render(report, width=80)
    assert "incept…g-name" not in render(report, width=40)
    assert "…g-name" in render(report, width=40)


def test_width_below_forty_counts_as_forty() -> None:
    assert render(REPORT, width=1) == render(REPORT, width=40)


def test_colour_changes_no_character() -> None:
    plain, coloured = (render(REPORT, width=80, color=c) for c in (False, True))
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
    assert coloured != plain
    assert "\x1b" not in plain


def test_ten_thousand_rows() -> None:
    rows = tuple(Line((f"conv{i}", "conv", i), path=f"conv{i}") for i in range(10_000))
    table = replace(small("x").tables[0], rows=rows)
    report = replace(small("x"), tables=(table,))
    for format in {*FORMATS} - {*DRAWN}:
        assert "conv9999" in render(report, format)


def test_json_is_exact_and_says_what_it_is() -> None:
    found = json.loads(render(REPORT, "json"))
    assert found["schema"] == "archcalc/report/1"
    assert list(found["settings"]) == ["convention", "input", "batch", "inplace"]
    layers, totals = found["tables"]
    pool, total = (layers["rows"][i]["cells"] for i in (4, 5))
    assert total["params"] == 2**60 + 1
    assert total["shape"] == [1000]
    assert pool["shape"] == [64, {"symbolic": "(H//2)"}, {"symbolic": "H + 1"}]
    assert pool["share"] == 0.0001
    assert [r["kinds"] for r in totals["rows"]] == ["shape", "operations", "bytes"]
    assert "kinds" not in layers["rows"][0]
    assert {c["key"]: c["unit"] for c in layers["columns"]}["macs"] == "MAC"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (Fraction(1, 4), 0.25),
        (Fraction(10**400, 3), 10**400 // 3),
        (Fraction(6, 3), 2),
        (10**30, 10**30),
        (None, None),
        (True, True),
        ((), []),
    ],
)
def test_json_values(value: Cell, read: Any) -> None:
    table = Table("", (Column("x", "x", "value"),), (Line((value,)),))
    text = render(Report("table", "", "", (table,)), "json")
    assert json.loads(text)["tables"][0]["rows"][0]["cells"] == {"x": read}


@pytest.mark.parametrize("format", [f for f in FORMATS if f not in DRAWN])
def test_empty_tables_and_reports(format: str) -> None:
    table = Table("", (Column("x", "x", "name"),), ())
    assert render(Report("list", "", "", (table,)), format)
    if format != "csv":
        assert isinstance(render(Report("list", "", "", ()), format), str)


@pytest.mark.parametrize(
    ("format", "output", "name"),
    [
        (None, None, "terminal"),
        ("csv", None, "csv"),
        ("csv", "x.json", "csv"),
        (None, "x.json", "json"),
        (None, "a.b/X.MD", "markdown"),
        (None, "x.markdown", "markdown"),
        (None, "x.txt", "terminal"),
    ],
)
def test_format_of(format: str | None, output: str | None, name: str) -> None:
    assert format_of(format, PurePath(output) if output else None) == name


@pytest.mark.parametrize(
    ("call", "code", "help"),
    [
        (lambda: render(REPORT, "jsn"), "AC530", "did you mean json?"),
        (lambda: format_of("xlsx"), "AC530", "terminal, markdown, csv, json"),
        (lambda: format_of(None, PurePath("x.pdf")), "AC530", ".md, .markdown"),
        (lambda: format_of(None, PurePath("net")), "AC530", ".txt"),
        (lambda: render(REPORT, "csv", width=80), "AC531", "options: table"),
        (lambda: render(REPORT, "json", width=80), "AC531", "options: none"),
        (lambda: render(REPORT, "csv", table=2), "AC532", "2 tables"),
        (lambda: render(REPORT, "csv", table=-1), "AC532", "2 tables"),
    ],
)
def test_usage_errors(call: Callable[[], str], code: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        call()
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.help is not None
    assert help in problem.help


def test_a_format_is_imported_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in FORMATS:
        monkeypatch.delitem(sys.modules, f"archcalc.render.{name}", raising=False)
    render(REPORT, "markdown")
    loaded = {n for n in FORMATS if f"archcalc.render.{n}" in sys.modules}
    assert loaded == {"markdown"}


def test_a_table_of_names_alone_is_cut_to_the_width() -> None:
    rows = (Line(("畳" * 50,)), Line(("x" * 30,)))
    table = Table("", (Column("x", "names", "name"),), rows)
    _, rule, wide, short = render(Report("list", "", "", (table,)), width=60).split(
        "\n"
    )
    assert width(wide) <= len(rule) <= 60
    assert "…" in wide
    assert short == "x" * 30
