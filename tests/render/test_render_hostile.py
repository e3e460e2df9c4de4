"""What a name cannot do to a format: hostile text, then any text."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from odd_texts import ODD
from report_examples import REPORT, H, small, table_lines

from archcalc.errors import clean
from archcalc.render import FORMATS, render
from archcalc.render.widths import width
from archcalc.reports.cells import Column, Line, Note, Table
from archcalc.reports.report import Report

UNSEEN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u180e\u200b-\u200f\u2028-\u202e\u2066-\u2069"
    r"\ufff9-\ufffb\U000e0000-\U000e007f]"
)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ODD)
def test_nothing_invisible_leaves(name: str, format: str) -> None:
    text = render(small(ODD[name], text=ODD[name], title=ODD[name]), format)
    assert not UNSEEN.search(text)
    assert len(text) < 80_000
    assert not re.search(r"^::", text, re.MULTILINE)


def markdown_tables(text: str) -> list[list[list[str]]]:
    """Return the cells of every table as a reader sees them, parsed by markdown-it."""
    tables: list[list[list[str]]] = []
    for token in (
        MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    ):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type == "inline" and tables and token.level == 4:
            kinds = {child.type for child in token.children or ()}
            assert kinds <= {"text", "text_special", "strong_open", "strong_close"}
            tables[-1][-1].append("".join(c.content for c in token.children or ()))
    return tables


def seen(text: str) -> str:
    """Return how a text reads in a Markdown cell."""
    return clean(text).strip()


def without_marks(cell: str) -> str:
    return cell.replace("\u200b", "").lstrip("\xa0")


@pytest.mark.parametrize("name", ODD)
def test_markdown_shows_names_as_they_are(name: str) -> None:
    odd = ODD[name]
    (table,) = markdown_tables(render(small(odd, text=odd), "markdown"))
    for row in table[1:3]:
        assert list(map(without_marks, row[:2])) == [seen(odd)] * 2
    assert [len(row) for row in table] == [3, 3, 3, 3]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("@octocat", "@&#8203;octocat"),
        ("#12", "\\#&#8203;12"),
        ("GH-7", "GH-&#8203;7"),
        (":tada:", ":&#8203;tada:"),
        ("resnet50:v1.5", "resnet50:v1.5"),
        ("www.example.org", "www&#46;example.org"),
        ("a|b", "a&#124;b"),
        ("3×3, 64", "3×3, 64"),
        ("a_b", "a\\_b"),
    ],
)
def test_markdown_makes_no_mention_and_no_link(text: str, written: str) -> None:
    assert f"| {written} | conv | 12 |" in render(small(text), "markdown")


def test_markdown_links_only_plain_addresses_in_notes() -> None:
    note = Note(
        "see https://example.org/a_b, not javascript:x", cite="http://x.org/<b>"
    )
    text = render(replace(small("x"), notes=(note,)), "markdown")
    assert "see <https://example.org/a_b>, not javascript:x" in text
    assert text.endswith("(<http://x.org/>&lt;b&gt;)")


@pytest.mark.parametrize(
    "name", ["tab", "formula", "minus", "plus", "at", "spaced", "full-width"]
)
def test_spreadsheets_run_nothing(name: str) -> None:
    rows = list(csv.reader(io.StringIO(render(small(ODD[name]), "csv"))))
    assert rows[1][1] == rows[1][2] == f"'{clean(ODD[name])}"


def test_csv_leaves_negative_numbers_alone_and_guards_formulas_of_sizes() -> None:
    columns = tuple(Column(k, k, "count") for k in "abc")
    table = Table("", columns, (Line((-5, 1 - H, (H - 1, 2))),))
    text = render(Report("table", "", "", (table,)), "csv")
    row = list(csv.reader(io.StringIO(text)))[1]
    assert row == ["row", "", "-5", "'-H + 1", "(H - 1)x2"]


def test_csv_rows_add_up_to_the_total() -> None:
    rows = list(csv.DictReader(io.StringIO(render(small("x"), "csv"))))
    (total,) = (int(r["n"]) for r in rows if r["kind"] == "total")
    assert total == sum(int(r["n"]) for r in rows if r["kind"] == "row")


def test_csv_names_the_unit_of_bytes() -> None:
    header = render(REPORT, "csv").split("\n")[0]
    assert header.endswith("params,macs,values,stored_bytes,share,trained")


anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=150, deadline=None)
@given(anything, anything)
def test_any_text_keeps_its_place_in_markdown(name: str, text: str) -> None:
    (table,) = markdown_tables(render(small(name, text=text), "markdown"))
    assert [len(row) for row in table] == [3, 3, 3, 3]
    lines = render(small(name, text=text), "markdown").split("\n")
    assert {line.count("|") for line in lines if line.startswith("|")} == {4}


@settings(max_examples=150, deadline=None)
@given(anything, anything)
def test_any_text_comes_back_from_csv(name: str, text: str) -> None:
    rows = list(csv.reader(io.StringIO(render(small(name, text=text), "csv"))))
    assert {len(row) for row in rows} == {5}
    for row in rows[1:3]:
        assert row[2].removeprefix("'") == clean(name).removeprefix("'")
        assert row[3].removeprefix("'") == clean(text).removeprefix("'")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_comes_back_from_json_exactly(name: str, text: str) -> None:
    written = render(small(name, text=text), "json")
    assert written.isascii()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", written)
    cells = json.loads(written)["tables"][0]["rows"][1]["cells"]
    assert (cells["layer"], cells["what"]) == (name, text)


@settings(max_examples=150, deadline=None)
@given(anything, anything, st.integers(40, 130))
def test_any_text_stands_within_the_width(name: str, text: str, room: int) -> None:
    found = render(small(name, text=text, title=text), width=room)
    assert all(width(line) <= room for line in found.split("\n"))
    figures = [line for line in table_lines(found) if re.search(r" (12|3|15)$", line)]
    assert len(figures) == 3
    assert len({width(line) for line in figures}) == 1


@pytest.mark.parametrize("name", ["::error file=x::y", "##vso[task]", "  ::notice::z"])
def test_no_line_is_a_command_to_a_ci_system(name: str) -> None:
    """GitHub, Azure and TeamCity read lines that begin with :: or ##."""
    for line in clean(name).splitlines():
        assert not line.lstrip().startswith(("::", "##"))
    assert clean(f"a {name}") == f"a {name}"
