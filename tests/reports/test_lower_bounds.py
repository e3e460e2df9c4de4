"""Operators that no rule counts: figures of operations say that they are at least."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from archcalc.network.network import loads
from archcalc.render import render
from archcalc.reports.comparison import compare_report
from archcalc.reports.report import Report
from archcalc.reports.table import table_report

TEXT = """\
archcalc: 1
name: net
input: [3, 8, 8]

layers:
  - {name: first, conv: 4, kernel: 3, pad: half, bias: false}
  - {name: odd, unknown: {x: identity}, op: "com.acme:Fused", sizes: [4, 8, 8]}
  - {name: last, conv: 2, kernel: 1, bias: false}
"""
"""A network with work that no rule counts, between 6,912 and 512 MACs."""
PLAIN = TEXT.replace(TEXT.splitlines()[6] + "\n", "")


def report() -> Report:
    network = loads(TEXT)
    return table_report(network, network.analyze())


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("terminal", "≥ 7,424 MACs"),
        ("markdown", "≥ 7,424"),
        ("html", "≥ 7,424"),
        ("latex", "{$\\ge$ 7,424}"),
    ],
)
def test_rows_and_totals_say_at_least(name: Any, total: str) -> None:
    text = render(report(), name)
    assert total in text
    assert "no rule counts the operator com.acme:Fused" in text
    assert total.replace("7,424", "6,912") not in text


def test_data_keeps_numbers_and_names_the_bounds() -> None:
    made = json.loads(render(report(), "json"))
    schema = files("archcalc").joinpath("report.schema.json").read_text("utf-8")
    Draft202012Validator(json.loads(schema)).validate(made)
    found = {row["path"]: row.get("at_least") for row in made["tables"][0]["rows"]}
    bounds = ["macs", "flops"]
    assert found == {
        "input": None,
        "first": None,
        "odd": bounds,
        "odd.unknown": bounds,
        "last": None,
        "total": bounds,
    }
    head, *lines = render(report(), "csv").splitlines()
    assert head.endswith(",at_least")
    ends = [line.rpartition(",")[2] for line in lines]
    assert ends == ["", "", "macs flops", "macs flops", "", "macs flops"]


def test_an_analysis_says_which_figures_are_bounds() -> None:
    analysis = loads(TEXT).analyze()
    assert analysis.lower_bounds() == {"macs", "flops", "operations"}
    assert analysis.lower_bounds([0, 1]) == frozenset()
    assert loads(PLAIN).analyze().lower_bounds() == frozenset()


def test_a_comparison_says_it_of_one_of_two() -> None:
    both = [loads(text).analyze() for text in (PLAIN, TEXT)]
    text = render(compare_report(both), "terminal")
    total, *_ = [line for line in text.splitlines() if line.startswith("MACs ")]
    assert total.split()[1:4] == ["7,424", "≥", "7,424"]
    odd = [line for line in text.splitlines() if line.startswith("odd")]
    assert any("≥ 0" in line for line in odd)
    first = [line for line in text.splitlines() if line.startswith("first ")]
    assert first
    assert not any("≥" in line for line in first)
