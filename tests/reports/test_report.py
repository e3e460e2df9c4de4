"""Reports as values."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, replace
from types import MappingProxyType
from typing import Any

import pytest
from report_examples import REPORT

from archcalc.reports.cells import Column, Line, Table
from archcalc.reports.report import Later, Report


def test_records_are_the_plain_rows() -> None:
    records = REPORT.rows()
    assert [r["layer"] for r in records] == ["input", "conv", "畳み込み", "pool"]
    assert records[1]["path"] == "stem.conv"
    assert records[1]["macs"] == 86_704_128
    assert [r["kind"] for r in REPORT.rows(every=True)].count("total") == 1
    assert Report("list", "", "", ()).rows() == []


@pytest.mark.parametrize(
    ("columns", "cells"),
    [
        ((), ()),
        (("a", "a"), (1, 2)),
        (("kind", "a"), (1, 2)),
        (("path",), (1,)),
        (("a", "b"), (1,)),
    ],
)
def test_tables_that_cannot_be(
    columns: tuple[str, ...], cells: tuple[Any, ...]
) -> None:
    with pytest.raises(ValueError, match=r"keys must differ|cells in 'p' for"):
        Table(
            "", tuple(Column(k, k, "count") for k in columns), (Line(cells, path="p"),)
        )


def test_reports_do_not_change_and_can_be_copied() -> None:
    given = {"batch": 1}
    report = replace(REPORT, settings=given)
    given["batch"] = 2
    assert report.settings == {"batch": 1}
    assert isinstance(report.settings, MappingProxyType)
    with pytest.raises(FrozenInstanceError):
        report.title = "x"  # type: ignore[misc]  # frozen is what is tested
    assert pickle.loads(pickle.dumps(report)) == copy.deepcopy(report) == report
    assert hash(report) == hash(replace(report))


def test_what_is_made_later_is_made_once_and_is_a_sequence() -> None:
    made = []

    def make() -> Iterator[int]:
        made.append(1)
        yield from (3, 1, 2)

    later = Later(make)
    assert made == []
    assert (later, later[0], later[1:], len(later)) == ([3, 1, 2], 3, (1, 2), 3)
    assert later != [3, 1]
    assert later != 3
    assert hash(later) == hash((3, 1, 2))
    assert pickle.loads(pickle.dumps(later)) == copy.deepcopy(later) == (3, 1, 2)
    assert made == [1]


@pytest.mark.parametrize(
    ("kind", "align"),
    [
        ("name", "left"),
        ("text", "left"),
        ("formula", "left"),
        ("flag", "left"),
        ("shape", "right"),
        ("count", "right"),
        ("value", "right"),
    ],
)
def test_alignment(kind: Any, align: str) -> None:
    assert Column("x", "x", kind).align == align
