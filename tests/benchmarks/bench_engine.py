"""The engine's steps on ResNet-152 and on a long chain: `pytest <this file>`.

Needs the extra `bench`. The name keeps it out of the test run.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

sys.path.append(str(Path(__file__).parent))

from measuring import chain

from archcalc import load, loads
from archcalc.language.library import shipped
from archcalc.language.spec import read_spec
from archcalc.network.network import Network
from archcalc.render import FORMATS, render
from archcalc.reports.table import table_report
from archcalc.source.parser import parse

TEXT = shipped()["resnet152"].read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=["resnet152", "chain of 10,000"])
def network(request: pytest.FixtureRequest) -> Network:
    if request.param == "resnet152":
        return load("resnet152")
    return loads(chain(10_000))


def test_parse(benchmark: BenchmarkFixture) -> None:
    benchmark(parse, TEXT, "resnet152")


def test_read_spec(benchmark: BenchmarkFixture) -> None:
    benchmark(read_spec, parse(TEXT, "resnet152"))


def test_writing_out(benchmark: BenchmarkFixture, network: Network) -> None:
    benchmark(lambda: replace(network).graph)


def test_analysis(benchmark: BenchmarkFixture, network: Network) -> None:
    assert network.graph
    benchmark(lambda: network.analyze().total)


def test_rows(benchmark: BenchmarkFixture, network: Network) -> None:
    assert network.graph
    benchmark(lambda: table_report(network, network.analyze()))


@pytest.mark.parametrize("format", FORMATS)
def test_rendering(benchmark: BenchmarkFixture, format: str) -> None:
    network = load("resnet152")
    report = table_report(network, network.analyze())
    benchmark(render, report, format)


def test_training_memory(benchmark: BenchmarkFixture) -> None:
    network = load("resnet152")
    benchmark(lambda: network.analyze().memory.training)
