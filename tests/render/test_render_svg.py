"""Tables as SVG: well-formed, nothing loaded, every text inside its column."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_reports import REPORTS
from odd_texts import ODD
from report_examples import REPORT, small

from archcalc.errors import clean
from archcalc.render import render
from archcalc.render.numbers import cell
from archcalc.render.typeset import text_width, wrapped

NAMESPACE = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[ElementTree.Element]:
    """Return the texts of a drawing that parses as XML."""
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{NAMESPACE}svg"
    known = {"svg", "title", "style", "rect", "text", "line"}
    assert {e.tag.removeprefix(NAMESPACE) for e in root.iter()} <= known
    return root.findall(f"{NAMESPACE}text")


@pytest.mark.parametrize("name", ODD)
def test_names_show_as_they_are(name: str) -> None:
    shown = [e.text for e in texts(render(small(ODD[name], title=ODD[name]), "svg"))]
    assert shown.count(clean(ODD[name])) >= 2


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_any_text_comes_back(name: str) -> None:
    shown = [e.text for e in texts(render(small(name), "svg"))]
    assert clean(name) in shown


@pytest.mark.parametrize("name", REPORTS)
def test_every_text_stands_inside_the_drawing_and_beside_the_others(name: str) -> None:
    report = REPORTS[name]()
    svg = render(report, "svg")
    wide = float(re.findall(r'viewBox="0 0 (\d+) \d+"', svg)[0])
    lines: dict[str, list[tuple[float, float]]] = {}
    for one in texts(svg):
        kind = one.get("class", "")
        size = 18 if "t" in kind.split() else 12 if "s" in kind.split() else 14
        length = text_width(str(one.text), size, "b" in kind.split())
        x = float(one.get("x", "0"))
        start = x - length if "e" in kind.split() else x
        lines.setdefault(str(one.get("y")), []).append((start, start + length))
        assert start >= 0
        assert start + length <= wide
    for spans in lines.values():
        ordered = sorted(spans)
        for (_, end), (start, _) in pairwise(ordered):
            assert end < start


@pytest.mark.parametrize("name", REPORTS)
def test_all_figures_are_there_and_nothing_is_loaded(name: str) -> None:
    report = REPORTS[name]()
    svg = render(report, "svg")
    shown = {e.text for e in texts(svg)}
    for table in report.tables:
        for row in table.rows:
            for value, column in zip(row.cells, table.columns, strict=True):
                text = cell(value, row, column)
                assert not text or text in shown or column.kind == "bar"
    addresses = set(re.findall(r"https?://[^\"' <]+", svg.split(">", 1)[0]))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"href|@import|url\(|@font-face", svg)


def test_both_themes_and_a_name() -> None:
    svg = render(REPORT, "svg")
    assert "prefers-color-scheme:dark" in svg
    assert 'role="img"' in svg
    assert "<title>VGG-16, in part</title>" in svg


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80))
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    lines = wrapped(text, 12, 120)
    assert "".join(lines).replace(" ", "") == "".join(text.split())
    assert all(text_width(line, 12) <= 120 or len(line) == 1 for line in lines)
