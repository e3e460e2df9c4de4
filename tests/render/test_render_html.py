"""HTML: cells as they are, one fragment or page, nothing loaded from anywhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_reports import REPORTS
from odd_texts import ODD
from report_examples import REPORT, small

from archcalc.errors import clean
from archcalc.render import render

VOID = {"meta", "br", "link", "img", "input"}


class Reader(HTMLParser):
    """Reads a fragment as a browser would: open elements, cells of every table."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        given = dict(attrs)
        assert not any(name.startswith("on") for name in given)
        if tag == "a":
            self.links.append(str(given["href"]))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


KNOWN = {"div", "style", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
KNOWN |= {"strong", "caption", "a", "span"}
PAGE = KNOWN | {"html", "head", "meta", "title", "body", "main"}


def read(text: str) -> Reader:
    """Read HTML whose elements are all closed and known."""
    reader = Reader(text)
    assert not reader.open
    assert reader.seen <= PAGE
    return reader


@pytest.mark.parametrize("name", ODD)
def test_names_show_as_they_are(name: str) -> None:
    odd = ODD[name]
    rows = read(render(small(odd, text=odd, title=odd), "html")).rows
    assert [row[:2] for row in rows[1:3]] == [[clean(odd)] * 2] * 2
    assert [len(row) for row in rows] == [3] * 4


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_comes_back(name: str, text: str) -> None:
    rows = read(render(small(name, text=text, title=text), "html")).rows
    assert rows[1][:2] == [clean(name), clean(text)]


@pytest.mark.parametrize("standalone", [False, True])
@pytest.mark.parametrize("name", REPORTS)
def test_reports_of_networks(name: str, standalone: bool) -> None:
    report = REPORTS[name]()
    text = render(report, "html", standalone=standalone)
    reader = read(text)
    assert len(reader.rows) == sum(len(t.rows) + 1 for t in report.tables)
    loaded = re.sub(r'<a href="[^"]*"', "", text)
    assert not re.search(r"\bsrc=|@import|url\(|<link|<script", loaded)


def test_a_page_says_its_language_encoding_and_title() -> None:
    page = render(REPORT, "html", standalone=True)
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert '<meta charset="utf-8">' in page
    assert "<title>VGG-16, in part</title>" in page
    assert "prefers-color-scheme: dark" in page


def test_a_fragment_takes_the_colours_around_it() -> None:
    fragment = render(REPORT, "html")
    assert "color-scheme" not in fragment
    assert set(re.findall(r"[^-]color: ([^;]+);", fragment)) == {"inherit"}
    rules = fragment.split("<style>")[1].split("</style>")[0]
    selectors = [rule.partition("{")[0].strip() for rule in rules.split("}")]
    assert all(s.startswith(".archcalc") for s in selectors if s)


def test_addresses_in_notes_are_links() -> None:
    assert read(render(REPORT, "html")).links == ["https://example.org/a_b?c=1"]


def test_rows_and_columns_have_headings() -> None:
    text = render(REPORT, "html")
    assert text.count('<th scope="col"') == 9 + 4
    assert text.count('<th scope="row"') == 7 + 3
