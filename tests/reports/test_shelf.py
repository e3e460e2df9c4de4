"""Which networks `archcalc list` shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archcalc.errors import UsageError
from archcalc.language.library import shipped
from archcalc.network.network import Network, load
from archcalc.reports.shelf import Wanted, list_report

FEW = ("vgg16", "resnet50", "detr", "whisper-tiny", "lenet5", "residual-block")

CHOSEN = {
    Wanted(): "vgg16 resnet50 detr whisper-tiny lenet5 residual-block",
    Wanted(family="vgg"): "vgg16",
    Wanted(task="classify"): "vgg16 resnet50 lenet5",
    Wanted(task="audio"): "whisper-tiny",
    Wanted(task="language"): "whisper-tiny",
    Wanted(year="2014"): "vgg16",
    Wanted(year="2014-2016"): "vgg16 resnet50 residual-block",
    Wanted(year="2020-"): "detr whisper-tiny",
    Wanted(year="-2000"): "lenet5",
    Wanted(under="61,706"): "",
    Wanted(under="61,707"): "lenet5",
    Wanted(under="30M"): "resnet50 lenet5 residual-block",
    Wanted(task="detect", year="2020", under="0.1G"): "detr",
}


@pytest.fixture(scope="module")
def networks() -> list[Network]:
    """A few shipped networks."""
    return [load(name) for name in FEW]


@pytest.mark.parametrize("wanted", CHOSEN, ids=str)
def test_chosen(wanted: Wanted, networks: list[Network]) -> None:
    """Each choice keeps the networks of that kind, in their order."""
    found = [network.name for network in wanted.chosen(networks)]
    assert " ".join(found) == CHOSEN[wanted]


REFUSED = {
    Wanted(family="vg"): "did you mean vgg",
    Wanted(task="classfy"): "did you mean classify",
    Wanted(year="18"): "no year",
    Wanted(year="-"): "no year",
    Wanted(year="2018-20"): "no year",
    Wanted(under="ten"): "no number of parameters",
    Wanted(under="10MB"): "no number of parameters",
    Wanted(family="vgg", task="detect"): "no shipped network: vgg, detect",
}


@pytest.mark.parametrize("wanted", REFUSED, ids=str)
def test_refused(wanted: Wanted) -> None:
    """What is no choice, and what chooses nothing, is refused with a help."""
    with pytest.raises(UsageError, match=REFUSED[wanted]):
        list_report(wanted)


def without_task() -> Iterator[str]:
    """Yield the names of shipped networks that say no task."""
    for name in shipped():
        about = load(name).spec.about
        if not about.task and about.family != "blocks":
            yield name


def test_every_network_has_a_task_and_a_year() -> None:
    """Whole networks say what they are made for; modules of a lecture do not."""
    modules = {"dense-block", "bottleneck-inception", "naive-inception"}
    assert set(without_task()) == modules
