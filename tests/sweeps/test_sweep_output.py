"""What a sweep writes: JSON, Parquet, CSV, pictures."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow
import pyarrow.parquet
import pytest
from commands import archcalc as run
from sweep_specs import SLOW

import archcalc
from archcalc import sweep
from archcalc.render.json import render as render_json
from archcalc.render.plotting.scatter import scatter
from archcalc.render.rows import arrow, as_chunk, row_file
from archcalc.render.rows.arrow import ColumnFile
from archcalc.reports.sweep import sweep_report
from archcalc.sweeps.choice import MOST_SPOTS, Choice, Chosen
from archcalc.sweeps.sweep import Sweep

SCHEMA = Path(archcalc.__file__).with_name("report.schema.json")
EFFICIENT = "sweep efficientnet --over width=0.5:1.5:0.25 --over size=96,128"


def some(**more: Any) -> Sweep:
    return sweep(
        "efficientnet",
        {"width": (Fraction(1, 2), 1), "variant": ("b1", "b2")},
        figures=("params", "macs", "top1"),
        **more,
    )


# -- files ---------------------------------------------------------------------------


@pytest.mark.parametrize("more", [(), ("--where", "macs > 1T"), ("--sort", "macs")])
def test_json_is_a_report(
    more: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = run(capsys, monkeypatch, *EFFICIENT.split(), *more, "-f", "json")
    report = json.loads(done.out)
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    rows = report["tables"][0]["rows"]
    assert len(rows) == (0 if "--where" in more else 10)
    assert f"{len(rows)} of 10 combinations" in report["notes"][0]["text"]
    for row in rows:
        assert type(row["cells"]["params"]) is int
        assert type(row["cells"]["width"]) in (int, float)


def test_streamed_json_is_what_a_whole_report_gives(tmp_path: Path) -> None:
    found = sweep("efficientnet", {"size": "96:128:32", "variant": "b1,b2"})
    path = tmp_path / "sweep.json"
    file = row_file(found, path, "json")
    file.begin(False)
    for row in found:
        file.add(as_chunk(found, [row], file.form))
    file.close(None)
    whole = render_json(sweep_report(found, list(found)))
    assert path.read_text(encoding="utf-8") == whole + "\n"


def test_parquet_has_types(tmp_path: Path) -> None:
    path = tmp_path / "sweep.parquet"
    found = some()
    file = ColumnFile(found, path, "parquet")
    file.begin(False)
    file.add(as_chunk(found, list(found), None))
    file.close(None)
    table = pyarrow.parquet.read_table(path)
    types = dict(zip(table.schema.names, map(str, table.schema.types), strict=True))
    assert types == {
        "width": "double",
        "variant": "string",
        "params": "int64",
        "macs": "int64",
        "top1": "double",
    }
    read = [tuple(row.values()) for row in table.to_pylist()]
    assert read == [(float(a), b, c, d, e and float(e)) for a, b, c, d, e in found]
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize("group", [2, 3, 100])
def test_parquet_keeps_whole_numbers_beyond_64_bits(
    group: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "GROUP", group)
    over = {"batch": (1, 10**6, 2**31), "b": (8, 10**8)}
    found = sweep(archcalc.loads(SLOW), over, figures=("params", "macs"))
    path = tmp_path / "sweep.parquet"
    file = ColumnFile(found, path, "parquet")
    file.begin(False)
    for row in found:
        file.add(as_chunk(found, [row], None))
    file.close(None)
    read = pyarrow.parquet.ParquetFile(path)
    assert read.num_row_groups == -(-len(found) // group)
    assert str(read.schema_arrow.field("params").type) == "int64"
    table = read.read()
    assert [tuple(map(int, row.values())) for row in table.to_pylist()] == list(found)
    largest = max(row[-1] for row in found)
    wide = largest >= 2**63
    assert isinstance(table["macs"][0].as_py(), Decimal if wide else int)


def test_parquet_refuses_what_no_column_holds(tmp_path: Path) -> None:
    found = sweep("lenet5", {"batch": (1,)}, figures=("macs",))
    file = ColumnFile(found, tmp_path / "sweep.parquet", "parquet")
    file.begin(False)
    with pytest.raises(archcalc.UsageError, match="AC584"):
        file.add(as_chunk(found, [(1, 10**40)], None))


@pytest.mark.parametrize("format", ["parquet", "arrow"])
def test_columns_go_on_with_their_own_file_alone(tmp_path: Path, format: str) -> None:
    path = tmp_path / "sweep"
    net = archcalc.loads(SLOW)
    found = sweep(net, {"b": range(1, 9)}, figures=("params",))
    file = ColumnFile(found, path, format)
    file.begin(False)
    file.add(as_chunk(found, list(found)[:3], None))
    file.close(None)
    again = ColumnFile(found, path, format)
    assert again.begin(True) == (0, 3)
    again.close(None)
    other = sweep(net, {"b": range(1, 9)}, figures=("macs",))
    longer = sweep(net, {"b": (1, 2, Fraction(7, 2))}, figures=("params",))
    shorter = sweep(net, {"b": (1, 2)}, figures=("params",))
    filtered = sweep(net, {"b": range(1, 9)}, figures=("params",), where="b < 3")
    for another in (other, longer, shorter, filtered):
        with pytest.raises(archcalc.UsageError, match="AC582"):
            ColumnFile(another, path, format).begin(True)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(archcalc.UsageError, match="AC582"):
        ColumnFile(found, path, format).begin(True)


def test_parquet_without_pyarrow_or_a_file(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = run(capsys, monkeypatch, *EFFICIENT.split(), "-f", "parquet")
    assert (done.code, "AC584" in done.err) == (2, True)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    path = str(tmp_path / "sweep.parquet")
    done = run(capsys, monkeypatch, *EFFICIENT.split(), "-o", path)
    assert (done.code, "archcalc[parquet]" in done.err) == (2, True)


@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize(
    "other",
    [
        {"over": {"b": (1, 2)}},
        {"over": {"b": range(1, 9)}, "batch": 2},
        {"over": {"b": range(1, 9)}, "where": "b != 3"},
        {"over": {"b": range(1, 9)}, "figures": ("params",)},
    ],
)
def test_a_file_of_another_sweep_is_left_alone(
    form: str, other: dict[str, Any], tmp_path: Path
) -> None:
    net, path = archcalc.loads(SLOW), tmp_path / "sweep"
    found = sweep(net, {"b": range(1, 9)}, figures=("params", "macs"))
    file = row_file(found, path, form)
    file.begin(False)
    file.add(as_chunk(found, list(found)[:3], file.form))
    file.close(None)
    before = path.read_bytes()
    again = row_file(found, path, form)
    assert again.begin(True) == (0, 3)
    again.close(None)
    asked = {"figures": ("params", "macs"), **other}
    with pytest.raises(archcalc.UsageError, match="AC582"):
        row_file(sweep(net, **asked), path, form).begin(True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("more", [("--sort", "macs"), ("--pareto", "macs,params"), ()])
def test_csv_has_the_same_columns_however_rows_are_chosen(
    more: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = run(capsys, monkeypatch, *EFFICIENT.split(), *more, "-f", "csv")
    heading, *rows = csv.reader(StringIO(done.out))
    assert heading[:4] == ["width", "size", "params", "macs"]
    assert rows[0][:2] == ["0.5", "96"]


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_the_first_rows_after_a_stop(
    ending: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, part = tmp_path / f"whole.{ending}", tmp_path / f"part.{ending}"
    for path, tops in ((whole, ("7",)), (part, ("3", "7", "7"))):
        for top in tops:
            words = (*EFFICIENT.split(), "--top", top, "--resume", "-o", str(path))
            assert run(capsys, monkeypatch, *words).code == 0
    if ending == "parquet":
        tables = [pyarrow.parquet.read_table(path) for path in (whole, part)]
        assert tables[0].num_rows == 7
        assert tables[0].equals(tables[1])
    else:
        assert part.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("ending", "row"),
    [
        ("csv", b"\xff\xfe\n"),
        ("csv", b'"' + b"x" * 200_000 + b'"\n'),  # longer than a field may be
        ("csv", b"0.5,96,1,2\n"),
        ("json", b'        {"\xff": 1},\n'),
        ("json", b"        {\n"),
        ("json", b'        {"cells": 3},\n'),
        ("json", b'        {"cells": {"width": [1], "size": Infinity}},\n'),
    ],
)
def test_a_last_row_that_is_damaged_is_not_continued(
    ending: str,
    row: bytes,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / f"rows.{ending}"
    words = (*EFFICIENT.split(), "--figures", "params,macs", "-o", str(path))
    assert run(capsys, monkeypatch, *words).code == 0
    lines = path.read_bytes().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if b"0.5" in line)
    damaged = b"".join([*lines[:at], row])
    path.write_bytes(damaged)
    done = run(capsys, monkeypatch, *words, "--resume")
    assert (done.code, "AC582" in done.err) == (2, True)
    assert path.read_bytes() == damaged


# -- pictures ------------------------------------------------------------------------


def test_a_scatter_plot_marks_the_front() -> None:
    over = {"width": "0.5:1:0.25", "size": (96, 128, 160)}
    found = sweep("efficientnet", over, figures=("params", "macs", "activations"))
    rows = list(found)
    drawn = scatter(found, rows, ("params", "macs"))
    assert drawn.count("<circle") == len(rows) + 2
    assert "1 on the Pareto front" in drawn
    assert "width=0.5 size=96: 1712522 params" in drawn
    assert "Pareto" not in scatter(found, rows, ("width", "macs"))


def test_a_picture_of_many_rows_is_small_and_the_same_in_pieces() -> None:
    rows = [(i, i % 977 + 1, (i * i) % 1009 + 1) for i in range(40_000)]
    columns, choice = ("b", "params", "macs"), Choice(plane=("params", "macs"))
    whole = Chosen(choice, columns)
    whole.add(rows)
    parts = Chosen(choice, columns)
    for start in range(0, len(rows), 9_001):
        piece = Chosen(choice, columns)
        piece.add(rows[start : start + 9_001])
        parts.add(piece.kept())
    assert parts.rows() == whole.rows()
    assert len(whole.rows()) <= MOST_SPOTS + len(
        whole.spread.front.rows() if whole.spread else []
    )
    assert {row[2] for row in whole.rows()} >= {1}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("--plot macs,params", 0),
        ("--plot width,macs --where macs<=900M --jobs 2", 0),
        ("--plot macs,params --pareto macs,params", 0),
        ("--plot macs", "AC581"),
        ("--plot macs,cost", "AC581"),
        ("--plot macs,params,depth", "AC581"),
        ("--plot macs,params --where macs<1", "AC581"),
        ("--plot macs,params -f csv", "AC530"),
        ("--plot macs,params -f png", "AC537"),
        ("--plot macs,params --plain", "AC531"),
        ("-f csv --standalone", "AC531"),
        ("-f mermaid", "AC5"),
        ("--sort macs:left", "AC580"),
        ("-f latex --plain", 0),
        ("-f html --standalone", 0),
        ("-f svg", 0),
        ("-f markdown", 0),
    ],
)
def test_formats(
    more: str,
    code: int | str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = run(capsys, monkeypatch, *EFFICIENT.split(), *more.split())
    assert done.code == (code or 0 if code == 0 else 2), done.err
    assert code == 0 or str(code) in done.err
    assert code != 0 or done.out


def test_words_are_not_drawn(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "sweep efficientnet --over variant=b1,b2 --plot variant,macs"
    done = run(capsys, monkeypatch, *line.split())
    assert "variant has the value 'b1'" in done.err


def test_progress_has_a_total(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    from archcalc.commands import progress

    monkeypatch.setattr(progress, "SILENT_SECONDS", 0)
    monkeypatch.setattr(progress, "STEP_SECONDS", 0)
    words = (*EFFICIENT.split(), "-o", str(tmp_path / "sweep.csv"))
    assert run(capsys, monkeypatch, *words).err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    told = run(capsys, monkeypatch, *words).err
    assert "10 of 10 combinations" in told
    assert "100%" in told
