"""LaTeX: what is escaped, which figures stand where, and that it compiles."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from latex import compiled
from network_reports import NETWORKS, REPORTS
from odd_texts import ODD
from report_examples import REPORT, small

from archcalc import explain
from archcalc.network.network import loads
from archcalc.render import render
from archcalc.render.explained import render_explanation
from archcalc.render.tex_text import escaped
from archcalc.reports.cells import Cell, Column, ColumnKind, Line, Table
from archcalc.reports.report import Report


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("50% & more_#1", "50\\% \\& more\\_\\#1"),
        ("a{b}\\c", "a\\{b\\}\\textbackslash{}c"),
        ("x^2 ~ $y$", "x\\textasciicircum{}2 \\textasciitilde{} \\$y\\$"),
        ("3×3 ⌊H/2⌋", "3$\\times$3 $\\lfloor$H/2$\\rfloor$"),
        ("k²·C₁", "k$^2$$\\cdot$C$_1$"),
        (
            'a--b ``c" ?`',
            "a-{}-b \\symbol{96}{}\\symbol{96}c\\symbol{34} ?{}\\symbol{96}",
        ),
        ("cafe\u0301", "café"),
        ("\\input{x}", "\\textbackslash{}input\\{x\\}"),
        ("\x1b[2J", "\\textbackslash{}u001B[2J"),
    ],
)
def test_escaping(text: str, tex: str) -> None:
    assert escaped(text) == tex


HARMLESS = re.compile(
    r"""(?: \\[{}$&\#%_]
        | \\(?:textbackslash|textasciicircum|textasciitilde)\{\}
        | \\symbol\{(?:34|96)\}
        | \$ [^$]+ \$
        | \{\}
        | [^\\{}$&\#%_^"`\n]
        )*""",
    re.VERBOSE,
)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_text_brings_a_command_of_its_own(text: str) -> None:
    assert HARMLESS.fullmatch(escaped(text))


def one(value: Cell, kind: ColumnKind, **options: bool) -> str:
    """Return the line of a table of one row and one figure."""
    columns = (Column("n", "n", "name"), Column("x", "x", kind))
    table = Table("", columns, (Line(("a", value)),))
    text = render(Report("table", "", "", (table,)), "latex", **options)
    return next(line for line in text.split("\n") if line.startswith("a & "))


@pytest.mark.parametrize(
    ("value", "kind", "siunitx", "plain"),
    [
        (1234567, "count", "1234567", "1,234,567"),
        (-5, "count", "-5", "-5"),
        (Fraction(5, 2), "count", "2.50", "2.50"),
        ("not counted", "operations", "{not counted}", "not counted"),
        (None, "count", "", ""),
        (60_950_432, "bytes", "\\qty{60.95}{\\mega\\byte}", "60.95 MB"),
        (12, "bytes", "\\qty{12}{\\byte}", "12 B"),
        (Fraction(1, 4), "percent", "\\qty{25.0}{\\percent}", "25.0\\%"),
        (Fraction(1, 10**6), "percent", "\\qty{<0.1}{\\percent}", "<0.1\\%"),
        (Fraction(63, 20), "ratio", "\\num{3.15}$\\times$", "3.15$\\times$"),
        (1234, "change", "\\num{+1234}", "+1,234"),
        (Fraction(1, 20), "growth", "\\qty{+5.0}{\\percent}", "+5.0\\%"),
        (Fraction(1, 10**6), "growth", "+<0.1\\%", "+<0.1\\%"),
        (Fraction(1, 2), "bar", "\\rule{2.00em}{1.1ex}", "\\rule{2.00em}{1.1ex}"),
        ((64, 7, 7), "shape", "$64 \\times 7 \\times 7$", "$64 \\times 7 \\times 7$"),
        ((), "shape", "", ""),
        (True, "flag", "yes", "yes"),
    ],
)
def test_figures(value: Cell, kind: ColumnKind, siunitx: str, plain: str) -> None:
    assert one(value, kind) == f"a & {siunitx} \\\\"
    assert one(value, kind, plain=True) == f"a & {plain} \\\\"


def test_columns_are_as_wide_as_their_widest_figure() -> None:
    text = render(REPORT, "latex")
    assert "{@{}llrS[table-format=19.0]S[table-format=11.0]" in text


def test_the_longest_texts_break_into_lines() -> None:
    for words, broken in (("x" * 64, False), ("word " * 13, True)):
        text = render(small("a", text=words), "latex")
        assert ("p{320bp}" in text) == ("\\usepackage{array}" in text) == broken


def test_the_longest_tables_break_over_pages() -> None:
    for rows, name in ((45, "tabular"), (46, "longtable")):
        table = replace(
            small("x").tables[0],
            rows=tuple(Line((f"a{i}", "", i)) for i in range(rows)),
        )
        text = render(replace(small("x"), tables=(table,)), "latex")
        assert f"\\begin{{{name}}}" in text
        assert ("\\usepackage{longtable}" in text) == (name == "longtable")


def test_a_fragment_says_what_it_needs_and_a_document_has_it() -> None:
    fragment, page = (render(REPORT, "latex", standalone=s) for s in (False, True))
    needs = [x.removeprefix("% ") for x in fragment.split("\n") if "\\usepackage" in x]
    assert needs == ["\\usepackage{booktabs}", "\\usepackage{siunitx}"]
    assert all(line in page.split("\\begin{document}")[0] for line in needs)
    assert "\\documentclass" not in fragment


def test_a_row_never_begins_with_what_the_line_before_takes_for_an_argument() -> None:
    lines = render(small("[2ex]"), "latex").split("\n")
    assert sum(line.startswith("{}[2ex] &") for line in lines) == 1
    assert not any(line.startswith(("[", "*")) for line in lines)


# -- compiled --------------------------------------------------------------------------

PREAMBLE = """\
\\documentclass{article}
\\usepackage[T1]{fontenc}
\\usepackage{lmodern}
\\usepackage[paperwidth=30cm,paperheight=60cm,margin=1cm]{geometry}
\\usepackage{array, longtable, booktabs, siunitx}
\\begin{document}
"""


def hostile() -> Report:
    """Return a report with every odd text wherever one can stand."""
    columns = (*small("x").tables[0].columns, Column("s", "50% _x_", "bytes"))
    rows = tuple(Line((odd, odd, 5, odd), path=odd) for odd in ODD.values())
    notes = tuple(small(odd, text=odd).notes[0] for odd in ODD.values())
    table = Table(ODD["html"], columns, rows)
    return Report(
        "table", ODD["link"], "x", (table,), notes, {ODD["pipe"]: ODD["rule"]}
    )


@pytest.mark.parametrize("plain", [False, True])
def test_hostile_text_compiles_and_reads_as_it_is(plain: bool, tmp_path: Path) -> None:
    text = compiled(render(hostile(), "latex", standalone=True, plain=plain), tmp_path)
    for shown in ("<img src=x onerror=alert(1)>&lt;", "a|b\\|c", "**a**", "---|---"):
        assert shown in text


def test_documents_show_the_figures(tmp_path: Path) -> None:
    text = compiled(render(REPORT, "latex", standalone=True), tmp_path)
    for shown in ("1,152,921,504,606,846,977", "12.85 MB", "3.15×", "not counted"):
        assert shown in text


def test_fragments_of_every_report_compile_in_one_paper(tmp_path: Path) -> None:
    parts = [render(make(), "latex") for make in REPORTS.values()]
    first = render(REPORTS["list"](), "latex", standalone=True)
    declared = [x for x in first.split("\n") if "DeclareUnicode" in x or "sisetup" in x]
    paper = PREAMBLE.replace(
        "\\begin{document}", "\n".join([*declared, "\\begin{document}"])
    )
    text = compiled(
        "\n\\clearpage\n".join([paper, *parts, "\\end{document}"]), tmp_path
    )
    for shown in ("138,357,544", "854,196,224", "271,351,808", "3.15×"):
        assert shown in text
    assert len(parts) > len(NETWORKS)


def test_explanations_compile_with_hostile_names(tmp_path: Path) -> None:
    text = (
        "name: odd\ninput: [3, 8, 8]\nlayers:\n"
        '- {name: "畳_50%-{}\\\\input", conv: 4, kernel: 3}\n- {name: "#^~&", conv: 4}\n'
    )
    explanation = explain(loads(text))
    shown = compiled(
        render_explanation(explanation, "latex", standalone=True), tmp_path
    )
    for words in ("U+7573_50%-{}\\input", "#^~&", "3 · 3 · 3"):
        assert words in shown
