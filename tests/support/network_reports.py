"""The reports of networks that every format is tried on."""

from __future__ import annotations

from collections.abc import Callable

from archcalc import compare
from archcalc.network.network import load
from archcalc.reports.conventions import conventions_report
from archcalc.reports.memory.summary import memory_report
from archcalc.reports.report import Report
from archcalc.reports.shelf import list_report
from archcalc.reports.table import table_report

NETWORKS = (
    "alexnet",
    "vgg16",
    "naive-inception",
    "bottleneck-inception",
    "googlenet",
    "resnet50",
    "densenet121",
)


def table_of(name: str) -> Report:
    """Return the table of a shipped network."""
    network = load(name)
    return table_report(network, network.analyze())


def memory_of(name: str) -> Report:
    """Return the bytes of a shipped network."""
    network = load(name)
    return memory_report(network, network.analyze(), "stages", "lecture")


def symbolic() -> Report:
    """Return a table whose sizes stayed names."""
    network = load("bottleneck-inception", input="C,H,W")
    return table_report(network, network.analyze())


REPORTS: dict[str, Callable[[], Report]] = {
    **{name: lambda name=name: table_of(name) for name in NETWORKS},  # type: ignore[misc]  # the default binds the name
    "compare": lambda: compare("naive-inception", "bottleneck-inception"),
    "memory": lambda: memory_of("vgg16"),
    "conventions": lambda: conventions_report(load("alexnet")),
    "list": lambda: list_report(),
    "symbolic": symbolic,
}
