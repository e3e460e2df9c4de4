"""A report in less room keeps its totals and says what it leaves out."""

from __future__ import annotations

import pytest
from commands import archcalc as run

import archcalc
from archcalc.errors import UsageError
from archcalc.render import FORMATS, render
from archcalc.reports.shortening import FEWEST, at_most, without_notes

TABLE = archcalc.table("googlenet")
ROWS = TABLE.tables[0].rows


@pytest.mark.parametrize("most", [FEWEST, 4, 10, len(ROWS) - 1, len(ROWS), 500])
def test_so_many_rows_stay(most: int) -> None:
    (table,) = at_most(TABLE, most).tables
    assert len(table.rows) == min(most, len(ROWS))
    if most >= len(ROWS):
        assert table.rows == ROWS
        return
    *first, gap = [row for row in table.rows if row not in ROWS[-2:]]
    assert tuple(first) == ROWS[: len(first)]
    assert gap.cells[0] == f"… {len(ROWS) - len(table.rows) + 1} more rows"
    assert "total" in {row.kind for row in table.rows}


def test_a_table_without_totals_ends_with_what_it_leaves_out() -> None:
    compared = archcalc.compare("vgg16", "resnet50")
    shown = at_most(compared, 5).tables
    assert {len(table.rows) for table in shown} == {5}
    assert {table.rows[-1].path for table in shown} == {"…"}


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(UsageError, match=r"AC508.*leaves no row"):
        at_most(TABLE, FEWEST - 1)


@pytest.mark.parametrize("format", sorted({*FORMATS} - {"json", "mermaid", "dot"}))
def test_nothing_stands_below_the_tables(format: str) -> None:
    with_notes, without = (
        render(report, format) for report in (TABLE, without_notes(TABLE))
    )
    said = "multiply-accumulates"
    assert said not in without
    assert (said in with_notes) == (format != "csv")
    assert "6,998,552" in without or "6998552" in without


def test_the_options_work_together(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("table", "vgg16", "--max-rows", "6", "--no-notes", "--columns", "macs")
    lines = run(capsys, monkeypatch, *words).out.splitlines()
    assert lines[-1].split()[0] == "total"
    assert len(lines) == 2 + 2 + 6 + 1
