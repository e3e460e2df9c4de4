"""Which networks `archcalc list` shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from samples import zoo

from archcalc.errors import UsageError
from archcalc.language.about import Task
from archcalc.language.library import shipped
from archcalc.network import shelved as written
from archcalc.network.network import load
from archcalc.network.shelved import Shelved, computed, digest_of, shelved
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
def networks() -> list[Shelved]:
    """A few shipped networks."""
    return [computed(name)[0] for name in FEW]


@pytest.mark.parametrize("wanted", CHOSEN, ids=str)
def test_chosen(wanted: Wanted, networks: list[Shelved]) -> None:
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


def test_every_task_has_a_network() -> None:
    """A task that `--task` offers lists something."""
    made_for = {task for network in shelved(False) for task in network.task}
    assert made_for == set(get_args(Task))


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    """What the file has of each network."""
    found: dict[str, Any] = json.loads(written.FILE.read_text(encoding="utf-8"))
    return found


def test_the_file_knows_every_spec(known: dict[str, Any]) -> None:
    digests = {name: digest_of(path.read_bytes()) for name, path in shipped().items()}
    assert {name: one[0] for name, one in known.items()} == digests, (
        "run tests/tools/shelf.py"
    )


@pytest.mark.parametrize("name", zoo())
def test_the_file_has_what_is_computed(name: str, known: dict[str, Any]) -> None:
    """As it is written: a tuple as a list."""
    assert known[name][1] == json.loads(json.dumps(computed(name)))


def test_a_spec_of_other_bytes_is_computed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, known: dict[str, Any]
) -> None:
    """Also where there is no file at all; a file that is not asked is not believed."""
    names = {name: shipped()[name] for name in ("lenet5", "efficientnet")}
    monkeypatch.setattr(written, "shipped", lambda: names)
    right = list(shelved(variants=True))
    wrong = [[*row[:7], 1, *row[8:]] for row in known["lenet5"][1]]
    own = tmp_path / "shelf.json"
    monkeypatch.setattr(written, "FILE", own)
    assert list(shelved(variants=True)) == right
    own.write_text(json.dumps({"lenet5": [known["lenet5"][0], wrong]}))
    assert next(shelved(variants=False)).params == 1
    own.write_text(json.dumps({"lenet5": [digest_of(b""), wrong]}))
    assert list(shelved(variants=True)) == right
