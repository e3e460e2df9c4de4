"""The published schema of JSON reports, held against every report."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator, ValidationError
from network_reports import REPORTS
from odd_texts import ODD
from report_examples import REPORT, small

from archcalc.render import render
from archcalc.reports.cells import ColumnKind, NoteKind, RowKind
from archcalc.reports.report import SCHEMA

TEXT = files("archcalc").joinpath("report.schema.json").read_text(encoding="utf-8")
PUBLISHED = json.loads(TEXT)
VALIDATOR = Draft202012Validator(PUBLISHED)


def test_the_schema_is_one_and_has_our_version() -> None:
    Draft202012Validator.check_schema(PUBLISHED)
    assert PUBLISHED["$id"] == PUBLISHED["properties"]["schema"]["const"] == SCHEMA


@pytest.mark.parametrize("name", REPORTS)
def test_reports_of_networks(name: str) -> None:
    VALIDATOR.validate(json.loads(render(REPORTS[name](), "json")))


@pytest.mark.parametrize("name", ODD)
def test_odd_names(name: str) -> None:
    odd = ODD[name]
    VALIDATOR.validate(json.loads(render(small(odd, text=odd, title=odd), "json")))


@pytest.mark.parametrize(
    ("where", "kinds"),
    [
        (("$defs", "kind"), ColumnKind),
        (("$defs", "row", "properties", "kind"), RowKind),
        (("$defs", "note", "properties", "kind"), NoteKind),
    ],
)
def test_kinds_are_those_of_the_code(where: tuple[str, ...], kinds: Any) -> None:
    found = PUBLISHED
    for key in where:
        found = found[key]
    assert tuple(found["enum"]) == get_args(kinds)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.pop("notes"),
        lambda r: r.update(schema="archcalc/report/2"),
        lambda r: r["tables"][0]["rows"][0].update(kind="sum"),
        lambda r: r["tables"][0]["rows"][0]["cells"].update(params={"n": 1}),
        lambda r: r["tables"][0]["columns"][0].update(colour="red"),
    ],
)
def test_the_schema_can_fail(change: Any) -> None:
    report = json.loads(render(REPORT, "json"))
    change(report)
    with pytest.raises(ValidationError):
        VALIDATOR.validate(report)
