"""What notebooks are given: texts by MIME type, data frames, a lecture prepared."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from lecture import LECTURE, executed, stored
from network_reports import REPORTS
from programs import library, program
from report_examples import REPORT, small

import archcalc
from archcalc.errors import MissingExtra
from archcalc.render.notebook import bundle
from archcalc.reports.cells import Column, Line, Table
from archcalc.reports.report import Report

KINDS = ["text/html", "text/markdown", "text/latex", "text/plain"]


def shown(thing: Any, **options: Any) -> dict[str, str]:
    """Return what IPython is given for a thing."""
    found: dict[str, str] = thing._repr_mimebundle_(**options)
    return found


@pytest.mark.parametrize("make", [lambda n: n, lambda n: n.analyze(), archcalc.table])
def test_networks_analyses_and_reports_show_their_table(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    texts = shown(make(archcalc.load("vgg16")))
    assert list(texts) == KINDS
    for text in texts.values():
        assert "138,357,544" in text
        assert "convention macs" in text


def test_only_what_is_asked_for_is_made() -> None:
    assert list(shown(REPORT, include=["text/html", "image/png"])) == ["text/html"]
    assert list(shown(REPORT, exclude=["text/html"])) == KINDS[1:]


def test_print_shows_a_network_as_the_terminal_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = str(archcalc.load("resnet152"))
    assert "2–36" in text
    assert len(text.splitlines()) < 60
    assert "resnet152: 60,192,808 parameters" in text.splitlines()[-1]


def test_the_latex_is_what_the_template_of_nbconvert_sets() -> None:
    latex = shown(REPORT)["text/latex"]
    assert "siunitx" not in latex
    assert "\\toprule" in latex


def test_long_tables_show_blocks_and_say_so() -> None:
    text = shown(archcalc.load("resnet152"))["text/plain"]
    assert "bottleneck" in text
    assert "conv2.1.conv1" not in text
    assert "blocks only; archcalc.table('resnet152', level=\"layers\") has all" in (
        " ".join(text.split())
    )


def test_a_network_that_does_not_fit_says_what_is_wrong() -> None:
    text = "name: x\ninput: [3, 8, 8]\nlayers:\n- {conv: 4, kernel: 9}\n"
    told = shown(archcalc.loads(text))
    assert list(told) == ["text/plain"]
    assert "AC203" in told["text/plain"] or "AC20" in told["text/plain"]


def test_explanations_and_formulas_show_themselves() -> None:
    explanation = archcalc.explain("alexnet", "conv1")
    texts = shown(explanation)
    assert list(texts) == KINDS
    assert texts["text/html"].startswith('<div class="archcalc">')
    assert "(227 + 2·0 − 11)/4 + 1 = 55" in texts["text/plain"]
    latex = explanation.parts[0].lines[1].formula._repr_latex_()
    assert latex == "$\\frac{227 + 2 \\cdot 0 - 11}{4} + 1 = 55$"


def test_anything_else_is_refused() -> None:
    with pytest.raises(TypeError, match="int is no network"):
        bundle(3)


def test_short_names_where_python_asks_for_a_repr() -> None:
    net = archcalc.load("vgg16")
    assert (repr(net), repr(net.analyze())) == ("<Network vgg16>", "<Analysis vgg16>")


# -- tables and data frames ------------------------------------------------------------


def test_tables_take_names_networks_and_analyses() -> None:
    by_name = archcalc.table("alexnet", columns="params,macs")
    net = archcalc.load("alexnet")
    assert archcalc.table(net, columns="params,macs").tables == by_name.tables
    batch = archcalc.table(net.analyze(batch=2), columns="macs").rows()
    assert [r["macs"] for r in batch] == [2 * r["macs"] for r in by_name.rows()]  # type: ignore[operator]  # numbers
    assert len(archcalc.table("vgg16", level="stages").rows()) == 9


def arrow(report: Report) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the Arrow types and the rows of a report, read by nanoarrow."""
    library("nanoarrow", "arrow")
    import nanoarrow

    array = nanoarrow.Array(report)
    types = {field.name: str(field.type.name) for field in array.schema.fields}
    return types, array.to_pylist()


def test_arrow_has_the_rows_with_their_types() -> None:
    report = archcalc.table("vgg16")
    types, rows = arrow(report)
    assert types["what"] == "STRING"
    assert types["shape"] == "LIST"
    assert {types[k] for k in ("params", "macs", "activation_bytes")} == {"INT64"}
    expected = [{**row, "shape": list(row["shape"])} for row in report.rows()]  # type: ignore[arg-type]  # shapes
    assert rows == expected


def test_arrow_of_odd_values() -> None:
    types, rows = arrow(REPORT)
    assert (types["params"], types["macs"], types["trained"]) == (
        "INT64",
        "STRING",
        "BOOL",
    )
    assert (types["share"], types["shape"]) == ("DOUBLE", "STRING")
    assert rows[3]["shape"] == "64x(H//2)xH + 1"
    assert rows[3]["macs"] == "not counted"
    assert rows[2]["layer"] == "畳み込み"


def test_arrow_of_numbers_beyond_64_bits_and_of_nothing() -> None:
    columns = (Column("n", "n", "count"), Column("s", "s", "shape"))
    rows = (Line((2**63, None)), Line((1, (2, 3))), Line((None, ())))
    types, found = arrow(Report("table", "", "", (Table("", columns, rows),)))
    assert (types["n"], [r["n"] for r in found]) == ("STRING", [str(2**63), "1", None])
    assert [r["s"] for r in found] == [None, [2, 3], []]
    assert arrow(Report("list", "", "", ()))[1] == []
    empty = Table("", columns, ())
    assert arrow(Report("list", "", "", (empty,)))[1] == []


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_an_arrow_stream(name: str) -> None:
    report = REPORTS[name]()
    assert len(arrow(report)[1]) == len(report.rows())


def test_without_nanoarrow_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "nanoarrow", None)
    with pytest.raises(MissingExtra) as caught:
        small("x").__arrow_c_stream__()
    assert caught.value.problems[0].help == "pip install 'archcalc[arrow]'"


# -- the lecture -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def notebooks() -> Any:
    """Return the notebook as it is stored, and as it is when it is run now."""
    library("nbclient", "notebook")
    library("ipykernel", "notebook")
    return stored(), executed()


def outputs(notebook: Any) -> list[dict[str, str]]:
    """Return the data of what its cells showed."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [out.data for cell in cells for out in cell.outputs if "data" in out]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_lecture_runs_and_shows_tables_and_formulas(notebooks: Any) -> None:
    _, now = notebooks
    data = outputs(now)
    tables = [d["text/html"] for d in data if "<table" in d.get("text/html", "")]
    assert len(tables) == 8
    assert all('class="archcalc"' in html for html in tables)
    assert "62,378,344" in tables[0]
    assert "(227 + 2·0 − 11)/4 + 1 = 55" in tables[1]
    assert any("3.15×" in html for html in tables)
    assert sum("image/svg+xml" in d for d in data) == 3
    plain = [d["text/plain"] for d in data]
    assert any("fc6 holds 74% of 138,357,544 parameters" in text for text in plain)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_stored_outputs_are_what_it_shows_now(notebooks: Any) -> None:
    """`python tests/tools/documents.py` writes them anew."""
    import nbformat

    kept, now = notebooks
    nbformat.validate(kept)
    for before, after in zip(kept.cells, now.cells, strict=True):
        assert before.get("outputs") == after.get("outputs"), before.source
        assert before.get("execution_count") == after.get("execution_count")


def test_no_output_is_an_error_or_names_a_folder() -> None:
    text = LECTURE.read_text(encoding="utf-8")
    assert '"output_type": "error"' not in text
    assert '"stderr"' not in text
    assert str(Path.home()) not in text


JUPYTER = """
:not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon td,
:not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon th,
:not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon tr { text-align: right; }
"""
"""How JupyterLab and the pages of nbconvert align the cells of any table."""


@pytest.mark.parametrize("trusted", [True, False])
def test_words_stand_left_in_jupyter_too(trusted: bool) -> None:
    library("playwright", "page")
    path = program("chromium", "chromium")
    from playwright.sync_api import sync_playwright

    html = shown(archcalc.table("lenet5"))["text/html"]
    if not trusted:  # JupyterLab leaves out the style of a notebook it does not trust
        html = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    body = f'<div class="jp-RenderedHTMLCommon">{html}</div>'
    asked = "cells => cells.map(cell => getComputedStyle(cell).textAlign)"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(offline=True)
        page.set_content(f"<style>{JUPYTER}</style>{body}")
        sides = page.locator("tbody tr:nth-child(2) > *").evaluate_all(asked)
        heads = page.locator("thead th").evaluate_all(asked)
        browser.close()
    assert sides == heads == ["left", "left", *["right"] * 6]
